"""Shown tables that give nobody away: counts below the small-cell limit are hidden, pseudonyms are refused."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any

from sandbox.core.errors import BadInput
from sandbox.lab import looks, pins, places
from sandbox.lab.words import number, t

if TYPE_CHECKING:
    import pandas as pd

_PSEUDONYM = re.compile(r"(?:[a-z]+[_:-])?[0-9a-f]{16,64}", re.IGNORECASE)
MOST_ROWS = 100
_shown: list[dict[str, Any]] = []


def small_cell() -> int:
    """Fewest units that a shown row may stand for."""
    text = os.environ.get("SANDBOX_SMALL_CELL", "10")
    return max(2, int(text)) if text.isdigit() else 10


def table(frame: pd.DataFrame, *, units: str) -> None:
    """Show ``frame``, whose column ``units`` says how many units each row stands for.

    Rows of fewer units than the small-cell limit keep their name and lose their figures. Raises BadInput when the
    table holds pseudonyms or the column is missing: rows about single units are not for showing.
    """
    from IPython.display import HTML, display

    _check(frame, units)
    least = small_cell()
    rows, hidden = [], 0
    numeric = [frame[name].dtype.kind in "iuf" for name in frame.columns]
    for record in frame.head(MOST_ROWS).to_dict("records"):
        small = not record[units] >= least
        hidden += small
        rows.append(
            [
                _cell(name, record[name], units, small, least, right)
                for name, right in zip(frame.columns, numeric, strict=True)
            ]
        )
    kept = frame[units][frame[units] >= least]
    facts = {"units": units, "rows": len(rows), "hidden": hidden, "least": int(kept.min()) if len(kept) else 0}
    _shown.append(facts)
    told = [
        looks.paragraph(t("Rows of fewer than {least} units are hidden: {hidden}.", least=least, hidden=hidden), True)
    ]
    made = looks.page(looks.table([str(name) for name in frame.columns], rows, numeric), *(told if hidden else []))
    display(HTML(made), metadata={"sandbox": {"table": facts}})


def without_small_rows(frame: pd.DataFrame, units: str) -> pd.DataFrame:
    """A copy of ``frame`` as a table to keep: what ``table`` would hide is empty in it. Raises BadInput like it."""
    _check(frame, units)
    least = small_cell()
    small = ~(frame[units] >= least)
    made = frame.copy()
    for name in frame.columns:
        if frame[name].dtype.kind in "iuf":
            made[name] = made[name].astype(object).where(~small, f"< {least}" if name == units else "")
    return made


def _check(frame: pd.DataFrame, units: str) -> None:
    if units not in frame.columns:
        raise BadInput(
            "The table has no column “{column}” that says how many units each row stands for.",
            "Count the units of each row, for example with groupby(…).nunique(), and name that column in units=.",
            column=units,
        )
    _refuse_pseudonyms(frame)


def shown() -> list[dict[str, Any]]:
    """What has been shown, for the evidence: unit column, rows, hidden rows, smallest count shown."""
    return [dict(facts) for facts in _shown]


def _cell(name: str, value: Any, units: str, small: bool, least: int, right: bool) -> str:
    if small and name == units:
        return f"< {least}"
    if small and right:
        return "–"
    return number(float(value)) if right else str(value)


def _refuse_pseudonyms(frame: pd.DataFrame) -> None:
    declared = {pins.pin(name).unit for name in places.pins()} - {""}
    for name in frame.columns:
        texts = [str(value) for value in frame[name].head(50)] if frame[name].dtype.kind not in "iufbM" else []
        hashed = texts and all(_PSEUDONYM.fullmatch(text) for text in texts)
        if hashed or (name in declared and len(texts)):
            raise BadInput(
                "The table would show single units: the column “{column}” holds their pseudonyms.",
                "Show groups instead: count the units per group and leave that column out.",
                column=str(name),
            )
