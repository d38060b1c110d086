"""Parquet sources: read by DuckDB directly."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pyarrow.parquet

from sandbox.core.errors import BadInput
from sandbox.core.source import Source
from sandbox.snapshots.fingerprint import HashedMeanwhile
from sandbox.snapshots.sql import Sql
from sandbox.snapshots.table import Table, Types, declared_columns

_MAGIC = b"PAR1"


def open_table(source: Source, path: Path, connection: duckdb.DuckDBPyConnection, scratch: Path, types: Types) -> Table:
    with path.open("rb") as file:
        head = file.read(4)
        file.seek(max(0, path.stat().st_size - 4))
        tail = file.read(4)
    if head != _MAGIC or tail != _MAGIC:
        raise BadInput(
            "{file} is not a complete Parquet file.",
            "Wait until it has been written to its end, or export it again.",
            file=path.name,
        )
    relation = Sql("read_parquet(?)", (str(path),))
    described = connection.execute(f"DESCRIBE SELECT * FROM {relation.text}", relation.parameters).fetchall()
    columns, query = declared_columns(tuple((r[0], r[1]) for r in described), types, relation, connection)
    hashed = HashedMeanwhile(path)
    rows = pyarrow.parquet.read_metadata(path).num_rows
    return Table(columns, query, hashed, close=hashed.stop, rereadable=True, rows=rows, columnar=True)
