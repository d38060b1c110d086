"""The same road from the command line, with a table of one's own: add, build, new project, submit, findings."""

from __future__ import annotations

import csv
import json
import random
from pathlib import Path

import pytest

from tests.helpers.running import RunningSandbox

pytestmark = pytest.mark.timeout(400)


def own_table(file: Path, rows: int = 3000) -> Path:
    """A membership table as a person might have it: few visits and monthly payment make members leave."""
    draw = random.Random(5)
    with file.open("w", newline="", encoding="gbk") as out:
        table = csv.writer(out)
        table.writerow(["会员编号", "姓名", "手机号", "入会月数", "每月到店次数", "付款方式", "月费", "是否流失"])
        for number in range(rows):
            months, visits, monthly = draw.randint(1, 60), draw.randint(0, 12), draw.random() < 0.5
            leaves = draw.random() < 0.55 - 0.006 * months - 0.03 * visits + 0.25 * monthly
            name = draw.choice("王李张刘陈") + draw.choice("伟芳娜敏静")
            facts = [
                months,
                visits,
                "按月" if monthly else "按年",
                draw.choice([99, 129, 199]),
                "是" if leaves else "否",
            ]
            table.writerow([f"M{number:05d}", name, f"138{draw.randrange(10**8):08d}", *facts])
    return file


def test_an_own_table_walks_the_road(sandbox: RunningSandbox, tmp_path: Path) -> None:
    sandbox.cli("dataset", "add", str(own_table(tmp_path / "members.csv")), "--name", "members", "--unit", "会员编号")
    sandbox.cli("dataset", "build", "members")
    manifest = json.loads(sandbox.cli("dataset", "show", "members", "--json"))["manifest"]
    rules = {column["name"]: column["rule"]["kind"] for column in manifest["columns"]}
    assert rules["会员编号"] == "pseudonym" and not {"姓名", "手机号"} & set(rules)
    made = json.loads(
        sandbox.cli(
            "project", "new", "--title", "Keep our members", "--problem", "Members leave in silence.",
            "--template", "customer-churn", "--dataset", "members", "--kpi", "Members lost", "--unit", "%",
            "--baseline", "30", "--target", "25", "--json",
        )
    )  # fmt: skip
    assert {p.name for p in Path(made["folder"]).iterdir()} >= {"notebook.ipynb", "project.toml"}
    submission = json.loads(sandbox.cli("project", "submit", made["slug"], "--note", "第一次提交", "--json"))
    levels = {f["check"]: f["level"] for f in submission["findings"]}
    assert submission["examination"] == "done" and submission["version"]
    assert "fail" not in levels.values(), submission["findings"]
    assert levels["baseline"] == levels["personal_data"] == "pass"
    listed = json.loads(sandbox.cli("project", "list", "--json"))
    assert made["slug"] in [p["slug"] for p in listed]
