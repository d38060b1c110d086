"""The form: guessed at once, changed by hand, saved, and it runs the steps."""

from __future__ import annotations

import json

import pytest

from sandbox import lab
from sandbox.core.errors import BadInput
from sandbox.lab.assumptions import Worth
from tests.lab.conftest import NEEDS, people


def controls(widget, found=None):
    found = {} if found is None else found
    if getattr(widget, "description", ""):
        found[widget.description] = widget
    for child in getattr(widget, "children", ()):
        controls(child, found)
    return found


def shown_form():
    form = lab.form(*NEEDS, worth=Worth(20, 400, 0.3, "CNY"))
    form._ipython_display_()
    return form


def test_changes_are_saved_and_the_button_runs_the_steps(pin, folder):
    pin(contracts=people(), other=people(600, seed=9))
    form = shown_form()
    runs = []

    @lab.step
    def cases():
        runs.append(len(form.cases()))
        return runs[-1]

    controls(form._body)["Dataset"].value = "other"
    assert json.loads((folder / "choices.json").read_text())["dataset"] == "other"
    controls(form._body)["Acting on one warning costs (CNY)"].value = 60
    assert form.threshold == pytest.approx(0.5)
    controls(form._body)["noise"].value = False
    assert form.choices.facts == ("contract", "tenure") or set(form.choices.facts) == {"tenure", "contract"}
    controls(form._body)["See the result"].click()
    assert runs == [1200, 600]
    # A later session takes up where this one ended.
    assert lab.form(*NEEDS, worth=Worth(20, 400, 0.3)).choices == form.choices


def test_a_threshold_by_hand(pin):
    pin(contracts=people())
    form = shown_form()
    controls(form._body)["Choose the threshold by cost"].value = False
    controls(form._body)["Warn from this risk on (%)"].value = 35
    assert form.threshold == pytest.approx(0.35)


def test_no_dataset_is_said_in_words(pin):
    pin()
    form = shown_form()
    with pytest.raises(BadInput, match="not complete"):
        form.cases()


def test_hostile_names_and_values_do_not_break_the_form(pin):
    frame = people().rename(columns={"noise": 'a"; DROP TABLE data; --', "contract": "<script>x</script>"})
    pin(contracts=frame)
    assert len(shown_form().cases()) == 1200
