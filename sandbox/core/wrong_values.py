"""What pydantic finds wrong with a value, in words that a clerk would use and in the reader's language.

Every type of error that our models can raise has a message here; ``tests/core/test_wrong_values.py`` walks the schema
of a specification and names what is missing. What a value must be is said, and what is allowed; the value itself only
where it is a plain word, as a password may stand in the wrong place.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, get_args, get_origin

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from sandbox.core.errors import WrongValue
from sandbox.core.messages import Message
from sandbox.core.rules import ENTITY

_TEXT = Message("this must be a text; put it into quotes")
_WHOLE = Message("this must be a whole number")
_NUMBER = Message("this must be a number")
_TRUTH = Message("this must be true or false")
_LIST = Message("this must be a list: [a, b], or lines that begin with “- ”")
_DATE = Message("this must be a date such as 2026-01-31")
_KEYS = Message("this must hold keys with values (`key: value`)")
#: The types of errors whose message needs nothing but the type.
PLAIN: Mapping[str, Message] = {
    "missing": Message("this is missing"),
    "string_type": _TEXT,
    "string_unicode": _TEXT,
    "string_sub_type": _TEXT,
    "invalid_key": _TEXT,
    "int_type": _WHOLE,
    "int_parsing": _WHOLE,
    "int_parsing_size": _WHOLE,
    "int_from_float": _WHOLE,
    "float_type": _NUMBER,
    "float_parsing": _NUMBER,
    "finite_number": _NUMBER,
    "bool_type": _TRUTH,
    "bool_parsing": _TRUTH,
    "tuple_type": _LIST,
    "date_type": _DATE,
    "date_parsing": _DATE,
    "date_from_datetime_parsing": _DATE,
    "date_from_datetime_inexact": _DATE,
    "dict_type": _KEYS,
    "recursion_loop": Message("this contains itself"),
}
#: Those that need what pydantic says besides (``ctx``).
LIMITS: Mapping[str, tuple[str, Message]] = {
    "greater_than": ("gt", Message("this must be more than {limit}")),
    "greater_than_equal": ("ge", Message("this must be {limit} or more")),
    "less_than": ("lt", Message("this must be less than {limit}")),
    "less_than_equal": ("le", Message("this must be {limit} or less")),
    "string_too_short": ("min_length", Message("this needs {limit} {limit:character|characters} or more")),
    "string_too_long": ("max_length", Message("this may have {limit} {limit:character|characters} at most")),
    "too_short": ("min_length", Message("this needs {limit} {limit:entry|entries} or more")),
    "too_long": ("max_length", Message("this may have {limit} {limit:entry|entries} at most")),
}
PATTERNS: Mapping[str, Message] = {
    ENTITY: Message("this must begin with a small letter and have nothing but small letters, digits and _, 32 at most"),
}
#: Those that are told from the models or from what is allowed.
TOLD = ("extra_forbidden", "union_tag_not_found", "model_type", "model_attributes_type", "union_tag_invalid",
        "literal_error", "enum", "string_pattern_mismatch", "value_error")  # fmt: skip
_WORD = re.compile(r"[\w .-]{1,40}")


def in_words(problem: ErrorDetails, model: type[BaseModel]) -> list[tuple[tuple[int | str, ...], Message]]:
    """(path of the value from ``model`` on, what is wrong with it): one, or what a validator found wrong at once."""
    kind, place, context = problem["type"], problem["loc"], problem.get("ctx", {})
    if kind == "value_error":
        error = context["error"]
        if isinstance(error, WrongValue):
            return [((*place, *one.at), one.message) for one in error.problems]
        return [(place, Message("{problem}", {"problem": str(error)}))]
    return [(place, PLAIN.get(kind) or _told(kind, place, context, problem["input"], model))]


def _told(
    kind: str, place: Sequence[int | str], context: Mapping[str, Any], given: Any, model: type[BaseModel]
) -> Message:
    if kind in LIMITS:
        name, message = LIMITS[kind]
        limit = context[name]
        return Message(message.template, {"limit": f"{limit:g}" if isinstance(limit, float) else limit})
    match kind:
        case "extra_forbidden":
            return _unknown(str(place[-1]), keys_at(model, place[:-1]), key=True)
        case "union_tag_not_found" | "model_type" | "model_attributes_type":
            if len(kinds := _kinds_at(model, place)) > 1:
                return Message("say which of these, with its parameters: {allowed}", {"allowed": ", ".join(kinds)})
            keys = ", ".join(keys_at(model, place))
            return (
                Message("this must hold keys with values; allowed are: {allowed}", {"allowed": keys}) if keys else _KEYS
            )
        case "union_tag_invalid":
            return _unknown(context["tag"], _quoted(context["expected_tags"]))
        case "literal_error" | "enum":
            return _unknown(given, _quoted(context["expected"]))
        case "string_pattern_mismatch" if context["pattern"] in PATTERNS:
            return PATTERNS[context["pattern"]]
    return Message("this value cannot be used here")


def _unknown(given: Any, allowed: Sequence[str], *, key: bool = False) -> Message:
    near = difflib.get_close_matches(str(given), allowed, 1)
    fields = {"given": given, "near": near[0] if near else "", "allowed": ", ".join(allowed)}
    if key and not allowed:
        return Message("this key is not known here; remove it or correct its spelling")
    if key and near:
        return Message("this key is not known here; is “{near}” meant? Allowed are: {allowed}", fields)
    if key:
        return Message("this key is not known here; allowed are: {allowed}", fields)
    if not isinstance(given, str | int | float) or not _WORD.fullmatch(str(given)):
        return Message("this value is not known here; allowed are: {allowed}", fields)
    if near:
        return Message("“{given}” is not known here; is “{near}” meant? Allowed are: {allowed}", fields)
    return Message("“{given}” is not known here; allowed are: {allowed}", fields)


def _quoted(expected: str) -> list[str]:
    """The values in pydantic's ``'a', 'b' or 'c'``; one that is no text stands there without quotes."""
    return re.findall(r"'([^']*)'", expected) or [expected]


def keys_at(model: type[BaseModel], place: Iterable[int | str]) -> list[str]:
    """The keys that people may write at ``place`` within ``model``; none where it holds no keys of ours."""
    models = _models_at(model, place)
    return list(dict.fromkeys(f.alias or n for m in models for n, f in m.model_fields.items() if not _is_kind(n, m)))


def _kinds_at(model: type[BaseModel], place: Iterable[int | str]) -> list[str]:
    """The names of the rules or gates that may stand at ``place``."""
    return [m.model_fields["kind"].default for m in _models_at(model, place) if _is_kind("kind", m)]


def _models_at(model: type[BaseModel], place: Iterable[int | str]) -> list[type[BaseModel]]:
    models, any_key = [model], False
    for step in place:
        if any_key:  # a mapping whose keys are people's own, such as the columns' names
            any_key = False
            continue
        fields = [(m, f) for m in models for n, f in m.model_fields.items() if step in (n, f.alias)]
        if fields:
            models = [inner for _, field in fields for inner in _models(field.annotation)]
            any_key = any(_is_mapping(field.annotation) for _, field in fields)
        elif not isinstance(step, int):  # the kind of a rule or gate, which stands in the path but not in the file
            models = [m for m in models if "kind" in m.model_fields and m.model_fields["kind"].default == step]
    return models


def _is_kind(name: str, model: type[BaseModel]) -> bool:
    """Whether it is the ``kind`` of a rule, which people write as the rule's name."""
    return name == "kind" and name in model.model_fields and isinstance(model.model_fields[name].default, str)


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _models(part)


def _is_mapping(annotation: Any) -> bool:
    return get_origin(annotation) is dict or any(map(_is_mapping, get_args(annotation)))
