"""The build of a snapshot: beside, verified, renamed.

The order matters. Masked rows are written to a working database, never to the file that is published: rows that a gate
removes would stay readable in its free blocks. The published file is written from what passed, closed, opened again
like a reader would, and its gates are measured once more; only then does it get its name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import duckdb

import sandbox
from sandbox.core.errors import BadInput, Damaged
from sandbox.core.ids import VersionId
from sandbox.core.rules import Pseudonym
from sandbox.core.spec import DatasetSpec
from sandbox.snapshots.certificate import CERTIFICATE, Signer, issue
from sandbox.snapshots.content import read_contents, table_columns
from sandbox.snapshots.duck import STORAGE_VERSION, connect_staging, translated
from sandbox.snapshots.fingerprint import file_sha256
from sandbox.snapshots.gates import apply_gates, check_units, measure_all
from sandbox.snapshots.hierarchies.base import Hierarchy
from sandbox.snapshots.manifest import (
    DATA,
    MANIFEST,
    TABLE,
    ClassCounts,
    ColumnFacts,
    Counts,
    FileFacts,
    GateResult,
    Manifest,
    ReferenceFacts,
    RiskFacts,
    SampleFacts,
    SourceFacts,
    published_versions,
    read_manifest,
    spec_hash,
)
from sandbox.snapshots.masking import KeyOf, entities_of, hierarchy_files, read_hierarchies, second_pass
from sandbox.snapshots.masking.pseudonym import unpacking
from sandbox.snapshots.open import connect_locked
from sandbox.snapshots.outcome import Classes, Outcome, Passed
from sandbox.snapshots.plan import Plan, make_plan, source_types
from sandbox.snapshots.profile import Profiler
from sandbox.snapshots.quality import check_quality
from sandbox.snapshots.references import check_references
from sandbox.snapshots.repeated import hash_once
from sandbox.snapshots.risk_facts import People, measure_all_and_risk, people_of
from sandbox.snapshots.source import open_source
from sandbox.snapshots.source_database import LoginOf, no_logins
from sandbox.snapshots.sql import identifier
from sandbox.snapshots.staging import publish, staging_folder
from sandbox.snapshots.table import Table
from sandbox.snapshots.write import write_file
from sandbox.store.keys import check_value

Progress = Callable[[str, float], None]
"""Called with the step that begins (see STEPS) and the share of the build that is done, 0–1."""

STEPS: tuple[tuple[str, float], ...] = (
    ("read", 0.0),
    ("gate", 0.55),
    ("write", 0.65),
    ("verify", 0.8),
    ("publish", 0.95),
    ("done", 1.0),
)
MEMORY_LIMIT = "448MB"  # of DuckDB; twice as much saved hardly any time on ten million rows
_MASKED = "masked"  # the working table, its pseudonyms packed
_SHOWN = "shown"  # the same as it is going to be published
_BURST = timedelta(minutes=1)  # a newest version further in the future is a clock that went back, not a hasty builder


@dataclass(frozen=True)
class Built:
    """A published snapshot: its folder and its manifest."""

    folder: Path
    manifest: Manifest


def build_snapshot(
    spec: DatasetSpec,
    *,
    base: Path,
    parent: Path,
    key_of: KeyOf,
    now: datetime,
    signer: Signer | None = None,
    login_of: LoginOf = no_logins,
    progress: Progress | None = None,
    memory_limit: str = MEMORY_LIMIT,
    threads: int | None = None,
    beside: Path | None = None,
    key_version: Callable[[str], int] | None = None,
) -> Built:
    """Build one snapshot of ``spec`` into ``parent`` (``snapshots/<dataset>``), where it appears whole or not at all.

    ``base`` is where a relative source path starts; ``now`` (aware) becomes part of the version; ``signer`` makes the
    certificate, without one there is none; ``beside`` is the spec file's folder, where hierarchies are; ``login_of``
    gives the addresses of databases; ``key_version`` tells the version of an entity's key, which the manifest then
    names. Several builds may run at the same time. Raises NotFound, BadInput, Conflict (the source changed), GateFailed
    or Unavailable (disk, memory); nothing is then left behind.
    """
    tell = _Teller(progress)
    key_of = cache(key_of)  # a key that is rotated meanwhile must not make half a snapshot
    hierarchies = read_hierarchies(spec, beside or base)
    with translated(spec.name, lambda error: None), staging_folder(parent) as staging:
        ready = staging / "snapshot"
        ready.mkdir(mode=0o755)
        connection = connect_staging(staging, memory_limit=memory_limit, threads=threads)
        try:
            tell("read")
            source, plan, rows, sampled = _read(connection, spec, base, staging, key_of, hierarchies, login_of)
            quality = check_quality(connection, _SHOWN, spec, parent, lambda e: check_value(key_of(e)), now)
            tell("gate")
            units, passed = _gate(connection, spec, plan)
            references = check_references(connection, _SHOWN, spec, parent, lambda e: check_value(key_of(e)))
            notes = _notes(spec, beside or base, key_version, sampled, references) | {"quality": quality}
            tell("write")
            write_file(connection, identifier(_MASKED), spec, ready / DATA, single=units == rows)
        finally:
            connection.close()
        tell("verify")
        measured = _verified(
            spec, source, plan, rows, units, passed, ready / DATA, staging, key_of, now, memory_limit, sampled
        )
        measured = _after_the_newest(measured, parent)
        _seal(ready, manifest := measured.model_copy(update=notes).complete(), signer)
        tell("publish")
        final = parent / manifest.version
        if not publish(ready, final):
            manifest = read_manifest(final)  # the same content was built in the same second: it is the same snapshot
    tell("done")
    return Built(final, manifest)


def _after_the_newest(manifest: Manifest, parent: Path) -> Manifest:
    """Versions count in seconds: what is built after another within one second gets the next one, to sort behind it."""
    newest = next(iter(published_versions(parent)), None)
    own = VersionId.parse(manifest.version)
    if newest is None or newest == own or not own.time <= newest.time < own.time + _BURST:
        return manifest
    built = newest.time + timedelta(seconds=1)
    return manifest.model_copy(update={"built": built, "version": str(VersionId.of(built, manifest.content_hash))})


def _notes(
    spec: DatasetSpec,
    beside: Path,
    key_version: Callable[[str], int] | None,
    sampled: SampleFacts | None,
    references: tuple[ReferenceFacts, ...],
) -> dict[str, Any]:
    """What the manifest says of the build beyond what is measured on the finished file."""
    return {
        "key_versions": {entity: key_version(entity) for entity in entities_of(spec)} if key_version else {},
        "hierarchies": hierarchy_files(spec, beside),
        "sample": sampled,
        "references": references,
    }


def _seal(ready: Path, manifest: Manifest, signer: Signer | None) -> None:
    """Write manifest and certificate beside the data; nothing of it is to be changed again."""
    (ready / MANIFEST).write_bytes(manifest.render())
    if signer:
        (ready / CERTIFICATE).write_bytes(issue(manifest, signer))
    for file in ready.iterdir():
        file.chmod(0o444)


class _Teller:
    def __init__(self, progress: Progress | None) -> None:
        self._progress, self._shares = progress, dict(STEPS)

    def __call__(self, step: str) -> None:
        if self._progress:
            self._progress(step, self._shares[step])


def _read(
    connection: duckdb.DuckDBPyConnection,
    spec: DatasetSpec,
    base: Path,
    staging: Path,
    key_of: KeyOf,
    hierarchies: Mapping[str, Hierarchy],
    login_of: LoginOf,
) -> tuple[Table, Plan, int, SampleFacts | None]:
    """Stream the source through the masking rules into the working table; its rows, and what was before a sample."""
    with open_source(spec.source, base, connection, staging, source_types(spec), login_of) as source:
        plan = make_plan(spec, source.columns)
        hashed = hash_once(connection, source, plan.pseudonyms, key_of)
        query = "CREATE TABLE " + identifier(_MASKED) + " AS " + plan.select(source.query, key_of, hashed)
        connection.execute(query.text, query.parameters)
    sampled = second_pass(connection, _MASKED, spec, key_of, hierarchies)
    shown = "SELECT " + unpacking(name for name, _, _ in plan.pseudonyms) + " FROM " + identifier(_MASKED)
    connection.execute(("CREATE VIEW " + identifier(_SHOWN) + " AS " + shown).text)
    row = connection.execute(f"SELECT count(*) FROM {identifier(_MASKED).text}").fetchone()
    rows = int(row[0]) if row else 0
    if sampled and not rows:
        raise BadInput(
            "{dataset}: none of {units} units is in the sample of {rate}.",
            "Raise the rate of `sample`, or leave it out.",
            dataset=spec.name,
            units=sampled.units,
            rate=f"{sampled.rate:g}",
        )
    if not rows:
        raise BadInput(
            "The source {file} has no rows.", "Check that it is the right file.", file=source.fingerprint.name
        )
    return source, plan, rows, sampled


def _gate(connection: duckdb.DuckDBPyConnection, spec: DatasetSpec, plan: Plan) -> tuple[int | None, Passed]:
    """(units in the source, what the gates did); units are None when the unit column does not go into the snapshot."""
    if spec.unit.column in plan.dropped:
        return None, Passed((), 0)
    units = check_units(connection, identifier(_MASKED), spec.unit.column, spec.name)
    if spec.population and units > spec.population.size:
        raise BadInput(
            "{dataset} holds {units} units, but its population is said to have {size}.",
            "Correct `population`: it counts all of whom the table may be a part; or leave it out.",
            dataset=spec.name,
            units=f"{units:,}",
            size=f"{spec.population.size:,}",
        )
    if not spec.gates:
        return units, Passed((), 0)
    unit = spec.unit.column
    passed = apply_gates(connection, _MASKED, spec.gates, spec.quasi_identifiers, unit, spec.name, units)
    return units, passed


def _verified(
    spec: DatasetSpec,
    source: Table,
    plan: Plan,
    rows: int,
    units: int | None,
    passed: Passed,
    path: Path,
    staging: Path,
    key_of: KeyOf,
    now: datetime,
    memory_limit: str,
    sampled: SampleFacts | None,
) -> Manifest:
    """Open the finished file as a reader would, measure everything again, and write down what was found."""
    table = identifier(TABLE)
    with connect_locked(path, staging / "spill", memory_limit) as connection:
        contents = read_contents(connection, table, None if units is None else spec.unit.column)
        digest, published, units_after = contents.digest, contents.rows, contents.units
        if published != rows - sum(o.rows_left_out for o in passed.outcomes):
            raise _unlike(spec)
        if units is not None and units_after is None:
            units_after = check_units(connection, table, spec.unit.column, spec.name)
        gates, risk = _confirmed(connection, spec, passed, people_of(spec, sampled), units_after)
        types = table_columns(connection, table)
        columns = _columns(connection, spec, types, single=published == units_after)
    return Manifest(
        dataset=spec.name,
        version=str(VersionId.of(now, digest)),
        built=now,
        title=spec.title,
        description=spec.description,
        owner=spec.owner,
        classification=spec.classification,
        personal=spec.unit.personal,
        unit=spec.unit.column,
        entity=spec.unit.entity,
        entities={entity: check_value(key_of(entity)) for entity in entities_of(spec)},
        spec_hash=spec_hash(spec),
        source=_source_facts(spec, source, plan),
        rows=Counts(entered=rows, published=published, left_out=rows - published),
        units=(
            None if units is None else Counts(entered=units, published=units_after or 0, left_out=passed.units_left_out)
        ),
        columns=columns,
        dropped=plan.dropped,
        gates=gates,
        risk=risk,
        content_hash=digest,
        file=FileFacts(bytes=path.stat().st_size, sha256=file_sha256(path)),
        versions={"sandbox": sandbox.__version__, "duckdb": duckdb.__version__, "storage": STORAGE_VERSION},
    )


def _confirmed(
    connection: duckdb.DuckDBPyConnection,
    spec: DatasetSpec,
    passed: Passed,
    people: People | None,
    units: int | None,
) -> tuple[tuple[GateResult, ...], RiskFacts | None]:
    """The gates measured on the finished file: the numbers that count; and what is left of the risk. ``units`` were
    counted there.

    There is no risk when the table is not about persons or no column could point at one.
    """
    gates, table = [o.gate for o in passed.outcomes], identifier(TABLE)
    quasi, unit = spec.quasi_identifiers, spec.unit.column
    risk = None
    if spec.unit.personal and quasi:
        found, risk = measure_all_and_risk(connection, table, gates, quasi, unit, people, units)
    else:
        found = measure_all(connection, table, gates, quasi, unit, units) if gates else ()
    if any(after.small or not after.count for after in found):
        raise _unlike(spec)
    return tuple(_result(outcome, after) for outcome, after in zip(passed.outcomes, found, strict=True)), risk


def _result(outcome: Outcome, after: Classes) -> GateResult:
    return GateResult(
        **outcome.gate.model_dump(),
        unit=outcome.unit,
        quasi_identifiers=outcome.quasi_identifiers,
        before=_counts(outcome.before),
        after=_counts(after),
        rows_left_out=outcome.rows_left_out,
        units_left_out=outcome.units_left_out,
        share_left_out=round(outcome.share_left_out, 6),
    )


def _counts(classes: Classes) -> ClassCounts:
    worst = None if classes.worst is None else round(classes.worst, 6)
    return ClassCounts(count=classes.count, smallest=classes.smallest, small=classes.small, worst=worst)


def _columns(
    connection: duckdb.DuckDBPyConnection, spec: DatasetSpec, types: Sequence[tuple[str, str]], *, single: bool
) -> tuple[ColumnFacts, ...]:
    """``single``: no unit has two rows, so that counting rows counts units."""
    table = identifier(TABLE)
    profiler = Profiler(connection, table, [name for name, _ in types], _unit_of(spec), single=single)
    return tuple(
        ColumnFacts(
            name=name,
            type=kind,
            cls=spec.columns[name].cls,
            rule=spec.columns[name].rule.model_dump(mode="json"),
            description=spec.columns[name].description,
            profile=profiler.profile(name, kind, pseudonyms=isinstance(spec.columns[name].rule, Pseudonym)),
        )
        for name, kind in types
    )


def _unit_of(spec: DatasetSpec) -> str | None:
    return spec.unit.column if spec.unit.personal else None


def _source_facts(spec: DatasetSpec, source: Table, plan: Plan) -> SourceFacts:
    found = source.fingerprint
    return SourceFacts(
        kind=spec.source.kind,
        name=found.name,
        bytes=found.bytes,
        sha256=found.sha256,
        encoding=source.found.get("encoding"),
        columns=tuple(name for name, _ in source.columns),
        unlisted=plan.unlisted,
        linkage=source.linkage,
    )


def _unlike(spec: DatasetSpec) -> Damaged:
    return Damaged(
        "{dataset}: the finished file does not hold what was written to it, so it was not published.",
        "Build again; if it happens twice, have the disk checked.",
        dataset=spec.name,
    )
