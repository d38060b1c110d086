"""Foreign keys between datasets: how many values of a masked column are found in the snapshot that it refers to.

Both sides are masked: what is compared are pseudonyms of one entity under one key, or values that both keep. Measured
on what will be published, after the gates. A unit that the other dataset's gates left out is rightly not found.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import duckdb

from sandbox.core.errors import GateFailed
from sandbox.core.messages import Message
from sandbox.core.rules import Pseudonym
from sandbox.core.spec import DatasetSpec, Reference
from sandbox.snapshots.manifest import DATA, TABLE, Manifest, ReferenceFacts, published_versions, read_manifest
from sandbox.snapshots.open import check_file
from sandbox.snapshots.sql import Sql, identifier

_OTHER = "referenced"


def check_references(
    connection: duckdb.DuckDBPyConnection, table: str, spec: DatasetSpec, parent: Path, check_of: Callable[[str], str]
) -> tuple[ReferenceFacts, ...]:
    """What was found for every column with ``references``, in the newest snapshots beside ``parent``.

    ``check_of`` gives the check value of an entity's key. Raises GateFailed where more is missing than the spec
    tolerates, or nothing can be compared, and the spec says ``stop``.
    """
    found = []
    for name, column in spec.columns.items():
        if column.references is None:
            continue
        check = check_of(column.rule.entity) if isinstance(column.rule, Pseudonym) else None
        facts = measure_reference(connection, table, name, column.references, parent.parent, check)
        if not facts.ok and column.references.otherwise == "stop":
            raise GateFailed(
                "{dataset}: the reference of “{column}” to {other} does not hold: {why}",
                "Build {other} again first, or correct the source; or raise `tolerance`, or say `otherwise: warn`.",
                dataset=spec.name,
                column=name,
                other=facts.dataset,
                why=tell_reference(facts),
            )
        found.append(facts)
    return tuple(found)


def tell_reference(facts: ReferenceFacts) -> Message:
    """What was found, for people."""
    fields = {"column": facts.column, "other": f"{facts.dataset}.{facts.referenced}", "version": facts.version or ""}
    if facts.problem == "no snapshot":
        return Message("“{column}” refers to {other}, of which there is no snapshot.", fields)
    if facts.problem == "no column":
        return Message("“{column}” refers to {other}, but the snapshot {version} has no such column.", fields)
    if facts.problem == "other key":
        return Message("“{column}” refers to {other}, whose snapshot {version} was built with another key.", fields)
    fields |= {"share": f"{facts.share:.1%}", "values": f"{facts.values:,}", "least": f"{1 - facts.tolerance:.1%}"}
    if facts.ok:
        return Message("{share} of {values} values of “{column}” are found in {other}.", fields)
    return Message("only {share} of {values} values of “{column}” are found in {other}; {least} are asked for.", fields)


def measure_reference(
    connection: duckdb.DuckDBPyConnection, table: str, name: str, wanted: Reference, snapshots: Path, check: str | None
) -> ReferenceFacts:
    """How many values of the column ``name`` are in the newest snapshot in ``snapshots`` that is referred to.

    ``check`` is the check value of the pseudonyms' key, None for values that both keep.
    """
    facts = ReferenceFacts(
        column=name, dataset=wanted.dataset, referenced=wanted.column, tolerance=wanted.tolerance, ok=False
    )
    versions = published_versions(snapshots / wanted.dataset)
    if not versions:
        return facts.model_copy(update={"problem": "no snapshot"})
    folder = snapshots / wanted.dataset / str(versions[0])
    manifest = read_manifest(folder)
    facts = facts.model_copy(update={"version": manifest.version})
    problem = _incomparable(manifest, wanted.column, check)
    if problem:
        return facts.model_copy(update={"problem": problem})
    check_file(folder, manifest)
    connection.execute(f"ATTACH ? AS {_OTHER} (READ_ONLY)", [str(folder / DATA)])
    try:
        values, rows, values_found, rows_found = _count(connection, identifier(table), name, wanted.column)
    finally:
        connection.execute(f"DETACH {_OTHER}")
    share = values_found / values if values else 1.0
    return facts.model_copy(
        update={
            "values": values,
            "share": round(share, 6),
            "share_of_rows": round(rows_found / rows, 6) if rows else 1.0,
            "ok": share >= 1 - wanted.tolerance,
        }
    )


def _incomparable(manifest: Manifest, column: str, check: str | None) -> str | None:
    there = next((c for c in manifest.columns if c.name == column), None)
    if there is None:
        return "no column"
    if check is not None and manifest.entities.get(str(there.rule.get("entity"))) != check:
        return "other key"
    return None


def _count(connection: duckdb.DuckDBPyConnection, table: Sql, column: str, other: str) -> tuple[int, int, int, int]:
    """(distinct values, rows, distinct values found, rows found) of the filled rows."""
    own = "SELECT CAST(" + identifier(column) + " AS VARCHAR) AS v, count(*) AS n FROM " + table + " GROUP BY 1"
    there = "SELECT CAST(" + identifier(other) + f" AS VARCHAR) FROM {_OTHER}." + identifier(TABLE)
    query = (
        "SELECT count(*), coalesce(sum(n), 0), count(*) FILTER (WHERE found), coalesce(sum(n) FILTER (WHERE found), 0)"
        " FROM (SELECT n, v IN (" + there + ") AS found FROM (" + own + ") WHERE v IS NOT NULL)"
    )
    row = connection.execute(query.text, query.parameters).fetchone() or (0, 0, 0, 0)
    values, rows, values_found, rows_found = (int(v) for v in row)
    return values, rows, values_found, rows_found
