"""CSV sources: UTF-8 is read by DuckDB in place and in parallel; other encodings through a private UTF-8 copy.

Nothing is left to guessing at read time: encoding, delimiter, column names and types are fixed before, so that a row
that does not fit is an error with its line, never a row that is silently padded, shifted or skipped. Types are found
over all rows, and only for columns whose type the spec does not declare. Numbers with leading zeros stay texts; amounts
with commas between thousands (1,234.50), as spreadsheet programs export them, become numbers.
"""

from __future__ import annotations

import csv
import re
import shutil
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

import duckdb

from sandbox.core.errors import BadInput, SandboxError
from sandbox.core.source import Source
from sandbox.snapshots.csv_dialect import Dialect, find_dialect, first_records
from sandbox.snapshots.encoding import examine, write_as_utf8
from sandbox.snapshots.last_rows import LOOK, cut_lines, last_lines, refuse_lost_rows, refuse_rows_below
from sandbox.snapshots.sql import Sql, identifier, join, value
from sandbox.snapshots.table import Table, Types, check_names, checked_type

_FIRST_ROWS = 10_000  # rows for guessing types, before they are tried on all rows
_LOOK = 100  # of these, to see what types are worth guessing
_BEGINNING = identifier(" first rows ")  # no source is called so
_MOST_COUNTS = 200
_BLANK = ["", " "]
_READ = (
    "read_csv(?, auto_detect=false, columns=?, delim=?, quote=?, escape=?, header=?, strict_mode=true, nullstr=?,"
    " skip=?)"
)
# Numbers of which some have commas between thousands; read as texts and converted. Not for files separated by
# semicolons: where those are usual, the comma is the decimal point.
_GROUPED = "GROUPED"
# Tried in this order; a pattern guards each cast, because CAST('1.5' AS BIGINT) rounds and '007' loses its zeros.
_PATTERNS = (
    ("BOOLEAN", r"(?i)\s*(true|false)\s*"),
    ("BIGINT", r"\s*[+-]?(0|[1-9]\d{0,17})\s*"),
    ("DOUBLE", r"\s*[+-]?((0|[1-9]\d{0,17})(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?\s*"),
    (_GROUPED, r"\s*[+-]?(0|[1-9]\d{0,17}|[1-9]\d{0,2}(,\d{3})+)(\.\d*)?\s*"),
    ("DATE", r"\s*\d{4}[-/]\d{1,2}[-/]\d{1,2}\s*"),
    ("TIMESTAMP", r"\s*\d{4}[-/]\d{1,2}[-/]\d{1,2}([ T]\d{1,2}:\d{2}(:\d{2}(\.\d{1,6})?)?)?\s*"),
)
_COMPILED = tuple((kind, re.compile(pattern, re.ASCII)) for kind, pattern in _PATTERNS)

# What else must hold of a value that reads back as it is written: 19 digits may not fit, “inf” is no number here.
_PLAIN = {
    "BOOLEAN": "true", "BIGINT": "length({0}) <= 18", "DOUBLE": "isfinite(TRY_CAST({0} AS DOUBLE))",
    "DATE": "length({0}) = 10", "TIMESTAMP": "length({0}) = 19",
}  # fmt: skip


def open_table(source: Source, path: Path, connection: duckdb.DuckDBPyConnection, scratch: Path, types: Types) -> Table:
    text = examine(path, source.encoding)
    copy = scratch / "source.csv"
    file = path if text.plain else copy

    def remove() -> None:
        copy.unlink(missing_ok=True)

    with ExitStack() as undo:
        undo.callback(remove)
        if not text.plain:
            write_as_utf8(path, text.encoding, copy)
        elif source.skip_last:
            shutil.copyfile(path, copy)
            copy.chmod(0o600)
            file = copy
        if source.skip_last:
            seen = _records(last_lines(file, LOOK + source.skip_last), find_dialect(file, source))
            refuse_lost_rows(seen, source.skip_last, path.name)
            cut_lines(file, source.skip_last)
        dialect = find_dialect(file, source)
        names, rows = _header(file, dialect, source, path.name)
        check_names(names, path.name)
        if not rows:
            raise BadInput("{file} has column names but no rows.", "Export it again with its rows.", file=path.name)
        if source.skip_last is None:
            refuse_rows_below(_records(last_lines(file), dialect), path.name)
        read = _Reading(connection, file, dialect, source.header, source.skip_rows)
        declared = {n: checked_type(connection, t, n) for n in names if (t := types.get(n))}
        try:
            kinds = {**read.find_types(names, declared), **declared}
        except duckdb.Error as error:
            raise _explain(error, path.name) or error from None
        undo.pop_all()
    columns = tuple((n, "DOUBLE" if kinds[n] == _GROUPED else kinds[n]) for n in names)
    in_file = tuple((n, "VARCHAR" if kinds[n] == _GROUPED else kinds[n]) for n in names)
    selected = (
        _ungrouped(identifier(n)) + " AS " + identifier(n) if kinds[n] == _GROUPED else identifier(n) for n in names
    )
    return Table(
        columns,
        "SELECT " + join(selected) + " FROM " + read.relation(in_file),
        lambda: text.fingerprint,
        {"encoding": text.encoding.removesuffix("-sig"), **dialect.found},
        lambda error: _explain(error, path.name),
        remove,
        rereadable=True,
        rows=text.lines,
    )


class _Reading:
    """How one file is read; ``relation`` with given types, ``find_types`` over all rows."""

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, file: Path, dialect: Dialect, header: bool, skip: int
    ) -> None:
        self._connection, self._file, self._dialect = connection, file, dialect
        self._header, self._skip = header, skip

    def relation(self, columns: tuple[tuple[str, str], ...]) -> Sql:
        said = self._dialect
        written = (said.delimiter, said.quote, said.escape)
        return Sql(_READ, (str(self._file), dict(columns), *written, self._header, _BLANK, self._skip))

    def find_types(self, names: list[str], declared: Types) -> dict[str, str]:
        """The narrowest type that all values of a column have; VARCHAR where no other fits or all are empty.

        What fits the first rows is tried on all rows; only columns for which that fails need another pass.
        """
        relation = self.relation(tuple((n, "VARCHAR") for n in names))
        beginning = "CREATE TEMP TABLE " + _BEGINNING + " AS SELECT * FROM " + relation + " LIMIT " + value(_FIRST_ROWS)
        self._connection.execute(beginning.text, beginning.parameters)
        try:
            row = self._connection.execute("SELECT count(*) FROM " + _BEGINNING.text).fetchone() or (0,)
            open_ = self._likely([name for name in names if name not in declared])
            found = self._count(_BEGINNING, open_)
        finally:
            self._connection.execute("DROP TABLE " + _BEGINNING.text)
        open_ = {n: [k for k in kinds if found[n][k] == found[n][""]] for n, kinds in open_.items()}
        if row[0] < _FIRST_ROWS:  # those were all rows
            return {n: kinds[0] if kinds and found[n][""] else "VARCHAR" for n, kinds in open_.items()}
        types: dict[str, str] = {}
        while open_ := {name: kinds for name, kinds in open_.items() if name not in types}:
            found = self._count(relation, {name: kinds[:1] for name, kinds in open_.items()})
            for name, kinds in open_.items():
                if not kinds or not found[name][""]:
                    types[name] = "VARCHAR"
                elif found[name][kinds[0]] == found[name][""]:
                    types[name] = kinds[0]
            open_ = {name: kinds[1:] for name, kinds in open_.items()}
        return types

    def _likely(self, names: Sequence[str]) -> dict[str, list[str]]:
        """For each column the kinds whose pattern its very first values fit: counting any other takes time for
        nothing."""
        query = "SELECT " + join(identifier(name) for name in names) + " FROM " + _BEGINNING + " LIMIT " + value(_LOOK)
        rows = self._connection.execute(query.text, query.parameters).fetchall() if names else []
        likely = {}
        for name, cells in zip(names, zip(*rows, strict=True) if rows else [()] * len(names), strict=True):
            seen = {cell for cell in cells if cell is not None}
            likely[name] = [kind for kind, pattern in _COMPILED if all(pattern.fullmatch(cell) for cell in seen)]
            if self._dialect.delimiter == ";" and _GROUPED in likely[name]:
                likely[name].remove(_GROUPED)
        return likely

    def _count(self, rows: Sql, kinds: Mapping[str, list[str]]) -> dict[str, dict[str, int]]:
        """For each column the number of values that fit each of its kinds, and under “” of all values."""
        asked = [(name, kind) for name, wanted in kinds.items() for kind in ("", *wanted)]
        if not asked:
            return {}
        counts = [_fits(identifier(name), kind) if kind else "count(" + identifier(name) + ")" for name, kind in asked]
        found: dict[str, dict[str, int]] = {name: {} for name in kinds}
        # Planning takes time with the square of the expressions: very wide tables are counted in several queries.
        for start in range(0, len(asked), _MOST_COUNTS):
            query = "SELECT " + join(counts[start : start + _MOST_COUNTS]) + " FROM " + rows
            row = self._connection.execute(query.text, query.parameters).fetchone() or ()
            for (name, kind), count in zip(asked[start:], row, strict=False):
                found[name][kind] = int(count)
        return found


def _fits(column: Sql, kind: str) -> Sql:
    """How many values of ``column`` are of a kind. Most read as DuckDB would write them: no pattern is needed."""
    if kind == _GROUPED:
        return "count(*) FILTER (regexp_full_match(" + column + ", " + value(dict(_PATTERNS)[kind]) + "))"
    cast = "TRY_CAST(" + column + f" AS {kind})"
    plain = "CAST(" + cast + " AS VARCHAR) = " + column + " AND " + _PLAIN[kind].format(column.text)
    matches = "regexp_full_match(" + column + ", " + value(dict(_PATTERNS)[kind]) + ") AND " + cast + " IS NOT NULL"
    return "count(*) FILTER (CASE WHEN " + plain + " THEN true ELSE " + matches + " END)"


def _ungrouped(column: Sql) -> Sql:
    return "CAST(replace(" + column + ", ',', '') AS DOUBLE)"


def _records(lines: list[str], dialect: Dialect) -> list[list[str]]:
    try:
        return dialect.read(lines)
    except csv.Error:
        return []


def _header(file: Path, dialect: Dialect, source: Source, shown: str) -> tuple[list[str], int]:
    """(column names, number of sampled data rows). Raises BadInput when there are no names or they look like data."""
    lines, line = first_records(file, dialect, source.skip_rows), source.skip_rows + 1
    records = [r for r in lines if r]
    if not records or not any(cell.strip() for cell in records[0]):
        raise BadInput(
            "{file}, line {line}: there are no column names.",
            "The first line must name the columns, separated like the values below it.",
            file=shown,
            line=line,
        )
    first, rows = records[0], records[1:]
    if not source.header:
        return [f"column{i}" for i in range(1, len(first) + 1)], len(records)
    if above := _title(lines):
        raise BadInput(
            "{file}, line {line}: this looks like a title and not like column names, which seem to be in line {names}.",
            "Say how many lines stand above the names: `skip_rows: {count}` in the source, or --skip-rows {count}.",
            file=shown,
            line=line,
            names=line + above,
            count=source.skip_rows + above,
        )
    if _looks_like_data(first, rows):
        raise BadInput(
            "{file}, line {line}: this looks like data, not like column names.",
            "Add a first line that names the columns, or set `header: false` (they are then column1, column2 …).",
            file=shown,
            line=line,
        )
    return [cell.strip() for cell in first], len(rows)


def _title(records: list[list[str]]) -> int:
    """How many lines at the beginning are a title: one cell or none, above a row in which all are filled."""
    filled = [sum(bool(cell.strip()) for cell in record) for record in records[:20]]
    width = Counter(len(record) for record in records if record).most_common(1)[0][0]
    if width < 3 or filled[0] > 1 or not any(filled[: filled.index(width)] if width in filled else ()):
        return 0  # empty lines alone are no title, and are passed over anyway
    return filled.index(width)


def _looks_like_data(first: list[str], rows: list[list[str]]) -> bool:
    """Whether the first line has the form of the lines below it: some cell with digits has its column's common form."""
    if len(rows) < 3:
        return False
    alike = 0
    stems = Counter(map(_stem, first))  # names such as q1, q2 … or 2023, 2024 … have one in common
    for index, cell in enumerate(first):
        column = [r[index].strip() for r in rows if index < len(r) and r[index].strip()]
        cell = cell.strip()
        if not column or not cell:
            continue
        number = bool(re.fullmatch(r"[+-]?\d+([.,]\d+)?", cell)) and not re.fullmatch(r"(19|20)\d\d", cell)
        if number or (any(c.isdigit() for c in cell) and stems[_stem(cell)] == 1 and _same_form(cell, column)):
            alike += 1
        elif column.count(cell) >= 2 and len(set(column)) > 1:
            alike += 1  # a value that occurs again further down, such as “Female”
    return alike > 0 and alike >= 0.3 * len(first)


def _stem(cell: str) -> str:
    return re.sub(r"\d+", "", cell.strip())


def _same_form(cell: str, column: list[str]) -> bool:
    form = _form(cell)
    return sum(_form(other) == form for other in column) >= 0.9 * len(column)


def _form(cell: str) -> str:
    return re.sub(r"[^\W\d_]+", "a", re.sub(r"\d+", "9", cell))


def _explain(error: duckdb.Error, file: str) -> SandboxError | None:
    """A read error with its line. DuckDB's text quotes the line's content, which is not passed on."""
    text = str(error)
    found = re.search(r"CSV Error on Line: (\d+)", text)
    if not found:
        return None
    line = int(found[1])
    if widths := re.search(r"Expected Number of Columns: (\d+) Found: (\d+)", text):
        return BadInput(
            "{file}, line {line}: {found} columns instead of {expected}.",
            "Correct that line: a value that holds the delimiter or a line break must be in double quotes."
            " If the whole file has other marks around texts, say which:"
            " --quote, --escape (`quote`, `escape` in the source).",
            file=file,
            line=line,
            found=widths[2],
            expected=widths[1],
        )
    if "unterminated quote" in text or "quote" in text.split("Possible")[0].lower():
        return BadInput(
            "{file}, line {line}: a double quote is not closed.",
            "Close it, or write a double quote inside a value twice.",
            file=file,
            line=line,
        )
    if converted := re.search(r"Column (.+) is being converted as type (.+)", text):
        return BadInput(
            "{file}, line {line}: the value in column “{column}” is not of type {type}.",
            "Correct the value, or declare `type: VARCHAR` for the column in the spec.",
            file=file,
            line=line,
            column=converted[1],
            type=converted[2],
        )
    return BadInput(
        "{file}, line {line}: this line cannot be read.",
        "Look at that line in a text editor and export the table again.",
        file=file,
        line=line,
    )
