"""Every ``--json`` answer has exactly the fields of ``docs/cli.md``, of the types it names."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from sandbox.cli.main import cli
from sandbox.core.learning import Badge
from sandbox.store.audit import AuditLog
from sandbox.store.registry import Registry
from sandbox.store.workspace import Workspace
from tests.cli.conftest import Run
from tests.cli.reference import PAGE, commands, fields, keeps, observed, sections
from tests.cli.test_link import write_twice
from tests.cli.test_suggest import write_visitors

NEW = ("project", "new", "--title", "Fewer calls", "--problem", "Too many calls.", "--template", "customer-churn",
       "--dataset", "leavers", "--kpi", "Calls", "--baseline", "9", "--target", "7")  # fmt: skip

#: The expected exit code and the words to run, so that every field is seen.
RUNS: dict[str, list[tuple[int, tuple[str, ...]]]] = {
    "doctor": [(0, ("doctor",))],
    "dataset add": [(0, ("dataset", "add", "sales.csv", "--name", "sales", "--unit", "customer_id"))],
    "dataset build": [(1, ("dataset", "build", "--all"))],
    "dataset list": [(0, ("dataset", "list"))],
    "dataset show": [(0, ("dataset", "show", "leavers"))],
    "dataset verify": [(0, ("dataset", "verify", "leavers"))],
    "dataset attack": [(0, ("dataset", "attack", "leavers", "--targets", "50"))],
    "dataset link": [
        (0, ("dataset", "link", "customers", "--on", "name,birth_date:date,city:exact", "--name", "twice"))
    ],
    "dataset suggest": [(0, ("dataset", "suggest", "visitors", "--write"))],
    "dataset diff": [(0, ("dataset", "diff", "leavers"))],
    "dataset refresh": [(1, ("dataset", "refresh", "--due"))],
    "dataset prune": [(0, ("dataset", "prune"))],
    "dataset public-key": [(0, ("dataset", "public-key"))],
    "template list": [(0, ("template", "list"))],
    "template new": [(0, ("template", "new", "lapse", "--title", "Who lapses", "--title-zh", "谁会流失"))],
    "template check": [(0, ("template", "check", "customer-churn", "--no-run"))],
    "project new": [(0, NEW)],
    "project list": [(0, ("project", "list"))],
    "project show": [(0, ("project", "show", "came-back"))],
    "project submit": [(0, ("project", "submit", "fewer-calls", "--no-wait"))],
    "people list": [(0, ("people", "list"))],
    "people badges": [(0, ("people", "badges"))],
    "people link": [(0, ("people", "link", "lin-xia"))],
    "keys list": [(0, ("keys", "list"))],
    "keys rotate": [(0, ("keys", "rotate", "customer", "--reason", "a laptop was stolen"))],
    "keys forget": [(0, ("keys", "forget", "customer", "2"))],
    "audit list": [(0, ("audit", "list"))],
    "audit verify": [(0, ("audit", "verify"))],
}
#: Findings exist only after an examination; `project show` shows them.
LATER = {"project submit": "findings[]."}


@pytest.fixture(scope="module")
def page() -> dict[str, str]:
    return sections(PAGE.read_text(encoding="utf-8"))


def test_every_json_command_is_run_here() -> None:
    with_json = {name for name, c in commands(cli) if any(p.name == "as_json" for p in c.params)}
    assert with_json == set(RUNS)


def prepare(command: str, home: Path, sandbox: Run) -> None:
    if command == "dataset add":
        rows = "".join(f"C{i:04d},{('F', 'M')[i % 2]},{20 + i % 5},{i % 7}\n" for i in range(200))
        Path("sales.csv").write_text("customer_id,gender,age,orders\n" + rows)
    if command == "dataset suggest":
        write_visitors(home)
    if command == "dataset link":
        write_twice(home)
    if command == "dataset diff":
        assert sandbox("dataset", "build", "leavers").exit_code == 0
    if command == "dataset prune":
        spec = home / "datasets" / "leavers.yaml"
        spec.write_text(spec.read_text(encoding="utf-8") + "retain: {versions: 1}\n", encoding="utf-8")
        assert sandbox("dataset", "build", "leavers").exit_code == 0
    if command in ("dataset build", "dataset list", "dataset refresh"):
        (home / "datasets" / "broken.yaml").write_text("name: [")
    if command == "keys forget":
        assert [sandbox("keys", "rotate", "customer", "--reason", "x").exit_code for _ in range(2)] == [0, 0]
    if command == "people badges":
        with Registry.open(home / "registry.sqlite", AuditLog.of(Workspace.at(home))).transaction("lin-xia") as tx:
            tx.put_badge(Badge("lin-xia", "first-steps", datetime(2026, 11, 21, 9, tzinfo=UTC)))
    if command == "project submit":
        assert sandbox(*NEW).exit_code == 0


@pytest.mark.parametrize("command", RUNS)
def test_json_has_the_fields_of_the_page(
    command: str, page: dict[str, str], home: Path, portal: str, sandbox: Run
) -> None:
    promised = fields(page[command])
    prepare(command, home, sandbox)
    seen: set[str] = set()
    for code, arguments in RUNS[command]:
        result = sandbox(*arguments, "--json")
        assert result.exit_code == code, result.output
        pairs = list(observed(json.loads(result.stdout), promised))
        assert not [(path, value) for path, value in pairs if path in promised and not keeps(promised[path], value)]
        seen |= {path for path, _ in pairs}
    later = {path for path in promised if command in LATER and path.startswith(LATER[command])}
    assert sorted(seen - set(promised)) == [], "not in docs/cli.md"
    assert sorted(set(promised) - seen - later) == [], "in docs/cli.md only"


@pytest.mark.parametrize(
    ("answer", "wrong"),
    [
        ({"ok": True}, {"events"}),
        ({"ok": True, "events": 3, "extra": 1}, {"extra"}),
        ({"ok": True, "events": "3"}, {"events"}),
    ],
)
def test_the_comparison_can_fail(answer: dict[str, Any], wrong: set[str]) -> None:
    promised = {"ok": "boolean", "events": "integer"}
    pairs = dict(observed(answer, promised))
    bad = {path for path, value in pairs.items() if path in promised and not keeps(promised[path], value)}
    assert (set(pairs) ^ set(promised)) | bad == wrong
