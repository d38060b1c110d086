"""Lab's file browser, kept inside the person's folder.

A confined kernel can make a symbolic link in its project; the server, which is not confined, must not follow it out.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from jupyter_server.services.contents.largefilemanager import AsyncLargeFileManager
from tornado import web

from sandbox.labserver.places import PREVIEW


class OwnFolder(AsyncLargeFileManager):
    """Every path is resolved, links and all, and must still lie below the root."""

    def _get_os_path(self, path: str) -> str:
        found: str = super()._get_os_path(path)
        root = Path(os.path.realpath(self.root_dir))
        if not Path(os.path.realpath(found)).is_relative_to(root):
            raise web.HTTPError(404, "This link leads out of your folder.")
        return found

    async def get_kernel_path(self, path: str, model: Any = None) -> str:
        """Folder of the notebook; for a preview its own path, by which its kernel is told from the notebook's."""
        if path.rpartition("/")[2] == PREVIEW:
            return path
        found: str = await super().get_kernel_path(path, model)
        return found
