"""The content hash: equal contents have equal hashes, and any difference in values, types, names or rows shows."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator

import duckdb
import pytest

from sandbox.snapshots import content
from sandbox.snapshots.content import Contents, content_hash_1, in_order, read_contents
from sandbox.snapshots.manifest import MANIFEST
from sandbox.snapshots.open import open_snapshot
from sandbox.snapshots.sql import identifier
from sandbox.snapshots.verify import verify_snapshot
from tests.snapshots.conftest import Builder


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened:
        yield opened


def contents(connection: duckdb.DuckDBPyConnection, query: str, unit: str | None = None) -> Contents:
    connection.execute(f"CREATE OR REPLACE TABLE t AS {query}")
    table = identifier("t")
    connection.execute(f"CREATE OR REPLACE TABLE t AS FROM t {in_order(connection, table, unit).text}")
    return read_contents(connection, table, unit)


PEOPLE = "SELECT * FROM (VALUES ('a', 1, 1.5), ('b', 2, NULL), ('b', NULL, 2.5), (NULL, 4, 0.1)) AS v(name, n, x)"


@pytest.mark.parametrize(
    "other",
    [
        PEOPLE.replace("'a', 1, 1.5", "'a', 1, 2.5").replace("NULL, 2.5", "NULL, 1.5"),  # two rows change a value
        PEOPLE.replace("'a'", "''"),
        PEOPLE.replace("(NULL, 4", "('', 4"),
        PEOPLE.replace("2, NULL", "2, 0"),
        PEOPLE + " LIMIT 3",
        PEOPLE + " UNION ALL SELECT 'a', 1, 1.5",
        f"SELECT name, n::BIGINT AS n, x FROM ({PEOPLE})",
        f"SELECT name, n AS m, x FROM ({PEOPLE})",
        f"SELECT n, name, x FROM ({PEOPLE})",
        PEOPLE.replace("'a', 1, 1.5), ('b', 2", "'ab', 1, 1.5), ('', 2"),  # the same texts, cut elsewhere
    ],
)
def test_what_differs_has_another_hash(connection: duckdb.DuckDBPyConnection, other: str) -> None:
    assert contents(connection, PEOPLE).digest != contents(connection, other).digest


def test_the_order_and_the_cutting_into_batches_do_not_matter(
    connection: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    query = "SELECT md5((i % 700)::VARCHAR) AS id, nullif(i % 11, 3) AS n, repeat('文', (i % 5)::INT) AS t FROM "
    rising, falling = (query + f"(SELECT * FROM range(5000) t(i) ORDER BY i {o})" for o in ("ASC", "DESC"))
    first = contents(connection, rising, "id")
    assert (first.rows, first.units) == (5000, 700)
    monkeypatch.setattr(content, "_BATCH", 97)
    assert contents(connection, falling, "id") == first


def test_the_hash_is_what_its_description_says(connection: duckdb.DuckDBPyConnection) -> None:
    found = contents(connection, PEOPLE, "n")
    columns: list[list[str | None]] = [["a", "b", None, "b"], ["1", "2", "4", None], ["1.5", None, "0.1", "2.5"]]
    hashes = []
    for column in columns:
        lengths = b"".join((2**32 - 1 if v is None else len(v.encode())).to_bytes(4, "little") for v in column)
        hashes += [
            hashlib.sha256(lengths).hexdigest(),
            hashlib.sha256("".join(v or "" for v in column).encode()).hexdigest(),
        ]
    described = [["name", "VARCHAR"], ["n", "INTEGER"], ["x", "DECIMAL(2,1)"]]
    assert found.digest == hashlib.sha256(json.dumps([described, 4, hashes]).encode()).hexdigest()


@pytest.mark.parametrize(
    ("ids", "units"),
    [("'a', 'a', 'b'", 2), ("'b', 'a', 'b'", None), ("'a', NULL, 'b'", None), ("'a'", 1), ("", 0)],
)
def test_units_are_counted_where_they_rise(
    connection: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch, ids: str, units: int | None
) -> None:
    for batch in (1, 100):
        monkeypatch.setattr(content, "_BATCH", batch)
        connection.execute(f"CREATE OR REPLACE TABLE t AS SELECT unnest([{ids}]::VARCHAR[]) AS id")
        assert read_contents(connection, identifier("t"), "id").units == units


def test_snapshots_of_the_first_format_are_still_verified(build: Builder) -> None:
    folder = build().folder
    with open_snapshot(folder) as connection:
        digest, _ = content_hash_1(connection, identifier("data"))
    folder.chmod(0o755)
    (folder / MANIFEST).chmod(0o644)
    data = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    data |= {"format": 1, "content_hash": digest}
    (folder / MANIFEST).write_text(json.dumps(data), encoding="utf-8")
    lines = {line.name: line.ok for line in verify_snapshot(folder)}
    assert lines.pop("version") is False, "it is named by its newer hash"
    assert all(lines.values()), lines
