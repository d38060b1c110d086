"""One workspace is settled per session; every test gets a copy of its own."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.settings import Settings
from sandbox.workflows.services import Services

from .town import Town, settle


@pytest.fixture(scope="session")
def settled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("town") / "home"
    settle(home)
    return home


@pytest.fixture
def town(settled: Path, tmp_path: Path) -> Iterator[Town]:
    shutil.copytree(settled, tmp_path / "home")
    services = Services.open(Settings(home=tmp_path / "home"))
    yield Town(services)
    services.close()


@pytest.fixture(scope="session")
def quiet_town(settled: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """For tests that only read: shared."""
    home = tmp_path_factory.mktemp("quiet") / "home"
    shutil.copytree(settled, home)
    services = Services.open(Settings(home=home))
    yield Town(services)
    services.close()
