"""The lab's visual language: one style sheet and a few pieces of HTML. No script, nothing fetched from anywhere."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Literal

from sandbox.lab.words import safe

FONTS = (
    "system-ui, -apple-system, 'Segoe UI', Roboto, 'PingFang SC', 'Microsoft YaHei', 'Noto Sans CJK SC', "
    "'Source Han Sans SC', sans-serif"
)
INK, MUTED, LINE, PAPER = "#1b2733", "#5b6775", "#dfe4ea", "#ffffff"
CALM, ALERT, ACCENT = "#0f766e", "#c2410c", "#1d4ed8"

Tone = Literal["plain", "good", "bad", "note"]

STYLE = f"""<style>
.sb {{ font-family: {FONTS}; color: {INK}; line-height: 1.5; font-size: 15px; max-width: 880px; }}
.sb h3 {{ font-size: 1.1em; margin: .2em 0 .4em; }}
.sb p, .sb ul {{ max-width: 46rem; }}
.sb p {{ margin: .35em 0; }}
.sb-muted {{ color: {MUTED}; font-size: .92em; }}
.sb-tiles {{ display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 10px; margin: 10px 0; }}
.sb-tile {{ background: {PAPER}; border: 1px solid {LINE}; border-radius: 10px; padding: 10px 14px; }}
.sb-tile b {{ display: block; font-size: 1.6em; line-height: 1.25; font-variant-numeric: tabular-nums; }}
.sb-tile.good b {{ color: {CALM}; }} .sb-tile.bad b {{ color: {ALERT}; }}
.sb-tile span {{ color: {MUTED}; font-size: .88em; }}
.sb-note {{ border-left: 4px solid {MUTED};
  background: #f4f6f8; border-radius: 6px; padding: 8px 14px; margin: 10px 0; }}
.sb-note.good {{ border-color: {CALM}; background: #edf7f5; }}
.sb-note.bad {{ border-color: {ALERT}; background: #fdf2ec; }}
.sb-note.note {{ border-color: {ACCENT}; background: #eef3fd; }}
.sb-hero {{ background: #0f2f3d; color: #fff; border-radius: 14px; padding: 18px 22px;
  margin-bottom: 16px; }}
.sb-hero h2 {{ margin: 0 0 .25em; font-size: 1.35em; color: #fff; border: 0; }}
.sb-hero p {{ color: #d7e3e8; }}
.sb-hero .sb-kpi {{ display: flex; flex-wrap: wrap; gap: 4px 26px; margin-top: 10px; color: #fff; }}
.sb-hero .sb-kpi b {{ font-size: 1.25em; }}
.sb-risk b {{ font-size: 2.6em; line-height: 1.1; font-variant-numeric: tabular-nums; }}
.sb-card {{ background: {PAPER}; border: 1px solid {LINE}; border-radius: 12px; padding: 14px 18px; margin: 10px 0; }}
/* Charts are drawn 360 units wide with letters of 13: at most 400 pixels, so that they read like the text around. */
.sb figure {{ margin: 10px 0; max-width: 400px; }}
.sb figure svg {{ display: block; width: 100%; height: auto; }}
.sb-pair {{ display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 300px), 1fr)); gap: 4px 32px;
  align-items: start; }}
.sb-pair > * {{ min-width: 0; }}
.sb-pair .sb-tiles {{ grid-template-columns: repeat(auto-fit, minmax(min(100%, 220px), 1fr)); }}
.sb figcaption {{ font-weight: 600; margin-bottom: 2px; }}
.sb-scroll {{ overflow-x: auto; }}
.sb table.sb-table {{ border-collapse: collapse; font-size: .95em; background: {PAPER}; margin: 6px 0; }}
.sb table.sb-table th, .sb table.sb-table td {{ border-bottom: 1px solid {LINE}; padding: 5px 12px; text-align: left; }}
.sb table.sb-table td.n, .sb table.sb-table th.n {{ text-align: right; font-variant-numeric: tabular-nums; }}
.sb ul {{ margin: .3em 0; padding-left: 1.3em; }}
.sb-controls {{ font-family: {FONTS}; max-width: 880px; width: 100%; overflow: visible; gap: 10px;
  container-type: inline-size; }}
.sb-beside {{ display: grid !important; grid-template-columns: minmax(0, 1fr); gap: 0 28px; align-items: start;
  overflow: visible; }}
.sb-beside > * {{ min-width: 0; width: auto; }}
@container (min-width: 700px) {{
  .sb-beside {{ grid-template-columns: 270px minmax(0, 1fr); }}
  .sb-beside .sb-grid {{ grid-template-columns: minmax(0, 1fr); }}
}}
.sb-grid {{ display: grid !important; grid-template-columns: repeat(auto-fit, minmax(220px, 1fr)); gap: 10px 20px;
  align-items: end; overflow: visible; padding: 2px; }}
.sb-control {{ display: grid !important; grid-template-columns: 1fr auto; align-items: center; height: auto !important;
  width: auto !important; margin: 0; overflow: visible; }}
.sb-control > .widget-label {{ grid-column: 1 / -1; width: auto !important; max-width: none; height: auto;
  text-align: left; line-height: 1.35; white-space: normal; color: {INK}; font-size: 14px; }}
.sb-control > input, .sb-control > select {{ grid-column: 1 / -1; width: 100%; height: 38px !important; flex: none;
  font-family: inherit; font-size: 15px !important; border: 1px solid #b6c0cb !important; border-radius: 6px;
  padding: 0 8px; background-color: #fff; }}
.sb-control > textarea {{ grid-column: 1 / -1; width: 100%; box-sizing: border-box; font-family: inherit;
  font-size: 15px !important; line-height: 1.45; border: 1px solid #b6c0cb !important; border-radius: 6px;
  padding: 8px 10px; background-color: #fff; resize: vertical; }}
.sb mark {{ background: #fde9c8; color: inherit; border-radius: 3px; padding: 0 2px; }}
.sb-control > .slider-container {{ display: flex !important; flex-direction: column; justify-content: center;
  height: 38px; margin: 0 10px; }}
.sb-control .noUi-target {{ width: 100%; margin: 0; }}
.sb-control > .widget-readout {{ min-width: 56px; font-size: 15px; text-align: right; }}
.sb-checks {{ grid-template-columns: repeat(auto-fit, minmax(180px, 1fr)); gap: 0 16px; }}
.sb-checks .widget-checkbox {{ width: auto; }}
.sb-button {{ min-height: 44px; width: auto; padding: 0 26px; font-size: 16px; border-radius: 8px; }}
@media (prefers-reduced-motion: no-preference) {{ .sb svg .grow {{ transition: width .2s; }} }}
@media print {{ .sb-controls {{ display: none; }} }}
</style>"""


def page(*parts: str) -> str:
    """Parts of HTML as one block in the lab's style."""
    return f'<div class="sb">{"".join(parts)}</div>'


def heading(text: str) -> str:
    return f"<h3>{safe(text)}</h3>"


def paragraph(text: str, muted: bool = False) -> str:
    return f"<p{' class=sb-muted' if muted else ''}>{safe(text)}</p>"


def note(text: str, tone: Tone = "plain", remedy: str = "") -> str:
    """A remark; ``remedy`` says what to do."""
    more = f"<br>{safe(remedy)}" if remedy else ""
    role = ' role="alert"' if tone == "bad" else ""
    return f'<div class="sb-note {tone}"{role}>{safe(text)}{more}</div>'


def tiles(items: Iterable[tuple[str, str, Tone]]) -> str:
    """Key figures: (figure, what it is, tone)."""
    each = (
        f'<div class="sb-tile {tone}"><b>{safe(figure)}</b><span>{safe(what)}</span></div>'
        for figure, what, tone in items
    )
    return f'<div class="sb-tiles">{"".join(each)}</div>'


def bullets(texts: Sequence[str]) -> str:
    return f"<ul>{''.join(f'<li>{safe(text)}</li>' for text in texts)}</ul>" if texts else ""


def pair(*parts: str) -> str:
    """Parts side by side where there is room, else one below the other."""
    return f'<div class="sb-pair">{"".join(f"<div>{part}</div>" for part in parts)}</div>'


def card(*parts: str) -> str:
    return f'<div class="sb-card">{"".join(parts)}</div>'


def table(header: Sequence[str], rows: Sequence[Sequence[Any]], numeric: Sequence[bool]) -> str:
    """A plain table; cells are texts."""

    def cell(tag: str, text: Any, right: bool) -> str:
        return f"<{tag}{' class=n' if right else ''}>{safe(text)}</{tag}>"

    head = "".join(cell("th", text, right) for text, right in zip(header, numeric, strict=True))
    body = "".join(
        f"<tr>{''.join(cell('td', text, right) for text, right in zip(row, numeric, strict=True))}</tr>" for row in rows
    )
    inside = f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody>"
    return f'<div class="sb-scroll"><table class="sb-table">{inside}</table></div>'


def show(*parts: str) -> None:
    """Display parts of HTML."""
    from IPython.display import HTML, display

    display(HTML(page(*parts)))
