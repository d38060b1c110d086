"""Hierarchies: levels are nested, labels are what they say, and a bad file is told with its line."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.core.errors import BadInput, NotFound
from sandbox.core.generalise import Generalise
from sandbox.core.specfile import parse_spec
from sandbox.snapshots.hierarchies.base import Hierarchy
from sandbox.snapshots.hierarchies.derived import Bands, DateParts, Prefixes, Quantiles, quantile_cuts
from sandbox.snapshots.hierarchies.of_rule import hierarchy_of
from sandbox.snapshots.hierarchies.regions import ChineseRegions
from sandbox.snapshots.hierarchies.table_file import parse_hierarchy, read_hierarchy
from tests.helpers.duck import empty_database

AGES = "34;30-39;20-39;*\n35;30-39;20-39;*\n21;20-29;20-39;*\n67;60-69;60+;*\n"
NUMBERS = st.lists(st.floats(-1e6, 1e6, allow_nan=False).map(lambda n: round(n, 3)), min_size=1, max_size=60)


def assert_nested(hierarchy: Hierarchy, values: list[Any]) -> None:
    """Values that share a label share all labels above it, and the last level tells nothing."""
    for level in range(1, hierarchy.height):
        above: dict[Any, Any] = {}
        for low, high in zip(hierarchy.labels(values, level), hierarchy.labels(values, level + 1), strict=True):
            assert above.setdefault(low, high) == high
    assert set(hierarchy.labels(values, hierarchy.height)) == {"*"}
    assert hierarchy.labels(values, 0) == values


def test_a_file_gives_labels_by_level(tmp_path: Path) -> None:
    file = tmp_path / "age.csv"
    file.write_text(AGES, encoding="utf-8")
    ages = read_hierarchy(file)
    assert ages.height == 3
    assert ages.labels([34, None, "67"], 1) == ["30-39", None, "60-69"]
    assert ages.labels([34, None, "67"], 2) == ["20-39", None, "60+"]
    assert ages.labels([34, None, "67"], 3) == ["*", "*", "*"]
    assert ages.mapping(1)["21"] == "20-29"
    assert_nested(ages, [34, 35, 21, 67])


@pytest.mark.parametrize("delimiter", [";", ",", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030"])
def test_delimiter_and_encoding_are_found(tmp_path: Path, delimiter: str, encoding: str) -> None:
    file = tmp_path / "城市.csv"
    file.write_text("深圳;广东;华南\r\n广州;广东;华南\r\n成都;四川;西南\r\n".replace(";", delimiter), encoding=encoding)
    cities = read_hierarchy(file)
    assert (cities.height, cities.labels(["深圳", "成都"], 2)) == (3, ["华南", "西南"]), "the level of * is added"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no hierarchy"),
        ("34\n35\n", "no level beside the value"),
        ("34;30-39;*\n35;30-39\n", "line 2: this line has 2 cells, the first one has 3"),
        ("34;30-39;*\n35;;*\n", "line 2: cell 2 is empty"),
        ("34;30-39;*\n\n34;30-39;*\n", "line 3: the value “34” is already in line 1"),
        ("34;30-39;young;*\n35;30-39;old;*\n", "line 2: “30-39” belongs to “old” here, but to “young” in line 1"),
    ],
)
def test_a_bad_file_is_told_with_its_line(text: str, said: str) -> None:
    with pytest.raises(BadInput) as caught:
        parse_hierarchy(text, "age.csv")
    what, remedy = caught.value.render()
    assert said in what
    assert "age.csv" in what
    assert remedy


def test_values_that_are_not_listed_are_named() -> None:
    with pytest.raises(BadInput, match=r"age\.csv lacks values of the column: “33”, “x”"):
        parse_hierarchy(AGES, "age.csv").labels([34, "x", 33, None], 1)


@given(values=NUMBERS, whole=st.booleans())
def test_bands_are_nested_and_hold_their_values(values: list[float], whole: bool) -> None:
    numbers = [int(v) for v in values] if whole else values
    bands = Bands((5, 10, 40), start=2, whole=whole)
    assert_nested(bands, numbers)
    for number, label in zip(numbers, bands.labels(numbers, 2), strict=True):
        low, high = (float(part) for part in str(label).replace("–<", "–").split("–"))
        assert low <= number <= high


def test_bands_have_the_labels_of_the_rule_band() -> None:
    assert Bands((10,)).labels([34, -1, None], 1) == ["30–39", "-10–-1", None]
    assert Bands((0.5,), whole=False).labels([0.75, float("nan")], 1) == ["0.5–<1.0", None]


@given(values=NUMBERS)
def test_quantiles_are_nested_and_about_equal(values: list[float]) -> None:
    quantiles = Quantiles((8, 4, 2), quantile_cuts(sorted(values), 8))
    assert_nested(quantiles, values)
    if len(set(values)) == len(values) >= 8:
        sizes = [quantiles.labels(values, 1).count(label) for label in set(quantiles.labels(values, 1))]
        assert max(sizes) - min(sizes) <= 1


def test_the_outer_groups_do_not_tell_the_extremes() -> None:
    quantiles = Quantiles((4, 2), quantile_cuts([1, 2, 3, 4, 5, 6, 7, 1000], 4))
    assert quantiles.labels([1, 3, 6, 1000, None], 1) == ["<3", "3–<5", "5–<7", "≥7", None]
    assert quantiles.labels([1, 1000], 2) == ["<5", "≥5"]


def test_date_parts() -> None:
    parts = DateParts(("day", "month", "quarter", "year", "decade"))
    days = [date(2024, 3, 5), datetime(2019, 12, 31, 23, 59), None]
    assert parts.labels(days, 2) == ["2024-03", "2019-12", None]
    assert [parts.between(days[0], n) for n in (1, 3, 4, 5)] == ["2024-03-05", "2024-Q1", "2024", "2020s"]


@given(days=st.lists(st.dates(), min_size=1, max_size=40))
def test_date_parts_are_nested(days: list[date]) -> None:
    assert_nested(DateParts(("day", "month", "quarter", "year", "decade")), list(days))


@given(codes=st.lists(st.text("0123456789甲", min_size=1), min_size=1))
def test_prefixes_are_nested_and_what_duckdb_cuts(codes: list[str]) -> None:
    prefixes = Prefixes((4, 2))
    assert_nested(prefixes, list(codes))
    with empty_database() as connection:
        cut = connection.execute("SELECT list(left(c, 2)) FROM (SELECT unnest(?) AS c)", [codes]).fetchone()
    assert cut == (prefixes.labels(codes, 2),)


def test_regions_know_names_addresses_and_codes() -> None:
    places = ["广东", "广东省", "广东省广州市天河区", "440106", "44", "Guangdong", None, "海南"]
    assert ChineseRegions().labels(places, 1) == [*["广东"] * 5, "Guangdong", None, "海南"]
    assert ChineseRegions().labels(places, 2) == [*["华南"] * 5, "South China", None, "华南"]
    with pytest.raises(BadInput, match="lacks values of the column: “Atlantis”, “海南藏族自治州”"):
        ChineseRegions().labels(["海南藏族自治州", "Atlantis"], 1)


def test_the_34_divisions_have_one_region_each() -> None:
    codes = [str(c) for c in (*range(11, 16), *range(21, 24), *range(31, 38), *range(41, 47), *range(50, 55),
                              *range(61, 66), 71, 81, 82)]  # fmt: skip
    assert len(set(ChineseRegions().labels(codes, 1))) == 34
    assert len(set(ChineseRegions().labels(codes, 2))) == 8
    assert_nested(ChineseRegions(), codes)


def test_districts_and_cities_are_a_tree_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "places.csv"
    file.write_text("天河区;广州;广东;*\n越秀区;广州;广东;*\n锦江区;成都;四川;*\n", encoding="utf-8")
    assert read_hierarchy(file).labels(["越秀区", "锦江区"], 2) == ["广东", "四川"]
    file.write_text("朝阳区;朝阳;北京;*\n双塔区;朝阳;辽宁;*\n", encoding="utf-8")
    with pytest.raises(BadInput, match="“朝阳” belongs to “辽宁” here, but to “北京” in line 1"):
        read_hierarchy(file)


def rule(text: str) -> Generalise:
    spec = f"""
name: people
title: {{en: a, zh-CN: b}}
description: {{en: a, zh-CN: b}}
owner: me
source: {{kind: csv, path: p.csv}}
unit: {{column: id, entity: person}}
gates: [k_anonymity: {{k: 2}}]
columns:
  id: {{class: identifier, rule: {{pseudonym: person}}, description: {{en: a, zh-CN: b}}}}
  q: {{class: quasi, rule: {{generalise: {text}}}, description: {{en: a, zh-CN: b}}}}
"""
    found = parse_spec(spec, "people.yaml").columns["q"].rule
    assert isinstance(found, Generalise)
    return found


@pytest.mark.parametrize(
    ("text", "kind", "height"),
    [
        ("{bands: [5, 10, 20], level: 1}", Bands, 4),
        ("{quantiles: [8, 4, 2], level: 1}", Quantiles, 4),
        ("{dates: [month, quarter, year], level: 4}", DateParts, 4),
        ("{prefixes: [4, 2], level: 0}", Prefixes, 3),
        ("{regions: cn, level: 2}", ChineseRegions, 3),
    ],
)
def test_a_spec_names_its_hierarchy(text: str, kind: type, height: int, tmp_path: Path) -> None:
    found = hierarchy_of(rule(text), tmp_path)
    assert isinstance(found, kind)
    assert found.height == rule(text).height == height


def test_a_file_is_found_beside_the_spec(tmp_path: Path) -> None:
    (tmp_path / "hierarchies").mkdir()
    (tmp_path / "hierarchies" / "age.csv").write_text(AGES, encoding="utf-8")
    assert hierarchy_of(rule("{hierarchy: hierarchies/age.csv, level: 3}"), tmp_path).height == 3
    with pytest.raises(BadInput, match=r"level 4 of hierarchies/age\.csv, which has the levels 0 .* to 3"):
        hierarchy_of(rule("{hierarchy: hierarchies/age.csv, level: 4}"), tmp_path)
    with pytest.raises(NotFound, match=r"no hierarchy file none\.csv"):
        hierarchy_of(rule("{hierarchy: none.csv, level: 1}"), tmp_path)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{level: 1}", "name exactly one of"),
        ("{bands: [5], regions: cn, level: 1}", "name exactly one of"),
        ("{bands: [5, 12], level: 1}", "every width must be a multiple"),
        ("{quantiles: [8, 3], level: 1}", "every number must be a part"),
        ("{dates: [year, month], level: 1}", "from the finest on"),
        ("{prefixes: [2, 4], level: 1}", "shorter than the one before"),
        ("{prefixes: [4, 2], level: 4}", "must be 0 (the value itself) to 3"),
        ("{hierarchy: ../secret.csv, level: 1}", "below the folder of this file"),
        ("{dates: [month], start: 3, level: 1}", "`start` belongs to `bands`"),
    ],
)
def test_a_spec_that_cannot_work_is_refused_with_its_line(text: str, said: str) -> None:
    with pytest.raises(BadInput) as caught:
        rule(text)
    assert said in str(caught.value)
    assert "people.yaml, line 11" in str(caught.value)
