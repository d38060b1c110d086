"""Verify a snapshot of this workspace: its files, its signature, and what the audit chain says was built."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sandbox.catalog import Catalog
from sandbox.core.errors import SandboxError
from sandbox.core.messages import Message
from sandbox.snapshots.certificate import Signer
from sandbox.snapshots.manifest import read_manifest
from sandbox.snapshots.verify import Checked, verify_snapshot
from sandbox.workflows.keys import old_keys
from sandbox.workflows.services import Services


@dataclass(frozen=True)
class Verified:
    """The snapshot's folder and one line for each thing that was checked."""

    folder: Path
    lines: tuple[Checked, ...]

    @property
    def ok(self) -> bool:
        return all(line.ok for line in self.lines)


def verify_dataset(
    services: Services, name: str, version: str | None = None, public_key: bytes | None = None
) -> Verified:
    """Check a snapshot, the newest if ``version`` is None; ``public_key`` is this workspace's if not given.

    The keyed chain of audit events is what a forger of files, manifest and certificate cannot rewrite. Raises NotFound.
    """
    folder = Catalog(services.workspace, services.content).snapshot(name, version)
    key = public_key or Signer.of(services.keys.signing_key()).public
    return Verified(
        folder, (*verify_snapshot(folder, key), _audited(services, name, folder), *_keyed(services, folder))
    )


def _keyed(services: Services, folder: Path) -> list[Checked]:
    """The keys of the pseudonyms: a line that does not hold where this workspace has lost one."""
    try:
        manifest = read_manifest(folder)
        said = old_keys(services, manifest)
    except SandboxError as error:
        return [Checked("keys", False, error.message)]
    if said or not manifest.entities:
        return [Checked("keys", line.fields["own"] is not None, line) for line in said]
    entities = ", ".join(f"{entity} {check}" for entity, check in sorted(manifest.entities.items()))
    return [Checked("keys", True, Message("the newest keys: {entities}", {"entities": entities}))]


def _audited(services: Services, name: str, folder: Path) -> Checked:
    try:
        manifest = read_manifest(folder)
        services.registry.verify_audit()
        with services.registry.reading() as reading:
            events = reading.audit(subject=name)
    except SandboxError as error:
        return Checked("audit", False, error.message)
    built = [e for e in events if e.action == "dataset.built" and e.details.get("version") == folder.name]
    if not built:
        return Checked("audit", False, Message("the audit chain does not know of this build"))
    same = any(
        e.details.get("content") == manifest.content_hash and e.details.get("spec") == manifest.spec_hash for e in built
    )
    text = "built by {actor}, as the audit chain has it" if same else "the audit chain has another content"
    return Checked("audit", same, Message(text, {"actor": built[-1].actor}))
