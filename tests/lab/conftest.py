"""A lab without a kernel: environment variables as a kernel would have them, and small made-up tables."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from IPython.core.interactiveshell import InteractiveShell

from sandbox.lab import needs, pins, project, steps
from sandbox.lab.needs import Need
from tests.helpers.pinned import pin_frame

NEEDS: tuple[Need, ...] = (
    needs.unit("customer", "Customer", "customer customerid 客户"),
    needs.outcome("left", "Left", "churn churned left 流失"),
    needs.time("time", "Time", "time recorded 时间"),
    needs.facts("facts", "Facts"),
)


def people(count: int = 1200, seed: int = 3) -> pd.DataFrame:
    """Customers whose leaving follows tenure and contract; ``noise`` has no effect."""
    random = np.random.default_rng(seed)
    tenure = random.integers(0, 72, count)
    contract = random.choice(["monthly", "yearly"], count)
    score = 0.8 - 0.05 * tenure + 1.4 * (contract == "monthly")
    left = random.random(count) < 1 / (1 + np.exp(-score))
    return pd.DataFrame({
        "customerID": [f"C-{number:05d}" for number in range(count)],
        "tenure": tenure,
        "contract": contract,
        "noise": random.normal(size=count),
        "Churn": np.where(left, "Yes", "No"),
    })  # fmt: skip


@pytest.fixture
def pin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """``pin(name=frame, …)`` pins tables; the project folder is empty, the language English."""
    folder = tmp_path / "project"
    folder.mkdir()
    monkeypatch.setenv("SANDBOX_PROJECT", str(folder))
    monkeypatch.setenv("SANDBOX_LANGUAGE", "en")
    monkeypatch.setenv("SANDBOX_MODE", "studio")
    for name in ("SANDBOX_APP", "SANDBOX_TEMPLATE"):
        monkeypatch.delenv(name, raising=False)
    InteractiveShell.instance()
    project.start("no-such-template")

    def make(**frames: pd.DataFrame) -> None:
        folders = {name: str(pin_frame(frame, tmp_path / "snapshots", name)) for name, frame in frames.items()}
        monkeypatch.setenv("SANDBOX_PINS", json.dumps(folders))

    yield make
    for connection in pins._open.values():
        connection.close()
    pins._open.clear()
    steps.forget()


@pytest.fixture
def folder(pin: Callable[..., None]) -> Path:
    from sandbox.lab import places

    return places.project_folder()
