"""Data contracts: valid by the standard's own schema, lossless for what both know, and open to contracts of others."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft201909Validator

from sandbox.core.errors import BadInput
from sandbox.core.spec import DatasetSpec
from sandbox.core.specfile import parse_spec
from sandbox.snapshots.contract import export_contract, render_contract
from sandbox.snapshots.contract_import import apply_contract, read_contract
from sandbox.snapshots.propose import propose_spec, render_yaml
from tests.snapshots.conftest import Builder, column, spec_of

ROOT = Path(__file__).resolve().parents[2]
SCHEMA = json.loads((ROOT / "tests" / "compat" / "odcs-v3.1.0.schema.json").read_text(encoding="utf-8"))


def problems(contract: dict[str, Any]) -> list[str]:
    return [f"{e.json_path}: {e.message}" for e in Draft201909Validator(SCHEMA).iter_errors(contract)]


def rich() -> DatasetSpec:
    """Everything that a contract can carry."""
    return spec_of(
        classification="restricted",
        refresh={"every": "month", "words": "after the books are closed"},
        retain={"versions": 3, "days": 90},
        sample=0.9,
        columns={
            "id": column("identifier", {"pseudonym": "customer"}, quality=["not_null", {"unique": {"tolerance": 0.1}}],
                         references={"dataset": "orders", "column": "customer", "tolerance": 0.2}),
            "name": column("direct", "drop", reason="points at one person"),
            "city": column("quasi", "keep", quality=[{"values": {"set": ["Wuhan", "Lyon"], "severity": "warn"}},
                           {"pattern": "[A-Z].*"}], description={"en": "City", "zh-CN": "城市"}),
            "age": column("quasi", {"band": {"width": 10, "top": 80}}, type="INTEGER"),
            "spent": column("measure", {"round": 10}, quality=[{"range": {"low": 0, "high": 1000}}]),
        },
        quality=[{"row_count": {"least": 10, "change": 0.5}}, {"row_count": {"least": 1, "most": 999}},
                 {"unique": {"columns": ["id", "city"]}}],
        access={"roles": ["staff", "lead"], "departments": ["Sales"], "reasons": {"Sales": "plans campaigns"}},
    )  # fmt: skip


def test_a_contract_is_valid_by_the_standard_s_schema(build: Builder) -> None:
    assert problems(export_contract(rich())) == []
    spec = spec_of()
    contract = export_contract(spec, build(spec).manifest)
    assert problems(contract) == []
    assert (contract["status"], contract["team"]) == ("active", {"name": "Sales"})
    types = {p["name"]: p.get("logicalType") for p in contract["schema"][0]["properties"]}
    assert types == {"id": "string", "name": None, "city": "string", "age": "string", "spent": "number"}
    assert problems({**contract, "kind": "Nonsense"}), "the schema must be able to refuse"


def test_the_demo_s_datasets_make_valid_contracts() -> None:
    files = sorted((ROOT / "datasets").glob("*.yaml"))
    assert files
    for file in files:
        assert problems(export_contract(parse_spec(file.read_text(encoding="utf-8"), file.name))) == []


def test_a_contract_says_nothing_of_where_the_raw_table_is() -> None:
    text = render_contract(export_contract(rich()))
    assert "people.csv" not in text and "servers" not in text and "source:" not in text


def test_a_contract_that_was_exported_gives_the_same_specification(build: Builder) -> None:
    spec = rich()
    contract = read_contract(render_contract(export_contract(spec)), "people.odcs.yaml")
    proposal = propose_spec(build.folder / "people.csv", name="people", unit="id")
    found = apply_contract(proposal, contract, "people.odcs.yaml")
    again = parse_spec(render_yaml(found), "people.yaml")
    assert again.model_copy(update={"source": spec.source}) == spec
    assert found.notes == proposal.notes


def test_a_contract_of_somebody_else_goes_over_the_proposal(build: Builder) -> None:
    contract = read_contract(
        """
apiVersion: v3.0.2
kind: DataContract
id: x
version: 1.0.0
status: active
description: {purpose: Who buys what}
team: {name: CRM}
roles: [{role: staff, access: read, description: everybody}, {role: bq_admin}]
slaProperties: [{property: frequency, value: 1, unit: d}]
schema:
  - name: people
    businessName: Customers
    quality:
      - {metric: rowCount, mustBeGreaterOrEqualTo: 10, severity: warning}
      - {type: sql, query: SELECT 1, mustBe: 1, name: own}
    properties:
      - {name: city, description: Where they live, required: true}
      - name: spent
        quality: [{metric: nullValues, mustBeLessOrEqualTo: 5, unit: percent}]
      - {name: shoe_size}
""",
        "crm.yaml",
    )
    found = apply_contract(propose_spec(build.folder / "people.csv", name="people", unit="id"), contract, "crm.yaml")
    spec = found.spec
    assert (spec.owner, spec.title.en, spec.description.zh) == ("CRM", "Customers", "Who buys what")
    assert (spec.refresh.every, spec.access.reasons) == ("day", {"staff": "everybody"})
    assert spec.columns["city"].description.en == "Where they live"
    assert [r.kind for r in spec.columns["city"].quality] == ["not_null"]
    assert spec.columns["spent"].quality[0].tolerance == pytest.approx(0.05)
    assert [(r.kind, r.severity) for r in spec.quality] == [("row_count", "warn")]
    notes = " ".join(note.en for note in found.notes)
    assert all(word in notes for word in ("bq_admin", "shoe_size", "“own”"))
    assert parse_spec(render_yaml(found), "people.yaml") == spec


@pytest.mark.parametrize("content", ["", "[", "kind: DataContract", "kind: Other\napiVersion: v3.1.0", "- 1"])
def test_what_is_no_contract_is_refused(content: str) -> None:
    with pytest.raises(BadInput, match="not a data contract"):
        read_contract(content, "x.yaml")


def test_a_contract_that_contradicts_the_policy_is_refused(build: Builder) -> None:
    contract = export_contract(spec_of())
    own = contract["schema"][0]["properties"][1]["customProperties"]
    next(c for c in own if c["property"] == "maskingRule")["value"] = "keep"
    proposal = propose_spec(build.folder / "people.csv", name="people", unit="id")
    with pytest.raises(BadInput, match="do not make a specification"):
        apply_contract(proposal, yaml.safe_load(render_contract(contract)), "x.yaml")
