"""Excel sources: one sheet, its first filled row names the columns; read twice, row by row, never as a whole.

The first pass finds a type for each column (a sheet may mix anything), the second streams Arrow batches to DuckDB.
Cells with a formula give the value that Excel last stored; error cells such as #N/A count as empty.
"""

from __future__ import annotations

import zipfile
from collections import deque
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import pyarrow as pa
from openpyxl.utils import get_column_letter
from openpyxl.utils.exceptions import InvalidFileException

from sandbox.core.errors import BadInput, NotFound
from sandbox.core.source import Source
from sandbox.snapshots.fingerprint import fingerprint
from sandbox.snapshots.last_rows import LOOK, refuse_lost_rows, refuse_rows_below, without_last
from sandbox.snapshots.sql import Sql
from sandbox.snapshots.table import Table, Types, declared_columns

BATCH = 5_000
_ERRORS = {"#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NULL!", "#NUM!"}
_ARROW = {
    "BIGINT": pa.int64(), "DOUBLE": pa.float64(), "BOOLEAN": pa.bool_(),
    "DATE": pa.date32(), "TIMESTAMP": pa.timestamp("us"), "VARCHAR": pa.string(),
}  # fmt: skip
Row = tuple[Any, ...]


def open_table(source: Source, path: Path, connection: duckdb.DuckDBPyConnection, scratch: Path, types: Types) -> Table:
    print_ = fingerprint(path)
    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    except (zipfile.BadZipFile, InvalidFileException, KeyError, OSError, ValueError):
        raise BadInput(
            "{file} is not a readable Excel workbook (.xlsx).",
            "Open it in Excel and save it as .xlsx; protected and old .xls files cannot be read.",
            file=path.name,
        ) from None
    try:
        sheet = _sheet(book, source.sheet, path.name)
        left: list[tuple[int, Row]] = []
        rows = _rows(sheet, source, left)
        number, header = next(rows, (0, ()))
        if not header:
            raise BadInput("{file}: the sheet “{sheet}” is empty.", "Choose another sheet with `sheet`.",
                           file=path.name, sheet=sheet.title)  # fmt: skip
        columns = _found(header, rows, path.name, source, book, sheet, left)
        schema = pa.schema([(n, _ARROW[t]) for n, t in columns])
        skipped = number if source.header else 0
        data = ((n, row) for n, row in _rows(sheet, source, []) if n > skipped)
        reader = pa.RecordBatchReader.from_batches(schema, _batches(data, schema))
        connection.register("source_rows", reader)
        typed, query = declared_columns(columns, types, Sql("source_rows"), connection)
    except BaseException:
        book.close()
        raise
    # The sheet's name goes into a proposal, so that a steward sees which one was read.
    named = {"sheet": sheet.title} if len(book.sheetnames) > 1 else {}
    return Table(typed, query, lambda: print_, found=named, close=book.close)


def _sheet(book: Any, wanted: str | None, file: str) -> Any:
    if wanted is None:
        return book.worksheets[0]
    if wanted not in book.sheetnames:
        raise NotFound(
            "{file} has no sheet “{sheet}”; it has: {sheets}.",
            "Correct `sheet` in the source.",
            file=file,
            sheet=wanted,
            sheets=", ".join(book.sheetnames),
        )
    return book[wanted]


def _rows(sheet: Any, source: Source, left: list[tuple[int, Row]]) -> Iterator[tuple[int, Row]]:
    """(row number counted from 1, cells without trailing empty ones) of the table; empty rows are left out.
    ``left`` has those below the table in the end."""
    yield from without_last(_filled(sheet, source.skip_rows), source.skip_last or 0, left)


def _filled(sheet: Any, skip: int) -> Iterator[tuple[int, Row]]:
    for number, cells in enumerate(sheet.iter_rows(min_row=skip + 1, values_only=True), skip + 1):
        row = tuple(None if isinstance(c, str) and (not c.strip() or c in _ERRORS) else c for c in cells)
        while row and row[-1] is None:
            row = row[:-1]
        if row:
            yield number, row


def _found(
    header: Row,
    rows: Iterator[tuple[int, Row]],
    file: str,
    source: Source,
    book: Any,
    sheet: Any,
    left: list[tuple[int, Row]],
) -> tuple[tuple[str, str], ...]:
    """Names from the header row, and for each column the one type that holds all of its values."""
    named, last = bool(source.header), deque[Row](maxlen=LOOK)
    if named:
        names = ["" if c is None else str(c).strip() for c in header]
        kinds: list[set[str]] = [set() for _ in names]
    else:
        names = [f"column{i}" for i in range(1, len(header) + 1)]
        kinds = [{_kind(c)} - {""} for c in header]
    filled = 0
    for number, row in rows:
        filled += 1
        last.append(row)
        if len(row) > len(names):
            raise BadInput(
                "{file}, row {row}: there is a value in column {letter}, but the table has only {count} columns.",
                "If the names of the columns stand further down, below a title, say how many rows are above them:"
                " `skip_rows: 1` in the source, or --skip-rows 1. Else give that column a name, or clear the cell.",
                file=file,
                row=number,
                letter=get_column_letter(len(row)),
                count=len(names),
            )
        for seen, cell in zip(kinds, row, strict=False):
            if cell is not None:
                seen.add(_kind(cell))
    others = ", ".join(name for name in book.sheetnames if name != sheet.title)
    if named and not filled and others:
        raise BadInput(
            "{file}: the sheet “{sheet}” has column names but no rows.",
            "Choose another sheet: {others} (`sheet:` in the source, or --table).",
            file=file,
            sheet=sheet.title,
            others=others,
        )
    if named and not filled:
        raise BadInput("{file} has column names but no rows.", "Export it again with its rows.", file=file)
    if source.skip_last is None:
        refuse_rows_below(list(last), file)
    elif source.skip_last:
        refuse_lost_rows([*last, *(row for _, row in left)], source.skip_last, file)
    return tuple(zip(names, (_common(seen) for seen in kinds), strict=True))


def _kind(cell: Any) -> str:
    match cell:
        case None:
            return ""
        case bool():
            return "BOOLEAN"
        case int() if abs(cell) < 2**63:
            return "BIGINT"
        case int() | float():
            return "DOUBLE"
        case datetime():
            return "DATE" if cell.time() == time() else "TIMESTAMP"
        case date():
            return "DATE"
    return "VARCHAR"


def _common(seen: set[str]) -> str:
    if len(seen) == 1:
        return next(iter(seen))
    if seen == {"BIGINT", "DOUBLE"}:
        return "DOUBLE"
    return "TIMESTAMP" if seen == {"DATE", "TIMESTAMP"} else "VARCHAR"


def _batches(rows: Iterator[tuple[int, Row]], schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    pending: list[Row] = []
    for _, row in rows:
        pending.append(row + (None,) * (len(schema) - len(row)))
        if len(pending) == BATCH:
            yield _batch(pending, schema)
            pending = []
    if pending:
        yield _batch(pending, schema)


def _batch(rows: list[Row], schema: pa.Schema) -> pa.RecordBatch:
    arrays = [
        pa.array([_fit(v, field.type) for v in values], field.type)
        for values, field in zip(zip(*rows, strict=True), schema, strict=True)
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def _fit(cell: Any, kind: pa.DataType) -> Any:
    if cell is None or (kind == pa.string() and isinstance(cell, str)):
        return cell
    if kind == pa.string():
        if isinstance(cell, datetime) and cell.time() == time():
            return cell.date().isoformat()
        return cell.isoformat() if isinstance(cell, date | time) else str(cell)
    if kind == pa.float64():
        return float(cell)
    if kind == pa.date32() and isinstance(cell, datetime):
        return cell.date()
    if kind == pa.timestamp("us") and isinstance(cell, date) and not isinstance(cell, datetime):
        return datetime.combine(cell, time())
    return str(cell) if isinstance(cell, timedelta) else cell
