"""Masking rules: what they make of values; pseudonyms are HMAC and nothing else."""

from __future__ import annotations

import hashlib
import hmac
import math
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.core.errors import BadInput
from sandbox.core.rules import Band, Drop, Keep, Prefix, Pseudonym, Redact, Round, Rule, TruncateDate
from sandbox.snapshots.masking import ID_BLANKS, PSEUDONYM_DIGITS, band, canonical_id, expression, hmac_sha256
from sandbox.snapshots.sql import Sql, identifier, value

KEY, OTHER = b"k" * 32, b"q" * 32
# Column names that break every kind of careless quoting.
NAMES = ["id", 'a"b', "a'b", "select", "客户 编号", "a;--", "?", "$1", "%s", "Torque [Nm]"]


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened:
        opened.execute("SET TimeZone = 'UTC'")
        yield opened


def masked(
    connection: duckdb.DuckDBPyConnection, rule: Rule, items: list[Any], kind: str, key: bytes = KEY, name: str = "x"
) -> list[Any]:
    """What ``rule`` makes of ``items`` as a column of the DuckDB type ``kind``."""
    cell = expression(rule, name, kind, lambda entity: key)
    column = identifier(name)
    query = "SELECT " + cell + " FROM (SELECT CAST(unnest(" + value(items) + ") AS " + kind + ") AS " + column + ")"
    return [row[0] for row in connection.execute(query.text, query.parameters).fetchall()]


texts = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=200)


@settings(max_examples=50, deadline=None)
@given(
    ids=st.lists(texts, min_size=1, max_size=20), key=st.binary(min_size=32, max_size=32), name=st.sampled_from(NAMES)
)
def test_a_pseudonym_is_the_hmac_of_the_trimmed_id(
    connection: duckdb.DuckDBPyConnection, ids: list[str], key: bytes, name: str
) -> None:
    found = masked(connection, Pseudonym(entity="customer"), ids, "VARCHAR", key, name)
    for item, pseudonym in zip(ids, found, strict=True):
        stripped = item.strip(ID_BLANKS)
        expected = hmac.new(key, stripped.encode(), hashlib.sha256).hexdigest()[:PSEUDONYM_DIGITS] if stripped else None
        assert pseudonym == expected


@settings(max_examples=30, deadline=None)
@given(
    ids=st.lists(
        texts.filter(lambda t: t.strip(ID_BLANKS)), min_size=1, max_size=20, unique_by=lambda t: t.strip(ID_BLANKS)
    )
)
def test_pseudonyms_join_under_one_key_and_not_under_two(ids: list[str]) -> None:
    rule = Pseudonym(entity="customer")
    with duckdb.connect(config={"threads": 1}) as connection:
        once, again = masked(connection, rule, ids, "VARCHAR"), masked(connection, rule, ids, "VARCHAR")
        other = masked(connection, rule, ids, "VARCHAR", OTHER)
    assert once == again
    assert len(set(once)) == len(ids)
    assert set(once).isdisjoint(other)


def test_hmac_follows_the_published_vector(connection: duckdb.DuckDBPyConnection) -> None:
    """RFC 4231, test case 1: not our own code on both sides."""
    query = "SELECT " + hmac_sha256(Sql("'Hi There'"), b"\x0b" * 20)
    found = connection.execute(query.text, query.parameters).fetchone()
    assert found == ("b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",)


@pytest.mark.parametrize("length", [0, 15, 65])
def test_weak_and_overlong_keys_are_refused(length: int) -> None:
    with pytest.raises(ValueError, match="bytes"):
        hmac_sha256(Sql("'x'"), b"k" * length)


def test_one_person_is_one_id_whatever_the_type(connection: duckdb.DuckDBPyConnection) -> None:
    rule = Pseudonym(entity="customer")
    written = [
        masked(connection, rule, ["4711"], "VARCHAR"), masked(connection, rule, [" 4711 "], "VARCHAR"),
        masked(connection, rule, [4711], "INTEGER"), masked(connection, rule, [4711.0], "DOUBLE"),
        masked(connection, rule, [4711], "DECIMAL(18,2)"),
    ]  # fmt: skip
    assert len({w[0] for w in written}) == 1
    assert masked(connection, rule, [None, "", " \u3000"], "VARCHAR") == [None, None, None]
    assert None not in masked(connection, rule, [float("inf"), 0.5, 1e300], "DOUBLE")


def test_the_key_is_a_parameter_and_never_text() -> None:
    sql = expression(Pseudonym(entity="customer"), "id", "VARCHAR", lambda entity: KEY)
    assert KEY.hex() not in sql.text
    assert "k" * 8 not in sql.text
    assert "kkkk" not in repr(sql)
    assert "bytes" not in repr(sql)


@pytest.mark.parametrize("name", ["body", "one", "place", "part", "x ? y"])
def test_redact_marks_what_is_personal_and_leaves_the_rest(connection: duckdb.DuckDBPyConnection, name: str) -> None:
    written = {
        "我的电话13812345678，张伟。": "我的电话［手机］，［姓名］。",
        "Regards, James Wright, james.wright@mail.example.com": "Regards, [name], [e-mail]",
        "Order 202611210001 for 120 yuan, version 2.4.1": "Order 202611210001 for 120 yuan, version 2.4.1",
        "１３８１２３４５６７８": "[mobile]",
        "张伟": "［姓名］",
        "": "",
        None: None,
    }
    assert masked(connection, Redact(), list(written), "VARCHAR", name=name) == list(written.values())
    with pytest.raises(BadInput, match="redact needs texts"):
        expression(Redact(), name, "BIGINT", lambda entity: KEY)


def test_keep_and_prefix(connection: duckdb.DuckDBPyConnection) -> None:
    assert masked(connection, Keep(), [1, None], "INTEGER") == [1, None]
    assert masked(connection, Prefix(length=2), ["湖北省武汉", "ab", "a", None], "VARCHAR") == ["湖北", "ab", "a", None]
    with pytest.raises(ValueError, match="dropped"):
        expression(Drop(), "x", "VARCHAR", lambda entity: KEY)


def test_bands(connection: duckdb.DuckDBPyConnection) -> None:
    band = Band(width=10, bottom=18, top=65)
    ages = [17, 18, 19, 20, 29, 30, 64, 65, 99, None]
    assert masked(connection, band, ages, "INTEGER") == [
        "<18", "18–19", "18–19", "20–29", "20–29", "30–39", "60–64", "65+", "65+", None,
    ]  # fmt: skip
    assert masked(connection, Band(width=10), [-1, 0, 9], "BIGINT") == ["-10–-1", "0–9", "0–9"]
    assert masked(connection, Band(width=2.5), [0.0, 2.4, 2.5, float("nan")], "DOUBLE") == [
        "0.0–<2.5", "0.0–<2.5", "2.5–<5.0", None,
    ]  # fmt: skip
    assert masked(connection, Band(width=10), [19.5], "DOUBLE") == ["10–<20"]


@settings(max_examples=60, deadline=None)
@given(
    ages=st.lists(st.integers(-1000, 1000), min_size=1, max_size=30),
    width=st.integers(1, 50),
    start=st.integers(-20, 20),
)
def test_every_integer_lies_in_its_band(
    connection: duckdb.DuckDBPyConnection, ages: list[int], width: int, start: int
) -> None:
    found = masked(connection, Band(width=width, start=start), ages, "BIGINT")
    for age, label in zip(ages, found, strict=True):
        low, high = (int(part) for part in label.split("–"))
        assert low <= age <= high
        assert high - low + 1 == width
        assert (low - start) % width == 0


fractions = st.decimals(-50, 50, places=2).map(float)


@settings(max_examples=60, deadline=None)
@given(
    numbers=st.lists(st.one_of(fractions, st.floats(-200, 200)), min_size=1, max_size=30),
    width=st.sampled_from([0.1, 0.25, 0.3, 1.0, 2.5, 7.0, 10.0]),
    start=st.sampled_from([0.0, 0.1, -3.0, 18.0]),
    limits=st.tuples(fractions, fractions).map(sorted).filter(lambda found: found[0] < found[1]),
    kind=st.sampled_from(["DOUBLE", "BIGINT"]),
)
def test_labels_that_are_looked_up_are_those_that_are_written(
    connection: duckdb.DuckDBPyConnection,
    numbers: list[float],
    width: float,
    start: float,
    limits: list[float],
    kind: str,
) -> None:
    rule = Band(width=width, start=start, bottom=limits[0], top=limits[1])
    numbers += [limits[0], limits[1], math.nextafter(limits[1], -math.inf)]
    found = masked(connection, rule, numbers, kind)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(band, "FEW", 0)
        assert masked(connection, rule, numbers, kind) == found
    assert all(found)


def test_rounding(connection: duckdb.DuckDBPyConnection) -> None:
    assert masked(connection, Round(to=10), [14, 15, -14, None], "INTEGER") == [10, 20, -10, None]
    assert masked(connection, Round(to=0.05), [1.234, 0.3, 0.1], "DOUBLE") == [1.25, 0.3, 0.1]
    assert masked(connection, Round(to=100), [149.99], "DECIMAL(10,2)") == [100.0]


def test_dates(connection: duckdb.DuckDBPyConnection) -> None:
    day = [date(2024, 8, 15), None]
    firsts = {
        to: masked(connection, TruncateDate(to=to), day, "DATE") for to in ("year", "quarter", "month", "week", "day")
    }
    assert {to: found[0] for to, found in firsts.items()} == {
        "year": date(2024, 1, 1), "quarter": date(2024, 7, 1), "month": date(2024, 8, 1), "week": date(2024, 8, 12),
        "day": date(2024, 8, 15),
    }  # fmt: skip
    assert all(found[1] is None for found in firsts.values())
    moment = [datetime(2024, 8, 15, 23, 59)]
    assert masked(connection, TruncateDate(to="day"), moment, "TIMESTAMP") == [date(2024, 8, 15)]
    assert masked(connection, TruncateDate(to="day"), ["2024-08-15 23:30:00-05"], "TIMESTAMPTZ") == [date(2024, 8, 16)]


@pytest.mark.parametrize("rule", [Band(width=5), Round(to=5), TruncateDate(to="year")])
def test_a_rule_that_does_not_fit_the_type_says_so(rule: Rule) -> None:
    with pytest.raises(BadInput, match=f"{rule.kind} needs .*“x”.*VARCHAR"):
        expression(rule, "x", "VARCHAR", lambda entity: KEY)


def test_the_canonical_id_quotes_its_column() -> None:
    assert '"a""b"' in canonical_id('a"b', "VARCHAR").text
    with pytest.raises(ValueError, match="NUL"):
        identifier("a\0b")
