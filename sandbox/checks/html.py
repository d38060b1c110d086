"""HTML as a reader sees it: its visible text, its tables, and whether anything in it would run."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html.parser import HTMLParser

_INVISIBLE = frozenset({"script", "style", "template"})
_INLINE = frozenset({"a", "abbr", "b", "bdi", "code", "em", "font", "i", "mark", "s", "small", "span", "strong", "sub",
                     "sup", "tspan", "u", "wbr"})  # fmt: skip
_SHOWN_ATTRIBUTES = frozenset({"title", "alt", "value", "placeholder", "aria-label", "label", "href", "srcdoc"})
_ACTIVE_TAGS = frozenset({"script", "iframe", "object", "embed", "applet", "base", "meta", "link", "form"})
_ACTIVE_LINK = re.compile(r"^\s*(?:javascript|vbscript|data:text/html)", re.IGNORECASE)
_MAX_CELLS = 200_000


@dataclass(frozen=True)
class Table:
    """A table: texts of its heading cells, column by column, and of its body rows."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Page:
    """What ``read_html`` found. ``active`` names the first tag or attribute that would run or load something."""

    text: str
    tables: tuple[Table, ...]
    active: str | None


def read_html(html: str) -> Page:
    """The page in ``html``; broken HTML gives what a lenient reader would see."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    reader.end_tables()
    return Page("".join(reader.text), tuple(reader.tables), reader.active)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.text: list[str] = []
        self.tables: list[Table] = []
        self.active: str | None = None
        self._hidden = 0
        self._open: list[_OpenTable] = []
        self._cells = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._judge(tag, attrs)
        if tag in _INVISIBLE:
            self._hidden += 1
        if tag not in _INLINE:
            self.text.append("\n")
        for name, value in attrs:
            if value and name in _SHOWN_ATTRIBUTES:
                self.text.append(f"\n{value}\n")
        if tag == "table":
            self._open.append(_OpenTable())
        elif self._open and self._cells < _MAX_CELLS:
            self._cells += tag in ("td", "th")
            self._open[-1].start(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in _INVISIBLE:
            self._hidden = max(0, self._hidden - 1)
        if tag not in _INLINE:
            self.text.append("\n")
        if tag == "table" and self._open:
            self.tables.append(self._open.pop().closed())

    def handle_data(self, data: str) -> None:
        if self._hidden:
            return
        self.text.append(data)
        if self._open:
            self._open[-1].add(data)

    def end_tables(self) -> None:
        while self._open:
            self.tables.append(self._open.pop().closed())

    def _judge(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self.active is not None:
            return
        if tag in _ACTIVE_TAGS:
            self.active = tag
        for name, value in attrs:
            if name.startswith("on") or (value and _ACTIVE_LINK.match(value)):
                self.active = f"{tag} {name}"


class _OpenTable:
    def __init__(self) -> None:
        self._head: list[str] = []
        self._rows: list[list[str]] = []
        self._row: list[str] = []
        self._heads = 0

    def start(self, tag: str) -> None:
        if tag == "tr":
            self._end_row()
        elif tag in ("td", "th"):
            self._row.append("")
            self._heads += tag == "th"

    def add(self, data: str) -> None:
        if self._row:
            self._row[-1] += data

    def closed(self) -> Table:
        self._end_row()
        return Table(tuple(self._head), tuple(tuple(row) for row in self._rows))

    def _end_row(self) -> None:
        row = [cell.strip() for cell in self._row]
        if row and self._heads == len(row) and not self._rows:
            # Several heading rows: the lowest text of each column names it.
            before = self._head if len(self._head) == len(row) else [""] * len(row)
            self._head = [new or old for new, old in zip(row, before, strict=True)]
        elif row:
            self._rows.append(row)
        self._row, self._heads = [], 0
