"""The trade-off as a picture (SVG): what is kept of the information by what may be left out, and the levels chosen."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from sandbox.core.messages import Message, Translate
from sandbox.snapshots.lattice.suggest import Suggestion

_WIDTH = 720
_LEFT, _RIGHT, _TOP, _BOTTOM = 70, 36, 96, 330
_ROW = 26  # height of a column's line below the plot
_BOX, _GAP, _BOXES = 28, 4, 300  # of a level; where the first begins
_MOST_BOXES = 12
_FONT = "system-ui, 'Noto Sans CJK SC', 'Microsoft YaHei', sans-serif"
_INK, _QUIET, _GRID, _LINE, _CHOSEN = "#1f2933", "#52606d", "#e3e8ee", "#2563eb", "#c2410c"


def draw(suggestion: Suggestion, title: str, translate: Translate) -> str:
    """A step line of the best nodes by limit, the chosen one marked; below, the level of every column."""
    height = _BOTTOM + 92 + _ROW * len(suggestion.levels)
    label = f"{title}: " + _caption(suggestion).render(translate)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img"'
        f' aria-label="{escape(label)}" font-family="{_FONT}" font-size="13" fill="{_INK}">'
        f'<rect width="{_WIDTH}" height="{height}" fill="#fff"/>',
        _text(24, 32, title, size=17, weight="600"),
        _text(24, 56, _caption(suggestion).render(translate), colour=_CHOSEN, weight="600"),
        _text(24, _TOP - 16, Message("Information kept").render(translate), colour=_QUIET),
        _text(_WIDTH - _RIGHT, _BOTTOM + 40, Message("Share of units that may be left out").render(translate),
              anchor="end", colour=_QUIET),
    ]  # fmt: skip
    parts += _plot(suggestion)
    parts += _levels(suggestion, _BOTTOM + 70, translate)
    return "\n".join([*parts, "</svg>\n"])


def _caption(suggestion: Suggestion) -> Message:
    fields = {
        "k": suggestion.k,
        "kept": f"{1 - suggestion.best.loss:.1%}",
        "left_out": f"{suggestion.best.left_out:,}",
        "units": f"{suggestion.units:,}",
    }
    return Message("k = {k}: {kept} of the information is kept, {left_out} of {units} units are left out.", fields)


def _plot(suggestion: Suggestion) -> list[str]:
    points = [(limit, 1 - f.loss) for limit, f in sorted(suggestion.trade_off.items()) if f]
    widest = max([limit for limit, _ in points] + [suggestion.suppress, 0.01])
    parts = []
    for percent in (0, 25, 50, 75, 100):
        y = _y(percent / 100)
        parts.append(f'<line x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y}" y2="{y}" stroke="{_GRID}"/>')
        parts.append(_text(_LEFT - 10, y + 4, f"{percent}%", anchor="end", colour=_QUIET))
    for tick in (0.0, widest / 4, widest / 2, 3 * widest / 4, widest):
        parts.append(_text(_x(tick, widest), _BOTTOM + 20, f"{100 * tick:.3g}%", anchor="middle", colour=_QUIET))
    parts += _line(points, widest)
    x, y = _x(suggestion.suppress, widest), _y(1 - suggestion.best.loss)
    parts.append(f'<line x1="{x}" x2="{x}" y1="{y}" y2="{_BOTTOM}" stroke="{_CHOSEN}" stroke-dasharray="3 4"/>')
    parts.append(f'<circle cx="{x}" cy="{y}" r="7" fill="{_CHOSEN}" stroke="#fff" stroke-width="2"/>')
    return parts


def _line(points: Sequence[tuple[float, float]], widest: float) -> list[str]:
    """What each limit keeps is written above its point, unless it would stand on that of the point before."""
    if not points:
        return []
    steps, parts, free = f"M{_x(points[0][0], widest)},{_y(points[0][1])}", [], 0.0
    for limit, kept in points:
        x, y = _x(limit, widest), _y(kept)
        steps += f"H{x}V{y}"
        parts.append(f'<circle cx="{x}" cy="{y}" r="4" fill="{_LINE}"/>')
        if x >= free:
            anchor = "end" if x > _WIDTH - _RIGHT - 24 else "start" if x < _LEFT + 24 else "middle"
            parts.append(_text(x, y - 14, f"{kept:.0%}", anchor=anchor, size=12, colour=_QUIET))
            free = x + 38
    return [f'<path d="{steps}" fill="none" stroke="{_LINE}" stroke-width="2"/>', *parts]


def _levels(suggestion: Suggestion, top: float, translate: Translate) -> list[str]:
    """A line per column: a box per level from the value itself to nothing, filled as far as the column is coarsened."""
    parts = [
        _text(24, top, Message("How coarse each column becomes").render(translate), weight="600"),
        _text(_BOXES, top, Message("exact").render(translate), size=12, colour=_QUIET),
    ]
    longest = 0
    for n, (name, level) in enumerate(suggestion.levels.items()):
        y, height = top + 10 + _ROW * n, suggestion.heights[name]
        parts.append(_text(24, y + 15, name if len(name) <= 24 else name[:23] + "…"))
        boxes = min(height + 1, _MOST_BOXES)  # a column with more levels has its place scaled to so many
        last = round(level * (boxes - 1) / height) if height else 0
        for box in range(boxes):
            fill = _LINE if box == last else "#bfdbfe" if box < last else "#eef2f6"
            x = _BOXES + box * (_BOX + _GAP)
            parts.append(f'<rect x="{x}" y="{y}" width="{_BOX}" height="20" rx="4" fill="{fill}"/>')
        longest = max(longest, boxes)
        parts.append(_text(_BOXES + boxes * (_BOX + _GAP) + 6, y + 15, f"{level} / {height}", colour=_QUIET))
    if longest > 3:
        end = _BOXES + longest * (_BOX + _GAP) - _GAP
        told = Message("hidden altogether").render(translate)
        parts.append(_text(end, top, told, anchor="end", size=12, colour=_QUIET))
    return parts


def _x(limit: float, widest: float) -> float:
    return round(_LEFT + (_WIDTH - _LEFT - _RIGHT) * limit / widest, 1)


def _y(kept: float) -> float:
    return round(_BOTTOM - (_BOTTOM - _TOP) * kept, 1)


def _text(
    x: float, y: float, text: str, *, anchor: str = "start", size: int = 13, weight: str = "400", colour: str = _INK
) -> str:
    style = f'text-anchor="{anchor}" font-size="{size}" font-weight="{weight}" fill="{colour}"'
    return f'<text x="{x}" y="{y}" {style}>{escape(text)}</text>'
