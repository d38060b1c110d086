"""Rows below a table that are no units: a total, and notes such as who made the table.

Left in, a total is one person with the amounts of all, and a note may hold a name. They are never left out in silence:
a proposal declares them (``skip_last``), a build without the declaration stops.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from sandbox.core.errors import BadInput, RowsBelow

LOOK = 12  # rows at the end that are looked at
_TAIL = 1 << 18  # bytes
_TOTAL = re.compile(
    r"(本页|本月|本年)?(合计|总计|小计|共计|总和|汇总|总数|累计)(数|金额|行)?"
    r"|(grand|sub)?[ -]?totals?( amount)?|sum|overall",
    re.IGNORECASE,
)


def rows_below(rows: Sequence[Sequence[Any]]) -> int:
    """How many of the last of ``rows`` are totals or notes. A note is one value in a table of three columns or more."""
    filled = [[cell for cell in row if cell is not None and str(cell).strip()] for row in rows]
    full = sum(len(cells) >= 3 for cells in filled) > len(filled) / 2
    below = 0
    for count, cells in enumerate(reversed(filled), 1):
        if cells and (_is_total(str(cells[0])) or (full and _is_note(cells))):
            below = count
        elif not (full and len(cells) <= 1):  # under a total any single value is a note
            break
    return below if below < len(rows) else 0


def _is_total(cell: str) -> bool:
    return _TOTAL.fullmatch(re.sub(r"[\s:：]+", " " if cell.isascii() else "", cell).strip()) is not None


def _is_note(cells: Sequence[Any]) -> bool:
    """Words that go on after a colon or a mark, as below a table and in no column of ids."""
    return len(cells) == 1 and isinstance(cells[0], str) and bool(re.match(r"\s*([*※]|\w[\w ]{0,20}[:：])", cells[0]))


def refuse_rows_below(rows: Sequence[Sequence[Any]], file: str) -> None:
    """Raises RowsBelow when the last of ``rows`` are no units, for a source that does not say what they are."""
    if count := rows_below(rows):
        raise RowsBelow(
            "{file}: the last {count:row is|rows are} no {count:unit|units} but a total or a note ({count} of them).",
            "Leave them out: `skip_last: {count}` in the source, or --skip-last {count}. If they belong to the table,"
            " say `skip_last: 0`.",
            file=file,
            count=count,
        )


def refuse_lost_rows(rows: Sequence[Sequence[Any]], count: int, file: str) -> None:
    """Raises BadInput when one of the last ``count`` of ``rows``, which the source says to leave out, is as full as the
    others and no total: a table that came without its total this time would lose somebody in silence."""
    filled = [[cell for cell in row if cell is not None and str(cell).strip()] for row in rows]
    kept = sorted(map(len, filled[:-count]))
    usual = kept[len(kept) // 2] if kept else 0
    if any(len(cells) >= max(usual, 1) and not _is_total(str(cells[0])) for cells in filled[-count:]):
        raise BadInput(
            "{file}: `skip_last: {count}` would leave out a row that looks like those above it.",
            "See what stands at the end of the table now, and correct `skip_last` (--skip-last).",
            file=file,
            count=count,
        )


def last_lines(file: Path, count: int = LOOK) -> list[str]:
    """The last ``count`` lines of a UTF-8 file that are not empty."""
    return [line.decode("utf-8", "replace") for _, line in _ends(file)[-count:]]


def cut_lines(file: Path, count: int) -> None:
    """Take the last ``count`` lines that are not empty off a file of our own."""
    ends = _ends(file)
    if len(ends) <= count:
        raise BadInput(
            "{file}: `skip_last: {count}` leaves nothing of the table.",
            "Say how many rows stand below the table, such as 1 for a total.",
            file=file.name,
            count=count,
        )
    with file.open("r+b") as cut:
        cut.truncate(ends[-count][0])


def _ends(file: Path) -> list[tuple[int, bytes]]:
    """(offset, content) of the lines at the end of ``file`` that are not empty."""
    size = file.stat().st_size
    with file.open("rb") as stream:
        stream.seek(start := max(0, size - _TAIL))
        tail = stream.read()
    found = [(start + m.start(), m[0]) for m in re.finditer(rb"[^\r\n]+", tail) if m[0].strip()]
    return found[1:] if start else found  # the first is cut off


def without_last(rows: Iterable[Any], count: int, pending: list[Any]) -> Iterable[Any]:
    """``rows`` but for the last ``count``, which ``pending`` has in the end."""
    for row in rows:
        pending.append(row)
        if len(pending) > count:
            yield pending.pop(0)
