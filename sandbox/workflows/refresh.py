"""Build the datasets whose refresh interval is over: for cron, so it may run at any time, twice, beside itself."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from sandbox.catalog import Catalog, Entry
from sandbox.core.errors import Conflict, SandboxError
from sandbox.core.messages import Message
from sandbox.core.upkeep import PERIODS
from sandbox.snapshots.build import Built, Progress
from sandbox.workflows.build_dataset import build_dataset, referenced_first
from sandbox.workflows.services import Services

#: A job that runs a little earlier than the day before must not wait for the next day.
_SLACK = timedelta(hours=1)


@dataclass(frozen=True)
class Refreshed:
    """One dataset: whether it was ``due``, when it is ``next`` (None: never by itself), and what came of it."""

    dataset: str
    due: bool
    next: datetime | None
    reason: Message
    built: Built | None = None
    error: SandboxError | None = None


def refresh_due(
    services: Services, *, actor: str, dry_run: bool = False, progress: Progress | None = None
) -> list[Refreshed]:
    """Build every dataset that is due, those first that others refer to; one that fails does not stop the others.

    With ``dry_run`` it is only said which. Raises Conflict when another refresh of this workspace is running.
    """
    with _alone(services):
        catalog = Catalog(services.workspace, services.content)
        entries, problems = catalog.load()
        done = [
            Refreshed(p.file.stem, False, None, Message("its spec cannot be read"), error=p.error) for p in problems
        ]
        by_name = {entry.spec.name: entry for entry in entries}
        judged = {
            name: _idle(name) if catalog.is_idle(entry) else judge(entry, services.now())
            for name, entry in by_name.items()
        }
        due = [name for name, found in judged.items() if found.due]
        for index, name in enumerate(referenced_first(services, due)):
            if not dry_run:

                def tell(step: str, share: float, name: str = name, index: int = index) -> None:
                    if progress:
                        progress(f"{name}: {step}", (index + share) / len(due))

                judged[name] = _built(services, judged[name], by_name[name], actor, tell)
        return [*done, *judged.values()]


def _idle(name: str) -> Refreshed:
    return Refreshed(name, False, None, Message("it came with the sandbox, and its source is not here"))


def judge(entry: Entry, now: datetime) -> Refreshed:
    """Whether the dataset is due at ``now``, and why."""
    name, every = entry.spec.name, entry.spec.refresh.every
    if every is None:
        return Refreshed(name, False, None, Message("its spec names no interval (`refresh: {{every: month}}`)"))
    if entry.latest is None:
        return Refreshed(name, True, now, Message("there is no snapshot yet"))
    built = entry.latest.time
    following = built + PERIODS[every]
    if built > now + _SLACK:
        error = Conflict(
            "{dataset}: the newest snapshot is of {built}, which is in the future.",
            "Check the clock of this machine; when it is right, build the dataset by hand.",
            dataset=name,
            built=built.isoformat(),
        )
        return Refreshed(name, False, following, Message("the clock went back"), error=error)
    fields = {"built": f"{built:%Y-%m-%d}", "next": f"{following:%Y-%m-%d}"}
    if now >= following - _SLACK:
        return Refreshed(name, True, following, Message("built on {built}, due since {next}", fields))
    return Refreshed(name, False, following, Message("built on {built}, due on {next}", fields))


def _built(services: Services, judged: Refreshed, entry: Entry, actor: str, tell: Progress) -> Refreshed:
    name = judged.dataset
    try:
        built = build_dataset(services, name, actor=actor, progress=tell)
    except SandboxError as error:
        return Refreshed(name, True, judged.next, judged.reason, error=error)
    every = entry.spec.refresh.every
    following = built.manifest.built + PERIODS[every] if every else None
    return Refreshed(name, True, following, judged.reason, built=built)


@contextmanager
def _alone(services: Services) -> Iterator[None]:
    """The operating system lets go of the lock however the process ends."""
    with services.workspace.refresh_lock.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Conflict(
                "Another refresh of this workspace is running.", "Wait until it is done; what is due will be built."
            ) from None
        yield
