"""One writer per kind of file. The CSV is the same to the byte for the same table; the others hold the same content."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
from openpyxl import Workbook


def write_csv(table: pa.Table, path: Path) -> None:
    """UTF-8 with header, comma-separated, texts in quotes, empty fields for missing values."""
    pa.csv.write_csv(table, path, pa.csv.WriteOptions(quoting_style="needed"))


def write_parquet(table: pa.Table, path: Path) -> None:
    pa.parquet.write_table(table, path, compression="zstd")


def write_sqlite(table: pa.Table, path: Path, name: str) -> None:
    """One table `name`; times as ISO 8601 text, as SQLite has no type for them."""
    kinds = ["REAL" if pa.types.is_floating(f.type) else "TEXT" for f in table.schema]
    columns = ", ".join(f'"{f.name}" {kind}' for f, kind in zip(table.schema, kinds, strict=True))
    times = [i for i, f in enumerate(table.schema) if pa.types.is_timestamp(f.type)]
    for i in times:
        table = table.set_column(i, table.schema[i].name, table.column(i).cast(pa.timestamp("s")).cast(pa.string()))
    rows = zip(*(column.to_pylist() for column in table.columns), strict=True)
    marks = ", ".join("?" * table.num_columns)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(f'CREATE TABLE "{name}" ({columns})')
        connection.executemany(f'INSERT INTO "{name}" VALUES ({marks})', rows)  # noqa: S608 - our own name


def write_xlsx(table: pa.Table, path: Path, sheet: str) -> None:
    """One sheet with a header row; empty texts become empty cells."""
    book = Workbook(write_only=True)
    page = book.create_sheet(sheet)
    page.append(table.column_names)
    for row in zip(*(column.to_pylist() for column in table.columns), strict=True):
        page.append([None if value == "" else value for value in row])
    book.save(path)
