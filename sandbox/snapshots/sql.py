"""SQL text together with its parameters. Values are never pasted into the text; names only through ``identifier``.

Why not DuckDB's expression objects: they cannot carry parameters through ``CREATE TABLE … AS``, and key material must
travel as a parameter so that it never becomes part of a statement that somebody logs.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, repr=False)
class Sql:
    """A fragment with ``?`` placeholders and their values in order. ``repr`` hides the values: they may be keys."""

    text: str
    parameters: tuple[Any, ...] = ()

    def __repr__(self) -> str:
        return f"Sql({self.text!r}, {len(self.parameters)} parameters)"

    def __add__(self, other: Sql | str) -> Sql:
        if isinstance(other, str):
            return Sql(self.text + other, self.parameters)
        return Sql(self.text + other.text, self.parameters + other.parameters)

    def __radd__(self, other: str) -> Sql:
        return Sql(other + self.text, self.parameters)


def value(item: Any) -> Sql:
    """A placeholder for ``item``."""
    return Sql("?", (item,))


def identifier(name: str) -> Sql:
    """A quoted column or table name; any text is a safe name except one with a NUL character."""
    if "\0" in name:
        raise ValueError("an SQL name cannot hold a NUL character")
    return Sql('"' + name.replace('"', '""') + '"')


def join(fragments: Iterable[Sql], separator: str = ", ") -> Sql:
    items = list(fragments)
    return Sql(separator.join(f.text for f in items), tuple(p for f in items for p in f.parameters))


def names(columns: Iterable[str]) -> Sql:
    """A comma-separated list of quoted names."""
    return join(identifier(c) for c in columns)
