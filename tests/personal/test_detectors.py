"""Personal data is told from figures that merely look like it."""

from __future__ import annotations

import re
from dataclasses import replace

import duckdb
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sandbox.demo.identifiers import check_characters
from sandbox.personal import detect
from sandbox.personal import sql as detector_sql
from sandbox.personal.sql import DETECTORS, STEPS
from tests.helpers.personal_corpus import corpus, plain_tickets

TRUE = [
    ("身份证 11010519491231002X。", "resident_id"),
    ("id=110105 19491231 002X", "resident_id"),
    ("tel 13812345678", "mobile"),
    ("手机138-1234-5678转2", "mobile"),
    ("+86 13812345678", "mobile"),
    ("+8613812345678", "mobile"),
    ("１３８１２３４５６７８", "mobile"),
    ("138\u200b12345678", "mobile"),
    ('{"phone":13812345678}', "mobile"),
    ("card 6212 3456 7890 1232", "bank_card"),
    ("5555555555554444 x", None),  # a test number: too few different digits
    ("mail: Li.Wei+x@example.com.cn!", "email"),
    ("邮箱li@example.com", "email"),
    ("联系人：张伟，", "person_name"),
]
FALSE = [
    "110105194912310021",  # wrong check character
    "11010519491331002X",  # month 13
    "0.13812345678",
    "13812345678.25",
    "213812345678",
    "1381234567890",
    "a13812345678",
    "550e8400-e29b-41d4-a716-13812345678a",
    "12345678901",
    "6212345678901233",  # wrong check digit
    "2026-11-21T09:30:00.123456",
    "9f86d081884c7d659a2feaa0c55ad015",
    "icon@2x.png",
    "@property def x",
    "姓名：列名",
]


@pytest.mark.parametrize(("text", "kind"), TRUE)
def test_true_examples(text: str, kind: str | None) -> None:
    assert [hit.kind for hit in detect([text])[0]] == ([kind] if kind else [])


@pytest.mark.parametrize("text", FALSE)
def test_false_examples(text: str) -> None:
    assert detect([text]) == [()]


def test_an_excerpt_never_holds_the_value() -> None:
    for hits in detect([text for text, _ in TRUE]):
        for hit in hits:
            assert hit.value not in hit.excerpt and "*" in hit.excerpt


def test_the_checksum_agrees_with_the_one_that_made_the_demo() -> None:
    import numpy as np

    rng = np.random.default_rng(1)
    bodies = 110105_1980_01_01_000 + rng.integers(0, 999, 50)
    right = [f"{body}{character}" for body, character in zip(bodies, check_characters(bodies), strict=True)]
    wrong = [text[:17] + ("0" if text[17] != "0" else "1") for text in right]
    assert [[hit.kind for hit in hits] for hits in detect(right)] == [["resident_id"]] * 50
    assert detect(wrong) == [()] * 50


def _for_python(pattern: str) -> str:
    return re.sub(r"\\x\{([0-9A-F]+)\}", lambda found: chr(int(found[1], 16)), pattern)


@pytest.mark.parametrize("kind", [kind for kind, one in DETECTORS.items() if one.length])
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_a_value_is_as_long_as_is_said(kind: str, data: st.DataObject) -> None:
    one = DETECTORS[kind]
    form = data.draw(st.sampled_from(one.forms))
    value = data.draw(st.from_regex(re.compile(_for_python(form.value), re.ASCII), fullmatch=True))
    bare = re.sub("[^0-9A-Za-z]", "", value)
    assert one.length is not None
    assert one.length[0] <= len(bare) <= one.length[1] or kind == "phone"  # whose form fits other lengths as well


def test_leaving_out_texts_without_a_hint_loses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = plain_tickets(2, 2000) + [one.text for one in corpus(4, 60)]
    texts += ["户籍地：浙江省杭州市西湖区", "住 上海浦东新区", "12 Elm Grove Road", "幸福里3幢", "送到朝阳区东路12弄"]
    hinted = _hits(texts)
    bare = tuple(tuple(replace(one, hint="") for one in step) for step in STEPS)
    monkeypatch.setattr(detector_sql, "STEPS", bare)
    assert _hits(texts) == hinted
    assert sum(hit["kind"] == "address" for hits in hinted for hit in hits) > 50


def _hits(texts: list[str]) -> list[list[dict[str, str]]]:
    with duckdb.connect() as connection:
        connection.register("texts", pa.table({"id": range(len(texts)), "raw": texts}))
        query = f"SELECT hits FROM ({detector_sql.scanned('SELECT id, raw FROM texts')}) ORDER BY id"
        return [hits for (hits,) in connection.execute(query).fetchall()]
