"""Claims for money: readable rules, an amount that is unusual for its kind, and who decides: rule, machine or person.

- over the limit of its kind; handed in late; the same amount of the same person again (a copy); two of one kind that
  together go over the limit (a split);
- unusual: the amount against the usual one of its kind, on a logarithmic scale (robust z-score: median and median
  absolute deviation, Iglewicz and Hoaglin 1993). Nothing is fitted to people.

Nobody marked which claims were wrong, so ``claim_seeds`` judges the rules on problems that it puts in.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from sandbox.core.errors import BadInput
from sandbox.lab import columns as find
from sandbox.lab import pins
from sandbox.lab.words import t

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from sandbox.lab.choices import Choices, Table
    from sandbox.lab.forms import Form

FEWEST = 100
FEWEST_OF_KIND = 20
RULES = ("limit", "copy", "split", "late", "rare", "odd")
_MAD = 1.4826


@dataclass(frozen=True)
class Rules:
    """What the form sets. ``limits`` and ``small`` are amounts; ``late`` and ``near`` count days; ``odd`` and ``lot``
    are shares: of the claims that the machine finds most unusual, and of the passed ones that are looked at by lot.
    """

    limits: Mapping[str, float]
    small: float = 100.0
    late: float = 60.0
    near: float = 1.0
    odd: float = 0.02
    lot: float = 0.02


@dataclass(frozen=True)
class Claims:
    """``frame`` has one row per claim: person (a number), kind, amount, spent and handed (days), group (of the column
    ``group``, "" if none is mapped).
    """

    frame: pd.DataFrame = field(repr=False)
    dataset: str = ""
    rows: int = 0
    columns: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    group: str = ""

    @property
    def people(self) -> int:
        return int(self.frame["person"].nunique())

    def __len__(self) -> int:
        return len(self.frame)


@dataclass(frozen=True)
class Usual:
    """What claims of a kind usually cost: the median of the log amount and its spread; ``edge``: odd from there on."""

    middle: Mapping[str, float]
    spread: Mapping[str, float]
    edge: float

    def odd(self, kind: pd.Series, amount: pd.Series) -> np.ndarray:
        """How unusual an amount is for its kind, in robust standard deviations; below zero: less than usual."""
        import numpy as np

        middle, spread = kind.map(self.middle).to_numpy(float), kind.map(self.spread).to_numpy(float)
        score: np.ndarray = (np.log(amount.to_numpy(float)) - middle) / spread
        return np.where(np.isnan(score), 0.0, score)


@dataclass(frozen=True)
class Decided:
    """Who decides each claim. ``reasons``: a column of truth values per rule; ``by``: rule, machine or person;
    ``lot``: claims that pass and are looked at all the same.
    """

    reasons: pd.DataFrame = field(repr=False)
    by: np.ndarray = field(repr=False)
    lot: np.ndarray = field(repr=False)
    score: np.ndarray = field(repr=False)

    @property
    def person(self) -> np.ndarray:
        """Claims that a person sees."""
        return (self.by == "person") | self.lot

    def share(self, who: str) -> float:
        return float((self.by == who).mean())


def claims_of(form: Form) -> Claims:
    """The claims that were chosen in the form: needs with the keys person, kind, amount, spent and, if mapped, handed
    and group. Raises BadInput, in words, when there are too few.
    """
    chosen, table = form.ready()
    return read_claims(chosen, table)


def read_claims(choices: Choices, table: Table) -> Claims:
    """The claims that ``choices`` describe; rows without an amount, kind, person or day are left out."""
    import pandas as pd

    mapped = choices.mapped
    names = list(dict.fromkeys(mapped.values()))
    raw = pins.frame(choices.dataset, names)
    spent = _days(raw[mapped["spent"]])
    frame = pd.DataFrame({
        "person": pd.factorize(raw[mapped["person"]])[0],
        "kind": find.as_levels(raw[mapped["kind"]]),
        "amount": pd.to_numeric(raw[mapped["amount"]], errors="coerce"),
        "spent": spent,
        "handed": _days(raw[mapped["handed"]]) if "handed" in mapped else spent,
        "group": find.as_levels(raw[mapped["group"]]).fillna(t("missing")) if "group" in mapped else "",
    })  # fmt: skip
    whole = frame[["kind", "amount", "spent"]].notna().all(axis=1) & (frame["amount"] > 0) & (frame["person"] >= 0)
    kept = frame[whole].reset_index(drop=True)
    kept["handed"] = kept["handed"].fillna(kept["spent"])
    if len(kept) < FEWEST:
        raise BadInput(
            "There are too few claims: {rows} with person, kind, day and an amount above zero.",
            "Rules can be tried on at least {least} claims. Use a larger dataset, or check the columns.",
            rows=len(kept),
            least=FEWEST,
        )
    notes = []
    if len(kept) < len(raw):
        notes.append(t("{rows} {rows:row|rows} without a person, kind, day or amount {rows:was|were} "
                       "left out; a person must look at them.",
                       rows=f"{len(raw) - len(kept):,}"))  # fmt: skip
    sizes = kept["kind"].value_counts()
    if rare := int((sizes < FEWEST_OF_KIND).sum()):
        notes.append(t("{kinds} kinds have fewer than {least} claims: nobody knows what is usual there, so a person "
                       "decides.", kinds=rare, least=FEWEST_OF_KIND))  # fmt: skip
    return Claims(kept, choices.dataset, len(raw), tuple(names), tuple(notes), mapped.get("group", ""))


def _days(series: pd.Series) -> pd.Series:
    import pandas as pd

    days = pd.to_datetime(series, errors="coerce", utc=True, format="mixed").dt.tz_localize(None)
    return days.dt.floor("D")


def usual(found: Claims, share: float) -> Usual:
    """What is usual per kind, and the score from which the ``share`` most unusual claims lie."""
    import numpy as np

    logs = np.log(found.frame["amount"])
    grouped = logs.groupby(found.frame["kind"])
    sizes = grouped.size()
    middle = grouped.median()[sizes >= FEWEST_OF_KIND]
    away = (logs - found.frame["kind"].map(middle)).abs()
    spread = (_MAD * away.groupby(found.frame["kind"]).median()).clip(lower=0.05)
    made = Usual(middle.to_dict(), spread[middle.index].to_dict(), np.inf)
    scores = made.odd(found.frame["kind"], found.frame["amount"])
    return replace(made, edge=float(np.quantile(scores, 1 - share)))


def decide(found: Claims, rules: Rules, normal: Usual) -> Decided:
    """Apply the rules: who decides which claim, and why."""
    import numpy as np
    import pandas as pd

    frame = found.frame
    limit = frame["kind"].map(rules.limits).fillna(np.inf).to_numpy(float)
    over = frame["amount"].to_numpy(float) > limit
    again = _copies(frame, rules.near)
    score = normal.odd(frame["kind"], frame["amount"])
    reasons = pd.DataFrame({
        "limit": over,
        "copy": again,
        "split": _splits(frame, limit, rules.near, skip=again | over),
        "late": (frame["handed"] - frame["spent"]).dt.days.to_numpy() > rules.late,
        "rare": ~frame["kind"].isin(list(normal.middle)).to_numpy(),
    })  # fmt: skip
    ruled = reasons.any(axis=1).to_numpy()
    small = frame["amount"].to_numpy(float) <= rules.small
    reasons["odd"] = (score > normal.edge) & ~small
    by = np.where(ruled | reasons["odd"], "person", np.where(small, "rule", "machine"))
    lot = (by != "person") & (np.random.default_rng(7).random(len(frame)) < rules.lot)
    return Decided(reasons, by, lot, score)


def _copies(frame: pd.DataFrame, near: float) -> np.ndarray:
    """Claims whose person handed in the same amount before, for a day not more than ``near`` days away."""
    import numpy as np

    person, amount = frame["person"].to_numpy(), frame["amount"].round(2).to_numpy(float)
    spent, handed = (frame[name].to_numpy("datetime64[D]").astype(int) for name in ("spent", "handed"))
    order = np.lexsort((spent, amount, person))
    one, two = order[:-1], order[1:]
    same = (person[one] == person[two]) & (amount[one] == amount[two]) & (spent[two] - spent[one] <= near)
    later = np.where(handed[two] >= handed[one], two, one)
    found = np.zeros(len(frame), dtype=bool)
    found[later[same]] = True
    return found


def _splits(frame: pd.DataFrame, limit: np.ndarray, near: float, skip: np.ndarray) -> np.ndarray:
    """Claims of one person and kind, at most ``near`` days apart, that only together go over the limit."""
    import numpy as np

    rows = np.flatnonzero(~skip)
    person, kind = frame["person"].to_numpy()[rows], frame["kind"].factorize()[0][rows]
    spent = frame["spent"].to_numpy("datetime64[D]").astype(int)[rows]
    amount = frame["amount"].to_numpy(float)[rows]
    order = np.lexsort((spent, kind, person))
    one, two = order[:-1], order[1:]
    together = (person[one] == person[two]) & (kind[one] == kind[two]) & (spent[two] - spent[one] <= near)
    together &= amount[one] + amount[two] > limit[rows[one]]
    found = np.zeros(len(frame), dtype=bool)
    found[rows[np.concatenate([one[together], two[together]])]] = True
    return found
