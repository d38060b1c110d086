"""The addresses behind the learning paths: a path's notebook, its questions, the person's answers.

The portal asks and judges; here the person's answers are only handed on, in the name of this Lab's owner.
"""

from __future__ import annotations

import asyncio
from typing import Any

from tornado import web

from sandbox.core.errors import BadInput
from sandbox.core.ids import check_slug
from sandbox.labserver.handlers import ProjectHandler
from sandbox.labserver.language import chosen_language
from sandbox.labserver.places import NOTEBOOK, Places
from sandbox.labserver.portal import Portal
from sandbox.publishing.starter import unpack_starter


class OpenPath(ProjectHandler):
    """POST {path}: its files are in place afterwards. Answers {notebook}, the path of the notebook."""

    @web.authenticated
    async def post(self) -> None:
        await self.answer(self._open())

    async def _open(self) -> dict[str, Any]:
        path = check_slug(str((self.get_json_body() or {}).get("path", "")))
        folder = self._places.learning_folder(path)
        if folder.is_symlink() or not (folder / NOTEBOOK).exists():
            starter = await self._portal.learning_starter(path, chosen_language(self._places))
            await asyncio.to_thread(unpack_starter, starter, folder)
        return {"notebook": f"{folder.name}/{NOTEBOOK}"}


class Exercise(ProjectHandler):
    """GET ?exercise=path/name: the question. POST {exercise, question, marks, number}: what the portal says to it."""

    @web.authenticated
    async def get(self) -> None:
        await self.answer(self._ask())

    @web.authenticated
    async def post(self) -> None:
        await self.answer(self._judge())

    async def _ask(self) -> dict[str, Any]:
        path, name = self._named(self.get_query_argument("exercise", ""))
        return await self._portal.exercise(path, name, chosen_language(self._places))

    async def _judge(self) -> dict[str, Any]:
        asked = self.get_json_body() or {}
        path, name = self._named(asked.get("exercise"))
        given = {key: asked[key] for key in ("question", "marks", "number") if key in asked}
        return await self._portal.answer(path, name, given, chosen_language(self._places))

    @staticmethod
    def _named(text: Any) -> tuple[str, str]:
        path, cut, name = str(text or "").partition("/")
        if not cut:
            raise BadInput("“{name}” is no exercise.", "Open the learning path again.", name=str(text)[:80])
        return check_slug(path), check_slug(name)


def addresses(base: str, places: Places, portal: Portal) -> list[Any]:
    """(pattern, handler, arguments) of this file."""
    known = {"places": places, "portal": portal}
    return [(rf"{base}sandbox/learning", OpenPath, known), (rf"{base}sandbox/exercise", Exercise, known)]
