"""What is imported ahead is learned from apps, and no app can have anything else imported there, nor spoil it."""

from __future__ import annotations

import json
import os
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.kernels import forkserver, learned
from sandbox.kernels.policy import KernelPolicy
from tests.helpers.kernels import confined_kernel, warm_app
from tests.kernels.test_lifecycle import until

#: Packages that an operator may well have installed, and that no zygote may have. Each is left out for its reason.
PACKAGES = {
    "ahead_fit": ("VALUE = list(range(1000))\nfrom . import inner", ""),
    "ahead_thread": ("import threading, time\nthreading.Thread(target=time.sleep, args=(60,), daemon=True).start()",
                     "threads"),
    "ahead_brief_thread": ("import threading, time\nthreading.Thread(target=time.sleep, args=(.2,)).start()",
                           "threads"),
    "ahead_slow": ("import time\nend = time.process_time() + 0.8\nwhile time.process_time() < end: pass", "slow"),
    "ahead_sleeping": ("import time\ntime.sleep(600)", "slow"),
    "ahead_large": ("DATA = bytes(range(256)) * 250_000", "large"),
    "ahead_failing": ("raise RuntimeError('not here')", "fails"),
    "ahead_ending": ("import sys\nsys.exit(0)", "fails"),
    "ahead_crashing": ("import os\nos._exit(3)", "fails"),
    "ahead_networking": ("import socket\nsocket.create_connection(('127.0.0.1', 9))", "fails"),
    "ahead_environment": ("import os\nos.environ['SANDBOX_MODE'] = 'app'", "changes"),
    "ahead_patching": ("import os\nos.getpid = lambda: 1", "changes"),
    "ahead_builtins": ("import builtins\nbuiltins.surprise = 1", "changes"),
    "ahead_files": ("import os\nKEPT = os.open('/dev/null', 0)", "changes"),
    "ahead_paths": ("import sys\nsys.path.insert(0, '/tmp')", "changes"),
    "ahead_signals": ("import signal\nsignal.signal(signal.SIGUSR1, signal.SIG_IGN)", "changes"),
    "ahead_child": ("import os, time\nos.fork() or time.sleep(60)", "fails"),
}  # fmt: skip


def test_an_app_tells_what_it_imports_and_may_lie(tmp_path: Path) -> None:
    with warm_app(tmp_path, "import plotly.express") as app:
        assert {"plotly", "plotly.express"} <= set(learned.installed(app.shown.modules))
        assert "pandas" not in app.shown.modules, "it is there for all"
    lie = "import sys, types\nfor n in ('evil', 'sandbox.cli', '../x', 'plotly'): sys.modules[n] = types.ModuleType(n)"
    with warm_app(tmp_path, lie) as app:
        assert "evil" in app.shown.modules
        assert learned.installed(app.shown.modules) == ["plotly"], "a true name: the trial decides"


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder of packages that counts as this environment's, also in the processes that fork kernels."""
    folder = tmp_path_factory.mktemp("site")
    for name, (source, _) in PACKAGES.items():
        (folder / name).mkdir()
        (folder / name / "__init__.py").write_text(source)
    (folder / "ahead_fit" / "inner.py").write_text("")
    real, programs = sysconfig.get_path, forkserver.environment.of_program
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sysconfig, "get_path", lambda kind: str(folder) if kind in ("purelib", "platlib") else real(kind))
        patch.setattr(
            forkserver.environment, "of_program",
            lambda parent: {**programs(parent), "PYTHONPATH": f"{parent}{os.pathsep}{folder}"},
        )  # fmt: skip
        policy = learned.KernelPolicy
        patch.setattr(
            learned, "KernelPolicy", lambda readable, limits: policy(readable=(*readable, folder), limits=limits)
        )
        patch.setattr(learned, "TRIAL_SECONDS", 4.0)
        forkserver.stop()
        yield folder
        forkserver.stop()


@pytest.mark.parametrize("name", PACKAGES)
def test_a_module_is_tried_before_it_is_imported_ahead(name: str, environment: Path) -> None:
    with forkserver.trial():
        trial = learned.try_import([name], seconds=0.4)
    assert trial.reason == PACKAGES[name][1]
    assert ("ahead_fit.inner" in trial.brought) == (name == "ahead_fit")


def test_kernels_have_what_was_learned_and_running_ones_stay_with_theirs(
    environment: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = learned.learn(learned.together([["ahead_thread", "ahead_fit", "ahead_fit.inner"], ["ahead_patching"]]))
    assert found.modules == ("ahead_fit",), "what comes with another is not named besides"
    assert found.left_out == {"ahead_thread": "threads", "ahead_patching": "changes"}
    with confined_kernel(KernelPolicy()) as before:
        old = forkserver.current()
        assert forkserver.learn(found.modules) and not forkserver.learn(found.modules)
        with confined_kernel(KernelPolicy()) as after:
            has = "import sys; print([n for n in sys.modules if n.startswith('ahead')])"
            assert after.run(has) == "['ahead_fit.inner', 'ahead_fit']\n"
            assert before.run(has) == "[]\n" and old.alive()
    forkserver.current()
    until(lambda: not old.alive())
    monkeypatch.setattr(learned, "try_import", lambda *names, **most: pytest.fail("this was tried before"))
    again = learned.learn(["ahead_fit"], found)
    assert again.modules == found.modules and again.trials == {"ahead_fit": found.trials["ahead_fit"]}


def test_what_would_spoil_the_zygote_after_all_costs_only_itself(environment: Path) -> None:
    """The first trial was passed (say the module looks at the date), and then it starts a thread all the same."""
    forkserver.stop()
    forkserver.learn(["ahead_thread"])
    with confined_kernel(KernelPolicy()) as kernel:
        assert kernel.run("import sys; print('ahead_thread' in sys.modules)") == "False\n"
    forkserver.learn([])


def test_each_is_fit_but_not_all_of_them(environment: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = learned.try_import
    monkeypatch.setattr(
        learned, "try_import", lambda names, **most: learned.Trial("threads") if len(names) > 1 else real(names, **most)
    )
    found = learned.learn(["ahead_fit", "ahead_fit.inner", "sandbox.lab.tickets"])
    assert found.modules == () and set(found.left_out) == {"ahead_fit", "sandbox.lab.tickets"}


@pytest.mark.parametrize(
    "name",
    ["evil", "evil.inner", "evil/inner", "../evil", "/tmp/evil", ".evil", "evil.", "a..b", "", "ahead_fit.__main__",
     "ahead_fit._private", "_ahead", "__main__", "os", "antigravity", "this", "sandbox", "sandbox.cli.main",
     "sandbox.portal", "sandbox.lab.__init__", "sandbox.lab.no_such", "builtins", "sys", "ahead_fit;import os",
     "ahead_fit\n", "ahead_fit,evil", "ａhead_fit", "x" * 300, "a." * 50 + "a", "linked", 7, None, ["ahead_fit"],
     {"ahead_fit": 1}],
)  # fmt: skip
def test_a_hostile_apps_names_lead_nowhere(
    name: object, environment: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An app's own modules are in its folder, where Python finds them; but they are no files of the environment."""
    (tmp_path / "evil.py").write_text("raise SystemExit('ran')")
    if not (environment / "linked.py").is_symlink():
        (environment / "linked.py").symlink_to(tmp_path / "evil.py")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.chdir(tmp_path)
    before = set(sys.modules)
    assert learned.installed([name]) == []
    assert learned.installed([name, "ahead_fit"]) == ["ahead_fit"]
    assert set(sys.modules) == before, "nothing is imported to find out"


def test_an_app_that_names_much_takes_no_others_place(environment: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    greedy = [name for name in PACKAGES if name != "ahead_fit"] * 1000
    assert learned.together([greedy, ["ahead_fit"]])[:2] == ["ahead_thread", "ahead_fit"]
    assert len(learned.together([greedy, ["ahead_fit"]])) == len(PACKAGES)
    monkeypatch.setattr(learned, "MOST_TRIALS", 0)
    assert learned.learn(["ahead_fit"]).left_out == {"ahead_fit": "full"}
    monkeypatch.setattr(learned, "MOST_TRIALS", 1)
    monkeypatch.setattr(learned, "MOST_BYTES_TOGETHER", -1)
    assert learned.learn(["ahead_fit"]).left_out == {"ahead_fit": "full"}


def test_what_was_learned_is_remembered_and_damage_is_nothing_learned(tmp_path: Path) -> None:
    file = tmp_path / "run" / "preload.json"
    found = learned.Learned(("plotly",), {"x": "slow"}, {"plotly": learned.Trial("", 0.1, 7, ("a",))}, "key")
    learned.remember(file, found)
    assert learned.remembered(file) == found and file.stat().st_mode & 0o777 == 0o600
    for damage in ("", "[]", "{", json.dumps({"modules": 3}), '{"trials": {"a": 1}}'):
        file.write_text(damage)
        assert learned.remembered(file) == learned.Learned()
