"""What was measured, as tables: beside other frameworks, and for whoever has to choose a machine."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from typing import Any

BASELINE = "panel"
#: A page that is a file and answers by itself.
FLOOR = "plain"
OURS = ("small", "wide", "unsteady")


def table(result: dict[str, Any]) -> str:
    """Every framework and every app of ours, with medians, ranges and the ratio to the baseline of the same run."""
    apps = result["apps"]
    base = {k: _median(apps[BASELINE][k], "interactive") for k in ("fresh", "later")} if BASELINE in apps else None
    lines = [
        "# Opening an app",
        "",
        f"{result['cores']} cores, {result['busy']:.0f} % used by others before it began;"
        f" {result['repeat']} opens each, median (range). × is against Panel in this run.",
        "",
        "| app | fresh browser, ms | × | later, ms | × | slider → text, ms"
        " | requests | KB sent | KB decoded | MB a viewer |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for name, kinds in apps.items():
        fresh, later = kinds["fresh"], kinds["later"]
        latency = [each for o in later for each in o["latency"]]
        ratio = [f"{_median(kinds[k], 'interactive') / base[k]:.2f}" if base else "–" for k in ("fresh", "later")]
        lines.append(
            f"| {f'ours: {name}' if name in OURS else name} | {_spread(fresh)} | {ratio[0]} | {_spread(later)}"
            f" | {ratio[1]} | {statistics.median(latency):.0f} | {_median(fresh, 'requests'):.0f}"
            f" | {_median(fresh, 'sent') / 1024:.0f} |"
            f" {_median(fresh, 'decoded') / 1024:.0f} | {kinds.get('memory', {}).get('per_viewer_mb', '–')} |"
        )
    for name, kinds in apps.items():
        if found := kinds.get("crowd"):
            lines += ["", _crowd(name, found)]
    return "\n".join(lines) + "\n"


def sizing_table(result: dict[str, Any]) -> str:
    """How much memory the app server needs for how many open pages; empty when that was not measured."""
    lines = [
        "| app | server, its processes and the first page, MB | each further page, MB | pages in 4 GB |",
        "| --- | --- | --- | --- |",
    ]
    for name in OURS:
        memory = result["apps"].get(name, {}).get("memory")
        if memory:
            first, each = memory["totals_mb"][0], memory["per_viewer_mb"]
            room = f"{int((4096 - first) / each)}" if each > 0 else "–"
            lines.append(f"| {name} | {first:.0f} | {each:.1f} | {room} |")
    return "\n".join(lines) + "\n" if len(lines) > 2 else ""


def trace_table(result: dict[str, Any]) -> str:
    """When what happened in a later open of each app, milliseconds after the start of the navigation (medians)."""
    apps = {name: kinds["later"] for name, kinds in result["apps"].items() if name in (FLOOR, *OURS) and kinds["later"]}
    if not apps:
        return ""
    lines = [f"| what | {' | '.join(apps)} |", f"| --- |{' --- |' * len(apps)}"]
    for step in next(iter(apps.values()))[0]["steps"]:
        times = [f"{statistics.median(o['steps'][step] for o in later):.0f}" for later in apps.values()]
        lines.append(f"| {step} | {' | '.join(times)} |")
    return "\n".join(lines) + "\n"


def _crowd(name: str, found: dict[str, Any]) -> str:
    return (
        f"{found['viewers']} viewers opening “{name}” within {found['seconds']} s: page with live kernel after"
        f" {found['median_ms']:.0f} ms (median; 95 %: {found['p95_ms']:.0f}; worst {found['worst_ms']:.0f}),"
        f" {found['failed']} failed, all processes together {found['total_mb']:.0f} MB."
    )


def _median(opened: Sequence[dict[str, Any]], what: str) -> float:
    return statistics.median(o[what] for o in opened)


def _spread(opened: Sequence[dict[str, Any]]) -> str:
    values = [o["interactive"] for o in opened]
    return f"{statistics.median(values):.0f} ({min(values):.0f}–{max(values):.0f})"
