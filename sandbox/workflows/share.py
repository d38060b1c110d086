"""Share a project with colleagues: one at a time edits its text, and everybody gets the newest.

The text (notebook and choices) travels through the portal, because the Labs of two people share no disk. Whoever edits
has the turn; a save must come from the window that has it and must begin from the newest text, so that nothing is
overwritten.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from sandbox.core.errors import BadInput, Conflict, NotAllowed, NotFound
from sandbox.core.lifecycle import State
from sandbox.core.project import Project
from sandbox.core.roles import Person, Role
from sandbox.core.sharing import SILENT, Colleague, SharedText
from sandbox.publishing.archive import read_archive
from sandbox.store.registry import Reading, Transaction
from sandbox.store.workspace import write_atomically
from sandbox.workflows.access import owned_project, require_colleague, visible_project, worked_project
from sandbox.workflows.services import Services

TEXT_FILES = ("notebook.ipynb", "choices.json")
MOST_COLLEAGUES = 20


@dataclass(frozen=True)
class Turn:
    """Who edits: ``mine`` when it is the window that asked. ``text`` is the newest text's SHA-256, "" for none yet."""

    mine: bool
    person: str
    since: datetime | None
    text: str
    owner: bool


def share(services: Services, person: Person, slug: str, name: str) -> Colleague:
    """Let the colleague ``name`` work on ``person``'s project. May run twice.

    Raises NotAllowed for somebody who does not work in Lab or may not use one of the project's datasets.
    """
    now = services.now()
    with services.registry.reading() as reading:
        project = owned_project(reading, person, slug)
        colleague = reading.person(name)
        others = [c for c in reading.colleagues(slug) if c.ended is None]
    if colleague.name == person.name:
        raise BadInput("The project is yours already.", "Choose a colleague.")
    if project.state is State.RETIRED or len(others) >= MOST_COLLEAGUES:
        raise Conflict("This project cannot be shared with another person.", "Start a new project for new work.")
    if not colleague.has(Role.STAFF):
        raise NotAllowed(
            "{name} does not work in JupyterLab.",
            "Choose a colleague who does; reviewers and leads see the project anyway.",
            name=colleague.display_name,
        )
    require_colleague(services, colleague, project.pins)
    with services.registry.transaction(person.name) as tx:
        owned_project(tx, person, slug)
        if found := next((c for c in tx.colleagues(slug) if c.person == name and c.ended is None), None):
            return found
        shared = Colleague(slug, name, now)
        tx.put_colleague(shared)
        tx.record("project.shared", slug, now, colleague=name)
    return shared


def unshare(services: Services, person: Person, slug: str, name: str) -> None:
    """End it: the owner for anybody, a colleague for themselves. What they wrote stays."""
    now = services.now()
    with services.registry.transaction(person.name) as tx:
        project = worked_project(tx, person, slug)
        found = next((c for c in tx.colleagues(slug) if c.person == name and c.ended is None), None)
        if found is None or person.name not in (project.owner, name):
            raise NotFound("The project is not shared with “{name}”.", "Reload the page.", name=name)
        tx.put_colleague(replace(found, ended=now))
        text = tx.shared_text(slug)
        if text.holder == name:
            tx.put_shared_text(text.free())
        tx.record("project.unshared", slug, now, colleague=name)


def who_edits(services: Services, person: Person, slug: str) -> SharedText | None:
    """Who has the text now, for a page; None when nobody does."""
    with services.registry.reading() as reading:
        visible_project(reading, person, slug)
        text = reading.shared_text(slug)
    return text if text.held(services.now()) else None


def ask_turn(services: Services, person: Person, slug: str, window: str, *, take: bool = False) -> Turn | None:
    """The turn after ``window`` of ``person`` asked for it; None for a project that nobody shares.

    It gets the turn when nobody has it, or when it wants to ``take`` it; asking again keeps it.
    """
    now = services.now()
    with services.registry.reading() as reading:
        project = worked_project(reading, person, slug)
        if not _is_shared(reading, slug):
            return None
        text = reading.shared_text(slug)
        fresh = text.seen is not None and now - text.seen <= SILENT / 3
        others = text.held(now) and not _has(text, person, window)
        if (others and not take) or (_has(text, person, window) and fresh):  # most questions write nothing
            return _turn(text, person, project, window)
    with services.registry.transaction(person.name) as tx:
        tx.one_at_a_time()
        project = worked_project(tx, person, slug)
        text = _given(tx.shared_text(slug), person, project, window, take, now)
        tx.put_shared_text(text)
        if take and others:
            tx.record("project.taken-over", slug, now)
    return _turn(text, person, project, window)


def leave_turn(services: Services, person: Person, slug: str, window: str) -> None:
    """The window is closed: whoever asks next may edit."""
    with services.registry.transaction(person.name) as tx:
        tx.one_at_a_time()
        worked_project(tx, person, slug)
        text = tx.shared_text(slug)
        if _has(text, person, window):
            tx.put_shared_text(text.free())


def save_text(services: Services, person: Person, slug: str, window: str, base: str, archive: bytes) -> str:
    """Keep ``archive`` (a zip of the notebook and its choices) as the newest text; its SHA-256.

    Raises Conflict unless the window has the turn and began from the newest text, whose SHA-256 is ``base``.
    """
    settings = services.settings
    files = read_archive(archive, max_bytes=settings.submission_bytes, max_files=len(TEXT_FILES))
    if TEXT_FILES[0] not in files.files or not set(files.files) <= set(TEXT_FILES):
        raise BadInput("This is not the text of a project.", "Send its notebook and its choices.")
    now = services.now()
    with services.registry.transaction(person.name) as tx:
        tx.one_at_a_time()
        project = worked_project(tx, person, slug)
        text = tx.shared_text(slug)
        _require_open(project)
        _require_turn(tx, text, person, window, base, now)
        place = services.workspace.shared_text(slug, files.sha256)
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_atomically(place, archive)
        tx.put_shared_text(replace(text, text=files.sha256, seen=now))
    for old in place.parent.glob("*.zip"):
        if old.stem not in (files.sha256, base):  # somebody may be fetching the one before
            old.unlink(missing_ok=True)
    return files.sha256


def load_text(services: Services, person: Person, slug: str) -> tuple[str, bytes]:
    """(SHA-256, zip) of the newest shared text. Raises Conflict when there is none yet."""
    with services.registry.reading() as reading:
        worked_project(reading, person, slug)
        text = reading.shared_text(slug)
    return text.text, _archive(services, text)


def shared_files(services: Services, text: SharedText) -> Mapping[str, bytes]:
    """File name → content of the shared text. Raises Conflict when there is none yet."""
    return read_archive(_archive(services, text), max_bytes=services.settings.submission_bytes).files


def _archive(services: Services, text: SharedText) -> bytes:
    try:
        if text.text:
            return services.workspace.shared_text(text.project, text.text).read_bytes()
    except OSError:
        pass
    raise Conflict(
        "The project was shared with you, and its notebook has not arrived yet.",
        "Ask its owner to open it once in JupyterLab; then open it again.",
    )


def _require_open(project: Project) -> None:
    if project.state is State.RETIRED:
        raise Conflict(
            "This project is retired; its text stays as it was.",
            "Start a new project for new work. What you wrote is kept among the versions.",
        )


def _require_turn(tx: Transaction, text: SharedText, person: Person, window: str, base: str, now: datetime) -> None:
    if not _has(text, person, window):
        raise Conflict(
            "{person} has been working on this project since {time} (UTC).",
            "Your text is kept among the versions. To go on here, take the project over.",
            person=tx.display_names().get(text.holder, text.holder) or "–",
            time=(text.since or now).strftime("%H:%M"),
        )
    if text.text != base:
        raise Conflict(
            "A colleague changed the notebook after this window opened it.",
            "Your text is kept among the versions. Reload the notebook, then bring back what you need from there.",
        )


def _given(text: SharedText, person: Person, project: Project, window: str, take: bool, now: datetime) -> SharedText:
    if _has(text, person, window):
        return replace(text, seen=now)
    # Before the first text only the owner may begin: a colleague's would be the template's again.
    if (text.held(now) and not take) or (not text.text and person.name != project.owner):
        return text
    return replace(text, holder=person.name, window=window, since=now, seen=now)


def _turn(text: SharedText, person: Person, project: Project, window: str) -> Turn:
    mine = _has(text, person, window)
    return Turn(mine, text.holder or project.owner, text.since, text.text, person.name == project.owner)


def _has(text: SharedText, person: Person, window: str) -> bool:
    return (text.holder, text.window) == (person.name, window)


def _is_shared(reading: Reading, slug: str) -> bool:
    """Also after the last colleague has left, as long as there is a text that they shared."""
    return any(c.ended is None for c in reading.colleagues(slug)) or bool(reading.shared_text(slug).text)
