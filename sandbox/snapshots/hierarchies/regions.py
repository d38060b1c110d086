"""Chinese administrative places as a tree: place → province → big region → ``*``. Finer trees are files of the steward.

Known are provinces by any of their names (广东, 广东省, Guangdong), places whose name begins with the full name of
their province (广东省广州市), and codes of administrative divisions (GB/T 2260: the first two digits are the province).
"""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from sandbox.snapshots.hierarchies.base import Hierarchy, as_text
from sandbox.snapshots.hierarchies.table import missing_values

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
