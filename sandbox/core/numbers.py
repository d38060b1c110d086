"""Figures as people type them."""

from __future__ import annotations

import re


def parse_number(text: str) -> float | None:
    """A figure as people type it (“12.5”, “1,200”, “12%”, full-width digits); None when it is not one.

    “1,5” is none: half of the readers mean 1.5 by it, and reading it as 15 would be a silent mistake.
    """
    cleaned = text.strip().translate(_WIDE).replace(" ", "").removesuffix("%")
    if "," in cleaned and not _THOUSANDS.fullmatch(cleaned):
        return None
    cleaned = cleaned.replace(",", "")
    try:
        value = float(cleaned)
    except ValueError:
        return None
    return value if value == value and abs(value) != float("inf") else None


_THOUSANDS = re.compile(r"[-+]?\d{1,3}(,\d{3})+(\.\d+)?")
_WIDE = str.maketrans("0123456789．，－％", "0123456789.,-%")
