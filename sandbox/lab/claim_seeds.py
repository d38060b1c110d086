"""Are the rules any good? Problems are put into a copy of the claims, and those that reach a person are counted.

Nobody marked which real claims were wrong. The baseline is a person who looks at as many claims, the largest ones.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sandbox.core.errors import BadInput
from sandbox.lab.claims import Claims, Rules, Usual, decide

if TYPE_CHECKING:
    import numpy as np

SEEDED = ("copy", "limit", "split", "odd")
_SEEDS_EACH = 80


@dataclass(frozen=True)
class Tried:
    """Problems put into a copy of the claims: how many reached a person. ``found``: kind of problem → (found, put in);
    ``plain``: found by looking at the same number of largest claims; ``passed``: who let the others pass.
    """

    found: Mapping[str, tuple[int, int]]
    plain: int
    passed: Mapping[str, int]
    interval: tuple[float, float]

    @property
    def total(self) -> tuple[int, int]:
        return sum(hit for hit, _ in self.found.values()), sum(size for _, size in self.found.values())

    @property
    def share(self) -> float:
        hits, size = self.total
        return hits / max(1, size)

    @property
    def plain_share(self) -> float:
        return self.plain / max(1, self.total[1])


def seed_problems(found: Claims, rules: Rules, normal: Usual) -> tuple[Claims, np.ndarray]:
    """A copy of the claims with problems put in, and which row is which problem ("" for the real ones).

    Some are exact, some less so (typed anew, a day later, not far over), as people make them.
    """
    import numpy as np
    import pandas as pd

    random = np.random.default_rng(7)
    frame = found.frame
    known = frame[frame["kind"].isin(list(normal.middle)) & frame["kind"].isin(list(rules.limits))]
    size = min(_SEEDS_EACH, len(known) // 4)
    if size < 10:
        raise BadInput(
            "There are too few claims of kinds with a limit to try the rules on.",
            "Set limits in the form, or use a larger dataset.",
        )
    picked = np.split(random.permutation(len(known))[: 4 * size], 4)
    parts = {name: known.iloc[rows].copy() for name, rows in zip(SEEDED, picked, strict=True)}
    loose = np.arange(size) % 4  # three of four as they come, the fourth less exact
    days = pd.to_timedelta(random.integers(3, 35, size), unit="D")
    copy, over, half, odd = (parts[name] for name in SEEDED)
    copy["handed"] += days
    copy["amount"] = np.where(loose == 3, np.maximum(1, copy["amount"].round()), copy["amount"])
    copy["spent"] += pd.to_timedelta(np.where(loose == 2, 1, 0), unit="D")
    limits = {name: part["kind"].map(rules.limits).to_numpy(float) for name, part in parts.items()}
    over["amount"] = (limits["limit"] * random.uniform(1.01, 1.8, size)).round(2)
    half["amount"] = (limits["split"] * random.uniform(0.55, 0.99, size)).round(2)
    other = half.copy()
    other["amount"] = (limits["split"] * random.uniform(0.55, 0.99, size)).round(2)
    other["spent"] += pd.to_timedelta(np.where(loose == 3, 3, 0), unit="D")
    dear = np.exp(odd["kind"].map(normal.middle).to_numpy(float)) * random.uniform(2, 5, size)
    odd["amount"] = np.minimum(dear, limits["odd"]).round(2)
    together = pd.concat([frame, *parts.values(), other], ignore_index=True)
    names = [""] * len(frame) + [name for name in SEEDED for _ in range(size)] + ["other"] * size
    return replace(found, frame=together), np.array(names)


def try_rules(found: Claims, rules: Rules, normal: Usual) -> Tried:
    """Judge the rules on problems that were put in; the second half of a split only serves the first."""
    import numpy as np
    from scipy.stats import binomtest

    together, names = seed_problems(found, rules, normal)
    decided = decide(together, rules, normal)
    seeded = np.isin(names, SEEDED)
    sent = decided.by == "person"
    counts = {name: (int((sent & (names == name)).sum()), int((names == name).sum())) for name in SEEDED}
    order = np.argsort(-together.frame["amount"].to_numpy(float), kind="stable")
    largest = np.zeros(len(names), dtype=bool)
    largest[order[: int(sent.sum())]] = True
    passed = {who: int((seeded & (decided.by == who)).sum()) for who in ("rule", "machine")}
    interval = binomtest(int((sent & seeded).sum()), int(seeded.sum())).proportion_ci(method="wilson")
    return Tried(counts, int((largest & seeded).sum()), passed, (float(interval.low), float(interval.high)))
