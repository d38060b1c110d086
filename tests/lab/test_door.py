"""The door of the lab: what it names exists, is documented, and costs nothing until it is used."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from sandbox import lab
from tests.conftest import ROOT


def test_every_name_exists():
    for name in lab.__all__:
        assert callable(getattr(lab, name)), name


def test_an_unknown_name_says_what_there_is():
    with pytest.raises(AttributeError, match="show_case"):
        _ = lab.shwo_case


def test_the_document_lists_exactly_these_names():
    rows = [
        line for line in (ROOT / "docs" / "lab.md").read_text(encoding="utf-8").splitlines() if line.startswith("| `")
    ]
    named = {name for row in rows for name in re.findall(r"`lab\.(\w+)`", row.split("|")[1])}
    assert named == set(lab.__all__)


def test_importing_it_loads_no_heavy_library():
    heavy = "pandas", "sklearn", "duckdb", "ipywidgets", "matplotlib"
    code = f"import sys; from sandbox import lab; print([m for m in {heavy!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.strip() == "[]"


def test_no_name_is_a_modules():
    """Importing the module would put it in the function's place, from the second use on."""
    modules = {file.stem for file in (ROOT / "sandbox" / "lab").glob("*.py")}
    assert not modules & set(lab.__all__)
