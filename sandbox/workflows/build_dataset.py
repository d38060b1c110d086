"""Build a dataset's next snapshot and write it into the audit chain; propose a spec for somebody's own table."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sandbox.catalog import SUFFIX, Catalog
from sandbox.core.errors import Conflict, GateFailed, SandboxError
from sandbox.core.ids import check_dataset_name
from sandbox.core.source import Source
from sandbox.snapshots.build import MEMORY_LIMIT, Built, Progress, build_snapshot
from sandbox.snapshots.certificate import Signer
from sandbox.snapshots.contract_import import apply_contract, read_contract
from sandbox.snapshots.propose import Proposal, propose_spec, render_yaml
from sandbox.store.keys import EntityKeys
from sandbox.store.workspace import write_atomically
from sandbox.workflows.keys import check_keys
from sandbox.workflows.services import Services


def build_dataset(
    services: Services, name: str, *, actor: str, progress: Progress | None = None, memory_limit: str = MEMORY_LIMIT
) -> Built:
    """Build the next snapshot of dataset ``name``; a gate that fails is an audit event, too.

    The event is written after the snapshot is in its place: a snapshot without event is found by ``audit``, an event
    without snapshot would be a lie. Raises what ``build_snapshot`` raises.
    """
    entry = Catalog(services.workspace, services.content).entry(name)
    spec = entry.spec
    now = services.now()
    check_keys(services, spec)
    keys = EntityKeys(services.keys)
    try:
        built = build_snapshot(
            spec,
            base=services.workspace.home,
            parent=services.workspace.dataset_snapshots(name),
            key_of=keys,
            key_version=keys.version,
            login_of=services.logins,
            now=now,
            signer=Signer.of(services.keys.signing_key()),
            progress=progress,
            memory_limit=memory_limit,
            beside=entry.file.parent,
        )
    except GateFailed as error:
        with services.registry.transaction(actor) as tx:
            tx.record("dataset.gate-failed", name, now, problem=str(error))
        raise
    manifest = built.manifest
    with services.registry.transaction(actor) as tx:
        tx.record(
            "dataset.built",
            name,
            services.now(),
            version=manifest.version,
            content=manifest.content_hash,
            source=manifest.source.sha256,
            spec=manifest.spec_hash,
            rows=manifest.rows.published,
            left_out=manifest.rows.left_out,
        )
    return built


def add_dataset(
    services: Services,
    path: Path | Source,
    name: str,
    *,
    actor: str,
    unit: str | None = None,
    contract: Path | None = None,
    **says: Any,
) -> tuple[Path, Proposal]:
    """Propose a spec for the file at ``path``, or a source that says all; write ``datasets/<name>.yaml``.

    ``contract`` is a data contract (ODCS) whose words go over the proposal; ``says`` is what a file does not tell
    (``propose_spec``). Raises Conflict when there is such a
    dataset already: a steward's work is never overwritten.
    """
    check_dataset_name(name)
    existing = {entry.spec.name for entry in Catalog(services.workspace, services.content).entries()}
    file = services.workspace.datasets / f"{name}{SUFFIX}"
    if name in existing or file.exists():
        raise Conflict(
            "There is already a dataset “{name}”.",
            "Choose another name, or edit or remove its spec file first.",
            name=name,
        )
    proposal = propose_spec(path, name=name, unit=unit, login_of=services.logins, **says)
    if contract:
        said = read_contract(contract.read_text(encoding="utf-8-sig", errors="replace"), contract.name)
        proposal = apply_contract(proposal, said, contract.name)
    services.workspace.datasets.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_atomically(file, render_yaml(proposal).encode())
    with services.registry.transaction(actor) as tx:
        tx.record(
            "dataset.added", name, services.now(), source=proposal.spec.source.label, columns=len(proposal.spec.columns)
        )
    return file, proposal


def build_all(
    services: Services, names: Sequence[str] | None = None, *, actor: str, progress: Progress | None = None
) -> tuple[list[Built], list[tuple[str, SandboxError]]]:
    """Build the datasets ``names``, or every one of the catalogue but those that came with the sandbox and have no
    source here. One that fails does not stop the others.

    The result is (snapshots, datasets that failed with the reason); unreadable specs count as failed.
    """
    built: list[Built] = []
    failed: list[tuple[str, SandboxError]] = []
    if names is None:
        catalog = Catalog(services.workspace, services.content)
        entries, problems = catalog.load()
        names = [entry.spec.name for entry in entries if not catalog.is_idle(entry)]
        failed += [(p.file.stem, p.error) for p in problems]
    names = referenced_first(services, names)
    for index, name in enumerate(names):

        def tell(step: str, share: float, name: str = name, index: int = index) -> None:
            if progress:
                progress(f"{name}: {step}", (index + share) / len(names))

        try:
            built.append(build_dataset(services, name, actor=actor, progress=tell))
        except SandboxError as error:
            failed.append((name, error))
    return built, failed


def referenced_first(services: Services, names: Sequence[str]) -> list[str]:
    """``names`` in an order in which a dataset comes after those that it refers to; what is read wrongly stays put."""
    catalog, ordered, met = Catalog(services.workspace, services.content), list[str](), set[str]()

    def visit(name: str) -> None:
        if name in met:
            return
        met.add(name)
        try:
            columns = catalog.entry(name).spec.columns.values()
        except SandboxError:
            columns = {}.values()
        for column in columns:
            if column.references and column.references.dataset in names:
                visit(column.references.dataset)
        ordered.append(name)

    for name in names:
        visit(name)
    return ordered
