"""Texts in, hits out: the detectors for callers who have texts rather than tables."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import duckdb
import pyarrow as pa

from sandbox.personal.names import LIKE_A_NAME
from sandbox.personal.sql import DETECTORS, INVISIBLE, PLAIN, WIDE, scanned


@dataclass(frozen=True)
class Hit:
    """One finding in a text; ``excerpt`` is masked and may be shown, the others must not leave the examination.

    ``written`` is as in the ``plain`` text, ``value`` without blanks and dashes.
    """

    kind: str
    excerpt: str
    value: str
    written: str

    @property
    def sure(self) -> bool:
        """Whether this one hit is enough; otherwise a person should look."""
        return DETECTORS[self.kind].sure


@dataclass(frozen=True)
class Look:
    """What a value of a column is: ``kinds`` are in it, ``whole`` is all of it, and it may be a name by its form."""

    kinds: frozenset[str]
    whole: str | None
    like_a_name: bool


def detect(texts: Sequence[str]) -> list[tuple[Hit, ...]]:
    """The distinct hits of each text, full-width digits and invisible characters notwithstanding.

    Making the expressions ready takes a quarter of a second: hand in all texts at once.
    """
    return [_distinct(hits) for (hits,) in _query("hits", texts)]


def look(values: Sequence[str]) -> list[Look]:
    """What each of ``values`` is, which have no blanks at their ends."""
    whole = "list_filter(hits, lambda hit: length(hit.written) = length(raw))[1].kind"
    columns = f"list_transform(hits, lambda hit: hit.kind), {whole}, {LIKE_A_NAME.replace('{text}', 'raw')}"
    return [Look(frozenset(kinds), kind, name) for kinds, kind, name in _query(columns, values)]


def _query(columns: str, texts: Sequence[str]) -> list[tuple[Any, ...]]:
    """``columns`` of ``scanned`` for each of ``texts``."""
    if not texts:
        return []
    with duckdb.connect(config={"enable_external_access": "false", "threads": 1}) as connection:
        # Single surrogates cannot be handed over; no detector looks for them.
        clean = [text.encode("utf-8", "replace").decode() for text in texts]
        connection.register("texts", pa.table({"id": range(len(clean)), "raw": pa.array(clean, pa.string())}))
        query = f"SELECT {columns} FROM ({scanned('SELECT id, raw FROM texts')}) ORDER BY id"
        return connection.execute(query).fetchall()


def plain(text: str) -> str:
    """``text`` as detectors read it: without invisible characters, with ordinary digits for full-width ones."""
    return text.translate({**dict.fromkeys(map(ord, INVISIBLE)), **dict(zip(map(ord, WIDE), PLAIN, strict=True))})


def _distinct(found: Sequence[dict[str, str]]) -> tuple[Hit, ...]:
    hits = {}
    for one in found:
        value = re.sub(r"[\s-]", "", one["written"])
        hits.setdefault(value, Hit(one["kind"], excerpt(one["kind"], value), value, one["written"]))
    return tuple(hits.values())


def excerpt(kind: str, value: str) -> str:
    """So much of ``value`` that its owner can find it, and nobody else learns it."""
    first, last = DETECTORS[kind].excerpt
    if kind == "email":
        return f"{value[:first]}***@***.{value.rpartition('.')[2]}"
    hidden = len(value) - first - last
    if hidden < 1:
        return "*" * len(value)
    return value[:first] + "*" * hidden + value[len(value) - last :]
