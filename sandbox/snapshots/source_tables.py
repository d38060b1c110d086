"""Several sources as one: each becomes a table of a private working database, and one SELECT makes the rows of them.

The SELECT runs in a DuckDB of its own that can reach nothing but these tables: no file, no network, no setting. The
working database is in the build's private folder and gone when the source is closed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import duckdb

from sandbox.core.errors import BadInput, SandboxError
from sandbox.core.source import Source
from sandbox.snapshots.duck import connect_staging
from sandbox.snapshots.fingerprint import Fingerprint
from sandbox.snapshots.sql import Sql, identifier
from sandbox.snapshots.table import Table, Types, check_names, declared_columns

Open = Callable[[Source, duckdb.DuckDBPyConnection, Path], AbstractContextManager[Table]]
_BATCH = 100_000
_LOCK = ("SET enable_external_access = false", "SET lock_configuration = true")


def open_table(
    source: Source, open_part: Open, connection: duckdb.DuckDBPyConnection, scratch: Path, types: Types
) -> Table:
    folder = scratch / "tables"
    folder.mkdir(mode=0o700)
    [(limit,)] = connection.execute("SELECT current_setting('memory_limit')").fetchall()
    inner = connect_staging(folder, memory_limit=str(limit))

    def close() -> None:
        inner.close()
        for file in sorted(folder.rglob("*"), reverse=True):
            file.rmdir() if file.is_dir() else file.unlink(missing_ok=True)
        folder.rmdir()

    try:
        prints = [_load(name, part, open_part, inner, folder) for name, part in (source.tables or {}).items()]
        for statement in _LOCK:
            inner.execute(statement)
        reader = _select(inner, str(source.sql))
        connection.register("source_rows", reader)
        found = tuple((str(r[0]), str(r[1])) for r in connection.execute("DESCRIBE source_rows").fetchall())
        check_names([name for name, _ in found], "sql")
        columns, query = declared_columns(found, types, Sql("source_rows"), connection)
    except BaseException:
        close()
        raise
    digest = hashlib.sha256("".join(p.sha256 for p in prints).encode()).hexdigest()
    whole = Fingerprint(source.label, sum(p.bytes for p in prints), digest)
    return Table(columns, query, lambda: whole, close=close)


def _load(name: str, part: Source, open_part: Open, inner: duckdb.DuckDBPyConnection, folder: Path) -> Fingerprint:
    scratch = folder / f"{name}.scratch"
    scratch.mkdir(mode=0o700)
    with open_part(part, inner, scratch) as table:
        query = "CREATE TABLE " + identifier(name) + " AS " + table.query
        inner.execute(query.text, query.parameters)
    inner.execute("DROP VIEW IF EXISTS source_rows")
    return table.fingerprint


def _select(inner: duckdb.DuckDBPyConnection, sql: str) -> object:
    try:
        statements = inner.extract_statements(sql)
        if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
            raise BadInput("The `sql` of the source is not a single SELECT.", "Write one SELECT over its `tables`.")
        return inner.sql(sql).to_arrow_reader(_BATCH)
    except duckdb.Error as error:
        raise _explain(error) from None


def _explain(error: duckdb.Error) -> SandboxError:
    """Errors of names and syntax are passed on; others may quote values."""
    if isinstance(error, duckdb.ParserException | duckdb.CatalogException | duckdb.BinderException):
        problem = str(error).split("\n\n")[0].splitlines()[0].rstrip(".")
        return BadInput(
            "The `sql` of the source cannot be run: {problem}.", "Correct `sql` in the source.", problem=problem
        )
    if isinstance(error, duckdb.PermissionException):
        return BadInput(
            "The `sql` of the source reaches for something other than its `tables`.",
            "Name every file and database under `tables`; `sql` can read nothing else.",
        )
    return BadInput(
        "The `sql` of the source failed on the rows that are there.", "Look for a cast or a division in `sql`."
    )
