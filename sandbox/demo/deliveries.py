"""What deliveries from the warehouses cost over fourteen months; late in them one carrier raises its prices."""

from __future__ import annotations

from typing import Final

import numpy as np
import pyarrow as pa

from sandbox.demo import truths
from sandbox.demo.orders import WAREHOUSES

_DAYS = 426
_ROUTES = 80
#: CNY per kilometre, and the heaviest load in kilograms that such a vehicle takes.
VEHICLES: Final = {"van": (2.1, 800.0), "truck": (3.4, 4_000.0), "heavy-truck": (5.2, 12_000.0)}
#: What a carrier asks compared with the others, and its share of the deliveries.
CARRIERS: Final = {"Hongyun": (1.00, 0.35), "Longtu": (0.97, 0.30), "Shunda": (1.08, 0.20), "Kuaibao": (1.15, 0.15)}
_NOISE = 0.07


def make_deliveries(rng: np.random.Generator, count: int) -> pa.Table:
    """``count`` deliveries in order of time, on routes that repeat."""
    last = np.datetime64(truths.AS_OF.date(), "D")
    day = np.sort(last - rng.integers(0, _DAYS, count) * np.timedelta64(1, "D"))
    route = rng.integers(0, _ROUTES, count)
    names = np.array(sorted(set(WAREHOUSES.values())))
    start, reach = rng.integers(0, len(names), _ROUTES), rng.gamma(2.2, 150.0, _ROUTES) + 20
    distance = np.round(reach[route] * rng.normal(1, 0.05, count), 0)
    weight = np.round(np.minimum(rng.lognormal(6.4, 1.0, count), 11_500), 0)
    limits = np.array([limit for _, limit in VEHICLES.values()])
    vehicle = np.minimum(np.searchsorted(limits, weight) + (rng.random(count) < 0.1), len(limits) - 1)
    stops = 1 + rng.poisson(1.4, count)
    carrier = rng.choice(len(CARRIERS), size=count, p=[share for _, share in CARRIERS.values()])
    late = day >= np.datetime64(truths.DELIVERY_PRICE_RISE["from"], "D")
    shift = day >= np.datetime64(truths.DELIVERY_EXPRESS["from"], "D")
    express = rng.random(count) < np.where(shift, truths.DELIVERY_EXPRESS["after"], truths.DELIVERY_EXPRESS["before"])
    raised = late & (np.array(list(CARRIERS))[carrier] == truths.DELIVERY_PRICE_RISE["carrier"])
    cost = (
        (80 + np.array([rate for rate, _ in VEHICLES.values()])[vehicle] * distance + 0.09 * weight + 35 * stops)
        * np.array([factor for factor, _ in CARRIERS.values()])[carrier]
        * np.where(express, truths.DELIVERY_EXPRESS["factor"], 1.0)
        * np.where(raised, truths.DELIVERY_PRICE_RISE["factor"], 1.0)
        * rng.lognormal(0, _NOISE, count)
    )
    return pa.table(
        {
            "delivery_id": np.char.add("D", np.char.zfill(np.arange(1, count + 1).astype(str), 6)),
            "delivered_on": day.astype("datetime64[s]"),
            "route": np.char.add("R-", np.char.zfill(route.astype(str), 3)),
            "warehouse": names[start[route]],
            "carrier": np.array(list(CARRIERS))[carrier],
            "vehicle": np.array(list(VEHICLES))[vehicle],
            "distance_km": distance,
            "weight_kg": weight,
            "stops": stops,
            "express": np.where(express, "yes", "no"),
            "cost_cny": np.round(cost, 2),
        }
    )
