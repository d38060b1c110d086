"""The keys of pseudonyms over time: which snapshot is of which key, rotation, and what no longer joins."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from sandbox.catalog import Catalog
from sandbox.core.errors import Conflict, Damaged, SandboxError
from sandbox.core.messages import Message
from sandbox.core.spec import DatasetSpec
from sandbox.snapshots.manifest import Manifest, read_manifest
from sandbox.snapshots.masking import entities_of
from sandbox.store.keys import KeyVersion
from sandbox.workflows.services import Services


@dataclass(frozen=True)
class KeyState:
    """A key version, whether it makes new pseudonyms, and the snapshots (dataset/version) that were built with it."""

    key: KeyVersion
    current: bool
    snapshots: tuple[str, ...]


def key_states(services: Services) -> list[KeyState]:
    """Every version of every entity's key, by entity and age."""
    users: dict[tuple[str, str], list[str]] = {}
    for manifest in _manifests(services):
        for used in manifest.entities.items():
            users.setdefault(used, []).append(f"{manifest.dataset}/{manifest.version}")
    return [
        KeyState(key, key == versions[-1], tuple(users.get((entity, key.check), ())))
        for entity in services.keys.entities()
        if (versions := services.keys.versions(entity))
        for key in versions
    ]


def rotate_key(services: Services, entity: str, reason: str, *, actor: str) -> KeyVersion:
    """Make the next key of ``entity``; what is built from now on has new pseudonyms. Raises NotFound."""
    known = max((m.key_versions.get(entity, 1) for m in _manifests(services) if entity in m.entities), default=0)
    made = services.keys.rotate(entity, known)
    with services.registry.transaction(actor) as tx:
        tx.record("key.rotated", entity, services.now(), version=made.version, check=made.check, reason=reason)
    return made


def forget_key(services: Services, entity: str, version: int, *, actor: str) -> KeyVersion:
    """Remove an old key for good. Raises NotFound, or Conflict while a snapshot was built with it."""
    for state in key_states(services):
        if (state.key.entity, state.key.version) == (entity, version) and state.snapshots:
            raise Conflict(
                "The key version {version} of “{entity}” made snapshots that are still there: {snapshots}.",
                "Build these datasets again, move the projects that pin them, and remove the old versions first.",
                entity=entity,
                version=version,
                snapshots=", ".join(state.snapshots[:5]) + (" …" if len(state.snapshots) > 5 else ""),
            )
    gone = services.keys.forget(entity, version)
    with services.registry.transaction(actor) as tx:
        tx.record("key.forgotten", entity, services.now(), version=version, check=gone.check)
    return gone


def check_keys(services: Services, spec: DatasetSpec) -> None:
    """Before a build of ``spec``: the keys are those that made the newest snapshots, or were rotated since.

    A lost or exchanged key would otherwise be replaced in silence, and joins would break. Raises Damaged.
    """
    newest: dict[str, Manifest] = {}
    for manifest in _manifests(services):
        for entity in manifest.entities:
            if entity not in newest or newest[entity].built < manifest.built:
                newest[entity] = manifest
    for entity in entities_of(spec):
        if entity not in newest:
            continue
        manifest = newest[entity]
        version = manifest.key_versions.get(entity, 1)
        there = {key.version: key.check for key in services.keys.versions(entity)}
        if max(there, default=0) > version or there.get(version) == manifest.entities[entity]:
            continue
        raise Damaged(
            "The key of “{entity}” is not the one that made {snapshot} (version {version}, check value {check}): it"
            " is lost or was exchanged.",
            "Restore the folder keys/ from its backup. If the key is lost for good, run"
            " `sandbox keys rotate {entity} --reason …`: new snapshots then do not join with the old ones.",
            entity=entity,
            snapshot=f"{manifest.dataset}/{manifest.version}",
            version=version,
            check=manifest.entities[entity],
        )


def key_of_snapshot(services: Services, manifest: Manifest) -> Callable[[str], bytes]:
    """The keys that a snapshot was built with, by entity. They are never made anew: Damaged when one is not there."""

    def key_of(entity: str) -> bytes:
        check = manifest.entities.get(entity, "")
        if key := services.keys.by_check(entity, check):
            return key
        raise Damaged(
            "The key of “{entity}” with which {snapshot} was built (check value {check}) is not there.",
            "Restore the folder keys/ from its backup, or build the dataset again and take the new snapshot.",
            entity=entity,
            snapshot=f"{manifest.dataset}/{manifest.version}",
            check=check or "–",
        )

    return key_of


def old_keys(services: Services, manifest: Manifest) -> list[Message]:
    """For each entity of a snapshot whose key is not the newest one: what that means."""
    found = []
    for entity, check in sorted(manifest.entities.items()):
        versions = services.keys.versions(entity)
        own = next((key.version for key in versions if key.check == check), None)
        fields = {"entity": entity, "check": check, "own": own, "newest": versions[-1].version if versions else 0}
        if own is None:
            text = "{entity}: this workspace does not have the key that was used (check value {check})"
            found.append(Message(text, fields))
        elif own != versions[-1].version:
            text = (
                "{entity}: built with key version {own}, the newest is {newest}; it does not join with snapshots of"
                " the newer key. Build it again."
            )
            found.append(Message(text, fields))
    return found


def check_joins(services: Services, pins: Mapping[str, str]) -> None:
    """Raises Conflict when two of the pinned snapshots share an entity, but not its key: no row of them would join."""
    catalog = Catalog(services.workspace, services.content)
    manifests = [read_manifest(catalog.snapshot(name, version)) for name, version in sorted(pins.items())]
    for one, other in itertools.combinations(manifests, 2):
        for entity in sorted(one.entities.keys() & other.entities.keys()):
            if one.entities[entity] != other.entities[entity]:
                old = min(one, other, key=lambda m: m.key_versions.get(entity, 1))
                raise Conflict(
                    "The newest snapshots of {one} and {other} were built with different keys of “{entity}”, so their"
                    " rows cannot be joined.",
                    "Ask a data steward to run `sandbox dataset build {old}`.",
                    one=one.dataset,
                    other=other.dataset,
                    entity=entity,
                    old=old.dataset,
                )


def _manifests(services: Services) -> Iterator[Manifest]:
    """Of every snapshot in the workspace that can be read."""
    catalog = Catalog(services.workspace, services.content)
    folder = services.workspace.snapshots
    for dataset in sorted(child.name for child in folder.iterdir()) if folder.is_dir() else ():
        for version in catalog.versions(dataset):
            try:
                yield read_manifest(catalog.snapshot(dataset, str(version)))
            except SandboxError:
                continue  # a damaged snapshot is told by verify; it must not stop the others
