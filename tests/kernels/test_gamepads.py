"""A page tells a ``Controller`` which gamepad there is; the kernel makes the buttons and axes, of bounded number."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import ipywidgets
import pytest
from ipywidgets.widgets import widget

from sandbox.kernels.gamepads import MOST_AXES, MOST_BUTTONS, MOST_NAME, attach

PAD = {
    "event": "gamepad",
    "connected": True,
    "name": "Pad",
    "mapping": "standard",
    "timestamp": 2.5,
    "buttons": 17,
    "axes": 4,
}
GONE = {"event": "gamepad", "connected": False}


class Kernel:
    """What a kernel passes on: everything that is no gamepad's."""

    def __init__(self) -> None:
        self.passed: list[Any] = []
        self.shell_handlers = {"comm_msg": lambda *arguments: self.passed.append(arguments)}
        attach(self)

    def hear(self, model_id: Any, content: Any, method: str = "custom") -> None:
        message = {"content": {"comm_id": model_id, "data": {"method": method, "content": content}}}
        self.shell_handlers["comm_msg"](None, [], message)


@pytest.fixture
def kernel() -> Kernel:
    return Kernel()


def test_a_pad_comes_and_goes(kernel: Kernel) -> None:
    pad = ipywidgets.Controller()
    seen: list[Any] = []
    pad.observe(lambda change: seen.append((pad.connected, pad.name, len(pad.buttons), len(change.new))), "axes")
    kernel.hear(pad.model_id, PAD)
    assert seen == [(True, "Pad", 17, 4)], "who watches the axes sees all of the pad"
    assert (pad.mapping, pad.timestamp) == ("standard", 2.5)
    button, axis = pad.buttons[3], pad.axes[0]
    kernel.hear(pad.model_id, PAD)
    assert pad.buttons[3] is button, "said again, it is the same pad"
    button.set_state({"value": 1.0, "pressed": True})  # as the page tells what is pressed
    axis.set_state({"value": -0.5})
    assert (button.pressed, axis.value) == (True, -0.5)
    kernel.hear(pad.model_id, GONE)
    assert (pad.connected, pad.name, pad.buttons, pad.axes) == (False, "", (), ())
    assert button.comm is None and axis.comm is None
    assert not kernel.passed


@pytest.mark.parametrize("count", [10**9, 10**400, -1, 3.5, True, "17", None, [1], float("nan")])
def test_absurd_numbers_make_no_more_than_a_pad_has(kernel: Kernel, count: Any) -> None:
    pad = ipywidgets.Controller()
    kernel.hear(
        pad.model_id, PAD | {"buttons": count, "axes": count, "timestamp": count, "name": "x" * 10**6, "mapping": count}
    )
    assert len(pad.buttons) <= MOST_BUTTONS and len(pad.axes) <= MOST_AXES and len(pad.name) == MOST_NAME
    kernel.hear(pad.model_id, GONE)


def test_connecting_again_and_again_leaves_nothing_behind(kernel: Kernel) -> None:
    pad = ipywidgets.Controller()
    before = len(widget._instances)
    for turn in range(4):
        kernel.hear(pad.model_id, PAD | {"name": str(turn), "buttons": MOST_BUTTONS})
    assert len(pad.buttons) == MOST_BUTTONS
    kernel.hear(pad.model_id, GONE)
    assert len(widget._instances) == before


def test_everything_else_goes_where_it_went(kernel: Kernel) -> None:
    slider, pad = ipywidgets.IntSlider(), ipywidgets.Controller()
    for model_id, content, method in (
        (slider.model_id, PAD, "custom"), ("nobody", PAD, "custom"), (None, PAD, "custom"), ([], PAD, "custom"),
        (pad.model_id, PAD, "update"), (pad.model_id, {"event": "click"}, "custom"), (pad.model_id, [PAD], "custom"),
    ):  # fmt: skip
        kernel.hear(model_id, content, method)
    kernel.shell_handlers["comm_msg"](None, [], SimpleNamespace(get=lambda _: "no content"))
    assert len(kernel.passed) == 8 and not pad.connected
