"""What several snapshots say together: gates hold for each, but whoever holds two can join them by their pseudonyms.

``compose`` measures k on the join of datasets about the same units, and every gate on a sensitive column, whose classes
are smaller there: four people who differ in their diagnosis may be two and two who do not, once their jobs are known.
``compare`` measures what two versions of one dataset give away by their difference: those who came, left or changed
stand out in it, however large the classes are that they stand in (differencing; see Denning, 1982, “tracker attacks”).
Both count units and read NULL strictly.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import duckdb

from sandbox.core.policy import ColumnClass
from sandbox.core.spec import KAnonymity
from sandbox.snapshots.gates import sensitive_of, would_leave_out
from sandbox.snapshots.manifest import DATA, TABLE, Manifest, read_manifest
from sandbox.snapshots.sql import Sql, identifier, join

_UNIT = " who "
_WHO = identifier(_UNIT)
DEFAULT_K = 5


@dataclass(frozen=True)
class JoinedGate:
    """A gate of ``dataset`` on its sensitive ``column``, asked of the join.

    ``small_units`` of the dataset's ``units`` would have to be left out; ``allowed`` is the share, 0–1, that may be.
    """

    dataset: str
    kind: str
    column: str
    allowed: float
    units: int
    small_units: int

    @property
    def share(self) -> float:
        return self.small_units / self.units if self.units else 0.0


@dataclass(frozen=True)
class Composition:
    """Datasets of one entity, joined: ``small_units`` of ``units`` are in classes of fewer than ``k`` units.

    ``k`` is the strictest of the datasets' gates, ``allowed`` the largest share, 0–1, that one of them may leave out.
    ``smallest`` is the smallest class, in units; ``alone`` counts units that are alone in theirs. ``gates`` are those
    on sensitive columns.
    """

    entity: str
    datasets: tuple[str, ...]
    quasi_identifiers: tuple[str, ...]
    k: int
    allowed: float
    units: int
    smallest: int
    small_units: int
    alone: int
    gates: tuple[JoinedGate, ...] = ()

    @property
    def share(self) -> float:
        return self.small_units / self.units if self.units else 0.0

    def to_json(self) -> dict[str, Any]:
        gates = [{**asdict(gate), "share": round(gate.share, 6)} for gate in self.gates]
        return {**asdict(self), "share": round(self.share, 6), "gates": gates}


@dataclass(frozen=True)
class Difference:
    """Two versions of a dataset: units that ``came``, ``left`` or ``changed`` their quasi-identifiers between them.

    ``small_units`` of them are in groups of fewer than ``k`` that look alike in the difference, ``alone`` are alone.
    ``units`` are those of either version.
    """

    dataset: str
    older: str
    newer: str
    k: int
    units: int
    came: int
    left: int
    changed: int
    small_units: int
    alone: int

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class _Part:
    """A snapshot attached as ``alias``; ``who`` is its column with the shared pseudonyms.

    ``via``: these are of another entity, and a table of links (alias, its column of that entity, its column of the
    shared one) says who it is.
    """

    manifest: Manifest
    alias: str
    who: str
    quasi: tuple[str, ...]
    via: tuple[str, str, str] | None = None

    @property
    def people(self) -> Sql:
        """Each unit once for each of its combinations of values."""
        return self.people_with(())

    def people_with(self, more: Sequence[str]) -> Sql:
        """The same, where the columns ``more`` belong to a combination."""
        table = identifier(self.alias) + "." + identifier(TABLE)
        who = identifier(self.who)
        if self.via:
            links, there, shared = self.via
            who = "linked." + identifier(shared)
            table = (
                table + " AS own JOIN " + identifier(links) + "." + identifier(TABLE) + " AS linked ON own."
                + identifier(self.who) + " = linked." + identifier(there)
            )  # fmt: skip
        columns = [who + " AS " + _WHO]
        own = "own." if self.via else ""
        columns += [own + identifier(c) + " AS " + identifier(f"{self.alias}.{c}") for c in (*self.quasi, *more)]
        return "SELECT DISTINCT " + join(columns) + " FROM " + table + " WHERE " + who + " IS NOT NULL"

    @property
    def columns(self) -> list[Sql]:
        return [identifier(f"{self.alias}.{c}") for c in self.quasi]


def compose(folders: Mapping[str, Path]) -> list[Composition]:
    """One composition for each entity that several of the datasets (name → snapshot folder) share.

    Datasets whose pseudonyms were made with different keys do not join and are not composed. Snapshots never change,
    so that the answer for the same folders is computed once per process.
    """
    return list(_composed(tuple(sorted(folders.items()))))


@lru_cache(maxsize=256)
def _composed(members: tuple[tuple[str, Path], ...]) -> tuple[Composition, ...]:
    folders = dict(members)
    manifests = {name: read_manifest(folder) for name, folder in folders.items()}
    groups: dict[tuple[str, str], list[str]] = {}
    for name, manifest in manifests.items():
        for entity, check in manifest.entities.items():
            if manifest.personal and _who(manifest, entity):
                groups.setdefault((entity, check), []).append(name)
    found = []
    for (entity, _), names in sorted(groups.items()):
        if len(names) > 1:
            found.append(_compose(entity, {n: (manifests[n], folders[n]) for n in names}))
    for name, manifest in manifests.items():
        if across := _linked(name, manifest, manifests, groups):
            entity, through = across
            found.append(_compose(entity, {n: (manifests[n], folders[n]) for n in through}, through))
    return tuple(found)


def _linked(
    name: str, links: Manifest, manifests: Mapping[str, Manifest], groups: Mapping[tuple[str, str], Sequence[str]]
) -> tuple[str, dict[str, tuple[str, str, str] | None]] | None:
    """(entity, its datasets and those of the other entity) that the table of links ``name`` brings together; or None.

    Without this a project could join two tables through a third and nobody would have measured what that gives away.
    """
    other = next((e for e in links.entities if e != links.entity), None)
    if links.source.linkage is None or other is None:
        return None
    shared, there = _who(links, links.entity), _who(links, other)
    near = groups.get((links.entity, links.entities[links.entity]), ())
    far = [n for n in groups.get((other, links.entities[other]), ()) if n not in near]
    if not far or shared is None or there is None or len(near) < 2:
        return None
    return links.entity, {**dict.fromkeys(near), **dict.fromkeys(far, (name, there, shared))}


def compare(older: Path, newer: Path) -> Difference | None:
    """What two versions of a dataset about persons give away together; None when they cannot be linked.

    They cannot when their keys differ, or when the unit's pseudonym is in neither.
    """
    old, new = read_manifest(older), read_manifest(newer)
    entity = new.entity
    linked = old.entities.get(entity) == new.entities.get(entity) and entity in new.entities
    if not (new.personal and linked and _who(old, entity) and _who(new, entity)):
        return None
    quasi = tuple(c for c in _quasi(new) if c in _quasi(old))
    parts = [_Part(m, a, _who(m, entity) or "", quasi) for m, a in ((old, "older"), (new, "newer"))]
    with attached([(older, "older"), (newer, "newer")]) as connection:
        return _differ(connection, parts, old, new)


def _compose(
    entity: str,
    members: Mapping[str, tuple[Manifest, Path]],
    through: Mapping[str, tuple[str, str, str] | None] | None = None,
) -> Composition:
    """``through`` has a table of links for the members whose pseudonyms are of another entity."""
    vias = {name: (through or {}).get(name) for name in members}
    parts = [
        _Part(m, name, _who(m, m.entity if vias[name] else entity) or "", _quasi(m), vias[name])
        for name, (m, _) in members.items()
    ]
    with attached([(folder, name) for name, (_, folder) in members.items()]) as connection:
        joined = "(" + parts[0].people + ")"
        for part in parts[1:]:
            joined = joined + " FULL JOIN (" + part.people + ") USING (" + _WHO + ")"
        k = max((g.k or 0 for m, _ in members.values() for g in m.gates), default=0) or DEFAULT_K
        columns = [c for part in parts for c in part.columns]
        units, smallest, small, alone = _classes(connection, Sql("SELECT * FROM ") + joined, columns, k)
        gates = tuple(found for part in parts for found in _gates(connection, part, parts))
    return Composition(
        entity=entity,
        datasets=tuple(members),
        quasi_identifiers=tuple(f"{part.alias}.{c}" for part in parts for c in part.quasi),
        k=k,
        allowed=max((g.suppress for m, _ in members.values() for g in m.gates), default=0.0),
        units=units,
        smallest=smallest,
        small_units=small,
        alone=alone,
        gates=gates,
    )


def _gates(connection: duckdb.DuckDBPyConnection, part: _Part, parts: Sequence[_Part]) -> Iterator[JoinedGate]:
    """The gates of ``part`` on its sensitive columns, asked of its units with what the other datasets know of them."""
    gates = [g.gate for g in part.manifest.gates if not isinstance(g.gate, KAnonymity)]
    if not gates:
        return
    query = "CREATE OR REPLACE TEMP TABLE joined AS SELECT * FROM (" + part.people_with(
        list(dict.fromkeys(sensitive_of(gates)))
    )
    query = query + ")"
    for other in parts:
        if other is not part:
            query = query + " LEFT JOIN (" + other.people + ") USING (" + _WHO + ")"
    connection.execute(query.text, query.parameters)
    names = [f"{one.alias}.{c}" for one in parts for c in one.quasi]
    row = connection.execute("SELECT count(DISTINCT " + _WHO.text + ") FROM joined").fetchone() or (0,)
    for gate in gates:
        asked = gate.model_copy(update={"column": f"{part.alias}.{gate.column}"})
        [small] = would_leave_out(connection, Sql("joined"), [asked], names, _UNIT)
        yield JoinedGate(part.alias, gate.kind, gate.column, gate.suppress, int(row[0]), small)


def _differ(connection: duckdb.DuckDBPyConnection, parts: Sequence[_Part], old: Manifest, new: Manifest) -> Difference:
    """A unit that is in both versions has changed when one of its combinations is in one of them only."""
    for part in parts:
        query = "CREATE TEMP TABLE " + identifier(f"p {part.alias}") + " AS " + part.people
        connection.execute(query.text, query.parameters)
    k = max((g.k or 0 for g in (*old.gates, *new.gates)), default=0) or DEFAULT_K
    totals = {"came": 0, "left": 0, "changed": 0}
    small = alone = 0
    first, second = identifier("p older"), identifier("p newer")
    gone = "(SELECT * FROM " + first + " EXCEPT SELECT * FROM " + second + ")"
    fresh = "(SELECT * FROM " + second + " EXCEPT SELECT * FROM " + first + ")"
    both = "(SELECT DISTINCT " + _WHO + " FROM " + first + " SEMI JOIN " + second + " USING (" + _WHO + "))"
    groups = {
        "came": "SELECT * FROM " + second + " ANTI JOIN " + first + " USING (" + _WHO + ")",
        "left": "SELECT * FROM " + first + " ANTI JOIN " + second + " USING (" + _WHO + ")",
        # What is seen of somebody who changed is the step: from these values to those.
        "changed": "SELECT * FROM " + gone + " AS g FULL JOIN (SELECT * FROM " + fresh + ") AS f USING (" + _WHO
        + ") SEMI JOIN " + both + " USING (" + _WHO + ")",
    }  # fmt: skip
    for name, group in groups.items():
        shown = {"came": parts[1].columns, "left": parts[0].columns}.get(name, [*parts[0].columns, *parts[1].columns])
        found = _classes(connection, group, shown, k)
        totals[name] = found[0]
        small, alone = small + found[2], alone + found[3]
    query = (
        "SELECT count(*) FROM (SELECT " + _WHO + " FROM " + first + " UNION SELECT " + _WHO + " FROM " + second + ")"
    )
    row = connection.execute(query.text, query.parameters).fetchone()
    return Difference(
        dataset=new.dataset,
        older=old.version,
        newer=new.version,
        k=k,
        units=int(row[0]) if row else 0,
        small_units=small,
        alone=alone,
        **totals,
    )


def _classes(
    connection: duckdb.DuckDBPyConnection, table: Sql, columns: Sequence[Sql], k: int
) -> tuple[int, int, int, int]:
    """(units, smallest class, units in classes below ``k``, units alone in a class); a unit counts once.

    No two rows of ``table`` agree in unit and ``columns``, so that the rows of a class are its units.
    """
    over = "(PARTITION BY " + join(columns) + ")" if columns else Sql("()")
    query = (
        "SELECT count(DISTINCT w), coalesce(min(n), 0), count(DISTINCT w) FILTER (n < " + str(int(k))
        + "), count(DISTINCT w) FILTER (n = 1) FROM (SELECT " + _WHO + " AS w, count(*) OVER " + over + " AS n FROM ("
        + table + "))"
    )  # fmt: skip
    row = connection.execute(query.text, query.parameters).fetchone() or (0, 0, 0, 0)
    return int(row[0]), int(row[1]), int(row[2]), int(row[3])


def attached(files: Sequence[tuple[Path, str]]) -> duckdb.DuckDBPyConnection:
    """A connection with the snapshots in ``files`` (folder, alias) attached, to read only."""
    connection = duckdb.connect()
    try:
        for folder, alias in files:
            connection.execute("ATTACH ? AS " + identifier(alias).text + " (READ_ONLY)", [str(folder / DATA)])
    except BaseException:
        connection.close()
        raise
    return connection


def _quasi(manifest: Manifest) -> tuple[str, ...]:
    return tuple(c.name for c in manifest.columns if c.cls is ColumnClass.QUASI)


def _who(manifest: Manifest, entity: str) -> str | None:
    """The column that holds the pseudonyms of ``entity``: the unit's, if it is of that entity, else another's."""
    held = [c.name for c in manifest.columns if c.rule.get("kind") == "pseudonym" and c.rule.get("entity") == entity]
    if manifest.unit in held:
        return manifest.unit
    return held[0] if held else None
