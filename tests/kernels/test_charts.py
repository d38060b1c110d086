"""altair's charts leave a kernel as data that notebooks, JupyterLab and an app's page take."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import altair as alt
import nbformat
import pytest
from ipykernel.zmqshell import ZMQInteractiveShell

from sandbox.kernels.kernelapp import configuration

LAB_DRAWS = "application/vnd.vegalite.v5+json"


@pytest.fixture(scope="module")
def shell() -> Iterator[Any]:
    made = ZMQInteractiveShell(config=configuration())
    yield made
    made.restore_sys_module_state()


@pytest.fixture(autouse=True)
def as_imported() -> Iterator[None]:
    with alt.renderers.enable("default"):
        yield


def shown(shell: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    chart = alt.Chart(alt.Data(values=[{"a": 1}]), title="One").mark_bar().encode(x="a:Q")
    return shell.display_formatter.format(chart)


@pytest.mark.parametrize("renderer", ["default", "html", "mimetype", "jupyterlab"])
def test_a_chart_is_data(shell: Any, renderer: str) -> None:
    alt.renderers.enable(renderer)
    data, metadata = shown(shell)
    assert data[LAB_DRAWS]["title"] == "One"
    assert "text/html" not in data
    assert alt.renderers.active == renderer
    output = nbformat.v4.new_output("display_data", data, metadata=metadata)
    nbformat.validate(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(outputs=[output])]))


def test_whoever_chose_another_way_gets_it(shell: Any) -> None:
    alt.renderers.enable("json")
    data, _ = shown(shell)
    assert LAB_DRAWS not in data and data["application/json"]["title"] == "One"


def test_options_for_drawing_go_along(shell: Any) -> None:
    alt.renderers.enable("html", embed_options={"theme": "dark"}, fullhtml=False)
    _, metadata = shown(shell)
    assert metadata[LAB_DRAWS] == {"embed_options": {"theme": "dark"}}


def test_a_chart_that_is_wrong_fails_as_ever(shell: Any, capsys: pytest.CaptureFixture[str]) -> None:
    data, _ = shell.display_formatter.format(alt.Chart(alt.Data(values=[])).mark_bar().encode(x="no type"))
    assert LAB_DRAWS not in data
    assert "no type" in capsys.readouterr().err
