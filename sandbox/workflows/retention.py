"""Let old snapshots go, as their dataset's ``retain`` says, and never one that somebody works on.

In use is what a project that is not retired has pinned, what any submission of it was made with, what an app version on
the shelf needs, what a kernel has open, and, for a day, what a project had pinned before it took newer data: a session
of JupyterLab that began then may open it yet.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sandbox.catalog import Catalog, Entry
from sandbox.core.errors import Conflict
from sandbox.core.ids import VersionId
from sandbox.core.lifecycle import State
from sandbox.core.messages import Message
from sandbox.core.spec import DatasetSpec
from sandbox.snapshots.retire import finish, is_open, left_aside, put_aside, put_back, version_of
from sandbox.store.registry import Reading, Transaction
from sandbox.workflows.services import Services

GRACE = timedelta(days=1)
_EVENT = "dataset.retired"
Pin = tuple[str, str]
"""Dataset and version."""


@dataclass(frozen=True)
class Pruned:
    """A snapshot that ``retain`` does not ask to keep. ``removed`` says whether it went, else ``reason`` why not.

    ``bytes`` is the size of its data file.
    """

    dataset: str
    version: str
    bytes: int
    removed: bool
    reason: Message


def prune(services: Services, names: Sequence[str] | None = None, *, actor: str, dry_run: bool = False) -> list[Pruned]:
    """Retire the snapshots of the datasets ``names``, or of all, that need not stay and are not in use.

    With ``dry_run`` nothing changes: ``removed`` is what would be. May run at any time, twice, beside builds and pins.
    """
    catalog = Catalog(services.workspace, services.content)
    entries = catalog.entries() if names is None else [catalog.entry(name) for name in names]
    found = []
    for entry in entries:
        if not dry_run:
            recover(services, entry.spec.name)
        for version in superfluous(entry.spec, entry.versions, services.now()):
            found.append(_retire(services, entry, version, actor, dry_run))
    return found


def superfluous(spec: DatasetSpec, versions: Sequence[VersionId], now: datetime) -> list[VersionId]:
    """Versions that ``retain`` does not ask to keep, oldest first; never the newest, and none without ``retain``."""
    if spec.retain is None:
        return []
    youngest = now - timedelta(days=spec.retain.days)
    return sorted(v for v in sorted(versions, reverse=True)[spec.retain.versions :] if v.time < youngest)


def in_use(reading: Reading, now: datetime) -> Mapping[Pin, Message]:
    """Every snapshot that the registry knows somebody to work on, and who."""
    uses: dict[Pin, Message] = {}
    for project in reading.projects():
        on_shelf = {v.submission for v in reading.app_versions(project.slug) if v.status != "retired"}
        for submission in reading.submissions(project=project.slug):
            if project.state is not State.RETIRED or submission.number in on_shelf:
                fields = {"project": project.slug, "number": submission.number}
                text = Message("submission {number} of {project} was made with it", fields)
                if submission.number in on_shelf:
                    text = Message("an app version of {project} on the shelf needs it", fields)
                uses.update(dict.fromkeys(submission.pins.items(), text))
        if project.state is not State.RETIRED:
            pinned = Message("the project {project} has pinned it", {"project": project.slug})
            uses.update(dict.fromkeys(project.pins.items(), pinned))
    for pin, slug in _just_left(reading, now):
        uses.setdefault(pin, Message("the project {project} had it pinned until just now", {"project": slug}))
    return uses


def _just_left(reading: Reading, now: datetime) -> list[tuple[Pin, str]]:
    """What projects had pinned before they took newer data less than ``GRACE`` ago."""
    held: dict[str, Mapping[str, str]] = {}
    left = []
    for event in reading.audit():
        if event.action in ("project.started", "project.pins-renewed"):
            if event.time > now - GRACE:
                left += [(pin, event.subject) for pin in held.get(event.subject, {}).items()]
            held[event.subject] = event.details.get("pins", {})
    return left


def recover(services: Services, name: str) -> None:
    """Finish retirements that are in the audit chain, undo those that are not: a process died in between."""
    parent = services.workspace.dataset_snapshots(name)
    if not left_aside(parent):
        return
    with services.registry.transaction("system") as tx:
        tx.one_at_a_time()
        done = {e.details.get("version") for e in tx.audit(subject=name) if e.action == _EVENT}
        for aside in left_aside(parent):
            if version_of(aside) in done:
                finish(aside)
            else:
                put_back(aside)


def still_there(services: Services, pins: Mapping[str, str]) -> None:
    """Raise Conflict when a snapshot that was to be pinned is gone meanwhile. Ask within the pin's transaction."""
    for dataset, version in pins.items():
        if not services.workspace.snapshot(dataset, VersionId.parse(version)).is_dir():
            raise Conflict(
                "The snapshot {version} of {dataset} was retired just now.",
                "Try again; the newest one is then taken.",
                dataset=dataset,
                version=version,
            )


def _retire(services: Services, entry: Entry, version: VersionId, actor: str, dry_run: bool) -> Pruned:
    name = entry.spec.name
    folder = services.workspace.snapshot(name, version)
    size = sum(file.stat().st_size for file in folder.glob("*"))
    aside: Path | None = None
    try:
        with services.registry.transaction(actor) as tx:
            # Whoever pins does so in a transaction, too, and looks if the snapshot is still there before it ends.
            tx.one_at_a_time()
            if why := _needed(tx, name, version, folder, services.now()):
                return Pruned(name, str(version), size, False, why)
            fields = {"versions": entry.spec.retain.versions if entry.spec.retain else 0}
            why = Message("older than what `retain` asks to keep (the newest {versions})", fields)
            if dry_run:
                return Pruned(name, str(version), size, True, why)
            aside = put_aside(folder)
            tx.record(_EVENT, name, services.now(), version=str(version), bytes=size)
    except BaseException:
        if aside is not None:
            put_back(aside)
        raise
    if aside is not None:
        finish(aside)
    return Pruned(name, str(version), size, True, why)


def _needed(tx: Transaction, name: str, version: VersionId, folder: Path, now: datetime) -> Message | None:
    if use := in_use(tx, now).get((name, str(version))):
        return use
    return Message("a running program has it open") if is_open(folder) else None
