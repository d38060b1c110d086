"""What the catalogue's pages and the API show of a dataset: the steward's description beside what was built."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sandbox.catalog import Catalog, Entry, may_use
from sandbox.core.errors import BadInput, NotFound, SandboxError
from sandbox.core.ids import VersionId
from sandbox.core.messages import Message
from sandbox.core.roles import Person, Role
from sandbox.core.spec import DatasetSpec, Gate
from sandbox.snapshots.gate_texts import demand, finding
from sandbox.snapshots.manifest import ColumnFacts, GateResult, Manifest, read_manifest
from sandbox.snapshots.risk_facts import tell_risk
from sandbox.workflows.services import Services


@dataclass(frozen=True)
class DatasetView:
    """``manifest`` is the newest snapshot's; None when there is none. ``usable`` is whether the person may pin it."""

    spec: DatasetSpec
    versions: tuple[VersionId, ...]
    manifest: Manifest | None
    usable: bool
    reason: Message

    def built_column(self, name: str) -> ColumnFacts | None:
        """What the newest snapshot holds of a column."""
        columns = self.manifest.columns if self.manifest else ()
        return next((c for c in columns if c.name == name), None)

    @staticmethod
    def demand(gate: Gate) -> Message:
        """What a gate of the spec asks for."""
        return demand(gate)

    @staticmethod
    def finding(result: GateResult) -> Message:
        """How the newest snapshot does under a gate."""
        return finding(result.gate, result.after.count, result.after.smallest, result.after.worst)

    @property
    def risks(self) -> tuple[Message, ...]:
        """What is left of the risk in the newest snapshot; empty where it was not measured."""
        return tell_risk(self.manifest.risk) if self.manifest and self.manifest.risk else ()

    @property
    def built(self) -> datetime | None:
        return self.versions[0].time if self.versions else None


def dataset_views(services: Services, person: Person) -> list[DatasetView]:
    """The datasets that ``person`` may know of, those with a snapshot first: what they may use;

    reviewers, leads and stewards see all.
    """
    views = [_view(services, person, entry) for entry in Catalog(services.workspace, services.content).entries()]
    known = [v for v in views if v.usable or person.has(Role.STEWARD, Role.LEAD, Role.REVIEWER)]
    return sorted(known, key=lambda v: (not v.versions, not v.usable, v.spec.name))


def dataset_view(services: Services, person: Person, name: str) -> DatasetView:
    """One of them; NotFound for the others as for those that do not exist."""
    try:
        view = _view(services, person, Catalog(services.workspace, services.content).entry(name))
    except (BadInput, NotFound):
        raise _unknown(name) from None
    if not (view.usable or person.has(Role.STEWARD, Role.LEAD, Role.REVIEWER)):
        raise _unknown(name)
    return view


def _unknown(name: str) -> NotFound:
    return NotFound("There is no dataset “{name}”.", "Look it up in the list of datasets.", name=name)


def _view(services: Services, person: Person, entry: Entry) -> DatasetView:
    decision = may_use(person, entry.spec)
    versions = tuple(sorted(entry.versions, reverse=True))
    return DatasetView(entry.spec, versions, _manifest(services, entry), decision.allowed, decision.reason)


def _manifest(services: Services, entry: Entry) -> Manifest | None:
    if entry.latest is None:
        return None
    try:
        return read_manifest(services.workspace.snapshot(entry.spec.name, entry.latest))
    except SandboxError:  # a damaged snapshot must not hide the catalogue; `sandbox dataset verify` tells about it
        return None
