"""The road of a key: built, rotated, said wherever it matters, built again, forgotten; lost and exchanged keys."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sandbox.core.errors import Conflict, Damaged
from sandbox.settings import Settings
from sandbox.workflows.keys import check_joins
from sandbox.workflows.services import Services
from tests.cli.conftest import Run


def data(result: Any) -> Any:
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


@pytest.fixture
def two(home: Path, sandbox: Run) -> Path:
    """A second dataset of the same entity, beside “leavers”."""
    spec = (home / "datasets" / "leavers.yaml").read_text(encoding="utf-8")
    (home / "datasets" / "again.yaml").write_text(spec.replace("name: leavers", "name: again"), encoding="utf-8")
    data(sandbox("dataset", "build", "again", "--json"))
    return home


def pins(home: Path) -> dict[str, str]:
    return {name: max(p.name for p in (home / "snapshots" / name).glob("2*")) for name in ("leavers", "again")}


def joins(home: Path) -> None:
    services = Services.open(Settings(home=home))
    try:
        check_joins(services, pins(home))
    finally:
        services.close()


def test_a_rotation_can_be_explained_from_beginning_to_end(two: Path, sandbox: Run) -> None:
    joins(two)
    (before,) = data(sandbox("keys", "list", "--json"))
    assert {s.split("/")[0] for s in before["snapshots"]} == {"leavers", "again"}
    told = sandbox("keys", "rotate", "customer", "--reason", "laptop stolen")
    assert "again, leavers" in told.output

    data(sandbox("dataset", "build", "again", "--json"))
    shown = data(sandbox("dataset", "show", "again", "--json"))["manifest"]
    assert shown["key_versions"] == {"customer": 2}
    assert shown["entities"]["customer"] != before["check"]
    with pytest.raises(Conflict, match="different keys of “customer”") as caught:
        joins(two)
    assert "sandbox dataset build leavers" in caught.value.render()[1]

    listed = {d["name"]: d["problem"] for d in data(sandbox("dataset", "list", "--json"))}
    assert listed["again"] is None
    assert "key version 1, the newest is 2" in listed["leavers"]
    assert "key version 1, the newest is 2" in sandbox("dataset", "show", "leavers").output
    (verified,) = data(sandbox("dataset", "verify", "leavers", "--json"))
    assert verified["ok"], "nothing is wrong with the old snapshot"
    assert next(c["detail"] for c in verified["checks"] if c["name"] == "keys").startswith("customer: built with key")

    refused = sandbox("keys", "forget", "customer", "1")
    assert isinstance(refused.exception, Conflict)
    assert "leavers/" in str(refused.exception)
    (event,) = [e for e in data(sandbox("audit", "list", "--json")) if e["action"] == "key.rotated"]
    assert event["details"] == {"version": 2, "check": shown["entities"]["customer"], "reason": "laptop stolen"}

    data(sandbox("dataset", "build", "leavers", "--json"))
    joins(two)
    assert data(sandbox("audit", "verify", "--json"))["ok"]


@pytest.mark.parametrize("harm", ["lost", "exchanged"])
def test_a_key_that_is_gone_is_never_replaced_in_silence(home: Path, sandbox: Run, harm: str) -> None:
    file = home / "keys" / "entity-customer.key"
    kept = file.read_bytes()
    if harm == "lost":
        file.unlink()
    else:
        file.write_bytes(b"x" * 32)
    versions = sorted((home / "snapshots" / "leavers").iterdir())
    failed = sandbox("dataset", "build", "leavers", "--json")
    assert failed.exit_code == 1
    (problem,) = json.loads(failed.stdout)["failed"]
    assert "lost or was exchanged" in problem["problem"]
    assert "sandbox keys rotate customer" in problem["remedy"]
    assert sorted((home / "snapshots" / "leavers").iterdir()) == versions
    assert file.exists() == (harm == "exchanged"), "no key was made"
    lines = json.loads(sandbox("dataset", "verify", "leavers", "--json").stdout)[0]["checks"]
    assert [line["ok"] for line in lines if line["name"] == "keys"] == [False]

    assert data(sandbox("keys", "rotate", "customer", "--reason", "lost", "--json"))["version"] == 2
    data(sandbox("dataset", "build", "leavers", "--json"))
    assert kept not in b"".join(f.read_bytes() for f in (home / "keys").iterdir())


def test_a_short_key_file_stops_the_build(home: Path, sandbox: Run) -> None:
    (home / "keys" / "entity-customer.key").write_bytes(b"short")
    failed = sandbox("dataset", "build", "leavers", "--json")
    assert failed.exit_code == 1
    assert "32 bytes" in json.loads(failed.stdout)["failed"][0]["problem"]


def test_no_command_prints_a_key(home: Path, sandbox: Run) -> None:
    key = (home / "keys" / "entity-customer.key").read_bytes()
    for words in (("keys", "list"), ("keys", "list", "--json"), ("keys", "rotate", "customer", "--reason", "x"),
                  ("dataset", "show", "leavers", "--json"), ("audit", "list", "--json")):  # fmt: skip
        assert key.hex() not in sandbox(*words).output


def test_an_attack_takes_the_keys_of_the_snapshot_and_never_makes_one(home: Path, sandbox: Run) -> None:
    """With another key nobody is found, which would look like a perfect score."""
    before = data(sandbox("dataset", "attack", "leavers", "--json"))
    assert before["score"] > 0
    data(sandbox("keys", "rotate", "customer", "--reason", "laptop stolen", "--json"))
    assert data(sandbox("dataset", "attack", "leavers", "--json"))["score"] == before["score"]
    for file in (home / "keys").glob("entity-customer*.key"):
        file.unlink()
    failed = sandbox("dataset", "attack", "leavers")
    assert isinstance(failed.exception, Damaged) and "is not there" in str(failed.exception)
    assert not list((home / "keys").glob("entity-customer*.key"))
