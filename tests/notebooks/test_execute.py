"""Running hostile and honest notebooks in a real confined kernel: how each ends, and that nothing stays behind."""

from __future__ import annotations

import time
from pathlib import Path

import psutil
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from sandbox.core.errors import Unavailable
from sandbox.core.notebook import iter_outputs, iter_texts, widget_states
from sandbox.core.run import RunReport
from sandbox.kernels.policy import KernelLimits, KernelPolicy
from sandbox.notebooks.execute import run_notebook

MB = 2**20


def run(
    folder: Path, *sources: str, seconds: float = 60, limit: int = 2 * MB, tags: tuple[str, ...] = (), **named: object
) -> RunReport:
    cells = [new_code_cell(s, id=f"c{n}", metadata={"tags": list(tags)}) for n, s in enumerate(sources)]
    return run_notebook(
        new_notebook(cells=[new_markdown_cell("## A title", id="t"), *cells]),
        policy=KernelPolicy(writable=(folder,), env={"SANDBOX_MODE": "examine"}, limits=KernelLimits()),
        cwd=folder,
        timeout=seconds,
        output_limit=limit,
        **named,  # type: ignore[arg-type]
    )


def test_an_honest_notebook_runs_with_progress(tmp_path: Path) -> None:
    seen: list[tuple[int, int, str]] = []
    report = run(
        tmp_path,
        "import os; open('made.txt', 'w').write('x'); os.environ['SANDBOX_MODE']",
        "",
        "1 + 1",
        progress=lambda *step: seen.append(step),
    )
    assert report.ok and report.cells_run == 2 and report.output_bytes > 0
    assert seen == [(1, 2, "A title"), (2, 2, "A title")]
    assert [o["data"]["text/plain"] for _, o in iter_outputs(report.notebook)] == ["'examine'", "2"]
    assert (tmp_path / "made.txt").exists()


def test_the_notebook_that_was_given_is_not_changed(tmp_path: Path) -> None:
    made = new_notebook(cells=[new_code_cell("print(1)", id="a")])
    run_notebook(made, policy=KernelPolicy(writable=(tmp_path,)), cwd=tmp_path, timeout=30, output_limit=MB)
    assert made.cells[0].outputs == []


ENDINGS = {
    "error": ("1/0", "", "ZeroDivisionError"),
    "loop": ("while True: pass", "time", "Timeout"),
    "sleep": ("import time; time.sleep(100)", "time", "Timeout"),
    "memory in Python": ("x = bytearray(3 * 2**30)", "memory", "MemoryError"),
    "memory in NumPy": ("import numpy\nx = [numpy.ones(10**7) for _ in range(1000)]", "memory", "MemoryError"),
    "exit()": ("exit()", "died", "exit"),
    "sys.exit": ("import sys; sys.exit(2)", "died", "SystemExit"),
    "os._exit": ("import os; os._exit(3)", "died", "KernelDied"),
    "crash": ("import ctypes; ctypes.string_at(0)", "died", "KernelDied"),
    "100 MB in one line": ("print('x' * 100_000_000)", "output", "OutputLimit"),
    "100 MB in small lines": ("while True: print('x' * 1000)", "output", "OutputLimit"),
    "100 MB of slow small outputs": (
        "while True:\n    display({'text/plain': 'y' * 50_000}, raw=True)",
        "output",
        "OutputLimit",
    ),
    "100 MB into a widget": (
        "import ipywidgets as w\nh = w.HTML()\nwhile True: h.value += 'z' * 10_000",
        "output",
        "OutputLimit",
    ),
    "an error with a huge text": ("raise ValueError('e' * 100_000_000)", "output", "OutputLimit"),
}


@pytest.mark.parametrize("how", ENDINGS)
def test_how_a_run_ends(tmp_path: Path, how: str) -> None:
    source, stopped, name = ENDINGS[how]
    started = time.monotonic()
    report = run(tmp_path, "1", source, "open('after.txt', 'w')", seconds=3 if stopped == "time" else 40)
    assert report.stopped == stopped and report.error is not None, report.error
    assert report.error.name.lstrip("_").replace("Array", "") == name and report.error.cell_id == "c1"
    assert report.cells_run == 1 and not (tmp_path / "after.txt").exists(), "nothing runs after the end"
    assert time.monotonic() - started < 30
    assert report.output_bytes < 30 * MB and len(report.error.value) < 1000


def test_the_next_run_is_not_disturbed_and_no_kernel_is_left(tmp_path: Path) -> None:
    before = {p.pid for p in psutil.Process().children(recursive=True)}
    run(tmp_path, "while True: print('x' * 1000)")
    assert run(tmp_path, "1 + 1").ok
    left = {p for p in psutil.Process().children(recursive=True) if p.pid not in before}
    assert not [p for p in left if p.status() == psutil.STATUS_ZOMBIE]
    assert len(left) <= 1, "only the process that forks kernels may stay"


@pytest.mark.parametrize("tag", ["raises-exception", "skip-execution"])
def test_tags_excuse_nothing(tmp_path: Path, tag: str) -> None:
    report = run(tmp_path, "1/0", tags=(tag,))
    assert report.error is not None and report.error.name == "ZeroDivisionError"


def test_input_is_an_error_and_not_a_wait(tmp_path: Path) -> None:
    report = run(tmp_path, "input('name?')", seconds=20)
    assert report.error is not None and report.error.name == "StdinNotImplementedError"


def test_outputs_inside_output_widgets_are_found_with_their_cell(tmp_path: Path) -> None:
    report = run(
        tmp_path,
        "import ipywidgets as w\nout = w.Output()\ntab = w.Tab([w.VBox([w.Label('hello'), out])])",
        "display(tab)",
        "with out:\n    print('one')\n    display(w.IntSlider(value=7, description='speed'))",
        "lost = w.HTML('nobody shows this')",
    )
    assert report.ok
    assert ("c1", "one\n") in [(cell, o.get("text")) for cell, o in iter_outputs(report.notebook)]
    texts = {(t.cell, t.text) for t in iter_texts(report.notebook)}
    assert {("c1", "hello"), ("c1", "speed"), ("c1", "7"), (None, "nobody shows this")} <= texts
    assert len(widget_states(report.notebook)) > 5


def test_many_lines_in_an_output_widget_are_not_too_much(tmp_path: Path) -> None:
    """Each added output sends all earlier ones back and forth; that must not count as output."""
    lines = "import ipywidgets as w\no = w.Output()\ndisplay(o)\nwith o:\n    for i in range(60): display(f'{i}' * 300)"
    assert run(tmp_path, lines, limit=200_000).ok


FORGED = """
from IPython import get_ipython
k = get_ipython().kernel
for kind, content in [
    ("comm_open", {}), ("comm_open", {"comm_id": "x", "target_name": "jupyter.widget", "data": {}}),
    ("comm_msg", {"comm_id": "y", "data": {"state": 3}}), ("comm_msg", None), ("display_data", {"data": 3}),
    ("clear_output", {}), ("update_display_data", {"transient": {"display_id": "q"}}), ("nonsense", [1]),
]:
    k.session.send(k.iopub_socket, kind, content=content, parent=k.get_parent(), ident=b"x")
k.iopub_socket.send_multipart([b"raw", b"bytes"])
"""


def test_forged_messages_do_not_break_the_examiner(tmp_path: Path) -> None:
    report = run(tmp_path, FORGED, "print('still here')", seconds=30)
    assert report.stopped in ("", "died"), report.error
    if report.ok:
        assert "still here\n" in [o.get("text") for _, o in iter_outputs(report.notebook)]


def test_a_kernel_that_cannot_be_started_is_said(tmp_path: Path) -> None:
    policy = KernelPolicy(writable=(tmp_path / "missing",))
    with pytest.raises(Exception) as raised:
        run_notebook(new_notebook(), policy=policy, cwd=tmp_path, timeout=30, output_limit=MB)
    assert hasattr(raised.value, "remedy") or isinstance(raised.value, Unavailable)
