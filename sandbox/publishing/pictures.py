"""Find the pictures in an executed notebook: in cell outputs, and in the widgets that they show, in reading order."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator, Mapping
from typing import Any

_WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
_WIDGET_STATE = "application/vnd.jupyter.widget-state+json"
_REFERENCE = "IPY_MODEL_"
_TAGS = re.compile(r"<svg\b|</svg\s*>", re.IGNORECASE)
MAX_PICTURES = 50


def pictures(notebook: Mapping[str, Any]) -> Iterator[tuple[str, bytes]]:
    """(“svg” or “png”, content) for each picture that a reader would meet, from the top; at most 50."""
    state = notebook.get("metadata", {}).get("widgets", {}).get(_WIDGET_STATE, {}).get("state", {})
    found = 0
    for cell in notebook.get("cells", ()):
        for output in cell.get("outputs", ()):
            for picture in _in_output(output, state, set()):
                yield picture
                found += 1
                if found == MAX_PICTURES:
                    return


def _in_output(output: Any, state: Mapping[str, Any], seen: set[str]) -> Iterator[tuple[str, bytes]]:
    data = output.get("data") if isinstance(output, Mapping) else None
    if not isinstance(data, Mapping):
        return
    if _WIDGET_VIEW in data:
        view = data[_WIDGET_VIEW]
        yield from _in_widget(view.get("model_id") if isinstance(view, Mapping) else None, state, seen)
    elif "image/svg+xml" in data:
        yield "svg", _text(data["image/svg+xml"]).encode()
    elif "image/png" in data:
        yield from _png(_text(data["image/png"]))
    elif "text/html" in data:
        yield from _in_html(_text(data["text/html"]))


def _in_widget(model: Any, state: Mapping[str, Any], seen: set[str]) -> Iterator[tuple[str, bytes]]:
    """The pictures of one widget and, in order, of the widgets inside it; each widget once."""
    if not isinstance(model, str) or model in seen or not isinstance(state.get(model), Mapping):
        return
    seen.add(model)
    if len(seen) > 2000:
        return
    entry = state[model]
    values = entry.get("state")
    values = values if isinstance(values, Mapping) else {}
    for output in values.get("outputs") or ():
        yield from _in_output(output, state, seen)
    if values.get("_model_name") in ("HTMLModel", "HTMLMathModel"):
        yield from _in_html(_text(values.get("value", "")))
    if values.get("_model_name") == "ImageModel":
        for buffer in entry.get("buffers") or ():
            if isinstance(buffer, Mapping) and buffer.get("path") == ["value"]:
                yield from _png(_text(buffer.get("data", "")))
    for child in values.get("children") or ():
        if isinstance(child, str) and child.startswith(_REFERENCE):
            yield from _in_widget(child.removeprefix(_REFERENCE), state, seen)


def _in_html(html: str) -> Iterator[tuple[str, bytes]]:
    """The outermost ``svg`` elements in a piece of HTML. HTML lets them leave out the namespace; XML does not."""
    depth, start = 0, 0
    for tag in _TAGS.finditer(html):
        if not tag[0].startswith("</"):
            start = tag.start() if depth == 0 else start
            depth += 1
        elif depth:
            depth -= 1
            if depth == 0:
                yield "svg", html[start : tag.end()].encode("utf-8", "replace")


def _png(text: str) -> Iterator[tuple[str, bytes]]:
    try:
        content = base64.b64decode(text, validate=False)
    except (binascii.Error, ValueError):
        return
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        yield "png", content


def _text(value: Any) -> str:
    """MIME values may be written as a list of lines."""
    return "".join(map(str, value)) if isinstance(value, list) else str(value)
