"""What a submission changed, cell by cell, against the one before it or against its template: read as data only."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

_MOST_LINES = 400
_MOST_LENGTH = 400
_CONTEXT = 3


@dataclass(frozen=True)
class Line:
    """``mark`` is "+" (new), "-" (gone), " " (as before) or "…" (some lines as before, left out)."""

    mark: Literal["+", "-", " ", "…"]
    text: str


@dataclass(frozen=True)
class Change:
    kind: Literal["added", "removed", "changed", "moved"]
    cell: str
    cell_type: str
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class _Cell:
    id: str
    type: str
    source: str
    tags: tuple[str, ...]


def cell_changes(before: bytes, after: bytes) -> tuple[Change, ...]:
    """The cells of notebook ``after`` (JSON) that differ from ``before``, in the order of ``after``; removed ones last.

    Cells are the same when they have the same id. What cannot be read as a notebook has no cells.
    """
    old, new = _cells(before), _cells(after)
    by_id = {cell.id: cell for cell in old}
    kept = [cell.id for cell in new if cell.id in by_id]
    order = [cell.id for cell in old if cell.id in set(kept)]
    in_place = _longest_common(order, kept)
    changes = []
    for cell in new:
        previous = by_id.get(cell.id)
        if previous is None:
            changes.append(Change("added", cell.id, cell.type, _all("+", cell.source)))
        elif (previous.source, previous.type, previous.tags) != (cell.source, cell.type, cell.tags):
            changes.append(Change("changed", cell.id, cell.type, tuple(_difference(_shown(previous), _shown(cell)))))
        elif cell.id not in in_place:
            changes.append(Change("moved", cell.id, cell.type, ()))
    known = {cell.id for cell in new}
    changes += [Change("removed", c.id, c.type, _all("-", c.source)) for c in old if c.id not in known]
    return tuple(changes)


def choice_changes(before: bytes, after: bytes) -> tuple[tuple[str, str, str], ...]:
    """(choice, before, after) of the form's choices that differ."""
    old, new = _flat(_load(before)), _flat(_load(after))
    names = sorted((old.keys() | new.keys()) - {"format"})
    return tuple((k, old.get(k, "–"), new.get(k, "–")) for k in names if old.get(k, "–") != new.get(k, "–"))


def _cells(data: bytes) -> list[_Cell]:
    found = []
    raw = _load(data)
    cells = raw.get("cells") if isinstance(raw, Mapping) else None
    for index, cell in enumerate(cells if isinstance(cells, list) else []):
        if not isinstance(cell, Mapping):
            continue
        source = cell.get("source", "")
        text = "".join(map(str, source)) if isinstance(source, list) else str(source)
        metadata = cell.get("metadata")
        tags = metadata.get("tags") if isinstance(metadata, Mapping) else None
        found.append(
            _Cell(
                str(cell.get("id", f"#{index + 1}")),
                str(cell.get("cell_type", "")),
                text.rstrip(),
                tuple(map(str, tags)) if isinstance(tags, list) else (),
            )
        )
    return found


def _load(data: bytes) -> Any:
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return {}


def _shown(cell: _Cell) -> list[str]:
    """Tags decide what becomes part of the app, so a changed tag is shown like a changed line."""
    return [*([f"# {', '.join(cell.tags)}"] if cell.tags else []), *cell.source.splitlines()]


def _all(mark: Literal["+", "-"], source: str) -> tuple[Line, ...]:
    lines = source.splitlines()
    shown = tuple(Line(mark, text[:_MOST_LENGTH]) for text in lines[:_MOST_LINES])
    return (*shown, Line("…", "")) if len(lines) > _MOST_LINES else shown


def _difference(old: list[str], new: list[str]) -> Iterator[Line]:
    matcher = difflib.SequenceMatcher(None, old[:_MOST_LINES], new[:_MOST_LINES], autojunk=False)
    for group in matcher.get_grouped_opcodes(_CONTEXT):
        if group[0][1] > 0:
            yield Line("…", "")
        for tag, i1, i2, j1, j2 in group:
            if tag == "equal":
                yield from (Line(" ", text[:_MOST_LENGTH]) for text in old[i1:i2])
            else:
                yield from (Line("-", text[:_MOST_LENGTH]) for text in old[i1:i2])
                yield from (Line("+", text[:_MOST_LENGTH]) for text in new[j1:j2])
    if max(len(old), len(new)) > _MOST_LINES:
        yield Line("…", "")


def _longest_common(old: list[str], new: list[str]) -> set[str]:
    blocks = difflib.SequenceMatcher(None, old, new, autojunk=False).get_matching_blocks()
    return {new[b.b + i] for b in blocks for i in range(b.size)}


def _flat(value: Any, prefix: str = "") -> dict[str, str]:
    if isinstance(value, Mapping):
        found: dict[str, str] = {}
        for key, inner in list(value.items())[:200]:
            found.update(_flat(inner, f"{prefix}.{key}" if prefix else str(key)))
        return found
    return {prefix: _told(value)[:_MOST_LENGTH]} if prefix else {}


def _told(value: Any) -> str:
    """A choice as a person reads it: texts without quotes, lists with commas, nothing chosen as a dash."""
    if isinstance(value, list):
        return ", ".join(map(_told, value[:_MOST_LENGTH]))
    if value is None or value == "":
        return "–"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
