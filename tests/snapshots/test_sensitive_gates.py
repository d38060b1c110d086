"""l-diversity and t-closeness against references that count by hand in exact numbers; builds behind them."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from math import log, log2, prod
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from sandbox.core.errors import BadInput, Damaged, GateFailed
from sandbox.core.spec import BetaLikeness, DeltaDisclosure, Gate, KAnonymity, LDiversity, TCloseness
from sandbox.i18n import catalogue
from sandbox.snapshots.gate_texts import demand, finding
from sandbox.snapshots.gates import apply_gates, measure
from sandbox.snapshots.manifest import MANIFEST, read_manifest
from sandbox.snapshots.sql import identifier
from sandbox.snapshots.verify import verify_snapshot
from tests.helpers.duck import empty_database
from tests.snapshots.conftest import Builder, column, spec_of, write_csv

Row = tuple[str | None, int | None, str]
"""(class, sensitive value, unit)."""

rows_ = st.lists(
    st.tuples(
        st.sampled_from(["a", "b", "c", None]), st.sampled_from([10, 20, 30, 40, None]), st.sampled_from("ABCDEFGHIJ")
    ),
    min_size=1,
    max_size=60,
)
one_row_per_unit_ = st.lists(
    st.tuples(st.sampled_from(["a", "b", None]), st.sampled_from([10, 20, 30, 40, None])), min_size=1, max_size=40
).map(lambda rows: [(city, ill, f"U{n}") for n, (city, ill) in enumerate(rows)])
gates_ = st.one_of(
    st.builds(KAnonymity, k=st.integers(2, 4), suppress=st.just(1.0)),
    st.builds(
        LDiversity,
        column=st.just("ill"),
        l=st.integers(2, 4),
        variant=st.sampled_from(["distinct", "entropy"]),
        suppress=st.just(1.0),
    ),
    st.builds(
        LDiversity,
        column=st.just("ill"),
        l=st.integers(2, 4),
        variant=st.just("recursive"),
        c=st.sampled_from([0.5, 1.0, 2.0, 3.0]),
        suppress=st.just(1.0),
    ),
    st.builds(
        TCloseness,
        column=st.just("ill"),
        t=st.sampled_from([0.0, 0.125, 0.25, 0.5, 0.75]),
        distance=st.sampled_from(["equal", "ordered"]),
        suppress=st.just(1.0),
    ),
    st.builds(
        BetaLikeness,
        column=st.just("ill"),
        beta=st.sampled_from([0.3, 1.1, 2.1]),
        variant=st.sampled_from(["basic", "enhanced"]),
        suppress=st.just(1.0),
    ),
    st.builds(DeltaDisclosure, column=st.just("ill"), delta=st.sampled_from([0.3, 1.1, 2.3]), suppress=st.just(1.0)),
)


@contextmanager
def table(rows: list[Row]) -> Iterator[duckdb.DuckDBPyConnection]:
    with empty_database() as connection:
        connection.execute("CREATE TABLE t (city VARCHAR, ill INTEGER, unit VARCHAR)")
        if rows:
            connection.execute(
                "INSERT INTO t SELECT unnest(?), unnest(?), unnest(?)", [list(c) for c in zip(*rows, strict=True)]
            )
        yield connection


def counted(rows: list[Row]) -> dict[str | None, Counter[int | None]]:
    """Class → value → number of units."""
    found: dict[str | None, Counter[int | None]] = defaultdict(Counter)
    for city, ill, _ in {(city, ill, unit) for city, ill, unit in rows}:
        found[city][ill] += 1
    return found


def distance(own: Counter[int | None], whole: Counter[int | None], ordered: bool) -> Fraction:
    """The earth mover's distance by its definition, over all values that there are; None is the last."""
    values = sorted(whole, key=lambda v: (v is None, v or 0))
    differences = [Fraction(own[v], own.total()) - Fraction(whole[v], whole.total()) for v in values]
    if not ordered:
        return sum((abs(d) for d in differences), Fraction()) / 2
    steps = [abs(sum(differences[: n + 1], Fraction())) for n in range(len(values))]
    return sum(steps, Fraction()) / (len(values) - 1) if len(values) > 1 else Fraction()


def alike(gate: BetaLikeness | DeltaDisclosure, own: float, share: float) -> bool:
    """The definitions, for one value of a class; a hair's breadth is left to rounding."""
    if isinstance(gate, DeltaDisclosure):
        return abs(log2(own / share)) < gate.delta
    most = min(gate.beta, -log(share)) if gate.variant == "enhanced" else gate.beta
    return (own - share) / share <= most + 1e-10


def failing(gate: Gate, rows: list[Row]) -> set[str | None]:
    """The reference: the classes of ``rows`` that do not pass."""
    classes = counted(rows)
    whole: Counter[int | None] = sum(classes.values(), Counter())
    bad = set()
    for city, values in classes.items():
        units = {unit for c, _, unit in rows if c == city}
        counts = sorted((n for v, n in values.items() if v is not None), reverse=True)
        valued = {unit for c, ill, unit in rows if c == city and ill is not None}
        if isinstance(gate, KAnonymity):
            good = len(units) >= gate.k
        elif isinstance(gate, TCloseness):
            good = distance(values, whole, gate.distance == "ordered") <= Fraction(gate.t)
        elif isinstance(gate, BetaLikeness | DeltaDisclosure):
            good = all(alike(gate, n / values.total(), whole[v] / whole.total()) for v, n in values.items())
        else:
            good = bool(counts) and counts[0] < len(valued)
            total = sum(counts)
            if gate.variant == "distinct":
                good = good and len(counts) >= gate.l
            elif gate.variant == "entropy":  # exp(entropy) ≥ l, in whole numbers
                good = good and total**total >= gate.l**total * prod(n**n for n in counts)
            else:
                good = good and counts[0] < Fraction(gate.c or 0) * sum(counts[gate.l - 1 :])
        if not good:
            bad.add(city)
    return bad


@settings(max_examples=300, deadline=None)
@given(rows=st.one_of(rows_, one_row_per_unit_), gate=gates_)
def test_a_gate_fails_exactly_the_classes_that_the_reference_fails(rows: list[Row], gate: Gate) -> None:
    with table(rows) as connection:
        found = measure(connection, identifier("t"), gate, ("city",), "unit")
    bad = failing(gate, rows)
    assert (found.count, found.small) == (len({city for city, *_ in rows}), len(bad))
    assert found.small_rows == sum(city in bad for city, *_ in rows)


@settings(max_examples=200, deadline=None)
@given(rows=st.one_of(rows_, one_row_per_unit_), gates=st.lists(gates_, min_size=1, max_size=3))
def test_all_gates_hold_by_the_reference_on_what_is_published(rows: list[Row], gates: list[Gate]) -> None:
    left = list(rows)
    while left and (bad := next((b for g in gates if (b := failing(g, left))), None)):
        left = [row for row in left if row[0] not in bad]
    with table(rows) as connection:
        try:
            passed = apply_gates(connection, "t", gates, ("city",), "unit", "people")
        except GateFailed:
            assert connection.execute("SELECT count(*) FROM t").fetchone() == (len(rows),), "nothing is removed"
            return
        published: list[Row] = connection.execute("SELECT city, ill, unit FROM t").fetchall()
    assert published
    assert not any(failing(gate, published) for gate in gates)
    gone = {city for city, *_ in rows} - {city for city, *_ in published}
    assert [row for row in rows if row[0] not in gone] == published, "a class stays or goes as a whole"
    assert passed.units_left_out == len({unit for city, _, unit in rows if city in gone})
    assert sum(o.rows_left_out for o in passed.outcomes) == len(rows) - len(published)
    assert all(o.after.small == 0 for o in passed.outcomes)


def test_rows_of_one_person_do_not_make_a_class_varied() -> None:
    """Everybody in the class is ill with 10, and each with something else besides: by rows it would be 4-diverse."""
    rows: list[Row] = [("a", 10, u) for u in "ABC"] + [("a", 20, "A"), ("a", 30, "B"), ("a", 40, "C")]
    gates = [LDiversity(column="ill", l=2), LDiversity(column="ill", l=2, variant="entropy"),
             LDiversity(column="ill", l=2, variant="recursive", c=100)]  # fmt: skip
    with table(rows) as connection:
        assert connection.execute("SELECT count(DISTINCT ill) FROM t").fetchone() == (4,)
        assert [measure(connection, identifier("t"), g, ("city",), "unit").small for g in gates] == [1, 1, 1]


def test_the_salary_example_of_the_literature() -> None:
    """Li, Li and Venkatasubramanian (2007): {3k,4k,5k} is 0.375 and {6k,8k,11k} 0.167 away from 3k … 11k."""
    rows: list[Row] = [("rest", 1000 * n, f"R{n}") for n in (7, 9, 10)]
    rows += [("low", 1000 * n, f"L{n}") for n in (3, 4, 5)] + [("mixed", 1000 * n, f"M{n}") for n in (6, 8, 11)]
    with table(rows) as connection:
        gate = TCloseness(column="ill", t=0.37, distance="ordered")
        found = measure(connection, identifier("t"), gate, ("city",), "unit")
        assert (found.small, found.worst) == (1, pytest.approx(0.375))
        connection.execute("UPDATE t SET city = 'low' WHERE city = 'rest'")
        found = measure(connection, identifier("t"), gate, ("city",), "unit")
        assert (found.small, found.worst) == (0, pytest.approx(1 / 6))


def test_what_one_gate_leaves_out_is_looked_at_by_the_others_again() -> None:
    """Without the small class “c” the whole is another one, and “b” is no longer close to it."""
    rows: list[Row] = [("a", 10, f"A{n}") for n in range(8)] + [("b", 20, f"B{n}") for n in range(3)]
    rows += [("c", 20, f"C{n}") for n in range(2)]
    close = TCloseness(column="ill", t=0.65, suppress=1)
    with table(rows) as connection:
        assert measure(connection, identifier("t"), close, ("city",), "unit").small == 0
        passed = apply_gates(connection, "t", [close, KAnonymity(k=3, suppress=1)], ("city",), "unit", "people")
        assert connection.execute("SELECT DISTINCT city FROM t").fetchall() == [("a",)]
    assert [o.units_left_out for o in passed.outcomes] == [3, 2]


def test_a_failure_says_the_numbers_and_the_remedy_in_both_languages() -> None:
    rows: list[Row] = [(c, 10 if c == "a" else n % 4, f"{c}{n}") for c in "ab" for n in range(6)]
    with table(rows) as connection, pytest.raises(GateFailed) as caught:
        apply_gates(connection, "t", [LDiversity(column="ill", l=3, suppress=0.1)], ("city",), "unit", "people")
    what, remedy = caught.value.render()
    assert "people does not reach l-diversity of “ill”, l = 3: 6 of 12 units (50.0%)" in what
    assert "city make 2 classes; 1 of them" in what
    assert "Coarsen “city” first" in remedy
    assert "without it 0.0%" in remedy
    what, remedy = caught.value.render(catalogue("zh-CN").gettext)
    assert "people 达不到“ill”的 l-多样性，l = 3：12 个统计单元中须舍去 6 个" in what
    assert "请先把“city”放粗" in remedy


def test_a_column_with_too_few_values_is_told_as_hopeless() -> None:
    rows: list[Row] = [("a", n % 2, f"{n}") for n in range(6)]
    with table(rows) as connection, pytest.raises(GateFailed, match="not even the whole table of 6 units") as caught:
        apply_gates(connection, "t", [LDiversity(column="ill", l=3)], ("city",), "unit", "people")
    assert "Drop “ill”" in caught.value.render()[1]


def test_texts_have_no_order() -> None:
    gate = TCloseness(column="ill", t=1, distance="ordered")
    with table([("a", 100, "A"), ("a", 20, "B")]) as connection:
        assert apply_gates(connection, "t", [gate], ("city",), "unit", "people").units_left_out == 0
        connection.execute("ALTER TABLE t ALTER ill TYPE VARCHAR")
        with pytest.raises(BadInput, match="but “ill” holds VARCHAR"):
            apply_gates(connection, "t", [gate], ("city",), "unit", "people")


def ill_spec(gates: list[dict[str, Any]], **columns: Any) -> Any:
    spent = columns.get("spent", column("sensitive", {"round": 100}))
    names = {"id": column("identifier", {"pseudonym": "customer"}), "city": column("quasi", "keep"), "spent": spent}
    return spec_of(columns=names, gates=gates)


K = {"k_anonymity": {"k": 3, "suppress": 0.2}}
SENSITIVE = [
    {"l_diversity": {"column": "spent", "l": 2, "suppress": 0.1}},
    {"l_diversity": {"column": "spent", "l": 2, "variant": "entropy"}},
    {"l_diversity": {"column": "spent", "l": 2, "variant": "recursive", "c": 3}},
    {"t_closeness": {"column": "spent", "t": 0.5}},
    {"t_closeness": {"column": "spent", "t": 0.5, "distance": "ordered"}},
]


def test_a_snapshot_is_built_behind_all_gates_and_verified(build: Builder) -> None:
    """A city in which everybody has spent the same is left out, and verification measures every gate on the data."""
    rows = [[f"{n}", "x", ("Wuhan", "Lyon", "Bath")[n % 3], 30, 100 * (n % 4)] for n in range(60)]
    rows += [[f"{n}", "x", "Same", 30, 100] for n in range(60, 64)]
    write_csv(build.folder / "people.csv", rows)
    built = build(ill_spec([K, *SENSITIVE]))
    manifest = read_manifest(built.folder)
    assert [g.kind for g in manifest.gates] == ["k_anonymity", *["l_diversity"] * 3, *["t_closeness"] * 2]
    assert [g.units_left_out for g in manifest.gates] == [0, 4, 0, 0, 0, 0]
    assert manifest.units is not None
    assert (manifest.units.published, manifest.units.left_out) == (60, 4)
    assert (manifest.gates[1].before.worst, manifest.gates[1].after.worst) == (1, 4)
    lines = verify_snapshot(built.folder)
    assert all(line.ok for line in lines)
    assert {"l_diversity", "t_closeness"} <= {line.name for line in lines}
    for gate in manifest.gates:
        found = finding(gate.gate, gate.after.count, gate.after.smallest, gate.after.worst)
        for said in (demand(gate.gate), found):
            assert catalogue("zh-CN").render(said) != said.render()
    (built.folder / MANIFEST).chmod(0o644)
    data = json.loads((built.folder / MANIFEST).read_text())
    data["gates"][1]["l"] = 5
    (built.folder / MANIFEST).write_text(json.dumps(data))
    assert [line.name for line in verify_snapshot(built.folder) if not line.ok] == ["l_diversity"]
    data["gates"][1]["variant"] = "no such"
    (built.folder / MANIFEST).write_text(json.dumps(data))
    with pytest.raises(Damaged):
        read_manifest(built.folder)


@pytest.mark.parametrize(
    ("gates", "says"),
    [
        ([SENSITIVE[0]], "needs a gate"),
        ([K, {"l_diversity": {"column": "city", "l": 2}}], "class sensitive"),
        ([K, {"t_closeness": {"column": "nowhere", "t": 0.1}}], "“nowhere”"),
        ([K, {"l_diversity": {"column": "spent", "l": 2, "variant": "recursive"}}], "needs it"),
        ([K, {"l_diversity": {"column": "spent", "l": 2, "c": 2}}], "belongs to"),
        ([K, {"t_closeness": {"column": "spent", "t": 1.5}}], "less than or equal to 1"),
    ],
)
def test_specs_that_make_no_sense_are_refused(gates: list[dict[str, Any]], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        ill_spec(gates)


def test_a_sensitive_column_that_is_dropped_cannot_be_gated() -> None:
    with pytest.raises(ValidationError, match="class sensitive"):
        ill_spec([K, SENSITIVE[0]], spent=column("sensitive", "drop"))
