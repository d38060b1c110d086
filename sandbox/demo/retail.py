"""Weekly sales of the company's own shops over two and a half years, with season, promotions and one rival opening."""

from __future__ import annotations

from typing import Final

import numpy as np
import pyarrow as pa

from sandbox.demo import truths
from sandbox.demo.orders import PRODUCTS

_WEEKS = 131
_DISPERSION = 25.0
_MISSING = 0.004
#: Shop, region, size; in an order in which the first six already cover every region.
SHOPS: Final[tuple[tuple[str, str, float], ...]] = (
    ("Beijing-1", "north", 1.3), ("Shanghai-1", "east", 1.6), ("Shenzhen-1", "south", 1.4),
    ("Chengdu-1", "southwest", 1.1), ("Hangzhou-1", "east", 0.9), ("Chongqing-1", "southwest", 0.8),
    ("Guangzhou-1", "south", 1.0), ("Tianjin-1", "north", 0.6), ("Shanghai-2", "east", 1.2),
    ("Beijing-2", "north", 0.9), ("Chengdu-2", "southwest", 0.7), ("Shenzhen-2", "south", 0.8),
)  # fmt: skip
#: Every other article of the catalogue is sold in shops.
SOLD: Final = PRODUCTS[::2]


def make_retail(rng: np.random.Generator, shops: int) -> pa.Table:
    """One row per week, shop and article; a few weeks were never reported."""
    chosen = SHOPS[:shops]
    last = np.datetime64(truths.AS_OF.date(), "D")
    monday = last - np.timedelta64(int((last.astype(int) + 3) % 7) + 7, "D")  # the last week that is complete
    weeks = monday - np.arange(_WEEKS)[::-1] * np.timedelta64(7, "D")
    promoted = rng.random((_WEEKS, len(SOLD))) < truths.RETAIL_PROMOTION["share"]
    week, shop, article = (each.ravel() for each in np.indices((_WEEKS, len(chosen), len(SOLD))))
    region = np.array([place[1] for place in chosen])[shop]
    since = weeks >= np.datetime64(truths.RETAIL_BREAK["from"], "D")
    broken = since[week] & (region == truths.RETAIL_BREAK["region"])
    expected = (
        np.array([product.weight for product in SOLD])[article] * 2.4
        * np.array([place[2] for place in chosen])[shop]
        * _season(weeks)[week]
        * np.where(promoted[week, article], truths.RETAIL_PROMOTION["factor"], 1.0)
        * np.where(broken, truths.RETAIL_BREAK["factor"], 1.0)
    )  # fmt: skip
    units = rng.poisson(expected * rng.gamma(_DISPERSION, 1 / _DISPERSION, len(expected)))
    kept = rng.random(len(units)) >= _MISSING
    price = np.array([product.price for product in SOLD])[article] * np.where(promoted[week, article], 0.8, 1.0)
    table = pa.table(
        {
            "week": weeks[week],
            "shop": np.array([place[0] for place in chosen])[shop],
            "region": region,
            "sku": np.array([product.sku for product in SOLD])[article],
            "category": np.array([product.category for product in SOLD])[article],
            "promotion": np.where(promoted[week, article], "yes", "no"),
            "price": np.round(price, 2),
            "units": units,
        }
    )
    return table.filter(pa.array(kept))


def _season(weeks: np.ndarray) -> np.ndarray:
    """The month factors, running smoothly from the middle of one month to the middle of the next."""
    days = (weeks - weeks.astype("datetime64[Y]")).astype(int) + 3
    middles = np.arange(-1, 13) * 30.4 + 15.2
    factors = np.array(truths.ORDER_MONTH_FACTOR)
    season: np.ndarray = np.interp(days, middles, np.concatenate([factors[-1:], factors, factors[:1]]))
    return season
