"""Gamepads in an app's page, for ipywidgets' ``Controller``.

In JupyterLab the browser makes the widgets of a pad's buttons and axes in the kernel. A viewer may make nothing there
(``appserver.traffic``); so a page says to the ``Controller``, which exists, what is connected, and the kernel makes its
buttons and axes itself, of bounded number. What the notebook does with them stays as its author wrote it.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping
from typing import Any
from weakref import WeakKeyDictionary

EVENT = "gamepad"
#: Of one pad; a usual one has 17 buttons and 4 axes, a flight stick up to 32 and 8. Characters of its name.
MOST_BUTTONS, MOST_AXES, MOST_NAME = 32, 16, 200

#: What was made here for a ``Controller``'s pad, layouts included: ipywidgets would keep those for ever.
_made: WeakKeyDictionary[Any, list[Any]] = WeakKeyDictionary()


def attach(kernel: Any) -> None:
    """Let ``kernel`` deal with what pages say about gamepads; everything else goes where it went."""
    others = kernel.shell_handlers["comm_msg"]

    def comm_msg(stream: Any, ident: Any, message: Mapping[str, Any]) -> Any:
        said = _said(message.get("content"))
        controller = said and _controller(message["content"].get("comm_id"))
        if not said or controller is None:
            return others(stream, ident, message)
        return connect(controller, said) if said.get("connected") is True else disconnect(controller)

    kernel.shell_handlers["comm_msg"] = comm_msg


def connect(controller: Any, said: Mapping[str, Any]) -> None:
    """Give ``controller`` the buttons and axes of the pad of which ``said`` tells."""
    from ipywidgets.widgets.widget_controller import Axis, Button

    name, mapping = (_text(said.get(key)) for key in ("name", "mapping"))
    buttons = _count(said.get("buttons"), MOST_BUTTONS)
    axes = _count(said.get("axes"), MOST_AXES)
    if (controller.connected, controller.name, len(controller.buttons), len(controller.axes)) == (
        True,
        name,
        buttons,
        axes,
    ):
        return  # said again, because the answer took long
    disconnect(controller)
    made = [Button() for _ in range(buttons)], [Axis() for _ in range(axes)]
    _made[controller] = [part for kind in made for each in kind for part in (each, each.layout)]
    _show(
        controller, name=name, mapping=mapping, timestamp=_number(said.get("timestamp")), connected=True,
        buttons=tuple(made[0]), axes=tuple(made[1]),
    )  # fmt: skip


def disconnect(controller: Any) -> None:
    """As if there had never been a pad. May be called twice."""
    _show(controller, name="", mapping="", timestamp=0.0, connected=False, buttons=(), axes=())
    for each in _made.pop(controller, ()):
        each.close()


def _show(controller: Any, **state: Any) -> None:
    """All at once, as a browser would: who watches one of them sees the others as they are now."""
    with controller.hold_sync(), controller.hold_trait_notifications():
        for name, value in state.items():
            controller.set_trait(name, value)


def _said(content: Any) -> Mapping[str, Any] | None:
    data = content.get("data") if isinstance(content, dict) else None
    if not isinstance(data, dict) or data.get("method") != "custom":
        return None
    said = data.get("content")
    return said if isinstance(said, dict) and said.get("event") == EVENT else None


def _controller(model_id: Any) -> Any:
    """The ``Controller`` of that id; None if there is none."""
    widgets = sys.modules.get("ipywidgets.widgets.widget")
    found = widgets._instances.get(model_id) if widgets is not None and isinstance(model_id, str) else None
    return found if found is not None and isinstance(found, sys.modules["ipywidgets"].Controller) else None


def _text(value: Any) -> str:
    return value[:MOST_NAME] if isinstance(value, str) else ""


def _count(value: Any, most: int) -> int:
    return max(0, min(most, value)) if type(value) is int else 0


def _number(value: Any) -> float:
    return float(value) if type(value) in (int, float) and abs(value) < 1e15 and math.isfinite(value) else 0.0
