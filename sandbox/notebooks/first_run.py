"""Execute an app once, ahead of its viewers, and find out whether it shows the same at another time. Both block."""

from __future__ import annotations

import copy
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from sandbox.core.first_view import first_view
from sandbox.core.notebook import WIDGET_STATE
from sandbox.kernels import forkserver
from sandbox.kernels.policy import KernelPolicy
from sandbox.kernels.warmapp import Shown, Unfit, WarmApp

#: How far the clocks of the second run are ahead, seconds: another minute, hour, weekday, month; mostly another year.
SHIFT = 200 * 86400 + 7 * 3600 + 1300


def executed(notebook: NotebookNode, shown: Shown) -> NotebookNode:
    """``notebook`` with what its cells showed. Raises Unfit when that is no valid notebook."""
    done = copy.deepcopy(notebook)
    cells = [cell for cell in done.cells if cell.cell_type == "code"]
    if len(cells) != len(shown.cells):
        raise Unfit("it did not show what each cell shows")
    for number, (cell, outputs) in enumerate(zip(cells, shown.cells, strict=True), 1):
        cell.outputs = [nbformat.from_dict(output) for output in outputs]
        cell.execution_count = number
    done.metadata["widgets"] = {WIDGET_STATE: nbformat.from_dict(shown.widgets)}
    try:
        nbformat.validate(done)
    except nbformat.ValidationError as problem:
        raise Unfit(f"it showed what is no output: {str(problem)[:200]}") from None
    return done


def execute_once(policy: KernelPolicy, file: Path, most: int, timeout: float) -> tuple[WarmApp, NotebookNode]:
    """Execute the app in ``file`` and keep its process. Raises Unfit when it cannot be kept."""
    app = WarmApp(policy, file, most=most, timeout=timeout)
    try:
        return app, executed(nbformat.read(file, as_version=4), app.shown)
    except BaseException:
        app.stop()
        raise


def shows_the_same(policy: KernelPolicy, file: Path, view: str, most: int, timeout: float) -> bool:
    """Whether the app shows ``view`` in a process of another zygote: with another seed and at another time.

    Raises Unfit when it shows nothing at all there.
    """
    with forkserver.trial():
        trial = WarmApp(policy, file, most=most, timeout=timeout, trial=True, shift=SHIFT)
        trial.stop()
    return first_view(executed(nbformat.read(file, as_version=4), trial.shown)) == view


def steady_view(policy: KernelPolicy, file: Path, most: int, timeout: float) -> str:
    """The name of what the app in ``file`` shows at first, in two runs alike; "" when they differ or none is possible.

    Raises Unavailable when no process comes up.
    """
    try:
        app, notebook = execute_once(policy, file, most, timeout)
        app.stop()
        view = first_view(notebook)
        return view if shows_the_same(policy, file, view, most, timeout) else ""
    except Unfit:
        return ""
