"""Which version of an app is live: publishing a candidate, rolling back, opening an app, retiring it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from sandbox.core.errors import BadInput, Conflict, Damaged, NotFound
from sandbox.core.ids import VersionId
from sandbox.core.lifecycle import Action, State, next_state
from sandbox.core.project import AppVersion, Project
from sandbox.core.roles import Person, Role
from sandbox.identity.accounts import session_lasts
from sandbox.identity.tickets import LIFETIME, Ticket
from sandbox.publishing.receipt import read_receipt, verify_receipt
from sandbox.store.registry import Reading, Transaction
from sandbox.workflows.services import Services


def make_live(services: Services, tx: Transaction, project: Project, version: str, now: datetime) -> Project:
    """Make ``version`` the live one after its receipt was recomputed; earlier ones stay on the shelf as superseded."""
    folder = services.workspace.app_version(project.slug, VersionId.parse(version))
    broken = verify_receipt(folder)
    if broken:
        raise Damaged(
            "Version {version} is not what its receipt says: {lines}.",
            "Do not publish it; ask the owner to submit again, and tell the operator.",
            version=version,
            lines="; ".join(broken),
        )
    for other in tx.app_versions(project.slug):
        if other.version == version:
            tx.put_app_version(replace(other, status="live", published=other.published or now))
        elif other.status == "live":
            tx.put_app_version(replace(other, status="superseded"))
    project = replace(project, live_version=version)
    tx.put_project(project)
    # The chain holds the receipt's digest: who rewrites a version and its receipt alike is found by comparing the two.
    tx.record("app.published", project.slug, now, version=version, receipt=read_receipt(folder).digest)
    return project


def rollback(services: Services, person: Person, slug: str, version: str, reasons: str) -> Project:
    """Make an earlier published ``version`` live again."""
    if not reasons.strip():
        raise BadInput("A rollback needs a reason.", "Say what went wrong with the version that is live now.")
    now = services.now()
    with services.registry.transaction(person.name) as tx:
        project = tx.project(slug)
        state = next_state(Action.ROLLBACK, project.state, person, project.owner)
        found = [v for v in tx.app_versions(slug) if v.version == version and v.published is not None]
        if not found or found[0].status != "superseded":
            raise Conflict(
                "Version {version} cannot become live again.",
                "Choose one that was published before and is not live now.",
                version=version,
            )
        project = make_live(services, tx, replace(project, state=state, changed=now), version, now)
        tx.record("app.rolled-back", slug, now, version=version, reasons=reasons.strip())
    return project


@dataclass(frozen=True)
class Retrospective:
    """The lesson of a project: what was tried, what was learned, whether one would try again."""

    tried: str
    learned: str
    again: bool

    def __post_init__(self) -> None:
        if not self.tried.strip() or not self.learned.strip():
            raise BadInput(
                "The retrospective is incomplete.",
                "Say in a sentence each what was tried and what was learned: a lesson is a result.",
            )


def retire(services: Services, person: Person, slug: str, lesson: Retrospective) -> Project:
    """End a project and keep its lesson; its app can no longer be opened, its files stay, a shared text as it is."""
    now = services.now()
    with services.registry.transaction(person.name) as tx:
        project = tx.project(slug)
        state = next_state(Action.RETIRE, project.state, person, project.owner)
        for version in tx.app_versions(slug):
            tx.put_app_version(replace(version, status="retired"))
        again = "yes" if lesson.again else "no"
        text = f"{lesson.tried.strip()}\n\n{lesson.learned.strip()}"
        project = replace(project, state=state, live_version=None, lesson=text, changed=now)
        tx.put_project(project)
        if (text_of_all := tx.shared_text(slug)).text:
            tx.put_shared_text(text_of_all.free())
        tx.record("project.retired", slug, now, learned=lesson.learned.strip(), again=again)
    return project


def live_apps(reading: Reading) -> list[Project]:
    """The projects whose apps anybody who is signed in may open, latest change first."""
    return [p for p in reading.projects() if p.live_version and p.state is not State.RETIRED]


def grant_app(services: Services, person: Person, slug: str, version: str | None = None, *, signin: str = "") -> Ticket:
    """A ticket that opens the live version for anybody signed in, or a candidate for its owner and its reviewers.

    ``signin`` is the mark of the person's session: ``renew_app`` lets the app stay open as long as that lasts.
    """
    now = services.now()
    with services.registry.transaction(person.name) as tx:
        project = tx.project(slug)
        chosen = _may_open(project, tx.app_versions(slug), person, version)
        owner = tx.display_names().get(project.owner, project.owner)
        tx.record("app.opened", slug, now, version=chosen)
    return Ticket(
        purpose="app",
        person=person.name,
        display_name=person.display_name,
        language=person.language,
        expires=now + LIFETIME,
        app=slug,
        version=chosen,
        owner=owner,
        signin=signin,
    )


#: What the portal says of an app that is open: it may stay; it may not; the person is not signed in any more.
Standing = Literal["open", "newer", "closed", "signed-out"]


def renew_app(services: Services, ticket: Ticket) -> Standing:
    """Whether what ``ticket`` says is open would be opened now: after sign-outs, other roles, retirements.

    “newer”: another version was published or rolled back to since; who has this one open may finish with it, and is
    told: also those who may open any version.

    Asked by the app server again and again while an app is open, so it leaves no line in the audit chain.
    """
    with services.registry.reading() as reading:
        if not session_lasts(reading, ticket.signin, ticket.person, services.now()):
            return "signed-out"
        try:
            person = reading.person(ticket.person)
        except NotFound:  # the account was disabled meanwhile
            return "signed-out"
        try:
            project = reading.project(ticket.app)
        except NotFound:
            return "closed"
        versions = reading.app_versions(ticket.app)
    if _was_followed(project, versions, ticket.version):
        return "newer"
    try:
        _may_open(project, versions, person, ticket.version)
    except NotFound:
        return "closed"
    return "open"


def _was_followed(project: Project, versions: list[AppVersion], version: str) -> bool:
    """Whether another version, published or rolled back to, took the place of ``version``, which was live."""
    if project.state is State.RETIRED or not project.live_version:
        return False
    return any(v.version == version and v.status == "superseded" for v in versions)


def _may_open(project: Project, versions: list[AppVersion], person: Person, version: str | None) -> str:
    if project.live_version and project.state is not State.RETIRED and version in (None, project.live_version):
        return project.live_version
    insider = person.name == project.owner or person.has(Role.REVIEWER, Role.LEAD)
    if insider and any(v.version == version and v.status != "retired" for v in versions):
        return str(version)
    raise NotFound(
        "There is no open app “{slug}” in this version.",
        "Look in the gallery for what can be opened.",
        slug=project.slug,
    )
