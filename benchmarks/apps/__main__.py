"""``make bench-apps``: the same app in every framework, opened in the same browser in the same run.

Writes ``benchmarks/results/apps.md`` and ``apps.json``. Nothing else should run meanwhile: the load before and after
stands in the result. ``--only`` and ``--repeat`` make it shorter; ``--peers`` names the folder with the peers' programs.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import nbformat

from benchmarks.apps.browser import Opened, new_context, open_app
from benchmarks.apps.load import crowd
from benchmarks.apps.ours import ours
from benchmarks.apps.reference import SMALL, UNSTEADY, WIDE, make_data
from benchmarks.apps.servers import Running, notebook, peer
from tests.helpers.browser import chromium

RESULTS = Path(__file__).resolve().parents[1] / "results"
PEERS = ("panel", "streamlit", "solara", "marimo", "voila")
OWN = {"small": SMALL, "wide": WIDE, "unsteady": UNSTEADY}
BASELINE = "panel"
#: Further pages whose memory is measured; one person may have eight open.
VIEWERS = 7


def main() -> None:
    arguments = _arguments()
    with tempfile.TemporaryDirectory(prefix="bench-apps-") as name:
        data = Path(name)
        make_data(data)
        nbformat.write(notebook(SMALL), data / "small.ipynb")
        load = os.getloadavg()[0]
        measured = _measure(arguments, data)
        result = {
            "load": [load, os.getloadavg()[0]],
            "cores": os.cpu_count(),
            "repeat": arguments.repeat,
            "apps": measured,
        }
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "apps.json").write_text(json.dumps(result, indent=1) + "\n")
    (RESULTS / "apps.md").write_text(_table(result))
    sys.stdout.write(_table(result))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.apps")
    parser.add_argument("--peers", type=Path, help="folder with the peers' programs; without it only ours is measured")
    parser.add_argument("--repeat", type=int, default=7, help="opens per kind")
    parser.add_argument("--only", nargs="*", help="names of apps to measure")
    parser.add_argument("--viewers", type=int, default=50, help="viewers that open the app within ten seconds")
    return parser.parse_args()


def _measure(arguments: argparse.Namespace, data: Path) -> dict[str, Any]:
    wanted = [n for n in (*PEERS, *OWN) if not arguments.only or n in arguments.only]
    measured: dict[str, Any] = {}
    with ExitStack() as stack:
        servers: dict[str, Running] = {}
        for name in wanted:
            if name in PEERS and arguments.peers:
                servers[name] = stack.enter_context(peer(name, arguments.peers, data))
        own = None
        if any(n in OWN for n in wanted):
            files = [data / "demo.duckdb", data / "model.joblib"]
            own = stack.enter_context(ours(data, {n: OWN[n] for n in wanted if n in OWN}, files))
            servers.update({n: own.viewer(n) for n in wanted if n in OWN})
        with chromium() as browser:
            measured = _open_all(browser, servers, arguments.repeat)
        for name, server in servers.items():
            with _progress(f"memory: {name}"), chromium() as browser:
                measured[name]["memory_mb"] = _memory(browser, server)
        if own and "small" in servers and arguments.viewers:
            with _progress(f"{arguments.viewers} viewers"):
                measured["small"]["crowd"] = crowd(own, "small", arguments.viewers, seconds=10)
    return measured


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
                moves = 5 if round_ == 0 else 0
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


def _memory(browser: Any, server: Running) -> float:
    """MB of the server's processes for each further viewer, the first one not counted."""
    context = new_context(browser, server)
    open_app(context, server)
    time.sleep(3)
    before = server.pss()
    for _ in range(VIEWERS):
        page, _found = open_app(context, server)
        page.evaluate("() => { for (let i = 1; i < 99999; i++) clearInterval(i); }")
    time.sleep(3)
    per_viewer = (server.pss() - before) / VIEWERS
    context.close()
    return round(per_viewer, 1)


@contextmanager
def _progress(what: str) -> Iterator[None]:
    sys.stderr.write(f"{what}\n")
    yield


def _table(result: dict[str, Any]) -> str:
    apps = result["apps"]
    base = {k: _median(apps[BASELINE][k], "interactive") for k in ("fresh", "later")} if BASELINE in apps else None
    lines = [
        "# Opening an app",
        "",
        f"{result['cores']} cores, load {result['load'][0]:.1f} before and {result['load'][1]:.1f} after;"
        f" {result['repeat']} opens each, median (range). × is against Panel in this run.",
        "",
        "| app | fresh browser, ms | × | later, ms | × | slider → text, ms | requests | KB sent | KB decoded | MB a viewer |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for name, kinds in apps.items():
        fresh, later = kinds["fresh"], kinds["later"]
        latency = [each for o in later for each in o["latency"]]
        ratio = [f"{_median(kinds[k], 'interactive') / base[k]:.2f}" if base else "–" for k in ("fresh", "later")]
        shown = name if name in PEERS else f"ours: {name}"
        lines.append(
            f"| {shown} | {_spread(fresh, 'interactive')} | {ratio[0]} | {_spread(later, 'interactive')} | {ratio[1]} |"
            f" {statistics.median(latency):.0f} | {_median(fresh, 'requests'):.0f} | {_median(fresh, 'sent') / 1024:.0f} |"
            f" {_median(fresh, 'decoded') / 1024:.0f} | {kinds.get('memory_mb', '–')} |"
        )
    for name, kinds in apps.items():
        if found := kinds.get("crowd"):
            lines += [
                "",
                f"{found['viewers']} viewers opening “{name}” within {found['seconds']} s: page with live kernel after"
                f" {found['median_ms']:.0f} ms (median; 95 %: {found['p95_ms']:.0f}; worst {found['worst_ms']:.0f}),"
                f" {found['failed']} failed, all processes together {found['total_mb']:.0f} MB.",
            ]
    return "\n".join(lines) + "\n"


def _median(opened: Sequence[dict[str, Any]], what: str) -> float:
    return statistics.median(o[what] for o in opened)


def _spread(opened: Sequence[dict[str, Any]], what: str) -> str:
    values = [o[what] for o in opened]
    return f"{statistics.median(values):.0f} ({min(values):.0f}–{max(values):.0f})"


if __name__ == "__main__":
    main()
