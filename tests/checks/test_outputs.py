"""Checks of what a run shows, on notebooks run in a real confined kernel: each must pass one and find another."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from sandbox.checks import Facts, app_part, errors, outputs_size, personal_data, small_cells
from sandbox.core.findings import Level, worst
from tests.checks.conftest import Runner, code, notebook, text

Make = Callable[..., Facts]

FRAME = "import pandas as pd\n"
GOOD_TABLE = FRAME + 'pd.DataFrame({"region": ["north", "south"], "customers": [120, 48]})'


def test_a_clean_notebook_passes_all(facts_of: Make) -> None:
    made = notebook(
        text("# Hello", "app"),
        code(GOOD_TABLE, "studio", id="table"),
        code("import ipywidgets as w\nw.IntSlider(value=3)", "app"),
    )
    facts = facts_of(made, execute=True)
    for check in (errors, outputs_size, personal_data, small_cells, app_part):
        findings = list(check.check(facts))
        assert findings and worst(findings) is Level.PASS, [str(f.message) for f in findings]


ID = "11010519491231002X"
PERSONAL = {
    "stream": ("print('customer', '11010519491231002' + 'X')", "110*************2X"),
    "html": (FRAME + "pd.DataFrame({'phone': ['138' + '12345678']})", "138******78"),
    "inside an Output widget": (
        "import ipywidgets as w\no = w.Output()\ndisplay(w.VBox([w.HBox([o])]))\nwith o: print('138' + '12345678')",
        "138******78",
    ),
    "an HTML widget": ("import ipywidgets as w\nw.HTML('<b>138</b>' + '12345678')", "138******78"),
    "a number in a control": ("import ipywidgets as w\nw.IntText(value=13812345 * 1000 + 678)", "138******78"),
    "an option": ("import ipywidgets as w\nw.Dropdown(options=['zhang.wei@' + 'example.com'])", "z***@***.com"),
    "svg": (
        "from IPython.display import SVG\nSVG('<svg xmlns=\"http://www.w3.org/2000/svg\"><text>62'"
        " + '12345678901232</text></svg>')",
        "621***********32",
    ),
    "an error": ("raise ValueError('138' + '12345678')", "138******78"),
    "full-width digits": ("print('１３８' + '１２３４５６７８')", "138******78"),
}


@pytest.mark.parametrize("where", PERSONAL)
def test_personal_data_is_found_wherever_it_is_shown(facts_of: Make, where: str) -> None:
    source, excerpt = PERSONAL[where]
    facts = facts_of(notebook(code(source, "app", id="shows")), execute=True)
    found = [f for f in personal_data.check(facts) if f.level is Level.FAIL]
    assert found and found[0].cell == "shows"
    assert excerpt in str(found[0].message)
    assert "12345678" not in str([f.to_json() for f in found]), "a finding must not repeat what it found"


def test_written_personal_data_is_found_and_a_colleagues_address_is_for_the_reviewer(facts_of: Make) -> None:
    made = notebook(text("Ask li.wei@example.com"), code("phone = '13812345678'", id="holds"))
    found = {f.cell: f for f in personal_data.check(facts_of(made))}
    assert found["text"].level is Level.REVIEW
    assert found["holds"].level is Level.FAIL and "138******78" in str(found["holds"].message)


def test_pictures_are_for_the_reviewer(facts_of: Make) -> None:
    png = "import base64\nfrom IPython.display import Image\nImage(data=base64.b64decode('iVBORw0KGgo='), format='png')"
    findings = list(personal_data.check(facts_of(notebook(code(png, "app")), execute=True)))
    assert [f.level for f in findings if "picture" in str(f.message)] == [Level.REVIEW]


SMALL = {
    "a unit count": (FRAME + "pd.DataFrame({'region': ['a', 'b'], 'customers': [120, 3]})", Level.FAIL),
    "中文表头": (FRAME + "pd.DataFrame({'地区': ['a', 'b'], '客户数': [120, 3]})", Level.FAIL),
    "in an Output widget": (
        "import ipywidgets as w\no = w.Output()\ndisplay(o)\nwith o: display(__import__('pandas').DataFrame("
        "{'r': ['a', 'b'], 'customers': [120, 3]}))",
        Level.FAIL,
    ),
    "an HTML widget": (
        "import ipywidgets as w\nw.HTML('<table><tr><th>people</th></tr><tr><td>4</td></tr></table>')",
        Level.FAIL,
    ),
    "value_counts": (FRAME + "pd.Series(['a'] * 30 + ['b'] * 2).value_counts()", Level.REVIEW),
    "a cross table": (
        FRAME + "pd.crosstab(pd.Series(list('aab') * 20, name='x'), pd.Series(list('ppq') * 20, name='y'))",
        None,
    ),
    "a small cross table": (
        FRAME + "pd.DataFrame({'p': [40, 2], 'q': [30, 50]}, index=['a', 'b'])",
        Level.REVIEW,
    ),
    "pseudonyms": (FRAME + "pd.DataFrame({'who': ['9f86d081884c7d65', 'a3c5e1b2d4f60718']})", Level.FAIL),
    "single rows": (
        FRAME + "pd.DataFrame([['north', 'flat', 12, 30.0]], columns=['region', 'tariff', 'months', 'fee'])",
        Level.REVIEW,
    ),
    "describe()": (FRAME + "pd.DataFrame({'months': range(50), 'fee': range(50)}).describe()", None),
    "shares": (FRAME + "pd.DataFrame({'region': ['a', 'b'], 'share of customers %': [4, 96]})", None),
}


@pytest.mark.parametrize("name", SMALL)
def test_small_cells(facts_of: Make, name: str) -> None:
    source, expected = SMALL[name]
    findings = list(small_cells.check(facts_of(notebook(code(source, "app", id="shows")), execute=True)))
    assert worst(findings) is (expected or Level.PASS), [str(f.message) for f in findings]
    if expected:
        assert findings[0].cell == "shows" and str(findings[0].remedy)


def test_small_counts_of_machines_may_be_shown(facts_of: Make) -> None:
    source, _ = SMALL["a unit count"]
    facts = facts_of(notebook(code(source, id="shows")), execute=True, pins={"telemetry": {"personal": False}})
    assert worst(small_cells.check(facts)) is Level.PASS


ENDINGS = {
    "an error": ("1/0", "ZeroDivisionError"),
    "a loop that never ends": ("while True: pass", "did not end"),
    "too much memory": ("x = bytearray(3 * 2**30)", "memory"),
    "exit()": ("exit()", "ended in this cell"),
    "a killed kernel": ("import os; os._exit(3)", "exit code 3"),
}


@pytest.mark.parametrize("how", ENDINGS)
def test_a_run_that_does_not_end_well_is_refused_with_cell_and_remedy(facts_of: Make, run: Runner, how: str) -> None:
    source, words = ENDINGS[how]
    made = notebook(code("1 + 1", id="good"), code(source, id="bad"))
    facts = facts_of(made, run=run(made, seconds=3))
    (finding,) = errors.check(facts)
    assert (finding.level, finding.cell) == (Level.FAIL, "bad")
    assert words in str(finding.message) and str(finding.remedy)


def test_an_error_is_told_without_the_personal_data_in_it(facts_of: Make) -> None:
    made = notebook(code("raise ValueError('no such customer: 138' + '12345678')"))
    (finding,) = errors.check(facts_of(made, execute=True))
    assert "138******78" in str(finding.message)


def test_too_much_output_is_refused(facts_of: Make, run: Runner) -> None:
    made = notebook(code("print('x' * 100_000_000)", id="prints"))
    facts = facts_of(made, run=run(made))
    (finding,) = outputs_size.check(facts)
    assert (finding.level, finding.cell) == (Level.FAIL, "prints")
    assert list(errors.check(facts)) == []


def test_a_large_output_is_for_the_reviewer(facts_of: Make) -> None:
    findings = list(outputs_size.check(facts_of(notebook(code("print('x' * 1_200_000)")), execute=True)))
    assert [f.level for f in findings] == [Level.REVIEW]


def test_an_app_that_needs_studio_cells_does_not_start(facts_of: Make, run: Runner) -> None:
    made = notebook(code("rows = 3", "studio", id="studio"), code("print(rows)", "app", id="app"))
    app = notebook(code("print(rows)", "app", id="app"))
    findings = list(app_part.check(facts_of(made, execute=True, app_runs={"en": run(app)})))
    assert worst(findings) is Level.FAIL and {f.cell for f in findings} == {"app"}


def test_an_app_without_cells_or_outputs_is_refused(facts_of: Make) -> None:
    assert worst(app_part.check(facts_of(notebook(code("1", "studio")), execute=True))) is Level.FAIL
    assert worst(app_part.check(facts_of(notebook(code("x = 1", "app")), execute=True))) is Level.FAIL


def test_an_app_that_fits_is_refused(facts_of: Make) -> None:
    made = notebook(
        code("def make(m, X, y):\n    return m.fit(X, y)\nprint(1)", "setup", id="fits"), code("print(1)", "app")
    )
    (finding,) = app_part.check(facts_of(made, execute=True))
    assert (finding.level, finding.cell) == (Level.FAIL, "fits")
