"""Thumbnails: the app's own first chart, inert whatever its author drew, and always a picture."""

from __future__ import annotations

import base64
import io
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nbformat.v4 import new_code_cell, new_notebook, new_output
from PIL import Image

from sandbox.core.errors import BadInput
from sandbox.publishing.inert_svg import MAX_BYTES, inert
from sandbox.publishing.thumbnail import thumbnail
from tests.helpers.browser import chromium

CHART = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 440 186">'
    '<rect id="bar" width="90" height="50" fill="#123456"/>'
    '<text x="1" y="9">按月 &amp; more</text></svg>'
)


def notebook(*data: dict[str, Any], state: dict[str, Any] | None = None) -> Any:
    nb = new_notebook(cells=[new_code_cell("x", outputs=[new_output("display_data", data=d)]) for d in data])
    nb.metadata["widgets"] = {"application/vnd.jupyter.widget-state+json": {"state": state or {}}}
    return nb


def view(model: str) -> dict[str, Any]:
    return {"application/vnd.jupyter.widget-view+json": {"model_id": model}}


def drawn(nb: Any, title: str = "Churn") -> str:
    text = thumbnail(nb, title, "en").decode()
    root = ET.fromstring(text)
    assert (root.get("width"), root.get("height")) == ("640", "400")
    return text


def wrap(inside: str, attributes: str = "") -> bytes:
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 100 100" '
        f"{attributes}>{inside}</svg>"
    ).encode()


@pytest.mark.parametrize("data", [
    {"image/svg+xml": CHART}, {"image/svg+xml": CHART.splitlines(keepends=True)},
    {"text/html": f"<p>a</p><figure>{CHART}</figure>"},
    {"text/html": CHART.replace(' xmlns="http://www.w3.org/2000/svg"', "")},
])  # fmt: skip
def test_a_chart_in_an_output(data: dict[str, Any]) -> None:
    text = drawn(notebook({"text/plain": "before"}, data))
    assert "#123456" in text and "按月 &amp; more" in text


def test_charts_inside_widgets_in_reading_order() -> None:
    state = {
        "box": {"state": {"_model_name": "VBoxModel",
                          "children": ["IPY_MODEL_out", "IPY_MODEL_html", "IPY_MODEL_box"]}},
        "out": {"state": {"_model_name": "OutputModel",
                          "outputs": [new_output("display_data", data={"image/svg+xml": CHART})]}},
        "html": {"state": {"_model_name": "HTMLModel", "value": CHART.replace("#123456", "#abcdef")}},
    }  # fmt: skip
    text = drawn(notebook(view("box"), state=state))
    assert "#123456" in text and "#abcdef" not in text
    assert "#abcdef" in drawn(notebook(view("html"), view("box"), state=state))


def png(size: tuple[float, float] = (6, 4)) -> str:
    figure, axes = plt.subplots(figsize=size)
    axes.plot([1, 2])
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", metadata={"Comment": "hidden words"})
    plt.close(figure)
    return base64.b64encode(buffer.getvalue()).decode()


def test_bitmaps_are_encoded_anew() -> None:
    text = drawn(notebook({"image/png": png()}))
    data = base64.b64decode(text.split("data:image/png;base64,")[1].split('"')[0])
    assert data.startswith(b"\x89PNG") and b"hidden words" not in data
    assert b"hidden words" in base64.b64decode(png())
    image = {"img": {"state": {"_model_name": "ImageModel"}, "buffers": [{"path": ["value"], "data": png()}]}}
    assert "data:image/png" in drawn(notebook(view("img"), state=image))


def test_matplotlib_drawings_survive() -> None:
    figure, axes = plt.subplots()
    axes.plot([1, 2, 3], color="#0f766e")
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg")
    plt.close(figure)
    text = drawn(notebook({"image/svg+xml": buffer.getvalue()}))
    assert text.count("<use") > 5 and 'stroke="#0f766e"' in text and "style" not in text


def test_a_flat_scale_is_only_second_best() -> None:
    flat = CHART.replace("440 186", "440 60").replace("#123456", "#777777")
    assert "#123456" in drawn(notebook({"image/svg+xml": flat}, {"image/svg+xml": CHART}))
    assert "#777777" in drawn(notebook({"image/svg+xml": flat}))


HOSTILE = [
    '<script>alert(1)</script>',
    "<rect onload='alert(1)' width='1' height='1'/>",
    "<a href='javascript:alert(1)'><text>x</text></a>",
    "<foreignObject><body xmlns='http://www.w3.org/1999/xhtml'><img src='x'/></body></foreignObject>",
    "<image href='http://evil.test/x.png'/>",
    "<image xlink:href='file:///etc/passwd'/>",
    "<use href='http://evil.test/#a'/>",
    "<use xlink:href='data:image/svg+xml,evil'/>",
    "<style>@import 'http://evil.test';</style>",
    "<rect style='fill:url(http://evil.test/#a)' width='1' height='1'/>",
    "<rect fill='url(//evil.test/#a)'/>",
    "<rect style='background:url(evil.test)'/>",
    "<rect fill='ur\\6c(evil.test)'/>",
    "<rect style='fill:red;behavior:url(#evil)'/>",
    "<animate attributeName='href' to='javascript:evil'/>",
    "<set attributeName='onload' to='evil'/>",
    "<?xml-stylesheet href='evil'?>",
    "<h:script xmlns:h='http://www.w3.org/1999/xhtml'>alert(1)</h:script>",
    "<iframe src='evil'/>",
    "<marker id='evil'/>",
    '<text>&lt;script&gt;alert(1)&lt;/script&gt;</text>',
    '<rect id=\'"><script>evil\' width=\'1\'/>',
    "<filter id='evil'/>",
    "<rect font-family='x;}&lt;/style&gt;&lt;script&gt;evil'/>",
    '<rect fill=\'image-set("evil")\'/>',
    "<svg:script xmlns:svg='http://www.w3.org/2000/svg'>evil</svg:script>",
]  # fmt: skip


@pytest.mark.parametrize("inside", HOSTILE)
def test_nothing_runs_loads_or_points_outside(inside: str) -> None:
    text = drawn(notebook({"image/svg+xml": wrap(inside + '<rect width="9" height="9"/>').decode()}))
    lowered = text.lower()
    for word in (
        "<script",
        "onload",
        "javascript",
        "evil",
        "foreignobject",
        "import",
        "file:",
        "http-equiv",
        "<style",
        "alert(1)</s",
    ):
        assert word not in lowered, (word, text)
    assert lowered.count("http") == 1, "only the namespace"


@pytest.mark.parametrize("data", [
    b"<!DOCTYPE svg [<!ENTITY a 'aaaa'>]>" + wrap("<text>&a;</text>"), wrap("<g>" * 60 + "</g>" * 60),
    wrap("<g/>" * 7000), wrap("x" * MAX_BYTES), b"<svg><rect></svg>", b"<html/>", b"",
    wrap("").replace(b"0 0 100 100", b"0 0 0 9"),
    wrap("".join(f'<g id="a{i + 1}">' + f'<use href="#a{i}"/>' * 10 + "</g>" for i in range(9)) + '<rect id="a0"/>'),
    wrap('<g id="a"><use href="#b"/></g><g id="b"><use href="#a"/></g>'),
], ids=["entity", "deep", "many", "large", "broken", "html", "empty", "no size", "multiplying", "circle"])  # fmt: skip
def test_drawings_that_are_refused_whole(data: bytes) -> None:
    with pytest.raises(BadInput):
        inert(data)
    assert drawn(notebook({"image/svg+xml": data.decode()}))


@given(st.text(max_size=200), st.text(max_size=80))
@settings(max_examples=150, deadline=None)
def test_any_text_and_any_title_give_a_picture(inside: str, title: str) -> None:
    drawn(notebook({"text/html": f"<svg viewBox='0 0 100 80'>{inside}</svg>"}, {"image/png": inside}), title)


def test_cards_without_a_chart() -> None:
    text = thumbnail(notebook(), "机器 <b>&", "zh-CN", ("0.87", "命中率")).decode()
    assert "0.87" in text and "命中率" in text and "&lt;b&gt;&amp;" in text and 'lang="zh-CN"' in text
    assert thumbnail(notebook(), "x", "en") == thumbnail(notebook(), "x", "en")


@pytest.mark.browser
def test_a_browser_shows_it_and_runs_nothing(tmp_path: Path) -> None:
    hostile = wrap(
        '<script>document.documentElement.setAttribute("data-ran", "yes")</script>'
        '<rect width="100" height="100" fill="#ff0000"/>'
    ).decode()
    (tmp_path / "raw.svg").write_text(hostile)
    (tmp_path / "made.svg").write_bytes(thumbnail(notebook({"image/svg+xml": hostile}), "x", "en"))
    with chromium() as browser:
        page = browser.new_page(viewport={"width": 640, "height": 400})
        ran = {}
        for name in ("raw", "made"):
            page.goto((tmp_path / f"{name}.svg").as_uri())
            ran[name] = page.evaluate("document.documentElement.getAttribute('data-ran')")
        pixels = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    assert ran == {"raw": "yes", "made": None}, "the raw drawing runs its script, ours does not"
    assert pixels.getpixel((320, 250)) == (255, 0, 0) and pixels.getpixel((600, 10)) == (15, 47, 61)
