"""Offers: what is planted is found and beats popularity, nothing is found where nothing is, and few data are told."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from sandbox.core.errors import BadInput
from sandbox.lab import needs, offers
from sandbox.lab.choices import Choices, Table, complete
from sandbox.lab.offer_app import OffersApp, offer_answer
from sandbox.lab.offer_views import pairs
from sandbox.lab.offers import Baskets
from sandbox.lab.project import ProjectFacts

NEEDS = (
    needs.unit("customer", "Customer", "customer"),
    needs.product("product", "Product", "sku"),
    needs.time("time", "Time", "day", required=True),
    needs.group("group", "Group", "region", required=False),
)


def orders(customers: int = 800, follow: float = 0.6, seed: int = 1, products: int = 12) -> pd.DataFrame:
    """Six purchases each; whoever takes P0 takes P9 next in the share ``follow``."""
    random = np.random.default_rng(seed)
    bought = random.choice(
        products, size=(customers, 6), p=np.arange(products, 0, -1) / (products * (products + 1) / 2)
    )
    for place in range(1, 6):
        led = (bought[:, place - 1] == 0) & (random.random(customers) < follow)
        bought[led, place] = 9
    return pd.DataFrame({
        "customer": np.repeat([f"C{n:04d}" for n in range(customers)], 6),
        "sku": [f"P{n}" for n in bought.ravel()],
        "day": np.tile(pd.date_range("2026-01-01", periods=6, freq="7D"), customers),
        "region": np.repeat(random.choice(["north", "south"], customers), 6),
    })  # fmt: skip


def read(frame: pd.DataFrame, pin) -> Baskets:
    pin(orders=frame)
    there = Table.of("orders")
    return offers.read_baskets(complete(Choices(), NEEDS, there, None), there)


@pytest.mark.parametrize("way", ["next", "same"])
def test_what_is_planted_beats_popularity_and_is_named(pin, way):
    found = read(orders(), pin)
    checked = offers.check_offers(found, way, 2)
    if way == "next":
        assert checked.interval[0] > checked.plain_hit.mean()
        assert checked.offered[0] > checked.offered[1]
    strongest = pairs(found, offers.learn(found.bought, len(found.products), way))[0]
    assert (strongest["product"], strongest["next"]) == ("P0", "P9")
    assert strongest["share"] > 3 * strongest["usual"]


def test_nothing_is_found_where_nothing_is(pin):
    found = read(orders(customers=1500, follow=0.0, seed=2), pin)
    assert len(pairs(found, offers.learn(found.bought, len(found.products), "next"))) <= 1
    checked = offers.check_offers(found, "next", 2)
    assert checked.interval[0] < checked.plain_hit.mean() and checked.unclear > 0.9


def test_the_hidden_product_is_not_learned_from_nor_offered_again(pin):
    found = read(orders(), pin)
    assert not found.bought.duplicated(["customer", "product"]).any()
    checked = offers.check_offers(found, "next", len(found.products))
    assert checked.hit.all(), "with all products offered, the hidden one is always among them: it was never owned"


def test_pairs_of_few_customers_are_not_counted(pin, monkeypatch):
    monkeypatch.setenv("SANDBOX_SMALL_CELL", "10")
    found = read(orders(), pin)
    counts = offers.learn(found.bought, len(found.products), "next").counts
    assert counts[counts > 0].min() >= 10


@pytest.mark.parametrize("spoil", ["few customers", "one product", "no times"])
def test_data_that_cannot_answer_are_told_in_words(pin, spoil):
    frame = orders(customers=40) if spoil == "few customers" else orders()
    if spoil == "one product":
        frame["sku"] = np.where(np.arange(len(frame)) % 2, "P0", "P1")
    if spoil == "no times":
        frame.loc[200:, "day"] = pd.NaT
    with pytest.raises(BadInput, match="too little to say"):
        read(frame, pin)


def test_a_hundred_products_are_no_trouble(pin):
    found = read(orders(customers=1200, products=100), pin)
    assert len(found.products) > 50
    assert len(offers.check_offers(found, "next", 3).hit) > 1000


def test_an_offer_has_its_reason_and_leaves_out_what_a_person_strikes(pin):
    part = {
        "figures": {"many": 2},
        "offers": {
            "products": ["A", "B", "C"],
            "usual": [0.2, 0.1, 0.1],
            "next": [[[1, 40, 0.4, True], [2, 0, 0.0, False]], [[0, 0, 0, False]], [[0, 0, 0, False]]],
        },
    }
    app = OffersApp(ProjectFacts(), part, ("A", "B", "C"), {})
    assert "After A, 40% took B next (40 customers)" in offer_answer(app, {"last": "A"})
    struck = offer_answer(app, {"last": "A", "never": "B"})
    assert "took B" not in struck and "Popular with customers" in struck and "No clear rule" in struck
    assert "you choose" in offer_answer(app, {"last": "A", "never": "B", "has": "C"})
    assert "<b>x" not in offer_answer(app, {"last": "<b>x", "has": [], "also": 3, "never": {}})
