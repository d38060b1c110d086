"""The one place that says who may open what. Whatever it does not allow does not exist (404: nothing to list or guess).

Pure decisions on a viewer and an address; the identity provider, the websocket and our own handlers all ask here.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sandbox.appserver.pagekeys import PageKeys
from sandbox.appserver.sessions import Admission, Sessions, Viewer
from sandbox.core.messages import Language

_PAGE = re.compile(
    r"(?P<app>[a-z0-9](?:[a-z0-9-]{0,60}[a-z0-9])?)"
    r"/(?P<version>\d{8}T\d{6}Z-[0-9a-f]{12})"
    r"/(?P<notebook>app(?:\.zh-CN)?\.ipynb)"
)
KERNEL_ID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"


@dataclass(frozen=True)
class Page:
    """One app version in one language, as an address names it."""

    app: str
    version: str
    language: Language

    @classmethod
    def parse(cls, path: str) -> Page | None:
        """From ``<slug>/<version>/app.ipynb`` or ``…/app.zh-CN.ipynb``; None for every other path."""
        found = _PAGE.fullmatch(path)
        if found is None:
            return None
        return cls(found["app"], found["version"], "en" if found["notebook"] == "app.ipynb" else "zh-CN")

    @property
    def notebook(self) -> str:
        return "app.ipynb" if self.language == "en" else "app.zh-CN.ipynb"

    @property
    def path(self) -> str:
        return f"{self.app}/{self.version}/{self.notebook}"


class Gate:
    """``owner_of`` gives the person whose page a kernel belongs to, None for a kernel that is not there."""

    def __init__(self, sessions: Sessions, apps: Path, owner_of: Callable[[str], str | None]) -> None:
        self._sessions = sessions
        self._apps = apps
        self._owner_of = owner_of
        self.keys = PageKeys()

    def viewer(self, cookie: str | None) -> Viewer | None:
        return self._sessions.viewer(cookie)

    def viewer_with(self, key: str, kernel_id: str) -> Viewer | None:
        """The viewer whose page shows ``key`` for the kernel, or to sign out."""
        session = self.keys.session(key, kernel_id)
        return self._sessions.named(session) if session else None

    def page(self, viewer: Viewer, path: str) -> Page | None:
        """The page at ``path`` if the viewer is admitted to it and it is on the shelf."""
        page = Page.parse(path)
        if page is None or self.admission(viewer, page) is None:
            return None
        return page if (self._apps / page.path).is_file() else None

    def author(self, viewer: Viewer, page: Page) -> str:
        """How the owner of the page's app is called, as the portal said when the viewer opened it."""
        return self._sessions.owner(viewer, page.app, page.version)

    def admission(self, viewer: Viewer, page: Page) -> Admission | None:
        return self._sessions.admission(viewer, page.app, page.version)

    def owns(self, viewer: Viewer | None, kernel_id: str) -> bool:
        return viewer is not None and self._owner_of(kernel_id) == viewer.person
