"""A reviewer's decision on a submission: approve (and publish its candidate) or send it back with reasons."""

from __future__ import annotations

from dataclasses import replace

from sandbox.core.errors import BadInput, Conflict
from sandbox.core.findings import Finding, Level, worst
from sandbox.core.lifecycle import Action, next_state
from sandbox.core.project import Project, Submission
from sandbox.core.roles import Person
from sandbox.store.registry import Transaction
from sandbox.workflows.access import require_outsider
from sandbox.workflows.publish import make_live
from sandbox.workflows.services import Services


def approve(services: Services, person: Person, slug: str, number: int, reasons: str) -> Project:
    """Approve submission ``number`` and make its candidate the live version of the app.

    Raises Conflict when the examination is not done, found a failure or built no app.
    """
    now = services.now()
    with services.registry.transaction(person.name) as tx:
        project, submission = _waiting(tx, slug, number)
        require_outsider(tx, person, slug)
        state = next_state(Action.APPROVE, project.state, person, project.owner)
        if submission.examination != "done":
            raise Conflict(
                "The examination of this submission is not finished.",
                "Wait until it is done, then decide on its findings.",
            )
        if worst(Finding.from_json(f) for f in submission.findings) is Level.FAIL or submission.version is None:
            raise Conflict(
                "The examination found failures, so this submission cannot be published.",
                "Return it with your reasons; the findings tell the author what to mend.",
            )
        project = make_live(services, tx, replace(project, state=state, changed=now), submission.version, now)
        tx.put_submission(
            replace(submission, decision="approved", reasons=reasons.strip(), reviewer=person.name, decided=now)
        )
        tx.record("submission.approved", slug, now, number=number, version=submission.version, reasons=reasons.strip())
    return project


def send_back(services: Services, person: Person, slug: str, number: int, reasons: str) -> Project:
    """Return submission ``number`` to its author with ``reasons`` (not empty); the project is a draft again."""
    if not reasons.strip():
        raise BadInput(
            "A submission is returned with reasons.", "Say what is missing and what would make you approve it."
        )
    now = services.now()
    with services.registry.transaction(person.name) as tx:
        project, submission = _waiting(tx, slug, number)
        require_outsider(tx, person, slug)
        project = replace(project, state=next_state(Action.RETURN, project.state, person, project.owner), changed=now)
        tx.put_submission(
            replace(submission, decision="returned", reasons=reasons.strip(), reviewer=person.name, decided=now)
        )
        tx.put_project(project)
        tx.record("submission.returned", slug, now, number=number, reasons=reasons.strip())
    return project


def _waiting(tx: Transaction, slug: str, number: int) -> tuple[Project, Submission]:
    submission = tx.submission(slug, number)
    if submission.decision is not None:
        raise Conflict(
            "This submission was decided already: {decision}.", "Reload the page.", decision=submission.decision
        )
    return tx.project(slug), submission
