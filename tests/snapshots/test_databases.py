"""PostgreSQL and MariaDB as sources: types, one consistent read, nothing changed, nothing told that is secret."""

from __future__ import annotations

import socket
import sys
from collections.abc import Iterator
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from sandbox.core.errors import BadInput, NotAllowed, SandboxError, Unavailable
from sandbox.core.source import Connection, Source
from sandbox.snapshots.duck import connect_private
from sandbox.snapshots.lattice.suggest import suggest
from sandbox.snapshots.open import open_snapshot
from sandbox.snapshots.redteam import attack_snapshot
from sandbox.snapshots.source import inspect, open_source
from sandbox.snapshots.table import Types
from sandbox.snapshots.verify import verify_snapshot
from tests.helpers.databases import SERVERS, Server
from tests.snapshots.conftest import NOW, Builder, people_rows, spec_of

HERE = Connection(env="TEST_DSN")


@pytest.fixture(params=sorted(SERVERS))
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    with SERVERS[request.param]() as opened:
        yield opened


@pytest.fixture
def postgres() -> Iterator[Server]:
    with SERVERS["postgresql"]() as opened:
        yield opened


@pytest.fixture
def maria() -> Iterator[Server]:
    with SERVERS["mysql"]() as opened:
        yield opened


def source(server: Server, **what: object) -> Source:
    return Source.model_validate({"kind": server.kind, "connection": HERE, **what})


def read(server: Server, types: Types | None = None, **what: object) -> tuple[dict[str, str], list[tuple[object, ...]]]:
    """(column → DuckDB type, rows)."""
    with (
        connect_private() as (connection, scratch),
        open_source(source(server, **what), Path(), connection, scratch, types, lambda _: server.address) as table,
    ):
        return dict(table.columns), connection.execute(table.query.text, table.query.parameters).fetchall()


def people(server: Server, count: int = 120) -> None:
    server.run("CREATE TABLE SCHEMA.people (id VARCHAR(10), name VARCHAR(40), city VARCHAR(40), age INT, spent REAL)")
    for row in people_rows(count):
        server.run("INSERT INTO SCHEMA.people VALUES (%s, %s, %s, %s, %s)", *row)


def test_a_snapshot_from_a_database_is_that_from_the_file(server: Server, build: Builder) -> None:
    people(server)
    table = f"{server.name}.people"
    spec = spec_of(source={"kind": server.kind, "connection": {"env": "TEST_DSN"}, "table": table})
    built = build(spec, login_of=lambda _: server.address)
    assert built.manifest.rows.entered == 121
    assert all(line.ok for line in verify_snapshot(built.folder))
    assert built.manifest.source.name == table
    with open_snapshot(built.folder) as connection, open_snapshot(build(now=NOW.replace(hour=10)).folder) as other:
        query = "SELECT id, city, age, spent FROM data ORDER BY ALL"
        assert connection.execute(query).fetchall() == other.execute(query).fetchall()


def test_types_of_postgresql(postgres: Server) -> None:
    postgres.run("CREATE TYPE SCHEMA.mood AS ENUM ('good', 'bad')")
    postgres.run(
        """CREATE TABLE SCHEMA.t (small int2, whole int8, price numeric(12,2), free numeric, wide numeric(60,3),
           ratio float8, yes bool, word text, code char(4), born date, at timestamp, zoned timestamptz, clock time,
           list int[], doc jsonb, id uuid, bytes bytea, net inet, cost money, mood SCHEMA.mood, long interval,
           bits bit(3), "odd ""name" text)"""
    )
    postgres.run(
        """INSERT INTO SCHEMA.t VALUES (1, 9007199254740993, 12.30, 1.5, 2.125, 'NaN', true, '张三', 'ab', '2024-02-29',
           '2024-02-29 10:00', '2024-02-29 10:00+08', '10:00', '{1,2}', '{"a": 1}',
           '00000000-0000-0000-0000-000000000001', '\\x00ff', '10.0.0.1', 12.5, 'good', '1 day', B'101', 'x')"""
    )
    postgres.run("INSERT INTO SCHEMA.t (price, free, born, zoned) VALUES ('NaN', 'NaN', 'infinity', '-infinity')")
    kinds, rows = read(postgres, table=f"{postgres.name}.t")
    assert kinds == {
        "small": "SMALLINT", "whole": "BIGINT", "price": "DECIMAL(12,2)", "free": "DOUBLE", "wide": "DOUBLE",
        "ratio": "DOUBLE", "yes": "BOOLEAN", "word": "VARCHAR", "code": "VARCHAR", "born": "DATE", "at": "TIMESTAMP",
        "zoned": "TIMESTAMP", "clock": "TIME", "list": "VARCHAR", "doc": "VARCHAR", "id": "VARCHAR", "bytes": "BLOB",
        "net": "VARCHAR", "cost": "DECIMAL(19,2)", "mood": "VARCHAR", "long": "VARCHAR", "bits": "VARCHAR",
        'odd "name': "VARCHAR",
    }  # fmt: skip
    first = dict(zip(kinds, rows[0], strict=True))
    assert str(first.pop("ratio")) == "nan"
    assert first == {
        "small": 1, "whole": 9007199254740993, "price": Decimal("12.30"), "free": 1.5, "wide": 2.125, "yes": True,
        "word": "张三", "code": "ab", "born": date(2024, 2, 29), "at": datetime(2024, 2, 29, 10),
        "zoned": datetime(2024, 2, 29, 2), "clock": time(10), "list": "{1,2}", "doc": '{"a": 1}',
        "id": "00000000-0000-0000-0000-000000000001", "bytes": b"\0\xff", "net": "10.0.0.1/32",
        "cost": Decimal("12.50"),
        "mood": "good", "long": "1 day", "bits": "101", 'odd "name': "x",
    }  # fmt: skip
    second = dict(zip(kinds, rows[1], strict=True))
    assert (second["price"], second["born"], second["zoned"], str(second["free"])) == (None, None, None, "nan")


def test_types_of_mariadb(maria: Server) -> None:
    maria.run("SET SESSION sql_mode = ''")
    maria.run(
        """CREATE TABLE SCHEMA.t (tiny TINYINT UNSIGNED, whole BIGINT UNSIGNED, price DECIMAL(12,2),
           wide DECIMAL(60,3),
           ratio DOUBLE, flag BIT(1), mask BIT(12), word VARCHAR(20), code CHAR(4), born DATE, at DATETIME(3),
           stamp TIMESTAMP NULL, clock TIME, y YEAR, kind ENUM('a','b'), tags SET('x','y'), doc JSON, raw VARBINARY(4),
           body LONGTEXT, `odd ``name` INT) CHARACTER SET utf8mb4"""
    )
    maria.run("SET time_zone = '+08:00'")
    maria.run(
        """INSERT INTO SCHEMA.t VALUES (255, 18446744073709551615, 12.30, 2.125, 0.5, b'1', b'101', '张三', 'ab',
           '2024-02-29', '2024-02-29 10:00:00.5', '2024-02-29 10:00:00', '30:00:00', 2024,
           'b', 'x,y', '{"a": 1}', 0x00ff,
           'text', 7)"""
    )
    maria.run("INSERT INTO SCHEMA.t (born, at) VALUES ('0000-00-00', '0000-00-00 00:00:00')")
    kinds, rows = read(maria, table="t")
    assert kinds == {
        "tiny": "UTINYINT", "whole": "UBIGINT", "price": "DECIMAL(12,2)", "wide": "DOUBLE", "ratio": "DOUBLE",
        "flag": "BOOLEAN", "mask": "UBIGINT", "word": "VARCHAR", "code": "VARCHAR", "born": "DATE", "at": "TIMESTAMP",
        "stamp": "TIMESTAMP", "clock": "VARCHAR", "y": "SMALLINT", "kind": "VARCHAR", "tags": "VARCHAR",
        "doc": "VARCHAR", "raw": "BLOB", "body": "VARCHAR", "odd `name": "INTEGER",
    }  # fmt: skip
    assert rows[0] == (
        255, 18446744073709551615, Decimal("12.30"), 2.125, 0.5, True, 5, "张三", "ab", date(2024, 2, 29),
        datetime(2024, 2, 29, 10, 0, 0, 500_000), datetime(2024, 2, 29, 2), "30:00:00", 2024, "b", "x,y", '{"a": 1}',
        b"\0\xff", "text", 7,
    )  # fmt: skip
    assert set(rows[1]) == {None}, "a date that is none is empty"


def test_declared_types_are_read_from_what_the_server_holds(server: Server) -> None:
    server.run("CREATE TABLE SCHEMA.t (id NUMERIC(30,0), amount NUMERIC(20,4), day VARCHAR(20))")
    server.run("INSERT INTO SCHEMA.t VALUES (900719925474099312345, 0.1234, '2024-02-29')")
    types = {"id": "VARCHAR", "amount": "DECIMAL(10,4)", "day": "DATE"}
    kinds, rows = read(server, types, table=f"{server.name}.t")
    assert kinds == types
    assert rows == [("900719925474099312345", Decimal("0.1234"), date(2024, 2, 29))]
    with pytest.raises(BadInput, match="declared to have") as caught:
        server.run("INSERT INTO SCHEMA.t VALUES (1, 1, 'Zhang San')")
        read(server, types, table=f"{server.name}.t")
    assert "Zhang" not in " ".join(caught.value.render())


def test_a_query_is_one_select_and_changes_nothing(server: Server) -> None:
    people(server, 12)
    _, rows = read(server, query=f"SELECT city, count(*) AS n FROM {server.name}.people GROUP BY city ORDER BY city;")
    assert rows == [("Atlantis", 1), ("Bath", 4), ("Lyon", 4), ("Wuhan", 4)]
    hostile = (
        f"DELETE FROM {server.name}.people",
        f"SELECT 1; DELETE FROM {server.name}.people",
        f"SELECT 1) AS x; DELETE FROM {server.name}.people; SELECT * FROM (SELECT 1",
        f"SELECT * FROM {server.name}.people INTO OUTFILE '/tmp/people'",
        f"WITH gone AS (DELETE FROM {server.name}.people RETURNING *) SELECT * FROM gone",
    )
    for query in hostile:
        with pytest.raises(BadInput):
            read(server, query=query)
    with pytest.raises(BadInput, match="nope"):
        read(server, table=f"{server.name}.nope")
    assert server.run("SELECT count(*) FROM SCHEMA.people")[0][0] == 13


def test_the_owner_of_a_table_cannot_write_through_a_source_either(postgres: Server) -> None:
    """The account that a spec names may be allowed to write; the transaction is not."""
    people(postgres, 12)
    postgres.run(f'GRANT ALL ON SCHEMA.people TO "{postgres.name}"')
    postgres.run("CREATE FUNCTION SCHEMA.wipe() RETURNS int LANGUAGE sql AS 'DELETE FROM SCHEMA.people; SELECT 1'")
    with pytest.raises(BadInput, match="would change"):
        read(postgres, query=f"SELECT {postgres.name}.wipe() AS x")
    assert postgres.run("SELECT count(*) FROM SCHEMA.people")[0][0] == 13


def test_every_row_is_of_one_moment(server: Server) -> None:
    """Rows that arrive and leave while the source is read are not seen; nothing waits for the reader either."""
    server.run("CREATE TABLE SCHEMA.t (id INT, body VARCHAR(1000))")
    for start in range(0, 60_000, 5_000):
        values = ", ".join(f"({i}, '{'x' * 500}')" for i in range(start, start + 5_000))
        server.run(f"INSERT INTO SCHEMA.t VALUES {values}")
    with (
        connect_private() as (connection, scratch),
        open_source(source(server, table=f"{server.name}.t"), Path(), connection, scratch, None,
                    lambda _: server.address) as table,
    ):  # fmt: skip
        server.run("DELETE FROM SCHEMA.t WHERE id % 2 = 0")
        server.run("INSERT INTO SCHEMA.t SELECT id + 1000000, 'new' FROM SCHEMA.t WHERE id < 2000")
        counted = f"SELECT count(*), max(id), count(DISTINCT id) FROM ({table.query.text})"
        assert connection.execute(counted, table.query.parameters).fetchone() == (60_000, 59_999, 60_000)


def test_proposals_and_empty_tables(server: Server, build: Builder) -> None:
    people(server)
    inspection = inspect(source(server, table=f"{server.name}.people"), login_of=lambda _: server.address)
    assert inspection.rows == 121
    assert [c.name for c in inspection.columns] == ["id", "name", "city", "age", "spent"]
    server.run("DELETE FROM SCHEMA.people")
    spec = spec_of(source={"kind": server.kind, "connection": {"env": "X"}, "table": f"{server.name}.people"})
    with pytest.raises(BadInput, match="no rows"):
        build(spec, login_of=lambda _: server.address)
    assert build.left_behind() == []


def told(server: Server, address: str, **what: object) -> SandboxError:
    with pytest.raises(SandboxError) as caught:
        read(Server(server.kind, address, "", "", "", server.run), **{"table": "t", **what})
    return caught.value


def test_connections_that_fail_are_told_without_their_address(server: Server) -> None:
    good, password = server.address, quote(server.password, safe="")
    host = good.split("@")[1].split("/")[0]
    with socket.socket() as silent:  # takes the connection and never says a word
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        port = silent.getsockname()[1]
        waits = "connect_timeout=2" + ("" if server.kind == "postgresql" else "&read_timeout=2")
        cases = {
            # A server that trusts this machine asks for no password and finds no table instead.
            good.replace(password, "WrongSecret1"): (NotAllowed, BadInput),
            good.replace(f"{server.user}:", "nobody_here:"): NotAllowed,
            good.replace(host, "no-such-host.invalid:5432"): Unavailable,
            good.replace(host, "127.0.0.1:1"): Unavailable,
            good.replace(host, f"127.0.0.1:{port}") + f"?{waits}": Unavailable,
            good.rsplit("/", 1)[0] + "/no_such_database": BadInput,
            good.replace("%40", "@").replace(host, host + "x"): BadInput,
            good + "?strange=1": BadInput,
            server.password: BadInput,
            "http" + good[len(server.kind) :]: BadInput,
        }
        for address, expected in cases.items():
            error = told(server, address)
            assert isinstance(error, expected), (address, error)
            text = repr(error) + repr(error.__cause__) + repr(vars(error)) + " ".join(error.render())
            for secret in (server.password, password, "WrongSecret1", server.user, host):
                assert secret not in text, (secret, text)


def test_a_password_is_nowhere(
    server: Server, build: Builder, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    """Not in any file that a build leaves or uses, not in what it prints or logs, not in arguments of the process."""
    people(server)
    caplog.set_level(0)
    spec = spec_of(
        source={"kind": server.kind, "connection": {"env": "TEST_DSN"}, "table": f"{server.name}.people"}
    )  # fmt: skip
    secrets = [server.password, quote(server.password, safe=""), server.password.split("@")[1], server.address]
    seen: list[str] = []

    def look(step: str, share: float) -> None:
        for file in build.folder.rglob("*"):
            if file.is_file():
                content = file.read_bytes()
                seen.append(file.name)
                assert not any(s.encode() in content for s in secrets), (step, file)

    build(spec, login_of=lambda _: server.address, progress=look)
    bad = spec_of(source={"kind": server.kind, "connection": {"env": "TEST_DSN"}, "query": "SELECT nope FROM nowhere"})
    with pytest.raises(BadInput) as caught:
        build(bad, login_of=lambda _: server.address, progress=look)
    out, err = capfd.readouterr()
    told = out + err + caplog.text + repr(caught.value) + " ".join(caught.value.render()) + " ".join(sys.argv)
    told += Path("/proc/self/cmdline").read_text() if Path("/proc/self/cmdline").exists() else ""
    assert not any(s in told for s in secrets)
    assert {"data.duckdb", "manifest.json", "work.duckdb"} <= set(seen), "the search looked at something"


def test_levels_are_suggested_and_attacks_are_tried_on_a_database(server: Server, build: Builder) -> None:
    people(server)
    columns = spec_of().model_dump(mode="json", by_alias=True)["columns"]
    columns["age"]["rule"] = {"generalise": {"bands": [10, 20], "level": 1}}
    spec = spec_of(
        source={"kind": server.kind, "connection": {"env": "TEST_DSN"}, "table": f"{server.name}.people"},
        columns=columns,
    )
    where: dict[str, Any] = {
        "base": build.folder,
        "key_of": build.keys.__getitem__,
        "login_of": lambda _: server.address,
    }
    found = suggest(spec, beside=build.folder, **where)
    assert (found.units, found.levels) == (121, {"age": 1})
    folder = build(spec, login_of=where["login_of"]).folder
    assert attack_snapshot(spec, folder, now=NOW, **where).units == 120
