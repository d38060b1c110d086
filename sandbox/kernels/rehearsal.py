"""Runs an app's cells in this process as a kernel would, without thread or socket, so that it can be forked.

What the cells show is kept as a notebook keeps it. The shell, its variables and its widgets stay; the kernel that is
started after a fork (``kernelapp``) takes them over.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from ipykernel.eventloops import enable_gui
from ipykernel.zmqshell import ZMQInteractiveShell
from ipywidgets import Output, Widget
from jupyter_client.session import Session

from sandbox.core.first_view import DISPLAY
from sandbox.kernels.kernelapp import configuration

_PARENT = {"header": {"msg_id": "rehearsal", "msg_type": "execute_request"}, "content": {}, "metadata": {}}
_KEPT = {
    "execute_result": ("data", "metadata", "execution_count"),
    "display_data": ("data", "metadata"),
    "stream": ("name", "text"),
    "error": ("ename", "evalue", "traceback"),
}


class Unfit(Exception):
    """The app cannot be prepared ahead of its viewers; the text says why."""


class Outputs:
    """What one place (a cell or an Output widget) shows, as messages change it."""

    def __init__(self, shown: Sequence[dict[str, Any]] = ()) -> None:
        self.shown = list(shown)
        self._clear_first = False

    def clear(self, wait: bool) -> None:
        self._clear_first = wait
        if not wait:
            self.shown.clear()

    def add(self, kind: str, content: dict[str, Any]) -> dict[str, Any]:
        if self._clear_first:
            self.clear(False)
        last = self.shown[-1] if self.shown else {}
        if kind == "stream" and last.get("output_type") == "stream" and last["name"] == content["name"]:
            last["text"] += content["text"]
            return last
        self.shown.append({"output_type": kind, **{name: content.get(name) for name in _KEPT[kind]}})
        return self.shown[-1]


class _Stage(Session):
    """Stands where a kernel's session would send its messages, and keeps them."""

    def __init__(self) -> None:
        super().__init__(key=b"")
        self.cell = Outputs()
        self.entered: list[tuple[Any, Outputs]] = []
        self._displays: dict[str, list[dict[str, Any]]] = {}

    def send(self, stream: Any, msg_or_type: Any, content: Any = None, *_: Any, **__: Any) -> None:  # type: ignore[override]
        if isinstance(msg_or_type, dict):
            self.take(msg_or_type["header"]["msg_type"], msg_or_type["content"])
        else:
            self.take(msg_or_type, content)

    def take(self, kind: str, content: dict[str, Any]) -> None:
        widget, place = self.entered[-1] if self.entered else (None, self.cell)
        display = (content.get("transient") or {}).get("display_id")
        if kind == "update_display_data":
            for output in self._displays.get(display or "", ()):
                output.update(data=content["data"], metadata={**content["metadata"], DISPLAY: display})
        elif kind == "clear_output":
            place.clear(bool(content["wait"]))
        elif kind in _KEPT:
            output = place.add(kind, content)
            if display:
                output["metadata"] = {**output["metadata"], DISPLAY: display}
                self._displays.setdefault(display, []).append(output)
        if widget is not None:
            widget.outputs = tuple(dict(output) for output in place.shown)


class _Stream(io.TextIOBase):
    """``sys.stdout`` of the cells. Whoever keeps it after the rehearsal writes to what is there then."""

    def __init__(self, stage: _Stage, name: str) -> None:
        self._stage: _Stage | None = stage
        self._name = name

    def write(self, text: str) -> int:
        if self._stage is not None:
            self._stage.take("stream", {"name": self._name, "text": str(text)})
        else:
            now = getattr(sys, self._name)
            if now is not self:
                now.write(text)
        return len(text)

    def retire(self) -> None:
        self._stage = None


class Rehearsal:
    """The cells of an app that have run so far, with their shell. A fork can go on with the next ones."""

    def __init__(self) -> None:
        self.shell = ZMQInteractiveShell.instance(config=configuration())
        self.cells: list[list[dict[str, Any]]] = []
        self._stage = _Stage()

    def run(self, sources: Sequence[str], after: Callable[[], object] = lambda: None) -> None:
        """Run cells; ``after`` each. Raises Unfit for one that fails or waits; what it showed until then stays."""
        self.shell.kernel = _NoKernel()
        with _on_stage(self._stage, self.shell):
            for source in sources:
                self._stage.cell = Outputs()
                self.cells.append(self._stage.cell.shown)
                if waits(self.shell, source):
                    raise Unfit("a cell waits for something (await)")
                self.shell.set_parent(_PARENT)
                result = self.shell.run_cell(source, store_history=True)
                if not result.success:
                    problem = result.error_before_exec or result.error_in_exec
                    raise Unfit(f"cell {len(self.cells)} failed: {type(problem).__name__}")
                after()

    def shown(self) -> dict[str, Any]:
        """The outputs of each cell, and the state of all widgets (Jupyter's format 2)."""
        return {"cells": self.cells, "widgets": self.widgets()}

    def widgets(self) -> dict[str, Any]:
        return dict(Widget.get_manager_state(drop_defaults=False))


def waits(shell: Any, source: str) -> bool:
    """Whether the cell uses await at its top level."""
    try:
        return bool(shell.should_run_async(source, transformed_cell=shell.transform_cell(source)))
    except SyntaxError:
        return False  # running it tells


class _NoKernel:
    """What widgets ask a kernel for while there is none."""

    comm_manager = None
    eventloop = None

    def get_parent(self, *_: Any) -> dict[str, Any]:
        return _PARENT


@contextmanager
def _on_stage(stage: _Stage, shell: Any) -> Iterator[None]:
    """Everything that the shell publishes goes to ``stage``; afterwards all is as a new kernel expects it."""
    plain = sys.stdout, sys.stderr
    streams = _Stream(stage, "stdout"), _Stream(stage, "stderr")
    enter, leave = Output.__enter__, Output.__exit__

    def entered(widget: Any) -> Any:
        stage.entered.append((widget, Outputs(widget.outputs)))
        return enter(widget)

    def left(widget: Any, *error: Any) -> Any:
        try:
            return leave(widget, *error)
        finally:
            stage.entered.pop()

    sys.stdout, sys.stderr = streams
    shell.displayhook.session = shell.display_pub.session = stage
    shell.displayhook.get_execution_count = lambda: shell.execution_count
    shell.enable_gui = lambda gui=None: enable_gui(gui, shell.kernel)  # %matplotlib asks the application's kernel else
    Output.__enter__, Output.__exit__ = entered, left
    try:
        yield
    finally:
        Output.__enter__, Output.__exit__ = enter, leave
        del shell.enable_gui
        shell.set_parent({})
        shell.displayhook.session = shell.display_pub.session = None
        sys.stdout, sys.stderr = plain
        for stream in streams:
            stream.retire()
