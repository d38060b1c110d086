"""What else a template lets people set in the form: a number, one of a few options, or a value of a mapped column.

Settings are kept in ``choices.json`` beside the mapped columns. Everything read back is brought into its range.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sandbox.lab import columns as find
from sandbox.lab import controls

if TYPE_CHECKING:
    from sandbox.lab.choices import Table

_MOST_VALUES = 60
_MOST_EACH = 12


@dataclass(frozen=True)
class Setting:
    """One thing to set. ``value`` is what it starts with; a number has ``low``, ``high`` and ``step``.

    A choice has ``options`` (shown text, value); with ``of`` (a need's key) the values of the column that is mapped to
    that need follow them, and it starts with the first that holds one of the words of ``likely``.

    With ``by`` (the key of an amount) it is a number for each value of the column ``of``: see ``number_each``.
    """

    key: str
    title: str
    value: float | str
    low: float = 0.0
    high: float = 0.0
    step: float = 1.0
    options: tuple[tuple[str, str], ...] = ()
    of: str = ""
    likely: str = ""
    by: str = ""
    known: tuple[tuple[str, float], ...] = ()

    @property
    def is_number(self) -> bool:
        return not isinstance(self.value, str)


def setting(key: str, title: str, *, value: float, low: float, high: float, step: float = 1.0) -> Setting:
    """A number from ``low`` to ``high`` that a slider sets."""
    return Setting(key, title, float(value), low, high, step)


def option(key: str, title: str, options: Sequence[tuple[str, str]], value: str = "") -> Setting:
    """One of ``options`` (shown text, value); starts with ``value`` or the first."""
    return Setting(key, title, value or options[0][1], options=tuple(options))


def value_of(key: str, title: str, *, of: str, options: Sequence[tuple[str, str]] = (), likely: str = "") -> Setting:
    """One of the values of the column that is mapped to the need ``of``, after the given ``options``.

    ``likely``: words of both languages that the value to start with tends to hold.
    """
    return Setting(key, title, "", options=tuple(options), of=of, likely=likely)


def number_each(key: str, title: str, *, of: str, by: str, known: Mapping[str, float] | None = None) -> Setting:
    """A number for each frequent value of the column that is mapped to the need ``of``, such as a limit per category.

    A value among ``known`` starts with that number, every other one with a round number above nearly all (99%) of its
    amounts in the column that is mapped to ``by``. ``Form.setting_each`` gives them.
    """
    return Setting(key, title, 0.0, 0.0, 1e7, of=of, by=by, known=tuple((known or {}).items()))


def expanded(settings: Sequence[Setting], columns: Mapping[str, str], table: Table) -> list[Setting]:
    """The settings with one number per value for each that was declared with ``number_each``."""
    made: list[Setting] = []
    for each in settings:
        made += _per_value(each, columns, table) if each.by else [each]
    return made


def _per_value(each: Setting, columns: Mapping[str, str], table: Table) -> list[Setting]:
    kinds, amounts = columns.get(each.of, ""), columns.get(each.by, "")
    if not table.column(kinds) or not table.column(amounts):
        return []
    import pandas as pd

    levels = find.as_levels(table.sample[kinds])
    values = pd.to_numeric(table.sample[amounts], errors="coerce").groupby(levels).quantile(0.99)
    known = {name.lower(): value for name, value in each.known}
    frequent = [str(level) for level in levels.value_counts().index[:_MOST_EACH]]
    return [
        replace(each, key=f"{each.key}/{level}", title=f"{each.title}: {level}", by="", of="", known=(),
                value=known.get(level.lower(), _round_up(float(values.get(level, 0.0)))))
        for level in frequent
    ]  # fmt: skip


def _round_up(amount: float) -> float:
    """The next number of two telling digits."""
    if not math.isfinite(amount) or amount <= 0:
        return 0.0
    size = 10.0 ** (math.floor(math.log10(amount)) - 1)
    return math.ceil(amount / size) * size


def allowed(setting: Setting, columns: Mapping[str, str], table: Table) -> list[tuple[str, str]]:
    """What a choice offers as (shown text, value), for the columns that are mapped now."""
    offered = list(setting.options)
    name = columns.get(setting.of, "") if setting.of else ""
    if name and table.column(name):
        series = table.sample[name]
        present = find.clean_text(series).dropna() if find.is_text(series) else series.dropna()
        levels = find.as_levels(present).value_counts().index[:_MOST_VALUES]
        offered += [(str(level), str(level)) for level in sorted(levels)]
    return offered


def complete(
    chosen: Mapping[str, Any], settings: Sequence[Setting], columns: Mapping[str, str], table: Table
) -> dict[str, float | str]:
    """Every setting's value: as chosen where that is possible, else as it starts."""
    made: dict[str, float | str] = {}
    for each in expanded(settings, columns, table):
        if each.is_number:
            made[each.key] = controls.number_from(chosen.get(each.key), each.low, each.high, float(each.value))
        else:
            values = [value for _, value in allowed(each, columns, table)]
            first = str(each.value) if each.value in values else _likely(each, values)
            made[each.key] = controls.choice_from(chosen.get(each.key), values, first)
    return made


def _likely(setting: Setting, values: Sequence[str]) -> str:
    """The first value that holds one of the likely words, else the first."""
    for word in setting.likely.lower().split():
        for value in values:
            if word in value.lower().split() or (not word.isascii() and word in value):
                return value
    return values[0] if values else ""


def control(setting: Setting, value: float | str, columns: Mapping[str, str], table: Table) -> Any:
    """The widget for a setting that stands at ``value``."""
    if setting.is_number and setting.high >= 1e7:  # wider than a slider can show
        return controls.amount(setting.title, float(value))
    if setting.is_number:
        return controls.slider(setting.title, float(value), setting.low, setting.high, setting.step)
    return controls.dropdown(setting.title, allowed(setting, columns, table), str(value))
