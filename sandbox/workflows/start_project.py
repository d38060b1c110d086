"""Start a micro-project: from the form to a project with pinned snapshots, and the files that JupyterLab opens."""

from __future__ import annotations

import contextlib
import io
import zipfile
from collections.abc import Mapping
from dataclasses import replace

import nbformat
import tomli_w

from sandbox.catalog import Catalog
from sandbox.core.errors import BadInput, Conflict, NotFound
from sandbox.core.ids import slugify
from sandbox.core.lifecycle import State
from sandbox.core.messages import Language, as_language
from sandbox.core.project import NewProject, Project
from sandbox.core.roles import Person, Role
from sandbox.notebooks.templates import load_template, starter_notebook
from sandbox.store.registry import Reading
from sandbox.workflows.access import owned_project, require_dataset, visible_project, worked_project, works_on
from sandbox.workflows.keys import check_joins
from sandbox.workflows.retention import still_there
from sandbox.workflows.services import Services
from sandbox.workflows.share import shared_files

NOTEBOOK = "notebook.ipynb"


def start_project(services: Services, person: Person, new: NewProject) -> Project:
    """Create the project as a draft of ``person``, pinned to the newest snapshot of each of its datasets.

    Raises NotAllowed for a dataset that the person may not use, BadInput for one without a snapshot, Conflict for
    two that share an entity and not its key.
    """
    person.require(Role.STAFF)
    template = load_template(services.content, new.template, services.workspace.templates)
    pins = {name: newest_snapshot(services, person, name) for name in new.datasets}
    check_joins(services, pins)
    now = services.now()
    with services.registry.transaction(person.name) as tx:
        project = Project(
            slug=_free_slug(tx, slugify(new.title, fallback=new.template)),
            owner=person.name,
            title=new.title.strip(),
            problem=new.problem.strip(),
            kpi=new.kpi,
            department=new.department.strip() or person.department,
            template=template.name,
            pins=pins,
            state=State.DRAFT,
            language=as_language(new.language),
            created=now,
            changed=now,
        )
        tx.add_project(project)
        tx.record("project.started", project.slug, now, template=template.name, pins=pins)
        still_there(services, pins)
    return project


def newest_snapshot(services: Services, person: Person, dataset: str) -> str:
    """The newest version of a dataset's snapshots, if ``person`` may use it."""
    entry = Catalog(services.workspace, services.content).entry(dataset)
    require_dataset(services, person, entry.spec)
    if entry.latest is None:
        raise BadInput(
            "The dataset {dataset} has no snapshot yet.",
            "Ask a data steward to run `sandbox dataset build {dataset}`.",
            dataset=dataset,
        )
    return str(entry.latest)


def _free_slug(reading: Reading, wanted: str) -> str:
    slug, number = wanted, 1
    while reading.has_project(slug):
        number += 1
        slug = f"{wanted}-{number}"
    return slug


def project_starter(services: Services, person: Person, slug: str, language: Language | None = None) -> bytes:
    """A zip of the files that a new project begins with: its notebook in the person's language, ``project.toml``.

    Where there is a shared text they are that; raises Conflict for a colleague when there is none yet.
    """
    with services.registry.reading() as reading:
        project = worked_project(reading, person, slug)
        shared = reading.shared_text(slug)
    begun = {} if person.name == project.owner and not shared.text else shared_files(services, shared)
    template = load_template(services.content, project.template, services.workspace.templates)
    notebook = starter_notebook(template, language or as_language(project.language), project)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        if not begun:
            archive.writestr(NOTEBOOK, nbformat.writes(notebook))  # type: ignore[no-untyped-call]
        for name, content in begun.items():
            archive.writestr(name, content)
        archive.writestr("project.toml", project_toml(project))
        # The project carries its own translations, so that it reads the same in every place where it runs.
        for texts in template.folder.glob("*.po"):
            archive.write(texts, texts.name)
    return buffer.getvalue()


def project_toml(project: Project) -> str:
    """An informative copy of the project for people and bundles; nothing is granted by it."""
    about = {
        key: getattr(project, key)
        for key in ("slug", "owner", "title", "problem", "department", "template", "language")
    }
    note = "# For information. Grants and pins are the portal's; changing them here changes nothing.\n"
    return note + tomli_w.dumps({**about, "kpi": project.kpi.to_json(), "pins": dict(project.pins)})


def project_grants(services: Services, person: Person, slug: str) -> Mapping[str, str]:
    """Dataset → snapshot version that kernels of this project may read. Asked at every kernel start.

    Raises NotAllowed when whoever works on it may not use one of the datasets any more, and BadgeMissing when a badge
    is missing that was taken away, has expired, or is asked for since.
    """
    with services.registry.reading() as reading:
        project = visible_project(reading, person, slug)
        works = works_on(reading, person, project)
    if works:
        catalog = Catalog(services.workspace, services.content)
        for name in project.pins:
            # A spec that is gone or damaged says nothing any more: what was granted when the project began holds.
            with contextlib.suppress(NotFound, BadInput):
                require_dataset(services, person, catalog.entry(name).spec)
    return dict(project.pins)


def renew_pins(services: Services, person: Person, slug: str) -> Project:
    """Pin the newest snapshots that the person may use; only in a draft, so that a submission keeps its data."""
    now = services.now()
    with services.registry.reading() as reading:
        project = owned_project(reading, person, slug)
    pins = {name: newest_snapshot(services, person, name) for name in project.pins}
    check_joins(services, pins)
    with services.registry.transaction(person.name) as tx:
        project = owned_project(tx, person, slug)
        if project.state not in (State.DRAFT, State.PUBLISHED):
            raise Conflict(
                "The data of a project that waits for review cannot change.", "Take the submission back first."
            )
        project = replace(project, pins=pins, changed=now)
        tx.put_project(project)
        tx.record("project.pins-renewed", slug, now, pins=pins)
        still_there(services, pins)
    return project
