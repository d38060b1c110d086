"""What a person chose in the form: read, completed by guesses, checked, saved. No widgets here.

``choices.json`` beside the notebook carries the choices into the next session, the examination and the app.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sandbox.core.errors import BadInput
from sandbox.lab import columns as find
from sandbox.lab import pins
from sandbox.lab import settings as more
from sandbox.lab.assumptions import Worth
from sandbox.lab.columns import Column
from sandbox.lab.needs import Need
from sandbox.lab.settings import Setting
from sandbox.lab.words import t

if TYPE_CHECKING:
    import pandas as pd

FORMAT = 1
FILE = "choices.json"
MOST_FACTS = 60
_LEVELS_JUDGED = 20
_TELLS_ALL = 0.98


@dataclass(frozen=True)
class Choices:
    """``columns`` maps a need's key to a column (or "" for not used); ``facts`` None means: as guessed.

    ``threshold`` is a risk from 0 to 1, or None to follow the break-even of ``worth``. ``settings`` holds what else the
    template lets people set.
    """

    dataset: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)
    yes: str = ""
    facts: tuple[str, ...] | None = None
    threshold: float | None = None
    worth: Mapping[str, float] = field(default_factory=dict)
    settings: Mapping[str, float | str] = field(default_factory=dict)

    @property
    def mapped(self) -> dict[str, str]:
        """A need's key → its column, of the needs that have one."""
        return {key: name for key, name in self.columns.items() if name}

    def to_json(self) -> dict[str, Any]:
        written: dict[str, Any] = {
            "format": FORMAT,
            "dataset": self.dataset,
            "columns": dict(self.columns),
            "yes": self.yes,
            "facts": None if self.facts is None else list(self.facts),
            "threshold": self.threshold,
            "worth": dict(self.worth),
        }
        return written | ({"settings": dict(self.settings)} if self.settings else {})

    @classmethod
    def from_json(cls, value: Any) -> Choices:
        """Choices from a file that anybody may have edited: what does not fit is left to the guesses."""
        if not isinstance(value, Mapping):
            return cls()
        facts = value.get("facts")
        mapped = value.get("columns")
        worth, settings = value.get("worth"), value.get("settings")
        return cls(
            dataset=_text(value.get("dataset")),
            columns={str(k): _text(v) for k, v in mapped.items()} if isinstance(mapped, Mapping) else {},
            yes=_text(value.get("yes")),
            facts=tuple(filter(None, map(_text, facts)))[:MOST_FACTS] if isinstance(facts, list) else None,
            threshold=_share(value.get("threshold")),
            worth={str(k): float(v) for k, v in worth.items() if _is_number(v)} if isinstance(worth, Mapping) else {},
            settings={str(k): _text(v) if isinstance(v, str) else float(v) for k, v in settings.items()
                      if isinstance(v, str) or _is_number(v)} if isinstance(settings, Mapping) else {},
        )  # fmt: skip


@dataclass(frozen=True)
class Table:
    """A pinned dataset as the form sees it: its columns and a sample of at most ``columns.SAMPLE_ROWS`` rows."""

    name: str
    columns: tuple[Column, ...]
    sample: pd.DataFrame = field(repr=False)

    @classmethod
    def of(cls, name: str, only: Sequence[str] = ()) -> Table:
        """All columns of the pinned dataset, or those among ``only``; raises as ``pins.data`` does."""
        there = [column for column in pins.data(name).columns if column in only] if only else []
        sample_rows = f"USING SAMPLE reservoir({find.SAMPLE_ROWS} ROWS) REPEATABLE (7)"
        query = f"SELECT {pins.quoted(there) or '*'} FROM data {sample_rows}"  # noqa: S608 - its own quoted columns
        sample = pins.connection(name).execute(query).df()
        return cls(name, find.profile(sample, pins.pin(name)), sample)

    def column(self, name: str) -> Column | None:
        return next((column for column in self.columns if column.name == name), None)


def load(folder: Path) -> Choices:
    try:
        return Choices.from_json(json.loads((folder / FILE).read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return Choices()


def save(choices: Choices, folder: Path) -> None:
    """Write beside and rename. Raises BadInput when the project folder cannot be written."""
    text = json.dumps(choices.to_json(), ensure_ascii=False, indent=1, allow_nan=False)
    beside = folder / f".{FILE}.new"
    try:
        beside.write_text(text + "\n", encoding="utf-8")
        beside.replace(folder / FILE)
    except OSError as error:
        raise BadInput(
            "Your choices could not be saved: {problem}.",
            "Check that there is room on the disk and that the notebook lies in its project.",
            problem=error.strerror or str(error),
        ) from None


def complete(
    choices: Choices, needs: Sequence[Need], table: Table, worth: Worth | None, settings: Sequence[Setting] = ()
) -> Choices:
    """``choices`` with every gap filled by a guess, and everything that the table does not have taken out."""
    mapped: dict[str, str] = {}
    # What somebody chose for one need is not guessed for another.
    kept_by_hand = {name for need in needs if (name := choices.columns.get(need.key, "")) and table.column(name)}
    for need in needs:
        if need.role == "facts":
            continue
        kept = choices.columns.get(need.key)
        column = table.column(kept) if kept else None
        if kept == "" and not need.required:
            mapped[need.key] = ""
        elif column is not None and need.fits(column):
            mapped[need.key] = column.name
        else:
            mapped[need.key] = _guess(need, table, {*mapped.values(), *kept_by_hand})
    assumed = worth.updated(choices.worth).to_json() if worth else {}
    settled = replace(choices, dataset=table.name, columns=mapped, worth=assumed)
    settled = replace(settled, settings=more.complete(choices.settings, settings, mapped, table))
    values = outcome_values(settled, needs, table)
    settled = replace(settled, yes=choices.yes if choices.yes in values else find.guess_yes(values))
    if not any(need.role == "facts" for need in needs):
        return replace(settled, facts=())
    usable = [column.name for column in candidates(settled, table)]
    chosen = [name for name in choices.facts or () if name in usable]
    if not chosen:
        tell = tells_outcome(settled, needs, table)
        chosen = [name for name in usable if name not in tell][:MOST_FACTS]
    return replace(settled, facts=tuple(chosen))


def _guess(need: Need, table: Table, taken: set[str]) -> str:
    fitting = [column for column in table.columns if need.fits(column) and column.name not in taken]
    if need.role == "unit":
        fitting = [column for column in fitting if column.distinct > 2]  # two values are no one's name
        fitting.sort(key=lambda column: column.kind != "id")
        declared = pins.pin(table.name).unit
        if any(column.name == declared for column in fitting):
            return declared
    if need.role in ("outcome", "target"):
        two = [column for column in fitting if column.distinct == 2]
        return find.best(two, need.hints) or find.best(fitting, need.hints)
    return find.best(fitting, need.hints)


def outcome_column(choices: Choices, needs: Sequence[Need]) -> str:
    return next((choices.columns.get(need.key, "") for need in needs if need.role in ("outcome", "target")), "")


def is_number(name: str, needs: Sequence[Need], table: Table) -> bool:
    """Whether the outcome in the column ``name`` is a number to be estimated; never where a yes or no is needed."""
    column = table.column(name)
    return column is not None and column.kind == "number" and any(need.role == "target" for need in needs)


def outcome_values(choices: Choices, needs: Sequence[Need], table: Table) -> tuple[str, ...]:
    """The values of the mapped outcome, most frequent first, as text; none for a number that is to be estimated."""
    name = outcome_column(choices, needs)
    if not table.column(name) or is_number(name, needs, table):
        return ()
    series = table.sample[name]
    present = find.clean_text(series).dropna() if find.is_text(series) else series.dropna()
    return tuple(find.as_levels(present).value_counts().index[:50])


def candidates(choices: Choices, table: Table) -> list[Column]:
    """Columns that may be facts: usable and without another role."""
    taken = set(choices.columns.values())
    return [column for column in table.columns if column.usable and column.name not in taken]


def tells_outcome(choices: Choices, needs: Sequence[Need], table: Table) -> dict[str, str]:
    """Columns that know the outcome by themselves, each with the reason in words.

    Such a column is nearly always written down afterwards (a failure's cause, a leaver's last bill): a model that
    learns from it looks brilliant and is useless on the day it is needed.
    """
    name = outcome_column(choices, needs)
    if not table.column(name):
        return {}
    if is_number(name, needs, table):
        return _tells_number(table, name, candidates(choices, table))
    if not choices.yes:
        return {}
    happened = find.as_levels(table.sample[name]).eq(choices.yes)
    if not 0 < happened.mean() < 0.8:
        return {}
    return {
        column.name: reason
        for column in candidates(choices, table)
        if (reason := _tells(table.sample[column.name], happened, column))
    }


def _tells_number(table: Table, name: str, others: Sequence[Column]) -> dict[str, str]:
    """Numbers that say the same as the number ``name``: another unit of it, or it with a tax on top."""
    import pandas as pd

    wanted = pd.to_numeric(table.sample[name], errors="coerce")
    numbers = {column.name: pd.to_numeric(table.sample[column.name], errors="coerce")
               for column in others if column.kind == "number"}  # fmt: skip
    same = [other for other, values in numbers.items() if abs(values.corr(wanted, method="spearman")) >= 0.995]
    return {other: t("it says the same in another way") for other in same}


def _tells(series: pd.Series, happened: pd.Series, column: Column) -> str:
    if column.distinct <= _LEVELS_JUDGED:
        grouped = happened.groupby(find.as_levels(series.where(series.notna(), "")))
        sizes, rates = grouped.size(), grouped.mean()
        certain = sizes.index[(sizes >= 15) & (rates >= _TELLS_ALL)]
        if len(certain):
            return t("whenever it is “{value}”, the outcome is certain", value=certain[0])
        return ""
    if column.kind == "number":
        ranks = series.astype("object").map(_as_float).rank()
        positive, known = happened & ranks.notna(), int(ranks.notna().sum())
        yes = int(positive.sum())
        if yes and known > yes:
            area = (ranks[positive].sum() - yes * (yes + 1) / 2) / (yes * (known - yes))
            if max(area, 1 - area) >= 0.99:
                return t("it separates the outcomes by itself")
    return ""


def problems(choices: Choices, needs: Sequence[Need], table: Table) -> list[str]:
    """What still stands in the way of a result, in words; empty when nothing does."""
    found = []
    for need in needs:
        if need.role != "facts" and need.required and not choices.columns.get(need.key):
            found.append(t("Choose the column for “{need}”: none of the columns could be guessed.", need=need.title))
    values = outcome_values(choices, needs, table)
    outcome = outcome_column(choices, needs)
    if outcome and len(values) < 2 and not is_number(outcome, needs, table):
        found.append(t("The outcome column has only one value, so there is nothing to learn. Choose another column."))
    if not choices.facts and any(need.role == "facts" and need.required for need in needs):
        found.append(t("No column is left to learn from. Choose at least one fact."))
    return found


def threshold(choices: Choices, worth: Worth | None) -> float:
    """The risk from which a case is acted upon; one half where nobody chose it and nothing is assumed."""
    if choices.threshold is not None:
        return choices.threshold
    return worth.updated(choices.worth).break_even if worth else 0.5


def _as_float(value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        return math.nan


def _text(value: Any) -> str:
    return value[:200] if isinstance(value, str) else ""


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _share(value: Any) -> float | None:
    return min(0.99, max(0.01, float(value))) if _is_number(value) else None
