"""The address from which an app's page fetches a file that the app offers."""

from __future__ import annotations

from tornado import web

from sandbox.appserver.downloads import Downloads
from sandbox.appserver.handlers import ReadByPages
from sandbox.appserver.identity import NO_ORIGIN
from sandbox.core.errors import SandboxError
from sandbox.core.messages import as_language
from sandbox.i18n import catalogue


class Download(ReadByPages):
    """POST: the page's key, and on a second line its language. Answers the file, or in words why there is none."""

    def initialize(self, downloads: Downloads) -> None:
        self._downloads = downloads

    def set_default_headers(self) -> None:
        super().set_default_headers()
        if self.request.headers.get("Origin") == NO_ORIGIN:
            self.set_header("Access-Control-Expose-Headers", "Content-Disposition")

    async def post(self, kernel_id: str, comm_id: str) -> None:
        viewer = self.viewer_with(kernel_id)
        language = self.request.body[:400].decode("ascii", "replace").partition("\n")[2]
        try:
            file = await self._downloads.fetch(kernel_id, self.kernels.get_kernel(kernel_id), comm_id)
            headers = file.headers()
        except KeyError:  # the kernel ended meanwhile
            raise web.HTTPError(404) from None
        except SandboxError as error:
            translate = catalogue(as_language(language) if language else viewer.language).gettext
            self.set_status(error.status)
            self.set_header("Content-Type", "text/plain; charset=utf-8")
            self.set_header("Cache-Control", "no-store")
            self.finish(" ".join(error.render(translate)))
            return
        for name, value in headers.items():
            self.set_header(name, value)
        self.finish(file.data)
