"""What is shown: tables without small cells, charts that stay text, values that stay values."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pandas as pd
import pytest
from IPython.utils.capture import capture_output

from sandbox import lab
from sandbox.core.errors import BadInput
from sandbox.lab import charts, looks, words
from sandbox.lab.charts import Bar

HOSTILE = "<img src=x onerror=alert(1)>\"&'"


def shown(act) -> str:
    with capture_output() as captured:
        act()
    return "".join(str(output.data.get("text/html", "")) for output in captured.outputs)


def test_small_cells_lose_their_figures(pin):
    frame = pd.DataFrame({"region": ["east", "west"], "customers": [120, 9], "risk": [0.25, 0.75]})
    html = shown(lambda: lab.table(frame, units="customers"))
    assert "120" in html and "0.25" in html and "west" in html
    assert "&lt; 10" in html and "0.75" not in html and ">9<" not in html


def test_pseudonyms_are_refused(pin):
    frame = pd.DataFrame({"customer_id": [f"{i:032x}" for i in range(3)], "n": [20, 20, 20]})
    with pytest.raises(BadInput, match="single units"):
        lab.table(frame, units="n")
    with pytest.raises(BadInput, match="no column"):
        lab.table(frame, units="customers")


@pytest.mark.parametrize(
    "html",
    [
        charts.bars(HOSTILE, [Bar(HOSTILE, 3, "3", more=HOSTILE), Bar("客户的月费", 0, "0")]),
        charts.balance("t", [Bar("合约期", -2, "−2"), Bar("b", 1, "+1")], "lowers", "raises"),
        charts.columns("t", [Bar("a", 0.5, "50%"), Bar("b", 0.1, "10%")], 0.3, "average 30%"),
        charts.curve("t", [0.01, 0.5], [-3.0, 4.0], [(0.5, 4.0, "now", "red")], "x", "zero"),
        charts.scale("t", 0.4, 0.2, "average", 0.3, "act"),
        charts.bars("empty", []),
    ],
)
def test_charts_are_inert_svg_with_text(html):
    svg = ElementTree.fromstring(re.search(r"<svg.*</svg>", html, re.S)[0])
    tags = {element.tag.split("}")[1] for element in svg.iter()}
    assert tags <= {"svg", "text", "rect", "line", "path", "polyline", "circle"}
    names = {name for element in svg.iter() for name in element.attrib}
    assert not [name for name in names if name.startswith("on") or "href" in name]
    assert svg.attrib["aria-label"] and "viewBox" in svg.attrib


def test_pieces_of_html_escape_what_they_are_given():
    pieces = (
        looks.heading(HOSTILE),
        looks.note(HOSTILE, "bad", HOSTILE),
        looks.bullets([HOSTILE]),
        looks.tiles([(HOSTILE, HOSTILE, "good")]),
        looks.table([HOSTILE], [[HOSTILE]], [False]),
    )
    assert "<img" not in looks.page(*pieces)


def test_the_style_fetches_nothing():
    assert not re.search(r"url\(|@import|https?:", looks.STYLE)


def test_a_table_too_wide_for_a_phone_becomes_lists_and_a_narrow_one_stays_a_table():
    header = ["Gender (F or M)", "customers", "leave", "warned about", "rightly warned about", "wrongly warned about"]
    row = ["F", "1,313", "25%", "36%", "78%", "21%"]
    wide = looks.table(header, [row], [False] + [True] * 5)
    assert "sb-wide" in wide and 'data-label="wrongly warned about">21%' in wide
    narrow = looks.table(["分段", "分数"], [["工作性质"], ["permanent", "40"]], [False, True])
    assert "sb-wide" not in narrow and '<td colspan="2">工作性质</td>' in narrow


def test_a_label_that_is_cut_keeps_its_value():
    names = ("Duty class (L light, M medium, H heavy): L", "负荷等级（L 轻载，M 中载，H 重载，由设备部登记）：L",
             "Average time between two calls of the same customer: 30")  # fmt: skip
    drawn = charts.balance("", [Bar(name, -0.3, "−0.3") for name in names], "lowers", "raises")
    shown = re.findall(r"<text[^>]*>([^<]*)</text>", drawn)
    assert {"Duty class: L", "负荷等级：L"} <= set(shown), "what explains a name goes first"
    assert any(text.startswith("Average time") and text.endswith("…: 30") for text in shown)


@pytest.mark.parametrize(
    ("value", "written"), [(5.9, "5.9"), (0.5, "0.5"), (14.04, "14"), (1204.6, "1,205"), (20, "20")]
)
def test_a_number_has_no_digits_that_tell_nothing(value, written):
    assert words.number(value) == written
