"""k-anonymity against a reference that counts by hand; suppression, its limit, and what a failure says."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.core.errors import BadInput, GateFailed
from sandbox.core.spec import KAnonymity
from sandbox.snapshots.gates import apply_gates, check_units, measure
from sandbox.snapshots.sql import identifier
from tests.helpers.duck import empty_database

Rows = list[tuple[str | None, int | None, str]]
QUASI = ("city", "n")  # “n” on purpose: a name that a careless histogram would use itself

rows_ = st.lists(
    st.tuples(st.sampled_from(["a", "b", None]), st.sampled_from([1, 2, None]), st.sampled_from("ABCDEFGH")),
    min_size=1,
    max_size=60,
)


@contextmanager
def table(rows: Rows) -> Iterator[duckdb.DuckDBPyConnection]:
    cities, numbers, units = (list(column) for column in zip(*rows, strict=True))
    with empty_database() as connection:
        connection.execute("CREATE TABLE t (city VARCHAR, n INTEGER, unit VARCHAR)")
        connection.execute("INSERT INTO t SELECT unnest(?), unnest(?), unnest(?)", [cities, numbers, units])
        yield connection


def classes(rows: Rows) -> dict[tuple[str | None, int | None], set[str]]:
    """The reference: units by class, counted in Python; None equals None and nothing else."""
    found: dict[tuple[str | None, int | None], set[str]] = defaultdict(set)
    for city, n, unit in rows:
        found[city, n].add(unit)
    return found


@settings(max_examples=80, deadline=None)
@given(rows=rows_, k=st.integers(2, 5), suppress=st.sampled_from([0.0, 0.1, 0.5, 1.0]))
def test_what_passes_is_k_anonymous_by_the_reference(rows: Rows, k: int, suppress: float) -> None:
    by_hand = classes(rows)
    small = {key for key, units in by_hand.items() if len(units) < k}
    left_out = {unit for key in small for unit in by_hand[key]}
    everybody = {unit for _, _, unit in rows}
    should_fail = bool(small) and (len(left_out) > suppress * len(everybody) or len(small) == len(by_hand))
    gate = KAnonymity(k=k, suppress=suppress)
    with table(rows) as connection:
        before = measure(connection, identifier("t"), gate, QUASI, "unit")
        assert (before.count, before.small) == (len(by_hand), len(small))
        assert before.smallest == min(map(len, by_hand.values()))
        if should_fail:
            with pytest.raises(GateFailed):
                apply_gates(connection, "t", [gate], QUASI, "unit", "people")
            return
        [outcome] = apply_gates(connection, "t", [gate], QUASI, "unit", "people").outcomes
        published: Rows = connection.execute("SELECT city, n, unit FROM t").fetchall()
    assert published
    assert all(len(units) >= k for units in classes(published).values())
    kept = [row for row in rows if (row[0], row[1]) not in small]
    assert sorted(map(repr, published)) == sorted(map(repr, kept)), "rows of large classes stay, all of them"
    assert outcome.rows_left_out == len(rows) - len(kept)
    assert (outcome.units_left_out, outcome.units) == (len(left_out), len(everybody))
    assert outcome.after.small == 0


def test_rows_of_one_unit_do_not_make_a_crowd() -> None:
    """Five rows, one person: counting rows would pass this."""
    rows: Rows = [("a", 1, "A")] * 5 + [("b", 1, u) for u in "BCDEF"]
    with table(rows) as connection:
        found = measure(connection, identifier("t"), KAnonymity(k=5), QUASI, "unit")
    assert (found.smallest, found.small, found.small_rows) == (1, 1, 5)


def test_null_is_a_value_of_its_own() -> None:
    rows: Rows = [("a", 1, u) for u in "ABCDE"] + [(None, 1, "F")]
    with table(rows) as connection:
        [outcome] = apply_gates(connection, "t", [KAnonymity(k=5, suppress=0.2)], QUASI, "unit", "people").outcomes
        assert connection.execute("SELECT count(*) FROM t WHERE city IS NULL").fetchone() == (0,)
    assert outcome.units_left_out == 1


def test_a_failure_says_the_numbers_and_which_column_to_coarsen() -> None:
    rows: Rows = [("ab"[i % 2], i, f"U{i}") for i in range(20)]
    with table(rows) as connection:
        with pytest.raises(GateFailed) as caught:
            apply_gates(connection, "t", [KAnonymity(k=5, suppress=0.1)], QUASI, "unit", "people")
        assert connection.execute("SELECT count(*) FROM t").fetchone() == (20,), (
            "nothing is removed by a gate that fails"
        )
    what, remedy = caught.value.render()
    assert "20 of 20 units (100.0%)" in what
    assert "10.0% are allowed" in what
    assert "Coarsen “n” first" in remedy
    assert "without it 0.0%" in remedy


def test_a_k_beyond_the_number_of_units_says_that_nothing_helps() -> None:
    with table([("a", 1, u) for u in "ABC"]) as connection, pytest.raises(GateFailed, match="only 3 units") as caught:
        apply_gates(connection, "t", [KAnonymity(k=1000, suppress=1)], QUASI, "unit", "people")
    assert "No coarsening helps" in caught.value.render()[1]


def test_without_quasi_identifiers_the_table_is_one_class() -> None:
    with table([("a", 1, u) for u in "ABC"]) as connection:
        assert apply_gates(connection, "t", [KAnonymity(k=3)], (), "unit", "people").outcomes[0].after.smallest == 3
        with pytest.raises(GateFailed):
            apply_gates(connection, "t", [KAnonymity(k=4, suppress=1)], (), "unit", "people")


def test_rows_without_a_unit_are_refused_with_their_number() -> None:
    with table([("a", 1, "A")]) as connection:
        connection.execute("INSERT INTO t VALUES ('a', 1, NULL), ('b', 2, NULL)")
        with pytest.raises(BadInput, match="2 rows have no value in the unit column “unit”"):
            check_units(connection, identifier("t"), "unit", "people")
