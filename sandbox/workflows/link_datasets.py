"""Propose a dataset of links between two datasets without a common key, or within one, and show what it would hold."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sandbox.catalog import SUFFIX, Catalog
from sandbox.core.errors import Conflict
from sandbox.core.ids import check_dataset_name
from sandbox.core.linking import Compared
from sandbox.core.spec import DatasetSpec
from sandbox.snapshots.linkage import Linked
from sandbox.snapshots.proposal_yaml import render_yaml
from sandbox.snapshots.propose_links import propose_links, try_link
from sandbox.store.workspace import write_atomically
from sandbox.workflows.services import Services


def link_datasets(
    services: Services, names: Sequence[str], on: Sequence[Compared], new: str, *, actor: str, threshold: float = 0.95
) -> tuple[Path, DatasetSpec, Linked]:
    """Link the people of one or two datasets, and write the spec of a dataset with the links as ``new``.

    The sources are read as for a build, in a private folder that is gone afterwards. Raises Conflict where ``new`` is
    there already, BadInput where units have no pseudonyms, and what ``link_records`` and opening a source raise.
    """
    check_dataset_name(new)
    catalog = Catalog(services.workspace, services.content)
    file = services.workspace.datasets / f"{new}{SUFFIX}"
    if file.exists() or new in {entry.spec.name for entry in catalog.entries()}:
        raise Conflict(
            "There is already a dataset “{name}”.",
            "Choose another name, or edit or remove its spec file first.",
            name=new,
        )
    spec = propose_links([catalog.entry(name).spec for name in dict.fromkeys(names)], tuple(on), new, threshold)
    linked = try_link(spec.source, services.workspace.home, services.logins)
    services.workspace.datasets.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_atomically(file, render_yaml(spec).encode())
    with services.registry.transaction(actor) as tx:
        tx.record("dataset.added", new, services.now(), source=spec.source.label, columns=len(spec.columns))
    return file, spec, linked
