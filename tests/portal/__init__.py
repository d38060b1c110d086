"""The portal over HTTP, on a real workspace."""
