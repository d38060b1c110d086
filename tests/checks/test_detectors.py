"""Personal data is told from figures that merely look like it."""

from __future__ import annotations

import pytest

from sandbox.checks.detectors import detect, is_bank_card, is_resident_id
from sandbox.demo.identifiers import check_characters

TRUE = [
    ("身份证 11010519491231002X。", "resident ID number"),
    ("id=110105 19491231 002X", "resident ID number"),
    ("tel 13812345678", "mobile number"),
    ("手机138-1234-5678转2", "mobile number"),
    ("+86 13812345678", "mobile number"),
    ("+8613812345678", "mobile number"),
    ("１３８１２３４５６７８", "mobile number"),
    ("138\u200b12345678", "mobile number"),
    ('{"phone":13812345678}', "mobile number"),
    ("card 6212 3456 7890 1232", "bank card number"),
    ("5555555555554444 x", None),  # a test number: too few different digits
    ("mail: Li.Wei+x@example.com.cn!", "e-mail address"),
    ("邮箱li@example.com", "e-mail address"),
    ("联系人：张伟，", "person's name"),
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
    assert [hit.kind for hit in detect(text)] == ([kind] if kind else [])


@pytest.mark.parametrize("text", FALSE)
def test_false_examples(text: str) -> None:
    assert list(detect(text)) == []


def test_an_excerpt_never_holds_the_value() -> None:
    for text, _ in TRUE:
        for hit in detect(text):
            assert hit.value not in hit.excerpt and "*" in hit.excerpt


def test_the_checksum_agrees_with_the_one_that_made_the_demo() -> None:
    import numpy as np

    rng = np.random.default_rng(1)
    bodies = 110105_1980_01_01_000 + rng.integers(0, 999, 50)
    for body, character in zip(bodies, check_characters(bodies), strict=True):
        assert is_resident_id(f"{body}{character}")
        wrong = "0" if character != "0" else "1"
        assert not is_resident_id(f"{body}{wrong}")


def test_luhn() -> None:
    assert is_bank_card("4539578763621486") and not is_bank_card("4539578763621487")
