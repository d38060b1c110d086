"""What an executed notebook shows before anybody touches it, as one name. Pure.

Two runs with the same name show the same to everybody: such an app can be executed ahead of its viewers. The ids of
widgets and displays are drawn anew in every run and count as equal when they stand in the same places; objects' places
in memory do not count.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any

from sandbox.core.notebook import WIDGET_STATE, cells

#: In an output's metadata: the id by which the kernel changes later what it shows (``display_id``).
DISPLAY = "sandbox_display"
DISPLAYED = re.compile(r'"sandbox_display": "([0-9a-f]{32})"')
_ID = re.compile(r"[0-9a-f]{32}")
#: Where an object without words of its own lay in memory: “<Line2D at 0x7f370bd5d850>” tells nobody anything.
_ADDRESS = re.compile(r" at 0x[0-9a-f]{6,16}>")


def first_view(notebook: Mapping[str, Any]) -> str:
    """SHA-256, in hexadecimal, of the outputs and the widgets' state of ``notebook``; its code does not count."""
    outputs = [cell.get("outputs", []) for cell in cells(notebook, "code")]
    widgets = notebook.get("metadata", {}).get("widgets", {}).get(WIDGET_STATE, {})
    # Widgets as a list: the order in which they were made is kept, the order of a widget's own facts is not.
    shown = {"outputs": outputs, "widgets": list(widgets.get("state", {}).items())}
    text = json.dumps(shown, sort_keys=True, ensure_ascii=False)
    ids = {*widgets.get("state", {}), *DISPLAYED.findall(text)}
    return hashlib.sha256(_numbered(text, ids).encode("utf-8", "replace")).hexdigest()


def same_first_view(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    return first_view(one) == first_view(other)


def _numbered(text: str, ids: set[str]) -> str:
    """``text`` with every id of a widget replaced by the place of its first mention."""
    places: dict[str, int] = {}

    def place(found: re.Match[str]) -> str:
        return f"#{places.setdefault(found[0], len(places))}" if found[0] in ids else found[0]

    return _ID.sub(place, _ADDRESS.sub(" at 0x>", text))
