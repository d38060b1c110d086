"""SQLite sources: one table, opened read-only, streamed in Arrow batches inside one read transaction.

SQLite stores any type in any column. A column's type is found from the values that are there: only whole numbers give
BIGINT, numbers DOUBLE, bytes BLOB; texts are DATE or TIMESTAMP when the table declares them so, and VARCHAR otherwise.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from sandbox.core.errors import BadInput, NotFound
from sandbox.core.source import Source
from sandbox.snapshots.fingerprint import fingerprint
from sandbox.snapshots.sql import Sql, identifier
from sandbox.snapshots.table import Table, Types, declared_columns

BATCH = 10_000
_MAGIC = b"SQLite format 3\0"
_ARROW = {"BIGINT": pa.int64(), "DOUBLE": pa.float64(), "VARCHAR": pa.string(), "BLOB": pa.binary()}


def open_table(source: Source, path: Path, connection: duckdb.DuckDBPyConnection, scratch: Path, types: Types) -> Table:
    log = path.with_name(path.name + "-wal")
    print_ = fingerprint(path, *([log] if log.exists() else []))
    database = _connect(path)
    try:
        name = str(source.table)
        if name not in _tables(database):
            raise NotFound(
                "{file} has no table “{table}”; it has: {tables}.",
                "Correct `table` in the source.",
                file=path.name,
                table=name,
                tables=", ".join(_tables(database)) or "–",
            )
        database.execute("BEGIN")
        found = _columns(database, name)
        schema = pa.schema([(n, _ARROW[t]) for n, t, _ in found])
        reader = pa.RecordBatchReader.from_batches(schema, _batches(database, name, schema))
        connection.register("source_rows", reader)
        dates = {n: declared for n, _, declared in found if declared}
        columns, query = declared_columns(
            tuple((n, t) for n, t, _ in found), {**dates, **_given(types)}, Sql("source_rows"), connection
        )
    except sqlite3.Error as error:
        database.close()
        raise _unreadable(path, error) from None
    except BaseException:
        database.close()
        raise
    return Table(columns, query, lambda: print_, close=database.close)


def only_table(path: Path) -> str:
    """The name of the file's only table; BadInput that lists them when there are several."""
    try:
        database = _connect(path)
        try:
            tables = _tables(database)
        finally:
            database.close()
    except sqlite3.Error as error:
        raise _unreadable(path, error) from None
    if len(tables) != 1:
        raise BadInput(
            "{file} has {count} tables: {tables}.",
            "Say which one with `table`.",
            file=path.name,
            count=len(tables),
            tables=", ".join(tables) or "–",
        )
    return tables[0]


def _connect(path: Path) -> sqlite3.Connection:
    with path.open("rb") as file:
        if file.read(16) != _MAGIC:
            raise BadInput("{file} is not a SQLite file.", "Correct `kind` or `path` in the source.", file=path.name)
    # DuckDB pulls the batches from a thread of its own; there is never more than one at a time.
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, check_same_thread=False)


def _tables(database: sqlite3.Connection) -> list[str]:
    rows = database.execute(
        "SELECT name FROM sqlite_schema WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
        " ORDER BY name"
    )
    return [str(r[0]) for r in rows]


def _columns(database: sqlite3.Connection, table: str) -> list[tuple[str, str, str | None]]:
    """(name, type of the stored values, declared DATE or TIMESTAMP of a text column or None)."""
    info = database.execute("SELECT name, type FROM pragma_table_info(?)", (table,)).fetchall()
    found = []
    for name, declared in info:
        column = identifier(name).text
        kinds = {r[0] for r in database.execute(f"SELECT DISTINCT typeof({column}) FROM {identifier(table).text}")} - {
            "null"
        }
        kind = _stored_type(kinds)
        date = {"DATE": "DATE", "DATETIME": "TIMESTAMP", "TIMESTAMP": "TIMESTAMP"}.get(str(declared).upper())
        found.append((str(name), kind, date if kind == "VARCHAR" else None))
    return found


def _stored_type(kinds: set[str]) -> str:
    if kinds and kinds <= {"integer"}:
        return "BIGINT"
    if kinds and kinds <= {"integer", "real"}:
        return "DOUBLE"
    return "BLOB" if kinds == {"blob"} else "VARCHAR"


def _batches(database: sqlite3.Connection, table: str, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    columns = ", ".join(identifier(n).text for n in schema.names)
    cursor = database.execute(f"SELECT {columns} FROM {identifier(table).text}")
    while rows := cursor.fetchmany(BATCH):
        arrays = [
            pa.array([_fit(v, field.type) for v in values], field.type)
            for values, field in zip(zip(*rows, strict=True), schema, strict=True)
        ]
        yield pa.RecordBatch.from_arrays(arrays, schema=schema)


def _fit(item: Any, kind: pa.DataType) -> Any:
    if kind != pa.string() or item is None or isinstance(item, str):
        return item
    return item.decode("utf-8", "replace") if isinstance(item, bytes) else str(item)


def _given(types: Types) -> dict[str, str]:
    return {name: kind for name, kind in types.items() if kind is not None}


def _unreadable(path: Path, error: sqlite3.Error) -> BadInput:
    return BadInput(
        "{file} cannot be read: {problem}.",
        "Check the file with the program that writes it, or copy it while nobody writes.",
        file=path.name,
        problem=str(error),
    )
