"""An app's process and the kernels of its viewers: they start, crash, are interrupted and end, and nothing stays."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from sandbox.kernels import forkserver
from sandbox.kernels.policy import KernelLimits, KernelPolicy
from sandbox.kernels.warmapp import Unfit, WarmApp
from tests.helpers.kernels import BlockingSandboxManager, viewer_kernel, warm_app
from tests.kernels.test_lifecycle import gone, outer_pids, until

APP = """
import ipywidgets as w, numpy, random, tempfile, uuid, sys
from IPython.display import display, clear_output
slider, text, out = w.IntSlider(3), w.HTML(), w.Output()
def show(_=None):
    text.value = f"<b>{slider.value}</b>"
    with out:
        clear_output()
        print("now", slider.value)
slider.observe(show, "value")
show()
print("hello"); print("careful", file=sys.stderr)
display(w.VBox([slider, text, out]))
shown = display("first", display_id=True); shown.update("second")
6 * 7
"""


def model(app: WarmApp, name: str) -> tuple[str, dict[str, object]]:
    found = [(key, each["state"]) for key, each in app.shown.widgets["state"].items() if each["model_name"] == name]
    assert len(found) == 1
    return found[0]


def test_what_is_shown_is_what_a_kernel_would_show(tmp_path: Path) -> None:
    with warm_app(tmp_path, "x = 1", APP, "x") as app:
        kinds = [[output["output_type"] for output in cell] for cell in app.shown.cells]
        assert kinds == [[], ["stream", "stream", "display_data", "display_data", "execute_result"], ["execute_result"]]
        first = app.shown.cells[1]
        assert (first[0]["text"], first[1]["text"]) == ("hello\n", "careful\n")
        assert first[3]["data"]["text/plain"] == "'second'"
        assert first[4]["data"]["text/plain"] == "42"
        assert model(app, "HTMLModel")[1]["value"] == "<b>3</b>"
        assert model(app, "OutputModel")[1]["outputs"] == [
            {"output_type": "stream", "name": "stdout", "text": "now 3\n"}
        ]
        assert model(app, "OutputModel")[1]["msg_id"] == ""


def test_a_viewer_finds_variables_and_moves_widgets(tmp_path: Path) -> None:
    with warm_app(tmp_path, APP) as app, viewer_kernel(app) as viewer:
        assert viewer.run("print(slider.value)") == "3\n"
        slider, text = model(app, "IntSliderModel")[0], model(app, "HTMLModel")[0]
        data = {"method": "update", "state": {"value": 9}, "buffer_paths": []}
        viewer.client.shell_channel.send(viewer.client.session.msg("comm_msg", {"comm_id": slider, "data": data}))
        while True:
            message = viewer.client.get_iopub_msg(timeout=60)
            if message["msg_type"] == "comm_msg" and message["content"]["comm_id"] == text:
                break
        assert message["content"]["data"]["state"]["value"] == "<b>9</b>"
        assert viewer.run("print(text.value)") == "<b>9</b>\n"


@pytest.mark.parametrize(
    "draw",
    ["random.random()", "numpy.random.rand()", "numpy.random.default_rng().random()", "uuid.uuid4()",
     "tempfile.mktemp()", "__import__('os').environ['HOME']", "__import__('secrets').token_hex()"],
)  # fmt: skip
def test_two_viewers_never_draw_the_same(tmp_path: Path, draw: str) -> None:
    with warm_app(tmp_path, APP) as app, viewer_kernel(app) as one, viewer_kernel(app) as two:
        assert one.run(f"print({draw})") != two.run(f"print({draw})")


def test_viewers_do_not_see_what_others_do(tmp_path: Path) -> None:
    with warm_app(tmp_path, "seen = []") as app, viewer_kernel(app) as one, viewer_kernel(app) as two:
        one.run("seen.append('secret')")
        assert two.run("print(seen)") == "[]\n"
        with viewer_kernel(app) as later:
            assert later.run("print(seen)") == "[]\n"


def test_figures_and_the_snapshot_work_in_the_fork(tmp_path: Path) -> None:
    import duckdb

    snapshot = tmp_path / "snapshot"
    snapshot.mkdir()
    with duckdb.connect(str(snapshot / "data.duckdb")) as con:
        con.execute("create table data as select range as n from range(1000)")
    folder = tmp_path / "app"
    folder.mkdir()
    policy = KernelPolicy(
        readable=(folder, snapshot), env={"SANDBOX_MODE": "app", "SANDBOX_PINS": json.dumps({"d": str(snapshot)})}
    )
    before = """
from sandbox import lab
import matplotlib.pyplot as plt
table = lab.data("d")
print(table.aggregate("sum(n)").fetchall()[0][0])
plt.plot([1, 2]); plt.show()
"""
    with warm_app(folder, before, policy=policy) as app, viewer_kernel(app) as one, viewer_kernel(app) as two:
        assert app.shown.cells[0][0]["text"] == "499500\n"
        assert "image/png" in app.shown.cells[0][1]["data"]
        for viewer in (one, two):
            assert viewer.run("print(table.filter('n < 10').aggregate('sum(n)').fetchall()[0][0])") == "45\n"
            assert viewer.run("print(len(lab.data('d').df()))") == "1000\n"
        shown = one.outputs("plt.plot([2, 1]); plt.show()")
        assert any("image/png" in message["content"].get("data", {}) for message in shown)


ORDINARY = """
import os, duckdb
%matplotlib inline
import matplotlib.pyplot as plt
there = duckdb.connect(os.environ["SANDBOX_APP"] + "/d.duckdb", read_only=True)
there.sql("select sum(n) from data").show()
print(duckdb.sql("select 41 + 1").fetchall()[0][0])
plt.plot([1, 2]); plt.show()
"""


def test_an_author_need_not_know_what_a_fork_can_take_over(tmp_path: Path) -> None:
    """Databases with threads of their own, left open, and the magic that many notebooks begin with."""
    import duckdb

    with duckdb.connect(str(tmp_path / "d.duckdb")) as con:
        con.execute("create table data as select range as n from range(1000)")
    policy = KernelPolicy(readable=(tmp_path,), env={"SANDBOX_MODE": "app", "SANDBOX_APP": str(tmp_path)})
    with warm_app(tmp_path, ORDINARY, policy=policy) as app, viewer_kernel(app) as viewer:
        assert "499500" in app.shown.cells[0][0]["text"]
        assert "image/png" in app.shown.cells[0][-1]["data"]
        assert viewer.run("print(there.sql('select max(n) from data').fetchall()[0][0])") == "999\n"
        assert viewer.run("print(duckdb.sql('select 6 * 7').fetchall()[0][0])") == "42\n"
        again = "duckdb.connect(os.environ['SANDBOX_APP'] + '/d.duckdb', read_only=True)"
        assert viewer.run(f"print({again}.sql('select min(n) from data').fetchall()[0][0])") == "0\n"
        shown = viewer.outputs("%matplotlib inline\nplt.plot([2, 1]); plt.show()")
        assert any("image/png" in message["content"].get("data", {}) for message in shown)


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("1 / 0", "ZeroDivisionError"),
        ("def", "SyntaxError"),
        ("import threading, time; threading.Thread(target=time.sleep, args=(60,)).start()", "threads"),
        ("import subprocess; p = subprocess.Popen(['sleep', '60'])", "processes"),
        ("import asyncio; await asyncio.sleep(0)", "await"),
        ("import os; os._exit(0)", "ended"),
        ("print('x' * 200_000)", "too long"),
        ("import time; time.sleep(60)", "longer"),
    ],
)
def test_an_unfit_app_is_refused_and_leaves_nothing(tmp_path: Path, code: str, why: str) -> None:
    file = tmp_path / "app.ipynb"
    file.write_text(json.dumps({"cells": [{"cell_type": "code", "source": code}]}))
    limits = KernelLimits(memory_bytes=2**30)
    before = {child.pid for child in psutil.Process().children(recursive=True)}
    with pytest.raises(Unfit, match=why):
        WarmApp(KernelPolicy(readable=(tmp_path,), limits=limits), file, most=10**5, timeout=3)
    until(lambda: len({child.pid for child in psutil.Process().children(recursive=True)} - before) <= 2)


def test_interrupt(tmp_path: Path) -> None:
    with warm_app(tmp_path, "x = 1") as app, viewer_kernel(app) as viewer, viewer_kernel(app) as other:
        request = viewer.begin("import time\nwhile True: time.sleep(0.01)")
        viewer.manager.interrupt_kernel()
        reply = viewer.reply_to(request)
        assert reply["content"]["ename"] == "KeyboardInterrupt"
        assert viewer.run("print(x)") == "1\n"
        assert other.run("print(x)") == "1\n"


def test_restart_gives_the_executed_app_again(tmp_path: Path) -> None:
    with warm_app(tmp_path, "x = 1") as app, viewer_kernel(app) as viewer:
        viewer.run("x = 2")
        first = viewer.manager.provisioner.pid
        viewer.manager.restart_kernel(now=True)
        viewer.client.wait_for_ready(timeout=30)
        assert viewer.run("print(x)") == "1\n"
        until(lambda: gone(first))


@pytest.mark.parametrize("code", ["import os; os._exit(3)", "import ctypes; ctypes.string_at(0)"])
def test_a_crash_hurts_nobody_else(tmp_path: Path, code: str) -> None:
    with warm_app(tmp_path, "x = 1") as app, viewer_kernel(app) as other:
        with viewer_kernel(app) as viewer:
            pid = viewer.manager.provisioner.pid
            viewer.client.execute(code)
            viewer.wait_dead()
            until(lambda: gone(pid))
        assert other.run("print(x)") == "1\n"
        with viewer_kernel(app) as later:
            assert later.run("print(x)") == "1\n"


def test_the_end_of_a_viewer_leaves_no_process_and_no_file(tmp_path: Path) -> None:
    with warm_app(tmp_path, "x = 1") as app:
        with viewer_kernel(app) as viewer:
            viewer.run("import subprocess; p = subprocess.Popen(['sleep', '600'], start_new_session=True)")
            viewer.run("import os; os.system('(setsid sleep 601 &) ')")
            pids = outer_pids(viewer)
            assert len(pids) == 3
            place = viewer.manager.provisioner.place.root
            assert place.is_dir()
            file = Path(viewer.manager.connection_file)
            assert file.exists()
        for pid in pids:
            until(lambda pid=pid: gone(pid))
        until(lambda: not place.exists())
        assert not file.exists()
        assert app.alive()


def test_the_end_of_an_app_ends_its_viewers(tmp_path: Path) -> None:
    with warm_app(tmp_path, "x = 1") as app, viewer_kernel(app) as viewer:
        pids = [app.pid, *outer_pids(viewer)]
        os.kill(app.pid, signal.SIGKILL)
        viewer.wait_dead()
        for pid in pids:
            until(lambda pid=pid: gone(pid))
        assert not app.alive()
        with pytest.raises(Exception, match="did not give a kernel"):
            BlockingSandboxManager().start_kernel(policy=app.policy, app=app)


_SERVER = """
import sys, time
from pathlib import Path
sys.path.insert(0, {root!r})
from tests.helpers.kernels import viewer_kernel, warm_app
with warm_app(Path(sys.argv[1]), "x = 1") as app, viewer_kernel(app) as viewer:
    viewer.run("import subprocess; subprocess.Popen(['sleep', '600'], start_new_session=True)")
    print(viewer.manager.provisioner.pid, flush=True)
    time.sleep(600)
"""


@pytest.mark.parametrize("who", ["server", "zygote"])
def test_when_the_server_or_the_first_zygote_dies_nothing_is_left(tmp_path: Path, who: str) -> None:
    code = _SERVER.format(root=str(Path(__file__).resolve().parents[2]))
    server = subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    kernel = int(server.stdout.readline())
    below = psutil.Process(server.pid).children(recursive=True)
    assert kernel in {child.pid for child in below}
    victim = server.pid if who == "server" else psutil.Process(server.pid).children()[0].children()[0].pid
    supervisor = psutil.Process(server.pid).children()[0]  # the server has not asked for its end
    os.kill(victim, signal.SIGKILL)
    for child in below if who == "server" else set(below) - {supervisor}:
        until(lambda pid=child.pid: gone(pid))
    server.kill()
    server.wait(10)
    server.stdout.close()


def test_many_viewers_come_and_go(tmp_path: Path) -> None:
    descriptors: Callable[[], int] = lambda: len(os.listdir("/proc/self/fd"))  # noqa: E731
    with warm_app(tmp_path, "x = 1") as app:
        with viewer_kernel(app):
            pass
        before = descriptors()
        for _ in range(5):
            with viewer_kernel(app) as viewer:
                assert viewer.run("print(x)") == "1\n"
        assert descriptors() <= before + 2
        until(lambda: len(psutil.Process(app.pid).children(recursive=True)) == 0)


def test_trials_that_follow_one_another_share_a_zygote_which_ends_after_the_last(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(forkserver, "TRIALS_REST", 0.1)
    with forkserver.trial():
        first = forkserver.for_trials()
        assert first is not forkserver.current()
        with forkserver.trial():
            pass
        with forkserver.trial():
            assert forkserver.for_trials() is first and first.alive(), "one is still running"
    until(lambda: not first.alive())
    with forkserver.trial():
        assert forkserver.for_trials().alive()
