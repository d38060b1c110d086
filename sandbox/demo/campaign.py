"""A test of a new offer: customers drawn by lot got the new or the present one; who bought within four weeks?"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from sandbox.demo import truths
from sandbox.demo.customers import Customers

_CHANNELS = ("app", "web", "sms")
_START, _DAYS = np.datetime64("2026-08-03"), 28


def make_campaign(rng: np.random.Generator, customers: Customers, count: int) -> pa.Table:
    """``count`` customers, each once, in order of the day on which they entered the test."""
    chosen = rng.choice(len(customers), size=count, replace=False)
    kinds = list(truths.CAMPAIGN_EFFECT)
    kind = rng.choice(len(kinds), size=count, p=[truths.CAMPAIGN_EFFECT[k]["share"] for k in kinds])
    new = rng.random(count) < 0.5
    before = np.array([truths.CAMPAIGN_EFFECT[k]["before"] for k in kinds])[kind]
    gain = np.array([truths.CAMPAIGN_EFFECT[k]["gain"] for k in kinds])[kind]
    bought = rng.random(count) < before + gain * new
    spend = np.where(bought, np.round(rng.lognormal(5.3, 0.5, count), 2), 0.0)
    day = np.sort(rng.integers(0, _DAYS, count))
    return pa.table(
        {
            "customer_id": customers.ids[chosen],
            "entered_on": _START + day * np.timedelta64(1, "D"),
            "offer": np.where(new, "new offer", "present offer"),
            "customer_type": np.array(kinds)[kind],
            "channel": rng.choice(_CHANNELS, size=count, p=[0.5, 0.3, 0.2]),
            "region": customers.region[chosen],
            "bought": np.where(bought, "yes", "no"),
            "spend_cny": spend,
        }
    )
