"""Whether groups of people are treated alike: who is warned about, rightly and wrongly; what stands in for a group.

Three shares per group: warned about among all (selection), among those with the outcome (true positives), and among
those without (false positives). ``core/fairness.py`` compares each group with all others.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from sandbox.core import fairness as shared
from sandbox.core.fairness import Count, Gap
from sandbox.lab import columns as find
from sandbox.lab import evaluation, pins
from sandbox.lab.beside import CasesBeside
from sandbox.lab.cases import MISSING
from sandbox.lab.evaluation import Counts, Curve
from sandbox.lab.tables import small_cell
from sandbox.lab.words import both, pick

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

MEASURES = ("selection", "found", "wrongly")
#: Fewest cases of a group that is shown and compared.
FEWEST_CASES = 50
_MOST_GROUPS = 8
#: From which association (Cramér's V) a fact stands in for a group.
STANDS_IN = 0.15


@dataclass(frozen=True)
class StandIn:
    """A fact that tells the group (association 0–1): whoever has ``level`` is in ``group`` so often, and on average.

    ``level`` is "" for a number.
    """

    fact: str
    association: float
    level: str = ""
    group: str = ""
    share: float = 0.0
    average: float = 0.0


@dataclass(frozen=True)
class Fairness:
    """Groups of ``column`` with their counts by threshold. ``hidden`` groups were too small to be shown or compared."""

    label: Mapping[str, str]
    groups: Mapping[str, Curve] = field(repr=False)
    hidden: int
    threshold: float
    stand_ins: tuple[StandIn, ...] = ()
    column: str = ""

    def at(self, threshold: float) -> dict[str, Counts]:
        """The counts of each group at a threshold."""
        return {group: curve.at(threshold) for group, curve in self.groups.items()}

    def gaps(self, threshold: float) -> list[Gap]:
        """Every measure of every group beside all others; two groups are compared once."""
        return shared.compare(self.counts(threshold))

    def counts(self, threshold: float) -> dict[str, dict[str, Count]]:
        """What is compared: per group and measure, how many of how many."""
        return {group: {name: _share(name, c) for name in MEASURES} for group, c in self.at(threshold).items()}

    def to_json(self) -> dict[str, Any]:
        """What the evidence keeps: counts per group and threshold, gaps at the chosen one, what stands in.

        Others (``checks/fairness.py``, the portal) believe ``counts`` alone, and work out the differences again.
        """
        return {
            "label": dict(self.label),
            "column": self.column,
            "counts": {group: {name: list(pair) for name, pair in each.items()}
                       for group, each in self.counts(self.threshold).items()},
            "threshold": round(self.threshold, 4),
            "hidden": self.hidden,
            "groups": {group: curve.to_json() for group, curve in self.groups.items()},
            "gaps": [
                {"group": g.group, "measure": g.measure, "here": round(g.here, 4), "others": round(g.others, 4),
                 "interval": [round(g.low, 4), round(g.high, 4)], "clear": g.clear}
                for g in self.gaps(self.threshold)
            ],
            "stand_ins": [
                {"fact": s.fact, "association": round(s.association, 4), "level": s.level, "group": s.group,
                 "share": round(s.share, 4), "average": round(s.average, 4)}
                for s in self.stand_ins
            ],
        }  # fmt: skip

    @classmethod
    def from_json(cls, value: Any) -> Fairness:
        """Raises KeyError, ValueError or TypeError for anything that ``to_json`` did not make."""
        groups = {str(group): Curve.from_json(curve) for group, curve in value["groups"].items()}
        stand_ins = tuple(StandIn(**each) for each in value["stand_ins"])
        column = str(value.get("column", ""))
        return cls(value["label"], groups, int(value["hidden"]), float(value["threshold"]), stand_ins, column)

    @property
    def title(self) -> str:
        """What the groups are called, in the reader's language."""
        return pick(self.label)


def _share(measure: str, counts: Counts) -> Count:
    """(warned, of how many) among all, those with the outcome, or those without."""
    if measure == "found":
        return counts.right, counts.happened
    if measure == "wrongly":
        return counts.warned - counts.right, counts.cases - counts.happened
    return counts.warned, counts.cases


def judge_groups(model: Any, check: CasesBeside, key: str, threshold: float) -> Fairness | None:
    """How ``model`` treats the groups that stand beside the checked cases; None when no column is mapped to ``key``."""
    values = check.values(key)
    if values is None:
        return None
    scores = evaluation.risk(model, check.facts)
    found = by_group(scores, check.outcome, values.to_numpy(), threshold)
    column = check.names[key]
    texts = pins.pin(check.dataset).texts.get(column, {})
    label = {tag: find.label(column, texts, tag) for tag in both("")}
    shown = values.where(values.isin(list(found.groups)))
    return replace(found, label=label, column=column, stand_ins=tuple(stand_ins(check.facts, shown)))


def by_group(scores: np.ndarray, happened: np.ndarray, group: np.ndarray, threshold: float) -> Fairness:
    """Counts per group at every threshold. Groups with too few cases are only counted."""
    import pandas as pd

    sizes = pd.Series(group)[lambda g: g != MISSING].value_counts()
    enough = [str(level) for level in sizes.index[sizes >= max(FEWEST_CASES, small_cell())][:_MOST_GROUPS]]
    curves = {level: evaluation.curve_of(scores[group == level], happened[group == level]) for level in enough}
    return Fairness({}, curves, len(sizes) - len(enough), threshold)


def stand_ins(facts: pd.DataFrame, group: pd.Series) -> list[StandIn]:
    """Facts that tell the group, strongest first; the three strongest at most."""
    import pandas as pd

    known = group.notna()
    groups, made = group[known], []
    if groups.nunique() < 2:
        return []
    for name in facts.columns:
        values = facts.loc[known, name]
        number = values.dtype.kind == "f"
        bands = pd.qcut(values, 5, duplicates="drop").astype(str) if number else _largest(values)
        crossed = pd.crosstab(bands, groups)
        strength = association(crossed.to_numpy())
        if strength < STANDS_IN:
            continue
        level, most = "", ""
        share = average = 0.0
        if not number:
            shares = crossed.div(crossed.sum(axis=1), axis=0)[crossed.sum(axis=1) >= small_cell()]
            apart = shares - groups.value_counts(normalize=True).reindex(crossed.columns)
            level, most = (str(part) for part in apart.stack().idxmax())
            share, average = float(shares.loc[level, most]), float((groups == most).mean())
        made.append(StandIn(str(name), strength, level, most, share, average))
    return sorted(made, key=lambda each: -each.association)[:3]


def _largest(values: pd.Series) -> pd.Series:
    """The twelve largest levels by themselves, the others together."""
    return values.where(values.isin(values.value_counts().index[:12]), "…")


def association(crossed: np.ndarray) -> float:
    """Cramér's V, corrected for chance (Bergsma 2013): 0 when rows tell nothing about columns, 1 when everything."""
    from scipy.stats import chi2_contingency

    rows, columns = crossed.shape
    count = int(crossed.sum())
    if min(rows, columns) < 2 or count < 2:
        return 0.0
    chi2 = float(chi2_contingency(crossed, correction=False).statistic)
    phi2 = max(0.0, chi2 / count - (rows - 1) * (columns - 1) / (count - 1))
    least = min(rows - (rows - 1) ** 2 / (count - 1), columns - (columns - 1) ** 2 / (count - 1)) - 1
    return math.sqrt(phi2 / least) if least > 0 else 0.0
