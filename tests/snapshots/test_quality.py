"""Declared quality rules: they stop a build or warn, count right, and say nothing about anybody."""

from __future__ import annotations

import csv
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from sandbox.core.errors import BadInput, GateFailed
from sandbox.core.spec import DatasetSpec
from sandbox.snapshots.certificate import Signer, disagreements, read_certificate
from sandbox.snapshots.manifest import MANIFEST, QualityFacts, parse_manifest, read_manifest
from sandbox.snapshots.quality import tell_quality
from sandbox.snapshots.verify import verify_snapshot
from tests.snapshots.conftest import NOW, Builder, column, spec_of

SECRET = "Zhang-San-13800001111"


def items(**changes: Any) -> DatasetSpec:
    """Not about persons: counts are exact."""
    data: dict[str, Any] = {
        "name": "items",
        "source": {"kind": "csv", "path": "items.csv"},
        "unit": {"column": "id", "entity": "item", "personal": False},
        "columns": {
            "id": column("identifier", "keep", quality=["unique", "not_null"]),
            "kind": column("measure", "keep", quality=[{"values": ["a", "b"]}]),
            "price": column("measure", "keep", type="DOUBLE", quality=[{"range": {"low": 0, "high": 100}}]),
            "code": column("measure", "keep", quality=[{"pattern": "[A-Z]{2}\\d+"}]),
            "day": column("measure", "keep", type="DATE", quality=[{"range": {"low": "2026-01-01"}}]),
        },
        "quality": [
            {"freshness": {"column": "day", "days": 30}},
            {"row_count": {"least": 10, "most": 1000}},
            {"unique": {"columns": ["kind", "code"]}},
        ],
        "gates": [],
    }
    return spec_of(**{**data, **changes})


def write(folder: Path, rows: int = 100, **broken: Any) -> None:
    """``broken``: column → the value of its first three rows."""
    with (folder / "items.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "kind", "price", "code", "day"])
        for i in range(rows):
            good = {"id": i, "kind": "ab"[i % 2], "price": i % 100, "code": f"XY{i}",
                    "day": (NOW - timedelta(days=i % 20)).date()}  # fmt: skip
            writer.writerow((good | (broken if i < 3 else {})).values())


def test_rules_that_hold_are_in_the_manifest(build: Builder) -> None:
    write(build.folder)
    facts = build(items()).manifest.quality
    assert [(f.column, f.rule["kind"], f.ok) for f in facts] == [
        ("id", "unique", True), ("id", "not_null", True), ("kind", "values", True), ("price", "range", True),
        ("code", "pattern", True), ("day", "range", True), ("day", "freshness", True), (None, "row_count", True),
        (None, "unique", True),
    ]  # fmt: skip
    assert all(f.rows == 100 and not f.broken for f in facts)


def test_rules_about_pseudonyms_see_them_as_they_are_published(build: Builder) -> None:
    write(build.folder)
    digits = column("identifier", {"pseudonym": "customer"}, quality=[{"pattern": "[0-9a-f]{32}"}, "unique"])
    unit = {"column": "id", "entity": "customer", "personal": False}
    facts = build(items(unit=unit, columns={"id": digits}, quality=[])).manifest.quality
    assert [(f.rule["kind"], f.ok) for f in facts] == [("pattern", True), ("unique", True)]


@pytest.mark.parametrize(
    ("broken", "count"),
    [({"kind": "c"}, 3), ({"price": -1}, 3), ({"price": 100.5}, 3), ({"code": "xy1"}, 3), ({"day": "2025-12-31"}, 3),
     ({"id": "7"}, 4), ({"id": ""}, 3), ({"kind": "a", "code": "XY4"}, 4)],
)  # fmt: skip
def test_a_rule_that_does_not_hold_stops_the_build_with_a_count(
    build: Builder, broken: dict[str, Any], count: int
) -> None:
    write(build.folder, **broken)
    with pytest.raises(GateFailed) as error:
        build(items())
    message, remedy = error.value.render()
    assert f"{count} of 100 rows" in message
    assert "severity: warn" in remedy
    assert build.left_behind("items") == []


def test_a_warning_is_kept_and_tolerance_is_a_share_of_rows(build: Builder) -> None:
    write(build.folder, kind="c")
    for late, (rule, ok) in enumerate([({"severity": "warn"}, False), ({"tolerance": 0.03}, True)]):
        columns = items().model_dump(mode="json", by_alias=True)["columns"]
        columns["kind"]["quality"] = [{"values": {"set": ["a", "b"], **rule}}]
        built = build(items(columns=columns), now=NOW + timedelta(seconds=late))
        [facts] = [f for f in built.manifest.quality if f.column == "kind"]
        assert (facts.ok, facts.broken) == (ok, 3)


def test_all_broken_rules_are_told_at_once(build: Builder) -> None:
    write(build.folder, kind="c", price=-1)
    with pytest.raises(GateFailed) as error:
        build(items())
    assert "2 quality rules" in str(error.value)
    assert "“kind”" in str(error.value) and "“price”" in str(error.value)


def test_no_message_holds_a_value(build: Builder) -> None:
    write(build.folder, kind=SECRET, code=SECRET)
    with pytest.raises(GateFailed) as error:
        build(items())
    assert SECRET not in "".join(error.value.render())
    columns = items().model_dump(mode="json", by_alias=True)["columns"]
    for one in columns.values():
        one["quality"] = [{**rule, "severity": "warn"} for rule in one["quality"]]
    text = json.dumps([f.model_dump() for f in build(items(columns=columns, quality=[])).manifest.quality])
    assert SECRET not in text and '"broken": 3' in text


def test_small_counts_of_people_are_not_kept(build: Builder) -> None:
    """Atlantis is one person's city; she is gone from the snapshot, and so must be that there was one."""
    quality = [{"values": {"set": ["Wuhan", "Lyon", "Bath"], "severity": "warn"}}]
    columns = spec_of().model_dump(mode="json", by_alias=True)["columns"]
    columns["city"]["quality"] = quality
    [facts] = build(spec_of(columns=columns)).manifest.quality
    assert (facts.ok, facts.broken, facts.few) == (False, None, 10)
    assert "fewer than 10 of 121 rows" in str(tell_quality(facts))


def test_freshness_and_row_counts(build: Builder) -> None:
    write(build.folder)
    build(items(), now=NOW)
    with pytest.raises(GateFailed, match="older than 30 days"):
        build(items(), now=NOW + timedelta(days=31))
    write(build.folder, rows=70)
    change = items(quality=[{"row_count": {"change": 0.2}}])
    with pytest.raises(GateFailed, match="70 rows"):
        build(change, now=NOW + timedelta(seconds=5))
    write(build.folder, rows=90)
    assert build(change, now=NOW + timedelta(seconds=5)).manifest.quality[-1].ok


def test_a_foreign_key_is_compared_by_pseudonym(build: Builder) -> None:
    build()
    orders = build.folder / "orders.csv"
    orders.write_text("id,total\n" + "".join(f"{i % 120:04d},{i}\n" for i in range(400)))
    key = {"foreign_key": {"dataset": "people", "column": "id"}}
    spec = spec_of(
        name="orders",
        source={"kind": "csv", "path": "orders.csv"},
        columns={
            "id": column("identifier", {"pseudonym": "customer"}, quality=[key]),
            "total": column("measure", "keep"),
        },
        gates=[],
    )
    facts = build(spec).manifest.quality[0]
    assert (facts.ok, facts.rows, facts.broken) == (True, 120, 0)
    orders.write_text("id,total\n" + "".join(f"{i:04d},{i}\n" for i in range(240)))
    with pytest.raises(GateFailed, match=r"120 of 240 values are not found in people\.id"):
        build(spec)
    build.keys["customer"] = bytes(range(2, 34))
    with pytest.raises(GateFailed, match="cannot be compared"):
        build(spec)


@pytest.mark.parametrize(
    ("column_name", "rule"),
    [("kind", {"range": {"low": 1}}), ("price", {"range": {"low": "2026-01-01"}}), ("code", {"pattern": "(?=a)b"})],
)
def test_rules_that_cannot_be_applied_are_told(build: Builder, column_name: str, rule: Any) -> None:
    write(build.folder)
    columns = items().model_dump(mode="json", by_alias=True)["columns"]
    columns[column_name]["quality"] = [rule]
    with pytest.raises(BadInput) as error:
        build(items(columns=columns))
    assert error.value.remedy.template


def test_freshness_of_a_text_is_told(build: Builder) -> None:
    write(build.folder)
    with pytest.raises(BadInput, match="needs a date"):
        build(items(quality=[{"freshness": {"column": "kind", "days": 3}}]))


@pytest.mark.parametrize(
    "rule",
    [{"range": {}}, {"range": {"low": 3, "high": 1}}, {"values": []}, {"values": [True]}, {"pattern": "("},
     {"row_count": {"least": 1}}, {"fly": 1}, "flying", {"foreign_key": {"dataset": "No!", "column": "x"}}],
)  # fmt: skip
def test_mistakes_in_a_column_s_rules_are_refused(rule: Any) -> None:
    with pytest.raises(ValueError):
        items(columns={"id": column("identifier", "keep", quality=[rule])}, quality=[])


def test_rules_about_what_is_dropped_are_refused() -> None:
    with pytest.raises(ValueError, match="not in the snapshot"):
        spec_of(quality=[{"unique": {"columns": ["name"]}}])


def test_the_certificate_holds_quality_and_old_snapshots_still_agree(build: Builder) -> None:
    write(build.folder)
    signer = Signer.of(bytes(range(32)))
    built = build(items(), signer=signer)
    assert all(line.ok for line in verify_snapshot(built.folder, signer.public))
    found = read_certificate(built.folder)
    assert found is not None and len(found["quality"]) == 9
    changed = built.manifest.model_copy(update={"quality": (QualityFacts(rule={"kind": "x"}, ok=True, rows=1),)})
    assert "quality" in disagreements(found, changed)
    # A manifest of a version that knew nothing of a field is rendered as it was read.
    old = {k: v for k, v in json.loads((built.folder / MANIFEST).read_bytes()).items() if k != "quality"}
    text = (json.dumps(old, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()
    assert parse_manifest(text, "x").render() == text
    assert read_manifest(built.folder).render() == (built.folder / MANIFEST).read_bytes()
