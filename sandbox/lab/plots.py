"""Charts over time, and estimates with their intervals; in the style of ``charts``."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from sandbox.lab.charts import WIDTH, _fit, _text, figure
from sandbox.lab.looks import ACCENT, INK, LINE, MUTED
from sandbox.lab.words import number


@dataclass(frozen=True)
class Line:
    """One line: a value per place on the time axis (NaN where there is none); ``dashed`` for what is only expected."""

    name: str
    values: Sequence[float]
    tone: str = ACCENT
    dashed: bool = False


@dataclass(frozen=True)
class Interval:
    """An estimate from ``low`` to ``high``; ``text`` is what is written beside the label."""

    label: str
    value: float
    low: float
    high: float
    text: str
    tone: str = ACCENT


def lines(
    title: str,
    places: Sequence[str],
    drawn: Sequence[Line],
    band: tuple[Sequence[float], Sequence[float]] | None = None,
    mark: tuple[int, str] | None = None,
) -> str:
    """Lines over ``places`` (the first, middle and last are written); ``band``: lower and upper edge; ``mark``: a
    place with a remark.
    """
    every = [value for line in drawn for value in line.values if math.isfinite(value)]
    every += [value for edge in band or () for value in edge if math.isfinite(value)]
    high, low = max(every, default=1.0), min([0.0, *every])
    span, left, width, top, plot = (high - low) or 1.0, 4.0, WIDTH - 8.0, 20.0 * (1 + len(drawn) // 3), 140.0

    def x(place: int) -> float:
        return left + place / max(1, len(places) - 1) * width

    def y(value: float) -> float:
        return top + 10 + (high - value) / span * plot

    parts = [f'<path d="M{left} {y(0):.1f}H{left + width}" stroke="{LINE}"/>']
    if band:
        edge = [f"{x(i):.1f},{y(v):.1f}" for i, v in enumerate(band[1]) if math.isfinite(v)]
        edge += [f"{x(i):.1f},{y(v):.1f}" for i, v in reversed(list(enumerate(band[0]))) if math.isfinite(v)]
        parts.append(f'<polygon points="{" ".join(edge)}" fill="{drawn[-1].tone}" fill-opacity=".15"/>')
    for line in drawn:
        parts.append(_path([(x(i), y(v)) for i, v in enumerate(line.values) if math.isfinite(v)], line))
    if mark:
        at = x(mark[0])
        parts.append(f'<path d="M{at:.1f} {top}V{top + 10 + plot}" stroke="{INK}" stroke-dasharray="3 3"/>')
        near = [y(v) for line in drawn for i, v in enumerate(line.values)
                if math.isfinite(v) and abs(x(i) - at) < WIDTH / 4]  # fmt: skip
        high_up = sum(near) > len(near) * (top + 10 + plot / 2)  # where the lines leave room
        parts.append(_text(at - 5 if at > WIDTH / 2 else at + 5, top + 22 if high_up else top + plot, mark[1],
                           "end" if at > WIDTH / 2 else "start", INK, size=12, halo=True))  # fmt: skip
    for place, line in enumerate(drawn):  # the legend: three to a row
        parts.append(
            _text((place % 3) * WIDTH / 3, 13 + 20 * (place // 3), "— " + line.name, colour=line.tone, size=12)
        )
    parts.append(f'<path d="M{left} {y(high):.1f}H{left + width}" stroke="{LINE}"/>')
    parts.append(_text(WIDTH, top + 8, number(high), "end", MUTED, size=12, halo=True))
    if low == 0:  # what is not labelled looks like zero, and is not where values are negative
        parts.append(_text(WIDTH, y(0) - 4, "0", "end", MUTED, size=12, halo=True))
    base = top + plot + 28
    for place, anchor in ((0, "start"), (len(places) // 2, "middle"), (len(places) - 1, "end")):
        if 0 <= place < len(places) and (anchor != "middle" or len(places) > 2):
            parts.append(_text(x(place), base, places[place], anchor, MUTED, size=12))
    return figure(title, base + 8, parts, ", ".join(f"{line.name}: {_ends(line.values)}" for line in drawn))


def _path(points: Sequence[tuple[float, float]], line: Line) -> str:
    dash = ' stroke-dasharray="6 4"' if line.dashed else ""
    written = " ".join(f"{a:.1f},{b:.1f}" for a, b in points)
    # A week ahead after a year is a line of three pixels: its end is what people look for.
    short = line.dashed and 0 < len(points) < 8
    dot = f'<circle cx="{points[-1][0]:.1f}" cy="{points[-1][1]:.1f}" r="4" fill="{line.tone}"/>' if short else ""
    return (
        f'<polyline points="{written}" fill="none" stroke="{line.tone}" stroke-width="2.2" '
        f'stroke-linejoin="round"{dash}/>{dot}'
    )


def _ends(values: Sequence[float]) -> str:
    known = [value for value in values if math.isfinite(value)]
    return f"{number(known[0])} … {number(known[-1])}" if known else "–"


def intervals(title: str, items: Sequence[Interval], zero_text: str) -> str:
    """Estimates with their intervals on one scale that holds zero, label above each."""
    low = min([0.0, *(item.low for item in items)])
    high = max([0.0, *(item.high for item in items)])
    span = (high - low) or 1.0

    def x(value: float) -> float:
        return 8 + (value - low) / span * (WIDTH - 16)

    bottom = len(items) * 46 + 4
    parts = []
    for row, item in enumerate(items):
        top = row * 46
        # The line at zero stands beside the intervals only: through the labels it would strike letters out.
        end = bottom if row == len(items) - 1 else top + 42
        parts.append(f'<path d="M{x(0):.1f} {top + 20}V{end}" stroke="{MUTED}" stroke-dasharray="4 4"/>')
        parts.append(_text(0, top + 14, _fit(item.label, WIDTH - len(item.text) * 8.5), halo=True))
        parts.append(_text(WIDTH, top + 14, item.text, "end", item.tone, 600, halo=True))
        middle = top + 30
        parts.append(
            f'<path d="M{x(item.low):.1f} {middle}H{x(item.high):.1f}" stroke="{item.tone}" stroke-width="4" '
            f'stroke-linecap="round" stroke-opacity=".45"/>'
            f'<circle cx="{x(item.value):.1f}" cy="{middle}" r="6" fill="{item.tone}" stroke="#fff" stroke-width="2"/>'
        )
    anchor = "start" if x(0) < WIDTH * 0.3 else "end" if x(0) > WIDTH * 0.7 else "middle"
    parts.append(_text(x(0), bottom + 14, zero_text, anchor, MUTED, size=12))
    return figure(title, bottom + 20, parts, ", ".join(f"{item.label}: {item.text}" for item in items))
