"""Submissions: send one in, watch its examination, decide."""

from __future__ import annotations

import html
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Body, Header, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from sandbox.core.findings import Finding
from sandbox.core.project import Submission
from sandbox.i18n import catalogue
from sandbox.portal.needs import ApiPerson, Reads, UsedServices
from sandbox.portal.progress import progress_text
from sandbox.portal.views import as_json
from sandbox.workflows.access import visible_project
from sandbox.workflows.review import approve, send_back
from sandbox.workflows.submit import submit

router = APIRouter(prefix="/projects/{slug}/submissions", tags=["submissions"])


class DecisionBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    decision: Literal["approve", "return"]
    reasons: str = Field("", max_length=4000)


@router.post("", status_code=201)
async def send_in(
    slug: str,
    request: Request,
    services: UsedServices,
    person: ApiPerson,
    language: Reads,
    archive: Annotated[bytes, Body(media_type="application/zip")],
    x_sandbox_note: Annotated[str, Header()] = "",
) -> dict[str, Any]:
    """Submit a zip of the project. The note may use XML character references: headers carry no Chinese."""
    made = await run_in_threadpool(submit, services, person, slug, archive, html.unescape(x_sandbox_note))
    if request.app.state.examiner:
        request.app.state.examiner.wake()
    return _submission(made, language)


@router.get("")
def all_of_project(slug: str, services: UsedServices, person: ApiPerson, language: Reads) -> list[dict[str, Any]]:
    """Submissions, newest first."""
    with services.registry.reading() as reading:
        visible_project(reading, person, slug)
        return [_submission(s, language) for s in reading.submissions(project=slug)]


@router.get("/{number}")
def one(slug: str, number: int, services: UsedServices, person: ApiPerson, language: Reads) -> dict[str, Any]:
    with services.registry.reading() as reading:
        visible_project(reading, person, slug)
        return _submission(reading.submission(slug, number), language)


@router.post("/{number}/decision")
def decide(
    slug: str, number: int, body: DecisionBody, services: UsedServices, person: ApiPerson, language: Reads
) -> dict[str, Any]:
    with services.registry.reading() as reading:
        visible_project(reading, person, slug)
    step = approve if body.decision == "approve" else send_back
    step(services, person, slug, number, body.reasons)
    return one(slug, number, services, person, language)


def _submission(submission: Submission, language: Reads) -> dict[str, Any]:
    """As in the registry; each finding also has its ``text`` (message, remedy) in the person's language."""
    translate = catalogue(language).gettext
    findings = []
    for raw in submission.findings:
        finding = Finding.from_json(raw)
        text = {"message": finding.message.render(translate), "remedy": finding.remedy.render(translate)}
        findings.append({**raw, "text": text})
    return {
        **as_json(submission),
        "findings": findings,
        "progress": progress_text(submission.progress, translate),
    }
