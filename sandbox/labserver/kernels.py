"""Kernels of JupyterLab: each confined to its notebook's project and to the snapshots granted right now."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager
from tornado import web

from sandbox.core.errors import NotFound, SandboxError
from sandbox.i18n import catalogue
from sandbox.kernels.policy import KernelPolicy
from sandbox.labserver.language import chosen_language
from sandbox.labserver.places import PREVIEW, Places
from sandbox.labserver.portal import Portal
from sandbox.settings import Settings
from sandbox.workflows.grants import Grant, snapshot_folders


class LabKernels(AsyncMappingKernelManager):
    """``places``, ``portal`` and ``settings`` are set by ``server`` before anything can be started."""

    places: Places
    portal: Portal
    settings: Settings

    async def start_kernel(
        self, *, kernel_id: str | None = None, path: str | None = None, kernel_name: str | None = None, **_: Any
    ) -> str:
        """Start a kernel for the notebook folder ``path``. The environment that Jupyter hands over is not used."""
        if kernel_id is not None and kernel_id in self:
            return kernel_id
        try:
            policy = await self.policy_for(path or "")
            started: str = await super().start_kernel(kernel_id=kernel_id, kernel_name="python3", policy=policy)
            return started
        except SandboxError as error:
            message, remedy = error.render(catalogue(chosen_language(self.places)).gettext)
            raise web.HTTPError(error.status, f"{message} {remedy}".strip(), reason=type(error).__name__) from error

    async def policy_for(self, path: str) -> KernelPolicy:
        """What a kernel for a notebook in folder ``path`` may touch.

        In a project: its folder, and the snapshots that the portal grants, asked anew each time (never what
        ``project.toml`` says). In a learning path: its folder. Elsewhere: no data and a private folder.
        """
        settings = self.settings
        grant = Grant(
            chosen_language(self.places), settings.kernel_memory, settings.small_cell, disk=settings.kernel_disk
        )
        learning = self.places.learning_of(path)
        if learning is not None:
            return grant.learning(self.places.learning_folder(learning))
        slug = self.places.project_of(path)
        grants = None
        if slug is not None:
            try:
                grants = await self.portal.grants(slug)
            except NotFound:  # a folder that the person made in Lab: not a project
                slug = None
        if slug is None or grants is None:
            return grant.studio(None)
        workspace = self.places.workspace
        snapshots = snapshot_folders(workspace, grants)
        granted, folder = replace(grant, snapshots=snapshots), workspace.project(self.places.owner, slug)
        # A preview gets what a viewer's kernel gets: the project to read, and nothing to write.
        return granted.app(folder) if path.rpartition("/")[2] == PREVIEW else granted.studio(folder)

    async def shutdown_all(self, now: bool = False) -> None:
        """At the end of the program there is nobody to wait for."""
        await self._async_shutdown_all(now=True)
