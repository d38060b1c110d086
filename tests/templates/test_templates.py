"""The shipped templates: complete in both languages, clean, and able to find what is planted in the data.

They run as an examination runs them: headless, in a confined kernel, from top to bottom.
"""

from __future__ import annotations

import ast
import json
import re
import tomllib
from pathlib import Path

import pytest

from sandbox.core.notebook import tags
from sandbox.i18n import read_catalogue
from sandbox.notebooks.templates import load_template
from tests.conftest import ROOT
from tests.helpers.by_hand import TABLES, by_hand
from tests.templates.examined import CURATED, NAMES, Examinations
from tests.templates.running import LONGEST, metric, run


@pytest.mark.parametrize("name", NAMES)
def test_notebook_is_clean(name):
    template = load_template(ROOT, name)
    raw = json.loads((template.folder / "notebook.ipynb").read_text(encoding="utf-8"))
    assert (raw["nbformat"], raw["nbformat_minor"]) >= (4, 5)
    assert not any(cell.get("outputs") or cell.get("execution_count") for cell in raw["cells"])
    assert len({cell["id"] for cell in raw["cells"]}) == len(raw["cells"])
    for cell in raw["cells"]:
        assert tags(cell) & {"setup", "studio", "app"}, cell["id"]
        if "app" in tags(cell) and cell["cell_type"] == "code":
            assert ".fit(" not in "".join(cell["source"])
    assert max(len("".join(c["source"]).splitlines()) for c in raw["cells"] if c["cell_type"] == "code") <= 25


@pytest.mark.parametrize("name", NAMES)
def test_texts_are_complete_in_chinese(name):
    template = load_template(ROOT, name)
    markdown = {cell.id: cell.source for cell in template.notebook.cells if cell.cell_type == "markdown"}
    chinese = read_catalogue(template.folder / "zh-CN.po", context=True)
    assert set(chinese) == set(markdown)
    words = read_catalogue(template.folder / "zh-CN.po")
    code = "\n".join(cell.source for cell in template.notebook.cells if cell.cell_type == "code")
    used = {
        node.args[0].value
        for node in ast.walk(ast.parse(code))
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "t"
    }
    assert used == set(words)
    assert all(re.search(r"[\u4e00-\u9fff]", text) for text in [*words.values(), *chinese.values()])


@pytest.mark.parametrize("name", NAMES)
def test_needs_are_the_same_in_notebook_and_description(name):
    template = load_template(ROOT, name)
    setup = next(cell.source for cell in template.notebook.cells if cell.id == "setup")
    setup = setup[setup.index("needs = [") :]
    declared = re.findall(r'lab\.(\w+)\(\s*"(\w+)",\s*lab\.t\(\s*"([^"]+)"\s*\)', setup)
    assert declared == [(need.type, need.key, need.title.en) for need in template.needs]
    words = read_catalogue(template.folder / "zh-CN.po")
    assert all(words[need.title.en] == need.title.get("zh-CN") for need in template.needs)


def test_churn_finds_the_planted_truth(examined: Examinations) -> None:
    from sandbox.demo.truths import CHURN_DRIVERS, CHURN_NO_EFFECT

    project = examined("customer-churn", "en")
    auc = project.metric("roc_auc")
    assert 0.80 < auc["model"] < 0.90 and auc["interval"][0] > auc["baseline"]
    factors = {f["factor"]: f for f in project.evidence["explanation"]["overall"]}
    strongest = sorted(factors, key=lambda f: -factors[f]["weight"])[:5]
    planted = [driver.column for driver in CHURN_DRIVERS]
    assert strongest[0] == planted[0] and set(strongest) <= set(planted)
    assert not set(strongest) & set(CHURN_NO_EFFECT)
    assert factors["tenure_months"]["direction"] == "-" and factors["support_calls_90d"]["direction"] == "+"
    assert factors["contract_type"]["raised_by"] == "month-to-month"


def test_machine_failures_are_found_on_later_time(examined: Examinations) -> None:
    project = examined("machine-failure", "zh-CN")
    auc, precision = project.metric("roc_auc"), project.metric("average_precision")
    assert auc["model"] > 0.88 and auc["interval"][0] > auc["baseline"]
    assert precision["model"] > 2 * precision["baseline"]
    strongest = [f["factor"] for f in project.evidence["explanation"]["overall"]][:4]
    assert {"torque_nm", "tool_wear_min"} <= set(strongest) and not {"plant", "line"} & set(strongest)


def test_studio_words_are_chinese(examined: Examinations) -> None:
    text = examined("machine-failure", "zh-CN").shown
    for word in ("查看结果", "风险", "模型优于简单规则", "每 1,000 个读数", "设备或零件"):
        assert word in text
    for word in ("See the result", "Compare groups by", "plain rule", "Done."):
        assert word not in text


def test_churn_on_the_public_table_by_mapping_alone(public_pins, shared_data, tmp_path):
    report = run("customer-churn", {"telco": public_pins["telco"]}, tmp_path / "p")
    assert report.error is None and report.seconds < LONGEST
    auc = metric(tmp_path / "p", "roc_auc")
    print(f"customer-churn on telco_churn.csv: {auc} in {report.seconds:.1f} s")
    assert auc["model"] > 0.83 and auc["interval"][0] > auc["baseline"]
    best = max(figures.auc for figures in by_hand(TABLES["telco"], shared_data).values())
    assert auc["model"] > best - 0.01, "no worse than plain scikit-learn by hand on the same rows"
    chosen = json.loads((tmp_path / "p" / "choices.json").read_text(encoding="utf-8"))
    assert chosen["columns"] == {"customer": "customerID", "left": "Churn", "group": "gender"}
    assert "gender" not in chosen["facts"] and "TotalCharges" in chosen["facts"]


def test_machine_failure_on_the_public_table_by_mapping_alone(public_pins, shared_data, tmp_path):
    report = run("machine-failure", {"ai4i": public_pins["ai4i"]}, tmp_path / "p")
    assert report.error is None and report.seconds < LONGEST
    auc, precision = metric(tmp_path / "p", "roc_auc"), metric(tmp_path / "p", "average_precision")
    print(f"machine-failure on ai4i2020.csv: {auc}, {precision} in {report.seconds:.1f} s")
    assert auc["model"] > 0.95 and precision["model"] > 0.7
    best = max(figures.auc for figures in by_hand(TABLES["ai4i"], shared_data).values())
    assert auc["model"] > best - 0.01, "no worse than plain scikit-learn by hand on the same rows"
    chosen = json.loads((tmp_path / "p" / "choices.json").read_text(encoding="utf-8"))
    assert chosen["columns"] == {"machine": "Product ID", "failure": "Machine failure", "time": ""}
    # Columns that say how it failed are written down afterwards: they must not be learned from.
    assert not {"TWF", "HDF", "PWF", "OSF", "UDI"} & set(chosen["facts"])


def test_unusable_data_stop_the_run_in_words(examined: Examinations, tmp_path: Path) -> None:
    report = run("customer-churn", {"telemetry": examined.snapshot("telemetry")}, tmp_path / "p")
    if report.error is not None:  # telemetry has no churn: nothing may be pretended
        assert report.error.name == "BadInput" and report.error.cell_id == "data"
    else:
        pytest.fail("a churn project on machine readings must not go through silently")


@pytest.mark.parametrize("name", CURATED)
def test_curated_apps_fit_their_templates(name: str, examined: Examinations) -> None:
    wanted = json.loads((ROOT / "apps" / CURATED[name] / "choices.json").read_bytes())
    kept = json.loads((examined(name, "en").folder / "choices.json").read_bytes())
    assert kept == wanted, "every curated choice fits the data"


def test_every_curated_app_is_among_them() -> None:
    about = {file.parent.name: tomllib.loads(file.read_text("utf-8")) for file in (ROOT / "apps").glob("*/app.toml")}
    assert {each["template"]: app for app, each in about.items()} == CURATED
