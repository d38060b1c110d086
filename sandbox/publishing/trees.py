"""Decision trees inside a saved model: every node index must stay inside the tree and inside the table.

scikit-learn follows child and feature numbers without looking, so a crafted tree reads foreign memory or never ends.
Its builders append children after their parent; demanding that makes every walk end.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import Any

import numpy as np

from sandbox.core.errors import BadInput
from sandbox.publishing.identities import first_of_each_id

Node = Mapping[str, Any]

_GROWERS = ("DecisionTree", "ExtraTree", "RandomForest", "HistGradientBoosting")
_REMEDY = "Fit the model again and save it with `lab.save_model(…)`."


def check_trees(nodes: Sequence[Node], arrays: Mapping[str, bytes]) -> None:
    """Raise BadInput unless all trees among the ``nodes`` of a model are sound. ``arrays`` are its ``.npy`` files."""
    by_id = first_of_each_id(nodes)
    trees = [n for n in nodes if n["__class__"] in ("Tree", "TreePredictor") and n["__loader__"] != "CachedNode"]
    if not trees:
        return
    try:
        width = _width(nodes, by_id)
        for tree in trees:
            attributes = _attributes(tree, by_id)
            table = _array(attributes["nodes"], by_id, arrays)
            if tree["__class__"] == "Tree":
                _check_tree(tree, attributes, table, width, by_id, arrays)
            else:
                _check_predictor(attributes, table, width, by_id, arrays)
    except (KeyError, TypeError, ValueError, IndexError, AttributeError):
        raise _broken() from None


def _check_tree(tree: Node, attributes: Mapping[str, Node], table: np.ndarray, width: int,
                by_id: Mapping[Any, Node], arrays: Mapping[str, bytes]) -> None:  # fmt: skip
    features, _, outputs = (_resolved(n, by_id) for n in _resolved(tree["__reduce__"]["args"], by_id)["content"])
    values = _array(attributes["values"], by_id, arrays)
    inner = table["left_child"] != -1
    count = _number(attributes["node_count"], by_id)
    if count != len(table) or len(values) != len(table) or _number(features, by_id) != width:
        raise _broken()
    if values.ndim != 3 or values.shape[1] != _number(outputs, by_id) or values.dtype != np.float64:
        raise _broken()
    _check_walk(table["left_child"], table["right_child"], table["feature"], inner, width)


def _check_predictor(attributes: Mapping[str, Node], table: np.ndarray, width: int,
                     by_id: Mapping[Any, Node], arrays: Mapping[str, bytes]) -> None:  # fmt: skip
    inner = table["is_leaf"] == 0
    _check_walk(table["left"], table["right"], table["feature_idx"], inner, width)
    categorical = inner & (table["is_categorical"] != 0)
    for name in ("raw_left_cat_bitsets", "binned_left_cat_bitsets"):
        bitsets = _array(attributes[name], by_id, arrays)
        if bitsets.ndim != 2 or bitsets.shape[1] != 8 or bitsets.dtype != np.uint32:
            raise _broken()
        if categorical.any() and int(table["bitset_idx"][categorical].max()) >= len(bitsets):
            raise _broken()


def _check_walk(left: np.ndarray, right: np.ndarray, feature: np.ndarray, inner: np.ndarray, width: int) -> None:
    if left.ndim != 1 or not len(left):
        raise _broken()
    own = np.arange(len(left))[inner]
    for children in (left[inner].astype(np.int64), right[inner].astype(np.int64)):
        if (children <= own).any() or (children >= len(left)).any():
            raise _broken()
    used = feature[inner].astype(np.int64)
    if (used < 0).any() or (used >= width).any():
        raise _broken()


def _width(nodes: Sequence[Node], by_id: Mapping[Any, Node]) -> int:
    """How many columns the trees' estimators check their input for: the same for all of them in one model."""
    widths = {
        _number(_attributes(node, by_id)["n_features_in_"], by_id)
        for node in nodes
        if node["__loader__"] == "ObjectNode" and node["__class__"].startswith(_GROWERS)
        and "n_features_in_" in _attributes(node, by_id)
    }  # fmt: skip
    if len(widths) != 1:
        raise _broken()
    return widths.pop()


def _resolved(node: Node, by_id: Mapping[Any, Node]) -> Node:
    return by_id.get(node.get("__id__", 0), node)


def _attributes(node: Node, by_id: Mapping[Any, Node]) -> Mapping[str, Node]:
    content = _resolved(_resolved(node, by_id)["content"], by_id)["content"]
    return content if isinstance(content, dict) else {}


def _number(node: Node, by_id: Mapping[Any, Node]) -> int:
    return int(json.loads(_resolved(node, by_id)["content"]))


def _array(node: Node, by_id: Mapping[Any, Node], arrays: Mapping[str, bytes]) -> np.ndarray:
    return np.load(BytesIO(arrays[_resolved(node, by_id)["file"]]), allow_pickle=False)  # type: ignore[no-any-return]


def _broken() -> BadInput:
    return BadInput("A decision tree in the model leads outside of itself or of its table.", _REMEDY)
