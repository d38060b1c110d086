"""Contracts with their churn outcome, and the monthly usage that goes with them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from sandbox.demo import truths
from sandbox.demo.customers import Customers
from sandbox.demo.identifiers import Booleans, Integers, Strings

_SECOND_CONTRACT = 0.06
_USAGE_MONTHS = 6


@dataclass(frozen=True)
class Contracts:
    """The contracts' table, plus per customer (same order as ``Customers``): calls in 90 days and whether they left."""

    table: pa.Table
    calls: Integers
    left: Booleans


def make_contracts(rng: np.random.Generator, customers: Customers) -> Contracts:
    """One contract per customer, two for some; ``churned`` follows ``truths.CHURN_DRIVERS`` and chance."""
    everyone = np.arange(len(customers))
    owner = np.sort(np.concatenate([everyone, everyone[rng.random(len(customers)) < _SECOND_CONTRACT]]))
    calls = rng.negative_binomial(0.9, 0.55, len(customers))
    columns = _terms(rng, customers, owner)
    columns["support_calls_90d"] = calls[owner]
    columns["late_payments_12m"] = rng.negative_binomial(0.8, 0.6, len(owner))
    churned = _leaves(rng, columns)
    left = np.zeros(len(customers), dtype=bool)
    left[owner[churned]] = True
    columns["churned"] = np.where(churned, "yes", "no")
    return Contracts(pa.table(columns), calls, left)


def _terms(rng: np.random.Generator, customers: Customers, owner: Integers) -> dict[str, Any]:
    """What was agreed: service, add-ons, price, payment."""
    count = len(owner)

    def yes(chance: float | NDArray[np.float64]) -> Strings:
        return np.where(rng.random(count) < chance, "yes", "no")

    days = np.datetime64(truths.AS_OF.date()) - customers.joined[owner]
    tenure = np.minimum(days.astype(np.int64) // 30, (rng.beta(1.0, 1.3, count) * 100).astype(np.int64))
    service = rng.choice(["fibre", "dsl", "none"], size=count, p=[0.52, 0.33, 0.15])
    online = service != "none"
    term = rng.random(count) - 0.004 * (tenure - 25)
    contract_type = np.where(term > 0.46, "month-to-month", np.where(term > 0.20, "one-year", "two-year"))
    support, security, television, insurance = (yes(share * online) for share in (0.38, 0.36, 0.48, 0.33))
    fee = 29 + 60 * (service == "fibre") + 30 * (service == "dsl")
    fee = fee + 15 * (support == "yes") + 10 * (security == "yes") + 25 * (television == "yes")
    fee = np.round(fee + 8 * (insurance == "yes") + rng.normal(0, 9, count), 1).clip(15)
    total = np.round(fee * tenure * rng.normal(1, 0.03, count), 1)
    return {
        "contract_id": np.char.add("K", np.char.zfill(np.arange(1, count + 1).astype(str), 7)),
        "customer_id": customers.ids[owner],
        "gender": np.where(customers.people.male, "M", "F")[owner],
        "age": customers.age[owner],
        "region": customers.region[owner],
        "contract_type": contract_type,
        "tenure_months": tenure,
        "internet_service": service,
        "online_security": security,
        "tech_support": support,
        "streaming_tv": television,
        "device_insurance": insurance,
        "paperless_billing": yes(0.6),
        "payment_method": rng.choice(
            ["bank-transfer", "wechat", "alipay", "auto-debit"], size=count, p=[0.22, 0.33, 0.25, 0.20]
        ),
        "monthly_fee": fee,
        # Nothing has been billed in the first month: empty, as in many real billing systems.
        "total_fee": pa.array(total, mask=tenure == 0),
    }


def churn_log_odds(columns: Mapping[str, Any]) -> NDArray[np.float64]:
    """The planted log-odds of leaving, up to a constant."""
    score = np.zeros(len(columns["tenure_months"]))
    for driver in truths.CHURN_DRIVERS:
        values = np.asarray(columns[driver.column])
        if isinstance(driver.effect, Mapping):
            for level, effect in driver.effect.items():
                score += effect * (values == level)
        else:
            score += driver.effect / driver.per * values
    return score


def _leaves(rng: np.random.Generator, columns: Mapping[str, Any]) -> Booleans:
    score = churn_log_odds(columns)
    low, high = -20.0, 20.0
    for _ in range(60):  # bisection: the constant that gives the base rate
        middle = (low + high) / 2
        rate = (1 / (1 + np.exp(-(score + middle)))).mean()
        low, high = (middle, high) if rate < truths.CHURN_BASE_RATE else (low, middle)
    return rng.random(len(score)) < 1 / (1 + np.exp(-(score + low)))


def make_usage(rng: np.random.Generator, customers: Customers, left: Booleans) -> pa.Table:
    """Six months per customer; who is about to leave uses less in each of the last three months."""
    count, months = len(customers), _USAGE_MONTHS
    last = np.datetime64(truths.AS_OF.date(), "M")
    month = (last - np.arange(months - 1, -1, -1)).astype("datetime64[D]")
    level = rng.lognormal(4.6, 0.7, count)
    decline = (1 - truths.USAGE_DECLINE_BEFORE_CHURN) ** np.clip(np.arange(months) - (months - 4), 0, None)
    shape = np.where(left[:, None], decline[None, :], 1.0) * rng.lognormal(0, 0.18, (count, months))
    return pa.table(
        {
            "customer_id": np.repeat(customers.ids, months),
            "month": np.tile(month, count),
            "data_gb": np.round(level[:, None] * shape, 1).ravel(),
            "voice_minutes": rng.poisson(140 * shape).ravel(),
            "active_days": rng.binomial(30, np.clip(0.75 * shape, 0.02, 0.99)).ravel(),
            "outage_minutes": rng.negative_binomial(0.5, 0.03, count * months),
        }
    )
