"""One id, one meaning: nodes of a saved model that claim to be the same object must say the same.

skops keeps the first node of an id and uses it for every later one. If two nodes of one id could differ, whatever looks
at the second in its place (as ``trees.py`` does) would look at something that is never loaded.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sandbox.core.errors import BadInput

Node = Mapping[str, Any]


def first_of_each_id(nodes: Iterable[Node]) -> dict[int, Node]:
    """Id → a node with that id; which one does not matter once ``check_identities`` has passed."""
    found: dict[int, Node] = {}
    for node in nodes:
        if node.get("__id__") and node["__loader__"] != "CachedNode":
            found.setdefault(node["__id__"], node)
    return found


def check_identities(nodes: Iterable[Node], limit: int) -> None:
    """Raise BadInput unless nodes of one id are equal. ``limit`` bounds the number of compared values."""
    nodes = list(nodes)
    by_id = first_of_each_id(nodes)
    for node in nodes:
        first = by_id.get(node.get("__id__", 0), node)
        if first is node:
            continue
        same, limit = _same(first, node, by_id, limit)
        if not same:
            raise BadInput("The model file cannot be read: {problem}",
                           "Fit the model again and save it with `lab.save_model(…)`.",
                           problem="one number stands for two parts")  # fmt: skip


def _same(one: Any, two: Any, by_id: Mapping[int, Node], limit: int) -> tuple[bool, int]:
    """(whether the two say the same, what is left of ``limit``); their parts' own ids may differ."""
    waiting = [(one, two)]
    while waiting:
        limit -= 1
        left, right = (_resolved(value, by_id) for value in waiting.pop())
        if left is right:
            continue
        if limit < 0 or type(left) is not type(right):
            return False, limit
        if isinstance(left, dict):
            # A dtype is saved through a new empty array each time; that array's file differs, its kind cannot matter.
            skipped = {"__id__", "content"} if _is_dtype(left) and _is_dtype(right) else {"__id__"}
            if left.keys() - {"__id__"} != right.keys() - {"__id__"}:
                return False, limit
            waiting.extend((left[key], right[key]) for key in left.keys() - skipped)
        elif isinstance(left, list):
            if len(left) != len(right):
                return False, limit
            waiting.extend(zip(left, right, strict=True))
        elif left != right:
            return False, limit
    return True, limit


def _is_dtype(node: Node) -> bool:
    return node.get("__loader__") == "DTypeNode"


def _resolved(value: Any, by_id: Mapping[int, Node]) -> Any:
    if isinstance(value, dict) and value.get("__loader__") == "CachedNode":
        return by_id.get(value.get("__id__", 0), value)
    return value
