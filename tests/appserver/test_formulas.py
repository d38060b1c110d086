"""Formulas in an app's texts: drawn, inert, and money stays money."""

from __future__ import annotations

import re

import pytest
from nbformat.v4 import new_notebook

from sandbox.appserver.page.cells import output_html
from sandbox.appserver.page.formulas import math_of
from sandbox.appserver.page.markup import inert, markdown_html
from sandbox.appserver.page.widgets import STATES, texts_of_widgets


def test_a_formula_stands_in_its_sentence() -> None:
    made = markdown_html(r"The share is $\frac{a_1}{b_2}$ of *all*.")
    assert re.search(r'<p>The share is <math [^>]*display="inline"[^>]*>.*<mfrac>', made)
    assert "<em>all</em>" in made and "<em>1" not in made and "$" not in made


def test_a_formula_on_its_own() -> None:
    assert 'display="block"' in markdown_html("$$\n\\sum_{i=1}^{n} x_i < 3\n$$")


@pytest.mark.parametrize(
    "text", ["between $5 and $10 a month", "it costs $5", "$ 5 or 6 $", r"\$5 and \$6", "`$x$`", "$5,000–$7,000"]
)
def test_money_stays_money(text: str) -> None:
    made = markdown_html(text)
    assert "<math" not in made and "$" in made


@pytest.mark.parametrize(
    "latex",
    [
        r"\text{</math><script>alert(1)</script>}",
        r"\text{<img src=x onerror=alert(1)>}",
        r"\href{javascript:alert(1)}{x}",
        r"\style{background:url(https://elsewhere.example)}{x}",
        r"\class{x}{y}",
        r"\color{red;background:url(x)}{y}",
        "<script>alert(1)</script>",
        "\\frac{" * 500,
        "x" * 5000,
    ],
)
def test_nothing_in_a_formula_acts(latex: str) -> None:
    for made in (markdown_html(f"a ${latex}$ b"), math_of(latex, "inline")):
        for tag in re.findall(r"<[^>]*>", made):
            assert not re.search(r"script|img|href|javascript|style=|class=|url\(|onerror", tag), made


def test_an_authors_own_mathml_is_left_out() -> None:
    assert "<m" not in markdown_html('<math href="javascript:alert(1)"><mtext><img src=x></mtext></math>')
    forged = markdown_html('<code data-formula="inline">&lt;script&gt;1&lt;/script&gt;</code>')
    assert "<script" not in forged


def test_what_is_not_understood_stays_as_written() -> None:
    long = "x" * 3000
    assert f"so ${long}$ it is" in markdown_html(f"so ${long}$ it is")


@pytest.mark.parametrize("kind", ["text/html", "text/markdown", "text/latex", "text/plain"])
def test_a_formula_in_an_output_does_not_act_either(kind: str) -> None:
    """Only Markdown's are drawn; in the other kinds it is a text like any other."""
    source = r"<p>kept $\href{javascript:alert(1)}{x}$</p><script>alert(1)</script><math><mtext onclick=x></math>"
    made = output_html({"output_type": "display_data", "data": {kind: source, "text/plain": source}}, {})
    assert "kept" in made
    for tag in re.findall(r"<[^>]*>", made):
        assert not re.search(r"script|href|onclick|mtext", tag), made


@pytest.mark.parametrize(
    "source",
    [
        "<script>alert(1)</script> $x$",
        "<img src=x onerror=alert(1)> $x$",
        "$<img src=x onerror=alert(1)>$",
        r"$x$ <a href='javascript:alert(1)'>\(y\)</a>",
        '<code data-formula="inline">&lt;img src=x&gt;</code> $x$',
        "&lt;img src=x onerror=alert(1)&gt; $x$",
    ],
)
def test_a_description_with_formulas_is_no_markup(source: str) -> None:
    """What stands beside a control is a text, as long as its app does not say otherwise."""
    made = inert("text", source)
    assert re.findall(r"<(?!/?(?:math|m[a-z]+)\b)", made) == [], made


def test_a_description_shows_what_was_written() -> None:
    made = inert("text", r"a < b & $\alpha$ > \(\beta\), $5 and $10")
    assert made.startswith("a &lt; b &amp; <math") and made.endswith("</math>, $5 and $10")
    assert made.count("<math") == 2


def test_formulas_of_controls_are_sent_along() -> None:
    core, other = "@jupyter-widgets/controls", "anywidget"
    states = [
        (core, "IntSliderModel", {"description": "$a$", "value": 3}),
        (core, "IntSliderModel", {"description": "$a$"}),
        (core, "CheckboxModel", {"description": "<b>$b$</b>", "description_allow_html": True}),
        (core, "LabelModel", {"description": "$c$", "value": "$d$"}),
        (core, "HTMLMathModel", {"value": "<i>$e$</i>", "description": "plain"}),
        (core, "HTMLModel", {"value": "$f$", "description": None}),
        (core, "ButtonModel", {"description": "$g$"}),
        (core, "TextModel", {"value": "$h$", "description": 5}),
        (other, "AnyModel", {"description": "$i$"}),
    ]
    widgets = {str(n): {"model_module": m, "model_name": name, "state": s} for n, (m, name, s) in enumerate(states)}
    notebook = new_notebook(metadata={"widgets": {STATES: {"state": widgets}}})
    assert texts_of_widgets(notebook) == [
        ("text", "$a$"), ("htmlmath", "<b>$b$</b>"), ("text", "$c$ $d$"), ("htmlmath", "<i>$e$</i>"),
    ]  # fmt: skip
