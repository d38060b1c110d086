"""The red team: try to find people again in a snapshot, as somebody would who knows something about them.

Opens the source like a build does, in a private folder that is gone afterwards: to score an attack one must know who is
who. What the attacker brings is generalised by the published rules (they are no secret), his pseudonyms are not: he has
no key, except in the last attack, which shows what the key protects. Columns whose masked value depends on the key
(noise, shifted dates) or on the whole table (micro-averages) are of no use to him and left out of his knowledge.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from sandbox.core.errors import BadInput, Conflict
from sandbox.core.policy import ColumnClass
from sandbox.core.rules import Drop
from sandbox.core.spec import Column, DatasetSpec
from sandbox.snapshots.duck import connect_staging, translated
from sandbox.snapshots.hierarchies.base import Hierarchy
from sandbox.snapshots.manifest import DATA, TABLE, Manifest, read_manifest
from sandbox.snapshots.masking import (
    KeyOf,
    canonical_id,
    carried,
    foretold,
    hierarchy_files,
    in_second_pass,
    read_hierarchies,
    second_pass,
)
from sandbox.snapshots.open import check_file
from sandbox.snapshots.plan import make_plan, source_types
from sandbox.snapshots.redteam_attacks import (
    TRUTH,
    World,
    dictionary,
    exact_linkage,
    fuzzy_linkage,
    inference,
    singling_out,
)
from sandbox.snapshots.redteam_histories import EXACT, averaging, dates, intervals
from sandbox.snapshots.redteam_report import Attack, RedTeam
from sandbox.snapshots.source import inspect_source, open_source
from sandbox.snapshots.source_database import LoginOf, no_logins
from sandbox.snapshots.sql import Sql, identifier, join, names, value
from sandbox.snapshots.staging import staging_folder

TARGETS = 2000
IDS = 20_000
"""Ids whose hashes are tried; Python's hashlib does some 10^5 a second."""
_WRONG = 10  # one value in so many that the attacker believes to know is wrong
_OPAQUE = {"drop", "pseudonym", "noise", "date_shift", "microaggregate", "redact"}
_INVENTED = {"noise", "date_shift"}
_NUMBER = " number of the target "


@dataclass(frozen=True)
class _Worlds:
    published: World
    raw: World


def attack_snapshot(
    spec: DatasetSpec,
    folder: Path,
    *,
    base: Path,
    key_of: KeyOf,
    now: datetime,
    beside: Path | None = None,
    knowledge: Path | None = None,
    targets: int = TARGETS,
    seed: int = 7,
    memory_limit: str = "1GB",
    login_of: LoginOf = no_logins,
) -> RedTeam:
    """Attack the snapshot in ``folder``, built from ``spec`` or an earlier state of it, with the raw table of today.

    ``key_of`` gives the keys that the snapshot was built with: with others nobody would be found, which says nothing.
    ``knowledge`` is an auxiliary table (any file source) with the unit column and some of the quasi-identifiers;
    without one the attacker knows all quasi-identifiers of ``targets`` people. Raises BadInput when the dataset is not
    about persons, or the knowledge lacks what is needed; Conflict when the snapshot was built with another unit or
    other hierarchies; and what opening a source raises.
    """
    if not spec.unit.personal:
        raise BadInput(
            "{dataset} is not about persons, so there is nobody to find.",
            "Attack a dataset whose unit is personal.",
            dataset=spec.name,
        )
    manifest = read_manifest(folder)
    check_file(folder, manifest)
    spec = _as_built(spec, manifest, beside or base)
    hierarchies = read_hierarchies(spec, beside or base)
    with translated(spec.name, lambda error: None), staging_folder(folder.parent) as staging:
        connection = connect_staging(staging, memory_limit=memory_limit)
        try:
            connection.execute("ATTACH ? AS snapshot (READ_ONLY)", [str(folder / DATA)])
            known = _load(connection, spec, base, staging, knowledge, targets, seed, login_of)
            attacks = _attack(connection, spec, manifest, key_of, known, seed, hierarchies)
            count = int((connection.execute("SELECT count(*) FROM known").fetchone() or (0,))[0])
        finally:
            connection.close()
    linked = [a.published or 0.0 for a in attacks if a.name in ("exact_linkage", "fuzzy_linkage", "dictionary")]
    return RedTeam(
        dataset=spec.name,
        version=manifest.version,
        tested=now,
        seed=seed,
        targets=count,
        units=manifest.units.published if manifest.units else manifest.rows.published,
        knowledge=knowledge.name if knowledge else "",
        score=round(max(linked, default=0.0), 6),
        attacks=tuple(attacks),
    )


def _as_built(spec: DatasetSpec, manifest: Manifest, beside: Path) -> DatasetSpec:
    """``spec`` with the classes and rules of the snapshot: knowledge that is masked by newer ones would find nobody."""
    built: dict[str, dict[str, Any]] = {c.name: {"class": c.cls, "rule": c.rule} for c in manifest.columns}
    built |= {name: {"rule": "drop"} for name in manifest.dropped}
    columns = {
        name: Column.model_validate(column.model_dump(by_alias=True) | built[name])
        for name, column in spec.columns.items()
        if name in built
    }
    was = spec.model_copy(update={"columns": columns})
    if manifest.unit != spec.unit.column or hierarchy_files(was, beside) != manifest.hierarchies:
        raise Conflict(
            "The snapshot {version} was built with another unit or other hierarchy files than {dataset} has now, so"
            " the attack would find nobody and say nothing.",
            "Build {dataset} again, then attack the new snapshot.",
            version=manifest.version,
            dataset=spec.name,
        )
    return was


def _load(
    connection: duckdb.DuckDBPyConnection,
    spec: DatasetSpec,
    base: Path,
    staging: Path,
    knowledge: Path | None,
    targets: int,
    seed: int,
    login_of: LoginOf,
) -> tuple[str, ...]:
    """Make the tables ``raw``, ``known`` and ``known_wrongly``; the quasi-identifiers that the attacker knows."""
    with open_source(spec.source, base, connection, staging, source_types(spec), login_of) as source:
        make_plan(spec, source.columns)  # says which columns the source lacks
        query = "CREATE TABLE raw AS SELECT " + names(spec.columns) + " FROM (" + source.query + ")"
        connection.execute(query.text, query.parameters)
    quasi = tuple(n for n, c in spec.columns.items() if c.cls is ColumnClass.QUASI)
    if knowledge:
        quasi = _auxiliary(connection, spec, knowledge, staging, quasi)
    unit = identifier(spec.unit.column)
    table = "auxiliary" if knowledge else "raw"
    # One row of each of some people, chosen by a hash: the same seed chooses the same.
    row = (
        "row_number() OVER (PARTITION BY "
        + unit
        + " ORDER BY hash("
        + join([*map(identifier, quasi), value(seed)])
        + "))"
    )
    some = (
        f"SELECT * FROM {table} WHERE " + unit + " IS NOT NULL QUALIFY " + row + " = 1 ORDER BY hash(" + unit + ", "
        + value(seed) + ") LIMIT " + value(targets)
    )  # fmt: skip
    query = "CREATE TABLE known AS SELECT *, row_number() OVER () AS " + identifier(_NUMBER) + " FROM (" + some + ")"
    connection.execute(query.text, query.parameters)
    number = identifier(_NUMBER)
    wrong = [
        "CASE WHEN hash(" + number + ", " + value(f"{seed} {c}") + f") % {_WRONG} = 0 THEN lead(" + identifier(c)
        + ") OVER (ORDER BY " + number + ") ELSE " + identifier(c) + " END AS " + identifier(c)
        for c in quasi
    ]  # fmt: skip
    query = "CREATE TABLE known_wrongly AS SELECT * " + ("REPLACE (" + join(wrong) + ") " if wrong else Sql(""))
    query = query + "FROM known"
    connection.execute(query.text, query.parameters)
    return quasi


def _auxiliary(
    connection: duckdb.DuckDBPyConnection, spec: DatasetSpec, path: Path, staging: Path, quasi: Sequence[str]
) -> tuple[str, ...]:
    """Read the attacker's table as ``auxiliary``, with NULL for what he does not know; the columns that he knows."""
    source = inspect_source(path).source
    with open_source(source, path.parent, connection, staging, source_types(spec)) as table:
        found = [name for name, _ in table.columns]
        known = tuple(c for c in quasi if c in found)
        if spec.unit.column not in found or not known:
            raise BadInput(
                "{file} cannot be used to attack {dataset}: it needs the column “{unit}”, to know who is who, and some"
                " of {quasi}. It has: {found}.",
                "Name its columns as the source of the dataset does.",
                file=path.name,
                dataset=spec.name,
                unit=spec.unit.column,
                quasi=", ".join(quasi) or "–",
                found=", ".join(found[:40]),
            )
        have = {spec.unit.column, *known}
        raw = [str(r[0]) for r in connection.execute("DESCRIBE raw").fetchall()]
        columns = join([identifier(c) if c in have else "NULL AS " + identifier(c) for c in raw])
        query = "CREATE TABLE given AS SELECT " + columns + " FROM (" + table.query + ")"
        connection.execute(query.text, query.parameters)
    # The same types as in the source, so that the same values are equal.
    connection.execute("CREATE TABLE auxiliary AS SELECT * FROM raw WHERE false")
    connection.execute("INSERT INTO auxiliary SELECT * FROM given")
    return known


def _attack(
    connection: duckdb.DuckDBPyConnection,
    spec: DatasetSpec,
    manifest: Manifest,
    key_of: KeyOf,
    known: tuple[str, ...],
    seed: int,
    hierarchies: Mapping[str, Hierarchy],
) -> list[Attack]:
    kept = {c.name: c for c in manifest.columns}
    linkable = tuple(c for c in known if c in kept and kept[c].rule.get("kind") not in _OPAQUE)
    attacks: list[Attack] = []
    exact = _worlds(connection, spec, key_of, "known", linkable, known, hierarchies)
    found = (exact_linkage(exact.published), exact_linkage(exact.raw))
    attacks.append(_found("exact_linkage", *found, columns=known))
    fuzzy = _worlds(connection, spec, key_of, "known_wrongly", linkable, known, hierarchies)
    attacks.append(_found("fuzzy_linkage", fuzzy_linkage(fuzzy.published), fuzzy_linkage(fuzzy.raw), columns=known))
    for column in (n for n, c in kept.items() if c.cls is ColumnClass.SENSITIVE):
        certain, guessed, usual = inference(exact.published, column)
        raw = inference(exact.raw, column)
        attacks.append(_found("homogeneity", certain, raw[0], columns=known, column=column))
        attacks.append(_found("inference", guessed, raw[1], baseline=usual, columns=known, column=column))
    # Noise makes values that nobody has: to be alone with one says nothing about a person.
    content = [
        n
        for n, c in kept.items()
        if n != spec.unit.column and c.cls is not ColumnClass.IDENTIFIER and c.rule.get("kind") not in _INVENTED
    ]
    if content:
        alone, triple = singling_out(exact.published, content, seed)
        attacks.append(_found("singling_out", alone, singling_out(exact.raw, triple, seed)[0], columns=triple))
    attacks += _histories(exact, spec, manifest)
    return attacks + _dictionaries(connection, spec, key_of)


def _histories(worlds: _Worlds, spec: DatasetSpec, manifest: Manifest) -> list[Attack]:
    """What several dates or noisy values of a person say together. The targets are told apart by their numbers."""
    unit, number = identifier(spec.unit.column), identifier(_NUMBER)
    people = "(SELECT m." + unit + " AS who, k." + unit + " AS known FROM masking AS m JOIN known AS k USING (" + number
    people = people + "))"
    attacks: list[Attack] = []
    shifts: dict[Any, list[str]] = {}
    periods: dict[str, str] = {}
    for column in manifest.columns:
        if column.type.startswith(("DATE", "TIMESTAMP")) and column.rule.get("kind") in ("keep", "truncate_date"):
            periods[column.name] = str(column.rule.get("to", EXACT))
        if column.rule.get("kind") == "date_shift":  # those of the same size move together
            shifts.setdefault(column.rule.get("days"), []).append(column.name)
        if column.rule.get("kind") == "noise" and (
            found := averaging(worlds.published, worlds.raw, people, column.name)
        ):
            attacks.append(_found("averaging", found[0], 1.0, baseline=found[1], column=column.name))
    for columns in shifts.values():
        rates = intervals(worlds.published, worlds.raw, people, columns)
        attacks.append(_found("intervals", *rates, columns=tuple(columns)))
    if periods:
        attacks.append(_found("dates", *dates(worlds.published, worlds.raw, people, periods), columns=tuple(periods)))
    return attacks


def _worlds(
    connection: duckdb.DuckDBPyConnection,
    spec: DatasetSpec,
    key_of: KeyOf,
    table: str,
    linkable: tuple[str, ...],
    known: tuple[str, ...],
    hierarchies: Mapping[str, Hierarchy],
) -> _Worlds:
    """The published and the raw table with the same targets, whose values stand in ``table``."""
    unit = spec.unit.column
    opaque = {n: c.model_copy(update={"rule": Drop()}) for n, c in spec.columns.items() if not _may_mask(n, c, unit)}
    numbered = spec.model_copy(update={"columns": {**spec.columns, **opaque, _NUMBER: _KEPT}, "sample": None})
    columns = [(str(r[0]), str(r[1])) for r in connection.execute(f"DESCRIBE {table}").fetchall()]
    plan = make_plan(numbered, columns)
    masked = plan.select(Sql(f"SELECT * FROM {table}"), key_of)
    connection.execute("CREATE OR REPLACE TABLE masking AS " + masked.text, masked.parameters)
    later = [n for n, c in numbered.columns.items() if in_second_pass(c.rule)]
    if later:
        as_carried = join(identifier(n) + " AS " + identifier(carried(n)) for n in later)
        connection.execute("CREATE OR REPLACE VIEW carried AS SELECT " + as_carried.text + " FROM raw")
        second_pass(connection, "masking", numbered, key_of, hierarchies, measured="carried")
    query = (
        "CREATE OR REPLACE TABLE " + identifier(f"masked {table}") + " AS SELECT " + names(linkable)
        + (", " if linkable else "") + identifier(unit) + " AS " + TRUTH + " FROM masking"
    )  # fmt: skip
    connection.execute(query.text, query.parameters)
    query = (
        "CREATE OR REPLACE TABLE " + identifier(f"raw {table}") + " AS SELECT " + names(known)
        + (", " if known else "") + identifier(unit) + " AS " + TRUTH + f" FROM {table}"
    )  # fmt: skip
    connection.execute(query.text, query.parameters)
    published = "snapshot." + identifier(TABLE)
    return _Worlds(
        World(connection, published, unit, identifier(f"masked {table}"), linkable),
        World(connection, Sql("raw"), unit, identifier(f"raw {table}"), known),
    )


def _may_mask(name: str, column: Column, unit: str) -> bool:
    """Whether the attacker can mask his knowledge of the column; the unit's pseudonym tells who is right."""
    return name == unit or (column.rule.kind not in _OPAQUE and foretold(column.rule))


def _dictionaries(connection: duckdb.DuckDBPyConnection, spec: DatasetSpec, key_of: KeyOf) -> list[Attack]:
    unit = identifier(spec.unit.column)
    rows = connection.execute("SELECT DISTINCT " + unit.text + " FROM snapshot." + identifier(TABLE).text).fetchall()
    pseudonyms = {str(r[0]) for r in rows if r[0] is not None}
    kind = next(str(r[1]) for r in connection.execute("DESCRIBE raw").fetchall() if r[0] == spec.unit.column)
    query = (
        "SELECT DISTINCT " + canonical_id(spec.unit.column, kind) + " AS id FROM raw WHERE " + unit
        + " IS NOT NULL ORDER BY hash(id) LIMIT " + value(IDS)
    )  # fmt: skip
    ids = [str(r[0]) for r in connection.execute(query.text, query.parameters).fetchall() if r[0] is not None]
    return [
        _found("dictionary", dictionary(pseudonyms, ids), 1.0),
        _found("dictionary_with_key", dictionary(pseudonyms, ids, key_of(spec.unit.entity)), 1.0),
    ]


def _found(
    name: str,
    published: float,
    raw: float,
    *,
    baseline: float | None = None,
    columns: tuple[str, ...] = (),
    column: str | None = None,
) -> Attack:
    rounded = None if baseline is None else round(baseline, 6)
    return Attack.model_validate(
        {
            "name": name,
            "published": round(published, 6),
            "raw": round(raw, 6),
            "baseline": rounded,
            "columns": columns,
            "column": column,
        }
    )


_KEPT = Column.model_validate(
    {"class": "measure", "rule": "keep", "description": {"en": "target", "zh-CN": "目标"}},
)
