"""A hand without a browser: which controls are found to change something, and which are not."""

from __future__ import annotations

from pathlib import Path

import pytest
from nbformat.v4 import new_code_cell, new_notebook

from sandbox.checks import opening
from sandbox.core.findings import Level
from sandbox.core.run import ControlsTried
from sandbox.kernels.policy import KernelPolicy
from sandbox.notebooks.controls import _other_state
from sandbox.notebooks.execute import run_notebook
from tests.checks.conftest import make_project

SLIDER = (
    "import ipywidgets as w\nfrom IPython.display import display\ns = w.IntSlider(value=100, description='Months')\n"
)


def tried(code: str, folder: Path) -> ControlsTried:
    report = run_notebook(
        new_notebook(cells=[new_code_cell(code)]), policy=KernelPolicy(writable=(folder,)), cwd=folder, timeout=60,
        output_limit=2**20, use_controls=True,
    )  # fmt: skip
    assert report.ok and report.controls is not None
    return report.controls


WORKS = {
    "a label follows": "t = w.Label()\ns.observe(lambda _: setattr(t, 'value', str(s.value)), 'value')\ndisplay(s, t)",
    "an output is shown anew": "w.interact(lambda months: print(months), months=s)",
    "a button acts on what was set": (
        "o = w.Output()\nb = w.Button(description='Months')\ndef go(_):\n  with o: print(s.value)\n"
        "b.on_click(go)\ndisplay(s, b, o)"
    ),
}


@pytest.mark.parametrize("works", WORKS)
def test_a_control_that_works(works: str, tmp_path: Path) -> None:
    found = tried(SLIDER + WORKS[works], tmp_path)
    assert found.moved == "Months" and found.there >= 1


BROKEN = {
    "connected to nothing": "display(s, w.Label('still'))",
    "it fails": "t = w.Label()\ndef go(_): raise ValueError\ns.observe(go, 'value')\ndisplay(s, t)",
    "disabled": "s.disabled = True\ndisplay(s)",
}


@pytest.mark.parametrize("broken", BROKEN)
def test_a_control_that_does_not(broken: str, tmp_path: Path) -> None:
    found = tried(SLIDER + BROKEN[broken], tmp_path)
    assert not found.moved
    assert found.tried == (0 if broken == "disabled" else 1)


@pytest.mark.parametrize(
    ("model", "state", "moved"),
    [
        ("IntSlider", {"value": 3, "min": 0, "max": 10, "step": 2}, {"value": 5}),
        ("FloatSlider", {"value": 1.0, "min": 0.0, "max": 1.0, "step": 0.25}, {"value": 0.75}),
        ("IntSlider", {"value": 1, "min": 1, "max": 1, "step": 1}, None),
        ("BoundedIntText", {"value": 20, "min": 0, "max": 20, "step": 1}, {"value": 19}),
        ("Checkbox", {"value": False}, {"value": True}),
        ("Dropdown", {"_options_labels": ["a", "b"], "index": 0}, {"index": 1}),
        ("Dropdown", {"_options_labels": ["a"], "index": 0}, None),
        ("SelectMultiple", {"_options_labels": ["a", "b"], "index": [0]}, {"index": []}),
        ("IntProgress", {"value": 3, "min": 0, "max": 10}, None),
        ("Valid", {"value": True}, None),
        ("HTML", {"value": "<b>x</b>"}, None),
    ],
)
def test_how_each_is_moved(model: str, state: dict[str, object], moved: object) -> None:
    assert _other_state(model, state) == moved


def test_what_people_are_told() -> None:
    from dataclasses import replace

    from sandbox.checks import Facts
    from sandbox.core.run import RunReport

    def findings(controls: ControlsTried, **views: str) -> list[tuple[Level, str]]:
        facts = Facts(make_project(), {}, None, first_views=views)
        facts = replace(facts, app_runs={"en": RunReport({}, controls=controls)})
        return [(finding.level, str(finding.message)) for finding in opening.check(facts)]

    assert findings(ControlsTried(2, 1, "Months"))[0][0] is Level.PASS
    assert "“Months”" in findings(ControlsTried(2, 1, "Months"))[0][1]
    assert findings(ControlsTried(2, 2))[0][0] is Level.REVIEW
    assert findings(ControlsTried())[0][0] is Level.PASS
    assert "opens at once" in findings(ControlsTried(), en="ab")[1][1]
    assert "each viewer" in findings(ControlsTried(), en="ab", zh="")[1][1]
