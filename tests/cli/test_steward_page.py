"""The commands of ``docs/steward.md``, from top to bottom as they stand there, on a small raw table."""

from __future__ import annotations

import csv
import random
import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from sandbox.cli.main import cli
from tests.snapshots.test_linkage import HEADER, person

PAGE = Path(__file__).resolve().parents[2] / "docs" / "steward.md"
#: What the page shows with places that a test on one folder does not have, and where else it is run.
ELSEWHERE = {
    "--postgresql": "tests/cli/test_steward_walk.py",
    "--mysql": "tests/cli/test_steward_walk.py",
    "crm.xlsx": "tests/cli/test_steward_walk.py",
    "customers@": "tests/cli/test_dataset.py",
    "link": "tests/cli/test_link.py",
    "customer_members": "tests/cli/test_link.py",
}


def commands() -> list[list[str]]:
    """The words of every command in the page's code blocks, without comments, in the page's order."""
    blocks = re.findall(r"^```(\w*)\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.S | re.M)
    shown = [block for language, block in blocks if language in ("", "bash")]
    lines = [line for block in shown for line in block.splitlines() if line.startswith("sandbox ")]
    return [shlex.split(line, comments=True)[1:] for line in lines]


def write_tables() -> None:
    """Customers, the same as a table under a contract, and what a neighbour knows."""
    chance = random.Random(3)
    rows = [[f"c{n:03d}", *person(chance), f"138{n:08d}"] for n in range(300)]
    tables = {
        "customers": [["customer_id", *HEADER[1:], "mobile"], *rows],
        "people": [["customer_id", *HEADER[1:], "mobile"], *rows],
        "neighbours": [["customer_id", "city"], *([row[0], row[HEADER.index("city")]] for row in rows[:20])],
    }
    for name, table in tables.items():
        with Path(f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows(table)


def run(words: list[str], say: list[str]) -> Result:
    target = Path(words[words.index(">") + 1]) if ">" in words else None
    result = CliRunner().invoke(cli, words[: words.index(">")] if target else words)
    say.append(f"{shlex.join(words)}: {result.output}{result.exception or ''}")
    if target:
        target.write_text(result.stdout, encoding="utf-8")
    return result


def test_the_pages_commands_lead_where_it_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "content" / "datasets").mkdir(parents=True)
    monkeypatch.setenv("SANDBOX_CONTENT", str(tmp_path / "content"))
    monkeypatch.setenv("SANDBOX_HOME", str(tmp_path / "home"))
    write_tables()
    said: list[str] = []
    ran = 0
    for words in commands():
        if any(word.startswith(place) for word in words for place in ELSEWHERE):
            continue
        if "--folder" in words:
            key = CliRunner().invoke(cli, ["dataset", "public-key"]).stdout.strip()
            folder = max((tmp_path / "home" / "snapshots" / "customers").glob("2*Z-????????????"))
            words = ["dataset", "verify", "--folder", str(folder), "--public-key", key]
        result = run(words, said)
        # A key that still has snapshots stays, as the page says.
        assert result.exit_code == (1 if words[:2] == ["keys", "forget"] else 0), said[-1]
        ran += 1
    assert ran >= 20
    assert "BAD" not in "".join(said) and "Traceback" not in "".join(said)
    assert (tmp_path / "trade-off.svg").read_text(encoding="utf-8").lstrip().startswith("<")
