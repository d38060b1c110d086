"""A text that is rendered later, in its reader's language.

The template is the English text and, at the same time, the key into the message catalogues (``sandbox/i18n``).
Fields are filled in after translation, so that every language can order them as it needs.
"""

from __future__ import annotations

import string
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

Language = Literal["en", "zh-CN"]
LANGUAGES: tuple[Language, ...] = ("en", "zh-CN")

Translate = Callable[[str], str]


def as_language(tag: str | None) -> Language:
    """The supported language nearest to a BCP 47 tag or an Accept-Language header; English when nothing fits."""
    for part in (tag or "").replace("_", "-").split(","):
        code = part.split(";")[0].strip().lower()
        if code == "zh" or code.startswith("zh-"):
            return "zh-CN"
        if code == "en" or code.startswith("en-"):
            return "en"
    return "en"


@dataclass(frozen=True)
class Message:
    """An English ``str.format`` template with the values of its fields; a field may be a message itself."""

    template: str
    fields: Mapping[str, Any] = field(default_factory=dict)

    def render(self, translate: Translate | None = None) -> str:
        """The text in the language of ``translate``; a field that the template lacks is ignored."""
        template = translate(self.template) if translate else self.template
        fields = {k: v.render(translate) if isinstance(v, Message) else v for k, v in self.fields.items()}
        return fill(template, fields)

    def __str__(self) -> str:
        return self.render()

    def to_json(self) -> dict[str, Any]:
        return {"template": self.template, "fields": {name: _plain(value) for name, value in self.fields.items()}}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Message:
        fields = data.get("fields", {})
        return cls(
            str(data["template"]),
            {name: cls.from_json(value) if isinstance(value, Mapping) else value for name, value in fields.items()},
        )


def in_lines(messages: Sequence[Message]) -> Message:
    """The messages one below the other."""
    fields = {f"line{number}": message for number, message in enumerate(messages, 1)}
    return Message("\n".join("{" + name + "}" for name in fields), fields)


def fill(template: str, fields: Mapping[str, Any]) -> str:
    """``template`` with its ``{fields}``; ``{n:day|days}`` is the first word where ``n`` reads as 1, else the second.

    Chinese needs no such choice: there a text names the number alone. A missing field shows its own name.
    """
    known = _Fields(fields)
    return _Choosing().vformat(template, (), known) if "|" in template else template.format_map(known)


class _Choosing(string.Formatter):
    def format_field(self, value: Any, format_spec: str) -> str:
        one, is_choice, many = format_spec.partition("|")
        if is_choice:
            return one if str(value) in ("1", "1.0") else many
        return str(super().format_field(value, format_spec))


class _Fields(dict[str, Any]):
    """A missing field shows its own name instead of raising: a text must never hide the error that it tells of."""

    def __missing__(self, key: str) -> str:
        return "{" + key + "}"


def _plain(value: Any) -> Any:
    if isinstance(value, Message):
        return value.to_json()
    return value if isinstance(value, str | int | float | bool) or value is None else str(value)
