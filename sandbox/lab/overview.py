"""A look at any table before a question is asked: what its columns hold, what is odd, and what goes together.

How much two columns have to do with each other is one figure for all kinds (Cramér's V, corrected for chance, numbers
in five bands): 0 is nothing, 1 is that one tells the other. Among many pairs some always look alike by chance. So a
pair counts only if it is found in one half of the units and again in the other; its figure is that of the other half.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import combinations
from typing import TYPE_CHECKING, Any

from sandbox.lab import cases as read_cases
from sandbox.lab import choices, fairness, pins
from sandbox.lab import columns as find
from sandbox.lab.tables import small_cell
from sandbox.lab.words import both

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from sandbox.lab.columns import Column
    from sandbox.lab.forms import Form

#: Fewest rows that relations are looked for in; strengths from which one is told, called clear, and called the same.
FEWEST_ROWS, TOLD, CLEAR, SAME = 200, 0.1, 0.3, 0.95
_MOST_COLUMNS, _MOST_RELATED, _MOST_RELATIONS = 60, 30, 40
_BANDS, _BARS, _LEVELS = 5, 12, 8


@dataclass(frozen=True)
class Picture:
    """One column. ``bars``: (from, to or level, share of the rows) of bands or levels with enough units; ``hidden``
    counts the others. ``remarks``: what is odd about it, as keys of ``overview_views.REMARKS``.
    """

    name: str
    label: Mapping[str, str]
    kind: str
    missing: float
    distinct: int
    bars: tuple[tuple[float | str, float | str, float], ...] = ()
    hidden: int = 0
    middle: float | None = None
    low: float | None = None
    high: float | None = None
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Relation:
    """Two columns that go together (``strength`` 0–1, in the half that was not searched).

    ``direction``: "+" or "-" for two numbers that rise together or against each other, "~" in no single direction. A
    number and a category: its middle is ``high`` where it is ``level``, ``low`` where it is ``other``. Two categories:
    where ``first`` is ``level``, ``second`` is ``other`` in a share of ``high`` (on average ``low``).
    """

    first: str
    second: str
    strength: float
    kind: str
    direction: str = ""
    level: str = ""
    other: str = ""
    high: float = 0.0
    low: float = 0.0


@dataclass(frozen=True)
class Overview:
    """A table as it was looked at: ``used`` of its ``rows``, ``units`` different units, ``copies`` rows that repeat."""

    dataset: str
    rows: int
    used: int
    units: int
    copies: int
    pictures: tuple[Picture, ...]
    relations: tuple[Relation, ...]
    searched: int = 0
    notes: tuple[str, ...] = field(default=())

    def to_json(self) -> dict[str, Any]:
        """What the evidence keeps."""
        kept = asdict(self)
        kept.pop("notes")
        return kept

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Overview:
        """Raises KeyError, ValueError or TypeError for anything that ``to_json`` did not make."""
        pictures = tuple(
            Picture(**{**each, "bars": tuple((a, b, float(share)) for a, b, share in each["bars"]),
                       "remarks": tuple(str(r) for r in each["remarks"])})
            for each in value["pictures"]
        )  # fmt: skip
        relations = tuple(Relation(**each) for each in value["relations"])
        numbers = {name: int(value[name]) for name in ("rows", "used", "units", "copies", "searched")}
        return cls(dataset=str(value["dataset"]), pictures=pictures, relations=relations, **numbers)

    def of(self, name: str) -> tuple[Relation, ...]:
        """The relations of one column, strongest first."""
        return tuple(each for each in self.relations if name in (each.first, each.second))


def look_at(form: Form) -> Overview:
    """Look at the chosen table. Raises BadInput, in words, when nothing is chosen that can be opened."""
    chosen, table = form.ready()
    names = [column.name for column in table.columns][:_MOST_COLUMNS]
    frame, rows, notes = read_cases.select(table.name, names)
    unit = next((chosen.columns.get(need.key, "") for need in form.needs if need.role == "unit"), "")
    declared = pins.pin(table.name).unit
    units = read_cases.units_of(frame, unit or (declared if declared in names else ""))
    target = choices.outcome_column(chosen, form.needs)
    wanted = [name for name in dict.fromkeys([target, *(chosen.facts or ())]) if name and table.column(name)]
    facts, dropped = read_cases.facts_of(frame, wanted, table)
    texts = pins.pin(table.name).texts
    pictures = tuple(_picture(column, frame[column.name], units, texts.get(column.name, {}))
                     for column in table.columns if column.name in names)  # fmt: skip
    enough = len(frame) >= FEWEST_ROWS
    related = list(facts.columns[:_MOST_RELATED])
    return Overview(
        dataset=table.name,
        rows=rows,
        used=len(frame),
        units=len(set(units.tolist())),
        copies=int(frame.duplicated().sum()),
        pictures=pictures,
        relations=tuple(relations(facts[related], units)) if enough else (),
        searched=len(related) * (len(related) - 1) // 2 if enough else 0,
        notes=(*notes, *dropped),
    )


# --- one column --------------------------------------------------------------------------------------------------


def _picture(column: Column, series: pd.Series, units: np.ndarray, texts: Mapping[str, str]) -> Picture:
    label = {tag: find.label(column.name, texts, tag) for tag in both("")}
    missing = float((~read_cases.present(series)).mean()) if len(series) else 1.0
    remarks = [] if missing <= 0.2 else ["missing"]
    plain = Picture(column.name, label, column.kind, round(missing, 4), column.distinct)
    if column.kind == "number":
        return _number_picture(plain, read_cases.as_fact(series, True), units, remarks)
    if column.kind == "category":
        return _category_picture(plain, read_cases.as_fact(series, False), units, remarks)
    told = {"constant": "constant", "empty": "empty", "text": "text", "id": "id"}.get(column.kind)
    return _with(plain, remarks=(told,) if told else ())


def _number_picture(plain: Picture, values: pd.Series, units: np.ndarray, remarks: list[str]) -> Picture:
    """Bands between the 1st and the 99th hundredth: the outermost values are single units' own."""
    import numpy as np

    known = values.dropna()
    low, middle, high = (float(known.quantile(share)) for share in (0.05, 0.5, 0.95))
    first, last = (float(known.quantile(share)) for share in (0.01, 0.99))
    whole = bool((known == known.round()).all())
    count = int(min(_BARS, last - first + 1)) if whole and last - first < _BARS else _BARS
    edges = np.linspace(first, last + 1 if whole and count < _BARS else last, max(2, count + 1))
    place = np.clip(np.searchsorted(edges, values.to_numpy(), side="right") - 1, 0, len(edges) - 2)
    bars, hidden = [], 0
    for band in range(len(edges) - 1):
        here = (place == band) & values.notna().to_numpy()
        if len(np.unique(units[here])) >= small_cell():
            bars.append((round(float(edges[band]), 6), round(float(edges[band + 1]), 6), round(float(here.mean()), 4)))
        elif here.any():
            hidden += 1
    spread = float(known.quantile(0.75) - known.quantile(0.25))
    far = (known < middle - 10 * spread) | (known > middle + 10 * spread)
    if spread > 0 and far.mean() > 0.0005:
        remarks.append("far")
    if float((known == known.mode().iloc[0]).mean()) > 0.9:
        remarks.append("one")
    return _with(plain, bars=tuple(bars), hidden=hidden, middle=round(middle, 6), low=round(low, 6),
                 high=round(high, 6), remarks=tuple(remarks))  # fmt: skip


def _category_picture(plain: Picture, values: pd.Series, units: np.ndarray, remarks: list[str]) -> Picture:
    import numpy as np

    counts = values[values != read_cases.MISSING].value_counts()
    bars, hidden = [], 0
    for level, size in counts.items():
        if len(bars) < _LEVELS and len(np.unique(units[(values == level).to_numpy()])) >= small_cell():
            bars.append((str(level), "", round(size / len(values), 4)))
        else:
            hidden += 1
        if hidden and len(bars) >= _LEVELS:
            hidden = len(counts) - len(bars)
            break
    if len(counts) > 50:
        remarks.append("many")
    if len(counts) and counts.iloc[0] / counts.sum() > 0.95:
        remarks.append("one")
    return _with(plain, bars=tuple(bars), hidden=hidden, distinct=len(counts), remarks=tuple(remarks))


def _with(plain: Picture, **changes: Any) -> Picture:
    return Picture(**{**vars(plain), **changes})


# --- what goes together ------------------------------------------------------------------------------------------


def relations(facts: pd.DataFrame, units: np.ndarray) -> list[Relation]:
    """Pairs of columns that go together in both halves of the units, strongest first."""
    import numpy as np

    _, codes = np.unique(units, return_inverse=True)
    searched = (np.random.default_rng(7).permutation(int(codes.max()) + 1) % 2 == 0)[codes]
    banded = {str(name): _codes(facts[name]) for name in facts.columns}
    pairs = list(combinations(banded, 2))
    made = []
    for first, second in pairs:
        strengths = []
        for half, least in ((searched, 0.01 / len(pairs)), (~searched, 0.05)):
            strength, chance = _strength(banded[first][half], banded[second][half])
            if strength < TOLD or chance > least:
                break
            strengths.append(strength)
        else:
            made.append(_told(facts, units, first, second, round(min(strengths[-1], 1.0), 4)))
    return sorted(made, key=lambda each: -each.strength)[:_MOST_RELATIONS]


def _codes(values: pd.Series) -> np.ndarray:
    """Whole numbers for the bands of a number or the twelve largest levels; −1 where a value is missing."""
    import pandas as pd

    if values.dtype.kind == "f":
        if values.nunique() <= 2 * _BANDS:
            return pd.factorize(values)[0]
        coded: np.ndarray = pd.qcut(values, _BANDS, labels=False, duplicates="drop").fillna(-1).to_numpy(int)
        return coded
    known = values.where(values != read_cases.MISSING)
    largest = known.value_counts().index[:12]
    return pd.factorize(known.where(known.isin(largest) | known.isna(), "\0others"))[0]


def _strength(first: np.ndarray, second: np.ndarray) -> tuple[float, float]:
    """(Cramér's V corrected for chance, probability of as much by chance alone)."""
    import numpy as np
    from scipy.stats import chi2_contingency

    known = (first >= 0) & (second >= 0)
    if known.sum() < FEWEST_ROWS / 4:
        return 0.0, 1.0
    width = int(second.max()) + 1
    crossed = np.bincount(first[known] * width + second[known], minlength=(int(first.max()) + 1) * width)
    crossed = crossed.reshape(-1, width)
    crossed = crossed[crossed.sum(axis=1) > 0][:, crossed.sum(axis=0) > 0]
    if min(crossed.shape) < 2:
        return 0.0, 1.0
    return fairness.association(crossed), float(chi2_contingency(crossed, correction=False).pvalue)


def _told(facts: pd.DataFrame, units: np.ndarray, first: str, second: str, strength: float) -> Relation:
    """The relation with what can be said of it in words; rows of all units, levels with enough of them."""
    numbers = [name for name in (first, second) if facts[name].dtype.kind == "f"]
    if len(numbers) == 2:
        rank = float(facts[first].corr(facts[second], method="spearman"))
        direction = "~" if abs(rank) < max(0.15, strength / 3) else "+" if rank > 0 else "-"
        return Relation(first, second, strength, "numbers", direction)
    if numbers:
        number, category = numbers[0], second if numbers[0] == first else first
        middles = {level: float(facts[number][rows].median()) for level, rows in _levels(facts[category], units)}
        middles = {level: value for level, value in middles.items() if value == value}
        if len(middles) < 2:
            return Relation(number, category, strength, "mixed")
        high, low = max(middles, key=lambda each: middles[each]), min(middles, key=lambda each: middles[each])
        return Relation(number, category, strength, "mixed", "", high, low, middles[high], middles[low])
    best, found = 0.0, Relation(first, second, strength, "categories")
    averages = facts[second].value_counts(normalize=True)
    for level, rows in _levels(facts[first], units):
        shares = facts[second][rows].value_counts(normalize=True)
        apart = (shares - averages.reindex(shares.index)).drop(read_cases.MISSING, errors="ignore")
        if len(apart) and float(apart.max()) > best:
            other, best = str(apart.idxmax()), float(apart.max())
            found = Relation(first, second, strength, "categories", "", level, other, round(float(shares[other]), 4),
                             round(float(averages[other]), 4))  # fmt: skip
    return found


def _levels(values: pd.Series, units: np.ndarray) -> Sequence[tuple[str, np.ndarray]]:
    """(level, where it is) of the frequent levels that enough units have."""
    import numpy as np

    largest = values[values != read_cases.MISSING].value_counts().index[:12]
    found = [(str(level), (values == level).to_numpy()) for level in largest]
    return [(level, rows) for level, rows in found if len(np.unique(units[rows])) >= small_cell()]
