"""The address from which an app's page has Markdown and formulas made that its kernel shows later."""

from __future__ import annotations

from typing import ClassVar

from tornado import web

from sandbox.appserver.handlers import ReadByPages
from sandbox.appserver.traffic import MARKUP_MESSAGES
from sandbox.core.errors import TooBusy

#: What a page may ask for; HTML it makes inert by itself.
KINDS = ("markdown", "latex", "htmlmath", "text")


class Markup(ReadByPages):
    """POST: the page's key, on a second line the kind, below it the text (64 KB in all). Answers the inert fragment.

    It is read as the page itself is (``page.writing``), for one text of a kernel at a time: a page can keep as much of
    a processor busy by this as by its own kernel.
    """

    _busy: ClassVar[set[str]] = set()

    async def post(self, kernel_id: str) -> None:
        self.viewer_with(kernel_id, MARKUP_MESSAGES)
        _, _, asked = self.request.body.decode("utf-8", "replace").partition("\n")
        kind, _, source = asked.partition("\n")
        if kind not in KINDS:
            raise web.HTTPError(404)
        if kernel_id in self._busy:
            raise TooBusy("Another text is being prepared right now.", "Please try again in a minute.")
        self._busy.add(kernel_id)
        try:
            made = await self.settings["sandbox_writer"].made([(kind, source)])
        finally:
            self._busy.discard(kernel_id)
        # As a text: a browser that is led here shows it and draws nothing.
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        self.set_header("Cache-Control", "no-store")
        self.finish(made[kind, source])
