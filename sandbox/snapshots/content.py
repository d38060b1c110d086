"""The logical content hash: what a table says, whatever the order of its rows and the bytes of its file.

Each row is rendered as text (length-prefixed, so that no two rows render alike), hashed with SHA-256, and the first
120 bits of the hashes are added up: adding does not depend on the order, and unlike XOR it sees duplicates. The
result is for comparing builds; against somebody who changes the file on purpose stands the file's own sha256.
"""

from __future__ import annotations

import hashlib
import json

import duckdb

from sandbox.snapshots.sql import Sql, identifier, join


def table_columns(connection: duckdb.DuckDBPyConnection, table: Sql) -> list[tuple[str, str]]:
    """(name, DuckDB type) of the columns of ``table``."""
    return [(str(r[0]), str(r[1])) for r in connection.execute("DESCRIBE " + table.text).fetchall()]


def content_hash(connection: duckdb.DuckDBPyConnection, table: Sql) -> tuple[str, int]:
    """(hexadecimal hash, number of rows) of ``table``."""
    columns = table_columns(connection, table)
    cells = []
    for name, _ in columns:
        text = "CAST(" + identifier(name) + " AS VARCHAR)"
        cells.append("coalesce(length(" + text + ") || ':' || " + text + ", '-')")
    row = "sha256(concat(" + join(cells) + "))"
    query = (
        "SELECT count(*), coalesce(sum(CAST('0x' || h[1:15] AS BIGINT)), 0), "
        "coalesce(sum(CAST('0x' || h[16:30] AS BIGINT)), 0) FROM (SELECT " + row + " AS h FROM " + table + ")"
    )
    found = connection.execute(query.text, query.parameters).fetchone()
    assert found is not None  # noqa: S101 - an aggregate always gives one row
    parts = [columns, *(int(v) for v in found)]
    return hashlib.sha256(json.dumps(parts, ensure_ascii=False).encode()).hexdigest(), int(found[0])
