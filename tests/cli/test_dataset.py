"""The commands of ``sandbox dataset`` from PATH to verified snapshot."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from sandbox.cli.dataset import dataset
from sandbox.core.errors import Conflict, SandboxError

HOME = ["--home", "home"]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "content" / "datasets").mkdir(parents=True)
    monkeypatch.setenv("SANDBOX_CONTENT", str(tmp_path / "content"))
    rows = "".join(f"C{i:04d},{('F', 'M')[i % 2]},{20 + i % 5},{i % 7}\n" for i in range(200))
    (tmp_path / "sales.csv").write_text("customer_id,gender,age,orders\n" + rows)

    def invoke(*arguments: str) -> Result:
        return CliRunner().invoke(dataset, list(arguments), catch_exceptions=True)

    return invoke


def data(result: Result) -> Any:
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_the_road_from_a_table_to_a_verified_snapshot(run: Any) -> None:
    added = data(run("add", *HOME, "sales.csv", "--name", "sales", "--unit", "customer_id", "--json"))
    assert (added["dataset"], added["rows"]) == ("sales", 200)
    assert [c["name"] for c in added["columns"]] == ["customer_id", "gender", "age", "orders"]
    assert all(c["reason"] for c in added["columns"])
    built = data(run("build", *HOME, "sales", "--json"))
    assert built["failed"] == []
    assert built["built"][0]["rows"]["published"] == 200
    listed = data(run("list", *HOME, "--json"))
    assert [(d["name"], d["rows"], d["versions"], d["problem"]) for d in listed] == [("sales", 200, 1, None)]
    shown = data(run("show", *HOME, "sales", "--json"))
    assert shown["manifest"]["version"] == shown["versions"][0] == built["built"][0]["version"]
    verified = data(run("verify", *HOME, "sales", "--json"))
    assert verified[0]["ok"]
    assert {c["name"] for c in verified[0]["checks"]} >= {"file", "content", "k_anonymity"}
    for command in ("list", "show", "verify"):
        text = run(command, *HOME, *([] if command == "list" else ["sales"]))
        assert text.exit_code == 0
        assert "sales" in text.output


def test_a_changed_byte_ends_verify_with_1(run: Any, tmp_path: Path) -> None:
    run("add", *HOME, "sales.csv", "--name", "sales", "--unit", "customer_id")
    folder = Path(data(run("build", *HOME, "sales", "--json"))["built"][0]["folder"])
    (folder / "data.duckdb").chmod(0o644)
    with (folder / "data.duckdb").open("r+b") as file:
        file.seek(5000)
        file.write(b"\xff")
    result = run("verify", *HOME, "sales", "--json")
    assert result.exit_code == 1
    assert not json.loads(result.stdout)[0]["ok"]


def test_one_failure_does_not_stop_the_others(run: Any, tmp_path: Path) -> None:
    for name in ("a", "b"):
        run("add", *HOME, "sales.csv", "--name", name, "--unit", "customer_id")
    spec = tmp_path / "home" / "datasets" / "a.yaml"
    spec.write_text(spec.read_text().replace("sales.csv", "gone.csv"))
    (tmp_path / "home" / "datasets" / "c.yaml").write_text("name: [")
    result = run("build", *HOME, "--all", "--json")
    report = json.loads(result.stdout)
    assert result.exit_code == 1
    assert [b["dataset"] for b in report["built"]] == ["b"]
    assert {f["dataset"] for f in report["failed"]} == {"a", "c"}
    assert all(f["remedy"] for f in report["failed"])


def test_a_steward_s_spec_is_never_overwritten(run: Any) -> None:
    run("add", *HOME, "sales.csv", "--name", "sales", "--unit", "customer_id")
    again = run("add", *HOME, "sales.csv", "--name", "sales", "--unit", "customer_id")
    assert isinstance(again.exception, Conflict)


def test_mistakes_are_told(run: Any) -> None:
    for arguments in (
        ("add", *HOME, "nowhere.csv", "--name", "x"),
        ("add", *HOME, "sales.csv", "--name", "Not A Name"),
        ("build", *HOME, "unknown", ),
        ("show", *HOME, "unknown"),
        ("verify", *HOME, "unknown"),
    ):  # fmt: skip
        result = run(*arguments)
        assert result.exit_code != 0
        assert isinstance(result.exception, SandboxError | SystemExit), (arguments, result.exception)
    assert run("build", *HOME).exit_code == 2


def test_every_step_is_an_audit_event(run: Any, tmp_path: Path) -> None:
    from sandbox.settings import Settings
    from sandbox.workflows.services import Services

    run("add", *HOME, "sales.csv", "--name", "sales", "--unit", "customer_id")
    run("build", *HOME, "sales")
    services = Services.open(Settings(home=tmp_path / "home"))
    with services.registry.reading() as reading:
        actions = [event.action for event in reading.audit(subject="sales")]
    assert actions == ["dataset.added", "dataset.built"]
    assert services.registry.verify_audit() >= 2
    services.close()


def test_the_schema_describes_spec_files(run: Any) -> None:
    schema = data(run("schema"))
    assert schema["title"] == "DatasetSpec"
    assert "columns" in schema["required"]
