"""What a cell left behind, as one name: the same in two runs if nothing in it depends on time or chance.

For cells that are executed ahead of all viewers: what they show being equal is not enough, for a variable may hold the
time that a later cell shows, or a control when it is moved. So each variable counts. What cannot be read is told apart:
it counts as different where a later cell is known to depend on time or chance, and as equal where nothing is.
"""

from __future__ import annotations

import hashlib
import io
import json
import pickle
import re
import secrets
import sys
import types
from collections.abc import Mapping
from typing import Any

from sandbox.core.first_view import DISPLAYED

#: A widget's id, drawn anew in every run; what only looks like one counts.
_ID = re.compile(r"[0-9a-f]{32}")
#: Handles that say nothing of their own: what was read through them counts where it is kept, what was drawn where it is
#: shown (and a figure's parts are kept by their places in memory).
_HANDLES = ("duckdb", "_duckdb", "matplotlib")
_DISPLAY_HANDLE = "IPython.core.display_functions"
#: IPython's own, beside what begins with an underscore.
_SHELLS = frozenset(("In", "Out", "exit", "quit", "get_ipython", "open", "display"))


def mark(namespace: Mapping[str, Any], widgets: Mapping[str, Any]) -> str:
    """SHA-256, in hexadecimal, of the names and values that an author's cells have made so far, and of all widgets'
    states (``Widget.get_manager_state``), also of those without a name.

    If something could not be read, a question mark and a number follow, another one in every run (``readable``).
    """
    states = json.dumps([*widgets["state"].values()], default=repr)
    ids = {*widgets["state"], *DISPLAYED.findall(states)}
    states = _ID.sub(lambda each: "#" if each[0] in ids else each[0], states)
    found, unread = hashlib.sha256(states.encode()), ""
    for name in sorted(namespace):
        if not name.startswith("_") and name not in _SHELLS:
            digest = _mark_of(namespace[name])
            found.update(name.encode("utf-8", "replace") + (digest or b"?"))
            unread = unread if digest else f"?{secrets.token_hex(8)}"
    return found.hexdigest() + unread


def readable(mark: str) -> str:
    """The part of a mark that says what could be read."""
    return mark.partition("?")[0]


def _mark_of(value: Any) -> bytes:
    """Empty for what cannot be read (a lock, an open file)."""
    written = _Digest()
    try:
        _Reader(written, protocol=5).dump(value)
    except Exception:
        return b""
    return written.found.digest()


class _Digest(io.RawIOBase):
    """A file that keeps only the digest of what is written to it."""

    def __init__(self) -> None:
        self.found = hashlib.sha256()

    def write(self, data: Any) -> int:
        self.found.update(data)
        return len(data)


class _Reader(pickle.Pickler):
    """Reads a value to its ground. What is written is never loaded."""

    def reducer_override(self, value: Any) -> Any:
        kind = type(value)
        if isinstance(value, types.ModuleType):
            return str, (f"module {value.__name__}",)
        if isinstance(value, types.FunctionType) and value.__module__ == "__main__":
            kept = [cell.cell_contents for cell in value.__closure__ or () if cell != types.CellType()]
            return tuple, ([_code(value.__code__), value.__defaults__, value.__kwdefaults__, kept],)
        if isinstance(value, type) and value.__module__ == "__main__":
            return tuple, ([value.__qualname__, [pair for pair in vars(value).items() if pair[0][:2] != "__"]],)
        if kind.__module__.partition(".")[0] in _HANDLES or kind.__module__ == _DISPLAY_HANDLE:
            return str, (kind.__qualname__,)
        if hasattr(value, "get_state") and hasattr(value, "comm"):  # a widget: it is among the states
            return str, (kind.__qualname__,)
        numpy = sys.modules.get("numpy")
        if numpy is not None and isinstance(value, numpy.ndarray) and value.dtype.names:
            # Between the fields of a record (a tree's node) lies whatever was in memory before.
            return tuple, ([(name, value[name].tobytes()) for name in value.dtype.names],)
        return NotImplemented


def _code(code: types.CodeType) -> tuple[Any, ...]:
    inner = [_code(each) if isinstance(each, types.CodeType) else each for each in code.co_consts]
    return (code.co_code, code.co_names, inner)
