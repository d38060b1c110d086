"""Models of texts and groups inside a saved model: settings that only count letters, tables of the size they claim.

scikit-learn follows the numbers of a vocabulary, and the width of a table of centres, without looking: a crafted one
reads foreign memory. A vectorizer can also be told to take each text for the name of a file and read it, or to look for
a pattern that never ends.
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

#: Settings of a vectorizer that may only be what scikit-learn starts with; ``analyzer`` has its own list.
_AS_USUAL = {"input": "content", "preprocessor": None, "tokenizer": None, "stop_words": None,
             "token_pattern": r"(?u)\b\w\w+\b"}  # fmt: skip
_ANALYZERS = ("char", "char_wb", "word")
#: Longest run of letters or words that is counted: long ones make one text into very many.
_LONGEST = 10
_REMEDY = "Fit the model again and save it with `lab.save_model(…)`."


def check_texts(nodes: Sequence[Node]) -> None:
    """Raise BadInput unless every vectorizer among the ``nodes`` only counts letters or words of the text itself."""
    by_id = first_of_each_id(nodes)
    for node in _of("TfidfVectorizer", nodes):
        try:
            _check_vectorizer(_attributes(node, by_id), by_id)
        except (KeyError, TypeError, ValueError, AttributeError):
            raise _broken() from None


def _check_vectorizer(said: Mapping[str, Node], by_id: Mapping[Any, Node]) -> None:
    usual = all(_value(said[name], by_id) == value for name, value in _AS_USUAL.items())
    if not usual or _value(said["analyzer"], by_id) not in _ANALYZERS:
        raise _broken()
    ends = [_value(each, by_id) for each in _resolved(said["ngram_range"], by_id)["content"]]
    if len(ends) != 2 or not 1 <= int(ends[0]) <= int(ends[1]) <= _LONGEST:
        raise _broken()
    if "vocabulary_" not in said:  # the one that was not fitted, which a ColumnTransformer keeps beside; it cannot read
        return
    terms = _resolved(said["vocabulary_"], by_id)["content"]
    places = [_value(each, by_id) for each in terms.values()]
    if any(type(place) is not int for place in places) or sorted(places) != list(range(len(places))):
        raise _broken()


def check_groups(nodes: Sequence[Node], arrays: Mapping[str, bytes]) -> None:
    """Raise BadInput unless every table of centres is as high as there are groups and as wide as its input is checked.

    ``arrays`` are the model's ``.npy`` files.
    """
    by_id = first_of_each_id(nodes)
    for node in _of("KMeans", nodes):
        try:
            said = _attributes(node, by_id)
            file = _resolved(said["cluster_centers_"], by_id)["file"]
            centres = np.load(BytesIO(arrays[file]), allow_pickle=False)
            high, wide = int(_value(said["n_clusters"], by_id)), int(_value(said["n_features_in_"], by_id))
            sound = centres.shape == (high, wide) and centres.dtype == np.float64 and bool(np.isfinite(centres).all())
            threads = _value(said["_n_threads"], by_id)
        except (KeyError, TypeError, ValueError, AttributeError):
            raise _broken() from None
        if not sound or not high or not wide or type(threads) is not int or not 1 <= threads <= 64:
            raise _broken()


def _of(cls: str, nodes: Sequence[Node]) -> list[Node]:
    return [node for node in nodes if node["__class__"] == cls and node["__loader__"] == "ObjectNode"]


def _resolved(node: Node, by_id: Mapping[Any, Node]) -> Node:
    return by_id.get(node.get("__id__", 0), node)


def _attributes(node: Node, by_id: Mapping[Any, Node]) -> Mapping[str, Node]:
    content = _resolved(_resolved(node, by_id)["content"], by_id)["content"]
    return content if isinstance(content, dict) else {}


def _value(node: Node, by_id: Mapping[Any, Node]) -> Any:
    return json.loads(_resolved(node, by_id)["content"])


def _broken() -> BadInput:
    return BadInput("The part of the model that reads texts or forms groups is not what scikit-learn makes.", _REMEDY)
