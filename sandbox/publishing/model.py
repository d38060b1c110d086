"""Read a saved model as data: which types it names, whether all are known, whether its arrays are what they say.

A ``.skops`` file is a zip of ``schema.json`` (a tree of nodes, each naming a loader and a type) and NumPy arrays.
The tree is audited inert; nothing is imported or built. skops' own list of trusted types is wide and judges types
alone, so a node must pass both: skops' audit and the short list below of what a business model is made of.

To allow a type: add it to ``ALLOWED``, and its loader to ``LOADERS`` if it needs one; think about what a crafted
instance could do when it predicts (``trees.py`` is the example); add its case to ``tests/publishing/test_model.py``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import skops.io

from sandbox.core.errors import BadInput, SandboxError
from sandbox.publishing.contents import is_pickle
from sandbox.publishing.identities import check_identities
from sandbox.publishing.staging import read_limited
from sandbox.publishing.texts import check_groups, check_texts
from sandbox.publishing.trees import check_trees
from sandbox.publishing.zipreader import read_zip

MAX_BYTES = 64 * 2**20
MAX_ARRAYS = 20_000
MAX_NODES = 500_000
MAX_COMPARED = 5_000_000
SCHEMA = "schema.json"

#: Package → classes. Private modules in between are ignored, because scikit-learn moves classes among them.
ALLOWED: Mapping[str, frozenset[str]] = {
    "sklearn.pipeline": frozenset({"Pipeline", "FeatureUnion"}),
    "sklearn.compose": frozenset({"ColumnTransformer", "TransformedTargetRegressor"}),
    "sklearn.impute": frozenset({"SimpleImputer", "MissingIndicator"}),
    "sklearn.preprocessing": frozenset({
        "Binarizer", "FunctionTransformer", "KBinsDiscretizer",
        "LabelEncoder", "MaxAbsScaler", "MinMaxScaler", "OneHotEncoder",
        "OrdinalEncoder", "PolynomialFeatures", "PowerTransformer", "QuantileTransformer", "RobustScaler",
        "SplineTransformer", "StandardScaler", "TargetEncoder"}),
    "sklearn.feature_extraction.text": frozenset({"TfidfTransformer", "TfidfVectorizer"}),
    "sklearn.cluster": frozenset({"KMeans"}),
    "sklearn.linear_model": frozenset({
        "ElasticNet", "GammaRegressor", "HuberRegressor", "Lasso", "LinearRegression", "LogisticRegression",
        "LogisticRegressionCV", "PoissonRegressor", "QuantileRegressor", "Ridge", "RidgeCV", "RidgeClassifier",
        "TweedieRegressor"}),
    "sklearn.dummy": frozenset({"DummyClassifier", "DummyRegressor"}),
    "sklearn.naive_bayes": frozenset({"BernoulliNB", "CategoricalNB", "GaussianNB", "MultinomialNB"}),
    "sklearn.isotonic": frozenset({"IsotonicRegression"}),
    "sklearn.calibration": frozenset({"CalibratedClassifierCV", "_CalibratedClassifier", "_SigmoidCalibration"}),
    "sklearn.tree": frozenset({"DecisionTreeClassifier", "DecisionTreeRegressor", "Tree"}),
    "sklearn.ensemble": frozenset({
        "ExtraTreesClassifier", "ExtraTreesRegressor", "RandomForestClassifier", "RandomForestRegressor",
        "HistGradientBoostingClassifier", "HistGradientBoostingRegressor", "TreePredictor", "_BinMapper"}),
    "sklearn._loss": frozenset({
        "AbsoluteError", "CyAbsoluteError", "CyHalfBinomialLoss", "CyHalfMultinomialLoss", "CyHalfSquaredError",
        "HalfBinomialLoss", "HalfMultinomialLoss", "HalfSquaredError", "IdentityLink", "Interval", "LogitLink",
        "MultinomialLogit"}),
    "sklearn.utils": frozenset({"Bunch"}),
    "numpy": frozenset({"dtype", "ndarray", "bool", "bool_", "float32", "float64", "int8", "int16", "int32", "int64",
                        "str_", "uint8", "uint16", "uint32", "uint64", "generic"}),
    "numpy.random": frozenset({"Generator", "RandomState", "PCG64", "MT19937"}),
    "builtins": frozenset({"bool", "dict", "float", "int", "list", "set", "slice", "str", "tuple", "NoneType"}),
}  # fmt: skip

#: Loaders whose behaviour is understood; those that call what the file names (function, method, partial …) are not. So
#: a FunctionTransformer can only be the empty one that a ColumnTransformer keeps for "passthrough".
LOADERS = frozenset({
    "CachedNode", "DTypeNode", "DictNode", "JsonNode", "ListNode", "LossNode", "NdArrayNode", "ObjectNode",
    "RandomGeneratorNode", "RandomStateNode", "SetNode", "SliceNode", "TreeNode", "TupleNode", "TypeNode"})  # fmt: skip

#: Models that carry rows of their training data inside; no list of types can make them safe to hand on.
CARRIES_ROWS = re.compile(r"sklearn\.(neighbors|svm|gaussian_process|kernel_ridge|semi_supervised)\.")

_REMEDY = "Save the model with `lab.save_model(…)` and build it from scikit-learn's ordinary parts."


@dataclass(frozen=True)
class ModelReport:
    """What a model file names, sorted. ``untrusted`` must be empty before anything loads the file;

    ``trusted`` is then what skops must be told to trust (it is on our list, but not on skops' own).
    """

    types: tuple[str, ...]
    untrusted: tuple[str, ...]
    trusted: tuple[str, ...]

    @property
    def carries_rows(self) -> tuple[str, ...]:
        """Types that hold training rows: refused for what they reveal, not for what they run."""
        return tuple(name for name in self.types if CARRIES_ROWS.match(name))


def inspect_model(path: Path) -> ModelReport:
    """Read the model at ``path`` as data. Raises BadInput when it is a pickle, no skops file, or lies about itself."""
    return inspect_model_bytes(read_limited(path, MAX_BYTES))


def inspect_model_bytes(data: bytes) -> ModelReport:
    """The report on a model file's content; errors as of ``inspect_model``."""
    if is_pickle(data) or data[:1] == b"\x80":
        raise BadInput("The model is a pickle: reading it would run whatever its author put inside.", _REMEDY)
    try:
        parts = read_zip(data, max_bytes=MAX_BYTES, max_files=MAX_ARRAYS)
    except SandboxError as error:
        raise _unreadable(str(error)) from None
    schema = _schema(parts.pop(SCHEMA, b""))
    nodes = _audited(schema, parts)
    for name, content in parts.items():
        _check_array(name, content)
    types = sorted({_type(node) for node in nodes if node["__loader__"] != "CachedNode"})
    strange = {_type(n) for n in nodes if n["__loader__"] not in LOADERS} | {t for t in types if not is_allowed(t)}
    by_skops = _skops_audit(data)
    strange |= {name for name in by_skops if not is_allowed(name)}
    if not strange:
        check_trees(nodes, parts)
        check_texts(nodes)
        check_groups(nodes, parts)
    return ModelReport(tuple(types), tuple(sorted(strange)), tuple(sorted(set(by_skops) - strange)))


def is_allowed(name: str) -> bool:
    """Whether the dotted type ``name`` is on the list; private modules between package and class are ignored."""
    module, _, cls = name.rpartition(".")
    parts = module.split(".")
    for depth in (1, 2, 3):
        inner = parts[depth:]
        private = not inner or inner[0].startswith("_") or parts[depth - 1].startswith("_")
        if private and cls in ALLOWED.get(".".join(parts[:depth]), ()):
            return True
    return False


def _schema(content: bytes) -> dict[str, Any]:
    try:
        schema = json.loads(content)
    except (ValueError, RecursionError):
        raise _unreadable("schema.json is missing or damaged") from None
    if not isinstance(schema, dict) or schema.get("protocol") != _protocol():
        raise BadInput("The model was saved by another version of skops.", "Run the notebook again here, then submit.")
    return schema


def _protocol() -> int:
    """The protocol that the installed skops writes. Older protocols have loaders of their own, which nobody audited."""
    parts = read_zip(skops.io.dumps(0), max_bytes=2**20, max_files=10)
    return int(json.loads(parts[SCHEMA])["protocol"])


def _audited(schema: dict[str, Any], parts: Mapping[str, bytes]) -> list[dict[str, Any]]:
    """All nodes of the tree; every array is used, every file exists, and one id means one thing."""
    nodes: list[dict[str, Any]] = []
    used: set[str] = set()
    for node in _walk(schema):
        if not all(isinstance(node.get(key), str) for key in ("__class__", "__module__", "__loader__")):
            raise _unreadable("a node has no type")
        if not isinstance(node.get("__id__", 0), int):
            raise _unreadable("a node has no number")
        if len(nodes) >= MAX_NODES:
            raise _unreadable("it has too many parts")
        nodes.append(node)
        if "file" in node:
            used.add(str(node["file"]))
    if used != set(parts):
        raise _unreadable("its files are not those that it names")
    check_identities(nodes, MAX_COMPARED)
    return nodes


def _walk(root: Any) -> Iterator[dict[str, Any]]:
    waiting = [root]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            if "__loader__" in value:
                yield value
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)


def _type(node: Mapping[str, Any]) -> str:
    return f"{node['__module__']}.{node['__class__']}"


def _check_array(name: str, content: bytes) -> None:
    """A ``.npy`` member must hold plain numbers or texts, exactly as many as its header says."""
    stream = BytesIO(content)
    try:
        version = np.lib.format.read_magic(stream)
        read = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}[version]
        shape, _, dtype = read(stream, max_header_size=10_000)
    except Exception:  # NumPy raises many kinds for damaged headers
        raise _unreadable(f"{name[:40]} is no array") from None
    count = 1
    for length in shape:
        count *= int(length)
    if dtype.hasobject:
        raise BadInput("The model holds a pickle: reading it would run whatever its author put inside.", _REMEDY)
    if min(shape, default=0) < 0 or count * dtype.itemsize != len(content) - stream.tell():
        raise _unreadable(f"{name[:40]} is not as large as it says")


def _skops_audit(data: bytes) -> list[str]:
    try:
        return [str(name) for name in skops.io.get_untrusted_types(data=data)]
    except Exception as error:  # a crafted tree can make skops raise anything; RecursionError among them
        raise _unreadable(type(error).__name__) from None


def _unreadable(problem: str) -> BadInput:
    return BadInput("The model file cannot be read: {problem}", _REMEDY, problem=problem)
