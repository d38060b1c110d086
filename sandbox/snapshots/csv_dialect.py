"""How a CSV file is written: what separates its values, what stands around a text, how a quotation mark within is told.

The delimiter is found; double quotes that are doubled within a text are taken for granted (RFC 4180) until the first
rows show that they cannot be: single quotes, or backslashes before quotation marks as databases write them.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from sandbox.core.source import Source

_DELIMITERS = (",", ";", "\t", "|")
_SAMPLE = 200  # rows for finding delimiter and header
_LONG_SAMPLE = 5_000  # rows for finding quotes, which may begin late
_AGREE = 0.95  # share of rows that must have the same width before anything but double quotes is believed
_IN_QUOTES = re.compile(r"(['\"]).*\1", re.DOTALL)
_DOUBLED = re.compile(r"'[^']*(''[^']*)+'|\"[^\"]*(\"\"[^\"]*)+\"", re.DOTALL)
DOUBLE, SINGLE, BACKSLASH = '"', "'", "\\"


@dataclass(frozen=True)
class Dialect:
    """``escape`` is the quotation mark itself where it is doubled within a text; no ``quote``, no quoted texts."""

    delimiter: str
    quote: str = DOUBLE
    escape: str = DOUBLE

    @property
    def found(self) -> dict[str, str | None]:
        """Settings of a source that say the same; what everybody expects is not said."""
        quote = None if self.quote == DOUBLE else self.quote
        return {"delimiter": self.delimiter, "quote": quote, "escape": self.escape if self._escapes else None}

    @property
    def _escapes(self) -> bool:
        return bool(self.quote) and self.escape != self.quote

    def read(self, lines: Sequence[str], *, strict: bool = False) -> list[list[str]]:
        """Records of ``lines``. Raises csv.Error where they are not of this dialect; without ``strict`` seldom."""
        reader = csv.reader(
            lines,
            delimiter=self.delimiter,
            quotechar=self.quote or None,
            quoting=csv.QUOTE_MINIMAL if self.quote else csv.QUOTE_NONE,
            doublequote=not self._escapes,
            escapechar=self.escape if self._escapes else None,
            strict=strict,
        )
        return list(reader)


def find_dialect(file: Path, source: Source) -> Dialect:
    """The dialect that ``source`` says, or else the one of the first rows of ``file``, which is UTF-8."""
    if source.quote is not None or source.escape is not None:
        quote = DOUBLE if source.quote is None else source.quote
        said = [Dialect(DOUBLE, quote, source.escape or quote)]
    else:
        said = [Dialect(DOUBLE), Dialect(DOUBLE, DOUBLE, BACKSLASH), Dialect(DOUBLE, SINGLE, SINGLE),
                Dialect(DOUBLE, SINGLE, BACKSLASH)]  # fmt: skip
    lines = _lines(file, source.skip_rows, _LONG_SAMPLE)
    candidates = [Dialect(_delimiter(lines[:_SAMPLE], source, d), d.quote, d.escape) for d in said]
    usual, *others = candidates
    best, fit = usual, _fit(usual, lines)
    for other in others:
        better = _fit(other, lines)
        if better > fit and better[0] >= _AGREE and _speaks_for(other, lines):
            best, fit = other, better
    return best


def first_records(file: Path, dialect: Dialect, skip: int) -> list[list[str]]:
    """The first records below ``skip`` lines."""
    try:
        return dialect.read(_lines(file, skip, _SAMPLE))
    except csv.Error:
        return []  # DuckDB will name the line


def _lines(file: Path, skip: int, count: int) -> list[str]:
    with file.open(encoding="utf-8-sig", newline="") as text:
        return list(islice(text, skip, skip + count))


def _delimiter(lines: Sequence[str], source: Source, dialect: Dialect) -> str:
    """The delimiter with which most of the first rows have the same number of columns, at least two."""
    if source.delimiter:
        return source.delimiter
    best, comma = (0.0, 0), ","
    for delimiter in _DELIMITERS:
        try:
            records = Dialect(delimiter, dialect.quote, dialect.escape).read(lines)
        except csv.Error:
            continue
        widths = Counter(len(record) for record in records if record)
        if not widths:
            continue
        width, rows = widths.most_common(1)[0]
        score = (rows / widths.total(), width)
        if width > 1 and score > best:
            best, comma = score, delimiter
    return comma


def _fit(dialect: Dialect, lines: Sequence[str]) -> tuple[float, int]:
    """(share of rows of the most frequent width, columns whose values still stand in quotation marks, less than 0)."""
    try:
        records = [record for record in dialect.read(lines, strict=True) if record]
    except csv.Error:
        # The sample may end within a text of several lines; that its last record is cut says nothing.
        try:
            records = [record for record in dialect.read(lines[:-20], strict=True) if record]
        except csv.Error:
            return 0.0, 0
    if not records:
        return 0.0, 0
    width, rows = Counter(map(len, records)).most_common(1)[0]
    columns = zip(*(record for record in records if len(record) == width), strict=True)
    return rows / len(records), -sum(map(_still_quoted, columns))


def _still_quoted(column: Sequence[str]) -> bool:
    """Whether values stand in quotation marks that nobody took off: all, or one within which some are doubled."""
    return all(_IN_QUOTES.fullmatch(cell) for cell in column if cell) or any(map(_DOUBLED.fullmatch, column))


def _speaks_for(dialect: Dialect, lines: Sequence[str]) -> bool:
    """Whether the rows show the dialect's own mark, and no value begins with the other quotation mark."""
    if dialect.quote == SINGLE:
        cells = [cell for line in lines for cell in line.rstrip("\r\n").split(dialect.delimiter)]
        if any(cell.startswith(DOUBLE) for cell in cells) or not any(cell.startswith(SINGLE) for cell in cells):
            return False
    return dialect.escape == dialect.quote or any(dialect.escape + dialect.quote in line for line in lines)
