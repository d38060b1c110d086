"""``sandbox dataset suggest``: what it finds is what a build then publishes, and the spec keeps its comments."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.cli.conftest import Run

SPEC = """\
# Who came, and when. This line stays.
format: 1
name: visitors
title: {en: Visitors, zh-CN: 访客}
description: {en: One row per visitor, zh-CN: 每位访客一行}
owner: Reception 前台
source: {kind: csv, path: visitors.csv}
unit: {column: visitor, entity: visitor}
gates:
  - k_anonymity: {k: 5, suppress: 0.05}   # agreed with the officer
columns:
  visitor: {class: identifier, rule: {pseudonym: visitor}, description: {en: v, zh-CN: 访客}}
  age:
    class: quasi
    rule: {generalise: {bands: [5, 20], level: 0}}  # years
    description: {en: Age, zh-CN: 年龄}
  home:
    class: quasi
    rule:
      generalise:
        hierarchy: hierarchies/home.csv
        level: 2
    description: {en: Place, zh-CN: 地方}
  gender: {class: quasi, rule: keep, description: {en: Gender, zh-CN: 性别}}
  purpose: {class: sensitive, rule: keep, description: {en: Purpose, zh-CN: 来意}}
"""


def write_visitors(home: Path) -> Path:
    """The dataset “visitors” in the workspace; its spec file."""
    places = [("深圳", "广东"), ("广州", "广东"), ("成都", "四川"), ("绵阳", "四川")]
    rows = "".join(
        f"V{i:04d},{20 + i * 7 % 40},{places[i * 13 % 4][0]},{'FM'[i // 3 % 2]},{'abc'[i * 5 % 3]}\n"
        for i in range(600)
    )
    (home / "visitors.csv").write_text("visitor,age,home,gender,purpose\n" + rows, encoding="utf-8")
    (home / "datasets" / "hierarchies").mkdir(parents=True, exist_ok=True)
    lines = "".join(f"{city};{province};*\n" for city, province in places)
    (home / "datasets" / "hierarchies" / "home.csv").write_text(lines, encoding="utf-8")
    file = home / "datasets" / "visitors.yaml"
    file.write_text(SPEC, encoding="utf-8")
    return file


def test_the_levels_are_written_and_the_gates_then_hold(home: Path, sandbox: Run) -> None:
    file = write_visitors(home)
    result = sandbox("dataset", "suggest", "visitors", "--write", "--json")
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    best = {level["column"]: level["best"] for level in found["levels"]}
    assert set(best) == {"age", "home"}
    text = file.read_text(encoding="utf-8")
    assert text == SPEC.replace("level: 0}}  # years", f"level: {best['age']}}}}}  # years").replace(
        "level: 2", f"level: {best['home']}"
    )
    result = sandbox("dataset", "build", "visitors", "--json")
    assert result.exit_code == 0, result.output
    built = json.loads(result.stdout)["built"][0]
    assert built["units"]["left_out"] == found["left_out"]
    assert built["gates"][0]["after"]["count"] == found["classes"]


def test_a_picture_shows_the_trade_off(
    home: Path, sandbox: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_visitors(home)
    texts = (("en", "Information kept", "Best level"), ("zh-CN", "保留的信息量", "最佳级别"))
    for language, words, heading in texts:
        monkeypatch.setenv("SANDBOX_LANGUAGE", language)
        result = sandbox("dataset", "suggest", "visitors", "--picture", str(tmp_path / f"{language}.svg"))
        assert result.exit_code == 0, result.output
        picture = (tmp_path / f"{language}.svg").read_text(encoding="utf-8")
        ElementTree.fromstring(picture)
        assert words in picture
        assert heading in result.stdout
        assert all(column in picture for column in ("age", "home", "访客" if language == "zh-CN" else "Visitors"))


def test_another_gate_is_heard(home: Path, sandbox: Run) -> None:
    file = write_visitors(home)
    free = json.loads(sandbox("dataset", "suggest", "visitors", "--json").stdout)
    close = "  - t_closeness: {column: purpose, t: 0.05, suppress: 0}\ncolumns:"
    file.write_text(SPEC.replace("columns:", close, 1), encoding="utf-8")
    result = sandbox("dataset", "suggest", "visitors", "--write", "--json")
    assert result.exit_code == 0, result.output
    bound = json.loads(result.stdout)
    assert bound["kept"] < free["kept"], "distributions that agree so closely need larger classes"
    assert sandbox("dataset", "build", "visitors").exit_code == 0


def test_nothing_to_choose_is_told(home: Path, sandbox: Run) -> None:
    result = sandbox("dataset", "suggest", "leavers")
    assert result.exit_code == 1
    assert "has nothing to choose" in str(result.exception)
