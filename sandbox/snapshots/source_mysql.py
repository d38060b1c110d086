"""MySQL and MariaDB sources: a table, view or SELECT, streamed row by row in one read-only transaction.

The snapshot is consistent for transactional tables (InnoDB); MyISAM tables know no transactions. All values come as
text, and DuckDB reads them as the type that the server names: DECIMAL and unsigned numbers exactly, DATETIME as
TIMESTAMP, TIMESTAMP in UTC, BIT(1) as BOOLEAN, longer BIT as number. Zero dates (0000-00-00) are empty. TIME, ENUM,
SET and JSON are texts.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import duckdb
import pyarrow as pa
import pymysql
from pymysql.constants import FIELD_TYPE, FLAG
from pymysql.converters import encoders
from pymysql.cursors import SSCursor

from sandbox.core.errors import BadInput, SandboxError
from sandbox.core.source import Source
from sandbox.snapshots import source_database as database
from sandbox.snapshots.source_database import LoginOf, Stream
from sandbox.snapshots.sql import Sql, identifier
from sandbox.snapshots.table import Table, Types, check_names, declared_columns

_SECONDS = 600  # without a word from the server
_BINARY = 63
_WHOLE = {
    FIELD_TYPE.TINY: "TINYINT", FIELD_TYPE.SHORT: "SMALLINT", FIELD_TYPE.INT24: "INTEGER", FIELD_TYPE.LONG: "INTEGER",
    FIELD_TYPE.LONGLONG: "BIGINT",
}  # fmt: skip
_OTHER = {
    FIELD_TYPE.FLOAT: "FLOAT", FIELD_TYPE.DOUBLE: "DOUBLE", FIELD_TYPE.YEAR: "SMALLINT", FIELD_TYPE.DATE: "DATE",
    FIELD_TYPE.NEWDATE: "DATE", FIELD_TYPE.DATETIME: "TIMESTAMP", FIELD_TYPE.TIMESTAMP: "TIMESTAMP",
}  # fmt: skip
_BYTES = (FIELD_TYPE.TINY_BLOB, FIELD_TYPE.BLOB, FIELD_TYPE.MEDIUM_BLOB, FIELD_TYPE.LONG_BLOB, FIELD_TYPE.STRING,
          FIELD_TYPE.VAR_STRING, FIELD_TYPE.VARCHAR)  # fmt: skip
_LOGIN, _DATABASE, _ANSWER = {1045, 1698, 1251}, {1044, 1049}, {2002, 2003, 2005, 2006, 2013, 2055}
# Errors whose texts name tables, columns, rights and syntax.
_QUERY = {1054, 1064, 1046, 1051, 1142, 1143, 1146, 1305, 1356, 1370, 1792, 1060, 1248, 1222}


def open_table(source: Source, login_of: LoginOf, connection: duckdb.DuckDBPyConnection, types: Types) -> Table:
    rows = database.selected(source, lambda name: "`" + name.replace("`", "``") + "`")
    link = _connect(login_of, source)
    try:
        stream = Stream(source.label, lambda error: _explain(error, source.label))
        cursor = link.cursor()
        try:
            cursor.execute(f"SELECT * FROM {rows}")
        except pymysql.MySQLError as error:
            raise _explain(error, source.label) from None
        fields = cursor._result.fields  # the cursor's public description leaves signs and character sets out
        check_names([f.name for f in fields], source.label)
        schema = pa.schema([(f.name, _arrow(f)) for f in fields])
        connection.register("source_rows", stream.reader(schema, _batches(cursor, schema)))
        # A declared type is read from the text that the server sent, not from what it was taken for.
        found = tuple((f.name, "VARCHAR" if _is_text(f) and types.get(f.name) else _type(f)) for f in fields)
        relation = Sql("(SELECT " + ", ".join(_cell(name, kind) for name, kind in found) + " FROM source_rows)")
        columns, query = declared_columns(found, types, relation, connection)
    except BaseException:
        _close(link)
        raise
    return Table(columns, query, stream.fingerprint, explain=stream.explain, close=lambda: _close(link))


def _connect(login_of: LoginOf, source: Source) -> Any:
    assert source.connection is not None  # noqa: S101 - the model sees to it
    options = _options(login_of(source.connection))
    try:
        # No decoders: values stay the text that the server sent. DuckDB is faster at reading it, and exact.
        link = pymysql.connect(**options, charset="utf8mb4", conv=encoders, cursorclass=SSCursor, local_infile=False)
    except (pymysql.MySQLError, OSError, RuntimeError, ValueError, UnicodeError) as error:
        raise _unconnected(error) from None
    try:
        with link.cursor() as cursor:
            cursor.execute("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            cursor.execute("SET time_zone = '+00:00'")
            cursor.execute(f"SET net_write_timeout = {_SECONDS}")  # while DuckDB is busy, the server must wait
            cursor.execute("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY")
    except pymysql.MySQLError as error:
        _close(link)
        raise _unconnected(error) from None
    return link


def _options(address: str) -> dict[str, Any]:
    """Arguments for the driver; ``?ssl_ca=FILE`` asks for an encrypted connection to a server that this CA signed."""
    try:
        parts = urlsplit(address)
        asked = {name: values[0] for name, values in parse_qs(parts.query, strict_parsing=bool(parts.query)).items()}
        if parts.scheme not in ("mysql", "mariadb") or not parts.hostname or not parts.path.strip("/"):
            raise ValueError
        options: dict[str, Any] = {
            "host": parts.hostname, "port": parts.port or 3306, "user": unquote(parts.username or ""),
            "password": unquote(parts.password or "").encode(), "database": unquote(parts.path.strip("/")),
            "connect_timeout": int(asked.pop("connect_timeout", database.CONNECT_SECONDS)),
            "read_timeout": int(asked.pop("read_timeout", _SECONDS)),
        }  # fmt: skip
        if "ssl_ca" in asked:
            options["ssl"] = ssl.create_default_context(cafile=asked.pop("ssl_ca"))
        if asked:
            raise ValueError
    except (ValueError, OSError):
        raise database.not_an_address("mysql") from None
    return options


def _unconnected(error: Exception) -> SandboxError:
    code = error.args[0] if error.args and isinstance(error.args[0], int) else 0
    if code in _LOGIN:
        return database.login_refused()
    if code in _DATABASE:
        return database.no_database()
    return database.no_answer() if code in _ANSWER else database.connection_failed(str(code or ""))


def _is_text(field: Any) -> bool:
    return bool(_arrow(field) == pa.string())


def _arrow(field: Any) -> pa.DataType:
    """How a field travels: bits as a number, bytes as bytes, everything else as text."""
    if field.type_code == FIELD_TYPE.BIT:
        return pa.uint64()
    if field.type_code == FIELD_TYPE.GEOMETRY or (field.type_code in _BYTES and field.charsetnr == _BINARY):
        return pa.binary()
    return pa.string()


def _type(field: Any) -> str:
    """The DuckDB type of a field."""
    code = field.type_code
    if code in _WHOLE:
        return ("U" if field.flags & FLAG.UNSIGNED else "") + _WHOLE[code]
    if code == FIELD_TYPE.BIT:
        return "BOOLEAN" if field.length == 1 else "UBIGINT"
    if code in (FIELD_TYPE.DECIMAL, FIELD_TYPE.NEWDECIMAL):
        # The length is that of the text: with a sign and a point where there may be one.
        digits = field.length - (field.scale > 0) - (not field.flags & FLAG.UNSIGNED)
        return f"DECIMAL({digits},{field.scale})" if 0 < digits <= 38 else "DOUBLE"
    return "BLOB" if _arrow(field) == pa.binary() else _OTHER.get(code, "VARCHAR")


def _cell(name: str, kind: str) -> str:
    """A column as its type; what is no date at all, such as 0000-00-00, is empty."""
    cell = identifier(name).text
    if kind in ("DATE", "TIMESTAMP"):
        return f"TRY_CAST({cell} AS {kind}) AS {cell}"
    return cell if kind in ("VARCHAR", "BLOB") else f"CAST({cell} AS {kind}) AS {cell}"


def _batches(cursor: SSCursor, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    while rows := cursor.fetchmany(database.BATCH):
        arrays = [
            pa.array([_fit(v, field.type) for v in values], field.type)
            for values, field in zip(zip(*rows, strict=True), schema, strict=True)
        ]
        yield pa.RecordBatch.from_arrays(arrays, schema=schema)


def _fit(item: Any, kind: pa.DataType) -> Any:
    if kind == pa.uint64():
        return None if item is None else int.from_bytes(item, "big")
    if isinstance(item, bytes) and kind == pa.string():
        return item.decode("utf-8", "replace")
    return item


def _explain(error: Exception, place: str) -> SandboxError:
    code = error.args[0] if error.args and isinstance(error.args[0], int) else 0
    if code in _QUERY:
        return database.query_refused(place, str(code), str(error.args[1]).splitlines()[0].rstrip("."))
    if isinstance(error, pymysql.DataError):
        return BadInput(
            "{place}: a stored value does not fit what the query does with it ({code}).",
            "Correct the query, for example a cast or a division.",
            place=place,
            code=code,
        )
    return database.reading_failed(place, str(code or ""))


def _close(link: Any) -> None:
    """Ends the transaction by ending the connection, without reading rows that are still on their way."""
    link._force_close()
