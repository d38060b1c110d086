"""Data that cannot answer a template's question: each template says so in words, and none pretends a result."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest
import yaml

from sandbox.core.errors import BadInput
from sandbox.demo import TICKETS_TABLE, write_company
from sandbox.lab import words
from tests.conftest import ROOT

#: Template → its dataset, and the column without which there is nothing to learn or to compare.
ASKS = {
    "campaign-test": ("campaign", "bought"),
    "credit-risk": ("credit", "not_repaid"),
    "customer-churn": ("contracts", "churned"),
    "customer-segments": ("orders", "ordered_at"),  # equal amounts leave other differences
    "delivery-cost": ("deliveries", "cost_cny"),
    "demand-replenishment": ("retail", "units"),
    "expense-check": ("claims", "amount"),
    "explore": ("deliveries", "cost_cny"),
    "machine-failure": ("telemetry", "failure_24h"),
    "next-best-offer": ("orders", "sku"),
    "quality-inspection": ("inspections", "defect"),
    "ticket-triage": ("tickets", "category"),
}
Spoil = Callable[[pd.DataFrame, str], pd.DataFrame]


def few(frame: pd.DataFrame, column: str) -> pd.DataFrame:
    return frame.head(25)


def one_value(frame: pd.DataFrame, column: str) -> pd.DataFrame:
    return frame.assign(**{column: 0 if frame[column].dtype.kind in "if" else frame[column].iloc[0]})


def all_missing(frame: pd.DataFrame, column: str) -> pd.DataFrame:
    return frame.assign(**{column: None})


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, pd.DataFrame]:
    """The demo company's tables, small, with the columns that a snapshot has."""
    folder = tmp_path_factory.mktemp("company")
    write_company(folder, seed=7, scale=0.1)
    frames = {}
    for file in sorted(folder.iterdir()):
        if not (ROOT / "datasets" / f"{file.stem}.yaml").exists():
            continue
        if file.suffix == ".sqlite":
            with closing(sqlite3.connect(file)) as connection:
                frame = pd.read_sql(f"SELECT * FROM {TICKETS_TABLE}", connection)
        else:
            read = {".parquet": pd.read_parquet, ".xlsx": pd.read_excel}.get(file.suffix)
            frame = read(file) if read else duckdb.read_csv(str(file)).df()
        columns = yaml.safe_load((ROOT / "datasets" / f"{file.stem}.yaml").read_text("utf-8"))["columns"]
        frames[file.stem] = frame.drop(columns=[c for c in frame if columns[c]["rule"] == "drop"])
    return frames


def run_studio(template: str) -> None:
    """The studio's cells from top to bottom, as an examination runs them: a problem ends them as an error."""
    notebook = json.loads((ROOT / "templates" / template / "notebook.ipynb").read_text("utf-8"))
    names: dict[str, Any] = {}
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code" and "app" not in cell["metadata"]["tags"]:
            exec("".join(cell["source"]), names)


@pytest.mark.parametrize("spoil", [few, one_value, all_missing])
@pytest.mark.parametrize("template", ASKS)
def test_it_is_said_in_words(
    template: str,
    spoil: Spoil,
    company: Mapping[str, pd.DataFrame],
    pin: Callable[..., None],
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    dataset, column = ASKS[template]
    monkeypatch.setenv("SANDBOX_MODE", "examine")
    pin(**{dataset: spoil(company[dataset], column)})
    if template == "explore":  # the look stands by itself, and says that there is no model
        run_studio(template)
        kept = json.loads((folder / "evidence.json").read_text("utf-8"))
        assert kept["method"] == "look" and "model" not in kept and not kept["metrics"]
        return
    with pytest.raises(BadInput) as stopped:
        run_studio(template)
    message, remedy = words.explain_error(stopped.value)
    assert message and remedy
    monkeypatch.setenv("SANDBOX_LANGUAGE", "zh-CN")
    assert all(re.search(r"[\u4e00-\u9fff]", text) for text in words.explain_error(stopped.value))
    assert not (folder / "evidence.json").exists() and not (folder / "model.skops").exists()


def test_all_templates_are_asked() -> None:
    assert set(ASKS) == {file.parent.name for file in (ROOT / "templates").glob("*/template.toml")}
