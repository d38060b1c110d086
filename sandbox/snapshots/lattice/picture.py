"""The trade-off as a picture (SVG): what is kept of the information, by what may be left out."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from sandbox.core.messages import Message, Translate
from sandbox.snapshots.lattice.suggest import Suggestion

_WIDTH, _HEIGHT = 640, 400
_LEFT, _RIGHT, _TOP, _BOTTOM = 70, 24, 56, 330
_FONT = "system-ui, 'Noto Sans CJK SC', 'Microsoft YaHei', sans-serif"


def draw(suggestion: Suggestion, title: str, translate: Translate) -> str:
    """A step line of the best nodes by limit, the chosen one marked, its levels below."""
    points = [(limit, 1 - f.loss) for limit, f in sorted(suggestion.trade_off.items()) if f]
    widest = max([limit for limit, _ in points] + [suggestion.suppress, 0.01])
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" font-family="{_FONT}"'
        f' font-size="13" fill="#1f2933"><rect width="{_WIDTH}" height="{_HEIGHT}" fill="#fff"/>',
        _text(_LEFT, 26, title, size=16, weight="600"),
        _text(_LEFT, 45, Message("information kept, by the share of units that may be left out").render(translate)),
    ]
    for percent in (0, 25, 50, 75, 100):
        y = _y(percent / 100)
        parts.append(f'<line x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y}" y2="{y}" stroke="#e3e8ee"/>')
        parts.append(_text(_LEFT - 8, y + 4, f"{percent}%", anchor="end"))
    parts += [_text(_x(limit, widest), _BOTTOM + 20, f"{limit:.0%}", anchor="middle") for limit in _ticks(widest)]
    parts += _line(points, widest)
    x, y = _x(suggestion.suppress, widest), _y(1 - suggestion.best.loss)
    parts.append(f'<circle cx="{x}" cy="{y}" r="7" fill="#c2410c" stroke="#fff" stroke-width="2"/>')
    near_right = x > _WIDTH / 2
    label = f"{1 - suggestion.best.loss:.1%}"
    parts.append(_text(x + (-12 if near_right else 12), y - 10, label, anchor="end" if near_right else "start",
                       weight="600"))  # fmt: skip
    chosen = ", ".join(f"{name} {level}/{suggestion.heights[name]}" for name, level in suggestion.levels.items())
    told = Message("levels: {levels}", {"levels": chosen}).render(translate)
    parts += [_text(_LEFT, _BOTTOM + 44 + 18 * n, line) for n, line in enumerate(_wrapped(told, 84)[:2])]
    return "\n".join([*parts, "</svg>\n"])


def _line(points: Sequence[tuple[float, float]], widest: float) -> list[str]:
    if not points:
        return []
    steps = f"M{_x(points[0][0], widest)},{_y(points[0][1])}"
    for limit, kept in points[1:]:
        steps += f"H{_x(limit, widest)}V{_y(kept)}"
    dots = [f'<circle cx="{_x(x, widest)}" cy="{_y(y)}" r="4" fill="#2563eb"/>' for x, y in points]
    return [f'<path d="{steps}" fill="none" stroke="#2563eb" stroke-width="2"/>', *dots]


def _ticks(widest: float) -> list[float]:
    return [widest * n / 4 for n in range(5)] if widest >= 0.04 else [0.0, widest]


def _x(limit: float, widest: float) -> float:
    return round(_LEFT + (_WIDTH - _LEFT - _RIGHT) * limit / widest, 1)


def _y(kept: float) -> float:
    return round(_BOTTOM - (_BOTTOM - _TOP - 10) * kept, 1)


def _wrapped(text: str, width: int) -> list[str]:
    lines = [""]
    for word in text.split(" "):
        if lines[-1] and len(lines[-1]) + len(word) >= width:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines


def _text(x: float, y: float, text: str, *, anchor: str = "start", size: int = 13, weight: str = "400") -> str:
    style = f'text-anchor="{anchor}" font-size="{size}" font-weight="{weight}"'
    return f'<text x="{x}" y="{y}" {style}>{escape(text)}</text>'
