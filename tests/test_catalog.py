"""The catalogue: what there is, what is broken, who may use what."""

from __future__ import annotations

from pathlib import Path

import pytest

from sandbox.catalog import Catalog, may_use
from sandbox.core.errors import BadInput, NotFound
from sandbox.core.roles import Person, Role
from sandbox.core.spec import Access, DatasetSpec
from sandbox.core.specfile import parse_spec
from sandbox.store.workspace import Workspace

SPEC = """
name: {name}
title: {{en: Machines, zh-CN: 机器}}
description: {{en: x, zh-CN: x}}
owner: Plant
source: {{kind: csv, path: m.csv}}
unit: {{column: id, entity: machine, personal: false}}
columns:
  id: {{class: identifier, rule: keep, description: {{en: x, zh-CN: x}}}}
"""


def spec(access: Access = Access()) -> DatasetSpec:  # noqa: B008 - frozen
    return parse_spec(SPEC.format(name="machines"), "machines.yaml").model_copy(update={"access": access})


@pytest.fixture
def catalog(tmp_path: Path) -> Catalog:
    workspace = Workspace.at(tmp_path / "home").ensure()
    shipped = tmp_path / "content" / "datasets"
    shipped.mkdir(parents=True)
    workspace.datasets.mkdir(exist_ok=True)
    for folder, name, text in [
        (shipped, "machines", SPEC.format(name="machines")),
        (shipped, "broken", "name: [broken"),
        (shipped, "misnamed", SPEC.format(name="other")),
        (workspace.datasets, "own", SPEC.format(name="own")),
    ]:
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    (shipped / "Bad Name.yaml").write_text("x")
    (shipped / "latin.yaml").write_bytes(b"name: caf\xe9")
    return Catalog(workspace, tmp_path / "content")


def test_a_broken_spec_hides_no_other_dataset(catalog: Catalog) -> None:
    assert [e.spec.name for e in catalog.entries()] == ["machines", "own"]
    problems = {p.file.name: str(p.error) for p in catalog.problems()}
    assert set(problems) == {"broken.yaml", "misnamed.yaml", "Bad Name.yaml", "latin.yaml"}
    assert "line" in problems["broken.yaml"]
    with pytest.raises(BadInput, match=r"must be called other\.yaml"):
        catalog.entry("misnamed")
    with pytest.raises(NotFound, match=r"There are: .*machines"):
        catalog.entry("nothing")
    with pytest.raises(BadInput):
        catalog.entry("../../etc/passwd")


def test_a_persons_own_spec_comes_before_the_shipped_one(catalog: Catalog, tmp_path: Path) -> None:
    own = tmp_path / "home" / "datasets" / "machines.yaml"
    own.write_text(SPEC.format(name="machines").replace("Plant", "Me"), encoding="utf-8")
    assert catalog.entry("machines").spec.owner == "Me"


def test_versions_are_newest_first_and_staging_is_invisible(catalog: Catalog, tmp_path: Path) -> None:
    folder = tmp_path / "home" / "snapshots" / "machines"
    names = ["20250101T000000Z-aaaaaaaaaaaa", "20260101T000000Z-bbbbbbbbbbbb"]
    for name in [*names, ".building-1-ab", "notes"]:
        (folder / name).mkdir(parents=True)
        (folder / name / "manifest.json").write_text("{}")
    (folder / "20270101T000000Z-cccccccccccc").mkdir()  # no manifest: not a snapshot
    assert [str(v) for v in catalog.versions("machines")] == names[::-1]
    assert str(catalog.entry("machines").latest) == names[1]
    assert catalog.snapshot("machines").name == names[1]
    assert catalog.snapshot("machines", names[0]).name == names[0]
    with pytest.raises(NotFound):
        catalog.snapshot("machines", "20270101T000000Z-cccccccccccc")
    with pytest.raises(NotFound, match="has no snapshot"):
        catalog.snapshot("own")
    assert catalog.entry("own").latest is None


def test_access() -> None:
    staff = Person("li", "Li", frozenset({Role.STAFF}), "Sales")
    reviewer = Person("wu", "Wu", frozenset({Role.REVIEWER}), "Audit")
    steward = Person("sun", "Sun", frozenset({Role.STEWARD}))
    nobody = Access(roles=())
    assert may_use(staff, spec()).allowed
    assert not may_use(reviewer, spec()).allowed
    assert may_use(steward, spec(nobody)).allowed
    assert not may_use(staff, spec(nobody)).allowed
    assert may_use(staff, spec(Access(roles=(), departments=("Sales",)))).allowed
    assert may_use(reviewer, spec(Access(roles=(), persons=("wu",)))).allowed
    assert not may_use(Person("x", "X", frozenset({Role.STAFF})), spec(Access(roles=(), departments=("",)))).allowed
    assert "department Sales" in may_use(staff, spec(Access(roles=(), departments=("Sales",)))).reason.render()
