"""Find the best levels for a dataset's hierarchies, and write them into its spec."""

from __future__ import annotations

from pathlib import Path

from sandbox.catalog import Catalog
from sandbox.core.errors import NotAllowed
from sandbox.core.specfile import parse_spec
from sandbox.snapshots.lattice.metrics import Metric
from sandbox.snapshots.lattice.spec_levels import with_levels
from sandbox.snapshots.lattice.suggest import Suggestion, suggest
from sandbox.store.workspace import write_atomically
from sandbox.workflows.services import Services


def suggest_levels(
    services: Services,
    name: str,
    *,
    actor: str,
    metric: Metric = "entropy",
    suppress: float | None = None,
    write: bool = False,
) -> tuple[Suggestion, Path | None]:
    """(the best levels of dataset ``name``, the spec file that they were written to, or None).

    The source is read as for a build, and nothing of it is kept. With ``write`` the levels are changed in the text of
    the spec, which is checked before it is replaced. Raises what ``suggest`` raises; NotAllowed for a spec that ships.
    """
    entry = Catalog(services.workspace, services.content).entry(name)
    if write and entry.file.parent != services.workspace.datasets:
        raise NotAllowed(
            "The dataset “{name}” came with the sandbox; its file is not changed.",
            "Copy {file} with its hierarchies into the workspace's folder datasets and run the command again.",
            name=name,
            file=entry.file.name,
        )
    found = suggest(
        entry.spec,
        base=services.workspace.home,
        beside=entry.file.parent,
        key_of=services.keys.entity_key,
        metric=metric,
        suppress=suppress,
        login_of=services.logins,
    )
    if not write:
        return found, None
    text = with_levels(entry.file.read_text(encoding="utf-8-sig"), found.levels, entry.file.name)
    parse_spec(text, entry.file.name)
    write_atomically(entry.file, text.encode())
    with services.registry.transaction(actor) as tx:
        levels = ", ".join(f"{column} {level}" for column, level in found.levels.items())
        tx.record("dataset.levels-chosen", name, services.now(), metric=metric, levels=levels)
    return found, entry.file
