"""Markup of an app, made inert before it stands in a page: what ``allowed.json`` does not list is left out.

The page's policy refuses scripts anyway; this keeps an author's markup from breaking out of the app's part of the page,
from posing as the title bar, and from loading anything. The inline script does the same, by the same list, with what
arrives later (``apppage/src/runtime/html.ts``).
"""

from __future__ import annotations

import json
import re
from functools import lru_cache
from pathlib import Path
from typing import Any

import tinycss2
from bleach.sanitizer import Cleaner

ALLOWED = json.loads((Path(__file__).parent / "allowed.json").read_text("utf-8"))
_ELEMENTS = frozenset(ALLOWED["elements"] + ALLOWED["drawing"])
_ATTRIBUTES = frozenset(ALLOWED["attributes"] + ALLOWED["drawingAttributes"])
_PREFIXES = tuple(ALLOWED["prefixes"])
_LINKS = tuple(ALLOWED["linkSchemes"])
_IMAGES = tuple(ALLOWED["imageTypes"])

#: Where an app's own styles reach: its part of the page.
SCOPE = "@scope (#rendered_cells)"
_STYLE = re.compile(r"<style\b[^>]*>(.*?)</style\s*>", re.IGNORECASE | re.DOTALL)
_LOADS = re.compile(r"url\s*\(\s*(?![\"']?(?:#|data:))|@import|image-set|\\", re.IGNORECASE)
_FOREIGN_REFERENCE = re.compile(r"\s*url\s*\(\s*(?![\"']?#)", re.IGNORECASE)


class _Declarations:
    """A ``style`` attribute as bleach asks for it: kept as a whole, or not at all when it would load something."""

    def sanitize_css(self, style: str) -> str:
        return "" if _LOADS.search(style) else style


def _allowed(element: str, name: str, value: str) -> bool:
    if name not in _ATTRIBUTES and not name.startswith(_PREFIXES):
        return False
    text = value.strip()
    if name == "src":
        return text.startswith(_IMAGES)
    if name in ("href", "xlink:href"):
        if element == "use" or text.startswith("#"):
            return text.startswith("#")
        return element == "a" and (text.startswith("data:") or text.lower().startswith(_LINKS))
    return not _FOREIGN_REFERENCE.match(value)


@lru_cache(maxsize=256)
def safe_html(markup: str) -> str:
    """``markup`` as an inert, well-formed fragment; styles in it reach no further than the app's part of the page."""
    styles: list[str] = []
    without = _STYLE.sub(lambda found: styles.append(found[1]) or "", markup)
    cleaner = Cleaner(
        tags=_ELEMENTS, attributes=_allowed, protocols={"http", "https", "mailto", "tel", "data"},
        strip=True, strip_comments=True, css_sanitizer=_Declarations(),
    )  # fmt: skip
    inert = _hollow(without)
    # A link that replaced the page would end its kernel.
    clean = _OUTWARD.sub('<a target="_blank" rel="noopener noreferrer" ', cleaner.clean(inert))
    return "".join(scoped_style(style) for style in styles) + clean


_OUTWARD = re.compile(r"<a (?=[^>]*href=\"(?!#|data:))")
_HOLLOW = re.compile(r"<(script|template|noscript|iframe|object|textarea|title)\b[^>]*>.*?</\1\s*>", re.I | re.S)


def _hollow(markup: str) -> str:
    """Without elements whose text is no text to read; bleach would show a script's source as words."""
    return _HOLLOW.sub("", markup)


def scoped_style(css: str) -> str:
    """An author's style sheet as an element; balanced, because it is written anew from what was read."""
    rules = [
        rule
        for rule in tinycss2.parse_stylesheet(css, skip_comments=True, skip_whitespace=True)
        if _sound(rule) and not _LOADS.search(tinycss2.serialize([rule]))
    ]
    moving = [rule for rule in rules if rule.type == "at-rule" and rule.lower_at_keyword.endswith("keyframes")]
    still = [rule for rule in rules if rule not in moving]
    text = f"{tinycss2.serialize(moving)}{SCOPE}{{{tinycss2.serialize(still)}}}".replace("</", "<\\/")
    return f"<style>{text}</style>" if rules else ""


def _sound(node: Any) -> bool:
    """Whether nothing in a rule was misread: a bracket too many would end the scope early."""
    inside = [*(getattr(node, "prelude", None) or ()), *(getattr(node, "content", None) or ())]
    return node.type != "error" and all(_sound(each) for each in [*inside, *(getattr(node, "arguments", None) or ())])
