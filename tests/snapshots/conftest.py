"""A small dataset of our own, its spec as data, and a build of it."""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from sandbox.core.spec import DatasetSpec
from sandbox.snapshots.build import Built, build_snapshot

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
KEYS = {"customer": bytes(range(32)), "employee": bytes(range(1, 33))}


def column(cls: str, rule: Any, **more: Any) -> dict[str, Any]:
    return {"class": cls, "rule": rule, "description": {"en": "x", "zh-CN": "x"}, **more}


def spec_of(**changes: Any) -> DatasetSpec:
    """The spec of ``people.csv``; ``changes`` replace its top-level keys."""
    text = {"en": "People", "zh-CN": "人"}
    data: dict[str, Any] = {
        "name": "people",
        "title": text,
        "description": text,
        "owner": "Sales",
        "source": {"kind": "csv", "path": "people.csv"},
        "unit": {"column": "id", "entity": "customer"},
        "columns": {
            "id": column("identifier", {"pseudonym": "customer"}),
            "name": column("direct", "drop"),
            "city": column("quasi", "keep"),
            "age": column("quasi", {"band": 10}),
            "spent": column("measure", {"round": 10}),
        },
        "gates": [{"k_anonymity": {"k": 3, "suppress": 0.2}}],
    }
    return DatasetSpec.model_validate({**data, **changes})


def people_rows(count: int = 120) -> list[list[Any]]:
    """Every combination of city and decade is shared by ten, except for one lonely person at the end."""
    rows: list[list[Any]] = [
        [f"{i:04d}", f"Name {i}", ("Wuhan", "Lyon", "Bath")[i % 3], 20 + 10 * (i // 3 % 4) + i % 7, i * 1.5]
        for i in range(count)
    ]
    return [*rows, ["9999", "Lonely One", "Atlantis", 97, 1.0]]


def write_csv(
    path: Path, rows: list[list[Any]], header: tuple[str, ...] = ("id", "name", "city", "age", "spent")
) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *rows])
    return path


@dataclass
class Builder:
    """Builds into ``folder/snapshots/<dataset>`` from sources in ``folder``."""

    folder: Path
    keys: dict[str, bytes] = field(default_factory=lambda: dict(KEYS))

    def __call__(self, spec: DatasetSpec | None = None, **options: Any) -> Built:
        spec = spec or spec_of()
        chosen: dict[str, Any] = {
            "base": self.folder,
            "parent": self.parent(spec.name),
            "key_of": self.keys.__getitem__,
        }
        return build_snapshot(spec, **{**chosen, "now": NOW, "threads": 1, **options})

    def parent(self, name: str = "people") -> Path:
        return self.folder / "snapshots" / name

    def left_behind(self, name: str = "people") -> list[str]:
        return sorted(p.name for p in self.parent(name).iterdir()) if self.parent(name).exists() else []


@pytest.fixture
def build(tmp_path: Path) -> Builder:
    write_csv(tmp_path / "people.csv", people_rows())
    return Builder(tmp_path)


@pytest.fixture
def write_source(tmp_path: Path) -> Callable[[str, bytes], Path]:
    def write(name: str, content: bytes) -> Path:
        path = tmp_path / name
        path.write_bytes(content)
        return path

    return write
