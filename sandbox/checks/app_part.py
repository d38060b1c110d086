"""Refuses a notebook without a usable app: no app cells, an error in them, or a model fitted when people open it.

Fitting happens once, at publication; the app loads the saved model. An app that trains is slow, differs from what was
reviewed, and lets its viewers' values into a model.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from sandbox.checks.code import Code, notebook_code
from sandbox.checks.errors import describe
from sandbox.checks.facts import Facts
from sandbox.core.findings import Finding, Level
from sandbox.core.messages import Message
from sandbox.core.notebook import APP, SETUP, STUDIO, Json, cells, tags, widget_states

PHASE, NAME = "run", "app_part"

_FITS = frozenset({"fit", "fit_transform", "fit_predict", "partial_fit", "cross_val_score", "cross_validate",
                   "cross_val_predict", "train_test_split", "save_model"})  # fmt: skip
_CONTROL = ("SliderModel", "TextModel", "DropdownModel", "CheckboxModel", "ButtonModel", "ButtonsModel", "SelectModel",
            "PickerModel", "ComboboxModel", "TextareaModel", "SelectMultipleModel", "RadioButtonsModel")  # fmt: skip


def check(facts: Facts) -> Iterable[Finding]:
    if facts.notebook is None:
        return
    app = [code for code in notebook_code(facts.notebook) if APP in code.tags]
    if not app:
        yield Finding(
            NAME,
            Level.FAIL,
            Message("No cell is marked as part of the app, so a viewer would see nothing."),
            Message("Add the tag “app” to the cells that viewers use (Property Inspector, Cell Tags)."),
        )
        return
    findings = [*_fitting(facts.notebook), *_failures(facts)]
    yield from findings
    if not findings:
        yield from _shows(facts, len(app))


def _fitting(notebook: Json) -> Iterator[Finding]:
    for code in notebook_code(notebook):
        if not code.tags & {APP, SETUP}:
            continue
        name = next(_fit_calls(code), None)
        if name:
            yield Finding(
                NAME,
                Level.FAIL,
                Message("This cell belongs to the app and fits a model ({call}).", {"call": name}),
                Message(
                    "Move the fitting to a cell tagged “studio”, save the model there, and use lab.load_model() here."
                ),
                code.cell,
            )


def _fit_calls(code: Code) -> Iterator[str]:
    for node in ast.walk(code.tree) if code.tree else ():
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name in _FITS:
                yield name


def _failures(facts: Facts) -> Iterator[Finding]:
    for language, report in facts.app_runs.items():
        if report.ok:
            continue
        message, remedy = describe(report, facts)
        if report.stopped == "output":
            message = Message("The app shows more than can be shown; it was stopped.")
            remedy = Message("Show fewer rows, or a simpler chart.")
        cell = report.error.cell_id if report.error else None
        yield Finding(
            NAME,
            Level.FAIL,
            Message("The app ({language}) does not start.", {"language": language}),
            Message(
                "The studio cells are not there when a viewer opens the app: what app cells need must be in cells "
                "tagged “app” or “setup”."
            ),
            cell,
        )
        yield Finding(NAME, Level.FAIL, message, remedy, cell)


def _shows(facts: Facts, app_cells: int) -> Iterator[Finding]:
    report = next(iter(facts.app_runs.values()), facts.run)
    if report is None:
        return
    shown = [c for c in cells(report.notebook, "code") if APP in tags(c) and STUDIO not in tags(c) and c.get("outputs")]
    controls = sum(str(s.get("_model_name", "")).endswith(_CONTROL) for s in widget_states(report.notebook).values())
    fields = {"cells": app_cells, "controls": controls}
    if not shown:
        yield Finding(
            NAME,
            Level.FAIL,
            Message("The {cells} app cells show nothing.", fields),
            Message("End an app cell with what viewers should see, for example a form or a chart."),
        )
    else:
        yield Finding(
            NAME, Level.PASS, Message("The app has {cells} cells and {controls} controls and fits no model.", fields)
        )
