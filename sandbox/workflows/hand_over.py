"""Give a project to another owner: people change departments and leave, and what they made goes on."""

from __future__ import annotations

from dataclasses import replace

from sandbox.core.errors import BadInput, Conflict, NotAllowed
from sandbox.core.lifecycle import State
from sandbox.core.project import Project
from sandbox.core.roles import Person, Role
from sandbox.core.sharing import Colleague
from sandbox.publishing.archive import pack_files, read_archive
from sandbox.store.registry import Reading
from sandbox.store.workspace import read_plain, write_atomically
from sandbox.workflows.access import require_colleague
from sandbox.workflows.examination import FILES
from sandbox.workflows.people import OPERATOR
from sandbox.workflows.services import Services
from sandbox.workflows.share import TEXT_FILES


def hand_over(services: Services, slug: str, name: str, reasons: str, *, by: Person | None) -> Project:
    """Make ``name`` the owner of the project. ``by`` is a lab lead, None for the machine's operator.

    The new owner begins with the newest text there is: the shared one, the last owner's where it can be reached from
    here, or what was submitted last. The last owner has worked on the project and therefore never judges it.
    Raises NotAllowed for somebody who does not work in JupyterLab or may not use one of the project's datasets.
    """
    if by is not None:
        by.require(Role.LEAD)
    if not reasons.strip():
        raise BadInput("Handing over needs a reason.", "Say in a sentence why somebody else goes on with it.")
    with services.registry.reading() as reading:
        project, heir = reading.project(slug), reading.person(name)
        text = _newest_text(services, reading, project)
    if name == project.owner:
        raise BadInput("{name} owns the project already.", "Choose a colleague.", name=heir.display_name)
    if not heir.has(Role.STAFF):
        raise NotAllowed(
            "{name} does not work in JupyterLab.", "Choose somebody with the role staff.", name=heir.display_name
        )
    require_colleague(services, heir, project.pins)
    kept = _keep(services, slug, text) if text else ""
    now = services.now()
    with services.registry.transaction(by.name if by else OPERATOR) as tx:
        tx.one_at_a_time()
        before, project = project, tx.project(slug)
        if project.state is State.RETIRED or project.owner != before.owner:
            raise Conflict(
                "This project cannot be handed over: it is retired, or somebody just did so.", "Reload the page."
            )
        for colleague in tx.colleagues(slug):
            if colleague.person == name and colleague.ended is None:
                tx.put_colleague(replace(colleague, ended=now))
        tx.put_colleague(Colleague(slug, project.owner, project.created, ended=now))
        shared = tx.shared_text(slug).free()
        if shared.text or kept:
            tx.put_shared_text(replace(shared, text=shared.text or kept))
        tx.record(
            "project.handed-over", slug, now, previous=project.owner, owner=name, reasons=reasons.strip()
        )  # fmt: skip
        project = replace(project, owner=name, changed=now)
        tx.put_project(project)
    return project


def _newest_text(services: Services, reading: Reading, project: Project) -> dict[str, bytes]:
    """The notebook and its choices, where nothing is shared yet; empty when there is no notebook to be found."""
    if reading.shared_text(project.slug).text:
        return {}
    folders = [services.workspace.project(project.owner, project.slug)]
    folders += [
        services.workspace.submission(project.slug, submission.number) / FILES
        for submission in reading.submissions(project=project.slug)[:1]
    ]
    for folder in folders:
        # A kernel can write in the first: only plain files of bounded size are read, and nothing of them runs here.
        found = {file: read_plain(folder / file, services.settings.submission_bytes) for file in TEXT_FILES}
        if found[TEXT_FILES[0]]:
            return {file: content for file, content in found.items() if content}
    return {}


def _keep(services: Services, slug: str, text: dict[str, bytes]) -> str:
    """Place the text where a colleague's lies; its SHA-256."""
    archive = pack_files(text)
    sha256 = read_archive(archive, max_bytes=len(archive) + sum(map(len, text.values()))).sha256
    place = services.workspace.shared_text(slug, sha256)
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_atomically(place, archive)
    return sha256
