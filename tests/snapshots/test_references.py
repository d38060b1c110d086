"""Foreign keys between datasets survive masking, and a build says how well."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.core.errors import GateFailed
from sandbox.core.spec import DatasetSpec
from sandbox.snapshots.open import open_snapshot
from sandbox.snapshots.references import tell_reference
from tests.snapshots.conftest import Builder, column, people_rows, spec_of, write_csv


def orders(**reference: Any) -> DatasetSpec:
    refers = {"dataset": "people", "column": "id", **reference}
    columns = {
        "order": column("identifier", {"pseudonym": "order"}),
        "id": column("identifier", {"pseudonym": "customer"}, references=refers),
        "amount": column("measure", "keep"),
    }
    source = {"kind": "csv", "path": "orders.csv"}
    return spec_of(name="orders", columns=columns, gates=[], source=source)


@pytest.fixture
def shop(build: Builder) -> Builder:
    """Four orders of each person, and one of somebody whom the table of people does not know."""
    build.keys["order"] = b"o" * 32
    rows = [[f"o{i}-{n}", row[0], n] for i, row in enumerate(people_rows()) for n in range(4)]
    write_csv(build.folder / "orders.csv", [*rows, ["oX", "0815", 1]], ("order", "id", "amount"))
    return build


def test_a_join_survives_masking_and_is_measured(shop: Builder) -> None:
    people = shop()
    built = shop(orders())
    (found,) = built.manifest.references
    assert (found.dataset, found.version, found.referenced) == ("people", people.manifest.version, "id")
    # 121 people and a stranger; the gate has left one out.
    assert found.values == 122
    assert found.share == round(120 / 122, 6)
    assert found.share_of_rows == round(480 / 485, 6)
    assert found.ok
    with open_snapshot(built.folder) as connection:
        connection_rows = connection.execute("SELECT count(*) FROM data").fetchone()
    assert connection_rows == (485,)
    assert "98.4% of 122 values" in str(tell_reference(found).render())


@pytest.mark.parametrize(
    ("before", "reference", "problem", "says"),
    [
        (False, {}, "no snapshot", "there is no snapshot"),
        (True, {"column": "name"}, "no column", "has no such column"),
        (True, {"tolerance": 0.001}, None, "only 98.4%"),
    ],
)
def test_what_does_not_hold_is_told_or_stops_the_build(
    shop: Builder, before: bool, reference: dict[str, Any], problem: str | None, says: str
) -> None:
    if before:
        shop()
    (found,) = shop(orders(**reference)).manifest.references
    assert not found.ok
    assert found.problem == problem
    assert says in tell_reference(found).render()
    versions = shop.left_behind("orders")
    with pytest.raises(GateFailed, match=says):
        shop(orders(**reference, otherwise="stop"))
    assert shop.left_behind("orders") == versions


def test_another_key_is_no_join(shop: Builder) -> None:
    shop()
    shop.keys["customer"] = b"z" * 32
    (found,) = shop(orders()).manifest.references
    assert (found.ok, found.problem) == (False, "other key")


def test_a_reference_needs_a_rule_that_keeps_the_join() -> None:
    good = orders().model_dump(by_alias=True)
    with pytest.raises(ValueError, match="must be a pseudonym"):
        bad = {**good["columns"]["amount"], "rule": {"round": 10}, "references": {"dataset": "people", "column": "id"}}
        DatasetSpec.model_validate({**good, "columns": {**good["columns"], "amount": bad}})
    with pytest.raises(ValueError, match="this very dataset"):
        orders(dataset="orders")
    with pytest.raises(ValueError, match=r"\.\./x"):
        orders(dataset="../x")


def test_units_and_shifts_agree_between_tables(shop: Builder) -> None:
    """The same sample of people in both, and the same shift: the tables still join, and intervals across them hold."""
    dated = [[row[0], f"2024-01-{1 + i % 28:02d}"] for i, row in enumerate(people_rows(60))]
    for name in ("joined", "left"):
        write_csv(shop.folder / f"{name}.csv", dated, ("id", "day"))
    found = {}
    for name in ("joined", "left"):
        columns = {
            "id": column("identifier", {"pseudonym": "customer"}),
            "day": column("measure", {"date_shift": 100}, type="DATE"),
        }
        source = {"kind": "csv", "path": f"{name}.csv"}
        built = shop(spec_of(name=name, columns=columns, gates=[], source=source, sample=0.5))
        assert built.manifest.sample is not None
        assert (built.manifest.sample.rows, built.manifest.sample.units) == (61, 61)
        with open_snapshot(built.folder) as connection:
            found[name] = connection.execute("SELECT id, day FROM data ORDER BY id").fetchall()
    assert found["joined"] == found["left"]
    assert 15 < len(found["joined"]) < 46
