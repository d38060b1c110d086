"""The sandbox's kernels in the programs that use them: nbclient, jupyter_server, Voilà."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import nbformat
import pytest
from jupyter_client.kernelspec import NoSuchKernel
from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, DeadKernelError
from voila.voila_kernel_manager import voila_kernel_manager_factory

from sandbox.core.errors import NotAllowed
from sandbox.kernels.managers import SandboxKernelManager, SandboxServerKernelManager
from sandbox.kernels.policy import KernelLimits, KernelPolicy
from sandbox.kernels.specs import SandboxKernelSpecManager


def execute(policy: KernelPolicy, *sources: str) -> tuple[Any, SandboxKernelManager]:
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in sources])
    manager = SandboxKernelManager()
    client = NotebookClient(notebook, km=manager, timeout=60)
    client.execute(policy=policy)
    return notebook, manager


def test_nbclient_runs_a_notebook(tmp_path: Path) -> None:
    notebook, _ = execute(KernelPolicy((tmp_path,)), "import os; open('result', 'w').close(); print(os.getpid())")
    assert (tmp_path / "result").exists()
    assert notebook.cells[0].outputs[0].text.strip().isdigit()


def test_nbclient_reports_an_error_and_a_dead_kernel(tmp_path: Path) -> None:
    with pytest.raises(CellExecutionError, match="PermissionError"):
        execute(KernelPolicy((tmp_path,)), "import os; os.listdir('/var')")
    with pytest.raises(DeadKernelError):
        execute(KernelPolicy((tmp_path,), limits=KernelLimits(cpu_seconds=2)), "while True: pass")


class Server(AsyncMappingKernelManager):
    """As a server does it: the policy follows from who asks, not from the browser."""

    policy: KernelPolicy | None = None

    async def start_kernel(self, **kwargs: Any) -> str:  # type: ignore[override]
        if self.policy is not None:
            kwargs["policy"] = self.policy
        return await super().start_kernel(**kwargs)


def server(factory: Any = Server) -> Any:
    return factory(
        kernel_manager_class="sandbox.kernels.managers.SandboxServerKernelManager",
        kernel_spec_manager=SandboxKernelSpecManager(),
    )


async def say(manager: Any, code: str) -> str:
    client = manager.client()
    client.start_channels()
    try:
        await client.wait_for_ready(timeout=60)
        said: list[str] = []
        await client.execute_interactive(
            code, timeout=60, output_hook=lambda m: said.append(m["content"].get("text", "")), allow_stdin=False
        )
        return "".join(said)
    finally:
        client.stop_channels()


def test_jupyter_server_starts_restarts_and_ends_kernels(tmp_path: Path) -> None:
    async def story() -> None:
        kernels = server()
        kernels.policy = KernelPolicy((tmp_path,), env={"SANDBOX_MODE": "studio"})
        kernel_id = await kernels.start_kernel(kernel_name="python3", env={"TOKEN": "of the server"}, path="")
        manager = kernels.get_kernel(kernel_id)
        assert isinstance(manager, SandboxServerKernelManager)
        assert manager.confinement is not None and manager.confinement.confined
        code = "import os; print(os.environ['SANDBOX_MODE'], 'TOKEN' in os.environ, os.getcwd())"
        assert await say(manager, code) == f"studio False {tmp_path}\n"
        await kernels.restart_kernel(kernel_id)
        assert await say(manager, code) == f"studio False {tmp_path}\n"
        await kernels.interrupt_kernel(kernel_id)
        place = manager.provisioner.place.root
        await kernels.shutdown_kernel(kernel_id)
        assert not place.exists()

    asyncio.run(story())


def test_jupyter_server_refuses_without_a_policy() -> None:
    async def story() -> None:
        kernels = server()
        with pytest.raises(NotAllowed):
            await kernels.start_kernel(kernel_name="python3")

    asyncio.run(story())


def test_a_kernel_that_dies_is_restarted_by_the_server(tmp_path: Path) -> None:
    async def story() -> None:
        kernels = server()
        kernels.policy = KernelPolicy((tmp_path,))
        kernel_id = await kernels.start_kernel(kernel_name="python3")
        manager = kernels.get_kernel(kernel_id)
        assert await say(manager, "print(1)") == "1\n"
        first = manager.provisioner.pid
        manager.provisioner.process.kill()
        for _ in range(200):
            if manager.provisioner.pid != first:
                break
            await asyncio.sleep(0.1)
        assert await say(manager, "print(2)") == "2\n"
        await kernels.shutdown_kernel(kernel_id)

    asyncio.run(story())


def test_voilas_kernel_manager_works(tmp_path: Path) -> None:
    async def story() -> None:
        kernels = server(voila_kernel_manager_factory(Server, False, 0))
        kernels.policy = KernelPolicy((), (tmp_path,), {"SANDBOX_MODE": "app", "SANDBOX_APP": str(tmp_path)})
        kernel_id = await kernels.start_kernel(kernel_name="python3", env={"QUERY_STRING": "a=1"}, path="")
        manager = kernels.get_kernel(kernel_id)
        code = f"import os; print('QUERY_STRING' in os.environ, os.access({str(tmp_path)!r}, os.R_OK)); open('x', 'w')"
        assert (await say(manager, code)).startswith("False True\n")
        await kernels.shutdown_kernel(kernel_id)

    asyncio.run(story())


def test_there_is_one_kernel_spec() -> None:
    specs = SandboxKernelSpecManager()
    assert list(specs.get_all_specs()) == ["python3"]
    assert specs.get_kernel_spec("python3").interrupt_mode == "message"
    with pytest.raises(NoSuchKernel):
        specs.get_kernel_spec("bash")
