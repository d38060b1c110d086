"""The Innovation Sandbox: the road from an idea at a desk to a service that IT runs."""

__version__ = "0.1.0"
