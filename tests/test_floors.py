"""The house has floors; imports point down only, and rooms on floor 2 do not import their neighbours."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent.parent / "sandbox"

FLOORS: dict[int, frozenset[str]] = {
    0: frozenset({"core"}),
    1: frozenset({"settings", "store", "i18n", "logs", "personal"}),
    2: frozenset(
        {"snapshots", "catalog", "checks", "demo", "identity", "kernels", "lab", "learning", "notebooks", "publishing"}
    ),
    3: frozenset({"workflows"}),
    4: frozenset({"appserver", "cli", "labserver", "portal"}),
}
FLOOR_OF = {room: floor for floor, rooms in FLOORS.items() for room in rooms}
# Doors between neighbours, each for a reason: the catalogue is the snapshots' front desk; a notebook runs in a kernel.
DOORS = {("catalog", "snapshots"), ("notebooks", "kernels")}


def imports(file: Path) -> Iterator[tuple[str, int]]:
    """(room of ``sandbox`` that is imported, line) of every import in ``file``."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            names = (
                [f"{node.module}.{alias.name}" for alias in node.names] if node.module == "sandbox" else [node.module]
            )
        for name in names:
            parts = name.split(".")
            if parts[0] == "sandbox" and len(parts) > 1 and parts[1] in FLOOR_OF:
                yield parts[1], node.lineno


def room_of(file: Path) -> str:
    return file.relative_to(PACKAGE).parts[0].removesuffix(".py")


def test_every_room_has_a_floor() -> None:
    rooms = {room_of(f) for f in PACKAGE.rglob("*.py")} - {"__init__", "content"}
    assert rooms == set(FLOOR_OF), "tests/test_floors.py must name every room, and only rooms that exist"


def test_imports_point_down() -> None:
    wrong = []
    for file in sorted(PACKAGE.rglob("*.py")):
        room = room_of(file)
        if room not in FLOOR_OF:
            continue
        for target, line in imports(file):
            up = FLOOR_OF[target] > FLOOR_OF[room]
            beside = FLOOR_OF[target] == FLOOR_OF[room] == 2 and target != room and (room, target) not in DOORS
            if up or beside:
                wrong.append(f"{file.relative_to(PACKAGE.parent)}:{line} imports sandbox.{target}")
    for floor in sorted(FLOORS, reverse=True):
        print(f"floor {floor}: {', '.join(sorted(FLOORS[floor]))}")
    assert not wrong, "\n".join(wrong)


def test_the_check_can_fail(tmp_path: Path) -> None:
    file = tmp_path / "x.py"
    file.write_text("from sandbox.portal import app\nimport sandbox.cli.main\nfrom sandbox import lab\n")
    assert [room for room, _ in imports(file)] == ["portal", "cli", "lab"]
