"""The reviewers' queue, and a submission with everything that a decision needs."""

from __future__ import annotations

import json

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from sandbox.core.findings import Finding, Level, worst
from sandbox.core.lifecycle import Action
from sandbox.core.messages import as_language
from sandbox.core.project import Project, Submission
from sandbox.core.roles import Role
from sandbox.notebooks.changes import Change, cell_changes, choice_changes
from sandbox.notebooks.templates import load_template, starter_notebook
from sandbox.portal.access import JUDGES, steps
from sandbox.portal.evidence import read_evidence
from sandbox.portal.needs import Me, Posted, Reads, UsedServices
from sandbox.portal.render import go, page
from sandbox.portal.titles import choice_title, choice_titles
from sandbox.portal.views import display_names, judged, project_rows, submission_file
from sandbox.store.registry import Reading
from sandbox.workflows.access import visible_project
from sandbox.workflows.examination import NOTEBOOK
from sandbox.workflows.review import approve, send_back
from sandbox.workflows.services import Services

router = APIRouter(include_in_schema=False)


@router.get("/reviews", name="reviews")
def show_queue(request: Request, services: UsedServices, me: Me, language: Reads) -> Response:
    me.require(*JUDGES)
    with services.registry.reading() as reading:
        waiting = reading.submissions(undecided=True)
        projects = {s.project: reading.project(s.project) for s in waiting}
        rows = {r.project.slug: r for r in project_rows(reading, projects.values(), language)}
        decided = [s for s in reading.submissions() if s.decision in ("approved", "returned")][:10]
        titles = {s.project: reading.project(s.project).title for s in decided}
        names = display_names(reading)
    queue = [(s, rows[s.project], level_of(s)) for s in reversed(waiting)]
    return page(request, "reviews.html", queue=queue, decided=decided, titles=titles, names=names)


def level_of(submission: Submission) -> Level | None:
    """The gravest level of a finished examination."""
    if submission.examination != "done":
        return None
    return worst(Finding.from_json(f) for f in submission.findings)


@router.get("/projects/{slug}/submissions/{number}", name="submission")
def show_submission(
    request: Request, slug: str, number: int, services: UsedServices, me: Me, language: Reads
) -> Response:
    return _submission(request, services, me, language, slug, number)


@router.post("/projects/{slug}/submissions/{number}/decision", name="decide")
def decide(
    request: Request, slug: str, number: int, form: Posted, services: UsedServices, me: Me, language: Reads
) -> Response:
    with services.registry.reading() as reading:
        visible_project(reading, me, slug)
    reasons = form.text("reasons")
    if form.text("decision") == "approve":
        approve(services, me, slug, number, reasons)
        return go(request, "project", slug=slug)
    if not reasons.strip():
        return _submission(request, services, me, language, slug, number, missing=True)
    send_back(services, me, slug, number, reasons)
    return go(request, "reviews") if me.has(Role.REVIEWER) else go(request, "project", slug=slug)


def _submission(
    request: Request, services: Services, me: Me, language: Reads, slug: str, number: int, missing: bool = False
) -> Response:
    with services.registry.reading() as reading:
        project = visible_project(reading, me, slug)
        submission = reading.submission(slug, number)
        worked = any(c.person == me.name for c in reading.colleagues(slug))
        names = display_names(reading)
        compared, changes, chosen = _changes(services, reading, project, submission)
    titles = choice_titles(services, language, project.template)
    choices = [(choice_title(titles, name), *ways) for name, *ways in chosen]
    possible = submission.decision is None and Action.RETURN in steps(me, project) and not worked
    level = level_of(submission)
    return page(
        request, "submission.html", 422 if missing else 200, project=project, submission=submission, names=names,
        judged=judged(submission), level=level, evidence=read_evidence(submission.evidence, language),
        compared=compared, changes=changes, choices=choices, may_decide=possible, missing=missing,
        may_approve=possible and level in (Level.PASS, Level.REVIEW) and submission.version is not None,
        may_open=bool(submission.version) and (me.name == project.owner or me.has(*JUDGES)),
        own=me.name == project.owner,
    )  # fmt: skip


def _changes(
    services: Services, reading: Reading, project: Project, submission: Submission
) -> tuple[int | None, tuple[Change, ...], tuple[tuple[str, str, str], ...]]:
    """(number of the submission compared with, or None for the template; changed cells; changed choices)."""
    after = submission_file(services, submission, NOTEBOOK)
    chosen = submission_file(services, submission, "choices.json")
    if submission.number > 1:
        before = reading.submission(project.slug, submission.number - 1)
        return (
            before.number,
            cell_changes(submission_file(services, before, NOTEBOOK), after),
            choice_changes(submission_file(services, before, "choices.json"), chosen),
        )
    starter = _starter(services, project, after)
    return None, cell_changes(starter, after), choice_changes(b"{}", chosen)


def _starter(services: Services, project: Project, submitted: bytes) -> bytes:
    """The notebook that the project began with, in the language that the submitted one says it was started in."""
    try:
        language = as_language(json.loads(submitted)["metadata"]["sandbox"]["language"])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        language = as_language(project.language)
    template = load_template(services.content, project.template, services.workspace.templates)
    return json.dumps(starter_notebook(template, language, project)).encode()
