"""Execute an app once, ahead of its viewers, and find out whether it is the same at another time. Both block."""

from __future__ import annotations

import contextlib
import copy
import json
import re
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from sandbox.core.first_view import DISPLAYED, first_view
from sandbox.core.notebook import WIDGET_STATE
from sandbox.kernels import forkserver
from sandbox.kernels.marks import readable
from sandbox.kernels.policy import KernelPolicy
from sandbox.kernels.warmapp import Shown, Unfit, WarmApp

#: What tells the time, or how the machine is, past the clocks that a second run shifts.
_PAST_THE_CLOCKS = re.compile(
    r"""["'](?:now|today)["']|\b(?:clock_gettime_ns|st_[acm]time(?:_ns)?|get[acm]time|getloadavg|ctypes|cffi|psutil)\b|/proc/"""
)
#: How far the clocks of the second run are ahead, seconds: another minute, hour, weekday, month; mostly another year.
SHIFT = 200 * 86400 + 7 * 3600 + 1300


def executed(notebook: NotebookNode, shown: Shown) -> NotebookNode:
    """``notebook`` with what its cells showed. Raises Unfit when that is no valid notebook."""
    done = copy.deepcopy(notebook)
    cells = [cell for cell in done.cells if cell.cell_type == "code"]
    if len(cells) != len(shown.cells) and not (shown.failed and len(shown.cells) <= len(cells)):
        raise Unfit("it did not show what each cell shows")
    for number, (cell, outputs) in enumerate(zip(cells, shown.cells, strict=False), 1):
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
    """Whether the app shows ``view`` in a process of another zygote, with another seed and at another time, and leaves
    the same behind there: a control may show later what a variable has kept.

    Raises Unfit when it shows nothing at all there.
    """
    notebook = nbformat.read(file, as_version=4)
    if any(_reads_the_clock(source) for source in _sources(notebook)):
        return False
    now, later = (_trial(policy, file, most, timeout, shift) for shift in (0, SHIFT))
    return _is_steady(notebook, now, later) and first_view(executed(notebook, later)) == view


def _is_steady(notebook: NotebookNode, now: Shown, later: Shown) -> bool:
    left = [[readable(mark) for mark in shown.marks] for shown in (now, later)]
    return left[0] == left[1] and first_view(executed(notebook, now)) == first_view(executed(notebook, later))


def _sources(notebook: NotebookNode) -> list[str]:
    return [cell.source for cell in notebook.cells if cell.cell_type == "code"]


def _reads_the_clock(source: str) -> bool:
    return bool(_PAST_THE_CLOCKS.search(source))


def begin_once(policy: KernelPolicy, file: Path, most: int, timeout: float) -> tuple[WarmApp, NotebookNode]:
    """Execute the leading cells of an app that shows something else at another time, as far as they do not depend on
    time or chance, and keep its process: kernels forked from it have only the others before them.

    Raises Unfit when there are none, or it cannot be kept.
    """
    now, later = (_trial(policy, file, most, timeout, shift) for shift in (0, SHIFT))
    notebook = nbformat.read(file, as_version=4)
    reading = [*map(_reads_the_clock, _sources(notebook)), True].index(True)
    first = min(_alike(now, later), reading)
    if not first:
        raise Unfit("its first cell depends on time or chance")
    return WarmApp(policy, file, most=most, timeout=timeout, first=first), notebook


def _trial(policy: KernelPolicy, file: Path, most: int, timeout: float, shift: int) -> Shown:
    """What the app shows, and the marks it leaves; with shifted clocks in a process of another zygote."""
    with forkserver.trial() if shift else contextlib.nullcontext():
        trial = WarmApp(policy, file, most=most, timeout=timeout, trial=True, shift=shift)
        trial.stop()
    return trial.shown


def _alike(one: Shown, other: Shown) -> int:
    """How many leading cells left the same behind and showed the same, in two runs."""
    alike = [
        marks[0] == marks[1] and _ids_aside(one, number) == _ids_aside(other, number)
        for number, marks in enumerate(zip(one.marks, other.marks, strict=False))
    ]
    return alike.index(False) if False in alike else len(alike)


def _ids_aside(shown: Shown, number: int) -> str:
    """What a cell showed, without the ids of widgets and displays and objects' places in memory."""
    ids = shown.widgets["state"]
    text = re.sub(r" at 0x[0-9a-f]{6,16}>", " at 0x>", json.dumps(shown.cells[number], sort_keys=True))
    drawn = {*ids, *DISPLAYED.findall(text)}
    return re.sub(r"[0-9a-f]{32}", lambda each: "#" if each[0] in drawn else each[0], text)


@dataclass(frozen=True)
class FirstRun:
    """``view``: the name of what an app shows at first, in two runs alike; "" when they differ or none is possible.
    ``modules``: what it imported besides the usual, as it tells.
    """

    view: str = ""
    modules: tuple[str, ...] = ()


def first_run(policy: KernelPolicy, file: Path, most: int, timeout: float) -> FirstRun:
    """Run the app in ``file`` twice. Raises Unavailable when no process comes up."""
    modules: tuple[str, ...] = ()
    notebook = nbformat.read(file, as_version=4)
    try:
        now = _trial(policy, file, most, timeout, 0)
        modules = now.modules
        if any(map(_reads_the_clock, _sources(notebook))):
            return FirstRun("", modules)
        later = _trial(policy, file, most, timeout, SHIFT)
        steady = _is_steady(notebook, now, later)
        return FirstRun(first_view(executed(notebook, now)) if steady else "", modules)
    except Unfit:
        return FirstRun("", modules)
