"""Make somebody's SVG inert: only shapes and text survive, by allow-list; nothing runs, loads or points outside.

The result is built anew from the parsed tree, so that what a browser reads is what was checked. Dropped in silence:
scripts, styles, animation, links, markers (they multiply), foreign objects, images, event attributes. Refused whole:
entities, too large, too deep, or shapes that multiply themselves by referring to each other.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from sandbox.core.errors import BadInput

MAX_BYTES = 600_000
MAX_ELEMENTS = 6_000
MAX_DEPTH = 40
MAX_SHOWN = 30_000  # elements after every <use> was followed

_SVG = "{http://www.w3.org/2000/svg}"
_HREFS = ("href", "{http://www.w3.org/1999/xlink}href")

ELEMENTS = frozenset({
    "svg", "g", "defs", "symbol", "use", "title", "desc", "path", "rect", "circle", "ellipse", "line", "polyline",
    "polygon", "text", "tspan", "clipPath", "linearGradient", "radialGradient", "stop"})  # fmt: skip

_STYLE = frozenset({
    "fill", "fill-opacity", "fill-rule", "stroke", "stroke-width", "stroke-opacity", "stroke-linecap",
    "stroke-linejoin", "stroke-dasharray", "stroke-dashoffset", "stroke-miterlimit", "opacity", "color", "font-size",
    "font-family", "font-weight", "font-style", "text-anchor", "dominant-baseline", "alignment-baseline",
    "baseline-shift", "letter-spacing", "stop-color", "stop-opacity", "clip-path", "clip-rule", "paint-order",
    "display", "visibility", "vector-effect", "shape-rendering",
    "text-rendering"})  # fmt: skip

_GEOMETRY = frozenset({
    "id", "x", "y", "x1", "y1", "x2", "y2", "dx", "dy", "cx", "cy", "r", "rx", "ry", "fx", "fy", "d", "points", "width",
    "height", "viewBox", "preserveAspectRatio", "transform", "gradientTransform", "gradientUnits", "spreadMethod",
    "offset", "clipPathUnits", "rotate",
    "textLength", "lengthAdjust", "pathLength", "overflow"})  # fmt: skip

# Any parenthesis names a function; only those that compute a place or a colour, and references into this drawing, stay.
_FUNCTIONS = re.compile(
    r"(?:url\(\s*[\"']?#[\w.-]+[\"']?\s*\)|(?:rgba?|hsla?|matrix|translate|scale|rotate|skewX|skewY)\([\d\s,.%eE+-]*\))"
)
_PLAIN_VALUE = re.compile(r"[^<>&\\();{}@]*")
_DOCTYPE = re.compile(rb"<!DOCTYPE[^\[>]*>")
_ID = re.compile(r"[A-Za-z_][\w.-]{0,100}")


@dataclass(frozen=True)
class Drawing:
    """An inert drawing: ``body`` is the markup inside its outermost ``svg``; the box is its view box, in its units."""

    body: str
    box: tuple[float, float, float, float]
    attributes: Mapping[str, str]

    @property
    def width(self) -> float:
        return self.box[2]

    @property
    def height(self) -> float:
        return self.box[3]


def inert(data: bytes) -> Drawing:
    """The drawing in ``data``, made anew. Raises BadInput when it is no SVG or exceeds a limit."""
    root = _parsed(data)
    _check_growth(root)
    attributes = _attributes(root)
    box = _box(attributes)
    keep = {k: v for k, v in attributes.items() if k in _STYLE}
    return Drawing("".join(_rendered(child) for child in root), box, keep)


def _parsed(data: bytes) -> ET.Element:
    """The tree, never deeper or larger than the limits: counting happens while the text streams in."""
    if len(data) > MAX_BYTES:
        raise _refused("it is too large")
    data = _DOCTYPE.sub(b"", data, count=1)  # Matplotlib writes one; it names a standard and defines nothing
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        raise _refused("it defines its own entities")
    parser: Any = ET.XMLPullParser(("start", "end"))  # its stubs know only one of the kinds of event that it gives
    depth = count = 0
    root: ET.Element | None = None
    try:
        for start in range(0, len(data), 4096):
            parser.feed(data[start : start + 4096])
            for event, element in parser.read_events():
                depth += 1 if event == "start" else -1
                count += event == "start"
                root = element if root is None else root
                if depth > MAX_DEPTH or count > MAX_ELEMENTS:
                    raise _refused("it is too deep or has too many parts")
        parser.close()
    except (ET.ParseError, ValueError, LookupError):
        raise _refused("it is damaged") from None
    if root is None or _name(root) != "svg":
        raise _refused("it is no SVG")
    return root


def _name(element: ET.Element) -> str:
    """The local name of an SVG element, "" for elements of other languages."""
    tag = element.tag
    if not isinstance(tag, str):
        return ""
    return tag.removeprefix(_SVG) if tag.startswith(_SVG) or not tag.startswith("{") else ""


def _rendered(element: ET.Element) -> str:
    name = _name(element)
    tail = ""
    if name not in ELEMENTS:
        return tail
    attributes = "".join(f" {key}={quoteattr(value)}" for key, value in _attributes(element).items())
    text = element.text if name in ("text", "tspan", "title", "desc") else None
    inner = escape(text or "") + "".join(
        _rendered(child) + (escape(child.tail or "") if name in ("text", "tspan") else "") for child in element
    )
    return f"<{name}{attributes}>{inner}</{name}>" if inner else f"<{name}{attributes}/>"


def _attributes(element: ET.Element) -> dict[str, str]:
    kept: dict[str, str] = {}
    for key, value in element.attrib.items():
        if key in _HREFS and _name(element) == "use" and value.startswith("#") and _ID.fullmatch(value[1:]):
            kept["href"] = value
        elif key == "style":
            kept |= _declarations(value)
        elif (key in _STYLE or key in _GEOMETRY) and _is_harmless(value) and (key != "id" or _ID.fullmatch(value)):
            kept.setdefault(key, value)
    return kept


def _declarations(style: str) -> dict[str, str]:
    """The allowed declarations of a style attribute, as attributes: they mean the same and need no style sheet."""
    kept = {}
    for declaration in style.split(";"):
        key, _, value = (part.strip() for part in declaration.partition(":"))
        if key in _STYLE and value and _is_harmless(value):
            kept[key] = value
    return kept


def _is_harmless(value: str) -> bool:
    """Whether ``value`` names nothing outside: its functions are known ones, and nothing is left that could escape."""
    return len(value) < 200_000 and _PLAIN_VALUE.fullmatch(_FUNCTIONS.sub("", value)) is not None


def _check_growth(root: ET.Element) -> None:
    """Refuse drawings whose ``use`` elements lead in circles or multiply: ten levels of ten would be ten billion."""
    by_id = {element.get("id"): element for element in root.iter() if element.get("id")}
    sizes: dict[ET.Element, int] = {}

    def size(element: ET.Element, level: int) -> int:
        if level > MAX_DEPTH * 2:
            raise _refused("its parts lead in circles")
        if element not in sizes:
            total = 1 + sum(size(child, level + 1) for child in element)
            total += sum(size(by_id[target], level + 1) for target in _targets(element) if target in by_id)
            sizes[element] = min(total, MAX_SHOWN + 1)
        return sizes[element]

    if size(root, 0) > MAX_SHOWN:
        raise _refused("its parts multiply")


def _targets(element: ET.Element) -> Iterator[str]:
    if _name(element) == "use":
        for key in _HREFS:
            if element.get(key, "").startswith("#"):
                yield element.get(key, "")[1:]


def _box(attributes: Mapping[str, str]) -> tuple[float, float, float, float]:
    try:
        if "viewBox" in attributes:
            x, y, width, height = (float(part) for part in re.split(r"[\s,]+", attributes["viewBox"].strip()))
        else:
            x, y = 0.0, 0.0
            width, height = (float(re.sub(r"(px|pt)$", "", attributes[key].strip())) for key in ("width", "height"))
    except (KeyError, ValueError):
        raise _refused("it does not say how large it is") from None
    if not (0 < width < 1e6 and 0 < height < 1e6 and abs(x) < 1e6 and abs(y) < 1e6):
        raise _refused("it does not say how large it is")
    return x, y, width, height


def _refused(problem: str) -> BadInput:
    return BadInput(
        "The drawing cannot be used: {problem}", "Draw it with the lab's charts or Matplotlib.", problem=problem
    )
