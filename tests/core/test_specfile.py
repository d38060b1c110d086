"""A spec file's mistakes are told with file, line and remedy."""

from __future__ import annotations

import pytest

from sandbox.core.errors import BadInput
from sandbox.core.spec import Band, Pseudonym, json_schema
from sandbox.core.specfile import parse_spec

GOOD = """\
format: 1
name: customers
title: {en: Customers, zh-CN: 客户}
description: {en: Who buys from us, zh-CN: 我们的客户}
owner: Customer Service
source: {kind: csv, path: customers.csv}
unit: {column: id, entity: customer}
columns:
  id: {class: identifier, rule: {pseudonym: customer}, description: {en: a, zh-CN: b}}
  name: {class: direct, rule: drop, description: {en: a, zh-CN: b}}
  age: {class: quasi, rule: {band: {width: 10}}, description: {en: a, zh-CN: b}}
gates:
  - k_anonymity: {k: 5}
"""


def test_short_and_long_forms_of_rules_mean_the_same() -> None:
    spec = parse_spec(GOOD, "customers.yaml")
    assert spec.columns["id"].rule == Pseudonym(entity="customer")
    assert spec.columns["age"].rule == Band(width=10)
    assert parse_spec(GOOD.replace("{band: {width: 10}}", "{kind: band, width: 10}"), "x").columns == spec.columns
    assert spec.quasi_identifiers == ("age",)


@pytest.mark.parametrize(
    ("change", "line", "says"),
    [
        (("rule: drop", "rule: drp"), 10, "drp"),
        (("width", "wdth"), 11, "not known"),
        (("k: 5", "k: 1"), 13, "greater than or equal to 2"),
        (("rule: drop", "rule: keep"), 1, "direct identifier"),
        (("{pseudonym: customer}", "drop"), 1, "must have the rule pseudonym"),
        (("  name:", "  id:"), 10, "given twice"),
        (("owner: Customer Service\n", ""), 1, "owner: this is missing"),
        (("gates:\n  - k_anonymity: {k: 5}\n", ""), 1, "needs a gate"),
        (("column: id", "column: nobody"), 1, "nobody"),
        (("class: quasi", "class: public"), 11, "class"),
        (("format: 1", "format: 2"), 1, "format"),
        (("name: customers", "name: ../x"), 2, "../x"),
        (("owner: ", "owner: [\t"), 5, "YAML"),
    ],
)
def test_a_mistake_names_file_line_and_problem(change: tuple[str, str], line: int, says: str) -> None:
    assert change[0] in GOOD
    with pytest.raises(BadInput) as caught:
        parse_spec(GOOD.replace(*change, 1), "datasets/customers.yaml")
    text = str(caught.value)
    assert f"datasets/customers.yaml, line {line}" in text
    assert says in text
    assert str(caught.value.remedy)


@pytest.mark.parametrize("text", ["", "just words", "- a\n- b", "\0", "a: &a [*a]"])
def test_what_is_no_spec_is_refused(text: str) -> None:
    with pytest.raises(BadInput):
        parse_spec(text, "x.yaml")


def test_the_schema_knows_every_rule() -> None:
    text = str(json_schema())
    for kind in ("keep", "drop", "pseudonym", "band", "round", "truncate_date", "prefix", "k_anonymity"):
        assert kind in text
