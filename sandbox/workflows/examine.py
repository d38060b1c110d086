"""Examine a submission: read it as data, run it confined, check what came out, build the candidate app.

The order of the phases is the rule "a submission is hostile": nothing of it runs before every reading check has passed.
``examine_submission`` is a plain function of picklable values, so that any ``concurrent.futures.Executor`` can run it;
it never touches the registry. ``examiner.py`` feeds it and records what it returns.
"""

from __future__ import annotations

import json
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import nbformat
from nbformat import NotebookNode

from sandbox.checks import run_checks
from sandbox.checks.facts import ACCESS_LOG, MODEL_FILE, Facts, read_access_log, read_evidence
from sandbox.core.errors import SandboxError
from sandbox.core.findings import Finding, Level, gravest_first, worst
from sandbox.core.messages import LANGUAGES, Language, as_language
from sandbox.core.run import RunReport
from sandbox.kernels.learned import MOST_OF_APP, together
from sandbox.kernels.places import remove_tree
from sandbox.kernels.warmapp import AVAILABLE
from sandbox.notebooks.app_cells import app_notebook
from sandbox.notebooks.execute import run_notebook
from sandbox.notebooks.first_run import FirstRun, first_run
from sandbox.notebooks.templates import Template, load_template
from sandbox.publishing.archive import SubmissionFiles, read_folder, write_files
from sandbox.publishing.candidate import freeze
from sandbox.publishing.model import inspect_model
from sandbox.publishing.thumbnail import thumbnail
from sandbox.snapshots.composition import compare
from sandbox.store.workspace import write_atomically
from sandbox.workflows.examination import FILES, PROGRESS_FILE, RUN, Job, Outcome
from sandbox.workflows.grants import Grant
from sandbox.workflows.reading import submitted_facts

APP_SECONDS = 60.0


def examine_submission(job: Job) -> Outcome:
    """Examine one submission in this process; its kernels are confined children."""
    return _Examination(job).outcome()


class _Examination:
    def __init__(self, job: Job) -> None:
        self.job = job
        self.run = job.folder / RUN
        self.language: Language = as_language(job.project.language)
        self.template: Template = load_template(job.content, job.project.template, job.templates)
        self.source: SubmissionFiles = read_folder(job.folder / FILES)
        self.notebook: NotebookNode | None = None

    def outcome(self) -> Outcome:
        self._progress("reading", 0, 1, "")
        facts = self._facts()
        findings = run_checks("read", facts)
        if self.notebook is None or worst(findings) is Level.FAIL:
            return _outcome(findings, facts)
        try:
            facts = self._run(facts, self.notebook)
            version = None
            findings += run_checks("run", facts)
            if facts.run is not None and facts.run.ok and all(r.ok for r in facts.app_runs.values()) and facts.app_runs:
                version, problem = self._freeze(self.notebook, facts, findings)
                findings += problem
            return _outcome(findings, facts, version)
        finally:
            remove_tree(self.run)
            (self.job.folder / PROGRESS_FILE).unlink(missing_ok=True)

    def _facts(self) -> Facts:
        job = self.job
        facts = submitted_facts(job.project, self.source, job.snapshots, job.limits)
        facts = replace(facts, differences=_differences(job), about_people=self.template.people)
        self.notebook = cast("NotebookNode | None", facts.notebook)
        return facts

    def _run(self, facts: Facts, notebook: NotebookNode) -> Facts:
        """Run the whole notebook on a fresh copy of the submission, then the app in each language."""
        remove_tree(self.run)
        write_files(self.source, self.run)
        limits = self.job.limits
        report = run_notebook(
            notebook,
            policy=self._grant(self.language).examination(self.run, limits.seconds),
            cwd=self.run,
            timeout=limits.seconds,
            output_limit=limits.output_bytes,
            progress=lambda n, total, title: self._progress("running", n, total, title),
        )
        facts = replace(
            facts,
            run=report,
            run_folder=self.run,
            evidence=read_evidence(self.run),
            access_log=read_access_log(self.run / ACCESS_LOG),
            **_model_facts(self.run / MODEL_FILE),
        )
        if not report.ok:
            return facts
        facts = replace(facts, app_runs={language: self._run_app(notebook, language) for language in LANGUAGES})
        if not AVAILABLE or not all(report.ok for report in facts.app_runs.values()):
            return facts
        runs = {language: self._first_run(notebook, language) for language in LANGUAGES}
        imports = together(run.modules for run in runs.values())[:MOST_OF_APP]
        return replace(
            facts, first_views={language: run.view for language, run in runs.items()}, imports=tuple(imports)
        )

    def _run_app(self, notebook: NotebookNode, language: Language) -> RunReport:
        """The app's cells as a viewer gets them: in app mode, with the run's folder to read and nothing to write."""
        limits = self.job.limits
        return run_notebook(
            app_notebook(notebook, language, self.template),
            policy=self._grant(language).app(self.run),
            cwd=self.run,
            timeout=min(APP_SECONDS, limits.seconds),
            output_limit=limits.output_bytes,
            progress=lambda n, total, title: self._progress("app", n, total, title),
            use_controls=True,
        )

    def _first_run(self, notebook: NotebookNode, language: Language) -> FirstRun:
        """What the app shows at first, if that depends neither on time nor on chance, and what it imports."""
        limits = self.job.limits
        folder = Path(tempfile.mkdtemp(dir=self.run))  # a name that the run could not have planted
        file = folder / "app.ipynb"
        text = str(nbformat.writes(app_notebook(notebook, language, self.template)))  # type: ignore[no-untyped-call]
        file.write_text(text, encoding="utf-8")
        self._progress("app", 0, 1, "")
        try:
            return first_run(self._grant(language).app(self.run), file, limits.output_bytes, APP_SECONDS)
        except SandboxError:
            return FirstRun()
        finally:
            remove_tree(folder)

    def _grant(self, language: Language) -> Grant:
        limits = self.job.limits
        return Grant(language, limits.memory_bytes, limits.small_cell, self.job.snapshots)

    def _freeze(
        self, notebook: NotebookNode, facts: Facts, findings: list[Finding]
    ) -> tuple[str | None, list[Finding]]:
        """(version of the candidate, findings about what kept it from being built)."""
        job = self.job
        self._progress("building", 0, 1, "")
        notebooks = {language: app_notebook(notebook, language, self.template) for language in LANGUAGES}
        try:
            version = freeze(
                self.run,
                notebooks,
                project=job.project,
                submission=job.submission,
                source=self.source,
                pins=facts.pins,
                findings_level=worst(findings),
                findings=[f.to_json() for f in findings],
                evidence=facts.evidence,
                requirements_lock=job.lock.read_bytes(),
                thumbnail=thumbnail(facts.app_runs[self.language].notebook, job.project.title, self.language),
                destination_root=job.shelf / job.project.slug,
                now=job.started,
                first_views=facts.first_views,
                imports=facts.imports,
                control=_moved(facts),
            )
        except SandboxError as error:
            return None, [Finding("candidate", Level.FAIL, error.message, error.remedy)]
        return str(version), []

    def _progress(self, step: str, done: int, total: int, title: str) -> None:
        state = {"step": step, "done": done, "total": total, "title": title[:200]}
        write_atomically(self.job.folder / PROGRESS_FILE, json.dumps(state, ensure_ascii=False).encode())


def _moved(facts: Facts) -> str:
    """The name of a control of the app that changed something when it was used, "" if there is none."""
    tried = (report.controls for report in facts.app_runs.values())
    return next((each.moved for each in tried if each is not None and each.moved), "")


def _differences(job: Job) -> tuple[dict[str, Any], ...]:
    """What the pinned version of a dataset gives away beside each other version that the person holds."""
    pairs = [sorted((job.snapshots[name], other)) for name, others in job.others.items() for other in others]
    return tuple(found.to_json() for older, newer in pairs if (found := compare(older, newer)))


def _model_facts(file: Path) -> dict[str, Any]:
    if not file.is_file():
        return {}
    try:
        report = inspect_model(file)
    except SandboxError as error:
        return {"model_problem": error}
    return {"untrusted_types": report.untrusted, "row_types": report.carries_rows}


def _outcome(findings: list[Finding], facts: Facts, version: str | None = None) -> Outcome:
    return Outcome(tuple(f.to_json() for f in gravest_first(findings)), facts.evidence, version)
