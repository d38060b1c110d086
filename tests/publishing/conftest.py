"""A project, its submission and what a real run leaves: a fitted pipeline, its sample and its evidence."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pandas as pd
import pytest
import skops.io
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from sandbox.core.findings import Level
from sandbox.core.lifecycle import State
from sandbox.core.project import Kpi, Project, Submission
from sandbox.publishing.archive import SubmissionFiles
from sandbox.publishing.candidate import freeze

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)


def table(rows: int = 200) -> pd.DataFrame:
    rng = np.random.default_rng(7)
    months = rng.integers(0, 60, rows).astype(float)
    months[3] = np.nan
    return pd.DataFrame(
        {"months": months, "plan": rng.choice(["月付", "yearly"], rows), "fee": rng.normal(50, 9, rows)}
    )


def fitted(model: Any) -> Pipeline:
    data = table()
    numbers = Pipeline([("fill", SimpleImputer()), ("scale", StandardScaler())])
    parts = [("numbers", numbers, ["months", "fee"]), ("plan", OneHotEncoder(handle_unknown="ignore"), ["plan"])]
    outcome = np.where(data["fee"] > 50, "Yes", "No")
    return Pipeline([("prepare", ColumnTransformer(parts)), ("model", model)]).fit(data, outcome)


def notebook_bytes() -> bytes:
    cells = [new_markdown_cell("# Churn", id="title"), new_code_cell("1 + 1", id="fit")]
    return nbformat.writes(new_notebook(cells=cells)).encode()


@dataclass
class Bench:
    """Everything that ``freeze`` needs; tests change what they are about."""

    project: Project
    submission: Submission
    source: SubmissionFiles
    run: Path
    shelf: Path

    def freeze(self, **changes: Any) -> Path:
        app = new_notebook(cells=[new_code_cell("from sandbox import lab", id="open")])
        manifest = {"version": "20261120T000000Z-aaaaaaaaaaaa", "content_hash": "c" * 64, "file": {"sha256": "f" * 64},
                    "rows": {"published": 18000}, "units": {"published": 18000}}  # fmt: skip
        arguments: dict[str, Any] = {
            "project": self.project, "submission": self.submission, "source": self.source,
            "pins": {"contracts": manifest}, "findings_level": Level.REVIEW,
            "evidence": json.loads((self.run / "evidence.json").read_text()), "requirements_lock": b"pandas==3.0\n",
            "thumbnail": b"<svg/>", "destination_root": self.shelf, "now": NOW, **changes,
        }  # fmt: skip
        return self.shelf / str(freeze(self.run, {"en": app, "zh-CN": app}, **arguments))


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    run = tmp_path / "run"
    run.mkdir()
    pipeline, sample = fitted(LogisticRegression()), table().head(20)
    skops.io.dump(pipeline, run / "model.skops")
    rows = json.loads(sample.to_json(orient="values"))
    scores = pipeline.predict_proba(pd.DataFrame(rows, columns=list(sample.columns)))[:, 1].tolist()
    (run / "sample.json").write_text(json.dumps({"columns": list(sample.columns), "rows": rows, "predictions": scores}))
    metric = {
        "name": "roc_auc",
        "label": {"en": "ROC AUC", "zh-CN": "区分度"},
        "model": 0.83,
        "baseline": 0.5,
        "rows": 60,
    }
    (run / "evidence.json").write_text(json.dumps({"format": 1, "metrics": [metric]}))
    (run / "choices.json").write_text('{"threshold": 0.4}')
    source = SubmissionFiles.of({"notebook.ipynb": notebook_bytes(), "choices.json": b"{}"})
    project = Project(
        slug="churn", owner="lin", title="流失预警 | Churn <b>early</b> warning", problem="We lose customers unseen.",
        kpi=Kpi("Churn rate", "%", 12.5, 10), department="Retail", template="customer-churn",
        pins={"contracts": "20261120T000000Z-aaaaaaaaaaaa"}, state=State.SUBMITTED, language="zh-CN", created=NOW,
        changed=NOW,
    )  # fmt: skip
    submission = Submission("churn", 3, source.sha256, 1234, NOW, "lin", project.pins)
    return Bench(project, submission, source, run, tmp_path / "apps" / "churn")
