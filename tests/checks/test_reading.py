"""Checks of a submission as data, and of what the notebook recorded: each passes one and finds another."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from nbformat.v4 import new_output

from sandbox.checks import (
    CHECKS,
    Facts,
    baseline,
    data_access,
    errors,
    explanation,
    forbidden_files,
    kpi,
    model_file,
    notebook_format,
    paths,
    read_access_log,
    read_evidence,
    run_checks,
)
from sandbox.core.errors import BadInput
from sandbox.core.findings import Level, worst
from sandbox.core.project import Kpi
from tests.checks.conftest import PINS, VERSION, code, make_project, notebook, text

Make = Callable[..., Facts]
CLEAN = notebook(text("# Hello"), code("import pandas as pd\nfrom sandbox import lab\nlab.data('contracts')"))


def levels(check: Any, facts: Facts) -> list[Level]:
    return [finding.level for finding in check.check(facts)]


# --- the notebook as a file


def test_a_readable_notebook_passes(facts_of: Make) -> None:
    (finding,) = notebook_format.check(facts_of(CLEAN))
    assert finding.level is Level.PASS and "2 cells, 1" in str(finding.message)


def test_a_missing_an_unreadable_and_an_empty_notebook_are_refused(facts_of: Make) -> None:
    assert levels(notebook_format, facts_of(CLEAN, notebook=None)) == [Level.FAIL]
    problem = BadInput("{file} is broken.", "Save it again.", file="notebook.ipynb")
    (finding,) = notebook_format.check(facts_of(CLEAN, notebook=None, notebook_problem=problem))
    assert str(finding.message) == "notebook.ipynb is broken." and str(finding.remedy) == "Save it again."
    assert levels(notebook_format, facts_of(notebook(text("only words")))) == [Level.FAIL]


ACTIVE = {
    "script": new_output("display_data", data={"text/html": "<div><script>alert(1)</script></div>"}),
    "handler": new_output("display_data", data={"text/html": "<img src=x onerror=alert(1)>"}),
    "link": new_output("display_data", data={"text/html": "<a href=' JavaScript:alert(1)'>x</a>"}),
    "svg": new_output("display_data", data={"image/svg+xml": "<svg onload='x()'></svg>"}),
    "javascript": new_output("display_data", data={"application/javascript": "alert(1)"}),
}


@pytest.mark.parametrize("what", ACTIVE)
def test_saved_results_with_scripts_are_refused(facts_of: Make, what: str) -> None:
    made = notebook(code("1", id="saved"))
    made.cells[0].outputs = [ACTIVE[what]]
    (finding,) = notebook_format.check(facts_of(made))
    assert (finding.level, finding.cell) == (Level.FAIL, "saved")


def test_saved_tables_and_charts_are_let_through(facts_of: Make) -> None:
    made = notebook(code("1"))
    made.cells[0].outputs = [
        new_output("display_data", data={"text/html": "<style scoped>a{}</style><table><tr><td>1</td></tr></table>"}),
        new_output("display_data", data={"image/svg+xml": "<svg><path d='M0 0'/></svg>"}),
    ]
    assert levels(notebook_format, facts_of(made)) == [Level.PASS]


# --- files and paths

FORBIDDEN: dict[str, bytes] = {
    "model.pkl": b"",
    "notes.txt": b"\x80\x04\x95",
    "model.joblib": b"x",
    "model.skops": b"PK\x03\x04",
    "run.sh": b"echo",
    "picture.png": b"\x7fELF",
    "tool.txt": b"#!/bin/sh",
    "more.zip": b"",
    "data.bin": b"PK\x03\x04",
    "page.html": b"<script>1</script>",
    "chart.svg": b"<svg onload='x()'/>",
}


@pytest.mark.parametrize("name", FORBIDDEN)
def test_forbidden_files(facts_of: Make, name: str) -> None:
    (finding,) = forbidden_files.check(facts_of(CLEAN, files={name: FORBIDDEN[name]}))
    assert finding.level is Level.FAIL and name in str(finding.message) and name in str(finding.remedy)


def test_ordinary_small_files_pass(facts_of: Make) -> None:
    files = {"choices.json": b"{}", "project.toml": b"a = 1", "logo.svg": b"<svg/>", "helpers.py": b"x = 1"}
    (finding,) = forbidden_files.check(facts_of(CLEAN, files=files))
    assert finding.level is Level.PASS and str(finding.message).startswith("5 files")


@pytest.mark.parametrize(
    "name", ["/etc/passwd", "../x.txt", "a/../../b", ".env", "a/.git/config", "C:\\x.txt", "..\\x"]
)
def test_file_names_that_lead_out(facts_of: Make, name: str) -> None:
    assert worst(paths.check(facts_of(CLEAN, files={name: b""}))) is Level.FAIL


def test_paths_in_code_are_for_the_reviewer_and_words_with_slashes_pass(facts_of: Make) -> None:
    (finding,) = paths.check(facts_of(notebook(code("folder = '/home/lin/data'", id="names"))))
    assert (finding.level, finding.cell) == (Level.REVIEW, "names")
    assert levels(paths, facts_of(notebook(code("a = 'income / month'; b = 'a/b.csv'; c = '/月'")))) == [Level.PASS]


# --- data

DATA_CODE = {
    "a path": "import pandas as pd\npd.read_csv('/data/customers.csv')",
    "a parent": "open('../other/secret.csv').read()",
    "an address": "import pandas as pd\npd.read_json('https://example.com/x.json')",
    "a database": "import sqlalchemy\nsqlalchemy.create_engine('postgresql://u:geheim@h/db')",
    "duckdb by path": "import duckdb\nduckdb.connect('/home/x/data.duckdb')",
    "a file in SQL": "import duckdb\nduckdb.sql(\"select * from 'more.parquet'\")",
    "attach in SQL": "con.execute(\"ATTACH '/x/y.duckdb' AS y\")",
    "a path in a helper": "from pathlib import Path\nPath('/home/x/a.csv').read_text()",
}


@pytest.mark.parametrize("what", DATA_CODE)
def test_data_from_elsewhere_is_refused(facts_of: Make, what: str) -> None:
    findings = [
        f for f in data_access.check(facts_of(notebook(code(DATA_CODE[what], id="reads")))) if f.level is Level.FAIL
    ]
    assert findings and findings[0].cell == "reads" and "geheim" not in str([f.to_json() for f in findings])


REVIEWED = {
    "a network import": "import requests",
    "urllib": "from urllib import request",
    "a shell line": "!ls /",
    "a shell cell": "%%bash\nls",
    "a program": "import subprocess\nsubprocess.run(['ls'])",
    "data written out": f"rows = {list(range(300))}",
}


@pytest.mark.parametrize("what", REVIEWED)
def test_doubtful_code_is_for_the_reviewer(facts_of: Make, what: str) -> None:
    assert worst(data_access.check(facts_of(notebook(code(REVIEWED[what]))))) is Level.REVIEW


def test_pinned_data_passes_and_is_named(facts_of: Make) -> None:
    made = notebook(
        code("%matplotlib inline\nfrom sandbox import lab\nlab.data('contracts').query('select * from data')")
    )
    evidence = {"data": [{"dataset": "contracts", "version": VERSION}]}
    (finding,) = data_access.check(facts_of(made, evidence=evidence))
    assert finding.level is Level.PASS and f"contracts {VERSION}" in str(finding.message)


@pytest.mark.parametrize("name", ["my.csv", "table.xlsx", "x.parquet", "disguised.txt", "big.json"])
def test_data_files_that_come_along_are_refused(facts_of: Make, name: str) -> None:
    content = {"disguised.txt": b"SQLite format 3\0", "big.json": b" " * 200_000}.get(name, b"1")
    assert worst(data_access.check(facts_of(CLEAN, files={name: content}))) is Level.FAIL


def test_what_the_kernel_tried_and_what_the_evidence_names(facts_of: Make) -> None:
    log = ('{"event": "open", "target": "/srv/other/people.csv"}', "not json", '{"event": "open", "target": "/opt/x"}')
    assert levels(data_access, facts_of(CLEAN, access_log=log)) == [Level.FAIL, Level.REVIEW]
    log = ('{"event": "socket.connect", "target": "(\'10.0.0.1\', 80)"}',)
    assert levels(data_access, facts_of(CLEAN, access_log=log)) == [Level.FAIL]
    for wrong in ({"dataset": "salaries"}, {"dataset": "contracts", "version": "20200101T000000Z-aaaaaaaaaaaa"}):
        assert levels(data_access, facts_of(CLEAN, evidence={"data": [wrong]})) == [Level.FAIL]


# --- what was recorded

METRIC = {"name": "roc_auc", "model": 0.83, "baseline": 0.5, "higher_is_better": True, "rows": 1234, "units": 1234}
MODEL = {"file": "model.skops", "kind": "LogisticRegression"}
METRICS: dict[str, tuple[Any, Level]] = {
    "better": ([METRIC], Level.PASS),
    "smaller is better": ([{**METRIC, "model": 2.0, "baseline": 3.0, "higher_is_better": False}], Level.PASS),
    "equal": ([{**METRIC, "model": 0.5}], Level.FAIL),
    "worse": ([{**METRIC, "name": "mae", "model": 4, "baseline": 3.0, "higher_is_better": False}], Level.FAIL),
    "maybe chance": ([{**METRIC, "interval": [0.49, 0.9]}], Level.REVIEW),
    "few rows": ([{**METRIC, "rows": 12}], Level.REVIEW),
    "too good": ([{**METRIC, "model": 1.0}], Level.REVIEW),
    "second metric worse": ([METRIC, {**METRIC, "name": "precision", "model": 0.1}], Level.REVIEW),
    "not a number": ([{**METRIC, "model": float("nan")}], Level.FAIL),
    "none": ([], Level.FAIL),
    "nonsense": ({"a": 1}, Level.FAIL),
}


@pytest.mark.parametrize("name", METRICS)
def test_a_model_must_beat_its_baseline(facts_of: Make, name: str) -> None:
    metrics, expected = METRICS[name]
    assert worst(baseline.check(facts_of(CLEAN, evidence={"metrics": metrics, "model": MODEL}))) is expected


def test_an_explanation_is_needed(facts_of: Make) -> None:
    factor = {"factor": "months", "direction": "-", "weight": 0.3}

    def level(explained: Any) -> Level:
        return worst(explanation.check(facts_of(CLEAN, evidence={"explanation": explained, "model": MODEL})))

    assert level({"overall": [factor], "cases": 5}) is Level.PASS
    assert level({"overall": [factor], "cases": 0}) is Level.REVIEW
    for missing in (None, {}, {"overall": []}, {"overall": [{"factor": ""}]}, "x"):
        assert level(missing) is Level.FAIL
    assert worst(explanation.check(facts_of(CLEAN))) is Level.REVIEW  # nothing was learned, so nothing to explain


def test_a_kpi_is_needed(facts_of: Make) -> None:
    value = {"value": {"expected": 12000.0, "assumptions": {}}}
    assert levels(kpi, facts_of(CLEAN, evidence=value)) == [Level.PASS]
    assert levels(kpi, facts_of(CLEAN)) == [Level.REVIEW]
    assert levels(kpi, facts_of(CLEAN, evidence={"value": {"expected": "a lot"}})) == [Level.REVIEW]
    other = {"value": {"expected": 3, "kpi": "Calls"}}
    assert levels(kpi, facts_of(CLEAN, evidence=other)) == [Level.REVIEW]
    aimless = make_project(kpi=Kpi("Calls", "", 3, 3))
    assert levels(kpi, facts_of(CLEAN, project=aimless, evidence=value)) == [Level.REVIEW, Level.PASS]
    nameless = make_project()
    object.__setattr__(nameless.kpi, "name", " ")  # as an old registry could hold it
    assert levels(kpi, facts_of(CLEAN, project=nameless, evidence=value)) == [Level.FAIL]


def test_the_saved_model(facts_of: Make, tmp_path: Path) -> None:
    def found(**changes: Any) -> Level:
        values = {"evidence": {"model": MODEL}, "run_folder": tmp_path, **changes}
        return worst(model_file.check(facts_of(CLEAN, **values)))

    assert found() is Level.FAIL  # recorded, but not there
    assert found(evidence={}) is Level.PASS
    (tmp_path / "model.skops").write_bytes(b"PK")
    assert found() is Level.PASS
    assert found(evidence={"model": {"kind": "RandomForestClassifier"}}) is Level.REVIEW
    assert found(untrusted_types=("os.system",)) is Level.FAIL
    assert found(row_types=("sklearn.neighbors.KNeighborsClassifier",)) is Level.FAIL
    assert found(model_problem=BadInput("The model is a pickle.", "Save it again.")) is Level.FAIL


# --- the checks together


def test_phases_and_order(facts_of: Make) -> None:
    read, ran = run_checks("read", facts_of(CLEAN)), run_checks("run", facts_of(CLEAN))
    assert [f.check for f in read] == ["notebook_format", "forbidden_files", "paths", "composition"]
    assert {f.check for f in read + ran} <= {m.__name__.rpartition(".")[2] for m in CHECKS}
    assert worst(read) is Level.PASS and "errors" in {f.check for f in ran if f.level is Level.FAIL}
    assert all(m.__doc__ and m.__name__.rpartition(".")[2] == m.NAME for m in CHECKS)


def test_a_check_that_breaks_is_a_finding(
    facts_of: Make, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(facts: Facts) -> list[Any]:
        raise KeyError("x")

    monkeypatch.setattr(paths, "check", broken)
    with caplog.at_level(logging.ERROR):
        found = [f for f in run_checks("read", facts_of(CLEAN)) if f.check == "paths"]
    assert [f.level for f in found] == [Level.FAIL] and "paths" in str(found[0].message) and caplog.records


HOSTILE: list[Mapping[str, Any]] = [
    {"metrics": 3, "explanation": [1], "value": [], "data": {"a": 1}, "model": "x", "tables": None},
    {"metrics": [[], None, {"model": "1"}], "explanation": {"overall": [3, {"factor": {}}], "cases": "many"}},
    {"metrics": [{"model": 10**400, "baseline": 1}], "value": {"expected": 10**400}, "data": [[], {"dataset": []}]},
]


@pytest.mark.parametrize("evidence", HOSTILE)
def test_evidence_of_any_shape_breaks_no_check(facts_of: Make, evidence: Mapping[str, Any], tmp_path: Path) -> None:
    (tmp_path / "model.skops").write_bytes(b"x")
    findings = run_checks("run", facts_of(CLEAN, evidence=evidence, run_folder=tmp_path))
    assert not [f for f in findings if "could not look" in str(f.message)]


def test_files_of_a_run_are_read_as_hostile(tmp_path: Path) -> None:
    assert read_evidence(tmp_path) == {} and read_access_log(tmp_path / "none") == ()
    file = tmp_path / "evidence.json"
    file.write_text(json.dumps({"metrics": []}))
    assert read_evidence(tmp_path) == {"metrics": []}
    for bad in ("[1]", "{", "[" * 100_000, '"' + "x" * 3_000_000 + '"'):
        file.write_text(bad)
        assert read_evidence(tmp_path) == {}
    secret = tmp_path / "secret.json"
    secret.write_text('{"a": 1}')
    file.unlink()
    file.symlink_to(secret)
    assert read_evidence(tmp_path) == {}
    file.unlink()
    import os

    os.mkfifo(file)
    assert read_evidence(tmp_path) == {}


def test_findings_survive_json_and_are_in_chinese(facts_of: Make) -> None:
    from sandbox.core.findings import Finding
    from sandbox.i18n import catalogue

    facts = facts_of(CLEAN, files={"model.pkl": b""}, pins=PINS)
    for finding in [*run_checks("read", facts), *run_checks("run", facts), *errors.check(facts)]:
        again = Finding.from_json(json.loads(json.dumps(finding.to_json())))
        assert str(again.message) == str(finding.message)
        chinese = catalogue("zh-CN").render(again.message)
        assert any("\u4e00" <= c <= "\u9fff" for c in chinese), finding.message.template
