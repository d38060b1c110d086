"""The learning paths: how far I am, a path's notebook, its questions and my answers. Judged here and nowhere else."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from sandbox.core.messages import Language
from sandbox.i18n import catalogue
from sandbox.portal.needs import ApiPerson, Reads, UsedServices
from sandbox.workflows.learn import Standing, answer, ask, learning_starter, standings

router = APIRouter(prefix="/learning", tags=["learning"])

Mark = Annotated[str, Field(max_length=32)]


class Given(BaseModel):
    """An answer: the question's id, and the marks of the chosen options or a figure as it was typed."""

    model_config = ConfigDict(extra="forbid")

    question: str = Field(max_length=64)
    marks: list[Mark] = Field(default_factory=list, max_length=20)
    number: str = Field(default="", max_length=40)


@router.get("")
def mine(services: UsedServices, person: ApiPerson, language: Reads) -> list[dict[str, Any]]:
    return [standing_json(each, language) for each in standings(services, person)]


@router.get("/{path}/starter", response_class=Response)
def starter(path: str, services: UsedServices, person: ApiPerson, language: Reads) -> Response:
    """A zip: the notebook in the reader's language and the person's own practice table."""
    return Response(learning_starter(services, person, path, language), media_type="application/zip")


@router.get("/{path}/exercises/{exercise}")
def question(path: str, exercise: str, services: UsedServices, person: ApiPerson, language: Reads) -> dict[str, Any]:
    return ask(services, person, path, exercise, catalogue(language).gettext)


@router.post("/{path}/exercises/{exercise}")
def judge(
    path: str, exercise: str, given: Given, services: UsedServices, person: ApiPerson, language: Reads
) -> dict[str, Any]:
    """Whether the answer is right, and how the question stands afterwards."""
    translate = catalogue(language).gettext
    reaction = answer(services, person, path, exercise, given.model_dump())
    return {
        "right": reaction.right,
        "hint": reaction.said.render(translate),
        "badge": reaction.badge,
        "exercise": ask(services, person, path, exercise, translate),
    }


def standing_json(standing: Standing, language: Language) -> dict[str, Any]:
    translate = catalogue(language).gettext
    path, badge = standing.path, standing.badge
    return {
        "name": path.name,
        "title": path.title.render(translate),
        "summary": path.summary.render(translate),
        "minutes": path.minutes,
        "solved": len(standing.solved),
        "total": standing.total,
        "badge": badge.earned.isoformat() if badge else "",
    }
