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
