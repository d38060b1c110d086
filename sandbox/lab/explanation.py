"""Why a risk is as high as it is: exact for the case that is shown, and over all cases.

Starting from a typical case, the facts are changed one by one into those of the case at hand; each change of the risk is
credited to its fact. The order matters where facts work together, so it is averaged over many orders, forwards and
backwards (Shapley values by permutation; Castro, Gómez, Tejada 2009). Whatever the orders, the credits add up exactly
to the difference between the case's risk and the typical one, for any model.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sandbox.lab import evaluation
from sandbox.lab.cases import Cases
from sandbox.lab.words import number

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

METHOD = "Shapley values by permutation, from a typical case, in probability"
_ORDERS = 12
_OVERALL_CASES = 150
_OVERALL_ORDERS = 2


@dataclass(frozen=True)
class Reason:
    """What one fact does to one case's risk. ``points`` is a difference of probabilities (0.05 = five points)."""

    fact: str
    value: Any
    points: float


@dataclass(frozen=True)
class CaseReasons:
    """``risk`` = ``typical`` + the sum of all points, exactly. Largest effect first."""

    risk: float
    typical: float
    reasons: tuple[Reason, ...]


@dataclass(frozen=True)
class Factor:
    """What one fact does over all cases: mean size of its points, and which values raise the risk."""

    fact: str
    weight: float
    direction: str
    raised_by: str = ""


@dataclass(frozen=True)
class Explanation:
    """Factors, strongest first; the typical case; reasons of three example cases (high, middle, low risk)."""

    overall: tuple[Factor, ...]
    typical: Mapping[str, Any]
    examples: tuple[CaseReasons, ...] = field(default=())


def typical(facts: pd.DataFrame) -> dict[str, Any]:
    """The middle of every number and the most frequent level of every category."""
    made: dict[str, Any] = {}
    for name in facts.columns:
        column = facts[name]
        made[name] = float(column.median()) if column.dtype.kind == "f" else str(column.mode().iloc[0])
    return made


def reasons(model: Any, case: Mapping[str, Any], start: Mapping[str, Any]) -> CaseReasons:
    """The reasons for one ``case`` (fact → value) compared with the case ``start``."""
    import pandas as pd

    credits, risks, base = _credits(model, pd.DataFrame([dict(case)]), start, _ORDERS)
    ranked = sorted(zip(case.items(), credits[0], strict=True), key=lambda pair: -abs(pair[1]))
    return CaseReasons(risks[0], base, tuple(Reason(fact, value, float(points)) for (fact, value), points in ranked))


def explain(model: Any, learn: Cases, check: Cases) -> Explanation:
    """Explain ``model`` over the checked cases; the typical case is that of the cases it learned from."""
    import numpy as np

    start = typical(learn.facts)
    rows = np.random.default_rng(7).permutation(len(check))[:_OVERALL_CASES]
    facts = check.facts.iloc[rows]
    credits, _, _ = _credits(model, facts, start, _OVERALL_ORDERS)
    factors = [_factor(name, facts[name], credits[:, place]) for place, name in enumerate(facts.columns)]
    scores = evaluation.risk(model, check.facts)
    order = np.argsort(scores)
    shown = [order[int(share * (len(order) - 1))] for share in (0.97, 0.6, 0.05)]
    examples = tuple(reasons(model, dict(check.facts.iloc[row]), start) for row in shown)
    return Explanation(tuple(sorted(factors, key=lambda factor: -factor.weight)), start, examples)


def _credits(
    model: Any, facts: pd.DataFrame, start: Mapping[str, Any], orders: int
) -> tuple[np.ndarray, list[float], float]:
    """(credit of each fact per case, risk per case, risk of ``start``); each row of credits sums to the difference."""
    import numpy as np
    import pandas as pd

    names = list(facts.columns)
    random = np.random.default_rng(7)
    forward = [random.permutation(len(names)) for _ in range(orders)]
    walks = [*forward, *(walk[::-1] for walk in forward)]
    # One mask per point of each walk: which facts are the case's own.
    masks = np.zeros((len(walks), len(names) + 1, len(names)), dtype=bool)
    for place, walk in enumerate(walks):
        for changed in range(len(names)):
            masks[place, changed + 1 :, walk[changed]] = True
    flat = masks.reshape(-1, len(names))
    seen, which = np.unique(flat, axis=0, return_inverse=True)
    mixed = pd.DataFrame({
        name: np.where(
            np.tile(seen[:, place], len(facts)), np.repeat(facts[name].to_numpy(), len(seen)), np.array(start[name], dtype=facts[name].to_numpy().dtype)
        )
        for place, name in enumerate(names)
    }).astype({name: facts[name].dtype for name in names})  # fmt: skip
    scores = evaluation.risk(model, mixed).reshape(len(facts), len(seen))[:, which.reshape(-1)]
    scores = scores.reshape(len(facts), len(walks), len(names) + 1)
    steps = np.diff(scores, axis=2)
    credits = np.zeros((len(facts), len(names)))
    for place, walk in enumerate(walks):
        credits[:, walk] += steps[:, place, :] / len(walks)
    return credits, [float(score) for score in scores[:, 0, -1]], float(scores[0, 0, 0])


def _factor(name: str, values: Any, credits: np.ndarray) -> Factor:
    """Direction: "+" more raises the risk, "-" more lowers it, "~" no single direction, "" for categories."""
    import numpy as np

    weight = float(np.abs(credits).mean())
    if values.dtype.kind == "f":
        known = values.notna().to_numpy()
        ranks = values[known].rank().to_numpy()
        linked = (
            float(np.corrcoef(ranks, credits[known])[0, 1])
            if known.sum() > 2 and np.ptp(ranks) and np.ptp(credits[known])
            else 0.0
        )
        return Factor(name, weight, "+" if linked > 0.4 else "-" if linked < -0.4 else "~")
    means = {level: credits[(values == level).to_numpy()].mean() for level in values.unique()}
    return Factor(name, weight, "", max(means, key=lambda level: means[level]))


def value_text(value: Any) -> str:
    """A fact's value as people write it."""
    return number(value) if isinstance(value, float) else str(value)
