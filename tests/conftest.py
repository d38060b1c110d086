"""Shared by all tests: an empty workspace, and where the public tables are."""

from __future__ import annotations

import gc
import os
import sys

# Before anything imports NumPy: threads that spin while other processes want the two processors cost 20 times the work.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from sandbox.settings import Settings
from sandbox.workflows.services import Services

# Tests start Python some hundred times: what it compiles is kept, whatever the environment says.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# A machine that does much else at the same time is slow and not wrong. All else as Hypothesis has it, which under CI
# draws the same examples every time.
settings.register_profile("patient", settings(), deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")

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


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What the templates' examinations took together."""
    reports = [report for each in terminalreporter.stats.values() for report in each]
    noted = [pair for report in reports for pair in getattr(report, "user_properties", ()) if report.when == "call"]
    spent = [value for name, value in noted if name == "examination"]
    if spent:
        between = f"{min(spent):.0f} to {max(spent):.0f}"
        each = f"{len(spent)} examinations of templates: {between} s of processor time each"
        terminalreporter.write_line(f"{each}, {sum(spent):.0f} s together, {sum(spent) / 120:.1f} min on two")


# The rest matters to pytest-xdist only, which need not be installed where tests run one after the other.
@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    from tests.helpers.parallel import Rooms

    return Rooms(config, log)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """One more than there are processors: many tests wait for a server or a browser."""
    return min((os.cpu_count() or 1) + 1, 8)


@pytest.hookimpl(wrapper=True)
def pytest_collection(session: pytest.Session) -> Iterator[object]:
    """Nothing that is made while tests are collected becomes garbage: looking for it would take more than a second."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if "PYTEST_XDIST_WORKER" in os.environ:
        from tests.helpers.parallel import turn

        items.sort(key=lambda item: turn(item.nodeid))
