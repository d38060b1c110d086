"""Promote a published app to production: the lead's decision and the hand-off bundle for IT."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from sandbox.core.errors import BadInput, Conflict, NotFound
from sandbox.core.ids import VersionId
from sandbox.core.lifecycle import Action, next_state
from sandbox.core.roles import Person, Role
from sandbox.publishing.handoff import build_handoff
from sandbox.workflows.access import require_outsider
from sandbox.workflows.services import Services


def promote(services: Services, person: Person, slug: str, reasons: str) -> Path:
    """Decide that the live version goes to production; returns the zip that IT takes over.

    The bundle is made first: a decision without its bundle would be a promise that nobody can keep.
    """
    if not reasons.strip():
        raise BadInput("A promotion needs a reason.", "Say what the app earns and who will use it every day.")
    now = services.now()
    with services.registry.reading() as reading:
        project = reading.project(slug)
        next_state(Action.PROMOTE, project.state, person, project.owner)
        require_outsider(reading, person, slug)
        if project.live_version is None:
            raise Conflict("The project has no live app.", "Publish a version first.")
        version = VersionId.parse(project.live_version)
        reviews = [s for s in reading.submissions(project=slug) if s.decision in ("approved", "returned")]
        history = reading.audit(subject=slug)
    bundle = build_handoff(
        services.workspace.app_version(slug, version),
        project=project,
        reviews=reviews,
        audit=history,
        destination=services.workspace.handoff(slug, version),
    )
    with services.registry.transaction(person.name) as tx:
        project = tx.project(slug)
        state = next_state(Action.PROMOTE, project.state, person, project.owner)
        if project.live_version != str(version):
            raise Conflict("Another version became live meanwhile.", "Look at it and decide again.")
        tx.put_project(replace(project, state=state, changed=now))
        tx.record("project.promoted", slug, now, version=str(version), reasons=reasons.strip())
    return bundle


def handoff_bundle(services: Services, person: Person, slug: str) -> Path:
    """The hand-off zip of the promoted version, for leads and stewards."""
    person.require(Role.LEAD, Role.STEWARD)
    with services.registry.reading() as reading:
        project = reading.project(slug)
    path = services.workspace.handoff(slug, VersionId.parse(project.live_version)) if project.live_version else None
    if path is None or not path.exists():
        raise NotFound("There is no hand-off bundle of “{slug}”.", "Promote the app first.", slug=slug)
    return path
