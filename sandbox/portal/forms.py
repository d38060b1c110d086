"""Posted forms: bounded texts, kept as they were typed so that a page with errors loses nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from starlette.requests import Request

from sandbox.core.numbers import parse_number
from sandbox.portal.visitor import CSRF_FIELD, check_form_token, visitor_of

__all__ = ["Form", "parse_number", "posted"]

_MAX_FIELDS = 200


@dataclass(frozen=True)
class Form:
    """Field name → the values given, in order. Control characters other than line breaks are taken out."""

    values: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def text(self, name: str) -> str:
        given = self.values.get(name, ())
        return given[0] if given else ""

    def texts(self, name: str) -> tuple[str, ...]:
        return tuple(self.values.get(name, ()))


async def posted(request: Request) -> Form:
    """The request's form after its token was checked; the dependency of every page that changes something."""
    data = await request.form(max_files=0, max_fields=_MAX_FIELDS)
    values: dict[str, list[str]] = {}
    for name, value in data.multi_items():
        if isinstance(value, str):
            values.setdefault(name, []).append(_plain(value))
    form = Form(values)
    check_form_token(visitor_of(request), form.text(CSRF_FIELD))
    return form


def _plain(text: str) -> str:
    text = text.replace("\r\n", "\n")
    return "".join(c for c in text if c in "\n\t" or c.isprintable() or (c.isspace() and c > " "))
