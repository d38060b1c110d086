"""What a cell left behind, as one name: the same in two runs if nothing in it depends on time or chance.

For cells that are executed ahead of all viewers although a later one cannot be: what they show being equal is not
enough, for a variable may hold the time that the later cell shows. So each variable counts, and what cannot be read
counts as different in every run.
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

#: A widget's id, drawn anew in every run; what only looks like one counts.
_ID = re.compile(r"[0-9a-f]{32}")
#: Handles that say nothing of their own: what was read through them counts where it is kept.
_HANDLES = ("duckdb", "_duckdb")
#: IPython's own, beside what begins with an underscore.
_SHELLS = frozenset(("In", "Out", "exit", "quit", "get_ipython", "open", "display"))


def mark(namespace: Mapping[str, Any], widgets: Mapping[str, Any]) -> str:
    """SHA-256, in hexadecimal, of the names and values that an author's cells have made so far, and of all widgets'
    states (``Widget.get_manager_state``), also of those without a name."""
    ids: Mapping[str, Any] = widgets["state"]
    states = _ID.sub(lambda each: "#" if each[0] in ids else each[0], json.dumps([*ids.values()], default=repr))
    found = hashlib.sha256(states.encode())
    for name in sorted(namespace):
        if not name.startswith("_") and name not in _SHELLS:
            found.update(name.encode("utf-8", "replace") + _mark_of(namespace[name]))
    return found.hexdigest()


def _mark_of(value: Any) -> bytes:
    written = _Digest()
    try:
        _Reader(written, protocol=5).dump(value)
    except Exception:  # what cannot be read (a lock, an open file) is different in every run
        return secrets.token_bytes(16)
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
        if kind.__module__.partition(".")[0] in _HANDLES:
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
