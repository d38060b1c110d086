"""What is planted in the demo company's data, as values that the generator itself reads.

A template that runs on the demo data can be checked for finding these truths. Nothing here is repeated in the
generator, so the documentation (``docs/demo-company.md``), ``truths.json`` and the data cannot disagree.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

#: The last moment that the demo data knows of. Fixed, so that the same seed gives the same files on any day.
AS_OF: Final = datetime(2026, 9, 30)

COMPANY: Final[Mapping[str, str]] = {
    "en": "Qinghe Connect",
    "zh-CN": "清禾智联",
    "about_en": "Makes smart-home gateways in two plants, sells them online, and connects 20,000 households.",
    "about_zh": "在两座工厂生产智能家居网关，线上销售设备，并为两万户家庭提供上网服务。",
}


@dataclass(frozen=True)
class Driver:
    """One cause of churn. ``effect`` is added to the log-odds: per level for texts, per ``per`` units for numbers."""

    column: str
    direction: str
    effect: Mapping[str, float] | float
    per: float = 1.0
    why: str = ""


#: Strongest first. A positive effect makes churn more likely.
CHURN_DRIVERS: Final[tuple[Driver, ...]] = (
    Driver("contract_type", "longer terms protect", {"month-to-month": 0.0, "one-year": -1.5, "two-year": -2.7},
           why="leaving a term early costs a fee"),
    Driver("tenure_months", "down", -0.45, per=12, why="old customers are used to us"),
    Driver("support_calls_90d", "up", 0.55, why="each call is an unsolved problem"),
    Driver("late_payments_12m", "up", 0.50, why="money is tight"),
    Driver("internet_service", "fibre up, none down", {"fibre": 0.6, "dsl": 0.0, "none": -0.7},
           why="rivals advertise fibre"),
    Driver("tech_support", "yes protects", {"yes": -0.8, "no": 0.0}, why="problems are solved at home"),
    Driver("monthly_fee", "up", 0.30, per=30, why="dearer than the neighbours' plan"),
    Driver("online_security", "yes protects", {"yes": -0.5, "no": 0.0}, why="add-ons bind"),
    Driver("payment_method", "by hand up, automatic down",
           {"bank-transfer": 0.5, "wechat": 0.0, "alipay": 0.0, "auto-debit": -0.4}, why="every bill is a decision"),
)  # fmt: skip
CHURN_BASE_RATE: Final = 0.24
#: Columns that look as if they mattered and do not: a template must not present them as causes.
CHURN_NO_EFFECT: Final = ("gender", "age", "region", "paperless_billing", "device_insurance")
#: Data volume of a customer about to leave falls by this share a month over the last three months.
USAGE_DECLINE_BEFORE_CHURN: Final = 0.18


@dataclass(frozen=True)
class FailureMode:
    """One way in which a machine fails: the condition that must last a day, and the chance per reading after that."""

    mode: str
    condition: str
    chance: float


FAILURE_MODES: Final[Mapping[str, FailureMode]] = {
    mode.mode: mode
    for mode in (
        FailureMode("tool_wear", "tool_wear_min above 215", 0.10),
        FailureMode("heat", "process_temp_k - air_temp_k above 12.5 and rotational_speed_rpm below 1600", 0.12),
        FailureMode("power", "torque x angular speed below 3.5 kW or above 8.2 kW", 0.20),
        FailureMode("overstrain", "tool_wear_min x torque_nm above 9,500 (L), 10,500 (M), 11,500 (H)", 0.25),
        FailureMode("bearing", "vibration_mm_s above 4.2", 0.12),
        FailureMode("random", "none: cannot be foreseen", 0.0002),
    )
}
#: Watts, minutes x newton metres, kelvin, revolutions per minute, millimetres per second.
POWER_RANGE_W: Final = (3500.0, 8200.0)
STRAIN_LIMIT: Final[Mapping[str, float]] = {"L": 9500.0, "M": 10500.0, "H": 11500.0}
WEAR_LIMIT_MIN: Final = 215.0
HEAT_LIMIT_K: Final = 12.5
HEAT_SPEED_RPM: Final = 1600.0
VIBRATION_LIMIT: Final = 4.2

#: Reimbursement limit in CNY per claim; only planted claims go beyond.
CLAIM_LIMITS: Final[Mapping[str, int]] = {
    "meals": 300, "taxi": 200, "hotel": 800, "train": 1000, "flight": 3000, "client-gift": 500, "office": 1000,
}  # fmt: skip
CLAIM_SHARES: Final[Mapping[str, float]] = {"duplicate": 0.012, "over_limit": 0.015, "split": 0.008}

#: Words that give a ticket's category away, in either language.
TICKET_WORDS: Final[Mapping[str, tuple[str, ...]]] = {
    "billing": ("bill", "charged", "invoice", "账单", "扣费", "发票"),
    "outage": ("no connection", "outage", "断网", "连不上"),
    "speed": ("slow", "speed", "网速", "卡顿"),
    "device": ("gateway", "router", "camera", "网关", "路由器", "摄像头"),
    "moving": ("moving", "new address", "搬家", "新地址"),
    "cancellation": ("cancel", "leave", "退订", "注销"),
}
#: Words that give away how urgent a ticket is, in either language; without any of them it is a ``normal`` one.
TICKET_URGENCY: Final[Mapping[str, tuple[str, ...]]] = {
    "high": ("urgent", "depends on it", "right away", "紧急", "急用", "立刻"),
    "low": ("no hurry", "some time", "不急", "有空"),
}
#: Shares of tickets: sorted wrongly by hand (queue, urgency), and so vague that no word gives the queue away.
TICKET_SLIPS: Final[Mapping[str, float]] = {"category": 0.02, "priority": 0.05, "vague": 0.02}

#: Orders: the month's factor on demand, one category that grows, one gap in one warehouse.
ORDER_MONTH_FACTOR: Final[tuple[float, ...]] = (1.0, 0.7, 0.9, 0.95, 1.0, 1.4, 0.9, 0.95, 1.05, 1.0, 1.9, 1.2)
ORDER_GROWING: Final[Mapping[str, Any]] = {"category": "camera", "growth_per_month": 0.04}
ORDER_STOCKOUT: Final[Mapping[str, Any]] = {"warehouse": "Wuhan", "category": "gateway", "month": "2026-03"}
#: What a buyer of the first often takes next, in this share of the cases.
ORDER_FOLLOWS: Final[Mapping[str, str]] = {
    "RT-AX18": "CAB-6A-10", "CAM-IN1": "MNT-WALL", "GW-100": "SEN-LEAK", "PLG-16A": "PLG-4P",
}  # fmt: skip
ORDER_FOLLOWS_SHARE: Final = 0.3
#: Four kinds of buyers: share of customers, orders a month (``rate``) from month ``first`` to ``last`` of the 24, and
#: how many times the usual number of pieces they order (``pieces``). What they order is alike.
ORDER_SEGMENTS: Final[Mapping[str, Mapping[str, float]]] = {
    "regular": {"share": 0.34, "rate": 0.9, "first": 0, "last": 23, "pieces": 1.0},
    "project": {"share": 0.14, "rate": 0.6, "first": 0, "last": 23, "pieces": 5.0},
    "lapsed": {"share": 0.30, "rate": 0.7, "first": 0, "last": 11, "pieces": 1.0},
    "new": {"share": 0.22, "rate": 1.3, "first": 20, "last": 23, "pieces": 1.0},
}

#: Shop sales: what a promotion does, and a rival that opens in one region.
RETAIL_PROMOTION: Final[Mapping[str, float]] = {"share": 0.08, "factor": 1.8}
RETAIL_BREAK: Final[Mapping[str, Any]] = {"region": "southwest", "from": "2026-03-02", "factor": 0.6}

#: Deliveries: one carrier raises its prices; express deliveries become more frequent.
DELIVERY_PRICE_RISE: Final[Mapping[str, Any]] = {"carrier": "Longtu", "from": "2026-08-01", "factor": 1.3}
DELIVERY_EXPRESS: Final[Mapping[str, Any]] = {"from": "2026-07-01", "before": 0.12, "after": 0.30, "factor": 1.35}

#: The test of the new offer, by kind of customer: share of customers, buyers with the present offer, what the new adds.
CAMPAIGN_EFFECT: Final[Mapping[str, Mapping[str, float]]] = {
    "new": {"share": 0.30, "before": 0.09, "gain": 0.05},
    "regular": {"share": 0.45, "before": 0.10, "gain": 0.045},
    "long-standing": {"share": 0.25, "before": 0.12, "gain": 0.0},
}

#: Applications to pay in instalments: what each cause adds to the log-odds of not repaying; income per doubling.
CREDIT_EFFECT: Final[Mapping[str, float]] = {
    "late_payments_24m": 0.85, "debt_share": 4.0, "employment_years": -0.10, "income_cny": -0.45, "work": 1.3,
}  # fmt: skip
#: Gender has no effect, but ``work`` stands in for it: how many of each group work by the hour.
CREDIT_PROXY: Final[Mapping[str, Any]] = {
    "group": "gender", "level": "F", "column": "work", "value": "hourly", "share": 0.45, "share_of_others": 0.08,
}  # fmt: skip

#: Inspected parts: one process drifts away, by so many of its standard deviations at the end of the data.
INSPECTION_DRIFT: Final[Mapping[str, Any]] = {"process": "coating", "from": "2026-08-10", "sigmas": 2.2}
#: What adds to the log-odds of a defect.
DEFECT_CAUSES: Final[Mapping[str, Mapping[str, Any]]] = {
    "supplier": {"value": "Huaxin", "effect": 1.5},
    "humidity": {"process": "soldering", "above": 60.0, "effect": 2.4},
    "tool_hours": {"above": 95.0, "effect": 1.4},
    "deviation_um": {"above": 16.0, "effect": 1.6},
}


@dataclass(frozen=True)
class Truths:
    """The truths of one written company: the constants above plus what depends on the seed.

    ``failures`` maps machine id to its failures as (time, mode); ``weak_machines`` says which machines carry a defect;
    ``duplicate_claims`` are pairs (original, duplicate); ``split_claims`` are pairs just below a limit.
    """

    seed: int
    scale: float
    churn_rate: float
    failure_rate: float
    weak_machines: Mapping[str, str] = field(default_factory=dict)
    failures: Mapping[str, tuple[tuple[str, str], ...]] = field(default_factory=dict)
    duplicate_claims: tuple[tuple[str, str], ...] = ()
    over_limit_claims: tuple[str, ...] = ()
    split_claims: tuple[tuple[str, str], ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Plain values, the constants included: the content of ``truths.json``."""
        return {
            "company": dict(COMPANY),
            "as_of": AS_OF.date().isoformat(),
            "seed": self.seed,
            "scale": self.scale,
            "churn": {
                "rate": self.churn_rate,
                "drivers": [
                    {"column": d.column, "direction": d.direction, "effect": d.effect, "per": d.per, "why": d.why}
                    for d in CHURN_DRIVERS
                ],
                "no_effect": list(CHURN_NO_EFFECT),
                "usage_decline_per_month": USAGE_DECLINE_BEFORE_CHURN,
            },
            "failures": {
                "rate": self.failure_rate,
                "modes": {m.mode: m.condition for m in FAILURE_MODES.values()},
                "weak_machines": dict(self.weak_machines),
                "events": {machine: [list(e) for e in events] for machine, events in self.failures.items()},
            },
            "claims": {
                "limits": dict(CLAIM_LIMITS),
                "duplicates": [list(pair) for pair in self.duplicate_claims],
                "over_limit": list(self.over_limit_claims),
                "split": [list(pair) for pair in self.split_claims],
            },
            "tickets": {
                "words": {k: list(v) for k, v in TICKET_WORDS.items()},
                "urgency": {k: list(v) for k, v in TICKET_URGENCY.items()},
                "slips": dict(TICKET_SLIPS),
            },
            "orders": {
                "month_factor": list(ORDER_MONTH_FACTOR),
                "growing": dict(ORDER_GROWING),
                "stockout": dict(ORDER_STOCKOUT),
                "follows": {"share": ORDER_FOLLOWS_SHARE, "pairs": dict(ORDER_FOLLOWS)},
                "segments": {name: dict(kind) for name, kind in ORDER_SEGMENTS.items()},
            },
            "retail": {"promotion": dict(RETAIL_PROMOTION), "break": dict(RETAIL_BREAK)},
            "deliveries": {"price_rise": dict(DELIVERY_PRICE_RISE), "express": dict(DELIVERY_EXPRESS)},
            "campaign": {kind: dict(effect) for kind, effect in CAMPAIGN_EFFECT.items()},
            "credit": {"effect": dict(CREDIT_EFFECT), "proxy": dict(CREDIT_PROXY)},
            "inspections": {
                "drift": dict(INSPECTION_DRIFT),
                "causes": {column: dict(cause) for column, cause in DEFECT_CAUSES.items()},
            },
        }
