"""Chinese administrative places as a tree: place → province → big region → ``*``; and trees from a table's own columns.

Known are provinces by any of their names (广东, 广东省, Guangdong), places whose name begins with the full name of
their province (广东省广州市), and codes of administrative divisions (GB/T 2260: the first two digits are the province).
"""

from __future__ import annotations

import csv
import itertools
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from sandbox.core.errors import BadInput
from sandbox.snapshots.hierarchies.base import Hierarchy, as_text
from sandbox.snapshots.hierarchies.table import Listed, missing_values

_CODE = re.compile(r"\d{2}(?:\d{2}){0,2}(?:\d{6})?")  # province, city, county; or down to the village with 12 digits


@dataclass(frozen=True)
class ChineseRegions(Hierarchy):
    """Level 1: province (short name), level 2: big region such as 华南, in the value's language; level 3: ``*``."""

    @property
    def height(self) -> int:
        return 3

    def between(self, value: Any, level: int) -> str | None:
        found = _find(as_text(value).strip())
        return found[level - 1] if found else None

    def check(self, values: Sequence[Any]) -> None:
        missing = sorted({t for v in values if v is not None and not _find((t := as_text(v)).strip())})
        if missing:
            raise missing_values("regions: cn", missing)


def _find(text: str) -> tuple[str, str] | None:
    """(province, big region), or None for an unknown place."""
    by_name, by_code, full = _provinces()
    if text in by_name:
        return by_name[text]
    if _CODE.fullmatch(text):
        return by_code.get(text[:2])
    return next((by_name[name] for name in full if text.startswith(name)), None)


@cache
def _provinces() -> tuple[dict[str, tuple[str, str]], dict[str, tuple[str, str]], tuple[str, ...]]:
    """(province and region by every name, by code, the full names)."""
    text = (files("sandbox.snapshots.hierarchies") / "regions_cn.csv").read_text(encoding="utf-8")
    by_name, by_code, full = {}, {}, []
    for code, short, long, english, region, english_region in csv.reader(text.splitlines(), delimiter=";"):
        by_name[short] = by_name[long] = by_code[code] = (short, region)
        by_name[english] = (english, english_region)
        full.append(long)
    return by_name, by_code, tuple(full)


def tree_of_rows(name: str, rows: Iterable[Sequence[str]]) -> Listed:
    """A hierarchy from columns of a table that lie within each other, such as (district, city, province), finest first.

    Raises BadInput when they are no tree: two cities may both have a 朝阳区.
    """
    above: dict[tuple[int, str], str] = {}
    listed: dict[str, tuple[str, ...]] = {}
    for row in rows:
        for level, (low, high) in enumerate(itertools.pairwise(row)):
            other = above.setdefault((level, low), high)
            if other != high:
                raise BadInput(
                    "{file}: “{value}” lies in “{parent}” in one row and in “{other}” in another, so these columns are"
                    " not a tree.",
                    "Write the place with what it lies in, such as 北京市朝阳区, or use the wider column alone.",
                    file=name,
                    value=low,
                    parent=high,
                    other=other,
                )
        listed[row[0]] = tuple(row[1:])
    return Listed(name, listed)
