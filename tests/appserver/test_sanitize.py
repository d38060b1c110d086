"""An app's markup is inert in a page: what the server writes into it, and what arrives later in a browser."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.appserver.page.inline import inline_json
from sandbox.appserver.page.sanitize import ALLOWED, safe_html
from tests.appserver.portal import Portal
from tests.appserver.site import Hardened
from tests.appserver.test_page import come_from_portal

ELEMENTS = {name.lower() for name in ALLOWED["elements"] + ALLOWED["drawing"]} | {"style"}

HOSTILE = {
    "script": "<script>alert(1)</script><p>kept</p>",
    "script in a picture": '<svg viewBox="0 0 1 1"><script>alert(1)</script><path d="M0 0"/></svg><p>kept</p>',
    "handler": '<img src="x" onerror="alert(1)"><p onclick="alert(1)" onmouseover=alert(1)>kept</p>',
    "address that runs": '<a href="javascript:alert(1)">kept</a><a href=" JaVaScRiPt:alert(1)">x</a>',
    "address within a drawing": '<svg><a xlink:href="javascript:alert(1)"><text>kept</text></a></svg>',
    "foreign picture": '<img src="http://elsewhere.example/x.png"><p>kept</p>',
    "foreign drawing": '<svg><use href="http://elsewhere.example/x#y"/><text>kept</text></svg>',
    "foreign fill": '<svg><path fill="url(http://elsewhere.example/x)"/><text>kept</text></svg>',
    "foreign style": '<p style="background:url(http://elsewhere.example/x)">kept</p>',
    "foreign style sheet": '<link rel="stylesheet" href="http://elsewhere.example/x.css"><p>kept</p>',
    "import": '<style>@import "http://elsewhere.example/x.css"; p { color: red }</style><p>kept</p>',
    "style that loads": "<style>p { background: url('http://elsewhere.example/x') }</style><p>kept</p>",
    "form": '<form action="http://elsewhere.example/"><input name="password"><button>Go</button></form><p>kept</p>',
    "frame": '<iframe src="http://elsewhere.example/"></iframe><object data="x"></object><embed src="x"><p>kept</p>',
    "way elsewhere": '<meta http-equiv="refresh" content="0;url=http://elsewhere.example/"><base href="x"><p>kept</p>',
    "end of the app": '</div></section></main><p class="out">kept</p>',
    "open comment": "<p>kept</p><!-- <main>",
    "open attribute": '<p>kept</p><img alt="',
    "misread namespace": "<math><mtext><table><mglyph><style><!--</style>"
    '<img title="--&gt;&lt;img src=1 onerror=alert(1)&gt;">'
    "</mglyph></table></mtext></math><p>kept</p>",
    "noscript": '<noscript><p title="</noscript><img src=x onerror=alert(1)>"></noscript><p>kept</p>',
    "template": "<template><script>alert(1)</script></template><p>kept</p>",
    "end of a style": '<style>p::after { content: "</style><script>alert(1)</script>" }</style><p>kept</p>',
}


class Reader(HTMLParser):
    """Collects elements and attributes."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.ended: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.feed(markup)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        self.ended.append(tag)


@pytest.mark.parametrize("name", HOSTILE)
def test_the_server_writes_nothing_that_acts(name: str) -> None:
    found = safe_html(HOSTILE[name])
    read = Reader(found)
    assert set(read.tags) <= ELEMENTS - {"script"}
    assert not [each for each, _ in read.attributes if each.startswith("on")]
    assert "elsewhere.example" not in found and "javascript:" not in found.lower()
    assert "kept" in re.sub(r"<[^>]*>", "", found)
    assert all(read.tags.count(each) >= read.ended.count(each) for each in set(read.ended)), (
        "closes what is not its own"
    )


@pytest.mark.browser
def test_what_arrives_later_does_nothing_either(page: Any, ours: Hardened, portal_server: Portal) -> None:
    """Through an HTML widget, as a kernel sends it."""
    requested: list[str] = []
    page.on("request", lambda request: requested.append(request.url))
    page.on("dialog", lambda dialog: requested.append(f"dialog {dialog.message}"))
    come_from_portal(page, ours, portal_server)
    page.wait_for_selector(".result")
    for name, markup in HOSTILE.items():
        found = page.evaluate(
            """markup => {
                const model = [...sandboxApp.models.values()].find(m => m.name == 'HTMLModel');
                model.receive({ value: markup });
                const place = document.querySelector('.widget-html-content');
                const all = [...place.querySelectorAll('*')];
                return { text: place.innerText, names: all.map(e => e.localName.toLowerCase()),
                  attributes: all.flatMap(e => [...e.attributes].map(a => a.name)),
                  out: document.querySelectorAll('main .out').length - place.querySelectorAll('.out').length };
            }""",
            markup,
        )
        assert set(found["names"]) <= ELEMENTS, name
        assert not [each for each in found["attributes"] if each.startswith("on")], name
        assert "kept" in found["text"] or "svg" in found["names"], name
        assert not found["out"], name
    page.wait_for_timeout(300)
    assert not [url for url in requested if "elsewhere.example" in url or url.startswith("dialog")]


def test_styles_stay_within_the_app() -> None:
    found = safe_html(
        "<style>.a { color: red } } } body { display: none } @media (width < 9px) { b { color: red } }</style>"
    )
    scope = "@scope (#rendered_cells)"
    assert found.startswith(f"<style>{scope}{{")
    assert found.count("{") == found.count("}"), "no bracket of the author's ends the scope"
    assert ".a" in found


def test_what_apps_are_made_of_stays() -> None:
    head, body = '<thead><tr><th colspan="2">a</th></tr></thead>', "<tbody><tr><td>1</td></tr></tbody>"
    table = f'<table class="dataframe">{head}{body}</table>'
    assert safe_html(table) == table
    drawing = safe_html('<svg viewBox="0 0 9 9"><linearGradient id="g"><stop offset="1"/></linearGradient></svg>')
    assert 'viewBox="0 0 9 9"' in drawing and "linearGradient" in drawing
    file = '<a download="a.csv" href="data:text/csv;base64,YQ==">a</a>'
    assert safe_html(file) == file
    assert 'target="_blank"' in safe_html('<a href="https://example.org/">x</a>')


@given(st.text(alphabet="<>/!-=\"' abscriptmgonerx", max_size=60))
def test_no_mess_becomes_a_script(mess: str) -> None:
    read = Reader(safe_html(mess))
    assert "script" not in read.tags and not [name for name, _ in read.attributes if name.startswith("on")]


@given(st.text(max_size=40))
def test_no_value_ends_the_element_that_it_stands_in(text: str) -> None:
    written = inline_json({"value": f"{text}</script><!--<script>"})
    assert "<" not in written
