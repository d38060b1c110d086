"""What a notebook may offer as a file, and what stands in it."""

from __future__ import annotations

import base64
import re

import pandas as pd
import pytest

from sandbox import lab
from sandbox.core.errors import BadInput
from sandbox.lab import downloads


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list:
    """What was displayed: boxes of a button and the place of its link."""
    boxes: list = []
    monkeypatch.setattr("IPython.display.display", boxes.append)
    return boxes


def test_in_jupyterlab_the_button_makes_a_link(shown: list) -> None:
    lab.download("notes.csv", "a,b\n1,预警\n")
    offer, link = shown[0].children
    offer.click()
    found = re.search(r'download="notes.csv" href="data:application/octet-stream;base64,([^"]+)"', link.value)
    assert found and base64.b64decode(found[1]).decode("utf-8-sig") == "a,b\n1,预警\n"


@pytest.mark.parametrize("name", ["report.html", "run.exe", "../x.csv", "a\\b.csv", "nothing"])
def test_a_name_that_is_not_data_is_refused(name: str) -> None:
    with pytest.raises(BadInput, match="file name"):
        lab.download(name, "x")


def test_single_people_and_small_groups_are_not_given_away(shown: list) -> None:
    people = pd.DataFrame({"person": ["0123456789abcdef"] * 3, "n": [1, 1, 1]})
    lab.download("people.csv", people, units="n")
    lab.download("people.csv", people)
    for box in shown:
        data, (problem, _) = box.children[0].made()
        assert data is None and ("single units" in problem or "has no column" in problem)


def test_an_error_is_told_without_its_text(shown: list) -> None:
    lab.download("x.txt", lambda: 1 / 0)
    assert shown[0].children[0].made() == (None, ("The file could not be made.", ""))


def test_formulas_do_not_run_in_a_spreadsheet() -> None:
    frame = pd.DataFrame({"name": ["=HYPERLINK(1)", "@x", "plain"], "n": [10, 20, 30]})
    lines = downloads._csv(frame, "n").decode("utf-8-sig").splitlines()
    assert lines == ["name,n", "'=HYPERLINK(1),10", "'@x,20", "plain,30"]
