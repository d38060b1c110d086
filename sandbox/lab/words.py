"""Texts in the reader's language, and numbers as people write them."""

from __future__ import annotations

import html
import math
import os
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

from sandbox.core.errors import SandboxError
from sandbox.core.messages import Language, as_language, fill
from sandbox.i18n import catalogue, read_catalogue
from sandbox.lab import places


def language() -> Language:
    """The reader's language."""
    return as_language(os.environ.get("SANDBOX_LANGUAGE"))


def t(text: str, **fields: Any) -> str:
    """``text`` in the reader's language with ``{fields}`` filled in: the template's texts first, then the lab's own."""
    return in_language(language(), text, **fields)


def in_language(tag: Language, text: str, **fields: Any) -> str:
    found = text
    if tag != "en":
        found = _template_texts(tag).get(text) or catalogue(tag).gettext(text)
    return fill(found, fields) if fields else found


def both(text: str, **fields: Any) -> dict[str, str]:
    """A text in every language, for evidence that others read later."""
    return {tag: in_language(tag, text, **fields) for tag in ("en", "zh-CN")}


def pick(value: Any) -> str:
    """A text that may be given per language (``{"en": …, "zh-CN": …}``), in the reader's language."""
    if isinstance(value, dict):
        return str(value.get(language()) or value.get("en") or next(iter(value.values()), ""))
    return "" if value is None else str(value)


def explain_error(error: SandboxError) -> tuple[str, str]:
    """(what is wrong, what to do) in the reader's language."""
    return error.render(t)


def safe(value: Any) -> str:
    """Text made safe for HTML and SVG, attributes included."""
    return html.escape(str(value), quote=True)


def count(value: float) -> str:
    """A whole number with thousands separated: 12,345."""
    return minus(f"{value:,.0f}") if math.isfinite(value) else "–"


def minus(figure: str) -> str:
    """A figure with a minus as people print it; a hyphen is too short to be seen."""
    return figure.replace("-", "−")


def number(value: float) -> str:
    """A number with about three telling digits."""
    if not math.isfinite(value):
        return "–"
    if value == int(value) and abs(value) < 1e15:
        return count(value)
    size = abs(value)
    digits = 0 if size >= 1000 else 1 if size >= 10 else 2 if size >= 0.1 else 4
    written = minus(f"{value:,.{digits}f}")
    return written.rstrip("0").rstrip(".") if digits else written


def percent(share: float) -> str:
    """A share from 0 to 1 as a percentage; below ten per cent with one decimal."""
    if not math.isfinite(share):
        return "–"
    return f"{100 * share:.1f}%" if 0 < abs(share) < 0.0995 else f"{100 * share:.0f}%"


def points(share: float) -> str:
    """A difference of two shares, with sign, in percentage points."""
    return minus(f"{100 * share:+.1f}")


def measured(value: float, unit: str) -> str:
    """A number with its unit: 24%, 120 hours."""
    return f"{number(value)}{'' if unit in ('', '%') else ' '}{unit}"


def titled(text: str, unit: str) -> str:
    """A control's title with its unit in brackets, of the width that the reader's language has."""
    if not unit:
        return text
    return f"{text}（{unit}）" if language() == "zh-CN" else f"{text} ({unit})"


def named(name: str, value: str) -> str:
    """A value after the name of what it is."""
    return f"{name}：{value}" if language() == "zh-CN" else f"{name}: {value}"


def listed(texts: Iterable[str], *, long: bool = False) -> str:
    """Texts one after the other; ``long`` ones may hold commas themselves."""
    if language() == "zh-CN":
        return ("；" if long else "、").join(texts)
    return ("; " if long else ", ").join(texts)


def sentences(texts: Iterable[str]) -> str:
    """Whole sentences one after the other."""
    return ("" if language() == "zh-CN" else " ").join(texts)


def _template_texts(tag: Language) -> dict[str, str]:
    file = places.template_file(f"{tag}.po")
    return _read(file, file.stat().st_mtime_ns) if file else {}


@cache
def _read(file: Path, _changed: int) -> dict[str, str]:
    try:
        return read_catalogue(file)
    except (OSError, ValueError):
        return {}
