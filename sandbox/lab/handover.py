"""Which cases the model hands over to a person: those it is unsure about, and those unlike what it learned from.

An app must not show anybody's own record. So the cases that are handed over are put together into kinds of at least as
many units as may be shown (leaves of a small tree on their facts); what a person sees and overrules is the middle case
of such a kind, and how such cases ended.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sandbox.lab import evaluation, explanation, regression, saving
from sandbox.lab.cases import MISSING, Cases
from sandbox.lab.evaluation import Counts, Result
from sandbox.lab.tables import small_cell

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

#: Share of the cases nearest to the threshold that a person decides.
NEAREST = 0.1
_MOST_KINDS = 6


@dataclass(frozen=True)
class Kind:
    """Cases alike that a person decides: the middle one's facts, their average risk, and how many were warned about
    and ended so.
    """

    case: Mapping[str, Any]
    risk: float
    counts: Counts
    unusual: bool


@dataclass(frozen=True)
class HandOver:
    """Shares (0–1) of the checked cases: handed over in all, because the model is unsure, because they are unusual.

    ``every``: every warned case is handed over; else those whose risk lies from ``low`` to ``high``.
    """

    share: float
    unsure: float
    unusual: float
    every: bool
    low: float
    high: float
    kinds: tuple[Kind, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """What the evidence keeps; no single case is in it."""
        kinds = [
            {"case": {name: saving.plain(value) for name, value in each.case.items()}, **each.counts.to_json(),
             "risk": round(each.risk, 4), "unusual": each.unusual}
            for each in self.kinds
        ]  # fmt: skip
        figures = {name: round(getattr(self, name), 4) for name in ("share", "unsure", "unusual", "low", "high")}
        return {**figures, "every": self.every, "kinds": kinds}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> HandOver:
        """Raises KeyError, ValueError or TypeError for anything that ``to_json`` did not make."""
        kinds = []
        for each in value["kinds"]:
            counts = Counts(*(int(each[name]) for name in ("cases", "happened", "warned", "right")))
            case = {str(name): math.nan if fact is None else fact for name, fact in each["case"].items()}
            kinds.append(Kind(case, float(each["risk"]), counts, bool(each["unusual"])))
        shares = (float(value[name]) for name in ("share", "unsure", "unusual"))
        return cls(*shares, bool(value["every"]), float(value["low"]), float(value["high"]), tuple(kinds))

    def overruled(self, counts: Counts, acts: Mapping[int, bool]) -> Counts:
        """``counts`` of all checked cases when a person acts (or not) on kinds, by their place, not the model."""
        warned, right = counts.warned, counts.right
        for place, act in acts.items():
            kind = self.kinds[place].counts
            warned += (kind.cases if act else 0) - kind.warned
            right += (kind.happened if act else 0) - kind.right
        return replace(counts, warned=warned, right=right)


def hand_over(
    model: Any, cases: Cases, result: Result, *, every_warning: bool = False, nearest: float = NEAREST
) -> HandOver:
    """Which of the checked cases a person decides: the ``nearest`` to the threshold (share, 0–1), or every warned one
    (``every_warning``); and all that are unlike what the model learned from.
    """
    import numpy as np

    learn, check = cases.split()
    scores, threshold = evaluation.risk(model, check.facts), result.threshold
    strange = np.zeros(len(check), dtype=bool)
    for fact in check.facts.columns:
        strange |= regression.strange(regression.usual(learn.facts[fact]), check.facts[fact])
    away = np.abs(scores - threshold)
    unsure = scores >= threshold if every_warning else away <= np.quantile(away, nearest)
    sent = strange | unsure
    edges = scores[unsure] if unsure.any() else np.array([threshold])
    unusual = _kinds(check, scores, threshold, np.flatnonzero(strange), True)
    others = _kinds(check, scores, threshold, np.flatnonzero(sent & ~strange), False)
    return HandOver(
        float(sent.mean()), float(unsure.mean()), float(strange.mean()), every_warning, float(edges.min()),
        float(edges.max()), tuple(unusual + others),
    )  # fmt: skip


def _kinds(check: Cases, scores: np.ndarray, threshold: float, sent: np.ndarray, unusual: bool) -> list[Kind]:
    """The cases at the places ``sent`` as kinds, the highest risk first."""
    import numpy as np
    from sklearn.tree import DecisionTreeRegressor

    least = small_cell()
    if len(sent) < least:
        return []
    facts = check.facts.iloc[sent]
    # Twice as many as may be shown: how they ended should say something, too.
    tree = DecisionTreeRegressor(max_leaf_nodes=_MOST_KINDS, min_samples_leaf=2 * least, random_state=7)
    coded = _coded(facts, scores[sent])
    leaves = tree.fit(coded, scores[sent]).apply(coded)
    made = []
    for leaf in np.unique(leaves):
        rows = sent[leaves == leaf]
        if len(np.unique(check.unit[rows])) < least:
            continue
        warned, happened = scores[rows] >= threshold, check.outcome[rows]
        counts = Counts(len(rows), int(happened.sum()), int(warned.sum()), int((warned & happened).sum()))
        made.append(Kind(_middle(facts[leaves == leaf]), float(scores[rows].mean()), counts, unusual))
    return sorted(made, key=lambda kind: -kind.risk)


def _coded(facts: pd.DataFrame, scores: np.ndarray) -> np.ndarray:
    """Facts as numbers: a category as the mean risk of its level."""
    import pandas as pd

    risk = pd.Series(scores, facts.index)
    made = {
        name: values.fillna(values.median()).fillna(0.0)
        if values.dtype.kind == "f"
        else risk.groupby(values).transform("mean")
        for name, values in facts.items()
    }
    coded: np.ndarray = pd.DataFrame(made).to_numpy(float)
    return coded


def _middle(facts: pd.DataFrame) -> dict[str, Any]:
    """The middle of every number (whole where all are) and the most frequent level of every category."""
    made = explanation.typical(facts)
    for name, value in made.items():
        known = facts[name].dropna()
        if facts[name].dtype.kind == "f" and len(known) and bool((known == known.round()).all()):
            made[name] = float(round(value))
        elif facts[name].dtype.kind != "f" and value is None:
            made[name] = MISSING
    return made
