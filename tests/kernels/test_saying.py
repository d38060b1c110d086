"""What an app's kernel wants to say at once has a bound, and its code is told; a project's kernel has none.
Neither loses what it says faster than it is taken."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from sandbox.kernels.policy import KernelPolicy
from sandbox.kernels.saying import MOST_PRINTED, MOST_SAID
from tests.helpers.kernels import Session, confined_kernel, viewer_kernel, warm_app

TRIED = """
import ipywidgets as w
text = w.HTML()
try:
    {}
except ValueError as problem:
    print(type(problem).__name__)
else:
    print("said")
"""
SHOW = TRIED.format(f"text.value = 'x' * {MOST_SAID}")
BUFFER = TRIED.format(f"text.comm.send({{}}, buffers=[bytes({MOST_SAID + 1})])")
PRINT = f"print('y' * {2 * MOST_PRINTED})"


#: More than ZMQ keeps for a socket that nobody reads, on both sides together.
SAID = 4000
TELL = f"""
from IPython.display import display
for number in range({SAID}):
    display({{"text/plain": str(number)}}, raw=True)
"""


def app_policy(folder: Path) -> KernelPolicy:
    return KernelPolicy(writable=(folder,), env={"SANDBOX_MODE": "app"})


def assert_bounded(kernel: Session) -> None:
    assert [kernel.run(code).strip() for code in (SHOW, BUFFER)] == ["TooLarge", "TooLarge"]
    printed = kernel.run(PRINT)
    assert printed.count("y") == MOST_PRINTED and printed.rstrip().endswith("…")
    assert kernel.run("print(6 * 7)").strip() == "42"


def test_a_viewers_kernel(tmp_path: Path) -> None:
    with warm_app(tmp_path, "x = 1", policy=app_policy(tmp_path)) as app, viewer_kernel(app) as kernel:
        assert_bounded(kernel)


def test_a_kernel_that_executes_the_app_itself(tmp_path: Path) -> None:
    with confined_kernel(app_policy(tmp_path)) as kernel:
        assert_bounded(kernel)


def assert_nothing_lost(kernel: Session) -> None:
    """When who listens is late."""
    request = kernel.client.execute(TELL)
    time.sleep(2)
    heard: list[int] = []
    while True:
        message = kernel.client.get_iopub_msg(timeout=60)
        if message["parent_header"].get("msg_id") != request:
            continue
        if message["msg_type"] == "display_data":
            heard.append(int(message["content"]["data"]["text/plain"]))
        elif message["content"].get("execution_state") == "idle":
            break
    assert heard == list(range(SAID))
    assert kernel.run("print(6 * 7)").strip() == "42"


def test_a_viewers_kernel_waits_for_who_listens_late(tmp_path: Path) -> None:
    with warm_app(tmp_path, "x = 1", policy=app_policy(tmp_path)) as app, viewer_kernel(app) as kernel:
        assert_nothing_lost(kernel)


def test_every_other_kernel_waits_too(tmp_path: Path) -> None:
    with confined_kernel(KernelPolicy(writable=(tmp_path,))) as kernel:
        assert_nothing_lost(kernel)


@pytest.mark.parametrize("mode", ["studio", "examine"])
def test_a_projects_kernel_says_what_it_likes(tmp_path: Path, mode: str) -> None:
    with confined_kernel(KernelPolicy(writable=(tmp_path,), env={"SANDBOX_MODE": mode})) as kernel:
        assert kernel.run(SHOW).strip() == "said"
        assert kernel.run(PRINT).count("y") == 2 * MOST_PRINTED
