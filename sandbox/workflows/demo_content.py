"""What the first ``sandbox up`` makes: accounts for every role, the demo company's snapshots, the curated apps.

Every step can run twice: what is there already is left alone. Curated apps take the same road as everybody's: a
project is started, submitted, examined by the portal and approved by a reviewer who is not its owner.

What does the work is imported where it is needed: later starts of ``sandbox up`` find everything made and must not
wait for it.
"""

from __future__ import annotations

import io
import time
import tomllib
import zipfile
from collections.abc import Callable, Sequence
from datetime import timedelta
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any

from sandbox.catalog import Catalog
from sandbox.core.errors import Unavailable
from sandbox.core.lifecycle import State
from sandbox.core.messages import as_language
from sandbox.core.project import Kpi, NewProject, Project
from sandbox.core.roles import Person, Role
from sandbox.core.spec import DatasetSpec
from sandbox.workflows.services import Services

Progress = Callable[[str, float], None]

EXAMINATION_SECONDS = 300.0

# The first is the person who starts the sandbox: JupyterLab is theirs. The last one owns the curated apps.
DEMO_PEOPLE: tuple[Person, ...] = (
    Person("lin-xia", "Lin Xia 林夏", frozenset({Role.STAFF}), "Customer Service 客户服务部"),
    Person("zhao-min", "Zhao Min 赵敏", frozenset({Role.REVIEWER}), "Data Office 数据办公室"),
    Person("david-chen", "David Chen 陈大卫", frozenset({Role.LEAD}), "Innovation Lab 创新实验室"),
    Person("sun-li", "Sun Li 孙丽", frozenset({Role.STEWARD}), "Data Office 数据办公室"),
    Person("lab-team", "Lab Team 实验室团队", frozenset({Role.STAFF}), "Innovation Lab 创新实验室"),
)


def ensure_people(services: Services) -> list[Person]:
    """All accounts, oldest first; the demo's are made where there are none at all."""
    with services.registry.reading() as reading:
        people = reading.people()
        if people or reading.people(disabled=True):
            return people
    now = services.now()
    with services.registry.transaction("operator") as tx:
        for place, person in enumerate(DEMO_PEOPLE):
            tx.put_person(person, now + timedelta(microseconds=place))  # the order in which they are listed
            tx.record("person.added", person.name, now, roles=sorted(person.roles))
    return list(DEMO_PEOPLE)


def ensure_snapshots(services: Services, scale: float, progress: Progress) -> None:
    """Write the demo company's raw tables and build a snapshot of each dataset that has none."""
    catalog = Catalog(services.workspace, services.content)
    waiting = _referred_to_first([entry.spec for entry in catalog.entries() if entry.latest is None])
    if not waiting:
        return
    from sandbox.demo import write_company
    from sandbox.workflows.build_dataset import build_dataset

    if not (services.workspace.sources / "truths.json").exists():
        write_company(services.workspace.sources, scale=scale, progress=lambda what, share: progress(what, share * 0.5))
    for index, name in enumerate(waiting):
        progress(name, 0.5 + 0.5 * index / len(waiting))
        build_dataset(services, name, actor="operator")


def _referred_to_first(specs: Sequence[DatasetSpec]) -> list[str]:
    """The datasets' names; one that others refer to comes before them, so that they find what they refer to."""
    waiting = {spec.name: {c.references.dataset for c in spec.columns.values() if c.references} for spec in specs}
    wanted = {name: [other for other in sorted(others) if other in waiting] for name, others in waiting.items()}
    try:
        return list(TopologicalSorter(wanted).static_order())
    except CycleError:  # two that refer to each other: whichever comes first, the other is not there yet
        return list(wanted)


def publish_curated(services: Services, progress: Progress) -> None:
    """Take every app in ``apps/`` down the road, once, where the demo's people are there to do it.

    The portal must be running, because it examines."""
    sources = sorted(file.parent for file in (services.content / "apps").glob("*/app.toml"))
    with services.registry.reading() as reading:
        people = {person.name: person for person in reading.people()}
        owner, reviewer = people.get(DEMO_PEOPLE[-1].name), people.get(DEMO_PEOPLE[1].name)
        if owner is None or reviewer is None:  # a company of its own, or they left: nobody is there to publish them
            return
        known = {p.title: p for p in reading.projects(owner=owner.name)}
    for index, source in enumerate(sources):
        progress(source.name, index / len(sources))
        description = tomllib.loads((source / "app.toml").read_text(encoding="utf-8"))
        project = known.get(description["title"]) or _start(services, owner, description)
        if project.live_version is None and project.state in (State.DRAFT, State.SUBMITTED):
            _publish_one(services, owner, reviewer, project, source)


def _publish_one(services: Services, owner: Person, reviewer: Person, project: Project, source: Path) -> None:
    from sandbox.workflows.review import approve
    from sandbox.workflows.submit import submit

    if project.state is State.DRAFT:
        submit(services, owner, project.slug, _archive(services, owner, project, source), "Curated app 精选小应用")
    number = _wait_examined(services, project.slug)
    approve(
        services,
        reviewer,
        project.slug,
        number,
        "Curated content, examined like every other. 精选内容，已按同样流程检查。",
    )


def _archive(services: Services, owner: Person, project: Project, source: Path) -> bytes:
    """The starter's files with the curated choices, and the curated notebook where there is one, on top."""
    from sandbox.publishing.archive import pack_files
    from sandbox.workflows.start_project import project_starter

    with zipfile.ZipFile(io.BytesIO(project_starter(services, owner, project.slug))) as starter:
        files = {name: starter.read(name) for name in starter.namelist()}
    for file in source.iterdir():
        if file.is_file() and file.name != "app.toml":
            files[file.name] = file.read_bytes()
    return pack_files(files)


def _wait_examined(services: Services, slug: str) -> int:
    deadline = time.monotonic() + EXAMINATION_SECONDS
    while time.monotonic() < deadline:
        with services.registry.reading() as reading:
            latest = reading.submissions(project=slug)[0]
        if latest.examination in ("done", "broken"):
            return latest.number
        time.sleep(0.2)
    raise Unavailable(
        "The curated app {slug} was not examined within {seconds:.0f} seconds.",
        "Look into run/portal.log in the workspace, then start again.",
        slug=slug,
        seconds=EXAMINATION_SECONDS,
    )


def _start(services: Services, owner: Person, description: dict[str, Any]) -> Project:
    from sandbox.workflows.start_project import start_project

    new = NewProject(
        title=description["title"],
        problem=description["problem"],
        kpi=Kpi.from_json(description["kpi"]),
        department=description["department"],
        template=description["template"],
        datasets=tuple(description["datasets"]),
        language=as_language(description.get("language")),
    )
    return start_project(services, owner, new)
