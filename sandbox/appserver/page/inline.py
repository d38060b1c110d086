"""JSON as it stands in a page."""

from __future__ import annotations

import json
from typing import Any


def inline_json(value: Any) -> str:
    """JSON that cannot end a script element or begin a comment in it."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    for letter, escaped in (("<", "\\u003c"), ("\u2028", "\\u2028"), ("\u2029", "\\u2029")):
        text = text.replace(letter, escaped)
    return text
