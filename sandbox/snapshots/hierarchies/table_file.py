"""Hierarchies from files in the layout of the ARX anonymisation tool: one line per value, ``value;level 1;level 2;…``.

No header. The delimiter is found. ARX's files end every line with ``*``; where that is missing it is added.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from pathlib import Path

from sandbox.core.errors import BadInput, NotFound
from sandbox.snapshots.encoding import examine
from sandbox.snapshots.hierarchies.base import ALL
from sandbox.snapshots.hierarchies.table import Listed

_DELIMITERS = ";,\t|"
Line = tuple[int, list[str]]
"""A line's number, counted from 1, and its cells."""


def read_hierarchy(path: Path) -> Listed:
    """The hierarchy in the file ``path``. Raises NotFound, or BadInput naming the line that is wrong."""
    if not path.is_file():
        raise NotFound(
            "There is no hierarchy file {file}.",
            "The path starts at the folder of the dataset's spec file; correct it there or put the file in its place.",
            file=path.name,
        )
    return parse_hierarchy(path.read_bytes().decode(examine(path).encoding), path.name)


def parse_hierarchy(text: str, name: str) -> Listed:
    """The hierarchy in ``text``; ``name`` is what errors call it.

    Raises BadInput for lines of different length, a value given twice, an empty cell, and labels that are no tree.
    """
    lines = _split(text)
    if not lines or len(lines[0][1]) < 2:
        raise BadInput(
            "{file} holds no hierarchy: its lines have no level beside the value.",
            "Write one line per value: the value, then its label on every level, such as 34;30-39;20-39;*",
            file=name,
        )
    _check_shape(lines, name)
    _check_tree(lines, name)
    ends = all(cells[-1] == ALL for _, cells in lines)
    return Listed(name, {cells[0]: tuple(cells[1:-1] if ends else cells[1:]) for _, cells in lines})


def _split(text: str) -> list[Line]:
    """The lines that are not blank, by the delimiter that cuts the first one into most cells."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    delimiter = max(_DELIMITERS, key=first.count)
    reader = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), delimiter=delimiter)
    return [(reader.line_num, [cell.strip() for cell in cells]) for cells in reader if any(c.strip() for c in cells)]


def _check_shape(lines: Iterable[Line], name: str) -> None:
    seen: dict[str, int] = {}
    width = 0
    for number, cells in lines:
        width = width or len(cells)
        if len(cells) != width:
            raise BadInput(
                "{file}, line {line}: this line has {found} cells, the first one has {expected}.",
                "Give every value a label on every level; repeat the label where a level makes no difference.",
                file=name,
                line=number,
                found=len(cells),
                expected=width,
            )
        if not all(cells):
            raise BadInput(
                "{file}, line {line}: cell {cell} is empty.",
                "Write the label there, or * where nothing is to be told. Values that are missing need no line.",
                file=name,
                line=number,
                cell=cells.index("") + 1,
            )
        if cells[0] in seen:
            raise BadInput(
                "{file}, line {line}: the value “{value}” is already in line {first}.",
                "Keep one of the two lines.",
                file=name,
                line=number,
                value=cells[0],
                first=seen[cells[0]],
            )
        seen[cells[0]] = number


def _check_tree(lines: Iterable[Line], name: str) -> None:
    """What shares a label on one level must share it on the next, or a coarser level would tell values apart again."""
    above: dict[tuple[int, str], tuple[str, int]] = {}
    for number, cells in lines:
        for level in range(1, len(cells) - 1):
            parent, first = above.setdefault((level, cells[level]), (cells[level + 1], number))
            if parent != cells[level + 1]:
                raise BadInput(
                    "{file}, line {line}: “{label}” belongs to “{parent}” here, but to “{other}” in line {first};"
                    " so the levels are not a tree.",
                    "Give “{label}” the same label in both lines, or two different names.",
                    file=name,
                    line=number,
                    label=cells[level],
                    parent=cells[level + 1],
                    other=parent,
                    first=first,
                )
