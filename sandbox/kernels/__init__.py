"""Kernels: confined Jupyter kernels (rule 2: a notebook kernel is hostile, so the operating system confines it).

Who does what, from the server down to the first line of a notebook:

- ``managers`` and ``specs`` plug into jupyter_client and jupyter_server; ``provisioner`` starts and stops one kernel.
- ``policy`` says what a kernel may touch; ``places`` gives it a private folder (sockets, home, temporary files).
- ``forkserver`` (in the server) and ``zygote`` (its child) fork warm kernels; ``launch`` is the subprocess fallback.
- ``child`` runs in the new process: ``confine`` takes everything away, then ``kernelapp`` becomes an ipykernel.
- ``confine`` keeps the order of the layers: ``environment``, ``namespaces``, ``privileges``, ``landlock``, ``seccomp``.
- ``capability`` tells what this machine can do (``sandbox doctor``).

This package is imported by the zygote before anything else: it imports nothing itself.
"""
