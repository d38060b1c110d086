"""An executed notebook's cells as HTML: text, and of every output the richest form that a page can show inertly.

Whatever is an author's markup is made inert by ``inert`` (``markup.inert``, or what ``writer`` has made before).
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from nbformat import NotebookNode

from sandbox.appserver.page.inline import inline_json
from sandbox.appserver.renderers import renderer_of
from sandbox.core.first_view import DISPLAY

WIDGET = "application/vnd.jupyter.widget-view+json"
_UNSEEN = re.compile(r"<style>.*?</style>", re.DOTALL)
_SEEN = re.compile(r"<(?:img|svg|table)\b|>[^<]*[^<\s]")
_PICTURES = ("image/png", "image/jpeg", "image/gif", "image/webp")


#: (kind, source) → an inert fragment.
Inert = Callable[[str, str], str]


def here(kind: str, source: str) -> str:
    """``markup.inert``, in this process. Its readers are imported when they are needed."""
    from sandbox.appserver.page.markup import inert

    return inert(kind, source)


def markup_in(notebook: NotebookNode, texts: Mapping[str, str]) -> list[tuple[str, str]]:
    """Kind and source of everything in ``notebook`` that has to be made inert."""
    found: list[tuple[str, str]] = []

    def note(kind: str, source: str) -> str:
        found.append((kind, source))
        return ""

    for _ in cells_html(notebook, texts, note):
        pass
    return found


def cells_html(notebook: NotebookNode, texts: Mapping[str, str], inert: Inert = here) -> Iterator[str]:
    """One piece for each cell that shows something; ``texts`` say in words what did not work."""
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            shown = f'<div class="sb-html">{inert("markdown", cell.source)}</div>'
        elif cell.cell_type == "code":
            shown = "".join(output_html(output, texts, inert) for output in cell.get("outputs", []))
        else:
            continue
        if shown:
            yield f'<section class="sb-cell">{shown}</section>'


def output_html(output: Mapping[str, Any], texts: Mapping[str, str], inert: Inert = here) -> str:
    """One output. Errors and what was printed for developers are not a viewer's.

    What the kernel may change later stands in a place with its id.
    """
    shown, display = _shown(output, texts, inert), output.get("metadata", {}).get(DISPLAY)
    if not isinstance(display, str):
        return shown
    return f'<div data-sandbox-display="{html.escape(display)}">{shown}</div>'


def _shown(output: Mapping[str, Any], texts: Mapping[str, str], inert: Inert) -> str:
    kind = output["output_type"]
    if kind == "stream":
        return "" if output["name"] == "stderr" else _text(output["text"])
    if kind == "error":
        return _sorry(texts["step_failed"])
    data = output.get("data", {})
    if WIDGET in data:
        return f'<div class="sb-view" data-sandbox-view="{html.escape(str(data[WIDGET].get("model_id", "")))}"></div>'
    chart = renderer_of(data)
    if chart is not None:
        return _chart(data[chart[0]], chart[1], texts)
    for markup in ("text/html", "image/svg+xml"):
        if markup in data:
            return _html(_joined(data[markup]), texts, inert)
    if "text/markdown" in data:
        return f'<div class="sb-html">{inert("markdown", _joined(data["text/markdown"]))}</div>'
    for picture in _PICTURES:
        if picture in data:
            return _picture(picture, _joined(data[picture]), output.get("metadata", {}).get(picture, {}),
                            _joined(data.get("text/plain", "")))  # fmt: skip
    if "text/latex" in data:
        return f'<div class="sb-html">{inert("latex", _joined(data["text/latex"]))}</div>'
    if "application/json" in data:
        return _text(json.dumps(data["application/json"], ensure_ascii=False, indent=2))
    return _text(data["text/plain"]) if "text/plain" in data else ""


def server_drawn(output: Any) -> tuple[str, str] | None:
    """Kind and source of what a page leaves to the server of an output that its script draws (``outputs.ts``).

    It comes from a widget's state, which nobody has checked: None for what is not an output at all.
    """
    data = output.get("data") if isinstance(output, Mapping) else None
    if not isinstance(data, Mapping) or WIDGET in data or renderer_of(data) is not None:
        return None
    rich = [
        kind for kind in ("text/html", "image/svg+xml", "text/markdown", *_PICTURES, "text/latex") if data.get(kind)
    ]
    kind = {"text/markdown": "markdown", "text/latex": "latex"}.get(rich[0]) if rich else None
    if kind is None:
        return None
    source = data[rich[0]]
    parts = source if isinstance(source, list) else [source]
    return (kind, "".join(parts)) if all(isinstance(part, str) for part in parts) else None


def _chart(figure: Any, name: str | None, texts: Mapping[str, str]) -> str:
    """What the page's script draws, as data in its place; or that nobody can draw it here."""
    if name is None:
        return _sorry(texts["no_renderer"])
    return f'<div data-sandbox-chart="{name}"><script type="application/json">{inline_json(figure)}</script></div>'


def _html(source: str, texts: Mapping[str, str], inert: Inert) -> str:
    made = inert("html", source)
    shown = _UNSEEN.sub("", made)
    # A place that a script would have filled, as charts are written that load their drawing from elsewhere.
    if "<script" in source.lower() and " id=" in shown and not _SEEN.search(shown):
        return _sorry(texts["unknown"])
    return f'<div class="sb-html">{made}</div>'


def _sorry(text: str) -> str:
    return f'<p class="sb-cell-failed">{html.escape(text)}</p>'


def _picture(kind: str, encoded: str, metadata: Any, name: str) -> str:
    sizes = metadata if isinstance(metadata, dict) else {}
    size = "".join(f' {side}="{int(sizes[side])}"' for side in ("width", "height") if isinstance(sizes.get(side), int))
    # What a figure object prints as (“<Figure size …>”) tells nobody anything.
    alt = "" if name.startswith("<") else name
    source = "".join(encoded.split())
    return f'<img src="data:{kind};base64,{html.escape(source)}" alt="{html.escape(alt)}"{size}>'


def _text(source: Any) -> str:
    return f'<pre class="sb-text">{html.escape(_joined(source))}</pre>'


def _joined(source: Any) -> str:
    return "".join(source) if isinstance(source, list) else str(source)
