"""Kernel managers: ``SandboxKernelManager`` for nbclient, ``SandboxServerKernelManager`` for Lab and the app server.

Both need a policy at the start: ``await km.start_kernel(policy=KernelPolicy(…))``. In a server, a
``MappingKernelManager`` subclass passes it: ``await super().start_kernel(policy=…, **kwargs)``.
"""

from __future__ import annotations

from typing import Any

from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from jupyter_server.services.kernels.kernelmanager import ServerKernelManager
from traitlets import HasTraits, default

from sandbox.kernels.confine import ConfinementReport
from sandbox.kernels.process import KernelEnd
from sandbox.kernels.provisioner import SandboxProvisioner
from sandbox.kernels.specs import NAME, SandboxKernelSpecManager, kernel_spec


class SandboxedManager(HasTraits):
    """What both managers add: our spec and transport, and how the kernel was confined and ended."""

    provisioner: Any

    @default("transport")
    def _default_transport(self) -> str:
        return "ipc"

    @default("kernel_name")
    def _default_kernel_name(self) -> str:
        return NAME

    @default("kernel_spec_manager")
    def _default_specs(self) -> SandboxKernelSpecManager:
        return SandboxKernelSpecManager()

    @property
    def kernel_spec(self) -> KernelSpec:
        """Ours, whatever the notebook or the server's spec manager says: no other kernel can be started with us."""
        return kernel_spec()

    def cleanup_ipc_files(self) -> None:
        """Nothing: the sockets go with the kernel's folder, and the server does not reach into what others write."""

    @property
    def confinement(self) -> ConfinementReport | None:
        """What the running kernel is confined with; None before the start and after the end."""
        return self.provisioner.report if isinstance(self.provisioner, SandboxProvisioner) else None

    @property
    def end(self) -> KernelEnd | None:
        """How the kernel ended, once it has."""
        return self.provisioner.end if isinstance(self.provisioner, SandboxProvisioner) else None

    @property
    def end_reason(self) -> str | None:
        """``finished``, ``cpu``, ``disk``, ``killed`` or ``crashed``, once it has ended."""
        return self.provisioner.end_reason if isinstance(self.provisioner, SandboxProvisioner) else None


class SandboxKernelManager(SandboxedManager, AsyncKernelManager):
    """For nbclient and other asyncio programs: ``NotebookClient(nb, km=SandboxKernelManager())``."""


class SandboxServerKernelManager(SandboxedManager, ServerKernelManager):
    """For jupyter_server and Voilà (``kernel_manager_class``): restarts a kernel that died."""
