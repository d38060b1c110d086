"""Messages: rendered late, in the reader's language, and messages within messages as well."""

from __future__ import annotations

import json

import pytest

from sandbox.core.errors import NotAllowed
from sandbox.core.messages import Message
from sandbox.core.roles import Person, Role
from sandbox.i18n import catalogue


def test_a_field_can_be_a_message() -> None:
    message = Message("{greeting}, {name}", {"greeting": Message("hello"), "name": "{x}"})
    assert message.render(lambda text: {"hello": "你好"}.get(text, text)) == "你好, {x}"
    assert Message.from_json(json.loads(json.dumps(message.to_json()))) == message


def test_missing_roles_are_named_in_the_readers_language() -> None:
    person = Person("sun-li", "Sun Li", frozenset({Role.STEWARD}))
    with pytest.raises(NotAllowed) as refused:
        person.require(Role.REVIEWER, Role.LEAD)
    assert "Reviewer / Lab lead" in refused.value.render(catalogue("en").gettext)[0]
    assert "评审人 / 实验室负责人" in refused.value.render(catalogue("zh-CN").gettext)[0]


@pytest.mark.parametrize(
    ("n", "told"),
    [(1, "1 row was"), ("1", "1 row was"), (1.0, "1.0 row was"), (0, "0 rows were"), (2, "2 rows were"),
     ("1,001", "1,001 rows were"), ("11", "11 rows were")],
)  # fmt: skip
def test_one_is_not_told_like_many(n: object, told: str) -> None:
    message = Message("{n} {n:row|rows} {n:was|were} left out of {file}.", {"n": n, "file": "a|b"})
    assert message.render() == f"{told} left out of a|b."
    assert message.render(lambda _: "{file} 中略去 {n} 行。") == f"a|b 中略去 {n} 行。"


def test_a_choice_between_words_hides_no_missing_field() -> None:
    assert Message("{n:row|rows} in {file}, {share:.1f}", {"n": 2, "share": 0.25}).render() == "rows in {file}, 0.2"
