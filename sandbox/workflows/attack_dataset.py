"""Attack a snapshot of this workspace, keep the report beside it, and write that into the audit chain."""

from __future__ import annotations

from pathlib import Path

from sandbox.catalog import Catalog
from sandbox.snapshots.manifest import read_manifest
from sandbox.snapshots.redteam import TARGETS, attack_snapshot
from sandbox.snapshots.redteam_report import RedTeam, report_file
from sandbox.store.workspace import write_atomically
from sandbox.workflows.keys import key_of_snapshot
from sandbox.workflows.services import Services


def attack_dataset(
    services: Services,
    name: str,
    *,
    actor: str,
    version: str | None = None,
    knowledge: Path | None = None,
    targets: int = TARGETS,
    seed: int = 7,
) -> RedTeam:
    """Try to find people again in a snapshot of ``name``, the newest if ``version`` is None.

    Raises what ``attack_snapshot`` raises; the report of an earlier attack is then left as it was.
    """
    catalog = Catalog(services.workspace, services.content)
    entry, folder = catalog.entry(name), catalog.snapshot(name, version)
    report = attack_snapshot(
        entry.spec,
        folder,
        beside=entry.file.parent,
        base=services.workspace.home,
        key_of=key_of_snapshot(services, read_manifest(folder)),
        now=services.now(),
        knowledge=knowledge,
        targets=targets,
        seed=seed,
        login_of=services.logins,
    )
    write_atomically(report_file(folder), report.render())
    with services.registry.transaction(actor) as tx:
        tx.record("dataset.attacked", name, report.tested, version=report.version, score=report.score)
    return report
