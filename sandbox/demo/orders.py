"""Online orders of devices and accessories over two years, with season, growth and one gap in supply."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa

from sandbox.demo import truths
from sandbox.demo.customers import Customers
from sandbox.demo.identifiers import Integers, Strings

_MONTHS = 24
_CHANNELS = ("web", "app", "wechat-shop", "marketplace", "store")
#: Every region is served by one warehouse.
WAREHOUSES: Final = {
    "north": "Beijing", "northeast": "Beijing", "east": "Suzhou", "central": "Wuhan", "south": "Dongguan",
    "southwest": "Chengdu", "northwest": "Chengdu",
}  # fmt: skip


@dataclass(frozen=True)
class Product:
    """One line of the catalogue; ``price`` in CNY, ``weight`` is its share of demand."""

    sku: str
    category: str
    price: float
    weight: float


PRODUCTS: Final[tuple[Product, ...]] = (
    Product("GW-100", "gateway", 299, 8), Product("GW-200", "gateway", 499, 6), Product("GW-300P", "gateway", 899, 2),
    Product("RT-AX18", "router", 199, 9), Product("RT-AX30", "router", 349, 7), Product("RT-BE72", "router", 699, 3),
    Product("CAM-IN1", "camera", 159, 7), Product("CAM-IN2", "camera", 229, 5), Product("CAM-OUT1", "camera", 329, 4),
    Product("SEN-DOOR", "sensor", 59, 10), Product("SEN-TEMP", "sensor", 69, 9), Product("SEN-LEAK", "sensor", 79, 6),
    Product("PLG-16A", "plug", 49, 12), Product("PLG-4P", "plug", 129, 5), Product("CAB-6A-3", "cable", 25, 11),
    Product("CAB-6A-10", "cable", 55, 6), Product("PWR-12V", "cable", 39, 4), Product("MNT-WALL", "cable", 19, 5),
)  # fmt: skip


def make_orders(rng: np.random.Generator, customers: Customers, count: int) -> pa.Table:
    """``count`` order lines in order of time, by the planted kinds of buyers."""
    activity = rng.lognormal(0, 0.35, len(customers))
    month, product = _when_and_what(rng, count)
    buyer, pieces = _buyers(rng, activity, month)
    warehouse = np.array([WAREHOUSES[region] for region in customers.region])[buyer]
    first = np.datetime64(truths.AS_OF.date(), "M") - (_MONTHS - 1)
    starts = (first + np.arange(_MONTHS + 1)).astype("datetime64[s]")
    length = (starts[month + 1] - starts[month]).astype(np.int64)
    ordered = starts[month] + (rng.random(count) * length).astype(np.int64) * np.timedelta64(1, "s")
    order = np.argsort(ordered, kind="stable")
    month, buyer, product, ordered, warehouse, pieces = (
        values[order] for values in (month, buyer, product, ordered, warehouse, pieces)
    )  # fmt: skip
    product = _out_of_stock(rng, month, _followed(rng.spawn(1)[0], buyer, product), warehouse)
    quantity = pieces * (1 + rng.poisson(np.where(_price(product) < 100, 1.1, 0.15)))
    price = np.round(_price(product) * rng.choice([1.0, 0.95, 0.9, 0.8], size=count, p=[0.6, 0.2, 0.13, 0.07]), 2)
    return pa.table(
        {
            "order_id": np.char.add("S", np.char.zfill(np.arange(1, count + 1).astype(str), 8)),
            "customer_id": customers.ids[buyer],
            "ordered_at": ordered,
            "sku": np.array([p.sku for p in PRODUCTS])[product],
            "category": _category(product),
            "quantity": quantity,
            "unit_price": price,
            "amount": np.round(price * quantity, 2),
            "channel": rng.choice(_CHANNELS, size=count, p=[0.24, 0.30, 0.22, 0.18, 0.06]),
            "region": customers.region[buyer],
            "warehouse": warehouse,
        }
    )


def _month_of(index: Integers) -> Integers:
    """Calendar month 1..12 of a month index 0.._MONTHS-1, the last of which is the month of ``truths.AS_OF``."""
    return (truths.AS_OF.month - 1 - (_MONTHS - 1 - index)) % 12 + 1


def _when_and_what(rng: np.random.Generator, count: int) -> tuple[Integers, Integers]:
    """Month index and product of each order, drawn from season x growth x share."""
    months = np.arange(_MONTHS)
    season = np.array(truths.ORDER_MONTH_FACTOR)[_month_of(months) - 1]
    growing = np.array([p.category == truths.ORDER_GROWING["category"] for p in PRODUCTS])
    growth = (1 + truths.ORDER_GROWING["growth_per_month"]) ** months
    share = np.array([p.weight for p in PRODUCTS])
    demand = season[:, None] * share[None, :] * np.where(growing[None, :], growth[:, None], 1.0)
    cell = rng.choice(demand.size, size=count, p=(demand / demand.sum()).ravel())
    return cell // len(PRODUCTS), cell % len(PRODUCTS)


def _buyers(rng: np.random.Generator, activity: np.ndarray, month: Integers) -> tuple[Integers, Integers]:
    """(who orders, how many times the usual pieces): first the kind of buyer, as it orders in that month, then who."""
    kinds = list(truths.ORDER_SEGMENTS.values())
    kind_of = rng.choice(len(kinds), size=len(activity), p=[kind["share"] for kind in kinds])
    there = np.array([[kind["first"] <= m <= kind["last"] for kind in kinds] for m in range(_MONTHS)])
    rate = there * np.array([kind["share"] * kind["rate"] for kind in kinds])
    reach = np.cumsum(rate / rate.sum(axis=1, keepdims=True), axis=1)[month]
    drawn = (rng.random(len(month))[:, None] > reach[:, :-1]).sum(axis=1)
    buyer = np.zeros(len(month), dtype=np.int64)
    for number in range(len(kinds)):
        mine, orders = np.flatnonzero(kind_of == number), drawn == number
        buyer[orders] = rng.choice(mine, size=int(orders.sum()), p=activity[mine] / activity[mine].sum())
    return buyer, np.array([int(kind["pieces"]) for kind in kinds])[drawn]


def _followed(rng: np.random.Generator, buyer: Integers, product: Integers) -> Integers:
    """Lines are in order of time: after some products their buyer often takes a certain other one next."""
    skus = [p.sku for p in PRODUCTS]
    follower = np.full(len(skus), -1)
    for first, then in truths.ORDER_FOLLOWS.items():
        follower[skus.index(first)] = skus.index(then)
    by_buyer = np.argsort(buyer, kind="stable")
    before, after = by_buyer[:-1], by_buyer[1:]
    then = follower[product[before]]
    taken = (buyer[before] == buyer[after]) & (then >= 0) & (rng.random(len(then)) < truths.ORDER_FOLLOWS_SHARE)
    made = product.copy()
    made[after[taken]] = then[taken]
    return made


def _out_of_stock(rng: np.random.Generator, month: Integers, product: Integers, warehouse: Strings) -> Integers:
    """During the planted gap people buy something else."""
    gap = truths.ORDER_STOCKOUT
    last = np.datetime64(truths.AS_OF.date(), "M")
    index = _MONTHS - 1 - int((last - np.datetime64(gap["month"], "M")).astype(int))
    missing = (warehouse == gap["warehouse"]) & (_category(product) == gap["category"]) & (month == index)
    others = np.flatnonzero([p.category != gap["category"] for p in PRODUCTS])
    return np.where(missing, rng.choice(others, size=len(product)), product)


def _category(product: Integers) -> Strings:
    return np.array([p.category for p in PRODUCTS])[product]


def _price(product: Integers) -> np.ndarray:
    return np.array([p.price for p in PRODUCTS])[product]
