"""The lab's visual language: one style sheet and a few pieces of HTML. No script, nothing fetched from anywhere."""

from __future__ import annotations

import re
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
#: A cell of so few letters is not broken into lines: “漂移” in two lines and “< 10” in two are hard to read.
_WHOLE = 8
#: What a phone leaves for a table inside a card, pixels.
_PHONE = 330

STYLE = f"""<style>
.sb {{ font-family: {FONTS}; color: {INK}; line-height: 1.5; font-size: 15px; max-width: 880px; }}
.sb h3 {{ font-size: 1.1em; margin: .2em 0 .4em; }}
.sb p, .sb ul {{ max-width: 46rem; }}
.sb p {{ margin: .35em 0; }}
.sb-muted {{ color: {MUTED}; font-size: .92em; }}
/* Not a grid: the last one of an odd number takes the whole row instead of leaving a hole. */
.sb-tiles {{ display: flex; flex-wrap: wrap; gap: 10px; margin: 10px 0; }}
.sb-tile {{ flex: 1 1 150px; box-sizing: border-box;
  background: {PAPER}; border: 1px solid {LINE}; border-radius: 10px; padding: 10px 14px; }}
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
.sb-risk.words b {{ font-size: 1.7em; line-height: 1.25; }}
.sb-card {{ background: {PAPER}; border: 1px solid {LINE}; border-radius: 12px; padding: 14px 18px; margin: 10px 0; }}
/* Charts are drawn 360 units wide with letters of 13: at most 400 pixels, so that they read like the text around. */
.sb figure {{ margin: 10px 0; max-width: 400px; }}
.sb figure svg {{ display: block; width: 100%; height: auto; }}
.sb-pair {{ display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 300px), 1fr)); gap: 4px 32px;
  align-items: start; }}
.sb-pair > * {{ min-width: 0; }}
.sb-pair .sb-tile {{ flex-basis: min(100%, 220px); }}
.sb figcaption {{ font-weight: 600; margin-bottom: 2px; }}
.sb-scroll {{ overflow-x: auto; }}
.sb table.sb-table {{ border-collapse: collapse; font-size: .95em; background: {PAPER}; margin: 6px 0; }}
.sb table.sb-table th, .sb table.sb-table td {{ border-bottom: 1px solid {LINE}; padding: 5px 12px; text-align: left; }}
.sb table.sb-table td.n, .sb table.sb-table th.n {{ text-align: right; font-variant-numeric: tabular-nums; }}
.sb table.sb-table td.n, .sb table.sb-table td.s, .sb table.sb-table th.s {{ white-space: nowrap; }}
.sb table.sb-table tr.part td {{ font-weight: 600; padding-top: 12px; }}
.sb details.sb-fold > summary {{ cursor: pointer; padding: 8px 0; font-weight: 600; color: {ACCENT}; }}
@media (max-width: 520px) {{
  .sb-card {{ padding: 12px 13px; }}
  .sb-tile {{ flex-basis: 135px; padding: 8px 11px; }} .sb-tile b {{ font-size: 1.35em; }}
  .sb table.sb-table th, .sb table.sb-table td {{ padding: 5px 6px; }}
  /* A table that is wider than a phone: each row becomes a short list, with the heading before each value. */
  .sb table.sb-wide, .sb table.sb-wide tbody {{ display: block; }}
  .sb table.sb-wide thead {{ display: none; }}
  .sb table.sb-wide tr {{ display: block; border-bottom: 1px solid {LINE}; padding: 6px 0; }}
  .sb table.sb-wide tr > td {{ display: flex; justify-content: space-between; gap: 14px; border: 0; padding: 2px 0;
    text-align: right; white-space: normal; }}
  .sb table.sb-wide tr > td:first-child {{ font-weight: 600; }}
  .sb table.sb-wide td::before {{ content: attr(data-label); color: {MUTED}; font-weight: 400; text-align: left; }}
  .sb table.sb-wide td:empty {{ display: none; }}
}}
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
@container (max-width: 420px) {{
  /* Two to a row, so that the answer is not pushed below the screen. */
  .sb-grid:not(.sb-checks) {{ grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 8px 14px; }}
  .sb-grid > :only-child, .sb-grid > .widget-textarea, .sb-grid > .sb-long {{ grid-column: 1 / -1; }}
  .sb-control > .widget-readout {{ min-width: 40px; }} .sb-control > .slider-container {{ margin: 0 4px; }}
}}
.sb-checks {{ grid-template-columns: repeat(auto-fit, minmax(180px, 1fr)); gap: 0 16px; }}
.sb-checks .widget-checkbox {{ width: auto; }}
.sb-button {{ min-height: 44px; width: auto; padding: 0 26px; font-size: 16px; border-radius: 8px; }}
@media print {{
  .sb-hero {{ background: none; border: 1px solid {LINE}; }}
  .sb-hero h2, .sb-hero p, .sb-hero .sb-kpi {{ color: {INK}; }}
}}
@media (prefers-reduced-motion: no-preference) {{ .sb svg .grow {{ transition: width .2s; }} }}
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
    """A plain table; cells are texts. A row of one cell is a heading of those below it.

    On a phone a table that does not fit becomes a list for each row: nobody finds a column that must be scrolled to.
    """

    def cell(tag: str, text: Any, right: bool, label: str = "") -> str:
        kinds = " ".join(kind for kind, there in (("n", right), ("s", len(str(text)) <= _WHOLE)) if there)
        named = f' data-label="{safe(label)}"' if label else ""
        classes = f' class="{kinds}"' if kinds else ""
        return f"<{tag}{classes}{named}>{safe(text)}</{tag}>"

    def line(row: Sequence[Any]) -> str:
        if len(row) == 1:
            return f'<tr class="part"><td colspan="{len(header)}">{safe(row[0])}</td></tr>'
        each = zip(row, numeric, header, strict=True)
        return f"<tr>{''.join(cell('td', text, right, label) for text, right, label in each)}</tr>"

    head = "".join(cell("th", text, right) for text, right in zip(header, numeric, strict=True))
    inside = f"<thead><tr>{head}</tr></thead><tbody>{''.join(map(line, rows))}</tbody>"
    wide = " sb-wide" if _narrowest(header, rows, numeric) > _PHONE else ""
    return f'<div class="sb-scroll"><table class="sb-table{wide}">{inside}</table></div>'


def _narrowest(header: Sequence[str], rows: Sequence[Sequence[Any]], numeric: Sequence[bool]) -> float:
    """About how many pixels wide a table is at least, when everything is broken where it can be."""

    def piece(text: str, whole: bool) -> float:
        longest = (
            [text] if whole or len(text) <= _WHOLE else re.findall(r"[\u2e80-\uffef]{1,2}|[^\s\u2e80-\uffef]+", text)
        )
        return max((sum(14.5 if letter > "\u2e80" else 8.5 for letter in part) for part in longest), default=0.0)

    width = 0.0
    for place, (title, right) in enumerate(zip(header, numeric, strict=True)):
        cells = [piece(str(row[place]), right) for row in rows if len(row) > 1]
        width += 12 + max([piece(title, False), *cells])
    return width


def folded(title: str, *parts: str) -> str:
    """Parts that a reader unfolds: what is long and not needed at first."""
    return f'<details class="sb-fold"><summary>{safe(title)}</summary>{"".join(parts)}</details>'


def show(*parts: str) -> None:
    """Display parts of HTML."""
    from IPython.display import HTML, display

    display(HTML(page(*parts)))
