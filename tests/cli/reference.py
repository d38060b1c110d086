"""What ``docs/cli.md`` promises: options and JSON fields of every command, and whether JSON keeps the promise."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from sandbox.core.errors import BadInput
from sandbox.core.ids import VersionId

PAGE = Path(__file__).resolve().parents[2] / "docs" / "cli.md"
Fields = Mapping[str, str]


def sections(text: str) -> dict[str, str]:
    """``dataset list`` → its part of the page."""
    parts = re.split(r"^## (.+)$", text, flags=re.M)
    return {
        title.removeprefix("sandbox "): body
        for title, body in zip(parts[1::2], parts[2::2], strict=True)
        if title.startswith("sandbox ")
    }


def fields(section: str) -> Fields:
    """Path → type, of the JSON table."""
    return dict(re.findall(r"^\| `([^`]+)` \| ([^|]+?) \| ", _table(section, "field"), flags=re.M))


def options(section: str) -> set[str]:
    return set(
        re.findall(r"`(--[\w-]+)`", "\n".join(r.split(" | ")[0] for r in _table(section, "option").splitlines()))
    )


def _table(section: str, first: str) -> str:
    found = re.search(rf"^\| {first} \|.*\n\| ---.*\n((?:\|.*\n?)*)", section, flags=re.M)
    return found[1] if found else ""


def commands(group: click.Command, path: tuple[str, ...] = ()) -> Iterator[tuple[str, click.Command]]:
    """Every command that does something, by its words after ``sandbox``."""
    if not isinstance(group, click.Group):
        yield " ".join(path), group
        return
    context = click.Context(group)
    for name in group.list_commands(context):
        inner = group.get_command(context, name)
        assert inner is not None
        yield from commands(inner, (*path, name))


def observed(value: Any, promised: Fields, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every (path, value) in an answer; what the page calls a map or a list of text is one value."""
    if path:
        yield path.removeprefix("."), value
    if promised.get(path.removeprefix("."), "object").startswith(("map", "list of")):
        return
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from observed(inner, promised, f"{path}.{key}" if path else key)
    elif isinstance(value, list):
        for inner in value:
            if isinstance(inner, Mapping):
                for key, deep in inner.items():
                    yield from observed(deep, promised, f"{path}[].{key}")
            else:
                yield f"{path}[]", inner


def keeps(kind: str, value: Any) -> bool:
    """Whether ``value`` is of the type that the page names."""
    if value is None:
        return kind.endswith(" or null")
    return _KINDS[kind.removesuffix(" or null")](value)


def _is_time(value: Any) -> bool:
    try:
        return datetime.fromisoformat(value).tzinfo is not None
    except (TypeError, ValueError):
        return False


def _is_version(value: Any) -> bool:
    try:
        return isinstance(value, str) and str(VersionId.parse(value)) == value
    except BadInput:
        return False


_KINDS = {
    "text": lambda v: isinstance(v, str),
    "integer": lambda v: type(v) is int,
    "number": lambda v: type(v) in (int, float),
    "boolean": lambda v: isinstance(v, bool),
    "time": _is_time,
    "version": _is_version,
    "hash": lambda v: isinstance(v, str) and re.fullmatch(r"[0-9a-f]{64}", v) is not None,
    "map": lambda v: isinstance(v, dict),
    "object": lambda v: isinstance(v, dict),
    "list": lambda v: isinstance(v, list),
    "list of integer": lambda v: isinstance(v, list) and all(type(i) is int for i in v),
    "list of text": lambda v: isinstance(v, list) and all(isinstance(i, str) for i in v),
}
