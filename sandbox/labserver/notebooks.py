"""The contents API for a project's notebook: saves keep a version and respect the lock; the app part has a preview.

JupyterLab asks with the ordinary contents requests; the page's own id comes in the header ``X-Sandbox-Window``.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_server.services.contents.handlers import ContentsHandler
from tornado import web

from sandbox.core.errors import NotFound, SandboxError
from sandbox.i18n import catalogue
from sandbox.labserver.editing import Editing
from sandbox.labserver.history import Contents, History, Version, sha256
from sandbox.labserver.language import chosen_language
from sandbox.labserver.places import NOTEBOOK, PREVIEW, Places
from sandbox.notebooks.app_cells import app_notebook
from sandbox.notebooks.reading import read_notebook

if TYPE_CHECKING:
    from sandbox.labserver.sharing import Sharing

WINDOW_HEADER = "X-Sandbox-Window"
_LONGEST_WINDOW = 64


class Projects:
    """The open projects of this Lab: their histories and locks, each made once."""

    def __init__(self, places: Places) -> None:
        self.places = places
        self._open: dict[str, tuple[History, Editing]] = {}

    def folder(self, slug: str) -> Path:
        return self.places.workspace.project(self.places.owner, slug)

    def history(self, slug: str) -> History:
        return self._of(slug)[0]

    def editing(self, slug: str) -> Editing:
        return self._of(slug)[1]

    def _of(self, slug: str) -> tuple[History, Editing]:
        if slug not in self._open:
            folder = self.places.workspace.history(self.places.owner, slug)
            self._open[slug] = History(folder), Editing(folder)
        return self._open[slug]

    async def keep(self, slug: str, by: str, reason: Any = "saved", of: int = 0) -> Version:
        """Keep what lies in the project's folder as a version."""
        contents = await asyncio.to_thread(Contents.of, self.folder(slug))
        return await asyncio.to_thread(self.history(slug).keep, contents, reason, by, datetime.now(UTC), of)

    async def keep_aside(self, slug: str, by: str, notebook: Mapping[str, Any]) -> Version:
        """Keep a text that could not be saved, with the choices that lie in the folder."""
        choices = (await asyncio.to_thread(Contents.of, self.folder(slug))).choices
        text = json.dumps(notebook, ensure_ascii=False, indent=1).encode()
        contents = Contents(text, choices)
        return await asyncio.to_thread(self.history(slug).keep, contents, "aside", by, datetime.now(UTC))

    async def current(self, slug: str) -> str:
        """The SHA-256 of the notebook as it is on disk; empty when there is none."""
        text = (await asyncio.to_thread(Contents.of, self.folder(slug))).notebook
        return sha256(text) if text else ""


def window_of(handler: web.RequestHandler) -> str:
    """The id of the page that asks; empty for anything but a page of ours."""
    return handler.request.headers.get(WINDOW_HEADER, "")[:_LONGEST_WINDOW]


def person_of(handler: Any) -> str:
    user = handler.current_user
    return str(user.display_name or user.username)


class ProjectNotebook(ContentsHandler):
    """GET and PUT of ``<project>/notebook.ipynb``."""

    def initialize(self, projects: Projects, sharing: Sharing) -> None:
        self._projects, self._sharing = projects, sharing
        self._read_only = False
        self._answer: tuple[dict[str, Any], bool] | None = None

    @web.authenticated
    async def get(self, path: str = "") -> None:
        slug = self._slug(path)
        window, now = window_of(self), datetime.now(UTC)
        if slug and window and self.get_query_argument("content", "1") == "1":
            editing = self._projects.editing(slug)
            elsewhere = await self._newest(slug, window)
            # What is read from here on is this window's base; read before, so that a change in between is noticed.
            base = await self._projects.current(slug)
            self._read_only = editing.ask(window, person_of(self), now).window != window or elsewhere
            editing.has(window, base)
        elif slug and window:
            holder = self._projects.editing(slug).holder(now)
            self._read_only = holder is not None and holder.window != window
        await super().get(path)

    @web.authenticated
    async def put(self, path: str = "") -> None:
        slug = self._slug(path)
        if slug is None:
            raise web.HTTPError(404)
        projects, window = self._projects, window_of(self)
        editing = projects.editing(slug)
        try:
            editing.check(window, await projects.current(slug), datetime.now(UTC))
            shared = await self._sharing.check(slug, window) if window else None
        except SandboxError as problem:
            await self._refuse(slug, problem)
            return
        await super().put(path)
        if window:
            editing.ask(window, person_of(self), datetime.now(UTC))
            editing.has(window, await projects.current(slug))
        await projects.keep(slug, person_of(self))
        if shared is not None and self._answer is not None:
            try:
                await self._sharing.send(slug, window)
            except SandboxError as problem:
                await self._refuse(slug, problem)
                return
        # Answered only now: whoever hears of the save may change the file at once.
        if self._answer is not None:
            super()._finish_model(*self._answer)

    @web.authenticated
    async def patch(self, path: str = "") -> None:
        """No other name: whatever opens, examines or publishes a project looks for this one."""
        _ = catalogue(chosen_language(self._projects.places)).gettext
        raise web.HTTPError(403, _("A project's notebook keeps its name; the project's title is what people see."))

    async def _newest(self, slug: str, window: str) -> bool:
        """Bring the newest text of a shared project; whether somebody else is working on it."""
        try:
            turn = await self._sharing.ask(slug, window)
            if turn is not None:
                await self._sharing.bring(slug, person_of(self), turn)
        except SandboxError as error:
            message, remedy = error.render(catalogue(chosen_language(self._projects.places)).gettext)
            raise web.HTTPError(error.status, f"{message} {remedy}") from error
        return turn is not None and not turn.mine

    async def _refuse(self, slug: str, problem: SandboxError) -> None:
        """Keep the text and say what is the matter, in the shape that JupyterLab shows in its dialog."""
        content = (self.get_json_body() or {}).get("content")
        if isinstance(content, dict):
            await self._projects.keep_aside(slug, person_of(self), content)
        message, remedy = problem.render(catalogue(chosen_language(self._projects.places)).gettext)
        self.set_status(problem.status)
        self.finish(json.dumps({"message": f"{message} {remedy}", "reason": "sandbox-conflict"}))

    def _finish_model(self, model: dict[str, Any], location: bool = True) -> None:
        if self.request.method == "PUT":
            self._answer = model, location
            return
        if self._read_only:
            model["writable"] = False
        super()._finish_model(model, location)

    def _slug(self, path: str) -> str | None:
        return self._projects.places.project_of(path)


class Preview(ContentsHandler):
    """GET of ``<project>/app-preview.ipynb``: the saved notebook's app cells, made anew each time, never on disk."""

    def initialize(self, projects: Projects) -> None:
        self._projects = projects

    @web.authenticated
    async def get(self, path: str = "") -> None:
        slug = self._projects.places.project_of(path)
        if slug is None:
            raise web.HTTPError(404)
        try:
            content = await asyncio.to_thread(self._app, slug)
        except SandboxError as error:
            message, remedy = error.render(catalogue(chosen_language(self._projects.places)).gettext)
            raise web.HTTPError(error.status, f"{message} {remedy}") from error
        now = datetime.now(UTC)
        wanted = self.get_query_argument("content", "1") == "1"
        model = {
            "name": PREVIEW, "path": path.strip("/"), "type": "notebook", "writable": False, "mimetype": None,
            "created": now, "last_modified": now, "size": None,
            "content": content if wanted else None, "format": "json" if wanted else None,
            "hash": None, "hash_algorithm": None,
        }  # fmt: skip
        self._finish_model(model, location=False)

    @web.authenticated
    async def put(self, path: str = "") -> None:
        raise web.HTTPError(403, "A preview is not saved.")

    def _app(self, slug: str) -> Any:
        folder = self._projects.folder(slug)
        text = Contents.of(folder).notebook
        if not text:
            raise NotFound("The project has no notebook yet.", "Open the project again from the portal.")
        language = chosen_language(self._projects.places)
        return app_notebook(read_notebook(text, NOTEBOOK), language, None)
