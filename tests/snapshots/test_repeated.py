"""Ids that repeat are hashed once, with the same pseudonyms as if every row were hashed."""

from __future__ import annotations

import hashlib
import hmac
import math
import random
from pathlib import Path

import duckdb
import pytest

from sandbox.snapshots import build as build_module
from sandbox.snapshots import repeated
from sandbox.snapshots.open import open_snapshot
from sandbox.snapshots.repeated import ids_in_all
from tests.snapshots.conftest import KEYS, NOW, Builder, column, spec_of


@pytest.mark.parametrize(("ids", "seen"), [(1_000, 5_000), (1_000_000, 200_000), (50_000, 200_000)])
def test_the_number_of_ids_is_estimated_from_the_first_rows(ids: int, seen: int) -> None:
    draw = random.Random(4)
    distinct = len({draw.randrange(ids) for _ in range(seen)})
    assert ids_in_all(seen, distinct) == pytest.approx(ids, rel=0.1)


def test_ids_that_occur_once_are_endless() -> None:
    assert ids_in_all(200_000, 200_000) == math.inf


def orders(folder: Path, kind: str, ids: str) -> None:
    with duckdb.connect() as connection:
        connection.execute(
            f"CREATE TABLE t AS SELECT {ids} AS id, CASE WHEN i % 7 = 0 THEN NULL ELSE ' E' || i % 20 END AS seller,"
            " i AS n"
            " FROM range(1000) t(i)"
        )
        connection.execute(f"COPY t TO '{folder / f'orders.{kind}'}'")


@pytest.mark.parametrize("kind", ["csv", "parquet"])
@pytest.mark.parametrize(
    ("ids", "expected"),
    [("'C' || (i * 7919) % 50", {"id", "seller"}), ("'C' || i", {"seller"}), ("4000 + i // 10", {"id", "seller"})],
)
def test_pseudonyms_are_the_same_either_way(
    build: Builder, monkeypatch: pytest.MonkeyPatch, kind: str, ids: str, expected: set[str]
) -> None:
    orders(build.folder, kind, ids)
    spec = spec_of(
        source={"kind": kind, "path": f"orders.{kind}"}, gates=[],
        columns={
            "id": column("identifier", {"pseudonym": "customer"}), "n": column("measure", "keep"),
            "seller": column("identifier", {"pseudonym": "employee"}),
        },
    )  # fmt: skip
    plain = build(spec)
    monkeypatch.setattr(repeated, "FEW", 100)
    hashed: list[set[str]] = []
    original = repeated.hash_once

    def watched(*args: object) -> object:
        found = original(*args)  # type: ignore[arg-type]
        hashed.append(set(found))
        return found

    monkeypatch.setattr(build_module, "hash_once", watched)
    once = build(spec, now=NOW.replace(hour=10))
    assert hashed == [expected]
    assert once.manifest.content_hash == plain.manifest.content_hash
    with open_snapshot(once.folder) as connection:
        rows = connection.execute("SELECT n, id, seller FROM data ORDER BY n").fetchall()
    assert len(rows) == 1000
    assert rows[0][2] is None
    for n, _, seller in rows[1:7]:
        assert seller == hmac.new(KEYS["employee"], f"E{n % 20}".encode(), hashlib.sha256).hexdigest()[:32]
