"""An executed notebook's cells as HTML: text, and of every output the richest form that a page can show inertly."""

from __future__ import annotations

import html
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

import mistune
from nbformat import NotebookNode

from sandbox.appserver.page.sanitize import safe_html

WIDGET = "application/vnd.jupyter.widget-view+json"
_PICTURES = ("image/png", "image/jpeg", "image/gif", "image/webp")


def cells_html(notebook: NotebookNode, step_failed: str) -> Iterator[str]:
    """One piece for each cell that shows something; ``step_failed`` says in words that a cell did not work."""
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            shown = f'<div class="sb-html">{markdown_html(cell.source)}</div>'
        elif cell.cell_type == "code":
            shown = "".join(output_html(output, step_failed) for output in cell.get("outputs", []))
        else:
            continue
        if shown:
            yield f'<section class="sb-cell">{shown}</section>'


def output_html(output: Mapping[str, Any], step_failed: str) -> str:
    """One output. Errors and what was printed for developers are not a viewer's."""
    kind = output["output_type"]
    if kind == "stream":
        return "" if output["name"] == "stderr" else _text(output["text"])
    if kind == "error":
        return f'<p class="sb-cell-failed">{html.escape(step_failed)}</p>'
    data = output.get("data", {})
    if WIDGET in data:
        return f'<div class="sb-view" data-sandbox-view="{html.escape(str(data[WIDGET].get("model_id", "")))}"></div>'
    for markup in ("text/html", "image/svg+xml"):
        if markup in data:
            return f'<div class="sb-html">{safe_html(_joined(data[markup]))}</div>'
    if "text/markdown" in data:
        return f'<div class="sb-html">{markdown_html(_joined(data["text/markdown"]))}</div>'
    for picture in _PICTURES:
        if picture in data:
            return _picture(picture, _joined(data[picture]), output.get("metadata", {}).get(picture, {}),
                            _joined(data.get("text/plain", "")))  # fmt: skip
    return _text(data["text/plain"]) if "text/plain" in data else ""


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


_markdown = mistune.create_markdown(escape=False, plugins=["table", "strikethrough", "task_lists", "footnotes"])


@lru_cache(maxsize=256)
def markdown_html(source: str) -> str:
    """Markdown as an inert fragment."""
    return safe_html(str(_markdown(source)))
