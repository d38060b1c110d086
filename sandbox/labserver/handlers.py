"""The addresses behind the toolbar's buttons: submit the project, follow its examination."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from functools import cache
from typing import Any

from jupyter_server.auth.decorator import allow_unauthenticated
from jupyter_server.base.handlers import APIHandler, JupyterHandler
from tornado import web

from sandbox.core.errors import BadInput, NotFound, SandboxError
from sandbox.i18n import catalogue
from sandbox.labserver.language import chosen_language
from sandbox.labserver.places import Places
from sandbox.labserver.portal import Portal
from sandbox.publishing.archive import pack_project


class Health(JupyterHandler):
    @allow_unauthenticated
    def get(self) -> None:
        self.set_header("Content-Type", "application/json")
        self.finish('{"status": "ok"}')


class Exporters(APIHandler):
    """GET: what a notebook can be saved as. Jupyter's own answer loads all exporters anew for every page that opens."""

    @web.authenticated
    async def get(self) -> None:
        self.finish(json.dumps(await asyncio.to_thread(exporters)))


@cache
def exporters() -> dict[str, dict[str, str]]:
    """Name → {output_mimetype}, as ``/api/nbconvert`` answers; takes a second the first time."""
    from nbconvert.exporters import base

    found = {}
    for name in base.get_export_names():
        with suppress(ValueError):  # taken away meanwhile
            found[name] = {"output_mimetype": base.get_exporter(name).output_mimetype}
    return found


class ProjectHandler(APIHandler):
    """Answers JSON; errors as {detail, remedy} in the person's language."""

    def initialize(self, places: Places, portal: Portal) -> None:
        self._places, self._portal = places, portal

    async def answer(self, work: Any) -> None:
        try:
            result = await work
        except SandboxError as error:
            detail, remedy = error.render(catalogue(chosen_language(self._places)).gettext)
            self.set_status(error.status)
            result = {"detail": detail, "remedy": remedy}
        self.finish(json.dumps(result))

    def project(self, name: Any) -> str:
        slug = self._places.project_of(str(name or ""))
        if slug is None or slug != name:
            raise NotFound("This notebook does not belong to a micro-project.", "Open a micro-project in the portal.")
        return slug

    def shown(self, submission: dict[str, Any]) -> dict[str, Any]:
        """What the dialog needs of the portal's submission."""
        number = int(submission["number"])
        findings = [
            {"level": f["level"], "message": f["text"]["message"], "remedy": f["text"]["remedy"]}
            for f in submission.get("findings", ())
        ]
        return {
            "number": number,
            "examination": submission["examination"],
            "progress": submission.get("progress", ""),
            "findings": sorted(findings, key=lambda f: ("fail", "review", "pass").index(f["level"])),
            "url": self._places.submission_url(submission["project"], number),
        }


class Submit(ProjectHandler):
    """POST {project, note}: packs the project's folder and sends it to the portal."""

    @web.authenticated
    async def post(self) -> None:
        await self.answer(self._submit())

    async def _submit(self) -> dict[str, Any]:
        asked = self.get_json_body() or {}
        slug = self.project(asked.get("project"))
        note = asked.get("note", "")
        if not isinstance(note, str) or len(note) > 2000:
            raise BadInput("The note is too long.", "Write at most 2000 characters.")
        folder = self._places.workspace.project(self._places.owner, slug)
        archive = await asyncio.to_thread(pack_project, folder)
        language = chosen_language(self._places)
        return self.shown(await self._portal.submit(slug, archive, note, language))


class Status(ProjectHandler):
    """GET ?project=&number=: how far the examination is and what it found."""

    @web.authenticated
    async def get(self) -> None:
        await self.answer(self._status())

    async def _status(self) -> dict[str, Any]:
        slug = self.project(self.get_query_argument("project", ""))
        number = self.get_query_argument("number", "")
        if not number.isdecimal():
            raise BadInput(
                "“{number}” is no number of a submission.", "Open the submission in the portal.", number=number
            )
        submission = await self._portal.submission(slug, int(number), chosen_language(self._places))
        return self.shown(submission)
