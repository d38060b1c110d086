"""The addresses behind the start page and the side panel: projects, data, early findings, versions, who works here."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

from jupyter_server.base.handlers import JupyterHandler
from tornado import web

from sandbox.core.errors import BadInput, Conflict, SandboxError
from sandbox.core.ids import check_slug
from sandbox.labserver.handlers import ProjectHandler
from sandbox.labserver.history import Version, sha256
from sandbox.labserver.language import chosen_language
from sandbox.labserver.notebooks import Projects, person_of, window_of
from sandbox.labserver.places import NOTEBOOK, Places
from sandbox.labserver.portal import Portal
from sandbox.labserver.sharing import Sharing
from sandbox.notebooks.changes import cell_changes, choice_changes
from sandbox.publishing.archive import pack_project
from sandbox.publishing.starter import unpack_starter


class Start(ProjectHandler):
    """GET: my projects with what reviewers answered, and the templates."""

    @web.authenticated
    async def get(self) -> None:
        await self.answer(self._portal.start_page(chosen_language(self._places)))


class Open(ProjectHandler):
    """POST {project}, or {new: …} to make one: its files are in place afterwards. Answers {project}."""

    @web.authenticated
    async def post(self) -> None:
        await self.answer(self._open())

    async def _open(self) -> dict[str, Any]:
        asked, language = self.get_json_body() or {}, chosen_language(self._places)
        if isinstance(asked.get("new"), dict):
            slug = str((await self._portal.start_project({**asked["new"], "language": language}))["slug"])
        else:
            slug = check_slug(str(asked.get("project", "")))
        folder = self._places.workspace.project(self._places.owner, slug)
        if not (folder / NOTEBOOK).exists():
            await asyncio.to_thread(unpack_starter, await self._portal.starter(slug, language), folder)
        return {"project": slug}


class Thumbnail(JupyterHandler):
    """GET ?template=: its picture, for an <img>: a policy of its own keeps it from doing anything else."""

    def initialize(self, places: Places, portal: Portal) -> None:
        self._portal = portal

    @web.authenticated
    async def get(self) -> None:
        try:
            picture = await self._portal.thumbnail(check_slug(self.get_query_argument("template", "")))
        except SandboxError as error:
            raise web.HTTPError(error.status) from error
        self.set_header("Content-Type", "image/svg+xml")
        self.set_header("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; sandbox")
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("Cache-Control", "private, max-age=86400")
        self.finish(picture)


class Panel(ProjectHandler):
    """GET ?project=: its pinned data column by column, and what the last examination left to do."""

    @web.authenticated
    async def get(self) -> None:
        await self.answer(self._panel())

    async def _panel(self) -> dict[str, Any]:
        slug = self.project(self.get_query_argument("project", ""))
        panel = await self._portal.panel(slug, chosen_language(self._places))
        last = panel.get("last")
        return {**panel, "url": self._places.submission_url(slug, last["number"]) if last else ""}


class Check(ProjectHandler):
    """POST {project}: what an examination of the saved project would find by reading alone."""

    @web.authenticated
    async def post(self) -> None:
        await self.answer(self._check())

    async def _check(self) -> dict[str, Any]:
        slug = self.project((self.get_json_body() or {}).get("project"))
        folder = self._places.workspace.project(self._places.owner, slug)
        archive = await asyncio.to_thread(pack_project, folder)
        return await self._portal.look(slug, archive, chosen_language(self._places))


class _HistoryHandler(ProjectHandler):
    def initialize(  # type: ignore[override]
        self, places: Places, portal: Portal, projects: Projects, sharing: Sharing
    ) -> None:
        super().initialize(places, portal)
        self._projects, self._sharing = projects, sharing

    def number(self, text: Any) -> int:
        if not str(text).isdecimal():
            raise BadInput("“{number}” is no number of a version.", "Choose a version from the list.", number=str(text))
        return int(text)


class Versions(_HistoryHandler):
    """GET ?project=: the versions, newest first. GET ?project=&number=: what differs from it to the notebook now.

    POST {project, number}: bring that version back; the state before it is kept as a version of its own.
    """

    @web.authenticated
    async def get(self) -> None:
        await self.answer(self._compare() if self.get_query_argument("number", "") else self._list())

    @web.authenticated
    async def post(self) -> None:
        await self.answer(self._restore())

    async def _list(self) -> dict[str, Any]:
        slug = self.project(self.get_query_argument("project", ""))
        versions = await asyncio.to_thread(self._projects.history(slug).versions)
        current = await self._projects.current(slug)
        return {"versions": [{**_shown(v), "current": v.notebook == current} for v in versions]}

    async def _compare(self) -> dict[str, Any]:
        slug = self.project(self.get_query_argument("project", ""))
        number = self.number(self.get_query_argument("number"))
        old = await asyncio.to_thread(self._projects.history(slug).contents, number)
        now = await asyncio.to_thread(type(old).of, self._projects.folder(slug))
        # From now to then: what bringing the version back would change.
        changes = await asyncio.to_thread(cell_changes, now.notebook, old.notebook)
        choices = choice_changes(now.choices, old.choices) if old.choices else ()
        return {
            "cells": [
                {"kind": c.kind, "cell": c.cell, "lines": [{"mark": line.mark, "text": line.text} for line in c.lines]}
                for c in changes
            ],
            "choices": [{"name": name, "now": before, "then": after} for name, before, after in choices],
        }

    async def _restore(self) -> dict[str, Any]:
        asked = self.get_json_body() or {}
        slug, number = self.project(asked.get("project")), self.number(asked.get("number"))
        projects, window, person, now = self._projects, window_of(self), person_of(self), datetime.now(UTC)
        holder = projects.editing(slug).holder(now)
        if holder is not None and holder.window != window:
            raise Conflict(
                "{person} is working on this project in another window.",
                "Take the project over first.",
                person=holder.person,
            )
        contents = await asyncio.to_thread(projects.history(slug).contents, number)
        shared = await self._sharing.check(slug, window) if window else None
        await projects.keep(slug, person, "before")
        await asyncio.to_thread(contents.put, projects.folder(slug))
        made = await projects.keep(slug, person, "restored", number)
        projects.editing(slug).has(window, sha256(contents.notebook))
        if shared is not None:
            await self._sharing.send(slug, window)
        return _shown(made)


class Presence(_HistoryHandler):
    """POST {project, take?, leave?, text?}: who works on the project. ``text`` is kept aside when another does.

    Answers {mine, person, since, other}; the page asks again every few seconds. ``other``: it is another person.
    """

    @web.authenticated
    async def post(self) -> None:
        await self.answer(self._ask())

    async def _ask(self) -> dict[str, Any]:
        asked, window = self.get_json_body() or {}, window_of(self)
        slug, now = self.project(asked.get("project")), datetime.now(UTC)
        if not window:
            raise BadInput("This window has no name.", "Reload the page.")
        editing = self._projects.editing(slug)
        if asked.get("leave"):
            editing.release(window)
            await self._sharing.leave(slug, window)
            return {"mine": False, "person": "", "since": ""}
        kept = 0
        if isinstance(asked.get("text"), dict):
            kept = (await self._projects.keep_aside(slug, person_of(self), asked["text"])).number
        take = asked.get("take") is True
        turn = await self._sharing.ask(slug, window, take=take)
        if turn is not None and not turn.mine and not turn.me:
            return {"mine": False, "person": turn.person, "since": turn.since, "kept": kept, "other": True}
        lock = editing.ask(window, person_of(self), now, take=take)
        return {
            "mine": lock.window == window and (turn is None or turn.mine),
            "person": lock.person,
            "since": lock.since.isoformat(),
            "kept": kept,
        }


def addresses(base: str, places: Places, portal: Portal, projects: Projects, sharing: Sharing) -> list[Any]:
    """(pattern, handler, arguments) of this file."""
    known = {"places": places, "portal": portal}
    held = {**known, "projects": projects, "sharing": sharing}
    return [
        (rf"{base}sandbox/start", Start, known),
        (rf"{base}sandbox/open", Open, known),
        (rf"{base}sandbox/thumbnail", Thumbnail, known),
        (rf"{base}sandbox/panel", Panel, known),
        (rf"{base}sandbox/check", Check, known),
        (rf"{base}sandbox/versions", Versions, held),
        (rf"{base}sandbox/presence", Presence, held),
    ]


def _shown(version: Version) -> dict[str, Any]:
    return {
        "number": version.number,
        "time": version.time.isoformat(),
        "reason": version.reason,
        "by": version.by,
        "of": version.of,
    }
