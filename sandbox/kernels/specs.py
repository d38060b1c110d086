"""The one kernel spec of the sandbox. Whatever is installed on the machine besides it, nobody can start."""

from __future__ import annotations

from importlib.metadata import EntryPoint
from typing import Any

from ipykernel.kernelspec import RESOURCES
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager, NoSuchKernel
from jupyter_client.provisioning.factory import KernelProvisionerFactory

NAME = "python3"
PROVISIONER = "sandbox-provisioner"

# jupyter_client finds provisioners through entry points; from a checkout that is not installed, this is the same.
KernelProvisionerFactory.provisioners.setdefault(
    PROVISIONER,
    EntryPoint(PROVISIONER, "sandbox.kernels.provisioner:SandboxProvisioner", KernelProvisionerFactory.GROUP_NAME),
)


def kernel_spec() -> KernelSpec:
    """Python through our provisioner; interrupted by message, because signals do not reach a confined kernel."""
    return KernelSpec(
        argv=["sandbox-kernel", "-f", "{connection_file}"],  # the provisioner decides what runs
        display_name="Python 3",
        language="python",
        interrupt_mode="message",
        resource_dir=RESOURCES,
        metadata={"debugger": False, "kernel_provisioner": {"provisioner_name": PROVISIONER}},
    )


class SandboxKernelSpecManager(KernelSpecManager):
    """Knows ``python3`` (also by its older names) and nothing else."""

    def find_kernel_specs(self) -> dict[str, str]:
        return {NAME: RESOURCES}

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        if kernel_name not in (NAME, "python", ""):
            raise NoSuchKernel(kernel_name)
        return kernel_spec()

    def get_all_specs(self) -> dict[str, Any]:
        return {NAME: {"resource_dir": RESOURCES, "spec": kernel_spec().to_dict()}}

    def install_kernel_spec(self, *args: Any, **kwargs: Any) -> str:
        raise NotImplementedError("the sandbox has one kernel")
