"""The cases that a model learns from and is checked on, cleaned, with an honest split."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Self, TypeVar

from sandbox.core.errors import BadInput
from sandbox.lab import columns as find
from sandbox.lab import pins
from sandbox.lab.choices import Choices, Table, outcome_column
from sandbox.lab.needs import Need
from sandbox.lab.words import listed, t

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

MISSING = "missing"
MOST_ROWS = 150_000
FEWEST_ROWS = 100
#: Fewest units with the outcome, and without it: below this neither a model nor its check says anything.
FEWEST_EACH = 30
_CHECK_SHARE = 0.3


@dataclass(frozen=True)
class Cases:
    """One row per case. ``facts`` holds float columns (``numbers``) and text columns (``categories``).

    ``unit`` says whom the row is about; ``outcome`` whether it happened; ``time`` is None unless a column is mapped.
    ``rows_in_data`` counts the rows of the table; ``notes`` say in words what was left out and why.
    """

    facts: pd.DataFrame
    outcome: np.ndarray
    unit: np.ndarray
    time: np.ndarray | None
    labels: dict[str, str] = field(default_factory=dict)
    dataset: str = ""
    rows_in_data: int = 0
    notes: tuple[str, ...] = ()

    @property
    def numbers(self) -> list[str]:
        return [name for name in self.facts.columns if self.facts[name].dtype.kind == "f"]

    @property
    def categories(self) -> list[str]:
        return [name for name in self.facts.columns if self.facts[name].dtype.kind != "f"]

    @property
    def units(self) -> int:
        """How many different units there are."""
        import numpy as np

        return len(np.unique(self.unit))

    @property
    def rate(self) -> float:
        """Share of cases with the outcome."""
        return float(self.outcome.mean()) if len(self.outcome) else 0.0

    def __len__(self) -> int:
        return len(self.outcome)

    def part(self, rows: np.ndarray) -> Self:
        """The cases at these positions (or where this mask is true)."""
        time = None if self.time is None else self.time[rows]
        return replace(
            self,
            facts=self.facts.iloc[rows] if rows.dtype != bool else self.facts[rows],
            outcome=self.outcome[rows],
            unit=self.unit[rows],
            time=time,
        )

    def split(self) -> tuple[Self, Self]:
        """(learn, check): later against earlier cases when there is a time, else different units. Always the same.

        Raises BadInput when either part would have too few cases of either outcome.
        """
        parts = self._parts()
        for part in parts:
            if min(part.outcome.sum(), (~part.outcome).sum()) < 5:
                raise BadInput(
                    "The data cannot be split into a part to learn from and a part to check on: one of them would "
                    "have almost no case of the outcome.",
                    "Use a dataset that covers more cases or a longer time.",
                )
        return parts

    def _parts(self) -> tuple[Self, Self]:
        learn, check = self._by_unit() if self.time is None else self._by_time(self.time)
        return self.part(learn), self.part(check)

    def _by_time(self, time: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The last 30% of the time is kept for the check; a gap of a day keeps outcomes of one event apart."""
        import numpy as np

        cut = np.sort(time)[int(len(time) * (1 - _CHECK_SHARE))]
        return np.flatnonzero(time < cut - np.timedelta64(1, "D")), np.flatnonzero(time >= cut)

    def _by_unit(self) -> tuple[np.ndarray, np.ndarray]:
        import numpy as np
        from sklearn.model_selection import GroupShuffleSplit, train_test_split

        rows = np.arange(len(self))
        if self.units == len(self):
            learn, check = train_test_split(rows, test_size=_CHECK_SHARE, stratify=self._kinds, random_state=7)
            return learn, check
        learn, check = next(GroupShuffleSplit(1, test_size=_CHECK_SHARE, random_state=7).split(rows, groups=self.unit))
        return learn, check

    @property
    def _kinds(self) -> np.ndarray | None:
        """What both parts of a split should have alike."""
        return self.outcome

    @property
    def split_words(self) -> str:
        """How the check was kept apart, in words."""
        if self.time is not None:
            return t("The model learned from the earlier 70% of the time and was checked on the later 30%.")
        return t("The model learned from 70% of the units and was checked on the other 30%, which it had never seen.")


Made = TypeVar("Made", bound=Cases)


def read(choices: Choices, needs: Sequence[Need], table: Table) -> Cases:
    """The cases that ``choices`` (complete, without problems) describe.

    Raises BadInput, in words, when there are too few of them to learn anything.
    """
    cases = collect(Cases, choices, needs, table, outcome_column(choices, needs), as_happened)
    enough(cases)
    return cases


def as_happened(column: pd.Series, choices: Choices) -> np.ndarray:
    """Whether each row's outcome is the value that means yes."""
    happened: np.ndarray = find.as_levels(column).eq(choices.yes).to_numpy()
    return happened


def collect(
    kind: type[Made],
    choices: Choices,
    needs: Sequence[Need],
    table: Table,
    target: str,
    answer: Callable[[pd.Series, Choices], np.ndarray],
) -> Made:
    """The rows that have a value in the column ``target``, with what ``answer`` makes of it as their outcome."""
    roles = {need.role: choices.columns.get(need.key, "") for need in needs if need.role != "facts"}
    unit, time = roles.get("unit", ""), roles.get("time", "")
    names = list(dict.fromkeys([*(name for name in (unit, target, time) if name), *(choices.facts or ())]))
    frame, rows, notes = select(table.name, names)
    kept = frame[present(frame[target])]
    if len(kept) < len(frame):
        notes.append(
            t("{rows} {rows:row|rows} without an outcome {rows:was|were} left out.", rows=f"{len(frame) - len(kept):,}")
        )
    facts, dropped = facts_of(kept, [n for n in choices.facts or () if n not in (unit, target, time)], table)
    notes += dropped
    units, moments = units_of(kept, unit), moments_of(kept, time)
    if unit and not present(kept[unit]).all():
        notes.append(t("Rows without a unit were counted as units of their own."))
    labels = {column.name: column.label for column in table.columns}
    outcome = answer(kept[target], choices)
    return kind(facts.reset_index(drop=True), outcome, units, moments, labels, table.name, rows, tuple(notes))


def select(dataset: str, names: Sequence[str]) -> tuple[pd.DataFrame, int, list[str]]:
    """The named columns, how many rows the table has, and a note when only a sample of them was taken."""
    connection = pins.connection(dataset)
    row = connection.execute("SELECT count(*) FROM data").fetchone()
    rows = int(row[0]) if row else 0
    query, notes = f"SELECT {pins.quoted(names)} FROM data", []  # noqa: S608 - quoted identifiers of this very table
    if rows > MOST_ROWS:
        query += f" USING SAMPLE reservoir({MOST_ROWS} ROWS) REPEATABLE (7)"
        notes.append(t("A random sample of {some} of {all} rows was used.", some=f"{MOST_ROWS:,}", all=f"{rows:,}"))
    return connection.execute(query).df(), rows, notes


def present(series: pd.Series) -> pd.Series:
    return find.clean_text(series).notna() if find.is_text(series) else series.notna()


def facts_of(frame: pd.DataFrame, names: Sequence[str], table: Table) -> tuple[pd.DataFrame, list[str]]:
    """Numbers as float with NaN, categories as text with “missing”; columns without any value are left out."""
    import pandas as pd

    made: dict[str, Any] = {}
    empty = []
    for name in names:
        column = table.column(name)
        if column is None or not present(frame[name]).any():
            empty.append(name)
        else:
            made[name] = as_fact(frame[name], column.kind == "number")
    notes = [t("Left out because they are empty: {columns}.", columns=listed(empty))] if empty else []
    return pd.DataFrame(made, index=frame.index), notes


def as_fact(series: pd.Series, is_number: bool) -> pd.Series:
    """A column as the model takes it."""
    import pandas as pd

    if is_number:
        values = find.clean_text(series) if find.is_text(series) else series
        return (
            pd.to_numeric(values, errors="coerce")
            .astype("float64")
            .replace([float("inf"), float("-inf")], float("nan"))
        )
    values = find.clean_text(series) if find.is_text(series) else series.astype("object")
    return find.as_levels(values).fillna(MISSING).astype("object")


def units_of(frame: pd.DataFrame, name: str) -> np.ndarray:
    """Whole numbers that stand for units; every row is its own unit when none is mapped or the id is missing."""
    import numpy as np
    import pandas as pd

    if not name:
        return np.arange(len(frame))
    codes = pd.factorize(frame[name])[0].astype("int64")
    missing = codes < 0
    codes[missing] = codes.max(initial=-1) + 1 + np.arange(missing.sum())
    return codes


def moments_of(frame: pd.DataFrame, name: str) -> np.ndarray | None:
    import pandas as pd

    if not name:
        return None
    moments = pd.to_datetime(frame[name], errors="coerce", utc=True, format="mixed").dt.tz_localize(None)
    if moments.isna().mean() > 0.01 or moments.nunique() < 20:
        raise BadInput(
            "The column “{column}” cannot be used as a time: it has too few different moments or unreadable ones.",
            "Choose another column for the time, or “not used”.",
            column=name,
        )
    return moments.ffill().bfill().to_numpy().astype("datetime64[s]")


def enough(cases: Cases) -> None:
    """Raises BadInput, in words, when there are too few cases, facts or outcomes to learn anything."""
    import numpy as np

    yes, no = len(np.unique(cases.unit[cases.outcome])), len(np.unique(cases.unit[~cases.outcome]))
    repeated = cases.units < len(cases)  # many rows per unit (machines): rows are then what is learned from
    if repeated:
        yes, no = max(yes, int(cases.outcome.sum())), max(no, int((~cases.outcome).sum()))
    if not len(cases.facts.columns):
        raise BadInput("No fact has any value.", "Choose other columns to learn from.")
    if not yes or not no:
        raise BadInput(
            "All {rows} cases have the same outcome, so there is nothing to tell apart.",
            "Check the outcome column and which value means yes.",
            rows=f"{len(cases):,}",
        )
    if len(cases) < FEWEST_ROWS or min(yes, no) < FEWEST_EACH:
        raise BadInput(
            "There are too few cases: {rows} in all, {yes} with the outcome and {no} without.",
            "A result that can be trusted needs at least {least} cases, and {each} of either kind. "
            "Use a larger dataset.",
            rows=f"{len(cases):,}",
            yes=f"{yes:,}",
            no=f"{no:,}",
            least=FEWEST_ROWS,
            each=FEWEST_EACH,
        )
