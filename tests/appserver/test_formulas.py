"""Formulas in an app's texts: drawn, inert, and money stays money."""

from __future__ import annotations

import re

import pytest

from sandbox.appserver.page.cells import output_html
from sandbox.appserver.page.formulas import math_of
from sandbox.appserver.page.markup import markdown_html


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
