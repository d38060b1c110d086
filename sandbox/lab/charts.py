"""Small SVG charts. Text stays text, so that Chinese needs no font on the server, and scales with the page.

Drawn 360 units wide: readable at the width of a phone, and never wider than 400 pixels (``looks.STYLE``).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sandbox.lab.looks import ACCENT, ALERT, CALM, FONTS, INK, LINE, MUTED
from sandbox.lab.words import percent, safe

WIDTH = 360
_SIZE = 13


@dataclass(frozen=True)
class Bar:
    """``value`` in the chart's unit (negative grows to the left in ``balance``); ``text`` is what is written;
    ``more`` is a remark below the bar.
    """

    label: str
    value: float
    text: str
    tone: str = ACCENT
    more: str = ""


def bars(title: str, items: Sequence[Bar]) -> str:
    """Horizontal bars from zero, label above each."""
    largest = max((abs(item.value) for item in items), default=0) or 1
    parts = []
    top = 0
    for item in items:
        length = max(2.0, abs(item.value) / largest * WIDTH) if item.value else 0.0
        parts.append(_text(0, top + 14, _fit(item.label, WIDTH - _wide(item.text) - 14)))
        parts.append(_text(WIDTH, top + 14, item.text, anchor="end", weight=600))
        parts.append(_rect(0, top + 20, WIDTH, 10, "#eef1f4") + _rect(0, top + 20, length, 10, item.tone))
        if item.more:
            parts.append(_text(0, top + 44, _fit(item.more, WIDTH), colour=MUTED, size=12))
        top += 58 if item.more else 42
    return figure(title, top, parts, ", ".join(f"{item.label}: {item.text} {item.more}".strip() for item in items))


def balance(title: str, items: Sequence[Bar], left: str, right: str, tones: tuple[str, str] = (CALM, ALERT)) -> str:
    """Bars to the left (lower) and right (higher) of a middle line; ``left`` and ``right`` name the sides, ``tones``
    are their colours.
    """
    largest = max((abs(item.value) for item in items), default=0) or 1
    middle = WIDTH / 2
    parts = [
        _text(0, 13, "◀ " + left, colour=tones[0], size=12),
        _text(WIDTH, 13, right + " ▶", "end", tones[1], size=12),
    ]
    for row, item in enumerate(items):
        top = 22 + row * 42
        length = max(2.0, abs(item.value) / largest * (middle - 2))
        start = middle if item.value >= 0 else middle - length
        parts.append(_text(0, top + 14, _fit(item.label, WIDTH - _wide(item.text) - 14)))
        parts.append(_text(WIDTH, top + 14, item.text, "end", tones[item.value >= 0], weight=600))
        parts.append(_rect(0, top + 20, WIDTH, 10, "#eef1f4"))
        parts.append(_rect(start, top + 20, length, 10, tones[item.value >= 0]))
        parts.append(_rect(middle - 0.75, top + 17, 1.5, 16, INK))
    height = 22 + len(items) * 42
    return figure(title, height, parts, ", ".join(f"{item.label}: {item.text}" for item in items))


def columns(title: str, items: Sequence[Bar], average: float, average_text: str) -> str:
    """Upright columns of shares (0–1) with a line at their average."""
    top = max([average, *(item.value for item in items)], default=1) or 1
    plot, base = 130.0, 160.0
    slot = WIDTH / max(1, len(items))
    parts = []
    for place, item in enumerate(items):
        height = max(1.5, item.value / top * plot)
        left = place * slot + slot * 0.14
        parts.append(_rect(left, base - height, slot * 0.72, height, item.tone))
        parts.append(_text(left + slot * 0.36, base - height - 6, item.text, "middle", weight=600))
        anchor, x = (
            ("start", left)
            if place == 0
            else ("end", left + slot * 0.72)
            if place == len(items) - 1
            else ("middle", left + slot * 0.36)
        )
        parts.append(_text(x, base + 18, item.label, anchor, MUTED, size=12))
    line = base - average / top * plot
    parts.append(f'<line x1="0" x2="{WIDTH}" y1="{base}" y2="{base}" stroke="{LINE}"/>')
    parts.append(f'<line x1="0" x2="{WIDTH}" y1="{line:.1f}" y2="{line:.1f}" stroke="{INK}" stroke-dasharray="5 4"/>')
    parts.append(_text(WIDTH, min(line - 5, base - 5), average_text, "end", INK, size=12, halo=True))
    return figure(title, 186, parts, ", ".join(f"{item.label}: {item.text}" for item in items))


def curve(
    title: str,
    xs: Sequence[float],
    ys: Sequence[float],
    marks: Sequence[tuple[float, float, str, str]],
    x_text: str,
    zero_text: str,
) -> str:
    """A line of ``ys`` over shares ``xs``; ``marks`` are (x, y, text, colour) points on it."""
    low, high = min([0.0, *ys]), max([0.0, *ys])
    span = (high - low) or 1
    left, width, top, plot = 6.0, WIDTH - 12.0, 34.0, 130.0
    reach = max(xs) or 1

    def at(x: float, y: float) -> tuple[float, float]:
        return left + x / reach * width, top + (high - y) / span * plot

    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in (at(*point) for point in zip(xs, ys, strict=True)))
    zero = at(0, 0)[1]
    parts = [
        f'<path d="M{left} {zero:.1f}H{left + width}" stroke="{MUTED}" stroke-dasharray="4 4"/>',
        f'<polyline points="{path}" fill="none" stroke="{ACCENT}" stroke-width="2.5" stroke-linejoin="round"/>',
    ]
    # Where the line leaves most room, and above it: words under a line cannot be read.
    here = _wide(zero_text, 12) + 8
    sides = {
        "start": [at(*p)[1] for p in zip(xs, ys, strict=True) if at(*p)[0] < left + here],
        "end": [at(*p)[1] for p in zip(xs, ys, strict=True) if at(*p)[0] > left + width - here],
    }
    side = max(sides, key=lambda name: min((abs(line - zero + 9) for line in sides[name]), default=plot))
    parts.append(_text(left if side == "start" else left + width, zero - 5, zero_text, side, MUTED, size=12, halo=True))
    taken: list[float] = []
    for x, y, text, colour in marks:
        cx, cy = at(x, y)
        anchor = "start" if cx < WIDTH * 0.55 else "end"
        parts.append(f'<circle cx="{cx:.1f}" cy="{cy:.1f}" r="6" fill="{colour}" stroke="#fff" stroke-width="2"/>')
        line = max(13.0, cy - 12)
        if any(abs(line - other) < 15 for other in taken):  # two marks side by side: the second is written below
            line = cy + 24
        taken.append(line)
        parts.append(_text(cx, line, text, anchor, colour, 600, halo=True))
    base = top + plot + 20
    for share in (0.0, 0.25, 0.5, 0.75):
        anchor = "start" if share == 0 else "middle"
        if share > reach:
            break
        parts.append(_text(at(share, 0)[0], base, percent(share), anchor, MUTED, size=12))
    parts.append(_text(WIDTH / 2, base + 18, x_text, "middle", MUTED, size=12))
    return figure(title, base + 26, parts, "; ".join(text for _, _, text, _ in marks))


def scale(title: str, risk: float, average: float, average_text: str, act: float, act_text: str) -> str:
    """One risk on a line from 0 to the end of interest, with the average one and where acting pays."""
    end = min(1.0, max(0.1, 1.25 * max(risk, average, act)))

    def x(share: float) -> float:
        return 8 + min(1.0, max(0.0, share / end)) * (WIDTH - 16)

    tone = ALERT if risk >= act else CALM
    parts = [
        _rect(8, 34, WIDTH - 16, 14, "#e8f3f1"),
        _rect(x(act), 34, WIDTH - 8 - x(act), 14, "#fbe3d6"),
        _rect(8, 34, max(2.0, x(risk) - 8), 14, tone),
        _marker(x(act), 27, 55, act_text, 22),
        _marker(x(average), 27, 55, average_text, 70),
        f'<circle cx="{x(risk):.1f}" cy="41" r="10" fill="{tone}" stroke="#fff" stroke-width="3"/>',
    ]
    return figure(title, 78, parts, f"{percent(risk)}; {average_text}; {act_text}")


def _marker(x: float, top: float, bottom: float, text: str, baseline: float) -> str:
    half = _wide(text, 12) / 2
    centre = min(max(x, half + 1), WIDTH - half - 1)
    line = f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{top}" y2="{bottom}" stroke="{INK}" stroke-width="1.5"/>'
    return line + _text(centre, baseline, text, "middle", MUTED, size=12)


def figure(title: str, height: float, parts: Sequence[str], told: str) -> str:
    """An HTML figure around one SVG; ``told`` is what a screen reader says of it."""
    caption = f"<figcaption>{safe(title)}</figcaption>" if title else ""
    label = safe(f"{title}: {told}" if title else told)
    return (
        f'<figure>{caption}<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:.0f}" role="img" '
        f'aria-label="{label}" font-family="{safe(FONTS)}">{"".join(parts)}</svg></figure>'
    )


def _rect(x: float, y: float, width: float, height: float, colour: str) -> str:
    radius = min(4.0, height / 2, width / 2)
    return (
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{max(0.0, width):.1f}" height="{max(0.0, height):.1f}" '
        f'rx="{max(0.0, radius):.1f}" fill="{colour}"/>'
    )


def _text(
    x: float,
    y: float,
    text: str,
    anchor: str = "start",
    colour: str = INK,
    weight: int = 400,
    size: int = _SIZE,
    halo: bool = False,
) -> str:
    edge = ' stroke="#fff" stroke-width="4" paint-order="stroke" stroke-linejoin="round"' if halo else ""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" font-weight="{weight}" fill="{colour}" '
        f'text-anchor="{anchor}"{edge}>{safe(text)}</text>'
    )


def _wide(text: str, size: int = _SIZE) -> float:
    """About how wide a text is: a Chinese character takes a full square, a Latin letter about half."""
    return sum(size * (1.0 if ord(letter) > 0x2E80 else 0.58) for letter in text)


def _fit(text: str, room: float) -> str:
    """``text``, cut with … to about ``room`` units. Of “name: value” the name is cut: the value is what differs."""
    if _wide(text) <= room:
        return text
    name, colon, value = next((found for colon in (": ", "：") if (found := text.rpartition(colon))[0]), ("", "", text))
    tail = colon + value if name and _wide(value) < room / 2 else ""
    kept = name if tail else text
    brief = re.sub(r" ?[(（][^()（）]*[)）]$", "", kept)  # what explains the name goes before a part of the name does
    if brief and _wide(brief + tail) <= room:
        return brief + tail
    while kept and _wide(kept + "…" + tail) > room:
        kept = kept[:-1]
    return kept.rstrip() + "…" + tail


def histogram(title: str, items: Sequence[Bar]) -> str:
    """Upright columns side by side, for the bands of a number: the first, the tallest and the last are named."""
    top = max((item.value for item in items), default=0) or 1
    plot, base = 110.0, 140.0
    slot = WIDTH / max(1, len(items))
    tallest = max(range(len(items)), key=lambda place: items[place].value, default=0)
    parts = []
    for place, item in enumerate(items):
        height = max(1.5, item.value / top * plot)
        parts.append(_rect(place * slot + 1, base - height, slot - 2, height, item.tone))
    if items:
        tall = items[tallest]
        half = _wide(tall.text) / 2
        centre = min(max((tallest + 0.5) * slot, half), WIDTH - half)
        parts.append(_text(centre, base - plot - 8, tall.text, "middle", weight=600))
        parts.append(_text(0, base + 18, items[0].label, colour=MUTED, size=12))
        parts.append(_text(WIDTH, base + 18, items[-1].label, "end", MUTED, size=12))
    return figure(title, base + 26, parts, ", ".join(f"{item.label}: {item.text}" for item in items))
