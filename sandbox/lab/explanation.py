"""Why a risk is as high as it is: exact for the case that is shown, and over all cases.

Starting from a comparison case, the facts are changed one by one into those of the case at hand; each change of the
risk is credited to its fact. The order matters where facts work together, so it is averaged over many orders, forwards
and backwards (Shapley values by permutation; Castro, Gómez, Tejada 2009), and over a dozen comparison cases whose mean
risk is the average one. Whatever the orders and cases, the credits add up exactly to the difference between the case's
risk and that average, for any model.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sandbox.lab import evaluation
from sandbox.lab.cases import MISSING, Cases
from sandbox.lab.words import number, t

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

METHOD = "Shapley values by permutation, from comparison cases of average risk, in probability"
_ORDERS = 12
_COMPARED = 12
_OVERALL_CASES = 80
_OVERALL_ORDERS = 2


@dataclass(frozen=True)
class Reason:
    """What one fact does to one case's risk. ``points`` is a difference of probabilities (0.05 = five points)."""

    fact: str
    value: Any
    points: float


@dataclass(frozen=True)
class CaseReasons:
    """``risk`` = ``average`` + the sum of all points, exactly. Largest effect first."""

    risk: float
    average: float
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
    """Factors, strongest first; the typical case (middle of every number, most frequent level of every category); the
    comparison cases; reasons of three example cases (high, middle, low risk).
    """

    overall: tuple[Factor, ...]
    typical: Mapping[str, Any]
    compared: pd.DataFrame = field(repr=False)
    examples: tuple[CaseReasons, ...] = field(default=())


def typical(facts: pd.DataFrame) -> dict[str, Any]:
    """The middle of every number and the most frequent level of every category."""
    made: dict[str, Any] = {}
    for name in facts.columns:
        column = facts[name]
        made[name] = float(column.median()) if column.dtype.kind == "f" else str(column.mode().iloc[0])
    return made


def comparison(model: Any, facts: pd.DataFrame) -> pd.DataFrame:
    """A dozen cases, evenly spread over the ranking by risk; the last makes their mean risk (nearly) the average."""
    import numpy as np

    scores = evaluation.risk(model, facts)
    order = np.argsort(scores, kind="stable")
    spread = [int(order[int((place + 0.5) / _COMPARED * len(order))]) for place in range(_COMPARED - 1)]
    wanted = _COMPARED * scores.mean() - scores[spread].sum()
    return facts.iloc[[*spread, int(np.abs(scores - wanted).argmin())]]


def reasons(model: Any, case: Mapping[str, Any], compared: pd.DataFrame) -> CaseReasons:
    """The reasons for one ``case`` (fact → value, all facts of ``compared``) against the comparison cases."""
    import pandas as pd

    one = pd.DataFrame([{name: case[name] for name in compared.columns}]).astype(compared.dtypes.to_dict())
    credits, risks, average = _credits(model, one, compared, _ORDERS)
    ranked = sorted(zip(compared.columns, credits[0], strict=True), key=lambda pair: -abs(pair[1]))
    return CaseReasons(risks[0], average, tuple(Reason(str(n), case[n], float(points)) for n, points in ranked))


def explain(model: Any, learn: Cases, check: Cases) -> Explanation:
    """Explain ``model`` over the checked cases; it compares with cases from the part that it learned from."""
    return explain_facts(model, learn.facts, check.facts)


def explain_facts(model: Any, learned: pd.DataFrame, checked: pd.DataFrame) -> Explanation:
    """Explain ``model`` over the facts of the checked cases, compared with those that it learned from."""
    import numpy as np

    compared = comparison(model, learned)
    facts = checked.iloc[np.random.default_rng(7).permutation(len(checked))[:_OVERALL_CASES]]
    credits, _, _ = _credits(model, facts, compared, _OVERALL_ORDERS)
    factors = [_factor(str(name), facts[name], credits[:, place]) for place, name in enumerate(facts.columns)]
    order = np.argsort(evaluation.risk(model, checked))
    shown = [int(order[int(share * (len(order) - 1))]) for share in (0.97, 0.6, 0.05)]
    examples = tuple(reasons(model, checked.iloc[row].to_dict(), compared) for row in shown)
    ranked = tuple(sorted(factors, key=lambda factor: -factor.weight))
    return Explanation(ranked, typical(learned), compared, examples)


def _credits(
    model: Any, facts: pd.DataFrame, compared: pd.DataFrame, orders: int
) -> tuple[np.ndarray, list[float], float]:
    """(credit of each fact per case, risk per case, mean risk of ``compared``); credits sum to the difference."""
    import numpy as np

    count = len(facts.columns)
    random = np.random.default_rng(7)
    forward = [random.permutation(count) for _ in range(orders)]
    walks = [*forward, *(walk[::-1] for walk in forward)]
    # One mask per point of each walk: which facts are the case's own, the others being a comparison case's.
    masks = np.zeros((len(walks), count + 1, count), dtype=bool)
    for place, walk in enumerate(walks):
        for changed in range(count):
            masks[place, changed + 1 :, walk[changed]] = True
    seen, which = np.unique(masks.reshape(-1, count), axis=0, return_inverse=True)
    scores = evaluation.risk(model, _mixed(facts, compared, seen)).reshape(len(facts), len(compared), len(seen))
    walked = scores.mean(axis=1)[:, which.reshape(-1)].reshape(len(facts), len(walks), count + 1)
    steps = np.diff(walked, axis=2)
    credits = np.zeros((len(facts), count))
    for place, walk in enumerate(walks):
        credits[:, walk] += steps[:, place, :] / len(walks)
    return credits, [float(score) for score in walked[:, 0, -1]], float(walked[0, 0, 0])


def _mixed(facts: pd.DataFrame, compared: pd.DataFrame, masks: np.ndarray) -> pd.DataFrame:
    """Every case mixed with every comparison case by every mask; in this order of nesting."""
    import numpy as np
    import pandas as pd

    made = {}
    for place, name in enumerate(facts.columns):
        own = np.repeat(facts[name].to_numpy(), len(compared) * len(masks))
        other = np.tile(np.repeat(compared[name].to_numpy(), len(masks)), len(facts))
        made[name] = np.where(np.tile(masks[:, place], len(facts) * len(compared)), own, other)
    return pd.DataFrame(made).astype(facts.dtypes.to_dict())


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
    if isinstance(value, float):
        return number(value) if value == value else t("missing")
    return t("missing") if value == MISSING else str(value)
