"""Control charts: which process drifts, and whether it keeps its limits (statistical process control).

Parts of one process are taken together by their order in time. The limits come from the first quarter: its mean, and
the spread within subgroups (mean standard deviation over c4) or between neighbours (moving range over 1.128) for
single parts. Rules after Nelson (1984): one point beyond three sigmas, nine on one side, six in one direction, two of
three beyond two sigmas, four of five beyond one.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from sandbox.core.errors import BadInput
from sandbox.lab.beside import CasesBeside
from sandbox.lab.cases import MISSING

if TYPE_CHECKING:
    import numpy as np

Verdict = Literal["steady", "watch", "drifts"]
RULES = ("beyond", "side", "trend", "two", "four")
#: Fewest points that limits are made from, how many of the last are judged, how many signals among them are a drift.
FEWEST_POINTS, JUDGED, DRIFT_FROM = 20, 20, 3
_LEARNED = 0.25
_MOST_PROCESSES = 12


@dataclass(frozen=True)
class Chart:
    """One process: a mean per subgroup, its limits, and per point the rules that it breaks.

    ``sigma`` is that of a point, ``spread`` that of a single part. ``cp`` compares the tolerance with the spread,
    ``cpk`` counts how far off the middle the last points are; ``cpk_interval`` is its 95% interval (Bissell 1990).
    """

    process: str
    days: Sequence[str] = field(repr=False)
    points: Sequence[float] = field(repr=False)
    centre: float
    sigma: float
    spread: float
    learned: int
    signals: dict[int, tuple[str, ...]] = field(repr=False)
    cp: float
    cpk: float
    cpk_interval: tuple[float, float]

    @property
    def recent(self) -> list[int]:
        """The signals among the last points."""
        return [place for place in self.signals if place >= len(self.points) - JUDGED]

    @property
    def verdict(self) -> Verdict:
        if len(self.recent) >= DRIFT_FROM:
            return "drifts"
        return "watch" if self.recent else "steady"

    @property
    def since(self) -> int:
        """The first point of the run of signals that has not ended: no twenty points in it are without one."""
        first = len(self.points) - 1
        for place in sorted(self.signals, reverse=True):
            if first - place > JUDGED:
                break
            first = place
        return first


def control_charts(cases: CasesBeside, size: int, low: float, high: float) -> list[Chart]:
    """One chart per process, those that drift first. ``size`` parts make a point; ``low`` to ``high`` is allowed.

    Needs the values “process” and “measure” beside the cases, and a time. Raises BadInput when there are too few parts.
    """
    import numpy as np

    measured, process = cases.values("measure"), cases.values("process")
    if cases.time is None or measured is None or low >= high:
        raise BadInput(
            "A control chart needs a time, a measure, and a lower limit below the upper one.",
            "Choose the columns and limits in the form.",
        )
    names = np.full(len(cases), "") if process is None else process.to_numpy()
    made = []
    for name in [n for n in dict.fromkeys(names) if n != MISSING]:
        rows = np.flatnonzero((names == name) & measured.notna().to_numpy())
        rows = rows[np.argsort(cases.time[rows], kind="stable")]
        if len(rows) // size * _LEARNED >= FEWEST_POINTS:
            days = [str(day)[:10] for day in cases.time[rows]]
            made.append(chart(str(name), measured.to_numpy()[rows], days, size, low, high))
    if not made:
        raise BadInput(
            "No process has enough measured parts for a control chart.",
            "It takes {count} parts of one process; take fewer parts to a point, or use a larger dataset.",
            count=math.ceil(FEWEST_POINTS / _LEARNED) * size,
        )
    order = {"drifts": 0, "watch": 1, "steady": 2}
    return sorted(made, key=lambda each: (order[each.verdict], each.process))[:_MOST_PROCESSES]


def chart(process: str, values: np.ndarray, days: Sequence[str], size: int, low: float, high: float) -> Chart:
    """The chart of one process from its measures in order of time."""
    import numpy as np

    groups = values[: len(values) // size * size].reshape(-1, size)
    points, learned = groups.mean(axis=1), int(len(groups) * _LEARNED)
    centre = float(points[:learned].mean())
    if size > 1:
        c4 = math.sqrt(2 / (size - 1)) * math.exp(math.lgamma(size / 2) - math.lgamma((size - 1) / 2))
        spread = float(groups[:learned].std(axis=1, ddof=1).mean() / c4)
    else:
        spread = float(np.abs(np.diff(points[:learned])).mean() / 1.128)
    spread = spread or 1e-9
    sigma = spread / math.sqrt(size)
    last = groups[-JUDGED:].ravel()
    cpk = min(high - float(last.mean()), float(last.mean()) - low) / (3 * spread)
    half = 1.96 * math.sqrt(1 / (9 * len(last)) + cpk**2 / (2 * (len(last) - 1)))
    return Chart(
        process, [days[place * size] for place in range(len(groups))], points.tolist(), centre, sigma, spread, learned,
        broken_rules((points - centre) / sigma), (high - low) / (6 * spread), cpk, (cpk - half, cpk + half),
    )  # fmt: skip


def broken_rules(z: np.ndarray) -> dict[int, tuple[str, ...]]:
    """Which rules each point breaks; ``z`` are distances from the centre in sigmas of a point."""
    import numpy as np

    steps = np.sign(np.diff(z, prepend=z[:1]))
    found: dict[int, tuple[str, ...]] = {}
    for place in range(len(z)):
        here, side = z[: place + 1], np.sign(z[place])
        same = here * side
        rules = (
            abs(z[place]) > 3,
            place >= 8 and bool((same[-9:] > 0).all()),
            place >= 5 and abs(steps[place - 4 : place + 1].sum()) == 5,
            place >= 2 and same[-1] > 2 and int((same[-3:] > 2).sum()) >= 2,
            place >= 4 and same[-1] > 1 and int((same[-5:] > 1).sum()) >= 4,
        )
        if any(rules):
            found[place] = tuple(name for name, broken in zip(RULES, rules, strict=True) if broken)
    return found
