"""A source as something to read once: names and types of its columns, one query that streams it, its fingerprint.

Only a snapshot build and a proposal for a spec open sources. Every kind has a module of its own (``source_csv`` …) with
an ``open_table`` function; to add a kind: write that module, add it to ``_FILES`` or ``_DATABASES`` and to
``core.source.Source``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Any

import duckdb

from sandbox.core.errors import BadInput, SandboxError
from sandbox.core.source import Source
from sandbox.snapshots import (
    source_csv,
    source_excel,
    source_jsonl,
    source_linked,
    source_mysql,
    source_parquet,
    source_postgresql,
    source_sqlite,
    source_tables,
)
from sandbox.snapshots.duck import connect_private, translated
from sandbox.snapshots.fingerprint import Watch
from sandbox.snapshots.source_database import LoginOf, no_logins
from sandbox.snapshots.sql import Sql, identifier, join, value
from sandbox.snapshots.table import Table, Types, check_names

_FILES: Mapping[str, Callable[[Source, Path, duckdb.DuckDBPyConnection, Path, Types], Table]] = {
    "csv": source_csv.open_table,
    "parquet": source_parquet.open_table,
    "excel": source_excel.open_table,
    "jsonl": source_jsonl.open_table,
    "sqlite": source_sqlite.open_table,
}
_DATABASES: Mapping[str, Callable[[Source, LoginOf, duckdb.DuckDBPyConnection, Types], Table]] = {
    "postgresql": source_postgresql.open_table,
    "mysql": source_mysql.open_table,
}
_KINDS = {
    ".csv": "csv", ".tsv": "csv", ".txt": "csv",
    ".parquet": "parquet", ".pq": "parquet",
    ".xlsx": "excel", ".xlsm": "excel",
    ".jsonl": "jsonl", ".ndjson": "jsonl",
    ".sqlite": "sqlite", ".sqlite3": "sqlite", ".db": "sqlite",
}  # fmt: skip
SAMPLE_ROWS = 5000
_TOGETHER = 50  # columns


@contextmanager
def open_source(
    source: Source,
    base: Path,
    connection: duckdb.DuckDBPyConnection,
    scratch: Path,
    types: Types | None = None,
    login_of: LoginOf = no_logins,
) -> Iterator[Table]:
    """Open ``source`` (a relative path starts at ``base``) for one pass through ``connection``.

    ``scratch`` is a private folder for what DuckDB cannot read where it is. ``types`` are DuckDB types to read columns
    as; ``login_of`` gives the addresses of databases. What goes wrong while the caller runs the query inside the
    ``with`` block is told in the source's terms. On leaving, a file must still be the one that was opened.

    Raises NotFound, BadInput naming the line where there is one, NotAllowed or Unavailable for a database, or Conflict
    when the source changed meanwhile.
    """
    watch = Watch.on(base / source.path) if source.path is not None else None
    table: Table | None = None

    def open_part(
        part: Source, inner: duckdb.DuckDBPyConnection, folder: Path, types: Types | None = None
    ) -> AbstractContextManager[Table]:
        return open_source(part, base, inner, folder, types, login_of)

    try:
        with translated(source.label, lambda e: table.explain(e) if table else None):
            if source.path is not None:
                table = _FILES[source.kind](source, base / source.path, connection, scratch, types or {})
            elif source.kind == "tables":
                table = source_tables.open_table(source, open_part, connection, scratch, types or {})
            elif source.kind == "linked":
                table = source_linked.open_table(source, open_part, connection, scratch)
            else:
                table = _DATABASES[source.kind](source, login_of, connection, types or {})
            if source.number_rows:
                table = _numbered(table, source.number_rows, connection)
            check_names([name for name, _ in table.columns], source.label)
            yield table
    except SandboxError:
        if watch:
            watch.unchanged()  # a source that changed explains everything else that may have gone wrong
        raise
    finally:
        if table:
            table.close()
    if watch:
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


def inspect_source(path: Path, *, table: str | None = None, **says: Any) -> Inspection:
    """Read all of ``path`` once and say what is in it. The kind is told by the file's ending; ``says`` is what the file
    itself does not tell, as in a Source (``sheet``, ``encoding``, ``header``, ``skip_rows`` …).

    Raises NotFound or BadInput for everything that a build would refuse too, and for a first line that looks like data.
    """
    kind = _KINDS.get(path.suffix.lower())
    if path.is_dir():
        raise BadInput("{file} is a folder.", "Name the file with the table in it.", file=path.name)
    if kind is None:
        raise BadInput(
            "{file}: the ending “{suffix}” does not say what kind of table this is.",
            "Use a file that ends in .csv, .tsv, .parquet, .xlsx, .jsonl or .sqlite.",
            file=path.name,
            suffix=path.suffix,
        )
    if kind == "sqlite" and not table:
        table = source_sqlite.only_table(path)
    return inspect(Source.said(kind=kind, path=str(path), table=table, **says))


def inspect(source: Source, base: Path = Path(), login_of: LoginOf = no_logins) -> Inspection:
    """Read all of ``source`` once and say what is in it. Raises what a build would raise."""
    with connect_private() as (connection, scratch):
        with open_source(source, base, connection, scratch, None, login_of) as opened:
            connection.execute("CREATE TABLE t AS " + opened.query.text, opened.query.parameters)
        return Inspection(
            source.model_copy(update={k: v for k, v in opened.found.items() if v is not None}),
            _one(connection, Sql("SELECT count(*) FROM t"))[0],
            tuple(chain.from_iterable(_facts(connection, chunk) for chunk in _chunks(opened.columns))),
        )


def _facts(connection: duckdb.DuckDBPyConnection, columns: Sequence[tuple[str, str]]) -> Iterator[ColumnFacts]:
    """The facts of some columns together: for one after the other, making the queries takes longer than reading."""
    cells = [identifier(name) for name, _ in columns]
    counts = join("count(" + cell + "), count(DISTINCT " + cell + ")" for cell in cells)
    rows, *pairs = _one(connection, "SELECT count(*), " + counts + " FROM t")
    texts = join("CAST(" + cell + " AS VARCHAR)" for cell in cells)
    query = "SELECT " + texts + " FROM t LIMIT " + value(SAMPLE_ROWS)
    samples = list(zip(*connection.execute(query.text, query.parameters).fetchall(), strict=True))
    for number, (name, kind) in enumerate(columns):
        filled, distinct = (int(n) for n in pairs[2 * number : 2 * number + 2])
        sample = [text for text in samples[number] if text is not None] if samples else []
        if len(sample) < min(filled, SAMPLE_ROWS):  # there are gaps among the first rows
            sample = _sample(connection, cells[number])
        yield ColumnFacts(name, kind, rows - filled, distinct, tuple(map(str, sample)))


def _sample(connection: duckdb.DuckDBPyConnection, cell: Sql) -> list[str]:
    query = "SELECT CAST(" + cell + " AS VARCHAR) FROM t WHERE " + cell + " IS NOT NULL LIMIT " + value(SAMPLE_ROWS)
    return [text for (text,) in connection.execute(query.text, query.parameters).fetchall()]


def _chunks(columns: Sequence[tuple[str, str]]) -> Iterator[Sequence[tuple[str, str]]]:
    """Planning takes time with the square of the expressions."""
    return (columns[start : start + _TOGETHER] for start in range(0, len(columns), _TOGETHER))


def _one(connection: duckdb.DuckDBPyConnection, query: Sql) -> tuple[Any, ...]:
    row = connection.execute(query.text, query.parameters).fetchone()
    assert row is not None  # noqa: S101 - an aggregate always gives one row
    return tuple(row)
