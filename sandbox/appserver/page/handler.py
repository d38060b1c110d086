"""The address of an app's page: one answer with everything, or first the title bar when the app takes its time."""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any, ClassVar

from tornado import iostream, web

from sandbox.appserver import pages
from sandbox.appserver.gate import Page
from sandbox.appserver.handlers import Sealed, said_too_much
from sandbox.appserver.headers import new_nonce
from sandbox.appserver.identity import viewer_of
from sandbox.appserver.openings import Openings
from sandbox.appserver.page import document
from sandbox.appserver.page.widgets import bring_scripts, widget_ids
from sandbox.appserver.pagekeys import LEAVE
from sandbox.appserver.sessions import Admission
from sandbox.appserver.traffic import OPENING_MESSAGES, TooMuch, comms_of
from sandbox.appserver.warm import Claimed, WarmApps
from sandbox.core.errors import NotFound, SandboxError, Unavailable
from sandbox.publishing.shelf import read_manifest

log = logging.getLogger(__name__)

#: A page that is not complete after so long tells its viewer; a good app takes one or two seconds.
PREPARE_SECONDS = 120
#: Until then the answer can still become another one, with another status; after it the title bar is sent ahead.
PATIENCE_SECONDS = 0.4
#: Pages of pre-executed apps that are kept made up, in all.
MOST_KEPT = 64


class AppPage(Sealed):
    """GET: an app, executed in a kernel of the viewer's own."""

    _kept: ClassVar[OrderedDict[tuple[str, str], document.Parts]] = OrderedDict()
    _head_sent = False
    _session = ""

    @property
    def warm(self) -> WarmApps:
        return self.settings["sandbox_warm"]  # type: ignore[no-any-return]

    @property
    def openings(self) -> Openings:
        return self.settings["sandbox_openings"]  # type: ignore[no-any-return]

    async def get(self, path: str) -> None:
        viewer = viewer_of(self)
        if viewer is None:
            raise web.HTTPError(403)
        page = self.gate.page(viewer, path)
        admission = self.gate.admission(viewer, page) if page else None
        if page is None or admission is None:
            self.tell(NotFound(
                "This app is not there, or not open to you.",
                "It may have been retired or replaced by a newer version. Look for it in the portal and open it there.",
            ))  # fmt: skip
            return
        try:
            self.kernels.spend_of(admission, 0, OPENING_MESSAGES)
        except TooMuch:
            self.tell(said_too_much())
            return
        self.note = self.openings.begin(admission)
        self._session = viewer.session
        self.nonce = new_nonce()
        self.seal(self.nonce)
        self.set_header("Cache-Control", "no-store")
        try:
            manifest = read_manifest(self.places.apps / page.app / page.version)
            leave = self.gate.keys.of(viewer.session, LEAVE)
            facts = pages.title_bar(self.places, page, manifest, self.gate.author(viewer, page), self.nonce, leave)
            await self._answer(page, admission, facts)
        except iostream.StreamClosedError:
            return  # the viewer left; the kernel goes as abandoned
        except SandboxError as error:
            self.openings.failed(self.note)
            self.tell(error)

    async def _answer(self, page: Page, admission: Admission, facts: Mapping[str, Any]) -> None:
        """Send the page. What fails before the title bar is sent becomes a page of its own, later a notice within."""
        try:
            async with asyncio.timeout(PREPARE_SECONDS):
                claimed = await self._claim(page, admission, facts)
            comms_of(self.kernels.get_kernel(claimed.kernel_id)).exist(widget_ids(claimed.notebook))
            parts = await self._parts(claimed, page, facts)
            if not self._head_sent and bring_scripts(claimed.notebook):
                self.seal(self.nonce, frames=True)
            self._send_head(facts, waiting=False)
            key = self.gate.keys.of(self._session, claimed.kernel_id)
            self.write(document.body(parts, facts, claimed.kernel_id, key, self.places.base_url))
            await self.finish()
            self.openings.given(self.note, claimed.kernel_id)
            if claimed.failed:
                self.openings.failed(self.note)
        except SandboxError as error:
            if not self._head_sent:
                raise
            self.openings.failed(self.note)
            log.warning("an app page was not completed", extra=self._named(page, str(error)))
            await self.finish(document.failure(facts, self.request_id))
        except Exception as error:
            if isinstance(error, iostream.StreamClosedError):
                raise
            log.exception("an app page failed", extra=self._named(page, type(error).__name__))
            self.openings.failed(self.note)
            if not self._head_sent:
                raise Unavailable(
                    "The app could not be prepared.", "Try again in a minute, or tell its owner."
                ) from None
            await self.finish(document.failure(facts, self.request_id))

    async def _claim(self, page: Page, admission: Admission, facts: Mapping[str, Any]) -> Claimed:
        claiming = asyncio.ensure_future(self.warm.claim(page, admission, self.request_id))
        await asyncio.wait({claiming}, timeout=PATIENCE_SECONDS)
        if not claiming.done():
            self.seal(self.nonce, frames=True)  # what the app brings is not known yet
            self._send_head(facts, waiting=True)
            await self.flush()
        return await claiming

    def _send_head(self, facts: Mapping[str, Any], *, waiting: bool) -> None:
        if not self._head_sent:
            self._head_sent = True
            self.write(document.head(facts, waiting=waiting))

    async def _parts(self, claimed: Claimed, page: Page, facts: Mapping[str, Any]) -> document.Parts:
        """The app's part of the page; kept where many viewers see the same."""
        key = (claimed.first_view, page.language)
        if claimed.first_view and key in self._kept:
            self._kept.move_to_end(key)
            return self._kept[key]
        made = await self.settings["sandbox_writer"].made(document.texts_in(claimed.notebook, facts))
        parts = await asyncio.to_thread(document.app_parts, claimed.notebook, facts, made)
        if claimed.first_view:
            self._kept[key] = parts
            while len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)
        return parts

    def _named(self, page: Page, problem: str) -> dict[str, str]:
        return {"app": page.app, "version": page.version, "problem": problem, "request_id": self.request_id}
