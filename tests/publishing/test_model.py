"""A model is read as data: ordinary pipelines pass, and whatever would run, leak or crash is refused before loading."""

from __future__ import annotations

import io
import json
import pickle
import subprocess
import sys
import zipfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import skops.io
from sklearn.cluster import KMeans
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor, RandomForestClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.tree import DecisionTreeClassifier

from sandbox.core.errors import BadInput, SandboxError
from sandbox.publishing.model import inspect_model, inspect_model_bytes, is_allowed
from tests.publishing.conftest import fitted, table

LINEAR = LogisticRegression()
MODELS = [LINEAR, DecisionTreeClassifier(max_depth=3), RandomForestClassifier(5, max_depth=3, random_state=1),
          HistGradientBoostingClassifier(max_iter=3)]  # fmt: skip


def dumped(model: Any) -> bytes:
    return skops.io.dumps(fitted(model))


def changed(data: bytes, change: Callable[[dict[str, Any], dict[str, bytes]], None]) -> bytes:
    """The model file with its schema and its arrays changed."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    schema = json.loads(parts.pop("schema.json"))
    change(schema, parts)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in {**parts, "schema.json": json.dumps(schema).encode()}.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def find(value: Any, cls: str) -> list[dict[str, Any]]:
    """All nodes of a class in a schema."""
    if isinstance(value, dict):
        own = [value] if value.get("__class__") == cls and value["__loader__"] != "CachedNode" else []
        return own + [node for part in value.values() for node in find(part, cls)]
    return [node for part in value for node in find(part, cls)] if isinstance(value, list) else []


def npy(array: np.ndarray, allow_pickle: bool = False) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=allow_pickle)
    return buffer.getvalue()


@pytest.mark.parametrize("model", MODELS, ids=lambda m: type(m).__name__)
def test_ordinary_pipelines_pass_and_load_with_the_listed_types(model: Any) -> None:
    data = dumped(model)
    report = inspect_model_bytes(data)
    assert report.untrusted == () and report.carries_rows == ()
    loaded = skops.io.loads(data, trusted=list(report.trusted))
    assert len(loaded.predict(table(5))) == 5


@pytest.mark.parametrize("loss", ["squared_error", "absolute_error"])
def test_estimates_of_amounts_pass_and_load(loss: str) -> None:
    data = table().drop(columns="plan")
    model = HistGradientBoostingRegressor(loss=loss, max_iter=3, early_stopping=False).fit(data, data["fee"])
    dump = skops.io.dumps(model)
    report = inspect_model_bytes(dump)
    assert report.untrusted == () and report.carries_rows == ()
    assert np.array_equal(skops.io.loads(dump, trusted=list(report.trusted)).predict(data), model.predict(data))


def test_the_machine_failure_template_s_kind_of_pipeline() -> None:
    """``passthrough`` becomes an empty FunctionTransformer inside."""
    data = table().drop(columns="plan")
    parts = make_column_transformer(("passthrough", ["months"]), (StandardScaler(), ["fee"]))
    model = HistGradientBoostingClassifier(max_iter=3, early_stopping=False)
    dump = skops.io.dumps(make_pipeline(parts, model).fit(data, data["fee"] > 50))
    assert "FunctionTransformer" in str(inspect_model_bytes(dump).types) and not inspect_model_bytes(dump).untrusted


@pytest.mark.parametrize(
    ("model", "name"),
    [
        (Pipeline([("f", FunctionTransformer(np.log1p)), ("m", LINEAR)]), "numpy.log1p"),
        (FunctionTransformer(partial(print, "x")), "functools.partial"),
        (FunctionTransformer("x".join), "join"),
        (KNeighborsClassifier(), "sklearn.neighbors"),
        ({"p": Path("/etc/passwd")}, "pathlib"),
    ],
)
def test_types_that_are_not_on_the_list_are_named(model: Any, name: str) -> None:
    report = inspect_model_bytes(skops.io.dumps(model))
    assert any(name in found for found in report.untrusted), report.untrusted


def test_training_rows_inside() -> None:
    assert inspect_model_bytes(dumped(KNeighborsClassifier())).carries_rows


def test_names_on_the_list() -> None:
    assert is_allowed("sklearn.linear_model._logistic.LogisticRegression") and is_allowed("numpy.dtype")
    for name in ("os.system", "builtins.eval", "sklearn.evil.LogisticRegression", "sklearn.linear_model.evil.Ridge",
                 "evil.numpy.dtype", "numpy.evil.dtype", "dict", "sklearn.LogisticRegression"):  # fmt: skip
        assert not is_allowed(name), name


@pytest.mark.parametrize("protocol", range(6))
def test_pickles_under_the_name_of_a_model(protocol: int, tmp_path: Path) -> None:
    (tmp_path / "model.skops").write_bytes(pickle.dumps(fitted(LINEAR), protocol=protocol))
    with pytest.raises(BadInput, match="pickle"):
        inspect_model(tmp_path / "model.skops")


def test_a_link_is_no_model(tmp_path: Path) -> None:
    (tmp_path / "real").write_bytes(dumped(LINEAR))
    (tmp_path / "model.skops").symlink_to(tmp_path / "real")
    with pytest.raises(SandboxError, match="not an ordinary file"):
        inspect_model(tmp_path / "model.skops")


def first_array(schema: dict[str, Any], parts: dict[str, bytes]) -> str:
    return sorted(parts)[0]


def pickle_inside(schema: dict[str, Any], parts: dict[str, bytes]) -> None:
    parts[first_array(schema, parts)] = npy(np.array([{"a": 1}], dtype=object), allow_pickle=True)


def lying_array(schema: dict[str, Any], parts: dict[str, bytes]) -> None:
    name = first_array(schema, parts)
    buffer = io.BytesIO()
    header = {"shape": (10**9,), "fortran_order": False, "descr": "<f8"}
    np.lib.format.write_array_header_1_0(buffer, header)
    parts[name] = buffer.getvalue() + b"x" * 8


def hidden_file(schema: dict[str, Any], parts: dict[str, bytes]) -> None:
    parts["hidden.npy"] = npy(np.zeros(1))


def missing_file(schema: dict[str, Any], parts: dict[str, bytes]) -> None:
    del parts[first_array(schema, parts)]


def old_protocol(schema: dict[str, Any], parts: dict[str, bytes]) -> None:
    schema["protocol"] = 0


def two_meanings(schema: dict[str, Any], parts: dict[str, bytes]) -> None:
    one, two = find(schema, "ndarray")[:2]
    two["__id__"] = one["__id__"]


def deep(schema: dict[str, Any], parts: dict[str, bytes]) -> None:
    node: dict[str, Any] = {"__class__": "list", "__module__": "builtins", "__loader__": "ListNode", "content": []}
    for _ in range(300):
        node = {**node, "content": [node]}
    schema["content"]["content"]["steps"] = node


def no_type(schema: dict[str, Any], parts: dict[str, bytes]) -> None:
    del schema["__class__"]


@pytest.mark.parametrize(
    "change", [pickle_inside, lying_array, hidden_file, missing_file, old_protocol, two_meanings, deep, no_type]
)
def test_files_that_lie(change: Callable[[dict[str, Any], dict[str, bytes]], None]) -> None:
    with pytest.raises(BadInput):
        inspect_model_bytes(changed(dumped(LINEAR), change))


def test_the_changer_alone_changes_nothing() -> None:
    assert inspect_model_bytes(changed(dumped(LINEAR), lambda schema, parts: None)).untrusted == ()


@pytest.mark.parametrize("data", [b"", b"x", b"PK\x05\x06" + bytes(18), b"\x80\x04"])
def test_no_model_at_all(data: bytes) -> None:
    with pytest.raises(BadInput):
        inspect_model_bytes(data)


def leads_outside(field: str, value: int) -> Callable[[dict[str, Any], dict[str, bytes]], None]:
    def change(schema: dict[str, Any], parts: dict[str, bytes]) -> None:
        tree = (find(schema, "Tree") or find(schema, "TreePredictor"))[0]
        name = tree["content"]["content"]["nodes"]["file"]
        nodes = np.load(io.BytesIO(parts[name]))
        nodes[field][0] = value
        parts[name] = npy(nodes)

    return change


TREE_ATTACKS = [
    (1, "feature", 10**7), (1, "feature", -5), (1, "left_child", 0), (1, "right_child", 10**7), (2, "feature", 9999),
    (3, "feature_idx", 10**6), (3, "left", 0), (3, "right", 10**6),
]  # fmt: skip


@pytest.mark.parametrize(("model", "field", "value"), TREE_ATTACKS)
def test_trees_that_lead_outside(model: int, field: str, value: int) -> None:
    data = changed(dumped(MODELS[model]), leads_outside(field, value))
    with pytest.raises(BadInput, match="leads outside"):
        inspect_model_bytes(data)


def test_a_crafted_tree_would_have_crashed_a_trusting_reader(tmp_path: Path) -> None:
    """The attack is real: skops accepts the types, and predicting ends the process."""
    data = changed(dumped(MODELS[1]), leads_outside("right_child", 2**40))
    data = changed(data, leads_outside("left_child", 2**40))
    (tmp_path / "model.skops").write_bytes(data)
    table(5).to_json(tmp_path / "rows.json")
    code = (
        "import sys, skops.io, pandas; model = skops.io.load('model.skops', "
        "trusted=['numpy.dtype', 'sklearn.tree._tree.Tree']); model.predict(pandas.read_json('rows.json'))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, timeout=120)
    assert done.returncode < 0, done.stderr.decode()[-500:]
    with pytest.raises(BadInput, match="leads outside"):
        inspect_model(tmp_path / "model.skops")


def _texts_model() -> Any:
    texts = pd.DataFrame({"text": ["no connection at home", "the bill is wrong"] * 10})
    words = TfidfVectorizer(analyzer="char", ngram_range=(2, 3))
    model = make_pipeline(make_column_transformer((words, "text")), LogisticRegression())
    model.fit(texts, ["outage", "billing"] * 10)
    fitted_words = model[0].transformers_[0][1]
    fitted_words.vocabulary_ = {term: int(place) for term, place in fitted_words.vocabulary_.items()}
    return model


def _say(schema: dict[str, Any], cls: str, name: str, value: str) -> None:
    """Let every ``cls`` claim ``value`` (JSON) for ``name``."""
    for node in find(schema, cls):
        if name in node["content"]["content"]:
            node["content"]["content"][name] = {"__class__": "str", "__module__": "builtins", "__loader__": "JsonNode",
                                                "content": value, "is_json": True, "__id__": 0}  # fmt: skip


def test_models_of_texts_and_groups_pass_and_load() -> None:
    for model, facts in (
        (_texts_model(), pd.DataFrame({"text": ["no bill"]})),
        (make_pipeline(StandardScaler(), KMeans(2, n_init=2)).fit(np.eye(6, 3)), np.zeros((1, 3))),
    ):
        report = inspect_model_bytes(skops.io.dumps(model))
        assert report.untrusted == () and report.carries_rows == ()
        loaded = skops.io.loads(skops.io.dumps(model), trusted=list(report.trusted))
        assert loaded.predict(facts) == model.predict(facts)


@pytest.mark.parametrize(
    ("name", "value"),
    [("input", '"filename"'), ("token_pattern", '"(a+)+$"'), ("analyzer", '"other"'), ("stop_words", '"english"'),
     ("vocabulary_", "{}")],
)  # fmt: skip
def test_a_reader_of_texts_that_does_more_than_count_is_refused(name: str, value: str) -> None:
    data = changed(skops.io.dumps(_texts_model()), lambda schema, _: _say(schema, "TfidfVectorizer", name, value))
    with pytest.raises(BadInput, match="reads texts or forms groups"):
        inspect_model_bytes(data)


def test_a_vocabulary_that_leads_outside_of_itself_is_refused() -> None:
    model = _texts_model()
    words = model[0].transformers_[0][1]
    first = next(iter(words.vocabulary_))
    words.vocabulary_[first] = 10**9
    with pytest.raises(BadInput, match="reads texts or forms groups"):
        inspect_model_bytes(skops.io.dumps(model))


def test_centres_of_another_size_than_they_claim_are_refused() -> None:
    for centres in (np.zeros((2, 1)), np.zeros((1, 3)), np.full((2, 3), np.nan), np.zeros((2, 3), dtype=np.float32)):
        model = KMeans(2, n_init=2).fit(np.eye(6, 3))
        model.cluster_centers_ = centres
        with pytest.raises(BadInput, match="reads texts or forms groups"):
            inspect_model_bytes(skops.io.dumps(model))
