"""Groups of customers: planted kinds are found, doubt goes to people, data that cannot answer are told in words."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PowerTransformer

from sandbox.core.errors import BadInput
from sandbox.lab import needs, segment_views, segments
from sandbox.lab.choices import Choices, Table, complete
from sandbox.lab.project import ProjectFacts
from sandbox.lab.segment_app import GroupsApp, customer_answer, groups_worth
from sandbox.lab.segments import Buyers, Grouping

NEEDS = (
    needs.unit("customer", "Customer", "customer"),
    needs.time("time", "Time", "day", required=True),
    needs.amount("amount", "Amount", "amount"),
    needs.group("group", "Group", "gender", required=False),
)
#: Kind of customer: from day, to day (of 600), days between purchases, amount of one.
KINDS = {"often": (0, 599, 20, 50.0), "gone": (0, 250, 25, 50.0), "large": (0, 599, 60, 900.0)}
ASSUMED = {"cost": 1.0, "more": 5.0, "margin": 30.0, "margin_of_doubt": 10.0}


def bought(customers: int = 450, seed: int = 2) -> tuple[pd.DataFrame, np.ndarray]:
    """(purchases of three kinds of customers, the kind of each customer)."""
    random = np.random.default_rng(seed)
    kinds, rows = np.array(list(KINDS))[np.arange(customers) % len(KINDS)], []
    for number, kind in enumerate(kinds):
        first, last, pause, amount = KINDS[kind]
        days = np.unique(random.integers(first, last + 1, max(2, random.poisson((last - first) / pause))))
        rows += [(f"C-{number:04d}", day, amount * random.lognormal(0, 0.2), "FM"[number % 2]) for day in days]
    frame = pd.DataFrame(rows, columns=["customer", "day", "amount", "gender"])
    return frame.assign(day=pd.Timestamp("2025-01-01") + pd.to_timedelta(frame["day"], "D")), kinds


def read(frame: pd.DataFrame, pin, name: str = "orders") -> Buyers:
    pin(**{name: frame})
    there = Table.of(name)
    return segments.buyers_of(complete(Choices(), NEEDS, there, None), there)


def pipeline(number: int = 3):
    return make_pipeline(PowerTransformer(), KMeans(number, n_init=5, random_state=7))


def grouped(found: Buyers, number: int = 3) -> Grouping:
    return segments.form_groups(pipeline(number).fit(found.measures), found)


def test_the_planted_kinds_are_found_and_their_number_is_chosen(pin):
    frame, kinds = bought()
    found = read(frame, pin)
    tried = segments.try_numbers(pipeline(), found)
    assert segments.best_number(tried).number == 3
    grouping = grouped(found)
    place, sure = grouping.place(found.measures, 0.1)
    assert adjusted_rand_score(kinds, place) > 0.95 and sure.mean() > 0.9
    assert sum(grouping.customers) == len(found) and sum(grouping.revenue) == pytest.approx(1)
    names = segments.names_of(grouping.centre)
    assert len(set(names)) == 3
    assert ("value", True) in names[0], "the group with the most revenue comes first"
    assert any(("recency", True) in name for name in names)


def test_the_number_of_groups_does_not_depend_on_the_order_of_pseudonyms(pin):
    frame, _ = bought(1200)
    number = frame["customer"].str.removeprefix("C-").astype(int)
    renamed = frame.assign(customer=(number * 7919 % 1201).map("C-{:04d}".format)).sort_values("customer")
    found = [read(each.reset_index(drop=True), pin, name) for each, name in ((frame, "orders"), (renamed, "renamed"))]
    assert not found[0].measures.reset_index(drop=True).equals(found[1].measures.reset_index(drop=True))
    assert segments.try_numbers(pipeline(), found[0]) == segments.try_numbers(pipeline(), found[1])


def test_the_model_that_is_saved_holds_no_labels_of_customers(pin):
    frame, _ = bought()
    assert not hasattr(grouped(read(frame, pin)).model.steps[-1][1], "labels_")


def test_groups_without_a_structure_do_not_hold(pin):
    random = np.random.default_rng(5)
    frame = pd.DataFrame({
        "customer": [f"C-{n:04d}" for n in random.integers(0, 300, 4000)],
        "day": pd.Timestamp("2025-01-01") + pd.to_timedelta(random.integers(0, 500, 4000), "D"),
        "amount": random.lognormal(4, 0.5, 4000),
    })  # fmt: skip
    tried = segments.try_numbers(pipeline(), read(frame, pin))
    assert not any(each.holds and each.separated > 0.4 for each in tried)
    assert not any(each.holds for each in tried if each.number > 3)


def test_they_tell_who_buys_again_better_than_a_list_by_revenue(pin):
    frame, _ = bought(900)
    found = read(frame, pin)
    checked = segments.check_groups(found, grouped(found))
    assert checked.days == 90 and checked.auc.better and checked.auc.model > 0.8
    rates = sorted(yes / size for size, yes in checked.again)
    assert rates[0] < 0.05 and rates[-1] > 0.9


def test_who_is_where_shows_what_stands_in_for_people(pin):
    frame, kinds = bought(900)
    found = read(frame, pin)
    assert not [each for each in segments.who_is_where(found, grouped(found)) if each.clear]
    women = set(np.flatnonzero(kinds == "large"))
    frame["gender"] = ["F" if int(c[2:]) in women else "M" for c in frame["customer"]]
    found = read(frame, pin, "unequal")
    clear = [each for each in segments.who_is_where(found, grouped(found)) if each.clear]
    assert {(each.people, each.place) for each in clear if each.here > 0.9} >= {("F", 0)}
    told = segment_views.show_who(segments.who_is_where(found, grouped(found)), grouped(found))
    assert any(each["clear"] for each in told)


@pytest.mark.parametrize("spoil", ["few", "no amounts", "one day", "alike"])
def test_data_that_cannot_answer_are_told_in_words(pin, spoil):
    frame, _ = bought(450)
    if spoil == "few":
        frame = frame[frame["customer"] < "C-0150"]
    if spoil == "no amounts":
        frame["amount"] = np.where(np.arange(len(frame)) < 90, frame["amount"], np.nan)
    if spoil == "one day":
        frame["day"] = np.where(np.arange(len(frame)) % 2, frame["day"].iloc[0], frame["day"].iloc[1])
    if spoil == "alike":
        days = pd.date_range("2025-01-01", periods=30)
        everybody = [(f"C-{n:04d}", day, float(day.day)) for n in range(250) for day in days]
        frame = pd.DataFrame(everybody, columns=["customer", "day", "amount"])
    with pytest.raises(BadInput, match="bought alike" if spoil == "alike" else "too little to form groups"):
        read(frame, pin)


def test_groups_that_cannot_be_checked_are_told_in_words(pin):
    frame, _ = bought()
    frame = frame[frame["day"] < "2025-08-01"]
    late = pd.DataFrame({"customer": ["C-0000"], "day": [pd.Timestamp("2026-08-01")], "amount": [5.0], "gender": ["F"]})
    found = read(pd.concat([frame, late]), pin)
    with pytest.raises(BadInput, match="cannot be checked"):
        segments.check_groups(found, grouped(found))


def test_a_hundred_groups_of_people_show_only_those_that_are_large_enough(pin):
    frame, _ = bought(900)
    frame["gender"] = [f"region {int(c[2:]) % 98}" if int(c[2:]) % 3 else "home" for c in frame["customer"]]
    found = read(frame, pin)
    assert segments.who_is_where(found, grouped(found)) == [], "one group alone has nobody to be compared with"


def test_one_customer_is_placed_and_hostile_values_are_brought_into_range(pin):
    frame, _ = bought(900)
    found = read(frame, pin)
    grouping = grouped(found)
    profiles = segment_views.profiles(grouping, segments.check_groups(found, grouping))
    usual = {name: [1.0, 50.0, 700.0] for name in segments.MEASURES}
    part = {"profiles": profiles, "order": list(grouping.order), "far": grouping.far, "usual": usual,
            "centre": grouping.centre, "figures": {"days": 90, "rate": 0.5}}  # fmt: skip
    app = GroupsApp(ProjectFacts(), part, grouping.model, ASSUMED)
    large = {"recency": 20, "since": 590, "frequency": 10, "value": 900}
    assert "A: large purchases" in customer_answer(app, large) and "Clearly nearer" in customer_answer(app, large)
    assert "You decide" in customer_answer(app, {**large, "own": app.names[1]})
    assert "unlike all groups" in customer_answer(app, {"recency": 0, "since": 1e9, "frequency": 1e9, "value": 1e9})
    hostile = {"recency": "x", "since": [], "frequency": None, "value": float("nan"), "own": "<script>"}
    assert "<script" not in customer_answer(app, hostile)
    assert "customers to address" in groups_worth(app, {"cost": 0.1, "more": -5, "margin": "x"}, "CNY")
    assert segment_views.gains(profiles, {**ASSUMED, "more": 0.0}) == [-1.0, -1.0, -1.0]
