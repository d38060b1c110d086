"""Input controls with the label above, wide enough for a thumb; and their values, brought into range.

In an app every value can come from a hostile viewer: any value, any time. Nothing is used before ``number_from`` or
``choice_from`` has seen it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import ipywidgets

#: Letters of an option that can be read in half the width of a phone.
_SHORT = 13


def slider(label: str, value: float, low: float, high: float, step: float) -> Any:
    """A slider with its value readable; reports when it is let go."""
    whole = step == int(step)
    digits = 0 if whole else max(1, -math.floor(math.log10(step)))
    control = ipywidgets.FloatSlider(
        value=min(high, max(low, value)),
        min=low,
        max=high,
        step=step,
        description=label,
        continuous_update=False,
        readout_format=f",.{digits}f",
        style={"description_width": "initial"},
        layout={"width": "auto"},
    )
    control.add_class("sb-control")
    return control


def dropdown(label: str, options: Sequence[tuple[str, str]], value: str | None) -> Any:
    """A list of (shown text, value); the first is taken when ``value`` is none of them."""
    values = [option[1] for option in options]
    control = ipywidgets.Dropdown(
        options=list(options),
        value=value if value in values else (values[0] if values else None),
        description=label,
        style={"description_width": "initial"},
        layout={"width": "auto"},
    )
    control.add_class("sb-control")
    if max((sum(2 if letter > "\u2e80" else 1 for letter in text) for text, _ in options), default=0) > _SHORT:
        control.add_class("sb-long")
    return control


def textarea(label: str, value: str, rows: int = 5) -> Any:
    """A field for a longer text; reports when it is left."""
    control = ipywidgets.Textarea(
        value=value,
        description=label,
        rows=rows,
        continuous_update=False,
        style={"description_width": "initial"},
        layout={"width": "auto"},
    )
    control.add_class("sb-control")
    return control


def checkbox(label: str, value: bool) -> Any:
    return ipywidgets.Checkbox(value=value, description=label, indent=False, layout={"width": "auto"})


def button(label: str) -> Any:
    made = ipywidgets.Button(description=label, button_style="primary", layout={"width": "auto"})
    made.add_class("sb-button")
    return made


def grid(controls: Sequence[Any]) -> Any:
    """Controls side by side where there is room, else one below the other."""
    box = ipywidgets.Box(list(controls))
    box.add_class("sb-grid")
    return box


def column(parts: Sequence[Any]) -> Any:
    box = ipywidgets.VBox(list(parts))
    box.add_class("sb-controls")
    return box


def beside(inputs: Sequence[Any], answer: Any) -> Any:
    """What is entered at the left and what follows from it at the right; one below the other on a phone."""
    entered = ipywidgets.VBox(list(inputs), layout={"overflow": "visible"})
    box = ipywidgets.Box([entered, answer])
    box.add_class("sb-beside")
    return column([box])


def folded(title: str, inside: Any) -> Any:
    return ipywidgets.Accordion(children=[inside], titles=(title,), selected_index=None)


def html(text: str = "") -> Any:
    return ipywidgets.HTML(text)


def number_from(value: Any, low: float, high: float, otherwise: float) -> float:
    """A number brought into its range; ``otherwise`` for anything that is not a number."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return otherwise
    return min(high, max(low, float(value)))


def choice_from(value: Any, allowed: Sequence[str], otherwise: str) -> str:
    return value if isinstance(value, str) and value in allowed else otherwise


def live(controls: Mapping[str, Any], update: Callable[[], None]) -> None:
    """Call ``update`` now and whenever a control changes."""

    def changed(_change: Any) -> None:
        update()

    for control in controls.values():
        control.observe(changed, names="value")
    update()


def amount(label: str, value: float) -> Any:
    """A number to type; reports when it is left."""
    control = ipywidgets.BoundedFloatText(
        value=round(value, 4),
        min=0,
        max=1e7,
        description=label,
        continuous_update=False,
        style={"description_width": "initial"},
        layout={"width": "auto"},
    )
    control.add_class("sb-control")
    return control
