"""The addresses behind the learning paths: a path's notebook, its questions, the person's answers.

The portal asks and judges; here the person's answers are only handed on, in the name of this Lab's owner.
"""

from __future__ import annotations

import asyncio
import io
import zipfile
from pathlib import Path
from typing import Any

import nbformat
from tornado import web

from sandbox.core.errors import BadInput, SandboxError
from sandbox.core.ids import check_slug
from sandbox.core.messages import Language
from sandbox.labserver.handlers import ProjectHandler
from sandbox.labserver.language import chosen_language
from sandbox.labserver.places import NOTEBOOK, Places
from sandbox.labserver.portal import Portal
from sandbox.notebooks.reading import MAX_BYTES, read_notebook
from sandbox.notebooks.translate import translate_notebook
from sandbox.publishing.starter import unpack_starter
from sandbox.store.workspace import read_plain, write_atomically


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
        else:
            await self._turn(path, folder / NOTEBOOK)
        return {"notebook": f"{folder.name}/{NOTEBOOK}"}

    async def _turn(self, path: str, file: Path) -> None:
        """Show the texts in the language that was chosen since; what the person wrote stays."""
        wanted = chosen_language(self._places)
        try:
            notebook = read_notebook(await asyncio.to_thread(read_plain, file, MAX_BYTES), NOTEBOOK)
        except SandboxError:  # whoever broke it sees so in Lab
            return
        about = notebook.metadata.get("sandbox")
        if not isinstance(about, dict) or about.get("language") == wanted:
            return
        known = [await self._texts(path, language) for language in ("en", "zh-CN")]
        for texts in known:
            notebook = translate_notebook(notebook, texts, known[1 if wanted == "zh-CN" else 0])
        title = next(iter(known[1 if wanted == "zh-CN" else 0].values())).splitlines()[0].removeprefix("# ")
        notebook.metadata["sandbox"] = {**about, "language": wanted, "fields": {"title": title}}
        await asyncio.to_thread(write_atomically, file, nbformat.writes(notebook).encode())

    async def _texts(self, path: str, language: Language) -> dict[str, str]:
        """Cell id → markdown, from the portal: the folder's own files are a kernel's to write."""
        with zipfile.ZipFile(io.BytesIO(await self._portal.learning_starter(path, language))) as archive:
            notebook = read_notebook(archive.read(NOTEBOOK), NOTEBOOK)
        return {cell.id: cell.source for cell in notebook.cells if cell.cell_type == "markdown"}


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
