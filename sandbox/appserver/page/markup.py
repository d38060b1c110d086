"""Texts of an app as inert fragments: HTML, Markdown and LaTeX.

The readers of all three take long for some texts, one of them a regular expression at a time, and nothing else of the
process runs meanwhile. So the app server has them read in processes of their own (``writer``), never in its own.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Mapping
from functools import lru_cache

import mistune

from sandbox.appserver.page.formulas import WRITTEN, drawn, formulas, marked, math_of
from sandbox.appserver.page.sanitize import safe_html

_markdown = mistune.create_markdown(
    escape=False, plugins=["table", "strikethrough", "task_lists", "footnotes", formulas]
)


@lru_cache(maxsize=256)
def markdown_html(source: str) -> str:
    """Markdown as an inert fragment."""
    return drawn(safe_html(str(_markdown(source))))


def latex_html(source: str) -> str:
    """What ``Latex`` and ``Math`` show: a text with formulas between dollars, or one formula."""
    text = source.strip()
    if "$" not in text:
        return math_of(text, "block") or f"<pre>{html.escape(text)}</pre>"
    made, end = [], 0
    for found in re.finditer(WRITTEN, text):
        kind = "block" if found["block"] else "inline"
        made += [html.escape(text[end : found.start()]), math_of(found[kind], kind) or html.escape(found[0])]
        end = found.end()
    return f"<p>{''.join(made)}{html.escape(text[end:])}</p>"


_MATH = re.compile(rf"{WRITTEN}|\\\((?P<round>.+?)\\\)|\\\[(?P<square>.+?)\\\]", re.DOTALL)


def htmlmath_html(source: str) -> str:
    """HTML with formulas, as ``HTMLMath`` shows it."""

    def mark(found: re.Match[str]) -> str:
        kind = "block" if found["block"] or found["square"] else "inline"
        formula = found["block"] or found["inline"] or found["round"] or found["square"]
        return marked(html.unescape(formula), kind)

    return drawn(safe_html(_MATH.sub(mark, source)))


def text_html(source: str) -> str:
    """A text with formulas, no markup: what stands beside a control, and ``Label``."""
    return htmlmath_html(html.escape(source, quote=False))


#: Kind of text → how it becomes a fragment.
READERS: Mapping[str, Callable[[str], str]] = {
    "html": safe_html, "markdown": markdown_html, "latex": latex_html, "htmlmath": htmlmath_html,
    "text": text_html,
}  # fmt: skip


def inert(kind: str, source: str) -> str:
    """``source`` as an inert fragment; ``kind``: one of ``READERS``."""
    return READERS[kind](source)
