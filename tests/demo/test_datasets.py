"""The shipped dataset specs fit the demo company: every table builds, passes its gates, keeps what templates need."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import click
import duckdb
import pandas as pd
import pytest

from sandbox.cli.up import up
from sandbox.core.spec import DatasetSpec
from sandbox.core.specfile import parse_spec
from sandbox.demo import CompanyFiles, write_company
from sandbox.demo.truths import TICKET_WORDS
from sandbox.snapshots.build import Built, build_snapshot

FOLDER = Path(__file__).resolve().parents[2] / "datasets"
NAMES = (
    "campaign",
    "claims",
    "contracts",
    "credit",
    "customers",
    "deliveries",
    "inspections",
    "orders",
    "retail",
    "telemetry",
    "tickets",
    "usage",
)


def spec_of(name: str) -> DatasetSpec:
    file = FOLDER / f"{name}.yaml"
    return parse_spec(file.read_text(encoding="utf-8"), file.name)


@pytest.fixture(scope="module")
def snapshots(demo_files: CompanyFiles, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Built]:
    """All datasets, built with one key for each entity."""
    folder = tmp_path_factory.mktemp("snapshots")
    built = {}
    for name in NAMES:
        (folder / name).mkdir()
        built[name] = build_snapshot(
            spec_of(name),
            base=demo_files.folder.parent,
            parent=folder / name,
            key_of=lambda entity: entity.encode().ljust(32, b"."),
            now=datetime(2026, 10, 1, tzinfo=UTC),
        )
    return built


def table(built: Built) -> pd.DataFrame:
    with duckdb.connect(str(built.folder / "data.duckdb"), read_only=True) as connection:
        return connection.execute("SELECT * FROM data").df()


def test_every_demo_table_is_described() -> None:
    assert tuple(sorted(file.stem for file in FOLDER.glob("*.yaml"))) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_every_column_of_the_source_is_described_in_both_languages(name: str, snapshots: dict[str, Built]) -> None:
    spec = spec_of(name)
    for column in spec.columns.values():
        assert column.description.en and any(c > "\u4e00" for c in column.description.zh) and column.reason
    kept = {n for n, c in spec.columns.items() if c.rule.kind != "drop"}
    assert kept == set(table(snapshots[name]).columns)


def test_nearly_everybody_is_kept(snapshots: dict[str, Built], demo_files: CompanyFiles) -> None:
    for name, built in snapshots.items():
        assert len(table(built)) >= 0.95 * demo_files.rows[name], name


def test_small_groups_are_gone(snapshots: dict[str, Built]) -> None:
    for name in ("customers", "contracts", "orders", "claims", "tickets", "campaign", "credit"):
        spec = spec_of(name)
        classes = table(snapshots[name]).groupby(list(spec.quasi_identifiers), dropna=False)
        assert classes[spec.unit.column].nunique().min() >= 5, name


def test_no_personal_value_of_the_source_is_in_any_snapshot(
    snapshots: dict[str, Built], demo_files: CompanyFiles
) -> None:
    source = pd.read_csv(demo_files.customers, dtype=str)
    personal = {str(v) for c in ("customer_id", "name", "mobile", "email", "resident_id") for v in source[c].dropna()}
    personal |= set(pd.read_excel(demo_files.claims).employee_name)
    for name, built in snapshots.items():
        frame = table(built)
        for column in frame.select_dtypes(include=["object", "string"]):
            assert personal.isdisjoint(frame[column].dropna().unique()), (name, column)


def test_no_planted_name_or_number_is_left_in_a_ticket(snapshots: dict[str, Built], demo_files: CompanyFiles) -> None:
    people = pd.read_csv(demo_files.customers, dtype=str)
    planted = {str(v) for c in ("name", "mobile", "email", "resident_id") for v in people[c].dropna()}
    with sqlite3.connect(demo_files.tickets) as connection:
        raw = "\n".join(text for row in connection.execute("SELECT subject, body FROM tickets") for text in row)
    tickets = table(snapshots["tickets"])
    redacted = "\n".join({*tickets.subject, *tickets.body})
    assert sum(value in raw for value in planted) > 1000
    assert not [value for value in planted if value in redacted]
    assert all(mark in redacted for mark in ("［姓名］", "［手机］", "［邮箱］", "［身份证号］", "［地址］", "[name]"))


def test_the_words_of_a_ticket_survive_redaction(snapshots: dict[str, Built]) -> None:
    tickets = table(snapshots["tickets"])
    for category, words in TICKET_WORDS.items():
        texts = (tickets.subject + " " + tickets.body)[tickets.category == category].str.lower()
        assert texts.str.contains("|".join(words)).mean() > 0.95, category


def test_one_customer_has_one_pseudonym_in_all_tables(snapshots: dict[str, Built]) -> None:
    everybody = set(table(snapshots["usage"]).customer_id)
    for name in ("customers", "contracts", "orders", "tickets", "campaign", "credit"):
        assert set(table(snapshots[name]).customer_id) <= everybody, name


def test_the_templates_find_their_columns(snapshots: dict[str, Built]) -> None:
    contracts = table(snapshots["contracts"])
    assert pd.api.types.is_numeric_dtype(contracts.monthly_fee) and pd.api.types.is_numeric_dtype(contracts.total_fee)
    assert {"contract_type", "tenure_months", "support_calls_90d", "churned"} <= set(contracts)
    assert 0.2 < (contracts.churned == "yes").mean() < 0.28
    telemetry = table(snapshots["telemetry"])
    assert {"machine_id", "torque_nm", "tool_wear_min", "failure_24h"} <= set(telemetry)
    assert telemetry.machine_id.str.startswith("M-").all()


def test_the_smallest_company_of_sandbox_up_passes_every_gate(tmp_path: Path) -> None:
    smallest = next(p.type.min for p in up.params if p.name == "scale" and isinstance(p.type, click.FloatRange))
    files = write_company(tmp_path / "sources", scale=smallest)
    for name in NAMES:
        build_snapshot(
            spec_of(name),
            base=files.folder.parent,
            parent=tmp_path,
            key_of=lambda entity: entity.encode().ljust(32, b"."),
            now=datetime(2026, 10, 1, tzinfo=UTC),
        )
