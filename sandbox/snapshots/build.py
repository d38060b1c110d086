"""The build of a snapshot: beside, verified, renamed.

The order matters. Masked rows are written to a working database, never to the file that is published: rows that a gate
removes would stay readable in its free blocks. The published file is written from what passed, closed, opened again
like a reader would, and its gates are measured once more; only then does it get its name.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb

import sandbox
from sandbox.core.errors import BadInput, Damaged
from sandbox.core.ids import VersionId
from sandbox.core.spec import DatasetSpec, Pseudonym
from sandbox.snapshots.content import content_hash, table_columns
from sandbox.snapshots.duck import STORAGE_VERSION, connect_staging, translated
from sandbox.snapshots.fingerprint import file_sha256
from sandbox.snapshots.gates import apply_gates, check_units, measure
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
    RiskFacts,
    SourceFacts,
    read_manifest,
    spec_hash,
)
from sandbox.snapshots.masking import KeyOf
from sandbox.snapshots.open import connect_locked
from sandbox.snapshots.outcome import Classes, Outcome, Passed
from sandbox.snapshots.plan import Plan, make_plan, source_types
from sandbox.snapshots.profile import profile_column
from sandbox.snapshots.risk_facts import risk_facts
from sandbox.snapshots.source import open_source
from sandbox.snapshots.sql import identifier
from sandbox.snapshots.staging import publish, staging_folder
from sandbox.snapshots.table import Table

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
MEMORY_LIMIT = "1GB"
_MASKED = "masked"


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
    progress: Progress | None = None,
    memory_limit: str = MEMORY_LIMIT,
    threads: int | None = None,
) -> Built:
    """Build one snapshot of ``spec`` into ``parent`` (``snapshots/<dataset>``), where it appears whole or not at all.

    ``base`` is where a relative source path starts; ``now`` (aware) becomes part of the version. Several builds may
    run at the same time. Raises NotFound, BadInput, Conflict (the source changed), GateFailed or Unavailable (disk,
    memory); nothing is then left behind.
    """
    tell = _Teller(progress)
    with translated(spec.name, lambda error: None), staging_folder(parent) as staging:
        ready = staging / "snapshot"
        ready.mkdir(mode=0o755)
        connection = connect_staging(staging, memory_limit=memory_limit, threads=threads)
        try:
            tell("read")
            source, plan, rows = _read(connection, spec, base, staging, key_of)
            tell("gate")
            units, passed = _gate(connection, spec, plan)
            tell("write")
            _write(connection, spec, plan, ready / DATA)
        finally:
            connection.close()
        tell("verify")
        manifest = _verified(spec, source, plan, rows, units, passed, ready / DATA, staging, key_of, now)
        (ready / MANIFEST).write_bytes(manifest.render())
        for file in ready.iterdir():
            file.chmod(0o444)
        tell("publish")
        final = parent / manifest.version
        if not publish(ready, final):
            manifest = read_manifest(final)  # the same content was built in the same second: it is the same snapshot
    tell("done")
    return Built(final, manifest)


class _Teller:
    def __init__(self, progress: Progress | None) -> None:
        self._progress, self._shares = progress, dict(STEPS)

    def __call__(self, step: str) -> None:
        if self._progress:
            self._progress(step, self._shares[step])


def _read(
    connection: duckdb.DuckDBPyConnection, spec: DatasetSpec, base: Path, staging: Path, key_of: KeyOf
) -> tuple[Table, Plan, int]:
    """Stream the source through the masking rules into the working table; the number of rows."""
    with open_source(spec.source, base, connection, staging, source_types(spec)) as source:
        plan = make_plan(spec, source.columns)
        query = "CREATE TABLE " + identifier(_MASKED) + " AS " + plan.select(source.query, key_of)
        connection.execute(query.text, query.parameters)
    row = connection.execute(f"SELECT count(*) FROM {identifier(_MASKED).text}").fetchone()
    rows = int(row[0]) if row else 0
    if not rows:
        raise BadInput(
            "The source {file} has no rows.", "Check that it is the right file.", file=source.fingerprint.name
        )
    return source, plan, rows


def _gate(connection: duckdb.DuckDBPyConnection, spec: DatasetSpec, plan: Plan) -> tuple[int | None, Passed]:
    """(units in the source, what the gates did); units are None when the unit column does not go into the snapshot."""
    if spec.unit.column in plan.dropped:
        return None, Passed((), 0)
    units = check_units(connection, identifier(_MASKED), spec.unit.column, spec.name)
    if not spec.gates:
        return units, Passed((), 0)
    passed = apply_gates(connection, _MASKED, spec.gates, spec.quasi_identifiers, spec.unit.column, spec.name)
    return units, passed


def _write(connection: duckdb.DuckDBPyConnection, spec: DatasetSpec, plan: Plan, path: Path) -> None:
    """Write what passed to a database file of its own.

    A personal dataset is sorted by pseudonym: the order of the source (of joining, of surnames) says something about
    people, and the rows of a unit compress better side by side.
    """
    connection.execute(f"ATTACH ? AS target (STORAGE_VERSION '{STORAGE_VERSION}')", [str(path)])
    query = "CREATE TABLE target." + identifier(TABLE) + " AS SELECT * FROM " + identifier(_MASKED)
    if spec.unit.personal and spec.unit.column not in plan.dropped:
        query = query + " ORDER BY " + identifier(spec.unit.column)
        connection.execute("SET preserve_insertion_order = true")
    connection.execute(query.text, query.parameters)
    connection.execute("DETACH target")


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
) -> Manifest:
    """Open the finished file as a reader would, measure everything again, and write down what was found."""
    table = identifier(TABLE)
    with connect_locked(path, staging / "spill") as connection:
        digest, published = content_hash(connection, table)
        if published != rows - sum(o.rows_left_out for o in passed.outcomes):
            raise _unlike(spec)
        gates = tuple(_confirmed(connection, spec, o) for o in passed.outcomes)
        units_after = None if units is None else check_units(connection, table, spec.unit.column, spec.name)
        risk = None if units is None else _risk(connection, spec)
        types = table_columns(connection, table)
        columns = tuple(_column(connection, spec, name, kind) for name, kind in types)
    entities = sorted({c.column.rule.entity for c in plan.columns if isinstance(c.column.rule, Pseudonym)})
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
        entities={entity: _key_check(key_of(entity)) for entity in entities},
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


def _confirmed(connection: duckdb.DuckDBPyConnection, spec: DatasetSpec, outcome: Outcome) -> GateResult:
    """The gate measured on the finished file: the number that counts."""
    gate = outcome.gate
    after = measure(connection, identifier(TABLE), gate, outcome.quasi_identifiers, outcome.unit)
    if after.small or not after.count:
        raise _unlike(spec)
    return GateResult(
        **gate.model_dump(),
        unit=outcome.unit,
        quasi_identifiers=outcome.quasi_identifiers,
        before=_counts(outcome.before),
        after=_counts(after),
        rows_left_out=outcome.rows_left_out,
        units_left_out=outcome.units_left_out,
        share_left_out=round(outcome.share_left_out, 6),
    )


def _risk(connection: duckdb.DuckDBPyConnection, spec: DatasetSpec) -> RiskFacts | None:
    """What is left of the risk; None when the table is not about persons or no column could point at one."""
    if not (spec.unit.personal and spec.quasi_identifiers):
        return None
    return risk_facts(connection, identifier(TABLE), spec.quasi_identifiers, spec.unit.column)


def _counts(classes: Classes) -> ClassCounts:
    worst = None if classes.worst is None else round(classes.worst, 6)
    return ClassCounts(count=classes.count, smallest=classes.smallest, small=classes.small, worst=worst)


def _column(connection: duckdb.DuckDBPyConnection, spec: DatasetSpec, name: str, kind: str) -> ColumnFacts:
    column = spec.columns[name]
    unit = spec.unit.column if spec.unit.personal else None
    return ColumnFacts(
        name=name,
        type=kind,
        cls=column.cls,
        rule=column.rule.model_dump(mode="json"),
        description=column.description,
        profile=profile_column(connection, identifier(TABLE), name, kind, column, unit),
    )


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
    )


def _key_check(key: bytes) -> str:
    """Tells whether two snapshots were made with one key. Eight digits of an HMAC say nothing about 32 random bytes."""
    return hmac.new(key, b"sandbox key check value", hashlib.sha256).hexdigest()[:8]


def _unlike(spec: DatasetSpec) -> Damaged:
    return Damaged(
        "{dataset}: the finished file does not hold what was written to it, so it was not published.",
        "Build again; if it happens twice, have the disk checked.",
        dataset=spec.name,
    )
