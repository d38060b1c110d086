"""Templates taken down the road: started on the demo company's snapshots, submitted, examined by the real examiner.

What an examination throws away at its end (the run's folder, what the notebook and the app showed) is kept here for
the tests, and how much processor time it all took.
"""

from __future__ import annotations

import io
import os
import pickle
import shutil
import time
import zipfile
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass, replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import psutil

from sandbox.catalog import Catalog, read_spec
from sandbox.checks import Facts
from sandbox.core.findings import Finding
from sandbox.core.messages import Language, as_language
from sandbox.core.project import NewProject, Project, Submission
from sandbox.core.run import RunReport
from sandbox.kernels import forkserver
from sandbox.notebooks.templates import Template, load_template
from sandbox.publishing.archive import pack_files
from sandbox.snapshots.masking import entities_of
from sandbox.store.keys import KEY_BYTES
from sandbox.workflows import examine
from sandbox.workflows.demo_content import DEMO_PEOPLE, ensure_people, ensure_snapshots
from sandbox.workflows.examination import Job, Outcome
from sandbox.workflows.examiner import Examiner
from sandbox.workflows.grants import snapshot_folders
from sandbox.workflows.services import Services
from sandbox.workflows.start_project import project_starter, start_project
from sandbox.workflows.submit import submit
from tests.conftest import ROOT
from tests.templates.running import seen

NAMES = tuple(sorted(file.parent.name for file in (ROOT / "templates").glob("*/template.toml")))
PATIENCE = 280.0  # seconds until somebody looks why an examination has not ended
OWNER = DEMO_PEOPLE[-1]
SCALE = 0.4
#: Which of a template's datasets a project is about, where there are several: a number is answered, and a yes or no.
DATASETS = {("explore", "zh-CN"): "contracts"}
#: A curated app's choices go into the English project: every one of them must fit the data.
CURATED = {
    "customer-churn": "churn-early-warning",
    "machine-failure": "machine-watch",
    "demand-replenishment": "shop-orders",
}


@dataclass(frozen=True)
class Kept:
    """What an examination saw. ``processor``: seconds of it, its kernels' and their forks' included."""

    run: RunReport
    apps: Mapping[Language, RunReport]
    processor: float


@dataclass(frozen=True)
class Examined:
    """A project after its examination. ``folder`` is a copy of the run's, ``candidate`` the app version's (or None)."""

    language: Language
    snapshots: Mapping[str, Path]
    kept: Kept
    findings: tuple[Finding, ...]
    folder: Path
    candidate: Path | None
    evidence: Mapping[str, Any]

    @property
    def shown(self) -> str:
        """Everything that the author sees after the run."""
        return seen(self.kept.run)

    def metric(self, name: str) -> dict[str, Any]:
        return next(m for m in self.evidence["metrics"] if m["name"] == name)


def keep_and_examine(job: Job) -> Outcome:
    """``examine_submission`` in a worker's process, with what the running checks were given kept beside it."""
    forkserver.TRIALS_REST = PATIENCE  # examinations follow one another here, but slowly: other tests run beside them
    before, seen = _processor(psutil.Process()), []
    checks = examine.run_checks

    def keep(phase: Any, facts: Facts) -> list[Finding]:
        if phase == "run":
            shutil.copytree(facts.run_folder, job.folder / "kept")
            seen.append(facts)
        return checks(phase, facts)

    examine.run_checks = keep
    try:
        outcome = examine.examine_submission(job)
    finally:
        examine.run_checks = checks
    if seen:
        kept = Kept(seen[0].run, dict(seen[0].app_runs), _processor(psutil.Process()) - before)
        (job.folder / "kept.pickle").write_bytes(pickle.dumps(kept))
    return outcome


class Watched(ProcessPoolExecutor):
    """The examiner's pool, whose workers keep what they saw."""

    def __init__(self) -> None:
        super().__init__(os.cpu_count() or 1, mp_context=get_context("spawn"))

    def submit(self, work: Callable[[Job], Outcome], job: Job) -> Future[Outcome]:  # type: ignore[override]
        return super().submit(keep_and_examine, job)


class Examinations:
    """Projects of one workspace, each examined once, when it is first asked for or ``expect``-ed."""

    def __init__(self, services: Services) -> None:
        self._services = services
        specs = [read_spec(file) for file in (ROOT / "datasets").glob("*.yaml")]
        # The same pseudonyms in every run: rows are in their order, and figures depend on it.
        for entity in {entity for spec in specs for entity in entities_of(spec)}:
            file = services.workspace.keys / f"entity-{entity}.key"
            file.touch(0o600)
            file.write_bytes(entity.encode().ljust(KEY_BYTES, b"."))
        ensure_people(services)
        ensure_snapshots(services, SCALE, lambda what, share: None)
        self._examiner = Examiner(services, Watched)
        self._submitted: dict[tuple[str, Language], tuple[Project, Submission]] = {}
        self._examined: dict[tuple[str, Language], Examined] = {}
        self._started = False

    def expect(self, wanted: Iterable[tuple[str, Language]]) -> None:
        """Submit these projects; they are examined in that order while the tests go on."""
        for template, language in wanted:
            if (template, language) not in self._submitted:
                self._submitted[template, language] = self._submit(template, language)
        if not self._started:
            self._examiner.start()
            self._started = True
        self._examiner.wake()

    def __call__(self, template: str, language: Language) -> Examined:
        """The project made from ``template`` by somebody who reads ``language``, when its examination has ended."""
        if (template, language) not in self._examined:
            self.expect([(template, language)])
            self._examined[template, language] = self._wait(*self._submitted[template, language])
        return self._examined[template, language]

    @property
    def sources(self) -> Path:
        """The demo company's raw tables, and ``truths.json``."""
        return self._services.workspace.sources

    def snapshot(self, dataset: str) -> Path:
        """The newest version's folder."""
        return Catalog(self._services.workspace, self._services.content).snapshot(dataset)

    def stop(self) -> None:
        if self._started:
            self._examiner.stop()
        self._services.close()

    def _submit(self, template: str, language: Language) -> tuple[Project, Submission]:
        new = described(load_template(ROOT, template), language, DATASETS.get((template, language), ""))
        project = start_project(self._services, OWNER, new)
        archive = project_starter(self._services, OWNER, project.slug)
        if language == "en" and template in CURATED:
            archive = _with_choices(archive, ROOT / "apps" / CURATED[template] / "choices.json")
        return project, submit(self._services, OWNER, project.slug, archive)

    def _wait(self, project: Project, submission: Submission) -> Examined:
        until = time.monotonic() + PATIENCE
        while submission.examination in ("queued", "running"):
            assert time.monotonic() < until, f"{project.slug} is still {submission.examination}"
            time.sleep(0.2)
            with self._services.registry.reading() as reading:
                submission = reading.submission(project.slug, submission.number)
        findings = tuple(Finding.from_json(each) for each in submission.findings)
        folder = self._services.workspace.submission(project.slug, submission.number)
        assert (folder / "kept.pickle").is_file(), (submission.examination, findings)
        shelf = self._services.workspace.apps / project.slug
        return Examined(
            as_language(project.language),
            snapshot_folders(self._services.workspace, project.pins),
            pickle.loads((folder / "kept.pickle").read_bytes()),
            findings,
            folder / "kept",
            shelf / submission.version if submission.version else None,
            submission.evidence,
        )


def described(template: Template, language: Language = "en", dataset: str = "") -> NewProject:
    """A project as a clerk would start it, with a title in both languages as curated apps have."""
    kpi, chinese = template.kpi.get("en"), template.kpi.get("zh-CN")
    return NewProject(
        f"{template.title.en} {template.title.zh}",
        f"{template.problem.en} {template.problem.zh}",
        replace(kpi, name=f"{kpi.name} {chinese.name}"),
        "Pictures 图片",
        template.name,
        (dataset or template.datasets[0],),
        language,
    )


def _with_choices(archive: bytes, choices: Path) -> bytes:
    with zipfile.ZipFile(io.BytesIO(archive)) as starter:
        files = {name: starter.read(name) for name in starter.namelist()}
    return pack_files(files | {"choices.json": choices.read_bytes()})


def _processor(process: psutil.Process) -> float:
    """Processor seconds of a process, of all its children that have ended, and of those that live."""
    total = 0.0
    for each in (process, *process.children(recursive=True)):
        try:
            spent = each.cpu_times()
        except psutil.NoSuchProcess:
            continue
        total += spent.user + spent.system + spent.children_user + spent.children_system
    return total
