"""Risks against known answers of the field and against a reference that counts by hand."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from itertools import combinations
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings

from sandbox.i18n import catalogue
from sandbox.snapshots.manifest import MANIFEST, RiskFacts
from sandbox.snapshots.risk import Reading, distinguishing, measure_risk
from sandbox.snapshots.risk_facts import tell_risk
from sandbox.snapshots.sql import identifier
from sandbox.snapshots.verify import verify_snapshot
from tests.snapshots.conftest import Builder
from tests.snapshots.test_gates import QUASI, Rows, rows_, table

SHARED = Path(os.environ.get("SANDBOX_SHARED_DATA") or Path(__file__).resolve().parents[3] / "shared" / "data")


@pytest.mark.skipif(not SHARED.is_dir(), reason="no folder with shared data (SANDBOX_SHARED_DATA)")
def test_the_known_answers_for_adult() -> None:
    with duckdb.connect() as connection:
        connection.execute(
            "CREATE TABLE t AS SELECT row_number() OVER () AS id, * FROM read_csv(?, delim = ';', all_varchar = true)",
            [str(SHARED / "adult" / "adult.csv")],
        )
        quasi = [name for name, *_ in connection.execute("DESCRIBE t").fetchall() if name != "id"]
        risk = measure_risk(connection, identifier("t"), quasi, "id")
    assert (risk.classes, risk.records, len(quasi)) == (19502, 30162, 9)
    assert risk.strict == Reading(1.0, 0.6465751607983555)
    assert (risk.unique, risk.unique_share) == (15512, 15512 / 30162)
    assert risk.marketer == risk.strict.average
    assert risk.wildcard == risk.strict, "there is no empty value"


@pytest.mark.parametrize(
    ("columns", "distinction", "separation"),
    [(("sex",), 0.4, 0.6), (("state",), 0.6, 0.7), (("age",), 0.6, 0.8), (("sex", "state"), 0.8, 0.9)],
)
def test_the_hand_example_of_distinction_and_separation(
    columns: tuple[str, ...], distinction: float, separation: float
) -> None:
    """Five people, the example with which ARX explains the two."""
    people = [(20, "F", "CA"), (30, "F", "CA"), (40, "F", "TX"), (20, "M", "NY"), (40, "M", "CA")]
    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE t (id INTEGER, age INTEGER, sex VARCHAR, state VARCHAR)")
        connection.executemany("INSERT INTO t VALUES (?, ?, ?, ?)", [(n, *p) for n, p in enumerate(people)])
        found = distinguishing(connection, identifier("t"), columns, "id")
    assert (found.distinction, found.separation) == (pytest.approx(distinction), pytest.approx(separation))


def sizes(rows: Rows, alike: Callable[[object, object], bool]) -> list[int]:
    """The reference: for every record (values and unit) the number of units with a record that is alike."""
    records = set(rows)
    return [
        len({unit for *other, unit in records if all(alike(a, b) for a, b in zip(values, other, strict=True))})
        for *values, _ in records
    ]


@settings(max_examples=120, deadline=None)
@given(rows=rows_)
def test_risks_are_those_of_the_reference(rows: Rows) -> None:
    strict = sizes(rows, lambda a, b: a == b)
    wildcard = sizes(rows, lambda a, b: a is None or b is None or a == b)
    records = set(rows)
    lone = {row[2] for row in records if not any(r[:2] == row[:2] and r[2] != row[2] for r in records)}
    pairs = list(combinations(records, 2))
    with table(rows) as connection:
        risk = measure_risk(connection, identifier("t"), QUASI, "unit")
    assert (risk.records, risk.classes) == (len(records), len({row[:2] for row in rows}))
    assert (risk.strict.highest, risk.strict.average) == pytest.approx(
        (1 / min(strict), sum(1 / n for n in strict) / len(strict))
    )
    assert risk.wildcard is not None
    assert (risk.wildcard.highest, risk.wildcard.average) == pytest.approx(
        (1 / min(wildcard), sum(1 / n for n in wildcard) / len(wildcard))
    )
    assert (risk.unique, risk.units) == (len(lone), len({row[2] for row in rows}))
    differ = sum(a[:2] != b[:2] for a, b in pairs)
    assert risk.separation == pytest.approx(differ / len(pairs) if pairs else 0)


def test_an_empty_table_and_one_without_quasi_identifiers() -> None:
    with table([("a", 1, u) for u in "ABCD"]) as connection:
        assert measure_risk(connection, identifier("t"), (), "unit").strict == Reading(0.25, 0.25)
        connection.execute("DELETE FROM t")
        for quasi in (QUASI, ()):
            empty = measure_risk(connection, identifier("t"), quasi, "unit")
            assert (empty.classes, empty.unique, empty.unique_share, empty.strict) == (0, 0, 0, Reading(0, 0))


def test_the_wildcard_reading_is_left_out_where_it_takes_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sandbox.snapshots.risk.MOST_COMPARISONS", 1)
    with table([("a", 1, "A"), (None, 1, "B")]) as connection:
        assert measure_risk(connection, identifier("t"), QUASI, "unit").wildcard is None


def test_a_snapshot_keeps_its_risk_and_verification_measures_it_again(build: Builder) -> None:
    built = build()
    risk = built.manifest.risk
    assert isinstance(risk, RiskFacts)
    assert (risk.unique, risk.units, risk.classes) == (0, 120, 12)
    assert (risk.prosecutor.highest, risk.prosecutor.average) == (0.1, 0.1), "the lonely person is left out"
    assert verify_snapshot(built.folder)[-1].name == "risk"
    assert verify_snapshot(built.folder)[-1].ok
    file = built.folder / MANIFEST
    file.chmod(0o644)
    honest = file.read_text()
    for name, forged in {"unique": 1, "marketer": 0.01, "quasi_identifiers": ["city"]}.items():
        data = json.loads(honest)
        data["risk"][name] = forged
        file.write_text(json.dumps(data))
        assert [line.name for line in verify_snapshot(built.folder) if not line.ok] == ["risk"], name


def test_the_words_are_in_both_languages(build: Builder) -> None:
    risk = build().manifest.risk
    assert risk is not None
    english = " ".join(m.render() for m in tell_risk(risk))
    chinese = " ".join(catalogue("zh-CN").render(m) for m in tell_risk(risk))
    assert "0 of 120 units are alone with their combination of city, age" in english
    assert "at most 10%, on average 10% (prosecutor risk)" in english
    assert "最高为 10%，平均为 10%" in chinese
    assert not any(word in chinese for word in ("Somebody", "units"))
