"""What a viewer's page is made from: a kernel of their own, and the app as it was executed in it."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from unittest.mock import AsyncMock, Mock

import nbformat
import pytest
from tornado.ioloop import IOLoop
from traitlets.config import Config

from sandbox.appserver.gate import Page
from sandbox.appserver.kernels import AppKernels
from sandbox.appserver.places import Places
from sandbox.appserver.preloading import Preloading
from sandbox.appserver.receipts import Receipts
from sandbox.appserver.server import AppServer
from sandbox.appserver.sessions import Admission
from sandbox.appserver.warm import Claimed, WarmApps
from sandbox.core.errors import Damaged, TooBusy
from sandbox.core.notebook import WIDGET_STATE
from sandbox.kernels import forkserver, learned
from sandbox.kernels.policy import KernelPolicy
from sandbox.notebooks.first_run import first_run
from sandbox.settings import Settings
from sandbox.store.workspace import Workspace
from tests.appserver.conftest import notebook, publish
from tests.appserver.site import APP

LIN = "lin"


@asynccontextmanager
async def warm_apps(home: Path) -> AsyncIterator[WarmApps]:
    config = Config()
    config.AppKernels.kernel_manager_class = "sandbox.kernels.managers.SandboxServerKernelManager"
    kernels = AppKernels(config=config)
    places = Places(Workspace.at(home), 1, "http://localhost:1", "")
    warm = WarmApps(kernels, places, Settings(home=home), Receipts())
    try:
        yield warm
    finally:
        await warm.close()
        await kernels.shutdown_all(now=True)


def admission(version: str, person: str = LIN) -> Admission:
    return Admission(person, "signin", APP, version)


def widgets(claimed: Claimed) -> dict[str, Any]:
    state: dict[str, Any] = claimed.notebook.metadata.widgets[WIDGET_STATE]["state"]
    return state


def values(claimed: Claimed, model: str) -> list[Any]:
    return [each["state"].get("value") for each in widgets(claimed).values() if each["model_name"] == model]


async def move(warm: WarmApps, claimed: Claimed, value: int) -> str:
    """Move the slider as a page does; what the text says then."""
    slider = next(key for key, each in widgets(claimed).items() if each["model_name"] == "IntSliderModel")
    client = warm._kernels.get_kernel(claimed.kernel_id).client()
    client.start_channels()
    try:
        await client.wait_for_ready(timeout=60)
        data = {"method": "update", "state": {"value": value}, "buffer_paths": []}
        client.shell_channel.send(client.session.msg("comm_msg", {"comm_id": slider, "data": data}))
        while True:
            message = await client.get_iopub_msg(timeout=60)
            state = message["content"].get("data", {}).get("state", {}) if message["msg_type"] == "comm_msg" else {}
            if "<p" in str(state.get("value", "")):
                return str(state["value"])
    finally:
        client.stop_channels()


def test_a_claimed_kernel_has_the_widgets_of_its_notebook(tmp_path: Path) -> None:
    version = publish(tmp_path, APP, "", "controls", "secret")

    async def story() -> None:
        async with warm_apps(tmp_path) as warm:
            claimed = await warm.claim(Page(APP, version, "en"), admission(version), "incident")
            assert not claimed.failed
            assert warm._kernels.owner_of(claimed.kernel_id) == LIN
            nbformat.validate(claimed.notebook)
            assert values(claimed, "HTMLModel") == ["<p class='result'>risk = 88 %</p>"]
            assert await move(warm, claimed, 30) == "<p class='result'>risk = 70 %</p>"

    asyncio.run(story())


async def ready(warm: WarmApps) -> None:
    """Until what was begun beside the claims has come to its end."""
    while warm._tasks or any(pool._tasks for pool in warm._pools.values()):
        await asyncio.sleep(0.02)


def test_later_viewers_share_what_was_shown_and_nothing_else(tmp_path: Path) -> None:
    version = publish(tmp_path, APP, "", "controls", "secret", examined=False)
    page = Page(APP, version, "en")

    async def story() -> None:
        async with warm_apps(tmp_path) as warm:
            first = await warm.claim(page, admission(version), "incident")
            await ready(warm)
            spare = set(warm._kernels.list_kernel_ids()) - {first.kernel_id}
            assert len(spare) == 1
            assert warm._kernels.owner_of(*spare) is None
            second = await warm.claim(page, admission(version, "mei"), "incident")
            third = await warm.claim(page, admission(version, "tom"), "incident")
            assert spare == {second.kernel_id}
            assert second.first_view == third.first_view != ""
            assert second.notebook is third.notebook
            assert await move(warm, second, 30) == "<p class='result'>risk = 70 %</p>"
            assert await move(warm, third, 20) == "<p class='result'>risk = 80 %</p>"
            assert await move(warm, first, 10) == "<p class='result'>risk = 90 %</p>"

    asyncio.run(story())


@pytest.mark.parametrize(
    "code",
    [
        "import random; print(random.random())",
        "import datetime; print(datetime.date.today())",
        "import time; print(time.strftime('%d'))",
        "import pandas; print(pandas.Timestamp.now().month)",
        "print({'a', 'b', 'c', 'd', 'e', 'f'})",
        "print(id(object()))",
        "import os; print(os.getcwd())",
        "import threading, time; threading.Thread(target=time.sleep, args=(60,)).start()",
        "import subprocess; p = subprocess.Popen(['sleep', '60'])",
        "import asyncio; await asyncio.sleep(0)",
    ],
)
def test_an_app_that_may_look_different_is_executed_for_each_viewer(tmp_path: Path, code: str) -> None:
    version = publish(tmp_path, APP, "", code, examined=False)
    page = Page(APP, version, "en")

    async def story() -> None:
        async with warm_apps(tmp_path) as warm:
            await warm.claim(page, admission(version), "incident")
            await ready(warm)
            assert page in warm._unfit
            again = await warm.claim(page, admission(version, "mei"), "incident")
            assert again.first_view == ""
            assert not again.failed
            assert not warm._pools

    asyncio.run(story())


def printed(claimed: Claimed) -> list[str]:
    return [output.text for cell in claimed.notebook.cells for output in cell.get("outputs", ()) if "text" in output]


def test_of_an_app_that_shows_the_time_the_cells_before_are_executed_ahead(tmp_path: Path) -> None:
    ahead = "import os; print('process', os.getpid()) if False else None; before = [1, 2]"
    version = publish(tmp_path, APP, "", "controls", ahead, "import time; print(time.time()); before += [3]", "secret",
                      examined=False)  # fmt: skip
    page = Page(APP, version, "en")

    async def story() -> None:
        async with warm_apps(tmp_path) as warm:
            first = await warm.claim(page, admission(version), "incident")
            await ready(warm)
            assert warm.status()["apps_begun"] == 1
            assert warm._pools[page].app.shown.cells[-1] == []  # the cell with the time was not executed
            others = [await warm.claim(page, admission(version, person), "incident") for person in ("mei", "tom")]
            times = [float(printed(claimed)[0]) for claimed in (first, *others)]
            assert times == sorted(set(times))
            assert [(claimed.first_view, claimed.failed) for claimed in others] == [("", False)] * 2
            assert await move(warm, others[0], 30) == "<p class='result'>risk = 70 %</p>"
            assert await move(warm, others[1], 20) == "<p class='result'>risk = 80 %</p>"

    asyncio.run(story())


@pytest.mark.parametrize(
    "code",
    [
        "import time; t = time.time()",
        "import uuid\nclass A:\n  key = uuid.uuid4().hex",
        "import threading; t = threading.Lock()",
    ],
)
def test_a_cell_that_keeps_what_depends_on_time_or_chance_is_not_executed_ahead(tmp_path: Path, code: str) -> None:
    version = publish(tmp_path, APP, "", code, "import time; print(time.time())", examined=False)
    page = Page(APP, version, "en")

    async def story() -> None:
        async with warm_apps(tmp_path) as warm:
            await warm.claim(page, admission(version), "incident")
            await ready(warm)
            assert page in warm._unfit

    asyncio.run(story())


def test_what_was_ready_is_made_ready_again_after_a_restart(tmp_path: Path) -> None:
    version = publish(tmp_path, APP, "", "controls")
    page = Page(APP, version, "en")

    async def before() -> None:
        async with warm_apps(tmp_path) as warm:
            await warm.claim(page, admission(version), "incident")
            await ready(warm)

    async def after() -> None:
        async with warm_apps(tmp_path) as warm:
            await warm.begin_again()
            await ready(warm)
            assert warm.status() == {
                "apps_ready": 1, "apps_begun": 0, "apps_executed_for_each": 0, "apps_preparing": 0,
            }  # fmt: skip
            assert (await warm.claim(page, admission(version), "incident")).first_view

    async def tampered() -> None:
        (tmp_path / "apps" / APP / version / "evidence.json").write_text("{}")
        (tmp_path / "run" / "ready-apps.json").write_text(f'["../x", 1, "{page.path}"]')
        async with warm_apps(tmp_path) as warm:
            await warm.begin_again()
            assert not warm._pools

    asyncio.run(before())
    asyncio.run(after())
    asyncio.run(tampered())


def test_a_viewer_who_leaves_early_leaves_nothing_half_done(tmp_path: Path) -> None:
    version = publish(tmp_path, APP, "", "controls")
    page = Page(APP, version, "en")

    async def story() -> None:
        async with warm_apps(tmp_path) as warm:
            leaving = asyncio.create_task(warm.claim(page, admission(version), "incident"))
            while page not in warm._preparing:
                await asyncio.sleep(0.01)
            leaving.cancel()
            await asyncio.gather(leaving, return_exceptions=True)
            await ready(warm)
            pool = warm._pools[page]
            assert pool.steady and not pool.viewers and not warm._kernels.viewed()
            assert set(pool._spares) == set(warm._kernels.list_kernel_ids()) == warm._kernels._spare
            assert (await warm.claim(page, admission(version), "incident")).first_view

    asyncio.run(story())


def test_when_an_apps_process_ends_the_next_viewer_gets_a_new_one(tmp_path: Path) -> None:
    version = publish(tmp_path, APP, "", "controls")
    page = Page(APP, version, "en")

    async def story() -> None:
        async with warm_apps(tmp_path) as warm:
            await warm.claim(page, admission(version), "incident")
            await ready(warm)
            old = warm._pools[page]
            os.kill(old.app.pid, signal.SIGKILL)
            while old.alive():
                await asyncio.sleep(0.02)
            again = await warm.claim(page, admission(version), "incident")
            assert warm._pools[page] is not old
            assert await move(warm, again, 30) == "<p class='result'>risk = 70 %</p>"

    asyncio.run(story())


def test_another_version_does_not_disturb_those_who_use_the_first(tmp_path: Path) -> None:
    first, second = publish(tmp_path, APP, "", "controls"), publish(tmp_path, APP, "", "controls", "secret")

    async def story() -> None:
        async with warm_apps(tmp_path) as warm:
            one = await warm.claim(Page(APP, first, "en"), admission(first), "incident")
            await ready(warm)
            two = await warm.claim(Page(APP, second, "en"), admission(second, "mei"), "incident")
            await ready(warm)
            warm._retire(Page(APP, first, "en"))
            assert len(two.notebook.cells) == len(one.notebook.cells) + 1
            assert await move(warm, one, 30) == "<p class='result'>risk = 70 %</p>"
            assert await move(warm, two, 20) == "<p class='result'>risk = 80 %</p>"
            (old,) = warm._old
            await warm._kernels.shutdown_kernel(one.kernel_id, now=True)
            await ready(warm)
            assert not old.alive() and not warm._old

    asyncio.run(story())


def test_what_becomes_live_is_prepared_before_anybody_opens_it(tmp_path: Path) -> None:
    first, second = publish(tmp_path, APP, "", "controls"), publish(tmp_path, APP, "", "controls", "secret")
    old, new = Page(APP, first, "en"), Page(APP, second, "en")

    async def story() -> None:
        async with warm_apps(tmp_path) as warm:
            warm.follow({APP: first})
            await ready(warm)
            assert set(warm._pools) == {old, Page(APP, first, "zh-CN")}
            viewer = await warm.claim(old, admission(first), "incident")
            assert viewer.first_view, "the very first viewer found it ready"
            await ready(warm)
            for live in ({APP: second}, {APP: first}, {APP: second}):  # published, rolled back, published again
                warm.follow(live)
                await ready(warm)
            assert new in warm._pools and old not in warm._pools
            claimed = await warm.claim(new, admission(second, "mei"), "incident")
            assert claimed.first_view and len(claimed.notebook.cells) == len(viewer.notebook.cells) + 1
            assert await move(warm, viewer, 30) == "<p class='result'>risk = 70 %</p>", "may finish with the old one"
            warm.follow({APP: second, "gone": first, "../x": "y"})
            await ready(warm)

    asyncio.run(story())


def test_what_is_ready_stays_so_until_it_is_made_ready_anew(tmp_path: Path) -> None:
    """Another fork server takes over whenever an app is published: whoever opens one just then need not wait."""
    version = publish(tmp_path, APP, "", "controls")
    page = Page(APP, version, "en")

    async def story() -> None:
        async with warm_apps(tmp_path) as warm:
            warm.follow({APP: version})
            await ready(warm)
            before = warm._pools[page]
            warm.begin_anew()
            while page not in warm._preparing:
                await asyncio.sleep(0.01)
            viewer = await warm.claim(page, admission(version), "incident")
            assert viewer.first_view == before.name, "from what was ready, and not executed for this viewer alone"
            await ready(warm)
            after = warm._pools[page]
            assert after is not before and after.steady and before.retired
            assert await move(warm, viewer, 30) == "<p class='result'>risk = 70 %</p>", "goes on with the old one"
            later = await warm.claim(page, admission(version), "incident")
            assert later.first_view == after.name

    asyncio.run(story())


def test_what_the_examination_found_is_not_found_out_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An app server that sees the same as the examination has its second run already."""
    file = tmp_path / "examined.ipynb"
    nbformat.write(notebook("", "controls"), file)
    view = first_run(KernelPolicy(readable=(file,)), file, 2**20, 60).view
    assert view
    nbformat.write(notebook("", "import random; print(random.random())"), file)
    assert not first_run(KernelPolicy(readable=(file,)), file, 2**20, 60).view
    known = publish(tmp_path, APP, "", "controls", first_views={"en": view})
    lied = publish(tmp_path, APP, "", "controls", "secret", first_views={"en": "0" * 64})
    asked: list[str] = []

    def compare(policy: KernelPolicy, file: Path, *_: Any) -> bool:
        asked.append(file.parent.name)
        return True

    monkeypatch.setattr("sandbox.appserver.warm.shows_the_same", compare)

    async def story() -> None:
        async with warm_apps(tmp_path) as warm:
            for version in (known, lied):
                await warm.claim(Page(APP, version, "en"), admission(version), "incident")
                await ready(warm)
            assert warm.status()["apps_ready"] == 2 and asked == [lied]

    asyncio.run(story())


def test_a_whole_gallery_is_kept_ready_where_there_is_room_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = publish(tmp_path, APP, "", "controls")
    both = {Page(APP, version, "en"), Page(APP, version, "zh-CN")}
    monkeypatch.setattr("sandbox.appserver.warm.FEW_POOLS", 1)

    async def story() -> None:
        async with warm_apps(tmp_path) as warm:
            monkeypatch.setattr("sandbox.appserver.warm.available_memory", lambda: 2 * 2**30)
            warm.follow({APP: version})
            await ready(warm)
            assert set(warm._pools) == {Page(APP, version, "en")}, "the author's language first"
            await warm.claim(Page(APP, version, "zh-CN"), admission(version), "incident")
            await ready(warm)
            assert set(warm._pools) == {Page(APP, version, "zh-CN")}, "the one that nobody used went"
            monkeypatch.setattr("sandbox.appserver.warm.available_memory", lambda: 8 * 2**30)
            await warm.claim(Page(APP, version, "en"), admission(version), "incident")
            await ready(warm)
            assert set(warm._pools) == both

    asyncio.run(story())


def test_without_memory_nothing_is_kept_ready_and_at_last_nobody_is_let_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = publish(tmp_path, APP, "", "controls")
    page = Page(APP, version, "en")

    async def story() -> None:
        async with warm_apps(tmp_path) as warm:
            await warm.claim(page, admission(version), "incident")
            await ready(warm)
            monkeypatch.setattr("sandbox.appserver.warm.available_memory", lambda: 500 * 2**20)
            claimed = await warm.claim(page, admission(version, "mei"), "incident")
            assert len(warm._kernels) == 2
            assert await move(warm, claimed, 30) == "<p class='result'>risk = 70 %</p>"
            monkeypatch.setattr("sandbox.appserver.warm.available_memory", lambda: 100 * 2**20)
            with pytest.raises(TooBusy):
                await warm.claim(page, admission(version, "tom"), "incident")

    asyncio.run(story())


def test_without_room_nothing_is_executed_for_who_must_wait(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It would take seconds, after which the page can no longer be another one."""
    version = publish(tmp_path, APP, "", "controls", examined=False)
    monkeypatch.setattr("sandbox.appserver.warm.execute_once", lambda *_: pytest.fail("executed"))

    async def story() -> None:
        async with warm_apps(tmp_path) as warm:
            warm._kernels.most_kernels = 0
            with pytest.raises(TooBusy):
                await warm.claim(Page(APP, version, "en"), admission(version), "incident")

    asyncio.run(story())


def test_a_failing_cell_ends_the_notebook_and_says_so(tmp_path: Path) -> None:
    version = publish(tmp_path, APP, "", "secret", "broken", "controls")

    async def story() -> None:
        async with warm_apps(tmp_path) as warm:
            claimed = await warm.claim(Page(APP, version, "en"), admission(version), "incident")
            assert claimed.failed
            assert [output.output_type for cell in claimed.notebook.cells for output in cell.get("outputs", ())] == [
                "error"
            ]

    asyncio.run(story())


def test_a_changed_version_is_not_opened(tmp_path: Path) -> None:
    version = publish(tmp_path, APP, "", "controls")
    (tmp_path / "apps" / APP / version / "app.ipynb").write_text("{}")

    async def story() -> None:
        async with warm_apps(tmp_path) as warm:
            with pytest.raises(Damaged):
                await warm.claim(Page(APP, version, "en"), admission(version), "incident")

    asyncio.run(story())


def test_what_live_apps_import_is_imported_ahead_and_no_viewer_is_cut_off(tmp_path: Path) -> None:
    """Learned when another version becomes live, remembered for the next start, forgotten with the last app."""
    first = publish(tmp_path, APP, "", "controls")
    second = publish(tmp_path, APP, "", "controls", "import anywidget", imports=("anywidget", "sandbox.cli", "../x"))
    page = Page(APP, first, "en")

    async def story() -> None:
        async with warm_apps(tmp_path) as warm:
            preloading = Preloading(warm._places, warm.begin_anew, rest=0)
            try:
                claimed = await warm.claim(page, admission(first), "incident")
                await ready(warm)
                before = forkserver.current()
                preloading.follow({APP: second, "gone": first})
                assert preloading._work is not None
                await preloading._work
                assert learned.remembered(tmp_path / "run" / "preload.json").modules == ("anywidget",)
                now = forkserver.current()
                assert now.preload[-1] == "anywidget" and before.alive() and not before.idle()
                assert await move(warm, claimed, 30) == "<p class='result'>risk = 70 %</p>"
                await warm.close()
                assert before.idle()
                forkserver.stop()
                await asyncio.to_thread(Preloading(warm._places, warm.begin_anew).begin)
                assert forkserver.current().preload[-1] == "anywidget", "a server that starts remembers"
                preloading.follow({APP: first})
                await preloading._work
                assert "anywidget" not in forkserver.current().preload
            finally:
                await preloading.close()
                forkserver.stop()

    asyncio.run(story())


def test_a_batch_of_apps_is_learned_from_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Apps that become live one after the other cost one other fork server, not one each."""
    rounds: list[dict[str, str]] = []

    async def story() -> None:
        places = Places(Workspace.at(tmp_path), 1, "http://localhost:1", "")
        preloading = Preloading(places, lambda: None, rest=0.5)
        monkeypatch.setattr(preloading, "_learn", lambda live: rounds.append(live))
        live: dict[str, str] = {}
        for app in ("a", "b", "c"):
            live |= {app: "1"}
            for _ in range(3):
                preloading.follow(live)
                await asyncio.sleep(0.05)
        assert rounds == []
        for _ in range(20):
            preloading.follow(live)
            await asyncio.sleep(0.05)
        assert rounds == [live]
        await preloading.close()

    asyncio.run(story())


@pytest.mark.parametrize("broken", ["begin", "begin_again"])
def test_live_apps_are_followed_whatever_went_wrong_at_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    home = Workspace.at(tmp_path / "home").ensure().home
    server = AppServer(Places(Workspace.at(home), 1, "http://localhost:1", ""), Settings(home=home))
    server.initialize()
    server.init_settings()
    followed: list[dict[str, str]] = []

    def fail() -> None:
        raise RuntimeError("unforeseen")

    async def story() -> None:
        server.ioloop = IOLoop.current()
        for each, name in ((server.preloading, "begin"), (server.warm, "begin_again")):
            monkeypatch.setattr(each, name, fail if name == broken else AsyncMock() if "again" in name else Mock())
        monkeypatch.setattr(server.warm, "follow", followed.append)
        monkeypatch.setattr(server.preloading, "follow", lambda live: None)
        server._follow({APP: "1"})
        assert followed == [], "not before kernels can be forked"
        await asyncio.to_thread(server._begin)
        while not followed:
            await asyncio.sleep(0.01)
        assert followed == [{APP: "1"}]

    asyncio.run(asyncio.wait_for(story(), 20))
