"""The address from which an app's page fetches a file that the app offers."""

from __future__ import annotations

from tornado import web

from sandbox.appserver.downloads import Downloads
from sandbox.appserver.handlers import ReadByPages
from sandbox.appserver.traffic import FILE_MESSAGES
from sandbox.core.messages import Language, as_language


class Download(ReadByPages):
    """POST: the page's key, and on a second line its language. Answers the file, or in words why there is none."""

    def initialize(self, downloads: Downloads) -> None:
        self._downloads = downloads

    @property
    def reader_language(self) -> Language:
        language = self.request.body[:400].decode("ascii", "replace").partition("\n")[2]
        return as_language(language) if language else super().reader_language

    async def post(self, kernel_id: str, comm_id: str) -> None:
        self.viewer_with(kernel_id, FILE_MESSAGES)
        try:
            file = await self._downloads.fetch(kernel_id, self.kernels.get_kernel(kernel_id), comm_id)
        except KeyError:  # the kernel ended meanwhile
            raise web.HTTPError(404) from None
        headers = file.headers()
        for name, value in headers.items():
            self.set_header(name, value)
        self.finish(file.data)
