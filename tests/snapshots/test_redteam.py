"""The red team: what it says of a snapshot is what happens, on tables where the answer can be computed by hand."""

from __future__ import annotations

import random
from collections import Counter
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from sandbox.core.errors import BadInput, Conflict
from sandbox.core.spec import DatasetSpec
from sandbox.snapshots.manifest import read_manifest
from sandbox.snapshots.redteam import attack_snapshot
from sandbox.snapshots.redteam_attacks import TRUTH, World, exact_linkage, fuzzy_linkage
from sandbox.snapshots.redteam_report import Attack, RedTeam, told
from sandbox.snapshots.sql import Sql
from tests.snapshots.conftest import KEYS, NOW, Builder, column, people_rows, spec_of, write_csv


def attacked(build: Builder, spec: DatasetSpec | None = None, **options: Any) -> RedTeam:
    spec = spec or spec_of()
    folder = build(spec).folder
    return attack_snapshot(spec, folder, base=build.folder, key_of=KEYS.__getitem__, now=NOW, **options)


def one(report: RedTeam, name: str, column: str | None = None) -> Attack:
    return next(a for a in report.attacks if a.name == name and a.column == column)


def test_exact_linkage_is_one_over_the_class(build: Builder) -> None:
    """120 people in twelve classes of ten, and one lonely person whom the gate left out."""
    found = one(attacked(build), "exact_linkage")
    assert found.published == pytest.approx(120 / 121 * 1 / 10, abs=1e-6)
    ages = [(row[2], row[3]) for row in people_rows()]
    assert found.raw == pytest.approx(sum(1 / ages.count(a) for a in ages) / 121, abs=1e-6)


def test_without_rules_the_red_team_wins(tmp_path: Path) -> None:
    """A spec that keeps everything is as good as the raw table: the attack can fail to be refused."""
    rows = [[f"{i:04d}", f"Name {i}", f"city {i}", i, 1.0] for i in range(50)]
    write_csv(tmp_path / "people.csv", rows)
    columns = spec_of().model_dump(mode="json", by_alias=True)["columns"]
    columns = {n: {**c, "class": "measure", "rule": "keep"} if c["class"] == "quasi" else c for n, c in columns.items()}
    report = attacked(Builder(tmp_path), spec_of(columns=columns, gates=[]))
    alone = one(report, "singling_out")
    assert alone.published == alone.raw == 1.0


def test_values_made_by_noise_single_nobody_out(build: Builder) -> None:
    """Every noisy amount is another; what is left are city and decade, which ten people share."""
    columns = spec_of().model_dump(mode="json", by_alias=True)["columns"]
    noisy = {**columns, "spent": column("measure", {"noise": {"share": 0.3}})}
    found = one(attacked(build, spec_of(columns=noisy)), "singling_out")
    assert found.published == 0
    known = [(row[2], row[3]) for row in people_rows()]
    assert found.raw == pytest.approx(sum(known.count(k) == 1 for k in known) / 121, abs=1e-6)
    assert set(found.columns) <= {"city", "age"}


def test_wrong_knowledge_finds_fewer_but_not_none(tmp_path: Path) -> None:
    luck = random.Random(3)
    rows = [
        [f"{i:04d}", f"Name {i}", luck.choice(["Wuhan", "Lyon", "Bath", "Oslo"]), luck.randrange(18, 80), 1.0]
        for i in range(400)
    ]
    write_csv(tmp_path / "people.csv", rows)
    report = attacked(Builder(tmp_path))
    exact, fuzzy = one(report, "exact_linkage"), one(report, "fuzzy_linkage")
    assert exact.raw and fuzzy.raw and exact.published and fuzzy.published
    assert 0 < fuzzy.raw < exact.raw
    assert fuzzy.published < fuzzy.raw
    assert report.score == max(exact.published, fuzzy.published)


def test_homogeneous_classes_give_the_secret_away(tmp_path: Path) -> None:
    """Everybody in Lyon is ill: k-anonymity alone does not hide that."""
    rows = [
        [f"{i:04d}", "N", ("Lyon", "Bath")[i % 2], 30, ("ill", ("ill", "well")[i // 2 % 2])[i % 2]] for i in range(80)
    ]
    write_csv(tmp_path / "people.csv", rows, ("id", "name", "city", "age", "health"))
    columns = spec_of().model_dump(mode="json", by_alias=True)["columns"]
    columns["health"] = {**columns.pop("spent"), "class": "sensitive", "rule": "keep"}
    spec = spec_of(columns=columns)
    report = attacked(Builder(tmp_path), spec)
    assert one(report, "homogeneity", "health").published == 0.5
    guessed = one(report, "inference", "health")
    assert guessed.baseline == 0.75
    assert guessed.published == pytest.approx(0.5 + 0.5 * 0.5)


def test_a_pseudonym_needs_the_key(build: Builder) -> None:
    report = attacked(build)
    assert one(report, "dictionary").published == 0
    assert one(report, "dictionary_with_key").published == pytest.approx(120 / 121, abs=1e-6)


def test_a_pseudonym_without_a_secret_is_found(build: Builder) -> None:
    """With a key that everybody tries, the dictionary wins: the attack is a real one."""
    build.keys["customer"] = b"\0" * 32
    spec = spec_of()
    folder = build(spec).folder
    report = attack_snapshot(spec, folder, base=build.folder, key_of=build.keys.__getitem__, now=NOW)
    assert one(report, "dictionary").published == pytest.approx(120 / 121, abs=1e-6)
    assert report.score > 0.9


def test_an_auxiliary_table_of_ones_own(build: Builder, tmp_path: Path) -> None:
    aux = write_csv(tmp_path / "neighbours.csv", [["0003", "Wuhan"], ["0004", "Lyon"]], ("id", "city"))
    found = one(attacked(build, knowledge=aux), "exact_linkage")
    assert found.columns == ("city",)
    assert found.published == pytest.approx(1 / 40)


def test_knowledge_that_is_of_no_use(build: Builder, tmp_path: Path) -> None:
    aux = write_csv(tmp_path / "nothing.csv", [["0003", "x"]], ("id", "shoe"))
    with pytest.raises(BadInput, match=r"it needs the column “id”.*some of city, age"):
        attacked(build, knowledge=aux)


def test_the_report_names_nobody_and_leaves_nothing_behind(build: Builder) -> None:
    report = attacked(build)
    text = report.render().decode()
    assert not any(word in text for word in ("Wuhan", "Atlantis", "Name ", "0003"))
    assert build.left_behind() == [report.version]
    assert RedTeam.model_validate_json(text) == report
    assert attacked(build) == report  # the same seed finds the same


def test_the_attacker_masks_by_lists_and_quantiles_and_cannot_by_key(build: Builder, tmp_path: Path) -> None:
    """Ten people of each class as with bands; a column under noise cannot be used, whatever he knows of it."""
    (tmp_path / "city.csv").write_text("Wuhan;Asia\nLyon;Europe\nBath;Europe\nAtlantis;Nowhere\n")
    columns = {
        "id": column("identifier", {"pseudonym": "customer"}), "name": column("direct", "drop"),
        "city": column("quasi", {"generalise": {"hierarchy": "city.csv", "level": 1}}),
        "age": column("quasi", {"generalise": {"quantiles": [4, 2], "level": 1}}), "spent": column("measure", "drop"),
    }  # fmt: skip
    spec = spec_of(columns=columns)
    exact = one(attacked(build, spec), "exact_linkage")
    manifest = read_manifest(next(p for p in build.parent().iterdir() if p.name.startswith("2")))
    assert manifest.rows.published == 120
    assert exact.published == pytest.approx(manifest.gates[0].after.count / 121, abs=1e-6), "one of each class"
    assert exact.raw and exact.published < exact.raw
    blurred = {**columns, "age": column("quasi", {"noise": {"sd": 5}})}
    gates = [{"k_anonymity": {"k": 3, "suppress": 0.9}}]
    assert one(attacked(build, spec_of(columns=blurred, gates=gates)), "exact_linkage").published is not None


def test_a_spec_that_was_edited_since_does_not_hide_who_can_be_found(build: Builder) -> None:
    """The attacker masks by the rules that were published, not by those of the next build."""
    spec = spec_of()
    folder = build(spec).folder
    given = {"base": build.folder, "key_of": KEYS.__getitem__, "now": NOW}
    honest = attack_snapshot(spec, folder, **given)
    columns = spec.model_dump(mode="json", by_alias=True)["columns"]
    columns |= {"city": column("quasi", {"prefix": 1}), "age": column("quasi", "drop")}
    assert attack_snapshot(spec_of(columns=columns), folder, **given) == honest
    assert honest.score > 0
    with pytest.raises(Conflict, match="another unit"):
        other = spec.model_copy(update={"unit": spec.unit.model_copy(update={"column": "name"})})
        attack_snapshot(other, folder, **given)


def test_a_wrong_letter_or_character_does_not_stop_the_fuzzy_linkage() -> None:
    """Twenty people live in each city. A name that is like none of them says nothing, nor does one character."""
    with duckdb.connect() as connection:
        connection.execute(
            "CREATE TABLE t AS SELECT i AS id, ['石家庄', 'Lyon', '武汉'][i % 3 + 1] AS city FROM range(60) AS r(i)"
        )
        cases = (("石家荘", 0, 20), ("石庄", 0, 20), ("Lyom", 1, 20), ("Loyn", 1, 20), ("武漢", 2, 20), ("汉", 2, 60),
                 ("完全不同", 2, 60), ("Lion's", 1, 60))  # fmt: skip
        for written, who, alike in cases:
            connection.execute("CREATE OR REPLACE TABLE known AS SELECT ? AS city, ? AS " + TRUTH.text, [written, who])
            world = World(connection, Sql("t"), "id", Sql("known"), ("city",))
            assert exact_linkage(world) == 0
            assert fuzzy_linkage(world) == pytest.approx(1 / alike), written


def visits(build: Builder, rule: dict[str, Any], rows: list[list[Any]]) -> RedTeam:
    """A table of visits (customer, day, amount) with ``rule`` on the day or the amount."""
    write_csv(build.folder / "visits.csv", rows, ("id", "day", "amount"))
    described = {"id": column("identifier", {"pseudonym": "customer"}), "day": column("measure", "keep", type="DATE"),
                 "amount": column("measure", "keep")} | rule  # fmt: skip
    source = {"kind": "csv", "path": "visits.csv"}
    return attacked(build, spec_of(source=source, columns=described, gates=[]))


def test_intervals_between_shifted_dates_are_a_fingerprint(build: Builder) -> None:
    """Forty people with intervals of their own, twenty who have theirs in common by twos, ten with one visit."""
    rows: list[list[Any]] = []
    for n in range(60):
        gap = n if n < 40 else 100 + n // 2
        start = date(2026, 1, 1) + timedelta(days=n % 7)
        rows += [[f"{n:03d}", start + timedelta(days=d), 1] for d in (0, gap + 1, gap + 3)]
    rows += [[f"{n:03d}", date(2026, 2, 2), 1] for n in range(60, 70)]
    shifted = {"day": column("measure", {"date_shift": 30}, type="DATE")}
    found = one(visits(build, shifted, rows), "intervals")
    assert found.published == pytest.approx((40 + 20 / 2) / 70, abs=1e-6)
    days = Counter(tuple(r[1] for r in rows if r[0] == f"{n:03d}") for n in range(60))
    assert found.raw == pytest.approx(len(days) / 70, abs=1e-6)
    assert told(one(visits(build, shifted, rows), "exact_linkage")).render().startswith("Links people by –, ")
    assert "day" in told(found).render() and "intervals" not in {a.name for a in attacked(build).attacks}


@pytest.mark.parametrize(
    ("rule", "alike"), [("keep", 1), ({"truncate_date": "month"}, 5), ({"truncate_date": "year"}, 60)]
)
def test_dates_that_somebody_knows_are_a_fingerprint_unless_they_are_coarse(
    build: Builder, rule: Any, alike: int
) -> None:
    """Sixty people in twelve months, five in each, all with two days of their own."""
    rows: list[list[Any]] = []
    for n in range(60):
        rows += [[f"{n:03d}", date(2026, 1 + n % 12, 1 + n // 12), 1], [f"{n:03d}", date(2026, 1 + n % 12, 20), 1]]
    found = one(visits(build, {"day": column("measure", rule, type="DATE")}, rows), "dates")
    assert found.published == pytest.approx(1 / alike, abs=1e-6)
    assert found.raw == 1 and "day" in told(found).render()


def test_many_noisy_values_of_a_person_give_their_mean_away(build: Builder) -> None:
    luck = random.Random(5)
    rows = [[f"{n:03d}", date(2026, 1, 1), 1000 + 10 * n + luck.random()] for n in range(50) for _ in range(100)]
    found = one(visits(build, {"amount": column("measure", {"noise": {"sd": 300}})}, rows), "averaging", "amount")
    assert found.published and found.published > 0.8, "300 / √100 is 2 to 3% of the mean"
    assert found.baseline and found.baseline < 0.25, "a single value tells little"
    once = [[f"{n:03d}", date(2026, 1, 1), 1000 + n] for n in range(50)]
    report = visits(build, {"amount": column("measure", {"noise": {"sd": 300}})}, once)
    assert "averaging" not in {a.name for a in report.attacks}
