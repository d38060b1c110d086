"""Kernels of app viewers: ``python benchmarks/app_kernels.py [viewers] [notebook.ipynb]``. Prints what it measured.

The app is a small one (table, chart, slider → prediction) unless a notebook that needs no snapshot is named. Claims are
those of the app server, without its web part; first reply = the control's answer, asked for as soon as the kernel is
claimed; memory is the sum of PSS over all processes of the kernels, so that nothing shared is counted twice.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import psutil
from traitlets.config import Config

from sandbox.appserver.fairness import INTERVAL, LOOKS, Fairness
from sandbox.appserver.kernels import AppKernels
from sandbox.appserver.pool import Pool
from sandbox.appserver.sessions import Admission
from sandbox.kernels import forkserver
from sandbox.kernels.policy import KernelLimits, KernelPolicy
from sandbox.notebooks.first_run import execute_once, shows_the_same

_APP = """
import ipywidgets as w, numpy as np, pandas as pd, matplotlib.pyplot as plt
from IPython.display import display
from sklearn.linear_model import LogisticRegression
x = np.arange(60).reshape(-1, 1)
model = LogisticRegression().fit(x, (x.ravel() > 30).astype(int))
display(pd.DataFrame({"months": x.ravel()[:12], "risk": model.predict_proba(x[:12])[:, 1].round(3)}))
plt.plot(x, model.predict_proba(x)[:, 1]); plt.show()
slider, text = w.IntSlider(12, max=60), w.HTML()
def show(_=None):
    text.value = f"<p>{slider.value}: {model.predict_proba([[slider.value]])[0, 1]:.3f}</p>"
slider.observe(show, "value"); show()
display(w.VBox([slider, text]))
"""


def pss(pid: int) -> float:
    """Proportional set size in MB; 0 for a process that has ended."""
    try:
        found = re.search(r"^Pss:\s+(\d+)", Path(f"/proc/{pid}/smaps_rollup").read_text(), re.M)
    except OSError:
        return 0.0
    return int(found[1]) / 1024 if found else 0.0


def all_memory() -> float:
    server = psutil.Process(forkserver.current().pid)
    return sum(pss(process.pid) for process in [server, *server.children(recursive=True)])


class Viewer:
    """Somebody with a page: claims a kernel and moves the first slider."""

    def __init__(self, pool: Pool, kernels: AppKernels, number: int) -> None:
        self._pool, self._kernels = pool, kernels
        self._admission = Admission(f"person-{number}", "signin", "app", "version")

    async def open(self) -> tuple[float, float]:
        """Milliseconds until the kernel is claimed, and until the control has answered."""
        start = time.perf_counter()
        kernel_id = await self._pool.claim(self._admission)
        self._pool.refill()
        claimed = time.perf_counter()
        self.client = self._kernels.get_kernel(kernel_id).client()
        self.client.start_channels(hb=False, stdin=False, control=False)
        await self.ready()
        await self.move()
        return (claimed - start) * 1000, (time.perf_counter() - start) * 1000

    async def ready(self) -> None:
        """Until the page would hear the kernel: a subscription is told to the kernel, which takes a moment."""
        while True:
            self.client.kernel_info()
            try:
                await self.client.get_iopub_msg(timeout=0.03)
                return
            except Exception:
                continue

    async def move(self) -> float:
        """Milliseconds from a new value to the text that follows."""
        state = self._pool.app.shown.widgets["state"]
        slider, facts = next(
            (key, each["state"])
            for key, each in state.items()
            if "Slider" in each["model_name"] and "value" in each["state"]
        )
        self._value = getattr(self, "_value", facts["value"]) % facts.get("max", 100) + facts.get("step", 1)
        data = {"method": "update", "state": {"value": self._value}, "buffer_paths": []}
        start = time.perf_counter()
        message = self.client.session.msg("comm_msg", {"comm_id": slider, "data": data})
        self.client.shell_channel.send(message)
        while True:
            answer = await self.client.get_iopub_msg(timeout=20)
            if answer["parent_header"].get("msg_id") != message["header"]["msg_id"]:
                continue
            if answer["msg_type"] == "comm_msg" and answer["content"]["data"].get("method") == "update":
                return (time.perf_counter() - start) * 1000


def show(what: str, values: list[float], unit: str = "ms") -> None:
    ordered = sorted(values)
    print(f"{what}: median {statistics.median(ordered):.1f} {unit}, range {ordered[0]:.1f} to {ordered[-1]:.1f}")


async def measure(folder: Path, count: int) -> None:
    config = Config()
    config.AppKernels.kernel_manager_class = "sandbox.kernels.managers.SandboxServerKernelManager"
    kernels = AppKernels(config=config, most_kernels=200, most_kernels_each=200)
    policy = KernelPolicy(readable=(folder,), env={"SANDBOX_MODE": "app"}, limits=KernelLimits(processes=4000))
    file = folder / "app.ipynb"
    start = time.perf_counter()
    await asyncio.to_thread(forkserver.current)
    print(f"zygote: {time.perf_counter() - start:.2f} s")
    start = time.perf_counter()
    app, notebook = await asyncio.to_thread(execute_once, policy, file, 10**7, 60)
    print(f"warm-up (execute and keep): {time.perf_counter() - start:.2f} s")
    pool = Pool(app, notebook, kernels, 1)
    start = time.perf_counter()
    same = await asyncio.to_thread(shows_the_same, policy, file, pool.first_view, 10**7, 60)
    print(f"second run elsewhere: {time.perf_counter() - start:.2f} s, the same: {same}")
    before = all_memory()
    await one_by_one(pool, kernels, count, before)
    await many(pool, kernels)
    for kernel_id in kernels.list_kernel_ids():
        await kernels.shutdown_kernel(kernel_id, now=True)
    await beside_endless_loops(pool, kernels, 2 * (os.cpu_count() or 2))
    await asyncio.gather(*(kernels.shutdown_kernel(each, now=True) for each in kernels.list_kernel_ids()))
    await pool.stop()
    forkserver.stop()


async def one_by_one(pool: Pool, kernels: AppKernels, count: int, before: float) -> None:
    opened, viewers = [], [Viewer(pool, kernels, number) for number in range(count)]
    for viewer in viewers:
        pool.refill()
        while pool._starting:
            await asyncio.sleep(0.05)
        opened.append(await viewer.open())
    while pool._starting:
        await asyncio.sleep(0.05)
    await asyncio.sleep(1)
    show("claim of a spare kernel", [claimed for claimed, _ in opened])
    show("claim to the first answer of a control", [answered for _, answered in opened])
    show("control to text, steady", [await viewer.move() for viewer in viewers for _ in range(3)])
    spare = 1
    each = (all_memory() - before) / (count + spare)
    print(
        f"memory: {before:.0f} MB before, {each:.1f} MB for each of {count} viewers and {spare} spare kernel, after use"
    )
    for kernel_id in kernels.list_kernel_ids():
        await kernels.shutdown_kernel(kernel_id, now=True)


async def beside_endless_loops(pool: Pool, kernels: AppKernels, loops: int) -> None:
    """How one viewer's control answers while others' kernels compute without end, before and after they step back."""
    viewers = [Viewer(pool, kernels, 2000 + number) for number in range(loops + 1)]
    for viewer in viewers:
        await viewer.open()
    one, *others = viewers
    show("control to text, alone", [await paced(one) for _ in range(20)])
    for other in others:
        other.client.execute("while True: pass")
    show(f"control to text beside {loops} endless loops", [await paced(one) for _ in range(20)])
    judge = Fairness(kernels.processes)
    for _ in range(LOOKS + 1):
        await asyncio.sleep(INTERVAL)
        judge.look()
    show("control to text after they stepped back", [await paced(one) for _ in range(20)])


async def paced(viewer: Viewer) -> float:
    await asyncio.sleep(0.1)
    return await viewer.move()


async def many(pool: Pool, kernels: AppKernels, count: int = 50, seconds: float = 10) -> None:
    """``count`` viewers who come evenly within ``seconds``."""
    pool._spares.clear()
    pool.refill()
    while pool._starting:
        await asyncio.sleep(0.05)

    async def come(number: int) -> tuple[float, float]:
        await asyncio.sleep(number * seconds / count)
        return await Viewer(pool, kernels, 1000 + number).open()

    opened = await asyncio.gather(*(come(number) for number in range(count)), return_exceptions=True)
    served = [each for each in opened if not isinstance(each, BaseException)]
    print(f"{count} viewers in {seconds:.0f} s: {len(served)} served, all processes together {all_memory():.0f} MB")
    show("  claim to the first answer of a control", [answered for _, answered in served])


def main(arguments: list[str]) -> None:
    count = int(arguments[0]) if arguments else 10
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        cells = [
            {"cell_type": "code", "id": "app", "source": _APP, "metadata": {}, "outputs": [], "execution_count": None}
        ]
        text = json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})
        (folder / "app.ipynb").write_text(Path(arguments[1]).read_text() if len(arguments) > 1 else text)
        print(f"load of the machine before: {os.getloadavg()[0]:.1f}")
        asyncio.run(measure(folder, count))


if __name__ == "__main__":
    main(sys.argv[1:])
