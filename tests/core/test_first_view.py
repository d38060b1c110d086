from __future__ import annotations

import copy
import uuid
from typing import Any

from sandbox.core.first_view import first_view, same_first_view
from sandbox.core.notebook import WIDGET_STATE, WIDGET_VIEW


def notebook(value: int = 3, text: str = "risk") -> dict[str, Any]:
    slider, layout = uuid.uuid4().hex, uuid.uuid4().hex
    state = {
        layout: {"model_name": "LayoutModel", "state": {}},
        slider: {"model_name": "IntSliderModel", "state": {"value": value, "layout": f"IPY_MODEL_{layout}"}},
    }
    outputs = [
        {"output_type": "stream", "name": "stdout", "text": text},
        {"output_type": "display_data", "data": {WIDGET_VIEW: {"model_id": slider}}, "metadata": {}},
    ]
    return {
        "cells": [{"cell_type": "code", "source": "", "outputs": outputs}],
        "metadata": {"widgets": {WIDGET_STATE: {"version_major": 2, "version_minor": 0, "state": state}}},
    }


def test_ids_of_widgets_do_not_count() -> None:
    assert same_first_view(notebook(), notebook())


def test_what_is_shown_counts() -> None:
    assert not same_first_view(notebook(), notebook(value=4))
    assert not same_first_view(notebook(), notebook(text="risk of today"))


def test_another_id_that_is_shown_counts() -> None:
    assert not same_first_view(notebook(text=uuid.uuid4().hex), notebook(text=uuid.uuid4().hex))


def test_an_objects_place_in_memory_does_not_count() -> None:
    def drawn(place: str, what: str = "Line2D") -> dict[str, Any]:
        return notebook(text=f"[<matplotlib.lines.{what} at 0x{place}>]")

    assert same_first_view(drawn("7f370bd5d850"), drawn("7f370bc6b190"))
    assert not same_first_view(drawn("7f370bd5d850"), drawn("7f370bd5d850", "Patch"))
    assert not same_first_view(notebook(text="at 0x7f370bd5d850"), notebook(text="at 0x7f370bc6b190"))


def test_which_widget_is_shown_counts() -> None:
    one = notebook()
    other = copy.deepcopy(one)
    layout = next(iter(other["metadata"]["widgets"][WIDGET_STATE]["state"]))
    other["cells"][0]["outputs"][1]["data"][WIDGET_VIEW]["model_id"] = layout
    assert not same_first_view(one, other)


def test_code_does_not_count() -> None:
    one = notebook()
    other = copy.deepcopy(one)
    other["cells"][0]["source"] = "# a comment"
    assert first_view(one) == first_view(other)


def test_a_notebook_without_anything() -> None:
    assert first_view({}) == first_view({"cells": []})
