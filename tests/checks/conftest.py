"""Facts about small submissions. Notebooks are real; those that must run are run in a real confined kernel."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from sandbox.checks import Facts, Limits
from sandbox.core.lifecycle import State
from sandbox.core.project import Kpi, Project
from sandbox.core.run import RunReport
from sandbox.kernels.policy import KernelPolicy
from sandbox.notebooks.execute import run_notebook

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
VERSION = "20261121T093000Z-1a2b3c4d5e6f"
PINS = {
    "contracts": {
        "dataset": "contracts",
        "version": VERSION,
        "personal": True,
        "unit": "customer_id",
        "columns": [{"name": n} for n in ("customer_id", "region", "tariff", "months", "fee", "left")],
    }
}


def make_project(**changes: Any) -> Project:
    values: dict[str, Any] = {
        "slug": "keep-customers",
        "owner": "lin",
        "title": "Keep customers",
        "problem": "Customers leave before we call them.",
        "kpi": Kpi("Customers who leave", "% a month", 2.4, 1.9),
        "department": "Sales",
        "template": "customer-churn",
        "pins": {"contracts": VERSION},
        "state": State.SUBMITTED,
        "language": "en",
        "created": NOW,
        "changed": NOW,
    }
    return Project(**{**values, **changes})


def code(source: str, *tags: str, id: str = "made") -> NotebookNode:
    return new_code_cell(source, id=id, metadata={"tags": list(tags)})


def text(source: str, *tags: str, id: str = "text") -> NotebookNode:
    return new_markdown_cell(source, id=id, metadata={"tags": list(tags)})


def notebook(*cells: NotebookNode) -> NotebookNode:
    return new_notebook(cells=list(cells))


@dataclass
class Runner:
    """Runs each notebook once per session: a kernel costs half a second."""

    folder: Path
    done: dict[str, RunReport] = field(default_factory=dict)

    def __call__(self, made: NotebookNode, seconds: float = 60, output_bytes: int = 2**21) -> RunReport:
        key = nbformat.writes(made)
        if key not in self.done:
            self.done[key] = run_notebook(
                made,
                policy=KernelPolicy(writable=(self.folder,)),
                cwd=self.folder,
                timeout=seconds,
                output_limit=output_bytes,
            )
        return self.done[key]


@pytest.fixture(scope="session")
def run(tmp_path_factory: pytest.TempPathFactory) -> Runner:
    return Runner(tmp_path_factory.mktemp("run"))


@pytest.fixture
def facts_of(run: Runner) -> Callable[..., Facts]:
    """Facts about a notebook; ``execute=True`` runs it first."""

    def make(
        made: NotebookNode, *, execute: bool = False, files: Mapping[str, bytes] | None = None, **changes: Any
    ) -> Facts:
        values: dict[str, Any] = {
            "project": make_project(),
            "files": {"notebook.ipynb": nbformat.writes(made).encode(), **(files or {})},
            "notebook": made,
            "limits": Limits(),
            "pins": PINS,
        }
        if execute:
            values["run"] = run(made)
        return Facts(**{**values, **changes})

    return make
