"""The templates' examined projects and the public tables, once per test run."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

import pandas as pd
import pytest

from sandbox.core.messages import LANGUAGES
from sandbox.settings import Settings
from sandbox.workflows.services import Services
from tests.conftest import ROOT
from tests.helpers.pinned import pin_frame
from tests.templates.examined import NAMES, Examinations


@pytest.fixture(scope="session")
def examined(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Examinations]:
    """Every template's project in a language, submitted and examined: ``examined("customer-churn", "en")``."""
    home = tmp_path_factory.mktemp("examined") / "home"
    settings = Settings(home=home, content=ROOT, examination_workers=os.cpu_count() or 1)
    projects = Examinations(Services.open(settings))
    asked = {item.callspec.id for item in request.session.items if hasattr(item, "callspec")}
    projects.expect((name, language) for name in NAMES for language in LANGUAGES if f"{name}-{language}" in asked)
    yield projects
    projects.stop()


@pytest.fixture(scope="session")
def public_pins(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    folder = tmp_path_factory.mktemp("public")
    files = {"telco": "telco_churn.csv", "ai4i": "ai4i2020.csv"}
    return {name: pin_frame(pd.read_csv(shared_data / file), folder, name) for name, file in files.items()}
