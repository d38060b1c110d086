"""``make bench-apps``: the same app in every framework, opened in the same browser in the same run.

Writes ``apps.md``, ``apps.json``, ``apps_sizing.md`` and ``apps_trace.md`` in ``benchmarks/results``, anew after each
step. Nothing else should run meanwhile: it refuses a busy machine. ``--only`` and ``--repeat`` make it shorter;
``--peers`` names the folder with the peers' programs.

*Fresh*: a browser profile without cache or history. *Later*: the same person again, caches filled, the page before
closed and its kernel ended.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import nbformat
import psutil

from benchmarks.apps.browser import Opened, new_context, open_app
from benchmarks.apps.load import crowd
from benchmarks.apps.ours import ours
from benchmarks.apps.reference import SMALL, UNSTEADY, WIDE, make_data, make_plain
from benchmarks.apps.servers import Running, notebook, peer
from benchmarks.apps.tables import BASELINE, FLOOR, sizing_table, table, trace_table
from tests.helpers.browser import chromium

RESULTS = Path(__file__).resolve().parents[1] / "results"
PEERS = (FLOOR, BASELINE, "streamlit", "solara", "marimo", "voila")
OWN = {"small": SMALL, "wide": WIDE, "unsteady": UNSTEADY}
#: Further pages whose memory is measured; one person may have eight open.
VIEWERS = 7


def main() -> None:
    arguments = _arguments()
    with tempfile.TemporaryDirectory(prefix="bench-apps-") as name:
        data = Path(name)
        make_data(data)
        make_plain(data)
        nbformat.write(notebook(SMALL), data / "small.ipynb")
        busy = _quiet(arguments.noise)
        facts = {"cores": os.cpu_count(), "repeat": arguments.repeat}

        def save(measured: dict[str, Any]) -> None:
            """After each step: what was measured stays, whatever happens to the next."""
            _write(arguments.results, {"busy": busy, "load": os.getloadavg()[0], **facts, "apps": measured})

        _measure(arguments, data, save)
    sys.stdout.write((arguments.results / "apps.md").read_text())


def _write(folder: Path, result: dict[str, Any]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "apps.json").write_text(json.dumps(result, indent=1) + "\n")
    (folder / "apps.md").write_text(table(result))
    for name, made in (("apps_sizing.md", sizing_table(result)), ("apps_trace.md", trace_table(result))):
        if made:
            (folder / name).write_text(made)


def _quiet(allowed: float) -> float:
    """Share of the processors that others use, in percent, over three seconds. Exits when it is more than ``allowed``:
    what is measured beside other work says nothing."""
    busy = psutil.cpu_percent(interval=3)
    sys.stderr.write(f"others use {busy:.0f} % of the processors\n")
    if busy > allowed:
        raise SystemExit(
            f"This machine is busy ({busy:.0f} %). Try again when it is quiet, or allow it with --noise 100."
        )
    return busy


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.apps")
    parser.add_argument("--peers", type=Path, help="folder with the peers' programs; without it only ours is measured")
    parser.add_argument("--repeat", type=int, default=5, help="opens per kind")
    parser.add_argument("--only", nargs="*", help="names of apps to measure")
    parser.add_argument("--noise", type=float, default=10, help="most that others may use of the processors, percent")
    parser.add_argument("--results", type=Path, default=RESULTS, help="folder of the results")
    parser.add_argument("--viewers", type=int, default=50, help="viewers that open the app within ten seconds")
    return parser.parse_args()


def _measure(arguments: argparse.Namespace, data: Path, save: Callable[[dict[str, Any]], None]) -> None:
    wanted = [n for n in (*PEERS, *OWN) if not arguments.only or n in arguments.only]
    files = [data / "demo.duckdb", data / "model.joblib"]
    with ExitStack() as stack:
        servers: dict[str, Running] = {}
        for name in wanted:
            if name in PEERS and arguments.peers:
                servers[name] = stack.enter_context(peer(name, arguments.peers, data))
        if any(n in OWN for n in wanted):
            own = stack.enter_context(ours(data, {n: OWN[n] for n in wanted if n in OWN}, files))
            own.wait_until_ready()
            servers.update({n: own.viewer(n) for n in wanted if n in OWN})
        with chromium() as browser:
            measured = _open_all(browser, servers, arguments.repeat)
        save(measured)
        for name in [name for name in servers if name in PEERS and name != FLOOR]:
            with _progress(f"memory: {name}"), chromium() as browser:
                measured[name]["memory"] = _memory(browser, servers[name])
    for name in [name for name in wanted if name in OWN]:  # a server for each: nothing of another app is counted
        with _progress(f"memory: {name}"), ours(data / f"{name}-only", {name: OWN[name]}, files) as own:
            own.wait_until_ready()
            with chromium() as browser:
                measured[name]["memory"] = _memory(browser, own.viewer(name))
        save(measured)
    if "small" in wanted and arguments.viewers:
        with _progress(f"{arguments.viewers} viewers"), ours(data / "crowd", {"small": SMALL}, files) as own:
            measured["small"]["crowd"] = crowd(own, "small", arguments.viewers, seconds=10)
        save(measured)


def _open_all(browser: Any, servers: dict[str, Running], repeat: int) -> dict[str, Any]:
    """Fresh browsers and later opens, each server in turn, so that the machine's moods meet all alike."""
    opened: dict[str, dict[str, list[Opened]]] = {name: {"fresh": [], "later": []} for name in servers}
    for name, server in servers.items():
        with _progress(f"warm: {name}"):
            _once(browser, server)
    time.sleep(3)
    for round_ in range(repeat):
        for name, server in servers.items():
            with _progress(f"fresh {round_ + 1}/{repeat}: {name}"):
                opened[name]["fresh"].append(_once(browser, server))
    contexts = {name: new_context(browser, server) for name, server in servers.items()}
    for name, server in servers.items():
        for _ in range(2):  # fill the caches of data and of compiled code
            _once(browser, server, contexts[name])
    for round_ in range(repeat):
        for name, server in servers.items():
            with _progress(f"later {round_ + 1}/{repeat}: {name}"):
                moves = 15 if round_ == 0 else 0
                opened[name]["later"].append(_once(browser, server, contexts[name], moves))
    return {n: {kind: [asdict(o) for o in found] for kind, found in kinds.items()} for n, kinds in opened.items()}


def _once(browser: Any, server: Running, context: Any = None, moves: int = 0) -> Opened:
    own = new_context(browser, server) if context is None else context
    try:
        page, found = open_app(own, server, moves=moves)
        page.goto("about:blank")  # the server hears of it as when a tab is closed
        page.close()
    finally:
        if context is None:
            own.close()
    time.sleep(0.8)
    return found


def _memory(browser: Any, server: Running) -> dict[str, Any]:
    """MB of all the server's processes (PSS) with one page open, two, … and how much each further page adds: the slope
    of the straight line through them. Each page was used once; each figure is taken when nothing changes any more."""
    context = new_context(browser, server)
    totals = []
    for _ in range(1 + VIEWERS):
        page, _found = open_app(context, server)
        page.evaluate("() => clearInterval(__bench.timer)")
        totals.append(round(_settled(server), 1))
    context.close()
    return {
        "totals_mb": totals,
        "per_viewer_mb": round(statistics.linear_regression(range(len(totals)), totals).slope, 1),
    }


def _settled(server: Running) -> float:
    """What the processes hold, MB, when it has not changed by more than 1 % within a second (at most ten)."""
    before = server.pss()
    for _ in range(10):
        time.sleep(1)
        now = server.pss()
        if abs(now - before) < 0.01 * now:
            break
        before = now
    return now


@contextmanager
def _progress(what: str) -> Iterator[None]:
    sys.stderr.write(f"{what}\n")
    yield


if __name__ == "__main__":
    main()
