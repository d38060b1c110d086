"""Rule 1 of five: only a snapshot build (and the proposal before it) ever opens a source."""

from __future__ import annotations

import ast
import os
from pathlib import Path

import pytest

from sandbox.kernels.policy import KernelPolicy
from tests.helpers.kernels import confined_kernel, plain_kernel

PACKAGE = Path(__file__).resolve().parent.parent / "sandbox"
DOOR = "sandbox.snapshots.source"
# The build itself, the proposal for a person's own table, and the door's own parts.
MAY_OPEN = {"snapshots/build.py", "snapshots/propose.py"}


def importers(door: str) -> set[str]:
    """Modules outside the door's own that import it, relative to the package."""
    found = set()
    for file in PACKAGE.rglob("*.py"):
        name = file.relative_to(PACKAGE).as_posix()
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            modules = [node.module] if isinstance(node, ast.ImportFrom) else []
            if isinstance(node, ast.ImportFrom) and node.module == "sandbox.snapshots":
                modules = [f"{node.module}.{alias.name}" for alias in node.names]
            elif isinstance(node, ast.Import):
                modules = [alias.name for alias in node.names]
            if any(m and (m == door or m.startswith(f"{door}_")) for m in modules):
                found.add(name)
    return {name for name in found if not name.startswith("snapshots/source")}


def test_only_the_build_and_the_proposal_open_sources() -> None:
    outside = {name for name in importers(DOOR) if not name.startswith("snapshots/")}
    assert not outside, f"these open sources: {sorted(outside)}"
    assert importers(DOOR) >= MAY_OPEN, "the check looks at the wrong door"


def test_a_notebook_cannot_read_a_source(tmp_path: Path) -> None:
    project, source = tmp_path / "project", tmp_path / "sources" / "customers.csv"
    project.mkdir()
    source.parent.mkdir()
    source.write_text("customer_id,name\nC1,Wang Fang\n")
    attack = f"print(open({str(source)!r}).read())"
    with plain_kernel(project, dict(os.environ)) as kernel:
        assert "Wang Fang" in kernel.run(attack)
    with (
        confined_kernel(KernelPolicy(writable=(project,))) as kernel,
        pytest.raises(RuntimeError, match="Error") as refused,
    ):
        kernel.run(attack)
    assert str(refused.value).startswith(("PermissionError", "FileNotFoundError"))
