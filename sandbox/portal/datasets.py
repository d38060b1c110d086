"""What the catalogue's pages and the API show of a dataset: the steward's description beside what was built."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sandbox.catalog import Catalog, Entry, may_use
from sandbox.core.errors import BadInput, NotFound, SandboxError
from sandbox.core.ids import VersionId
from sandbox.core.messages import Language, Message
from sandbox.core.roles import Person, Role
from sandbox.core.spec import DatasetSpec, Gate
from sandbox.notebooks.templates import Template
from sandbox.snapshots.gate_texts import demand, finding
from sandbox.snapshots.grade import Grade, grade_of
from sandbox.snapshots.linkage_texts import tell_linkage
from sandbox.snapshots.manifest import ColumnFacts, GateResult, Manifest, read_manifest
from sandbox.snapshots.quality import tell_quality
from sandbox.snapshots.redteam_report import Attack, RedTeam, read_report, told
from sandbox.snapshots.references import tell_reference
from sandbox.snapshots.risk_facts import tell_risk
from sandbox.workflows.access import held_badges
from sandbox.workflows.keys import old_keys
from sandbox.workflows.services import Services


@dataclass(frozen=True)
class Granted:
    """A line of the access list; ``kind`` is role, department or person."""

    kind: str
    name: str
    reason: str


@dataclass(frozen=True)
class DatasetView:
    """``manifest`` is the newest snapshot's; None when there is none. ``usable`` is whether the person may pin it;
    ``missing`` are badges where nothing else keeps them from it."""

    spec: DatasetSpec
    versions: tuple[VersionId, ...]
    manifest: Manifest | None
    usable: bool
    reason: Message
    missing: tuple[str, ...] = ()
    redteam: RedTeam | None = None
    keys: tuple[Message, ...] = ()

    def built_column(self, name: str) -> ColumnFacts | None:
        """What the newest snapshot holds of a column."""
        columns = self.manifest.columns if self.manifest else ()
        return next((c for c in columns if c.name == name), None)

    @staticmethod
    def reason_in(reason: str, language: Language) -> str:
        """Why a column has its rule. Proposals say it as “English / 中文”; what a steward wrote stays whole."""
        english, both, chinese = reason.partition(" / ")
        if not both or not any("\u4e00" <= c <= "\u9fff" for c in chinese):
            return reason
        return chinese if language == "zh-CN" else english

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
    def joins(self) -> tuple[Message, ...]:
        """How well the newest snapshot joins with others: links, references, and keys that are not the newest."""
        references = self.manifest.references if self.manifest else ()
        linkage = self.manifest.source.linkage if self.manifest else None
        linked = tell_linkage(linkage) if linkage else ()
        return (*self.keys, *linked, *(tell_reference(facts) for facts in references))

    @property
    def quality(self) -> tuple[tuple[bool, Message], ...]:
        """(whether it holds, what was found) for every declared rule in the newest snapshot."""
        return tuple((facts.ok, tell_quality(facts)) for facts in (self.manifest.quality if self.manifest else ()))

    @property
    def grants(self) -> tuple[Granted, ...]:
        """Who may use the dataset, beside data stewards, and why."""
        access = self.spec.access
        lists = {"role": [str(r) for r in access.roles], "department": access.departments, "person": access.persons}
        return tuple(Granted(kind, n, access.reasons.get(n, "")) for kind, names in lists.items() for n in names)

    @property
    def grade(self) -> Grade | None:
        """The de-identification grade of the newest snapshot; None when nobody could be found in it."""
        return grade_of(self.manifest) if self.manifest else None

    @staticmethod
    def told(attack: Attack) -> Message:
        """What the red team tried."""
        return told(attack)

    @property
    def built(self) -> datetime | None:
        return self.versions[0].time if self.versions else None


def dataset_views(services: Services, person: Person) -> list[DatasetView]:
    """The datasets that ``person`` may know of, those with a snapshot first: what they may use;

    reviewers, leads and stewards see all.
    """
    badges = held_badges(services, person)
    views = [
        _view(services, person, entry, badges) for entry in Catalog(services.workspace, services.content).entries()
    ]
    known = [v for v in views if v.usable or v.missing or person.has(Role.STEWARD, Role.LEAD, Role.REVIEWER)]
    return sorted(known, key=lambda v: (not v.versions, not v.usable, v.spec.name))


def dataset_view(services: Services, person: Person, name: str) -> DatasetView:
    """One of them; NotFound for the others as for those that do not exist."""
    try:
        entry = Catalog(services.workspace, services.content).entry(name)
        view = _view(services, person, entry, held_badges(services, person))
    except (BadInput, NotFound):
        raise _unknown(name) from None
    if not (view.usable or view.missing or person.has(Role.STEWARD, Role.LEAD, Role.REVIEWER)):
        raise _unknown(name)
    return view


def _unknown(name: str) -> NotFound:
    return NotFound("There is no dataset “{name}”.", "Look it up in the list of datasets.", name=name)


def _view(services: Services, person: Person, entry: Entry, badges: frozenset[str]) -> DatasetView:
    decision = may_use(person, entry.spec, badges)
    versions = tuple(sorted(entry.versions, reverse=True))
    manifest = _manifest(services, entry)
    return DatasetView(
        entry.spec,
        versions,
        manifest,
        decision.allowed,
        decision.reason,
        decision.missing,
        _redteam(services, entry),
        _keys(services, manifest),
    )


def _keys(services: Services, manifest: Manifest | None) -> tuple[Message, ...]:
    try:
        return tuple(old_keys(services, manifest)) if manifest else ()
    except SandboxError:  # a damaged key must not hide the catalogue; builds and `verify` tell about it
        return ()


def _manifest(services: Services, entry: Entry) -> Manifest | None:
    if entry.latest is None:
        return None
    try:
        return read_manifest(services.workspace.snapshot(entry.spec.name, entry.latest))
    except SandboxError:  # a damaged snapshot must not hide the catalogue; `sandbox dataset verify` tells about it
        return None


@dataclass(frozen=True)
class DatasetChoice:
    """A dataset that a person may choose, or could with the badges ``missing``; ``suggested`` by the template."""

    name: str
    title: str
    description: str
    suggested: bool
    missing: tuple[str, ...] = ()


def dataset_choices(services: Services, person: Person, template: Template, language: Language) -> list[DatasetChoice]:
    """The datasets with a snapshot that the person may use, those that the template suggests first."""
    return [choice for choice in _choices(services, person, template, language) if not choice.missing]


def locked_choices(services: Services, person: Person, template: Template, language: Language) -> list[DatasetChoice]:
    """The datasets with a snapshot that only a badge keeps from the person."""
    return [choice for choice in _choices(services, person, template, language) if choice.missing]


def _choices(services: Services, person: Person, template: Template, language: Language) -> list[DatasetChoice]:
    badges = held_badges(services, person)
    found = []
    for spec in (e.spec for e in Catalog(services.workspace, services.content).entries() if e.latest):
        decision = may_use(person, spec, badges)
        if decision.allowed or decision.missing:
            title, description = spec.title.get(language), spec.description.get(language)
            suggested = spec.name in template.datasets
            found.append(DatasetChoice(spec.name, title, description, suggested, decision.missing))
    return sorted(found, key=lambda c: (not c.suggested, c.name))


def _redteam(services: Services, entry: Entry) -> RedTeam | None:
    return read_report(services.workspace.snapshot(entry.spec.name, entry.latest)) if entry.latest else None
