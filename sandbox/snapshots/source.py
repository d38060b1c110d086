"""A source as something to read once: names and types of its columns, one query that streams it, its fingerprint.

Only a snapshot build and a proposal for a spec open sources. Every kind has a module of its own (``source_csv`` …) with
an ``open`` function of the same shape; to add a kind: write that module, add a row to ``_OPENERS`` and the kind to
``core.spec.Source``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import duckdb

from sandbox.core.errors import BadInput, SandboxError
from sandbox.core.spec import Source
from sandbox.snapshots import source_csv, source_excel, source_parquet, source_sqlite
from sandbox.snapshots.duck import connect_private, translated
from sandbox.snapshots.fingerprint import Watch
from sandbox.snapshots.sql import Sql, identifier, value
from sandbox.snapshots.table import Table, Types, check_names

_OPENERS: Mapping[str, Callable[[Source, Path, duckdb.DuckDBPyConnection, Path, Types], Table]] = {
    "csv": source_csv.open_table,
    "parquet": source_parquet.open_table,
    "excel": source_excel.open_table,
    "sqlite": source_sqlite.open_table,
}
_KINDS = {
    ".csv": "csv", ".tsv": "csv", ".txt": "csv",
    ".parquet": "parquet", ".pq": "parquet",
    ".xlsx": "excel", ".xlsm": "excel",
    ".sqlite": "sqlite", ".sqlite3": "sqlite", ".db": "sqlite",
}  # fmt: skip
SAMPLE_ROWS = 5000


@contextmanager
def open_source(
    source: Source, base: Path, connection: duckdb.DuckDBPyConnection, scratch: Path, types: Types | None = None
) -> Iterator[Table]:
    """Open ``source`` (a relative path starts at ``base``) for one pass through ``connection``.

    ``scratch`` is a private folder for a copy in UTF-8, where DuckDB cannot read the encoding. ``types`` are DuckDB
    types to read columns as. What goes wrong while the caller runs the query inside the ``with`` block is told in the
    source's terms. On leaving, the file must still be the one that was opened.

    Raises NotFound, BadInput naming the line where there is one, or Conflict when the source changed meanwhile.
    """
    path = base / source.path
    watch = Watch.on(path)
    table: Table | None = None
    try:
        with translated(path.name, lambda e: table.explain(e) if table else None):
            table = _OPENERS[source.kind](source, path, connection, scratch, types or {})
            if source.number_rows:
                table = _numbered(table, source.number_rows, connection)
            check_names([name for name, _ in table.columns], path.name)
            yield table
    except SandboxError:
        watch.unchanged()  # a source that changed explains everything else that may have gone wrong
        raise
    finally:
        if table:
            table.close()
    watch.unchanged()


def _numbered(table: Table, name: str, connection: duckdb.DuckDBPyConnection) -> Table:
    """``table`` with a first column that counts its rows from 1, in the order of the file."""
    connection.execute("SET preserve_insertion_order = true")  # the same file must give the same numbers
    query = "SELECT row_number() OVER () AS " + identifier(name) + ", * FROM (" + table.query + ")"
    return replace(table, columns=((name, "BIGINT"), *table.columns), query=query)


@dataclass(frozen=True)
class ColumnFacts:
    """What a source's column holds: ``nulls`` and ``distinct`` count over all rows, ``values`` are a sample."""

    name: str
    type: str
    nulls: int
    distinct: int
    values: tuple[str, ...]


@dataclass(frozen=True)
class Inspection:
    """A source as found: ``source`` has the encoding and delimiter filled in, ``rows`` is the number of data rows."""

    source: Source
    rows: int
    columns: tuple[ColumnFacts, ...]


def inspect_source(
    path: Path,
    *,
    table: str | None = None,
    sheet: str | None = None,
    encoding: str | None = None,
    delimiter: str | None = None,
    header: bool = True,
) -> Inspection:
    """Read all of ``path`` once and say what is in it. The kind is told by the file's ending.

    Raises NotFound or BadInput for everything that a build would refuse too, and for a first line that looks like data.
    """
    kind = _KINDS.get(path.suffix.lower())
    if kind is None:
        raise BadInput(
            "{file}: the ending “{suffix}” does not say what kind of table this is.",
            "Use a file that ends in .csv, .tsv, .parquet, .xlsx or .sqlite.",
            file=path.name,
            suffix=path.suffix,
        )
    if kind == "sqlite" and not table:
        table = source_sqlite.only_table(path)
    source = Source.model_validate(
        {"kind": kind, "path": str(path), "table": table, "sheet": sheet,
         "encoding": encoding, "delimiter": delimiter, "header": header}
    )  # fmt: skip
    with connect_private() as (connection, scratch):
        with open_source(source, Path(), connection, scratch) as opened:
            connection.execute("CREATE TABLE t AS " + opened.query.text, opened.query.parameters)
        return Inspection(
            source.model_copy(update={k: v for k, v in opened.found.items() if v is not None}),
            _one(connection, Sql("SELECT count(*) FROM t"))[0],
            tuple(_facts(connection, name, kind) for name, kind in opened.columns),
        )


def _facts(connection: duckdb.DuckDBPyConnection, name: str, kind: str) -> ColumnFacts:
    column = identifier(name)
    nulls, distinct = _one(connection, "SELECT count(*) - count(" + column + "), count(DISTINCT " + column + ") FROM t")
    sample = "SELECT CAST(" + column + " AS VARCHAR) FROM t WHERE " + column + " IS NOT NULL LIMIT "
    sample = sample + value(SAMPLE_ROWS)
    rows = connection.execute(sample.text, sample.parameters).fetchall()
    return ColumnFacts(name, kind, int(nulls), int(distinct), tuple(str(r[0]) for r in rows))


def _one(connection: duckdb.DuckDBPyConnection, query: Sql) -> tuple[Any, ...]:
    row = connection.execute(query.text, query.parameters).fetchone()
    assert row is not None  # noqa: S101 - an aggregate always gives one row
    return tuple(row)
