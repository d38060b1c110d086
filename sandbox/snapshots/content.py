"""The logical content hash: what a table says, whatever the order of its source and the bytes of its file.

A build sorts the rows by everything that is in them, so equal contents are equal row for row; the hash is then taken
column by column in the order of the file. Every value counts as its text (``CAST … AS VARCHAR``): a column has
one SHA-256 over the lengths of its texts in bytes (unsigned, 4 bytes, little-endian; 2³² - 1 for NULL), and one
over the texts themselves. The content hash is the SHA-256 of names, types, number of rows and those hashes as JSON.

Snapshots of format 1 have ``content_hash_1``: there every row was hashed by itself, which cost four times as much.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sandbox.snapshots.sql import Sql, identifier, join

_BATCH = 16_384  # rows; small, so that long texts do not fill the memory
_NULL = 2**32 - 1


@dataclass(frozen=True)
class Contents:
    """``digest`` is hexadecimal. ``units``: how many different values the unit column has; None where that cannot be
    seen while reading, because its texts do not rise from row to row, or some are NULL."""

    digest: str
    rows: int
    units: int | None


def table_columns(connection: duckdb.DuckDBPyConnection, table: Sql) -> list[tuple[str, str]]:
    """(name, DuckDB type) of the columns of ``table``."""
    return [(str(r[0]), str(r[1])) for r in connection.execute("DESCRIBE " + table.text).fetchall()]


def in_order(connection: duckdb.DuckDBPyConnection, table: Sql, first: str | None = None) -> Sql:
    """The ORDER BY clause that makes equal contents equal row for row, by the column ``first`` before all others."""
    columns = [name for name, _ in table_columns(connection, table)]
    return " ORDER BY " + join(identifier(name) for name in sorted(columns, key=lambda name: name != first))


def read_contents(connection: duckdb.DuckDBPyConnection, table: Sql, unit: str | None = None) -> Contents:
    """Read all of ``table`` once, in its order, which the connection must keep (``preserve_insertion_order``)."""
    columns = table_columns(connection, table)
    names = [name for name, _ in columns]
    texts = join("CAST(" + identifier(name) + " AS VARCHAR)" for name in names)
    hashes = [_ColumnHash() for _ in names]
    counter = _UnitCounter()
    rows = 0
    for batch in connection.sql("SELECT " + texts.text + " FROM " + table.text).to_arrow_reader(_BATCH):
        rows += batch.num_rows
        for hashed, column in zip(hashes, batch.columns, strict=True):
            hashed.feed(column)
        if unit in names:
            counter.feed(batch.column(names.index(unit)))
    parts = [columns, rows, [h.hexdigest() for hashed in hashes for h in (hashed.lengths, hashed.texts)]]
    digest = hashlib.sha256(json.dumps(parts, ensure_ascii=False).encode()).hexdigest()
    return Contents(digest, rows, counter.units if unit in names else None)


class _ColumnHash:
    def __init__(self) -> None:
        self.lengths, self.texts = hashlib.sha256(), hashlib.sha256()

    def feed(self, column: pa.Array) -> None:
        empty = column.is_null().to_numpy(zero_copy_only=False) if column.null_count else None
        column = column.cast(pa.large_string()) if empty is None else column.cast(pa.large_string()).fill_null("")
        _, offsets, data = column.buffers()
        ends = np.frombuffer(offsets, dtype=np.int64)[column.offset : column.offset + len(column) + 1]
        lengths = np.diff(ends).astype("<u4")
        if empty is not None:
            lengths[empty] = _NULL
        self.lengths.update(lengths.tobytes())
        if data is not None and ends.size:
            self.texts.update(memoryview(data)[ends[0] : ends[-1]])


class _UnitCounter:
    """Counts the values of a column that rises: wherever a value differs from the one before, a unit begins."""

    def __init__(self) -> None:
        self._last: str | None = None
        self._found: int | None = 0

    @property
    def units(self) -> int | None:
        return self._found

    def feed(self, column: pa.Array) -> None:
        if self._found is None or not len(column):
            return
        first = column[0].as_py()
        before, after = column[:-1], column[1:]
        rising = not column.null_count and (self._last is None or self._last <= first)
        if not (rising and pc.all(pc.less_equal(before, after), min_count=0).as_py()):
            self._found = None
            return
        self._found += int(first != self._last) + int(pc.sum(pc.not_equal(before, after), min_count=0).as_py())
        self._last = column[-1].as_py()


def content_hash_1(connection: duckdb.DuckDBPyConnection, table: Sql) -> tuple[str, int]:
    """(hexadecimal hash, number of rows) of ``table`` as snapshots of format 1 have it.

    Each row is rendered as text (length-prefixed, so that no two rows render alike), hashed with SHA-256, and the first
    120 bits of the hashes are added up: adding does not depend on the order, and unlike XOR it sees duplicates.
    """
    columns = table_columns(connection, table)
    cells = []
    for name, _ in columns:
        text = "CAST(" + identifier(name) + " AS VARCHAR)"
        cells.append("coalesce(length(" + text + ") || ':' || " + text + ", '-')")
    row = "sha256(concat(" + join(cells) + "))"
    query = (
        "SELECT count(*), coalesce(sum(CAST('0x' || left(h, 15) AS BIGINT)), 0), "
        "coalesce(sum(CAST('0x' || substr(h, 16, 15) AS BIGINT)), 0) FROM (SELECT " + row + " AS h FROM " + table + ")"
    )
    found = connection.execute(query.text, query.parameters).fetchone()
    assert found is not None  # noqa: S101 - an aggregate always gives one row
    parts = [columns, *(int(v) for v in found)]
    return hashlib.sha256(json.dumps(parts, ensure_ascii=False).encode()).hexdigest(), int(found[0])


def digest_of(connection: duckdb.DuckDBPyConnection, table: Sql, manifest_format: int) -> tuple[str, int]:
    """(content hash, number of rows) as manifests of that format state them."""
    if manifest_format == 1:
        return content_hash_1(connection, table)
    found = read_contents(connection, table)
    return found.digest, found.rows
