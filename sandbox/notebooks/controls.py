"""A viewer's hand without a browser: moves an app's controls over the kernel's protocol and watches what follows.

It proves that a control of an app does something when it is used, before anybody opens the app.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Mapping
from typing import Any

from jupyter_client.asynchronous.client import AsyncKernelClient

from sandbox.core.run import ControlsTried

#: Controls that are tried at most, and seconds that a control and all of them may take.
MOST, SECONDS_EACH, SECONDS = 12, 15.0, 60.0
_SHOWN = frozenset({"stream", "display_data", "execute_result", "update_display_data", "clear_output"})


async def try_controls(client: AsyncKernelClient, widgets: Mapping[str, Mapping[str, Any]]) -> ControlsTried:
    """Use the controls among ``widgets`` (id → state) of the kernel behind ``client`` until something else changes.

    Buttons come last: they often act on what the other controls say.
    """
    moves = sorted(_moves(widgets), key=lambda move: "event" in move[2])
    end, tried = time.monotonic() + SECONDS, 0
    for comm, name, data in moves[:MOST]:
        tried += 1
        if await _changes_something(client, comm, data, min(end, time.monotonic() + SECONDS_EACH)):
            return ControlsTried(len(moves), tried, name)
        if time.monotonic() >= end:
            break
    return ControlsTried(len(moves), tried)


async def _changes_something(client: AsyncKernelClient, comm: str, data: Mapping[str, Any], end: float) -> bool:
    message = client.session.msg("comm_msg", {"comm_id": comm, "data": data})
    client.shell_channel.send(message)
    changed = False
    while (left := end - time.monotonic()) > 0:
        try:
            async with asyncio.timeout(left):
                heard = await client.iopub_channel.get_msg(timeout=None)
            kind, content = heard["msg_type"], heard["content"]
            if heard["parent_header"].get("msg_id") != message["header"]["msg_id"]:
                continue
            if kind == "status" and content["execution_state"] == "idle":
                return changed
            changed |= kind in _SHOWN or kind == "comm_open" or (kind == "comm_msg" and _is_update(content, comm))
        except TimeoutError:
            break
        except Exception:  # noqa: S112 - a message that no honest kernel sends shows nothing
            continue
    return False  # it never came to its end


def _is_update(content: Mapping[str, Any], own: str) -> bool:
    return content["comm_id"] != own and content["data"].get("method") == "update"


def _moves(widgets: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """(id, name, what a page would send) for every control that can be moved without knowing what it means."""
    for comm, state in widgets.items():
        model = str(state.get("_model_name", "")).removesuffix("Model")
        if state.get("disabled") or not isinstance(comm, str):
            continue
        name = str(state.get("description") or state.get("tooltip") or model)[:80]
        if model == "Button":
            yield comm, name, {"method": "custom", "content": {"event": "click"}}
        elif (changed := _other_state(model, state)) is not None:
            yield comm, name, {"method": "update", "state": changed, "buffer_paths": []}


def _other_state(model: str, state: Mapping[str, Any]) -> dict[str, Any] | None:
    """Another state of the control; None for what is no control, or has only one."""
    value, labels = state.get("value"), state.get("_options_labels")
    if isinstance(labels, list | tuple) and "index" in state:
        index = state["index"]
        if isinstance(index, list | tuple):
            return {"index": [0] if list(index) != [0] else []} if labels and not model.endswith("Slider") else None
        return {"index": 1 if index == 0 else 0} if len(labels) > 1 else None
    if isinstance(value, bool) and model in ("Checkbox", "ToggleButton"):
        return {"value": not value}
    if isinstance(value, int | float) and model.endswith(("Slider", "Text")):
        low, high, step = state.get("min"), state.get("max"), state.get("step")
        by = step if isinstance(step, int | float) and step > 0 else 1
        if model == "FloatLogSlider":
            return {"value": value * 2 if isinstance(high, int | float) and value < 10**high / 2 else value / 2}
        if isinstance(high, int | float) and value + by > high:
            return {"value": value - by} if not isinstance(low, int | float) or value - by >= low else None
        return {"value": value + by}
    if isinstance(value, list | tuple) and model in ("IntRangeSlider", "FloatRangeSlider") and len(value) == 2:
        return {"value": [value[0], value[0]]} if value[0] != value[1] else None
    return None
