"""The wheel carries everything that an installed sandbox needs, and nothing else."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import zipfile
from collections.abc import Iterable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

#: At least one file of each must be inside; an installed sandbox cannot start, or looks broken, without it.
PARTS = (
    "sandbox/cli/main.py",
    "sandbox/i18n/zh-CN/portal.po",
    "sandbox/portal/html/base.html",
    "sandbox/portal/static/portal.css",
    "sandbox/appserver/templates/app/head.html",
    "sandbox/appserver/page/allowed.json",
    "sandbox/appserver/page/built/runtime.js",
    "sandbox/appserver/page/built/page.css",
    "sandbox/appserver/page/built/vega.js",
    "sandbox/appserver/page/built/licenses.txt",
    "sandbox/publishing/bundle/rescore.py",
    "sandbox/publishing/bundle/README.zh-CN.md",
    "sandbox/store/migrations/env.py",
    "sandbox/store/migrations/versions/",
    "sandbox/content/datasets/customers.yaml",
    "sandbox/content/templates/customer-churn/notebook.ipynb",
    "sandbox/content/templates/machine-failure/zh-CN.po",
    "sandbox/content/learning/first-steps/notebook.ipynb",
    "sandbox/content/learning/judging-a-result/zh-CN.po",
    "sandbox/content/apps/churn-early-warning/app.toml",
    "sandbox/content/requirements/runtime.txt",
    "sandbox/labserver/labextension/@innovation-sandbox/lab/package.json",
    "sandbox/labserver/labextension/@innovation-sandbox/lab/static/remoteEntry.",
    "sandbox/labserver/labextension/@innovation-sandbox/lab/schemas/@innovation-sandbox/lab/plugin.json",
)
FOREIGN = {
    "tests",
    "node_modules",
    ".venv",
    ".git",
    ".sandbox",
    "__pycache__",
    ".ipynb_checkpoints",
    "labextension/src",
    "apppage",
}
CONTENT = ("datasets", "templates", "learning", "apps")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> frozenset[str]:
    """The names of the files in a freshly built wheel."""
    if importlib.util.find_spec("hatchling") is None:
        pytest.fail("hatchling is missing here though requirements/test.txt locks it: run `make setup-test`")
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stdout + done.stderr
    (file,) = folder.glob("*.whl")
    with zipfile.ZipFile(file) as archive:
        return frozenset(archive.namelist())


@pytest.fixture(scope="module")
def tracked() -> list[str]:
    """The files that git tracks and that are there."""
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout: what belongs to the package is not known")
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [name for name in listed.split("\0") if name and (ROOT / name).is_file()]


def absent(parts: Iterable[str], files: frozenset[str]) -> list[str]:
    return [part for part in parts if not any(name.startswith(part) for name in files)]


def foreign(files: Iterable[str]) -> list[str]:
    return [name for name in files if any(f"/{part}/" in f"/{name}" for part in FOREIGN)]


def test_every_part_is_inside(wheel: frozenset[str]) -> None:
    assert not absent(PARTS, wheel)


def test_every_tracked_file_of_the_package_and_its_content_is_inside(wheel: frozenset[str], tracked: list[str]) -> None:
    package = {name for name in tracked if name.startswith("sandbox/")}
    content = {f"sandbox/content/{name}" for name in tracked if name.split("/")[0] in CONTENT}
    assert len(package) > 100 and len(content) > 10
    assert not sorted((package | content) - wheel)


def test_content_is_what_git_tracks(wheel: frozenset[str], tracked: list[str]) -> None:
    """What somebody's run left beside the content (caches, checkpoints, evidence) stays at home."""
    content = {f"sandbox/content/{name}" for name in tracked if name.split("/")[0] in CONTENT}
    left = {name for name in wheel if name.startswith(tuple(f"sandbox/content/{part}/" for part in CONTENT))}
    assert not sorted(left - content)


def test_nothing_foreign_is_inside(wheel: frozenset[str]) -> None:
    assert not foreign(wheel)
    assert {name.split("/")[0] for name in wheel if ".dist-info/" not in name} == {"sandbox"}


def test_the_checks_can_fail() -> None:
    assert absent(["sandbox/gone.py"], frozenset({"sandbox/here.py"})) == ["sandbox/gone.py"]
    assert foreign(["sandbox/tests/test_a.py", "sandbox/testsuite.py"]) == ["sandbox/tests/test_a.py"]
