"""Differences between groups: published intervals, and records of any shape that nobody may trust."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from sandbox.core import fairness
from sandbox.core.fairness import compare, newcombe, read_recorded, wilson

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=12,
)


def test_newcombe_gives_the_published_interval():
    """Newcombe 1998, table II, example (a), method 10."""
    assert newcombe(48, 80, 56, 70) == pytest.approx((0.0524, 0.3339), abs=5e-5)


@given(st.integers(1, 5000).flatmap(lambda of: st.tuples(st.integers(0, of), st.just(of))))
def test_wilson_is_that_of_scipy(count):
    yes, of = count
    ends = binomtest(yes, of).proportion_ci(0.95, method="wilson")
    assert wilson(yes, of) == pytest.approx((ends.low, ends.high), abs=1e-9)


def test_two_groups_are_compared_once_and_three_each_with_the_others():
    two = {"F": {"selection": (50, 100)}, "M": {"selection": (20, 100)}}
    assert [gap.group for gap in compare(two)] == ["F"] and compare(two)[0].clear
    three = {**two, "X": {"selection": (20, 100)}}
    assert [gap.group for gap in compare(three)] == ["F", "M", "X"]
    assert compare({"F": {"selection": (50, 100)}}) == []


def test_a_small_or_uncertain_difference_is_not_clear():
    assert not compare({"F": {"sent": (1000, 20000)}, "M": {"sent": (1400, 20000)}})[0].clear  # two points, for sure
    assert not compare({"F": {"sent": (12, 30)}, "M": {"sent": (8, 30)}})[0].clear  # 13 points, by chance


@given(JSON)
def test_any_record_is_read_or_refused_and_never_trusted(raw):
    for each in (raw, {"counts": raw}, {"counts": {"F": raw, "M": {"selection": raw}}}):
        found = read_recorded(each)
        for gap in found.gaps if found else ():
            assert 0 <= gap.here <= 1 and 0 <= gap.others <= 1 and math.isfinite(gap.low + gap.high)


@pytest.mark.parametrize("count", [[3, 2], [-1, 2], [1.0, 2], [True, 2], [1], "12", [0, 10**13]])
def test_counts_that_cannot_be_are_refused(count):
    assert read_recorded({"counts": {"F": {"selection": count}, "M": {"selection": [1, 2]}}}) is None
    assert fairness.read_recorded({"counts": {"F": {"unknown": [1, 2]}}}) is None
