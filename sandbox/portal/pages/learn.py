"""Learning paths, and the person's own page with their badges.

A path reads like a page: its notebook's texts, and its exercises as forms. Reviewers and managers, who have no
JupyterLab, do everything here; what needs a notebook says so.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

import mistune
from fastapi import APIRouter
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from sandbox.core.errors import BadInput, Conflict, SandboxError, TooBusy
from sandbox.core.messages import Language
from sandbox.core.roles import Person
from sandbox.i18n import catalogue
from sandbox.learning.paths import PATHS
from sandbox.notebooks.learning import learning_notebook, parts
from sandbox.portal.labs import has_lab
from sandbox.portal.needs import Me, Posted, Reads, UsedAddresses, UsedServices
from sandbox.portal.render import link, page
from sandbox.workflows.learn import answer, ask, standing, standings
from sandbox.workflows.services import Services

router = APIRouter(include_in_schema=False)
#: Where JupyterLab's start page begins a path; see labserver.
_TITLE = re.compile(r"\A# .*\n+")


@dataclass(frozen=True)
class Shown:
    """A part of a path: ``text`` is safe HTML, ``code`` what the notebook calculates, ``exercise`` a question."""

    text: Markup | None = None
    code: str = ""
    exercise: dict[str, Any] | None = None
    waits_until: datetime | None = None


@router.get("/learn", name="learn")
def show_paths(request: Request, services: UsedServices, me: Me) -> Response:
    return page(request, "learn.html", standings=standings(services, me))


@router.get("/learn/{path}", name="learning_path")
def show_path(
    request: Request, path: str, services: UsedServices, addresses: UsedAddresses, me: Me, language: Reads
) -> Response:
    return _path(request, services, me, path, language, has_lab(me, addresses))


@router.post("/learn/{path}/{exercise}", name="answer_exercise")
def take_answer(
    request: Request, path: str, exercise: str, form: Posted, services: UsedServices, addresses: UsedAddresses, me: Me,
    language: Reads,
) -> Response:  # fmt: skip
    given = {"question": form.text("question"), "marks": list(form.texts("marks")), "number": form.text("number")}
    try:
        answer(services, me, path, exercise, given)
    except (BadInput, Conflict, TooBusy) as error:
        return _path(request, services, me, path, language, has_lab(me, addresses), (exercise, error))
    return RedirectResponse(f"{link(request, 'learning_path', path=path)}#{exercise}", 303)


@router.get("/me", name="me")
def show_me(request: Request, services: UsedServices, me: Me) -> Response:
    with services.registry.reading() as reading:
        badges = [badge for badge in reading.badges(me.name) if badge.badge in PATHS]
    return page(request, "me.html", standings=standings(services, me), badges=badges, paths=PATHS, now=services.now())


def _path(
    request: Request, services: Services, me: Person, path: str, language: Language, lab_here: bool,
    wrong: tuple[str, SandboxError] | None = None,
) -> Response:  # fmt: skip
    known = standing(services, me, path)
    notebook = learning_notebook(services.content, path, language)
    shown = [_shown(services, me, path, part.kind, part.text, language) for part in parts(notebook, path)]
    return page(
        request, "path.html", wrong[1].status if wrong else 200, standing=known, parts=shown, lab_here=lab_here,
        wrong=wrong,
    )  # fmt: skip


def _shown(services: Services, me: Person, path: str, kind: str, text: str, language: Language) -> Shown:
    if kind == "text":
        return Shown(text=_as_html(text))
    if kind == "code":
        return Shown(code=text)
    exercise = ask(services, me, path, text, catalogue(language).gettext)
    waits = exercise["waits_until"]
    return Shown(exercise=exercise, waits_until=datetime.fromisoformat(waits) if waits else None)


@cache
def _as_html(text: str) -> Markup:
    """Our own texts; markup in them is shown as text. The page has the title already."""
    return Markup(_markdown(_TITLE.sub("", text)))  # noqa: S704 - escaped by mistune


_markdown = mistune.create_markdown(escape=True, plugins=["table"])
