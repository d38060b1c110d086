"""Snapshots that are safe by themselves, together: what the measure says is what a plain count over all people says."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, given, settings

from sandbox.core.spec import DatasetSpec
from sandbox.snapshots.composition import compare, compose
from sandbox.snapshots.manifest import DATA, TABLE
from tests.snapshots.conftest import NOW, Builder, spec_of, write_csv


def table(name: str, columns: dict[str, str], k: int, path: str) -> DatasetSpec:
    """A dataset about customers with these columns (name → class), kept as they are."""
    text = {"en": name, "zh-CN": name}
    described = {
        c: {"class": cls, "rule": {"pseudonym": "customer"} if cls == "identifier" else "keep", "description": text}
        for c, cls in columns.items()
    }
    gates = [{"k_anonymity": {"k": k, "suppress": 0.2}}]
    source = {"kind": "csv", "path": path}
    return spec_of(name=name, title=text, description=text, columns=described, gates=gates, source=source)


def two(build: Builder, first: list[list[Any]], second: list[list[Any]], k: int = 2) -> dict[str, Path]:
    write_csv(build.folder / "a.csv", first, ("id", "city"))
    write_csv(build.folder / "b.csv", second, ("id", "job"))
    a = table("people", {"id": "identifier", "city": "quasi"}, k, "a.csv")
    b = table("jobs", {"id": "identifier", "job": "quasi"}, k, "b.csv")
    return {"people": build(a).folder, "jobs": build(b).folder}


def test_two_safe_datasets_single_people_out_together(build: Builder) -> None:
    people = [[f"{i:03d}", ("Lyon", "Bath")[i % 2]] for i in range(8)]
    jobs = [[f"{i:03d}", ("cook", "baker")[i // 4]] for i in range(8)]
    jobs[0][1] = "baker"  # now 000 is the only baker of Lyon among the first four, but not among all
    [found] = compose(two(build, people, jobs))
    assert (found.units, found.k, found.allowed) == (8, 2, 0.2)
    combined = Counter((p[1], j[1]) for p, j in zip(people, jobs, strict=True))
    assert found.smallest == min(combined.values())
    assert found.alone == sum(1 for n in combined.values() if n == 1)
    assert found.alone > 0
    assert found.share > found.allowed or found.small_units == found.alone


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    people=st.lists(st.tuples(st.integers(0, 11), st.sampled_from("LB")), min_size=6, max_size=30),
    jobs=st.lists(st.tuples(st.integers(0, 11), st.sampled_from("cd")), min_size=6, max_size=30),
)
def test_it_agrees_with_a_plain_count(
    tmp_path_factory: pytest.TempPathFactory, people: list[tuple[int, str]], jobs: list[tuple[int, str]]
) -> None:
    """Several rows per unit, units in one table only: the full join, counted by hand on the published rows."""
    build = Builder(tmp_path_factory.mktemp("composed"))
    a = [[f"{u:03d}", v] for u, v in people] + [[f"a{i}", v] for i in range(4) for v in "LB"]
    b = [[f"{u:03d}", v] for u, v in jobs] + [[f"b{i}", v] for i in range(4) for v in "cd"]
    folders = two(build, a, b)
    [found] = compose(folders)
    left, right = (rows(folders[n]) for n in ("people", "jobs"))
    joined = {
        (who, x, y)
        for who in {w for w, _ in left | right}
        for x in {v for w, v in left if w == who} or {None}
        for y in {v for w, v in right if w == who} or {None}
    }
    sizes = Counter((x, y) for _, x, y in joined)
    assert found.units == len({w for w, *_ in joined})
    assert found.smallest == min(sizes.values())
    assert found.small_units == len({w for w, x, y in joined if sizes[x, y] < 2})


def rows(folder: Path) -> set[tuple[str, str]]:
    with duckdb.connect(str(folder / DATA), read_only=True) as connection:
        return {(r[0], r[1]) for r in connection.execute(f"SELECT * FROM {TABLE}").fetchall()}


def test_datasets_of_other_keys_or_other_things_do_not_compose(build: Builder, tmp_path: Path) -> None:
    people = [[f"{i:03d}", "Lyon"] for i in range(8)]
    jobs = [[f"{i:03d}", "cook"] for i in range(8)]
    folders = two(build, people, jobs)
    assert len(compose(folders)) == 1
    assert compose({"people": folders["people"]}) == []
    build.keys["customer"] = bytes(range(7, 39))
    folders["jobs"] = build(
        table("jobs", {"id": "identifier", "job": "quasi"}, 2, "b.csv"), now=NOW + timedelta(days=1)
    ).folder
    assert compose(folders) == []


def versions(build: Builder, before: list[list[Any]], after: list[list[Any]]) -> tuple[Path, Path]:
    spec = table("people", {"id": "identifier", "city": "quasi"}, 2, "a.csv")
    write_csv(build.folder / "a.csv", before, ("id", "city"))
    older = build(spec).folder
    write_csv(build.folder / "a.csv", after, ("id", "city"))
    return older, build(spec, now=NOW + timedelta(days=30)).folder


def test_comparing_versions_isolates_the_newcomer(build: Builder) -> None:
    """Both versions are 2-anonymous; the one person who joined in between is alone in the difference."""
    before = [[f"{i:03d}", ("Lyon", "Bath")[i % 2]] for i in range(8)]
    found = compare(*versions(build, before, [*before, ["new", "Lyon"]]))
    assert found is not None
    assert (found.came, found.left, found.changed, found.alone, found.small_units) == (1, 0, 0, 1, 1)


def test_comparing_versions_sees_who_left_and_who_moved(build: Builder) -> None:
    before = [[f"{i:03d}", ("Lyon", "Bath")[i % 2]] for i in range(10)]
    after = [row if row[0] != "003" else ["003", "Lyon"] for row in before if row[0] not in ("000", "002")]
    found = compare(*versions(build, before, after))
    assert found is not None
    assert (found.came, found.left, found.changed) == (0, 2, 1)
    assert (found.small_units, found.alone) == (1, 1)  # the two who left look alike, the one who moved is alone
    assert found.units == 10


def test_equal_versions_give_nobody_away(build: Builder) -> None:
    before = [[f"{i:03d}", ("Lyon", "Bath")[i % 2]] for i in range(8)]
    found = compare(*versions(build, before, list(reversed(before))))
    assert found is not None
    assert (found.came, found.left, found.changed, found.small_units) == (0, 0, 0, 0)


def test_people_who_differ_in_a_dataset_may_be_alike_in_the_join(build: Builder) -> None:
    """Every city has both diagnoses, every job has both; whoever knows city and job knows the diagnosis."""
    people = [[f"{i:03d}", ("Lyon", "Bath")[i % 2], ("flu", "gout")[(i + i // 2) % 2]] for i in range(40)]
    jobs = [[f"{i:03d}", ("cook", "baker")[i // 2 % 2]] for i in range(40)]
    write_csv(build.folder / "a.csv", people, ("id", "city", "diagnosis"))
    write_csv(build.folder / "b.csv", jobs, ("id", "job"))
    a = table("people", {"id": "identifier", "city": "quasi", "diagnosis": "sensitive"}, 2, "a.csv")
    gates = [*a.model_dump(mode="json")["gates"], {"l_diversity": {"column": "diagnosis", "l": 2, "suppress": 0.1}}]
    a = DatasetSpec.model_validate({**a.model_dump(mode="json", by_alias=True), "gates": gates})
    b = table("jobs", {"id": "identifier", "job": "quasi"}, 2, "b.csv")
    [found] = compose({"people": build(a).folder, "jobs": build(b).folder})
    assert found.small_units == 0, "ten people look alike in each group"
    [gate] = found.gates
    alike: dict[tuple[str, str], set[str]] = {}
    for person, job in zip(people, jobs, strict=True):
        alike.setdefault((person[1], job[1]), set()).add(person[2])
    certain = sum(len(alike[p[1], j[1]]) == 1 for p, j in zip(people, jobs, strict=True))
    assert certain == 40
    assert (gate.dataset, gate.kind, gate.column, gate.units) == ("people", "l_diversity", "diagnosis", 40)
    assert gate.small_units == certain and gate.allowed == 0.1
    assert found.to_json()["gates"][0]["share"] == 1.0
