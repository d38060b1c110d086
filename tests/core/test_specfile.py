"""A spec file's mistakes are told with file, line and remedy."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator
from pydantic import TypeAdapter

from sandbox.core.errors import BadInput
from sandbox.core.rules import Band, Pseudonym, Rule, long_form, short_form
from sandbox.core.spec import KAnonymity, json_schema
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
        (("k: 5", "k: 1"), 13, "must be 2 or more"),
        (("rule: drop", "rule: keep"), 10, "direct identifier"),
        (("{pseudonym: customer}", "drop"), 9, "must have the rule pseudonym"),
        (("  name:", "  id:"), 10, "given twice"),
        (("owner: Customer Service\n", ""), 1, "owner: this is missing"),
        (("gates:\n  - k_anonymity: {k: 5}\n", ""), 1, "needs a gate"),
        (("column: id", "column: nobody"), 7, "nobody"),
        (("class: quasi", "class: public"), 11, "class"),
        (("format: 1", "format: 2"), 1, "format"),
        (("{band: {width: 10}}", "{microaggregate: 1}"), 11, "must be 2 or more"),
        (("{band: {width: 10}}", "{noise: -0.5}"), 11, "must be more than 0"),
        (("{band: {width: 10}}", "{noise: {low: 1}}"), 11, "either `share`"),
        (("{band: {width: 10}}", "{noise: {sd: 1, low: 3, high: 2}}"), 11, "must be less than"),
        (("{band: {width: 10}}", "{top_bottom: {share: 0.1, top: 3}}"), 11, "give limits"),
        (("{band: {width: 10}}", "{top_bottom: {top: 1, bottom: 3}}"), 11, "must be less than"),
        (("{band: {width: 10}}", "{date_shift: 0}"), 11, "must be 1 or more"),
        (("rule: drop", "rule: {noise: 0.5}"), 10, "direct identifier"),
        (("owner:", "sample: 1.5\nowner:"), 5, "less than 1"),
        (("name: customers", "name: ../x"), 2, "../x"),
        (("owner: ", "owner: [\t"), 5, "YAML"),
    ],
)
def test_a_mistake_names_file_line_and_problem(change: tuple[str, str], line: int, says: str) -> None:
    assert change[0] in GOOD
    with pytest.raises(BadInput) as caught:
        parse_spec(GOOD.replace(*change, 1), "datasets/customers.yaml")
    text = str(caught.value)
    assert f"datasets/customers.yaml, line {line}:" in text
    assert says in text
    assert str(caught.value.remedy)


@pytest.mark.parametrize("text", ["", "just words", "- a\n- b", "\0", "a: &a [*a]"])
def test_what_is_no_spec_is_refused(text: str) -> None:
    with pytest.raises(BadInput):
        parse_spec(text, "x.yaml")


def test_the_schema_knows_every_rule() -> None:
    text = str(json_schema())
    kinds = [model.model_fields["kind"].default for model in (*Rule.__origin__.__args__, KAnonymity)]
    assert not [kind for kind in kinds if kind not in text]


@pytest.mark.parametrize(
    "written",
    ["keep", {"band": 10}, {"noise": 0.5}, {"noise": {"sd": 5, "low": 0}}, {"microaggregate": 5}, {"date_shift": 30},
     {"top_bottom": 0.25}, {"top_bottom": {"bottom": 18, "top": 90}}],
)  # fmt: skip
def test_the_short_form_is_what_people_write(written: Any) -> None:
    rule = TypeAdapter(Rule).validate_python(long_form(written))
    assert short_form(rule) == written


def test_a_gate_that_counts_values_refuses_a_column_in_which_all_are_different() -> None:
    sick = "  ill: {class: sensitive, rule: {noise: 0.1}, description: {en: a, zh-CN: b}}\ngates:"
    text = GOOD.replace("gates:", sick) + "  - l_diversity: {column: ill, l: 2}\n"
    with pytest.raises(BadInput, match="makes every value another"):
        parse_spec(text, "x.yaml")
    assert parse_spec(text.replace("noise: 0.1", "round: 5"), "x.yaml")


def test_rules_per_unit_need_the_unit() -> None:
    machines = GOOD.replace("entity: customer}", "entity: customer, personal: false}").replace(
        "{pseudonym: customer}", "drop"
    )
    machines = machines.replace("gates:\n  - k_anonymity: {k: 5}\n", "")
    assert parse_spec(machines, "x.yaml")
    for change in (("{band: {width: 10}}", "{noise: 0.1}"), ("owner:", "sample: 0.5\nowner:")):
        with pytest.raises(BadInput, match="may not be dropped"):
            parse_spec(machines.replace(*change), "x.yaml")


def test_the_schema_takes_what_people_write_and_nothing_else() -> None:
    """An editor must not underline a spec that ships, and must underline a typing error."""
    schema = Draft202012Validator(json_schema())
    files = sorted((Path(__file__).parents[2] / "datasets").glob("*.yaml"))
    assert files
    for file in files:
        written = yaml.safe_load(file.read_text(encoding="utf-8"))
        assert not [error.message for error in schema.iter_errors(written)], file.name
    good = {**yaml.safe_load(GOOD), "sample": 0.5}
    assert schema.is_valid(good)
    for rule in ("keep", {"band": 10}, {"noise": {"sd": 5, "low": 0}}, {"kind": "band", "width": 10}):
        assert schema.is_valid({**good, "columns": {"x": {**good["columns"]["age"], "rule": rule}}}), rule
    for rule in ("kep", "band", {"band": {"wdth": 10}}, {"band": 10, "round": 5}, {"noise": -1}, {"width": 10}, {}):
        assert not schema.is_valid({**good, "columns": {"x": {**good["columns"]["age"], "rule": rule}}}), rule
    assert not schema.is_valid({**good, "gates": [{"k_anonymity": {"k": 1}}]})
    assert not schema.is_valid({**good, "sample": 1.5})
