"""What a notebook imports: ``from sandbox import lab``.

Light to import: each name is loaded from its module when it is first used. By the notebook's order:

- start, wording: which template this is, and how it calls its cases; t: a text in the reader's language
- data, datasets: the pinned snapshots; form with unit, outcome, time, facts, worth: what to choose
- step: a function whose result is shown and follows the form
- show_quality, evaluate, show_result, explain, show_reasons, show_worth, table: look, judge, explain, calculate
- save_model, record: what publication freezes
- open_app, show_purpose, show_case, show_groups, show_worth_slider, load_model: the app part

To add a name: write it in the module whose noun it belongs to, and add the row here; ``docs/lab.md`` lists them.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_HOMES = {
    "start": "project.start",
    "wording": "project.name_things",
    "t": "words.t",
    "data": "pins.data",
    "datasets": "pins.datasets",
    "form": "forms.form",
    "unit": "needs.unit",
    "outcome": "needs.outcome",
    "time": "needs.time",
    "facts": "needs.facts",
    "worth": "assumptions.worth",
    "step": "steps.step",
    "show_quality": "views.show_quality",
    "evaluate": "evaluation.evaluate",
    "show_result": "views.show_result",
    "explain": "explanation.explain",
    "show_reasons": "views.show_reasons",
    "show_worth": "views.show_worth",
    "table": "tables.table",
    "save_model": "saving.save_model",
    "load_model": "saving.load_model",
    "record": "saving.record",
    "open_app": "app.open_app",
    "show_purpose": "app.show_purpose",
    "show_case": "app_parts.show_case",
    "show_groups": "app_parts.show_groups",
    "show_worth_slider": "app_parts.show_worth_slider",
}

__all__ = sorted(_HOMES)


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"lab has no “{name}”; it has: {', '.join(__all__)}")
    module, attribute = home.split(".")
    return getattr(import_module(f"sandbox.lab.{module}"), attribute)


def __dir__() -> list[str]:
    return __all__
