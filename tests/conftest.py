"""Shared by all tests: an empty workspace, and where the public tables are."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.settings import Settings
from sandbox.workflows.services import Services

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    """Services on an empty workspace."""
    opened = Services.open(Settings(home=tmp_path / "home"))
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder with the public tables; skips, saying so, where it is absent."""
    folder = Path(os.environ.get("SANDBOX_SHARED_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"the public tables are not here ({folder}); set SANDBOX_SHARED_DATA to their folder")
    return folder
