"""Rules that need the unit or the whole column, against plain Python references; and the sample of units."""

from __future__ import annotations

import hashlib
import hmac
import math
import statistics
from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.core.errors import BadInput, NotFound
from sandbox.core.generalise import Generalise
from sandbox.core.spec import DatasetSpec
from sandbox.snapshots.hierarchies.base import Hierarchy
from sandbox.snapshots.hierarchies.derived import Quantiles, quantile_cuts
from sandbox.snapshots.hierarchies.of_rule import hierarchy_of
from sandbox.snapshots.hierarchies.regions import ChineseRegions
from sandbox.snapshots.hierarchies.table_file import parse_hierarchy
from sandbox.snapshots.masking import carried, expression, first_pass, in_second_pass, second_pass
from sandbox.snapshots.masking.hashing import key_for, uniform
from sandbox.snapshots.open import open_snapshot
from sandbox.snapshots.sql import Sql, identifier, value
from sandbox.snapshots.verify import verify_snapshot
from tests.snapshots.conftest import KEYS, Builder, column, spec_of

KEY, OTHER = b"k" * 32, b"q" * 32
few = settings(max_examples=25, deadline=None)


def spec(rule: Any, name: str = "x", **changes: Any) -> DatasetSpec:
    columns = {"id": column("identifier", {"pseudonym": "customer"}), name: column("measure", rule)}
    return spec_of(**{"columns": columns, "gates": [], **changes})


def masked(
    rule: Any,
    rows: Sequence[tuple[str, Any]],
    kind: str,
    key: bytes = KEY,
    name: str = "x",
    hierarchy: Hierarchy | None = None,
    **changes: Any,
) -> list[tuple[str, Any]]:
    """(unit, masked value) of rows (unit, value), in the order of ``rows``; the unit stands in the table as it is."""
    dataset = spec(rule, name, **changes)
    with duckdb.connect(config={"threads": 1}) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        place = carried(name) if in_second_pass(dataset.columns[name].rule) else name
        units, values = value([u for u, _ in rows]), value([v for _, v in rows])
        query = "CREATE TABLE t AS SELECT unnest(" + units + ") AS id, CAST(unnest(" + values + ") AS " + kind + ") AS "
        query = query + identifier(place)
        connection.execute(query.text, query.parameters)
        second_pass(connection, "t", dataset, lambda entity: key, {name: hierarchy} if hierarchy else {})
        assert [c[0] for c in connection.execute("DESCRIBE t").fetchall()] == ["id", name]
        shown = "x::TIMESTAMP" if kind == "TIMESTAMPTZ" else identifier(name).text
        return [(row[0], row[1]) for row in connection.execute(f"SELECT id, {shown} FROM t").fetchall()]


def python_uniform(key: bytes, purpose: str, text: str, part: int = 0) -> float:
    digest = hmac.new(key_for(key, purpose), text.encode(), hashlib.sha256).hexdigest()
    return (int(digest[part * 13 : part * 13 + 13], 16) + 0.5) / 2**52


units = st.sampled_from([f"u{n}" for n in range(12)])
days = st.dates(date(1901, 1, 1), date(2100, 1, 1))


@few
@given(rows=st.lists(st.tuples(units, st.none() | days), min_size=1, max_size=40), span=st.integers(1, 400))
def test_a_date_shift_keeps_every_interval_of_a_unit(rows: list[tuple[str, date | None]], span: int) -> None:
    shifted = masked({"date_shift": span}, rows, "DATE")
    for (unit, before), (same, after) in zip(rows, shifted, strict=True):
        assert unit == same
        if before is None:
            assert after is None
            continue
        expected = math.floor(python_uniform(KEY, f"date_shift {span}", unit) * (2 * span + 1)) - span
        assert after - before == timedelta(days=expected)
        assert abs(expected) <= span


def test_times_keep_their_time_of_day_and_markers_stay() -> None:
    moments = [datetime(2024, 2, 28, 23, 59, 58), datetime(9999, 12, 31), datetime(1900, 1, 1), None]
    shifted = [v for _, v in masked({"date_shift": 30}, [("u1", m) for m in moments], "TIMESTAMP")]
    assert shifted[0] != moments[0]
    assert shifted[0].time() == moments[0].time()  # type: ignore[union-attr]
    assert shifted[1:] == moments[1:]
    on_day = masked({"date_shift": 30}, [("u1", date(2024, 2, 28))], "DATE")[0][1]
    assert shifted[0].date() == on_day, "all tables and types move alike"
    zoned = masked({"date_shift": 30}, [("u1", "2024-02-28 23:59:58+00")], "TIMESTAMPTZ")[0][1]
    assert zoned == shifted[0]


def test_shifts_differ_between_units_and_keys() -> None:
    rows = [(f"u{n}", date(2024, 6, 15)) for n in range(200)]
    one, other = masked({"date_shift": 60}, rows, "DATE"), masked({"date_shift": 60}, rows, "DATE", OTHER)
    assert len({v for _, v in one}) > 60
    assert sum(a == b for a, b in zip(one, other, strict=True)) < 20  # 1 of 121 by chance
    mean = statistics.mean((v - date(2024, 6, 15)).days for _, v in one)
    assert abs(mean) < 15


numbers = st.floats(-1e6, 1e6).map(lambda x: round(x, 3))


def mdav_reference(rows: list[tuple[str, float]], k: int) -> list[list[int]]:
    """Groups of row numbers: round by round over the units' sorted values, the rest to the nearest below."""
    own: dict[str, list[int]] = defaultdict(list)
    for index, (unit, _) in enumerate(rows):
        own[unit].append(index)
    rounds: dict[int, list[int]] = defaultdict(list)
    for indices in own.values():
        for place, index in enumerate(sorted(indices, key=lambda i: rows[i][1])):
            rounds[place].append(index)
    groups: list[list[int]] = []
    last: list[list[int]] = []
    for place in sorted(rounds):
        ordered = sorted(rounds[place], key=lambda i: (rows[i][1], rows[i][0]))
        if len(ordered) >= k:
            count = len(ordered) // k
            last = [ordered[n * k : (n + 1) * k if n < count - 1 else None] for n in range(count)]
            groups += last
        else:
            for index in ordered:
                [g for g in last if rows[g[0]][1] <= rows[index][1]][-1].append(index)
    return groups


@few
@given(
    rows=st.lists(st.tuples(units, numbers), min_size=1, max_size=60, unique_by=lambda r: r[1]),
    k=st.integers(2, 5),
)
def test_microaggregation_groups_k_units_and_keeps_the_mean(rows: list[tuple[str, float]], k: int) -> None:
    if len({u for u, _ in rows}) < k:
        with pytest.raises(BadInput, match="fewer than a group"):
            masked({"microaggregate": k}, rows, "DOUBLE")
        return
    found = [v for _, v in masked({"microaggregate": k}, rows, "DOUBLE")]
    for group in mdav_reference(rows, k):
        mean = math.fsum(rows[i][1] for i in group) / len(group)
        assert all(math.isclose(found[i], mean, rel_tol=1e-9, abs_tol=1e-6) for i in group)
    sharing: dict[float, set[str]] = defaultdict(set)
    for (unit, _), v in zip(rows, found, strict=True):
        sharing[v].add(unit)
    assert min(map(len, sharing.values())) >= k
    assert math.isclose(math.fsum(found), math.fsum(v for _, v in rows), rel_tol=1e-9, abs_tol=1e-3)


@few
@given(rows=st.lists(st.tuples(units, st.none() | st.integers(0, 9)), min_size=1, max_size=60), k=st.integers(2, 4))
def test_microaggregation_with_ties_gaps_and_many_rows_of_one_unit(rows: list[tuple[str, int | None]], k: int) -> None:
    filled = [(u, v) for u, v in rows if v is not None]
    if 0 < len({u for u, _ in filled}) < k:
        return
    found = masked({"microaggregate": {"k": k}}, rows, "INTEGER")
    sharing: dict[float, set[str]] = defaultdict(set)
    for (unit, before), (same, after) in zip(rows, found, strict=True):
        assert unit == same
        assert (before is None) == (after is None)
        if after is not None:
            sharing[after].add(unit)
    assert all(len(shared) >= k for shared in sharing.values())
    assert math.isclose(math.fsum(v for _, v in found if v is not None), sum(v for _, v in filled), abs_tol=1e-6)


def test_one_unit_cannot_fill_a_group_by_its_rows() -> None:
    rows = [("rich", 1000.0 + n) for n in range(50)] + [(f"u{n}", float(n)) for n in range(9)]
    found = masked({"microaggregate": 5}, rows, "DOUBLE")
    by_row = sorted(v for _, v in rows)
    assert {u for u, v in rows if v in by_row[-5:]} == {"rich"}, "sorted by value alone, the last five are one unit's"
    for shared in {v for _, v in found}:
        assert len({u for u, v in found if v == shared}) >= 5


@few
@given(rows=st.lists(st.tuples(units, st.none() | numbers), min_size=1, max_size=30), sd=st.floats(0.5, 1e4))
def test_normal_noise_is_the_keyed_draw_and_nothing_else(rows: list[tuple[str, float | None]], sd: float) -> None:
    found = masked({"noise": {"sd": sd}}, rows, "DOUBLE")
    size = float(f"{sd:.6g}")
    with duckdb.connect() as connection:
        for (unit, before), (_, after) in zip(rows, found, strict=True):
            if before is None:
                assert after is None
                continue
            row = connection.execute("SELECT CAST(CAST(? AS DOUBLE) AS VARCHAR)", [before]).fetchone()
            text = f"{unit}\x1f{row[0] if row else None}"
            u, w = python_uniform(KEY, "noise x", text), python_uniform(KEY, "noise x", text, 1)
            expected = before + size * math.sqrt(-2 * math.log(u)) * math.cos(2 * math.pi * w)
            assert abs(after - expected) <= size / 500 + 1e-9


@few
@given(
    rows=st.lists(st.tuples(units, st.integers(-50, 150)), min_size=1, max_size=30),
    shape=st.sampled_from(["normal", "laplace"]),
    kind=st.sampled_from(["INTEGER", "DOUBLE", "DECIMAL(9,2)"]),
)
def test_noise_stays_in_its_range_and_repeats(rows: list[tuple[str, int]], shape: str, kind: str) -> None:
    rule = {"noise": {"sd": 60, "low": 0, "high": 100, "shape": shape}}
    found = masked(rule, rows, kind)
    assert all(0 <= v <= 100 for _, v in found)
    assert found == masked(rule, rows, kind)
    assert found[::-1] == masked(rule, rows[::-1], kind), "whatever the order of the rows"
    if kind == "INTEGER":
        assert all(isinstance(v, int) for _, v in found)


@pytest.mark.parametrize("shape", ["normal", "laplace"])
def test_noise_has_the_size_that_was_asked_for(shape: str) -> None:
    rows = [(f"u{n}", float(n % 100)) for n in range(4000)]
    own = statistics.stdev(v for _, v in rows)
    found = masked({"noise": {"share": 0.5, "shape": shape}}, rows, "DOUBLE")
    drawn = [after - before for (_, before), (_, after) in zip(rows, found, strict=True)]
    assert abs(statistics.mean(drawn)) < 0.05 * own
    assert math.isclose(statistics.stdev(drawn), 0.5 * own, rel_tol=0.06)
    # Half of all draws are within the median of |N(0,1)| and of |Laplace| of standard deviation 1.
    middle = {"normal": 0.6745, "laplace": math.log(2) / math.sqrt(2)}[shape] * 0.5 * own
    assert 0.46 < sum(abs(d) <= middle for d in drawn) / len(drawn) < 0.54
    other = masked({"noise": {"share": 0.5, "shape": shape}}, rows, "DOUBLE", OTHER)
    assert sum(a == b for a, b in zip(found, other, strict=True)) < 10


def test_noise_differs_between_values_units_and_columns_and_joins_tables() -> None:
    rule = {"noise": {"sd": 10}}
    one = dict(masked(rule, [("u1", 5.0)], "DOUBLE"))["u1"]
    assert masked(rule, [("u1", 5)], "INTEGER")[0][1] == round(one), "the same value in another table"
    assert masked(rule, [("u2", 5.0)], "DOUBLE")[0][1] != one
    assert masked(rule, [("u1", 6.0)], "DOUBLE")[0][1] - one != 1.0
    assert masked(rule, [("u1", 5.0)], "DOUBLE", name="y")[0][1] != one
    assert masked({"noise": 0.5}, [("u1", 5.0), ("u2", 5.0)], "DOUBLE") == [("u1", 5.0), ("u2", 5.0)]
    assert masked(rule, [("u1", math.inf), ("u1", math.nan)], "DOUBLE") == [("u1", None), ("u1", None)]


@few
@given(values=st.lists(st.none() | st.integers(-100, 100), min_size=1, max_size=50), share=st.floats(0.01, 0.4))
def test_top_and_bottom_coding_keeps_the_order(values: list[int | None], share: float) -> None:
    rows = [(f"u{n}", v) for n, v in enumerate(values)]
    found = [v for _, v in masked({"top_bottom": share}, rows, "INTEGER")]
    filled = [v for v in values if v is not None]
    kept = [v for v in found if v is not None]
    for before, after in zip(values, found, strict=True):
        assert after == (None if before is None else min(max(before, min(kept)), max(kept)))
    for beyond in (sum(v < min(kept) for v in filled), sum(v > max(kept) for v in filled)) if kept else ():
        assert beyond <= share * len(filled)
    pairs = sorted((b, a) for b, a in zip(values, found, strict=True) if b is not None)
    assert [a for _, a in pairs] == sorted(a for _, a in pairs)


def test_top_and_bottom_coding_by_limits_needs_no_second_pass() -> None:
    rule = spec({"top_bottom": {"bottom": 18, "top": 90}}).columns["x"].rule
    assert not in_second_pass(rule)
    cell = expression(rule, "x", "INTEGER", lambda entity: KEY)
    query = "SELECT " + cell + " FROM (SELECT unnest([17, 18, 90, 91, NULL]) AS x)"
    with duckdb.connect() as connection:
        assert [r[0] for r in connection.execute(query.text, query.parameters).fetchall()] == [18, 18, 90, 90, None]
    half = expression(spec({"top_bottom": {"top": 2.5}}).columns["x"].rule, "x", "DOUBLE", lambda entity: KEY)
    query = "SELECT " + half + " FROM (SELECT unnest(['1.5', '3.5', 'nan', 'inf', '-inf']::DOUBLE[]) AS x)"
    with duckdb.connect() as connection:
        found = [r[0] for r in connection.execute(query.text, query.parameters).fetchall()]
    assert found == [1.5, 2.5, None, 2.5, -math.inf]


@few
@given(
    rows=st.lists(st.tuples(st.integers(0, 300), st.integers(0, 9)), min_size=1, max_size=300),
    rate=st.floats(0.05, 0.9),
)
def test_a_sample_holds_whole_units_by_key(rows: list[tuple[int, int]], rate: float) -> None:
    named = [(f"u{n}", v) for n, v in rows]
    found = masked("keep", named, "INTEGER", sample=rate)
    chosen = {unit for unit, _ in named if python_uniform(KEY, "sample", unit) < rate}
    assert sorted(found) == sorted(row for row in named if row[0] in chosen)
    smaller = {unit for unit, _ in masked("keep", named, "INTEGER", sample={"rate": rate / 2})}
    assert smaller <= chosen, "tables that are sampled at different rates still join"


def test_the_rate_of_a_sample_is_the_share_of_units() -> None:
    rows = [(f"u{n}", n) for n in range(5000)]
    assert 0.23 < len(masked("keep", rows, "INTEGER", sample=0.25)) / 5000 < 0.27
    one, other = (masked("keep", rows, "INTEGER", key, sample=0.25) for key in (KEY, OTHER))
    assert len(set(one) & set(other)) < 0.5 * len(one)


def test_a_uniform_number_is_never_0_or_1() -> None:
    with duckdb.connect() as connection:
        for digits in ("0" * 64, "f" * 64):
            query = "SELECT " + uniform(Sql(f"'{digits}'"), 3)
            row = connection.execute(query.text).fetchone()
            assert row and 0.0 < row[0] < 1.0


def test_a_raw_value_has_a_name_that_is_never_published() -> None:
    rule = spec({"noise": {"sd": 1}}).columns["x"].rule
    assert first_pass(rule, "x", "DOUBLE", lambda entity: KEY).text == '"x" AS " raw x"'
    with pytest.raises(ValueError, match="second pass"):
        expression(rule, "x", "DOUBLE", lambda entity: KEY)


def test_a_build_with_every_rule_of_the_second_pass(build: Builder) -> None:
    """The real thing: from the file to a verified snapshot, twice the same, and nothing raw in it."""
    columns = {
        "id": column("identifier", {"pseudonym": "customer"}), "name": column("direct", "drop"),
        "city": column("quasi", "keep"), "age": column("quasi", {"microaggregate": 30}, type="INTEGER"),
        "spent": column("measure", {"noise": {"share": 0.2, "low": 0}}, type="DOUBLE"),
    }  # fmt: skip
    gates = [{"k_anonymity": {"k": 3, "suppress": 0.4}}]
    built = build(spec_of(columns=columns, gates=gates, sample={"rate": 0.9}))
    assert all(line.ok for line in verify_snapshot(built.folder))
    assert [c.name for c in built.manifest.columns] == ["id", "city", "age", "spent"]
    assert built.manifest.rows.entered < 121
    again = build(spec_of(columns=columns, gates=gates, sample={"rate": 0.9}), threads=2)
    assert again.manifest.content_hash == built.manifest.content_hash
    with open_snapshot(built.folder) as connection:
        spent = {row[0] for row in connection.execute("SELECT spent FROM data").fetchall()}
    assert len(spent & {i * 1.5 for i in range(121)}) < 10
    assert min(spent) >= 0


def test_what_a_unit_draws_is_drawn_from_its_published_pseudonym(build: Builder) -> None:
    """Whatever form a build gives pseudonyms on the way: tables that were built before move by the same days."""
    (build.folder / "visits.csv").write_text("id,day\nC1,2024-03-01\nC2,2024-03-01\n")
    columns = {
        "id": column("identifier", {"pseudonym": "customer"}),
        "day": column("measure", {"date_shift": 30}, type="DATE"),
    }
    built = build(spec_of(source={"kind": "csv", "path": "visits.csv"}, columns=columns, gates=[]))
    with open_snapshot(built.folder) as connection:
        found = dict(connection.execute("SELECT id, day FROM data").fetchall())
    assert len(found) == 2
    for pseudonym, day in found.items():
        drawn = python_uniform(KEYS["customer"], "date_shift 30", pseudonym)
        assert day == date(2024, 3, 1) + timedelta(days=math.floor(drawn * 61) - 30)


@pytest.mark.parametrize(
    ("rule", "kind", "says"),
    [({"date_shift": 3}, "VARCHAR", "needs dates"), ({"noise": 0.1}, "DATE", "needs numbers"),
     ({"microaggregate": 3}, "VARCHAR", "needs numbers"), ({"top_bottom": 0.1}, "VARCHAR", "needs numbers")],
)  # fmt: skip
def test_a_rule_that_does_not_fit_the_type_is_told_before_the_first_row(rule: Any, kind: str, says: str) -> None:
    with pytest.raises(BadInput, match=says):
        first_pass(spec(rule).columns["x"].rule, "x", kind, lambda entity: KEY)


generalised = st.sampled_from([
    ({"bands": [5, 10, 20]}, "INTEGER", st.integers(-500, 500)),
    ({"bands": [0.5, 5], "start": 0.25}, "DOUBLE", st.floats(-1e4, 1e4).map(lambda x: round(x, 3))),
    ({"dates": ["day", "month", "quarter", "year", "decade"]}, "DATE", st.dates(date(1000, 1, 1))),
    ({"dates": ["month", "decade"]}, "TIMESTAMP", st.datetimes(datetime(1000, 1, 1), datetime(9000, 1, 1))),
    ({"prefixes": [4, 2]}, "VARCHAR", st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))),
])  # fmt: skip


@few
@given(data=st.data(), chosen=generalised)
def test_derived_hierarchies_in_sql_are_those_in_python(data: st.DataObject, chosen: Any) -> None:
    parameters, kind, values = chosen
    height = len(next(iter(parameters.values()))) + 1
    rule = Generalise.model_validate({**parameters, "level": data.draw(st.integers(0, height))})
    items = data.draw(st.lists(st.none() | values, min_size=1, max_size=20))
    query = "SELECT " + expression(rule, "x", kind, lambda entity: KEY) + " FROM (SELECT CAST(unnest(" + value(items)
    query = query + ") AS " + kind + ") AS x)"
    with duckdb.connect(config={"threads": 1}) as connection:
        found = [row[0] for row in connection.execute(query.text, query.parameters).fetchall()]
    assert found == hierarchy_of(rule, Path(), whole=kind == "INTEGER").labels(items, rule.level)


@few
@given(values=st.lists(st.none() | numbers | st.just(math.inf), min_size=1, max_size=60), level=st.integers(1, 3))
def test_quantiles_in_sql_are_those_in_python(values: list[float | None], level: int) -> None:
    rule = {"generalise": {"quantiles": [8, 4, 2], "level": level}}
    found = [v for _, v in masked(rule, [(f"u{n}", v) for n, v in enumerate(values)], "DOUBLE")]
    cuts = quantile_cuts(sorted(v for v in values if v is not None and math.isfinite(v)), 8)
    assert found == Quantiles((8, 4, 2), cuts).labels(values, level)


def test_listed_hierarchies_are_looked_up() -> None:
    ages = parse_hierarchy("34;30-39;20-39;*\n45;40-49;40-59;*\n", "age.csv")
    rows = [("u1", 34), ("u2", 45), ("u3", None), ("u4", 34)]
    labels = {1: ["30-39", "40-49", None, "30-39"], 2: ["20-39", "40-59", None, "20-39"], 3: ["*"] * 4}
    for level, expected in labels.items():
        rule = {"generalise": {"hierarchy": "age.csv", "level": level}}
        assert [v for _, v in masked(rule, rows, "INTEGER", hierarchy=ages)] == expected
    rule = {"generalise": {"hierarchy": "age.csv", "level": 1}}
    with pytest.raises(BadInput, match=r"lacks values of the column: “99” \(1 in all\)"):
        masked(rule, [*rows, ("u5", 99)], "INTEGER", hierarchy=ages)
    places = [("u1", "广东省广州市"), ("u2", "440106"), ("u3", None)]
    rule = {"generalise": {"regions": "cn", "level": 2}}
    assert [v for _, v in masked(rule, places, "VARCHAR", hierarchy=ChineseRegions())] == ["华南", "华南", None]


def test_a_build_generalises_by_a_file_beside_the_spec(build: Builder, tmp_path: Path) -> None:
    columns = {
        "id": column("identifier", {"pseudonym": "customer"}), "name": column("direct", "drop"),
        "city": column("quasi", {"generalise": {"hierarchy": "h/city.csv", "level": 1}}),
        "age": column("quasi", {"generalise": {"quantiles": [4, 2], "level": 2}}), "spent": column("measure", "drop"),
    }  # fmt: skip
    with pytest.raises(NotFound, match=r"city\.csv"):
        build(spec_of(columns=columns), beside=tmp_path)
    assert build.left_behind() == []
    (tmp_path / "h").mkdir()
    (tmp_path / "h" / "city.csv").write_text("Wuhan;Asia\nLyon;Europe\nBath;Europe\n")
    with pytest.raises(BadInput, match="Atlantis"):
        build(spec_of(columns=columns), beside=tmp_path)
    assert build.left_behind() == []
    (tmp_path / "h" / "city.csv").write_text("Wuhan;Asia\nLyon;Europe\nBath;Europe\nAtlantis;Europe\n")
    built = build(spec_of(columns=columns), beside=tmp_path)
    with open_snapshot(built.folder) as connection:
        found = connection.execute("SELECT DISTINCT city FROM data ORDER BY 1").fetchall()
        assert found == [("Asia",), ("Europe",)]
        assert len(connection.execute("SELECT DISTINCT age FROM data").fetchall()) == 2
    assert all(line.ok for line in verify_snapshot(built.folder))
