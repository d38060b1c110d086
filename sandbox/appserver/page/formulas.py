"""Formulas in a text (``$…$``, ``$$…$$``) as MathML, which browsers draw by themselves.

An author's own MathML stays forbidden (``sanitize``): what stands in a page is only what is made here, and it is looked
through before. A formula that is not understood stays as it was written.
"""

from __future__ import annotations

import html
import re
from typing import Any
from xml.etree import ElementTree

import mistune

_NAMESPACE = "{http://www.w3.org/1998/Math/MathML}"
_ELEMENTS = frozenset((
    "math", "mrow", "mi", "mn", "mo", "ms", "mtext", "mspace", "mstyle", "mpadded", "mphantom", "mfrac", "msqrt",
    "mroot", "msub", "msup", "msubsup", "munder", "mover", "munderover", "mmultiscripts", "mprescripts", "none",
    "mtable", "mtr", "mtd", "menclose",
))  # fmt: skip
_ATTRIBUTES = frozenset((
    "display", "displaystyle", "scriptlevel", "mathvariant", "mathcolor", "mathsize", "fence", "form", "stretchy",
    "symmetric", "separator", "largeop", "movablelimits", "accent", "accentunder", "lspace", "rspace", "width",
    "height", "depth", "voffset", "linethickness", "minsize", "maxsize", "columnalign", "rowalign", "columnlines",
    "rowlines", "columnspacing", "rowspacing", "notation",
))  # fmt: skip
_VALUE = re.compile(r"[\w\s.#%+-]{0,60}")
_MOST = 2000
#: Dollars as pandoc reads them: “between $5 and $10” is money.
WRITTEN = r"\$\$(?P<block>[^$]+)\$\$|\$(?P<inline>[^\s$](?:[^$\n]*[^\s$\\])?)\$(?!\d)"
_MARKED = re.compile(r'<code data-formula="(block|inline)">([^<]*)</code>')


def formulas(markdown: mistune.Markdown) -> None:
    """A plugin of mistune's that marks formulas, so that no other rule touches them."""
    markdown.inline.register("formula", WRITTEN, _parse, before="link")
    if markdown.renderer is not None:
        markdown.renderer.register("formula", _mark)


def _parse(_inline: Any, found: re.Match[str], state: Any) -> int:
    kind = "block" if found["block"] else "inline"
    state.append_token({"type": "formula", "raw": found[kind], "attrs": {"kind": kind}})
    return found.end()


def _mark(_renderer: Any, text: str, kind: str) -> str:
    return marked(text, kind)


def marked(text: str, kind: str) -> str:
    """A formula for ``drawn``, in markup that ``safe_html`` leaves as it is."""
    return f'<code data-formula="{kind}">{html.escape(text, quote=False)}</code>'


def drawn(inert: str) -> str:
    """``inert`` markup with the marked formulas as MathML."""
    return _MARKED.sub(lambda found: math_of(html.unescape(found[2]), found[1]) or _as_written(found), inert)


def _as_written(found: re.Match[str]) -> str:
    dollars = "$$" if found[1] == "block" else "$"
    return f"{dollars}{found[2]}{dollars}"


def math_of(latex: str, kind: str) -> str:
    """``latex`` as a MathML element; "" when it is too long or not understood."""
    if len(latex) > _MOST:
        return ""
    try:
        from latex2mathml.converter import convert

        made = str(convert(latex.strip(), display=kind))
        sound = "<!" not in made and all(_sound(each) for each in ElementTree.fromstring(made).iter())  # noqa: S314
    except Exception:  # an author's text: whatever the converter makes of it, the page goes on
        return ""
    return made if sound else ""


def _sound(element: ElementTree.Element) -> bool:
    if element.tag.removeprefix(_NAMESPACE) not in _ELEMENTS:
        return False
    return all(name in _ATTRIBUTES and _VALUE.fullmatch(value) for name, value in element.attrib.items())
