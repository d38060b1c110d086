"""Rules for claims: they find exactly what is planted, say who decides, and tell in words when data cannot answer."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from sandbox.core.errors import BadInput
from sandbox.demo import truths
from sandbox.demo.claims import make_claims
from sandbox.lab import claims, needs, settings
from sandbox.lab.choices import Choices, Table, complete
from sandbox.lab.claim_app import ClaimsApp, claim_answer
from sandbox.lab.claim_seeds import try_rules
from sandbox.lab.claims import Claims, Rules
from sandbox.lab.project import ProjectFacts

NEEDS = (
    needs.unit("person", "Person", "employee"),
    needs.group("kind", "Kind", "category"),
    needs.amount("amount", "Amount", "amount"),
    needs.time("spent", "Day", "expense", required=True),
    needs.time("handed", "Handed in", "submitted"),
    needs.group("group", "Group", "department", required=False),
)
LIMIT = settings.number_each("limit", "Limit", of="kind", by="amount", known={"meals": 300})
RULES = Rules(dict(truths.CLAIM_LIMITS), small=60, odd=0.05)


@pytest.fixture(scope="module")
def planted():
    return make_claims(np.random.default_rng(5), 1500, 120)


def frame_of(planted) -> pd.DataFrame:
    return planted.table.to_pandas().drop(columns=["employee_name", "note"])


def read(frame: pd.DataFrame, pin) -> Claims:
    pin(claims=frame)
    there = Table.of("claims")
    return claims.read_claims(complete(Choices(), NEEDS, there, None, (LIMIT,)), there)


def test_the_planted_claims_all_go_to_a_person_for_their_reason(planted, pin):
    frame = frame_of(planted)
    found = read(frame, pin)
    decided = claims.decide(found, RULES, claims.usual(found, RULES.odd))
    ids = frame["claim_id"]
    for rule, wanted in (
        ("limit", planted.over_limit),
        ("copy", [copy for _, copy in planted.duplicates]),
        ("split", [each for pair in planted.split for each in pair]),
    ):
        hit = decided.reasons[rule].to_numpy()
        assert set(wanted) <= set(ids[hit])
        assert hit.sum() <= len(set(wanted)) + 6, rule  # chance makes a few more
    assert (decided.by == "person").mean() < 0.12
    assert {decided.share(who) > 0 for who in ("rule", "machine", "person")} == {True}
    assert not (decided.lot & (decided.by == "person")).any()


def test_the_rules_find_more_than_the_largest_claims(planted, pin):
    found = read(frame_of(planted), pin)
    tried = try_rules(found, RULES, claims.usual(found, RULES.odd))
    assert tried.interval[0] > tried.plain_share
    hits, size = tried.total
    assert size - hits == sum(tried.passed.values()), "what is not found was passed by somebody"
    blind = try_rules(found, Rules(RULES.limits, small=1e7, odd=0.0), claims.usual(found, 1e-9))
    assert blind.found["odd"][0] < tried.found["odd"][0]


def test_limits_start_as_known_or_above_nearly_all_amounts(planted, pin):
    pin(claims=frame_of(planted))
    there = Table.of("claims")
    chosen = complete(Choices(), NEEDS, there, None, (LIMIT,))
    assert chosen.settings["limit/meals"] == 300
    taxi = frame_of(planted).query("category == 'taxi'")["amount"]
    assert taxi.quantile(0.9) < chosen.settings["limit/taxi"] < 2 * taxi.max()
    kept = complete(Choices(settings={"limit/taxi": 123}), NEEDS, there, None, (LIMIT,))
    assert kept.settings["limit/taxi"] == 123


@pytest.mark.parametrize("spoil", ["few", "no amounts"])
def test_data_that_cannot_answer_are_told_in_words(planted, pin, spoil):
    frame = frame_of(planted).head(60) if spoil == "few" else frame_of(planted)
    if spoil == "no amounts":
        frame = frame.assign(amount=np.where(np.arange(len(frame)) < 90, frame["amount"], math.nan))
    with pytest.raises(BadInput, match="too few claims"):
        read(frame, pin)


def test_a_hundred_kinds_leave_the_rare_ones_to_people(planted, pin):
    frame = frame_of(planted)
    frame["category"] = [f"kind {n % 100}" if n < 600 else "meals" for n in range(len(frame))]
    found = read(frame, pin)
    decided = claims.decide(found, RULES, claims.usual(found, RULES.odd))
    rare = found.frame["kind"].str.startswith("kind").to_numpy()
    assert (decided.by[rare] == "person").all() and any("100 kinds" in note for note in found.notes)


def test_one_claim_is_explained_and_hostile_values_are_brought_into_range():
    kind = {"kind": "meals", "limit": 300, "middle": math.log(85), "spread": 0.45}
    part = {"rules": {"small": 60, "late": 30, "edge": 2.0, "near": 1}}
    app = ClaimsApp(ProjectFacts(), part, {"meals": kind}, {})
    told = claim_answer(app, {"kind": "meals", "amount": 412, "days": 50, "copy": True})
    for words in ("A person decides", "412 is above the limit of 300", "50 days after", "same amount before"):
        assert words in told
    assert "passes by rule" in claim_answer(app, {"kind": "meals", "amount": 40})
    assert "passes by machine" in claim_answer(app, {"kind": "meals", "amount": 90})
    assert "above the limit" in claim_answer(app, {"kind": "meals", "amount": 200, "other": 190})
    assert "<script" not in claim_answer(app, {"kind": "<script>", "amount": "x", "other": [], "copy": 1, "days": {}})
