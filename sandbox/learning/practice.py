"""A person's practice table: an invented shop's contracts, other ones for everybody. Made anew whenever it is needed.

Only ``random.Random`` draws: its streams stay the same between versions of Python, so that a table that somebody began
with last year is still the one that answers are compared with.
"""

from __future__ import annotations

import math
import random
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

CONTRACTS = 900
RARE = "Islands 海岛"
REGIONS = ("North 北区", "South 南区", "East 东区", "West 西区")

#: Column → (class, English, 中文) as a snapshot's manifest has them.
COLUMNS: Mapping[str, tuple[str, str, str]] = {
    "customer": ("identifier", "Customer (pseudonym)", "客户（假名）"),
    "region": ("quasi", "Region", "大区"),
    "months": ("measure", "Months with us", "在网月数"),
    "calls": ("measure", "Calls to the hotline in three months", "三个月内的热线来电次数"),
    "fee": ("measure", "Monthly fee in CNY", "月费（元）"),
    "left": ("measure", "Has the customer left?", "是否流失"),
}
SCORE = ("measure", "Risk that a model gave (0 to 1)", "模型给出的风险（0 到 1）")


@dataclass(frozen=True)
class Contract:
    customer: str
    region: str
    months: int
    calls: int
    fee: int
    left: bool
    score: float


@dataclass(frozen=True)
class Practice:
    """The table of whoever has ``chance``."""

    chance: bytes

    @cached_property
    def contracts(self) -> tuple[Contract, ...]:
        draw = random.Random(self.chance)  # noqa: S311 - the seed is the secret
        rare = draw.randint(3, 8)
        again = 40 + draw.randrange(60)
        base = draw.uniform(-2.4, -1.6)
        people = [f"{draw.getrandbits(64):016x}" for _ in range(CONTRACTS - again)]
        where = {name: RARE if place < rare else draw.choice(REGIONS) for place, name in enumerate(people)}
        # Some have a second contract: rows are not customers. Nobody of the small region, whose size is asked for.
        owners = people + draw.sample(people[rare:], again)
        draw.shuffle(owners)
        return tuple(_contract(draw, name, where[name], base) for name in owners)

    @property
    def customers(self) -> int:
        """Different customers."""
        return len({c.customer for c in self.contracts})

    @property
    def leavers(self) -> float:
        """Share of contracts (0 to 1) that ended."""
        return sum(c.left for c in self.contracts) / CONTRACTS

    def at(self, threshold: float) -> tuple[int, int]:
        """(contracts with a score from ``threshold`` on, those of them that ended)."""
        warned = [c for c in self.contracts if c.score >= threshold]
        return len(warned), sum(c.left for c in warned)


def _contract(draw: random.Random, customer: str, region: str, base: float) -> Contract:
    months, calls = draw.randint(1, 72), min(9, int(draw.expovariate(0.6)))
    risk = 1 / (1 + math.exp(-(base + 0.75 * calls - 0.03 * months)))
    left = draw.random() < risk
    score = min(0.99, max(0.01, risk + draw.gauss(0, 0.08)))
    fee = 5 * draw.randint(8, 40)
    return Contract(customer, region, months, calls, fee, left, round(score, 2))
