"""A workspace with one small dataset of people, and a clock that the test sets."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sandbox.core.roles import Person, Role
from sandbox.settings import Settings
from sandbox.workflows.build_dataset import build_dataset
from sandbox.workflows.services import Services

START = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
STAFF = Person("lin-xia", "林夏", frozenset({Role.STAFF}), "客户服务部")

SPEC = """
format: 1
name: visitors
title: {en: Visitors, zh-CN: 访客}
description: {en: One row per visitor, zh-CN: 每位访客一行}
owner: Sales 销售部
source: {kind: csv, path: sources/visitors.csv}
unit: {column: id, entity: customer}
refresh: weekly
retain: {versions: 2, days: 10}
gates: [{k_anonymity: {k: 3, suppress: 0.2}}]
columns:
  id: {class: identifier, rule: {pseudonym: customer}, description: {en: Id, zh-CN: 编号}}
  city: {class: quasi, rule: keep, description: {en: City, zh-CN: 城市}}
  visits: {class: measure, rule: keep, description: {en: Visits, zh-CN: 次数}}
"""


@dataclass
class Clock:
    now: datetime = START

    def __call__(self) -> datetime:
        return self.now

    def later(self, **by: float) -> None:
        self.now += timedelta(**by)


@dataclass
class Town:
    services: Services
    clock: Clock

    def write(self, rows: int) -> None:
        lines = "".join(f"V{i:04d},{('Wuhan', 'Lyon')[i % 2]},{i % 9}\n" for i in range(rows))
        (self.services.workspace.sources / "visitors.csv").write_text("id,city,visits\n" + lines)

    def respec(self, old: str, new: str) -> None:
        file = self.services.workspace.datasets / "visitors.yaml"
        file.write_text(file.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")

    def build(self) -> str:
        return build_dataset(self.services, "visitors", actor="operator").manifest.version

    def versions(self) -> list[str]:
        folder = self.services.workspace.dataset_snapshots("visitors")
        return sorted(p.name for p in folder.glob("2*Z-*") if p.is_dir())

    def actions(self) -> list[str]:
        with self.services.registry.reading() as reading:
            return [event.action for event in reading.audit(subject="visitors")]


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    clock = Clock()
    (tmp_path / "content" / "datasets").mkdir(parents=True)
    opened = Services.open(Settings(home=tmp_path / "home", content=tmp_path / "content"))
    services = replace(opened, now=clock)
    services.workspace.datasets.mkdir(mode=0o700, exist_ok=True)
    (services.workspace.datasets / "visitors.yaml").write_text(SPEC, encoding="utf-8")
    with services.registry.transaction("system") as tx:
        tx.put_person(STAFF, clock())
    made = Town(services, clock)
    made.write(100)
    yield made
    services.close()
