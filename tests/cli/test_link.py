"""``sandbox dataset link``: from two records of a person to a dataset of links, and no raw value but on request."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.snapshots.test_linkage import HEADER, person, with_slips

SPEC = """\
format: 1
name: customers
title: {en: Customers, zh-CN: 客户}
description: {en: One row per record, zh-CN: 每条记录一行}
owner: Service 客服
source: {kind: csv, path: customers.csv}
unit: {column: id, entity: customer}
columns:
  id: {class: identifier, rule: {pseudonym: customer}, description: {en: id, zh-CN: 编号}}
  spent: {class: measure, rule: keep, description: {en: spent, zh-CN: 消费}}
"""


def write_twice(home: Path) -> list[list[str]]:
    """A dataset “customers” in which 80 of 300 people stand twice; the people."""
    chance = random.Random(3)
    people = [person(chance) for _ in range(300)]
    rows = [[f"c{n:03d}", *who] for n, who in enumerate(people)]
    rows += [[f"d{n:03d}", *with_slips(chance, people[n])] for n in range(80)]
    lines = [",".join((*HEADER, "spent")), *(",".join((*row, "1")) for row in rows)]
    (home / "customers.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (home / "datasets" / "customers.yaml").write_text(SPEC, encoding="utf-8")
    return people


ASKED = ("dataset", "link", "customers", "--on", "name, birth_date:date, city:exact", "--name", "twice")


def test_what_is_proposed_builds_and_joins(home: Path, sandbox: Run) -> None:
    people = write_twice(home)
    assert sandbox("dataset", "build", "customers").exit_code == 0
    result = sandbox(*ASKED)
    assert result.exit_code == 0, result.output
    assert "near" in result.output
    assert not [who for who in people if who[0] in result.output or who[1] in result.output], "raw values"
    assert "dataset build twice" in result.output
    built = sandbox("dataset", "build", "twice", "--json")
    assert built.exit_code == 0, built.output
    folder = Path(json.loads(built.stdout)["built"][0]["folder"])
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert {r["share"] for r in manifest["references"]} == {1.0}, "the pseudonyms are those of the dataset"
    assert "Links" in sandbox("dataset", "show", "twice").output
    assert sandbox("dataset", "verify", "twice").exit_code == 0


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--show-values",), "on a terminal only"),
        (("--on", "name,city"), "at least 3 columns"),
        (("--on", "name:near,birth_date,city"), "name:near"),
        (("--name", "customers"), "already a dataset"),
    ],
)
def test_refusals(home: Path, sandbox: Run, more: tuple[str, ...], said: str) -> None:
    write_twice(home)
    result = sandbox(*ASKED, *more)
    assert result.exit_code != 0
    assert said in result.output + " ".join(getattr(result.exception, "render", list)())
    assert not (home / "datasets" / "twice.yaml").exists()
