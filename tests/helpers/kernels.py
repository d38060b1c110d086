"""Kernels for tests: started through jupyter_client, used without an event loop."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from jupyter_client import BlockingKernelClient
from jupyter_client.manager import KernelManager
from traitlets.config import Config

from sandbox.kernels.managers import SandboxedManager
from sandbox.kernels.policy import KernelPolicy
from sandbox.kernels.warmapp import WarmApp


class BlockingSandboxManager(SandboxedManager, KernelManager):
    """The sandbox's manager with blocking calls."""


class Session:
    """A running kernel with a client."""

    def __init__(self, manager: KernelManager, client: BlockingKernelClient) -> None:
        self.manager = manager
        self.client = client

    def run(self, code: str, timeout: float = 60) -> str:
        """What ``code`` prints; an exception in it is raised here as RuntimeError with its name and text."""
        messages = self.outputs(code, timeout)
        for message in messages:
            if message["msg_type"] == "error":
                content = message["content"]
                raise RuntimeError(f"{content['ename']}: {content['evalue']}")
        return "".join(m["content"]["text"] for m in messages if m["msg_type"] == "stream")

    def outputs(self, code: str, timeout: float = 60) -> list[dict[str, Any]]:
        """The messages that ``code`` publishes."""
        while True:
            messages: list[dict[str, Any]] = []
            reply = self.client.execute_interactive(
                code, timeout=timeout, output_hook=messages.append, allow_stdin=False
            )
            # ipykernel drops what arrives while it still handles an error or an interruption: say it again.
            if reply["content"]["status"] != "aborted":
                return messages

    def begin(self, code: str, timeout: float = 60) -> str:
        """Let the kernel execute ``code`` without waiting for its end; the id of the request once it has begun."""
        request = self.client.execute(f"print('begun', flush=True)\n{code}")
        while True:
            message = self.client.get_iopub_msg(timeout=timeout)
            if message["msg_type"] == "stream" and message["parent_header"].get("msg_id") == request:
                return request

    def reply_to(self, request: str, timeout: float = 60) -> dict[str, Any]:
        """The kernel's reply to the request with this id."""
        while True:
            reply: dict[str, Any] = self.client.get_shell_msg(timeout=timeout)
            if reply["parent_header"].get("msg_id") == request:
                return reply

    def wait_dead(self, timeout: float = 60) -> None:
        deadline = time.monotonic() + timeout
        while self.manager.is_alive():
            if time.monotonic() > deadline:
                raise TimeoutError("the kernel is still alive")
            time.sleep(0.02)


@contextmanager
def confined_kernel(policy: KernelPolicy, *, fork: bool = True) -> Iterator[Session]:
    manager = BlockingSandboxManager(config=Config({"SandboxProvisioner": {"fork": fork}}))
    with _running(manager, policy=policy) as session:
        yield session


@contextmanager
def warm_app(folder: Path, *sources: str, policy: KernelPolicy | None = None) -> Iterator[WarmApp]:
    """An app of these cells, executed, in a process that forks kernels for viewers; its notebook is in ``folder``."""
    file = folder / "app.ipynb"
    cells = [{"cell_type": "code", "source": source} for source in sources]
    file.write_text(json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}))
    app = WarmApp(policy or KernelPolicy(readable=(folder,)), file, most=10**6, timeout=60)
    try:
        yield app
    finally:
        app.stop()


@contextmanager
def viewer_kernel(app: WarmApp) -> Iterator[Session]:
    """The kernel of one of the app's viewers."""
    with _running(BlockingSandboxManager(), policy=app.policy, app=app) as session:
        yield session


@contextmanager
def plain_kernel(folder: Path, env: dict[str, str]) -> Iterator[Session]:
    """An ordinary ipykernel, as Jupyter starts it."""
    manager = KernelManager(kernel_name="python3")
    with _running(manager, cwd=str(folder), env=env) as session:
        yield session


@contextmanager
def _running(manager: KernelManager, **arguments: Any) -> Iterator[Session]:
    manager.start_kernel(**arguments)
    client = manager.client()
    try:
        client.start_channels()
        client.wait_for_ready(timeout=60)
        yield Session(manager, client)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
