"""The demo company's tables as pinned snapshots, small, once per test run."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pandas as pd
import pytest

from sandbox.demo import write_company
from tests.conftest import ROOT
from tests.helpers.pinned import pin_demo, pin_frame


@pytest.fixture(scope="session")
def demo_pins(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    folder = tmp_path_factory.mktemp("demo")
    write_company(folder / "sources", seed=7, scale=0.4, progress=None)
    return {
        file.stem: pin_demo(file, ROOT / "datasets" / f"{file.stem}.yaml", folder / "snapshots")
        for file in sorted((folder / "sources").iterdir())
        if file.suffix in (".parquet", ".csv", ".xlsx")
    }


@pytest.fixture(scope="session")
def public_pins(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    folder = tmp_path_factory.mktemp("public")
    files = {"telco": "telco_churn.csv", "ai4i": "ai4i2020.csv"}
    return {name: pin_frame(pd.read_csv(shared_data / file), folder, name) for name, file in files.items()}
