"""The picture of an app in the gallery: a 16:10 SVG with the app's own first chart, or a card with its key figure.

Made without a browser from the executed app notebook. Everything of the author's goes through ``inert_svg`` (drawings)
or is decoded and encoded again (bitmaps); the frame around it is ours. Text stays text: no font is needed here.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from io import BytesIO
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from PIL import Image

from sandbox.core.errors import BadInput
from sandbox.core.messages import Language
from sandbox.publishing.inert_svg import Drawing, inert
from sandbox.publishing.pictures import pictures

WIDTH, HEIGHT = 640, 400
MAX_PIXELS = 12_000_000
_BAND = 92
_MARGIN = 28
_FONTS = (
    "system-ui, -apple-system, 'Segoe UI', Roboto, 'PingFang SC', 'Microsoft YaHei', 'Noto Sans CJK SC', "
    "'Source Han Sans SC', sans-serif"
)
_NIGHT, _PAPER, _INK, _MUTED, _ACCENT = "#0f2f3d", "#f4f6f8", "#1b2733", "#5b6775", "#0f766e"
_SHALLOW = 0.25  # a picture flatter than this is a scale or a legend; a later, fuller one says more


def thumbnail(
    notebook: Mapping[str, Any], title: str, language: Language, metric: tuple[str, str] | None = None
) -> bytes:
    """SVG of 640 × 400 units for the app in the executed ``notebook``; ``metric`` is (figure, what it is), if known.

    The same notebook gives the same bytes. Never fails on an author's picture: what cannot be used is passed over.
    """
    title = _one_line(title)
    picture = _first(notebook)
    inside = _framed(picture) if picture else _card(metric)
    lines = _wrapped(title, 28, WIDTH - 2 * _MARGIN, 2)  # bold letters are wider than their size says
    first = _BAND / 2 + 9 if len(lines) == 1 else _BAND / 2 - 7
    heading = "".join(
        f'<text x="{_MARGIN}" y="{first + 32 * row:g}" font-size="26" font-weight="650" fill="#fff">'
        f"{escape(line)}</text>"
        for row, line in enumerate(lines)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" '
        f'role="img" aria-label={quoteattr(title)} lang="{language}" font-family={quoteattr(_FONTS)}>'
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="{_PAPER}"/>'
        f'<rect width="{WIDTH}" height="{_BAND}" fill="{_NIGHT}"/>'
        f'<rect y="{_BAND}" width="{WIDTH}" height="4" fill="{_ACCENT}"/>'
        f"{heading}{inside}</svg>\n"
    ).encode("utf-8", "replace")


def _first(notebook: Mapping[str, Any]) -> Drawing | bytes | None:
    """The first usable picture that is not flat, or else the first flat one."""
    flat: Drawing | bytes | None = None
    for kind, content in pictures(notebook):
        try:
            picture, ratio = _usable(kind, content)
        except BadInput:
            continue
        if ratio >= _SHALLOW:
            return picture
        flat = flat or picture
    return flat


def _usable(kind: str, content: bytes) -> tuple[Drawing | bytes, float]:
    if kind == "svg":
        drawing = inert(content)
        if drawing.width < 48 or drawing.height < 16 or "<" not in drawing.body:
            raise BadInput("The drawing is an icon.", "Draw a chart.")
        return drawing, drawing.height / drawing.width
    return _bitmap(content)


def _bitmap(content: bytes) -> tuple[bytes, float]:
    """A PNG decoded and encoded anew, at most as large as it is shown: nothing of the author's file itself is kept."""
    try:
        with Image.open(BytesIO(content), formats=("PNG",)) as image:
            if image.width * image.height > MAX_PIXELS or image.width < 48 or image.height < 16:
                raise BadInput("The picture is too large or an icon.", "Draw a smaller chart.")
            plain = image.convert("RGBA")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        raise BadInput("The picture is damaged.", "Draw the chart again.") from None
    plain.thumbnail((2 * WIDTH, 2 * HEIGHT))
    paper = Image.new("RGB", plain.size, "white")
    paper.paste(plain, mask=plain.getchannel("A"))
    buffer = BytesIO()
    paper.save(buffer, "PNG", optimize=True)
    return buffer.getvalue(), plain.height / plain.width


def _framed(picture: Drawing | bytes) -> str:
    """The picture on a white sheet below the band, as large as fits."""
    top = _BAND + 4 + 20
    x, y, width, height = 24, top, WIDTH - 48, HEIGHT - top - 20
    sheet = f'<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="12" fill="#fff" stroke="#dfe4ea"/>'
    place = f'x="{x + 16}" y="{y + 14}" width="{width - 32}" height="{height - 28}" preserveAspectRatio="xMidYMid meet"'
    if isinstance(picture, bytes):
        data = base64.b64encode(picture).decode()
        return f'{sheet}<image {place} href="data:image/png;base64,{data}"/>'
    box = " ".join(f"{value:g}" for value in picture.box)
    own = "".join(f" {key}={quoteattr(value)}" for key, value in picture.attributes.items())
    return f'{sheet}<svg {place} viewBox="{box}"><g{own}>{picture.body}</g></svg>'


def _card(metric: tuple[str, str] | None) -> str:
    """What is shown when the app draws nothing: its key figure, or a quiet pattern."""
    if metric is None:
        bars = ((0, 60), (1, 104), (2, 84), (3, 148), (4, 122), (5, 180))
        return "".join(
            f'<rect x="{128 + 66 * place}" y="{346 - height}" width="44" height="{height}" rx="6" fill="{_ACCENT}" '
            f'opacity="{0.25 + 0.1 * place:g}"/>'
            for place, height in bars
        ) + f'<rect x="104" y="346" width="432" height="3" fill="{_MUTED}" opacity="0.4"/>'  # fmt: skip
    figure, meaning = (_one_line(text) for text in metric)
    size = 96 if _wide(figure, 96) <= WIDTH - 2 * _MARGIN else 48
    words = _wrapped(meaning, 24, WIDTH - 2 * _MARGIN, 2)
    return (
        f'<text x="{WIDTH / 2:g}" y="258" font-size="{size}" font-weight="700" fill="{_ACCENT}" text-anchor="middle">'
        f"{escape(_wrapped(figure, size, WIDTH - 2 * _MARGIN, 1)[0])}</text>"
    ) + "".join(
        f'<text x="{WIDTH / 2:g}" y="{306 + 32 * row}" font-size="24" fill="{_INK}" text-anchor="middle">'
        f"{escape(line)}</text>"
        for row, line in enumerate(words)
    )


def _one_line(text: str) -> str:
    """``text`` without line ends and without the characters that XML cannot hold."""
    words = ("".join(c for c in word if c >= " " and c not in "\ufffe\uffff") for word in text.split())
    return " ".join(words).strip()


def _wide(text: str, size: float) -> float:
    """About how wide a text is: a Chinese character takes a full square, a Latin letter a good half."""
    return sum(size * (1.0 if ord(letter) > 0x2E80 else 0.56) for letter in text)


def _wrapped(text: str, size: float, room: float, most: int) -> list[str]:
    """``text`` in at most ``most`` lines of ``room`` units, cut with … ; broken at spaces and between Chinese signs."""
    lines, line = [], ""
    for piece in _pieces(text):
        if line and _wide(line + piece.rstrip(), size) > room:
            lines.append(line.rstrip())
            line = ""
        line += piece
    lines.append(line.rstrip())
    if len(lines) > most:
        lines = [*lines[: most - 1], "".join(lines[most - 1 :]) + "…"]
    return [_cut(line, size, room) for line in lines]


def _cut(line: str, size: float, room: float) -> str:
    if _wide(line, size) <= room:
        return line
    while line and _wide(line + "…", size) > room:
        line = line[:-1]
    return line.rstrip() + "…"


def _pieces(text: str) -> list[str]:
    """Words with the space behind them; every Chinese sign is a piece of its own."""
    pieces: list[str] = []
    for letter in text:
        if pieces and ord(letter) <= 0x2E80 and ord(pieces[-1][-1]) <= 0x2E80 and not pieces[-1].endswith(" "):
            pieces[-1] += letter
        else:
            pieces.append(letter)
    return pieces
