"""Submit a project for review, or take it back: a frozen, content-addressed copy, and its row in the registry."""

from __future__ import annotations

import secrets
import shutil
from dataclasses import replace
from pathlib import Path

from sandbox.core.errors import Conflict
from sandbox.core.lifecycle import Action, next_state
from sandbox.core.project import Submission
from sandbox.core.roles import Person
from sandbox.publishing.archive import read_archive, write_files
from sandbox.publishing.staging import MARK
from sandbox.workflows.access import owned_project, worked_project
from sandbox.workflows.examination import FILES
from sandbox.workflows.services import Services

MAX_NOTE = 2000


def submit(services: Services, person: Person, slug: str, archive: bytes, note: str = "") -> Submission:
    """Take ``archive`` (a zip of the project) as the project's next submission and queue its examination.

    The archive is hostile: it is read as data, bounded in bytes and files, before anything is written.
    """
    settings = services.settings
    with services.registry.reading() as reading:
        project = worked_project(reading, person, slug)
        next_state(Action.SUBMIT, project.state, person, project.owner)
    files = read_archive(archive, max_bytes=settings.submission_bytes, max_files=settings.submission_files)
    staged = services.workspace.submissions / f"{MARK}{secrets.token_hex(8)}"
    try:
        write_files(files, staged / FILES)
        return _record(services, person, slug, staged, files.sha256, len(archive), note[:MAX_NOTE])
    finally:
        shutil.rmtree(staged, ignore_errors=True)


def _record(
    services: Services, person: Person, slug: str, staged: Path, sha256: str, size: int, note: str
) -> Submission:
    now = services.now()
    with services.registry.transaction(person.name) as tx:
        project = owned_project(tx, person, slug)
        state = next_state(Action.SUBMIT, project.state, person, project.owner)
        number = max((s.number for s in tx.submissions(project=slug)), default=0) + 1
        folder = services.workspace.submission(slug, number)
        if folder.exists():  # left by a run that ended between the rename and the commit: no row knows it
            shutil.rmtree(folder)
        folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        staged.rename(folder)
        submission = Submission(
            project=slug,
            number=number,
            sha256=sha256,
            bytes=size,
            submitted=now,
            submitted_by=person.name,
            pins=project.pins,
            note=note,
        )
        tx.add_submission(submission)
        tx.put_project(replace(project, state=state, changed=now))
        tx.record("project.submitted", slug, now, number=number, sha256=sha256, pins=dict(project.pins))
    return submission


def withdraw(services: Services, person: Person, slug: str) -> None:
    """Take the waiting submission back; the project is a draft again."""
    now = services.now()
    with services.registry.transaction(person.name) as tx:
        project = owned_project(tx, person, slug)
        state = next_state(Action.WITHDRAW, project.state, person, project.owner)
        waiting = [s for s in tx.submissions(project=slug) if s.decision is None]
        if not waiting:
            raise Conflict("No submission of this project is waiting.", "Reload the page.")
        tx.put_submission(replace(waiting[0], decision="withdrawn", decided=now))
        tx.put_project(replace(project, state=state, changed=now))
        tx.record("project.withdrawn", slug, now, number=waiting[0].number)
