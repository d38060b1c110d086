"""Records without a common key: how many links are right, how many people are missed, and what leaves the build."""

from __future__ import annotations

import hashlib
import hmac
import random
import sys
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from sandbox.core.errors import BadInput, Unavailable
from sandbox.core.spec import DatasetSpec
from sandbox.snapshots.build import Built
from sandbox.snapshots.composition import compose
from sandbox.snapshots.masking import PSEUDONYM_DIGITS
from sandbox.snapshots.open import open_snapshot
from tests.snapshots.conftest import KEYS, Builder, column, spec_of, write_csv

pytest.importorskip("splink")

SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗"
GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华建文国志红玉兰梅云波鹏飞宇浩然"
CITIES = ["广州", "深圳", "北京", "上海", "成都", "杭州"]
HEADER = ("id", "name", "birth_date", "city")


def person(chance: random.Random) -> list[str]:
    given = "".join(chance.choice(GIVEN) for _ in range(chance.choice((1, 2, 2))))
    born = date(1950, 1, 1) + timedelta(days=chance.randrange(20_000))
    return [chance.choice(SURNAMES) + given, born.isoformat(), chance.choice(CITIES)]


def with_slips(chance: random.Random, who: list[str]) -> list[str]:
    """The same person written down again: one in ten of each column is wrong, one date in fifty is empty."""
    name, born, city = who
    if chance.random() < 0.1:
        name = name[:-1] + chance.choice(GIVEN)
    if chance.random() < 0.1:
        born = born[:8] + f"{chance.randrange(1, 29):02d}"
    elif chance.random() < 0.02:
        born = ""
    if chance.random() < 0.1:
        city = chance.choice(CITIES)
    return [name, born, city]


def write_people(folder: Path, count: int = 1500) -> None:
    """Customers 0 to ``count``, members from half of that on: half of each table is in the other."""
    chance = random.Random(11)
    people = [person(chance) for _ in range(count + count // 2)]
    write_csv(folder / "customers.csv", [[f"{n:05d}", *who] for n, who in enumerate(people[:count])], HEADER)
    members = [[f"m{n:05d}", *with_slips(chance, people[n])] for n in range(count // 2, count + count // 2)]
    write_csv(folder / "members.csv", members, ("no", *HEADER[1:]))


def links_spec(**link: Any) -> DatasetSpec:
    on = ["name", {"column": "birth_date", "how": "date"}, {"column": "city", "how": "exact"}]
    tables = {name: {"kind": "csv", "path": f"{name}.csv"} for name in ("customers", "members")}
    return spec_of(
        name="links",
        source={"kind": "linked", "tables": tables, "link": {"ids": ["id", "no"], "on": on, **link}},
        columns={
            "id": column("identifier", {"pseudonym": "customer"}),
            "no": column("identifier", {"pseudonym": "employee"}),
            "probability": column("measure", "keep"),
        },
        gates=[],
    )


@pytest.fixture(scope="module")
def linked(tmp_path_factory: pytest.TempPathFactory) -> tuple[Builder, Built]:
    build = Builder(tmp_path_factory.mktemp("linked"))
    write_people(build.folder)
    return build, build(links_spec())


def truth(build: Builder) -> set[tuple[str, str]]:
    """The pseudonyms of the pairs that are the same person."""
    return {(pseudonym(f"{n:05d}", "customer"), pseudonym(f"m{n:05d}", "employee")) for n in range(750, 1500)}


def pseudonym(text: str, entity: str) -> str:
    return hmac.new(KEYS[entity], text.encode(), hashlib.sha256).hexdigest()[:PSEUDONYM_DIGITS]


def rows_of(built: Built) -> list[tuple[str, str, float]]:
    with open_snapshot(built.folder) as connection:
        return connection.execute("SELECT id, no, probability FROM data").fetchall()


def test_most_people_are_found_and_nearly_all_links_are_right(linked: tuple[Builder, Built]) -> None:
    build, built = linked
    found = {(a, b) for a, b, _ in rows_of(built)}
    right = found & truth(build)
    assert len(right) / len(found) >= 0.99, "precision"
    assert len(right) / 750 >= 0.93, "recall"
    facts = built.manifest.source.linkage
    assert facts is not None
    assert (facts.links, facts.records, facts.threshold) == (len(found), (1500, 1500), 0.95)
    # What the model believes of itself is near the truth where slips are as independent as it supposes.
    assert abs(facts.false_share - (1 - len(right) / len(found))) < 0.01
    assert 0 < facts.missed_share < 0.1


def test_everybody_has_one_partner_and_nothing_else_leaves_the_build(linked: tuple[Builder, Built]) -> None:
    build, built = linked
    rows = rows_of(built)
    assert len({a for a, _, _ in rows}) == len({b for _, b, _ in rows}) == len(rows)
    assert min(p for _, _, p in rows) >= 0.95
    assert [c.name for c in built.manifest.columns] == ["id", "no", "probability"]
    stored = b"".join(file.read_bytes() for file in built.folder.iterdir())
    names = {line.split(",")[1] for line in (build.folder / "customers.csv").read_text("utf-8").splitlines()[1:]}
    assert not [name for name in names if len(name) > 2 and name.encode() in stored]
    assert build.left_behind("links") == [built.manifest.version], "the working tables are gone"


def test_the_same_tables_give_the_same_links(linked: tuple[Builder, Built]) -> None:
    build, built = linked
    again = build(links_spec(), now=built.manifest.built.replace(hour=11))
    assert {row[:2] for row in rows_of(again)} == {row[:2] for row in rows_of(built)}


def test_a_join_through_links_is_measured(linked: tuple[Builder, Built]) -> None:
    build, built = linked
    text = {"en": "x", "zh-CN": "x"}

    def table(name: str, file: str, unit: str, entity: str, quasi: str) -> Path:
        columns = {unit: column("identifier", {"pseudonym": entity}), quasi: column("quasi", "keep")}
        source = {"kind": "csv", "path": file}
        return build(spec_of(name=name, title=text, source=source, unit={"column": unit, "entity": entity},
                             columns=columns, gates=[{"k_anonymity": {"k": 2, "suppress": 0.9}}])).folder  # fmt: skip

    rows = [[f"{n:05d}", "ab"[n % 2]] for n in range(1500)]
    write_csv(build.folder / "a.csv", rows, ("id", "group"))
    write_csv(build.folder / "b.csv", [[f"m{n:05d}", "xyz"[n % 3]] for n in range(750, 2250)], ("no", "kind"))
    folders = {
        "a": table("a", "a.csv", "id", "customer", "group"), "b": table("b", "b.csv", "no", "employee", "kind"),
    }  # fmt: skip
    assert compose(folders) == [], "without the links nobody can join them"
    found = next(c for c in compose({**folders, "links": built.folder}) if {"a", "b"} <= set(c.datasets))
    assert found.quasi_identifiers == ("a.group", "b.kind")
    seen: dict[tuple[str, str], int] = {}
    partner = {b: a for a, b, _ in rows_of(built)}
    members = {pseudonym(f"m{n:05d}", "employee"): "xyz"[n % 3] for n in range(750, 2250)}
    kind_of = {partner[m]: kind for m, kind in members.items() if m in partner}
    for number, group in rows:
        kind = kind_of.get(pseudonym(number, "customer"), "")
        seen[group, kind] = seen.get((group, kind), 0) + 1
    assert found.smallest == min(seen.values())
    assert found.units == 1500


def test_people_who_are_twice_in_one_table(build: Builder) -> None:
    chance = random.Random(5)
    people = [person(chance) for _ in range(400)]
    twice = [[f"x{n:03d}", *with_slips(chance, people[n])] for n in range(100)]
    rows = [[f"p{n:03d}", *who] for n, who in enumerate(people)] + twice + [["x900", *people[0]]]
    write_csv(build.folder / "people.csv", rows, HEADER)
    on = ["name", {"column": "birth_date", "how": "date"}, {"column": "city", "how": "exact"}]
    source = {"kind": "linked", "tables": {"people": {"kind": "csv", "path": "people.csv"}},
              "link": {"ids": ["id"], "on": on}}  # fmt: skip
    columns = {
        "id": column("identifier", {"pseudonym": "customer"}),
        "same_id": column("identifier", {"pseudonym": "customer"}),
    }
    built = build(spec_of(name="twice", source=source, columns=columns, gates=[]))
    with open_snapshot(built.folder) as connection:
        heads = dict(connection.execute("SELECT id, same_id FROM data").fetchall())
    right = [
        n for n in range(100) if heads.get(pseudonym(f"x{n:03d}", "customer")) == pseudonym(f"p{n:03d}", "customer")
    ]
    assert len(right) >= 85
    assert heads[pseudonym("x900", "customer")] == heads[pseudonym("p000", "customer")] == pseudonym("p000", "customer")
    groups: dict[str, int] = {}
    for head in heads.values():
        groups[head] = groups.get(head, 0) + 1
    assert min(groups.values()) >= 2


def test_without_splink_it_says_how_to_get_it(build: Builder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "splink", None)
    write_people(build.folder, 20)
    with pytest.raises(Unavailable) as caught:
        build(links_spec())
    assert "innovation-sandbox[linkage]" in caught.value.render()[1]
    assert build.left_behind("links") == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"ids": ["id", "nobody"]}, "has no column “nobody”"),
        ({"on": ["name", "city", {"column": "birth_date", "other": "born"}]}, "has no column “born”"),
    ],
)
def test_columns_that_are_not_there(build: Builder, change: dict[str, Any], said: str) -> None:
    write_people(build.folder, 20)
    with pytest.raises(BadInput, match=said):
        build(links_spec(**change))


def test_tables_with_nobody_in_common(build: Builder) -> None:
    write_csv(build.folder / "customers.csv", [[f"{n}", f"王{n}", "1990-01-01", "广州"] for n in range(30)], HEADER)
    write_csv(build.folder / "members.csv", [[f"{n}", f"李{n}", "1991-02-02", "广州"] for n in range(30)],
              ("no", *HEADER[1:]))  # fmt: skip
    with pytest.raises(BadInput, match="nothing to learn from"):
        build(links_spec())


@pytest.mark.parametrize(
    ("link", "said"),
    [
        ({"ids": ["id"]}, "one of `ids`"), ({"on": ["name", "city"]}, "at least 3"),
        ({"on": ["name", "name", "city"]}, "compared twice"), ({"on": ["id", "name", "city"]}, "is the id"),
        ({"threshold": 0.3}, "greater than or equal to 0.5"),
    ],
)  # fmt: skip
def test_links_that_cannot_be(link: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        links_spec(**link)
