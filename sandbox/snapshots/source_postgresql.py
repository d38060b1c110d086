"""PostgreSQL sources: a table, view or SELECT, over ADBC, streamed as Arrow batches in one read-only transaction.

REPEATABLE READ: every row is as it was when the transaction began. Types that a table of ours can hold come as they
are; numeric(p, s) is DECIMAL, numeric without size DOUBLE unless the spec declares a type; times with a zone are in
UTC; arrays, JSON, ranges, enums, network addresses and the rest are their text. Infinite dates are empty.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

import adbc_driver_manager as adbc
import adbc_driver_postgresql.dbapi as driver
import duckdb
import pyarrow as pa

from sandbox.core.errors import BadInput, SandboxError
from sandbox.core.source import Source
from sandbox.snapshots import source_database as database
from sandbox.snapshots.source_database import LoginOf, Stream
from sandbox.snapshots.sql import Sql, identifier
from sandbox.snapshots.table import Table, Types, check_names, declared_columns

_BATCH_BYTES = "4194304"
_AS_THEY_ARE = {"int2", "int4", "int8", "bool", "float4", "float8", "bytea", "text", "varchar", "time"}
_MAY_BE_INFINITE = {"date", "timestamp", "timestamptz"}


def open_table(source: Source, login_of: LoginOf, connection: duckdb.DuckDBPyConnection, types: Types) -> Table:
    rows = database.selected(source, lambda name: identifier(name).text)
    link = _connect(login_of, source)
    try:
        cursor = link.cursor()
        stream = Stream(source.label, lambda error: _explain(error, source.label))
        try:
            # What the driver knows of a query's columns without running it.
            found = cursor.adbc_execute_schema(f"SELECT * FROM {rows}")
            check_names(found.names, source.label)
            selected = ", ".join(f"{_transport(f)} AS {identifier(f.name).text}" for f in found)
            cursor.adbc_statement.set_options(**{"adbc.postgresql.batch_size_hint_bytes": _BATCH_BYTES})
            cursor.execute(f"SELECT {selected} FROM {rows}")
            batches = cursor.fetch_record_batch()
        except adbc.Error as error:
            raise _explain(error, source.label) from None
        connection.register("source_rows", stream.reader(batches.schema, iter(batches)))
        described = connection.execute("DESCRIBE source_rows").fetchall()
        decimals = {f.name: kind for f in found if (kind := _decimal(f))}
        columns = tuple((str(r[0]), str(r[1])) for r in described)
        given = {name: types.get(name) or decimals.get(name) for name, _ in columns}
        typed, query = declared_columns(columns, given, _numbers(columns, decimals), connection)
    except BaseException:
        _close(link)
        raise
    return Table(typed, query, stream.fingerprint, explain=stream.explain, close=lambda: _close(link, cursor))


def _numbers(columns: tuple[tuple[str, str], ...], decimals: dict[str, str]) -> Sql:
    """The stream; NaN, which a DECIMAL cannot hold, is empty."""
    cells = []
    for name, _ in columns:
        cell = identifier(name).text
        sized = decimals.get(name, "DOUBLE") != "DOUBLE"
        cells.append(f"nullif({cell}, 'NaN') AS {cell}" if sized else cell)
    return Sql(f"(SELECT {', '.join(cells)} FROM source_rows)")


def _connect(login_of: LoginOf, source: Source) -> Any:
    assert source.connection is not None  # noqa: S101 - the model sees to it
    try:
        link = driver.connect(_address(login_of(source.connection)), autocommit=False)
    except adbc.Error as error:
        raise _unconnected(str(error)) from None
    try:
        with link.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            cursor.execute("SET LOCAL TIME ZONE 'UTC'")
    except adbc.Error as error:
        _close(link)
        raise database.connection_failed(getattr(error, "sqlstate", "") or "") from None
    return link


def _address(text: str) -> str:
    """A URL with a time limit for connecting, unless it has one."""
    try:
        parts = urlsplit(text)
        port_is_a_number = parts.port is None or parts.port > 0
    except ValueError:
        raise database.not_an_address("postgresql") from None
    if parts.scheme not in ("postgresql", "postgres") or not port_is_a_number:
        raise database.not_an_address("postgresql")
    if "connect_timeout" in parts.query:
        return text
    return f"{text}{'&' if parts.query else '?'}connect_timeout={database.CONNECT_SECONDS}"


def _unconnected(text: str) -> SandboxError:
    """libpq has no code for a connection that fails, only texts; they choose what we say and are not passed on."""
    low = text.lower()
    if "authentication failed" in low or "no password supplied" in low or ("role" in low and "exist" in low):
        return database.login_refused()
    if "database" in low and "exist" in low:
        return database.no_database()
    if any(sign in low for sign in ("refused", "translate host", "timeout", "timed out", "unreachable", "no route",
                                    "closed the connection")):  # fmt: skip
        return database.no_answer()
    if "invalid" in low or "missing" in low:
        return database.not_an_address("postgresql")
    return database.connection_failed("")


def _type(field: pa.Field) -> str:
    return str((field.metadata or {}).get(b"POSTGRESQL:type", b"").decode())


def _transport(field: pa.Field) -> str:
    """The column as it is fetched, in a type that Arrow and DuckDB both know."""
    cell, kind = identifier(field.name).text, _type(field)
    if kind in _AS_THEY_ARE:
        return cell
    if kind in _MAY_BE_INFINITE:
        return f"CASE WHEN isfinite({cell}) THEN {cell} END"
    if kind == "numeric":
        return f"trim_scale({cell})::text" if _size(field) is None else f"{cell}::text"
    if kind == "oid":
        return f"{cell}::int8"
    return f"{cell}::numeric::text" if kind == "money" else f"{cell}::text"


def _size(field: pa.Field) -> tuple[int, int] | None:
    """(precision, scale) of a numeric that declares them; see numeric_typmod in PostgreSQL's numeric.c."""
    modifier = int((field.metadata or {}).get(b"POSTGRESQL:typmod", b"-1"))
    if modifier < 4:
        return None
    precision, scale = (modifier - 4) >> 16, (modifier - 4) & 0x7FF
    return precision, scale - 0x800 if scale & 0x400 else scale


def _decimal(field: pa.Field) -> str | None:
    """The DuckDB type of a number that travels as text."""
    kind = _type(field)
    if kind == "money":
        return "DECIMAL(19,2)"
    if kind != "numeric":
        return None
    precision, scale = _size(field) or (0, 0)
    precision, scale = (precision - scale, 0) if scale < 0 else (max(precision, scale), scale)
    return f"DECIMAL({precision},{scale})" if 0 < precision <= 38 else "DOUBLE"


def _explain(error: Exception, place: str) -> SandboxError:
    code = str(getattr(error, "sqlstate", None) or "")
    if "read-only transaction" in str(error):  # while rows are read the driver tells no code
        return database.query_refused(place, "25006", "it would change something, and a source is only read")
    if code[:2] in ("42", "3F", "25", "0A"):  # syntax, names and rights; nothing of what is stored
        first = str(error).split("ERROR:")[-1].strip().splitlines()[0]
        return database.query_refused(place, code, first.rstrip("."))
    if code[:2] == "22":
        return BadInput(
            "{place}: a stored value does not fit what the query does with it ({code}).",
            "Correct the query, for example a cast or a division.",
            place=place,
            code=code,
        )
    return database.reading_failed(place, code)


def _close(link: Any, cursor: Any = None) -> None:
    """Ends the transaction by ending the connection. The batches come from the cursor: it must live until here."""
    for opened in (cursor, link):
        with suppress(adbc.Error, RuntimeError):
            if opened is not None:
                opened.close()
