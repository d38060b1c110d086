"""The examiner: takes queued submissions one after the other, has them examined elsewhere, records what came out.

It is a thread of the portal, the registry's only writer; the work itself runs on an ``Executor`` (a process pool here,
a cluster where there is one). An examination that was cut off by a stop or a crash is queued again at the next start.
"""

from __future__ import annotations

import contextlib
import json
import logging
import multiprocessing
import threading
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Executor, Future, ProcessPoolExecutor, TimeoutError
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from pathlib import Path

from sandbox.core.findings import Finding, Level
from sandbox.core.ids import VersionId
from sandbox.core.messages import Message
from sandbox.core.project import AppVersion, Submission
from sandbox.publishing.staging import clear_stale
from sandbox.store.workspace import Workspace
from sandbox.workflows.examination import PROGRESS_FILE, Job, Outcome, examine
from sandbox.workflows.grants import snapshot_folders
from sandbox.workflows.reading import limits_of
from sandbox.workflows.services import Services

log = logging.getLogger(__name__)

_POLL_SECONDS = 0.3


def process_pool(workers: int) -> Executor:
    """Fresh processes: a forked copy of the portal would hold its sockets and its registry connections."""
    return ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn"), max_tasks_per_child=20)


class Examiner:
    """``start`` once, ``wake`` after every submission, ``stop`` at the end. Examines at most ``workers`` at a time."""

    def __init__(self, services: Services, executor: Callable[[], Executor] | None = None) -> None:
        self._services = services
        self._make_executor = executor or (lambda: process_pool(services.settings.examination_workers))
        self._executor: Executor | None = None
        self._wake, self._stopping = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._work, name="examiner", daemon=True)

    def start(self) -> None:
        self._tidy()
        for cut_off in self._queue("running"):
            self._put(cut_off, examination="queued", progress="")
        self._thread.start()

    def _tidy(self) -> None:
        """Remove what processes that were killed left beside submissions and versions."""
        workspace = self._services.workspace
        for parent in (workspace.submissions, *workspace.submissions.glob("*/*"), *workspace.apps.iterdir()):
            clear_stale(parent)

    def wake(self) -> None:
        """Look at the queue now."""
        self._wake.set()

    def stop(self) -> None:
        """End without waiting for an examination that runs; it begins anew at the next start."""
        self._stopping.set()
        self._wake.set()
        if self._executor is not None:
            _end_at_once(self._executor)
        self._thread.join(timeout=1.0)

    def _work(self) -> None:
        while not self._stopping.is_set():
            running: dict[Future[Outcome], Submission] = {}
            queued = self._queue("queued")
            for submission in reversed(queued[-self._services.settings.examination_workers :]):
                running[self._begin(submission)] = submission
            for future, submission in running.items():
                self._finish(submission, future)
            if not queued:
                self._wake.wait(2.0)
                self._wake.clear()

    def _queue(self, examination: str) -> list[Submission]:
        with self._services.registry.reading() as reading:
            return [s for s in reading.submissions(undecided=True) if s.examination == examination]

    def _begin(self, submission: Submission) -> Future[Outcome]:
        self._put(submission, examination="running", progress="")
        if self._executor is None:
            self._executor = self._make_executor()
        try:
            return self._executor.submit(examine, self._job(submission))
        except BrokenProcessPool:
            self._executor = self._make_executor()
            return self._executor.submit(examine, self._job(submission))

    def _job(self, submission: Submission) -> Job:
        services = self._services
        with services.registry.reading() as reading:
            project = reading.project(submission.project)
            held = [p.pins for p in reading.projects(owner=project.owner) if p.slug != project.slug]
        return Job(
            project=project,
            submission=submission,
            folder=services.workspace.submission(submission.project, submission.number),
            snapshots=snapshot_folders(services.workspace, submission.pins),
            content=services.content,
            shelf=services.workspace.apps,
            lock=services.content / "requirements" / "runtime.txt",
            limits=limits_of(services.settings),
            started=services.now(),
            templates=services.workspace.templates,
            others=_other_versions(services.workspace, submission.pins, held),
        )

    def _finish(self, submission: Submission, future: Future[Outcome]) -> None:
        progress_file = self._services.workspace.submission(submission.project, submission.number) / PROGRESS_FILE
        shown = ""
        while not self._stopping.is_set():
            try:
                outcome = future.result(timeout=_POLL_SECONDS)
            except TimeoutError:
                with contextlib.suppress(OSError, ValueError):
                    if (text := progress_file.read_text()) != shown:
                        json.loads(text)
                        shown = text
                        self._put(submission, examination="running", progress=shown)
            except Exception as error:
                if self._stopping.is_set():
                    return
                log.exception("examination of %s/%s broke", submission.project, submission.number)
                if isinstance(error, BrokenProcessPool):
                    self._executor = None
                self._record(submission, Outcome((_broken(error).to_json(),)), "broken")
                return
            else:
                self._record(submission, outcome, "done")
                return

    def _record(self, submission: Submission, outcome: Outcome, examination: str) -> None:
        now = self._services.now()
        with self._services.registry.transaction("examiner") as tx:
            current = tx.submission(submission.project, submission.number)
            tx.put_submission(
                replace(
                    current,
                    examination=examination,
                    progress="",
                    findings=outcome.findings,
                    evidence=outcome.evidence,
                    version=outcome.version,
                )
            )
            if outcome.version:
                tx.put_app_version(AppVersion(submission.project, outcome.version, submission.number, "candidate", now))
            levels = [f["level"] for f in outcome.findings]
            tx.record(
                "submission.examined",
                submission.project,
                now,
                number=submission.number,
                result=examination,
                version=outcome.version,
                **{level.value: levels.count(level.value) for level in Level},
            )

    def _put(self, submission: Submission, *, examination: str, progress: str) -> None:
        with self._services.registry.transaction("examiner") as tx:
            current = tx.submission(submission.project, submission.number)
            tx.put_submission(replace(current, examination=examination, progress=progress))


def _broken(error: BaseException) -> Finding:
    return Finding(
        "examination",
        Level.FAIL,
        Message(
            "The examination itself broke ({kind}); this is not the author's fault.", {"kind": type(error).__name__}
        ),
        Message("Submit again; if it breaks again, tell the operator, who finds the cause in the portal's log."),
    )


def _end_at_once(executor: Executor) -> None:
    """``shutdown`` waits for what runs; the portal has two seconds. A worker that is told to end ends its kernels."""
    processes = list((getattr(executor, "_processes", None) or {}).values())
    executor.shutdown(wait=False, cancel_futures=True)
    for process in processes:
        process.terminate()


def _other_versions(
    workspace: Workspace, pins: Mapping[str, str], held: Iterable[Mapping[str, str]]
) -> dict[str, tuple[Path, ...]]:
    """Dataset → folders of the versions, other than the pinned one, that the person's other projects pin."""
    projects = list(held)
    found = {}
    for name, version in pins.items():
        others = sorted({mine[name] for mine in projects if name in mine} - {version})
        folders = [workspace.snapshot(name, VersionId.parse(other)) for other in others]
        found[name] = tuple(folder for folder in folders if folder.is_dir())
    return found
