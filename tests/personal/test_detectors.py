"""Personal data is told from figures that merely look like it."""

from __future__ import annotations

import pytest

from sandbox.demo.identifiers import check_characters
from sandbox.personal import detect

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
