"""Applications to pay in instalments: what was known when they came in, and whether they were repaid.

Gender has no effect of its own, but how people work stands in for it: whoever learns from ``work`` asks one group more.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from sandbox.demo import truths
from sandbox.demo.customers import Customers

_DAYS = 365
_HOUSING = {"own": 0.45, "rent": 0.35, "family": 0.20}
_TERMS = (6, 12, 18, 24)


def make_credit(rng: np.random.Generator, customers: Customers, count: int) -> pa.Table:
    """``count`` applications of different customers in order of the day on which they came in."""
    chosen = rng.choice(len(customers), size=count, replace=False)
    last = np.datetime64(truths.AS_OF.date(), "D")
    day = np.sort(last - rng.integers(0, _DAYS, count) * np.timedelta64(1, "D"))
    gender = np.where(customers.people.male, "M", "F")[chosen]
    proxy = truths.CREDIT_PROXY
    hourly = rng.random(count) < np.where(gender == proxy["level"], proxy["share"], proxy["share_of_others"])
    work = np.where(hourly, proxy["value"], rng.choice(["permanent", "fixed-term", "self-employed"], count,
                                                       p=[0.6, 0.25, 0.15]))  # fmt: skip
    income = np.round(rng.lognormal(9.0, 0.45, count), -1)
    employed = np.round(np.minimum(rng.gamma(1.6, 3.5, count), 35), 1)
    debt = np.round(np.clip(rng.beta(2.0, 5.0, count), 0, 0.9), 2)
    late = np.minimum(rng.poisson(0.5, count), 6)
    amount = np.round(rng.lognormal(8.3, 0.5, count), -1)
    effect = truths.CREDIT_EFFECT
    score = (
        -2.6
        + effect["late_payments_24m"] * late
        + effect["debt_share"] * (debt - 0.28)
        + effect["employment_years"] * (employed - 5)
        + effect["income_cny"] * np.log2(income / 8_000)
        + effect["work"] * hourly
    )
    failed = rng.random(count) < 1 / (1 + np.exp(-score))
    return pa.table(
        {
            "customer_id": customers.ids[chosen],
            "applied_on": day.astype("datetime64[s]"),
            "gender": gender,
            "work": work,
            "employment_years": employed,
            "income_cny": income,
            "housing": rng.choice(list(_HOUSING), size=count, p=list(_HOUSING.values())),
            "debt_share": debt,
            "late_payments_24m": late,
            "amount_cny": amount,
            "term_months": rng.choice(_TERMS, size=count),
            "not_repaid": np.where(failed, "yes", "no"),
        }
    )
