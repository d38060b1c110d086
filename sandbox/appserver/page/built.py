"""What is built from ``apppage/`` at set-up: the page's inline script, its style sheet, what draws charts."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from sandbox.core.errors import Unavailable

FOLDER = Path(__file__).parent / "built"
RUNTIME, STYLE, VEGA = "runtime.js", "page.css", "vega.js"


@cache
def text_of(name: str) -> str:
    """The text of a built file, safe within ``<script>`` or ``<style>``. Raises Unavailable when it was not built."""
    try:
        text = (FOLDER / name).read_text("utf-8")
    except FileNotFoundError:
        raise Unavailable(
            "The app page's own script was not built.",
            "Run `make setup` in the checkout; an installed wheel has it.",
        ) from None
    # Neither may end its element early; in both languages the backslash changes nothing within a string.
    return text.replace("</", "<\\/")
