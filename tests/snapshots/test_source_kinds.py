"""JSON Lines, several tables as one, and where log-in data may and may not stand."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sandbox.core.errors import BadInput, Conflict, NotFound, SandboxError
from sandbox.core.source import Connection, Source
from sandbox.core.specfile import parse_spec
from sandbox.snapshots.duck import connect_private
from sandbox.snapshots.open import open_snapshot
from sandbox.snapshots.source import inspect_source, open_source
from sandbox.store.logins import Logins
from sandbox.store.workspace import Workspace
from tests.snapshots.conftest import NOW, Builder, people_rows, spec_of, write_csv

Write = Callable[[str, bytes], Path]


def read(source: dict[str, Any], base: Path) -> tuple[dict[str, str], list[tuple[object, ...]]]:
    with (
        connect_private() as (connection, scratch),
        open_source(Source.model_validate(source), base, connection, scratch) as table,
    ):
        return dict(table.columns), connection.execute(table.query.text, table.query.parameters).fetchall()


def test_json_lines_are_flat_one_level_deep(write_source: Write, tmp_path: Path) -> None:
    lines = [
        {"id": "007", "amount": 1, "address": {"city": "上海", "geo": {"x": 1}}, "tags": ["a", "b"],
         "day": "2024-02-29",
         "at": "2024-02-29T10:00:00+08:00", "mixed": 1, "never": None},
        {"id": "008", "amount": 2.5, "address": {"zip": "010"}, "mixed": "x", "late": True},
    ]  # fmt: skip
    write_source("t.jsonl", "\n".join(json.dumps(line, ensure_ascii=False) for line in lines).encode())
    kinds, rows = read({"kind": "jsonl", "path": "t.jsonl"}, tmp_path)
    assert kinds == {
        "id": "VARCHAR", "amount": "DOUBLE", "address.city": "VARCHAR", "address.geo": "VARCHAR",
        "address.zip": "VARCHAR", "tags": "VARCHAR", "day": "DATE", "at": "TIMESTAMP", "mixed": "VARCHAR",
        "never": "VARCHAR", "late": "BOOLEAN",
    }  # fmt: skip
    shown = [[str(v) for v in row] for row in rows]
    assert shown[0] == ["007", "1.0", "上海", '{"x":1}', "None", '["a","b"]', "2024-02-29", "2024-02-29 02:00:00", "1",
                        "None", "None"]  # fmt: skip
    assert shown[1] == ["008", "2.5", "None", "None", "010", "None", "None", "None", "x", "None", "True"]
    assert inspect_source(tmp_path / "t.jsonl").rows == 2


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('{"a": 1}\n{"a":\n', "line 2"), ('{"a": 1}\nGeheim\n', "line 2"), ('{"a": "Geheim", "a": 2}\n', "line 1"),
        ('[{"a": "Geheim"}]', "one JSON object per line"), ("3\n", "one JSON object per line"),
        ('\ufeff{"a": 1}\n', "UTF-8"),
    ],
)  # fmt: skip
def test_json_that_is_not_json_lines(write_source: Write, content: str, said: str) -> None:
    with pytest.raises(BadInput, match=said) as caught:
        inspect_source(write_source("t.jsonl", content.encode()))
    assert "Geheim" not in " ".join(caught.value.render())


def test_json_in_another_encoding(write_source: Write) -> None:
    with pytest.raises(BadInput, match="UTF-8"):
        inspect_source(write_source("t.jsonl", '{"a": "张"}\n'.encode("gbk")))


def test_a_snapshot_from_json_lines_is_that_from_csv(build: Builder) -> None:
    names = ("id", "name", "city", "age", "spent")
    lines = [json.dumps(dict(zip(names, row, strict=True))) for row in people_rows()]
    (build.folder / "people.jsonl").write_text("\n".join(lines))
    built = build(spec_of(source={"kind": "jsonl", "path": "people.jsonl"}))
    assert built.manifest.content_hash == build(now=NOW.replace(hour=10)).manifest.content_hash
    assert built.manifest.source.sha256 != ""


def joined(sql: str) -> dict[str, Any]:
    parts = {
        "people": {"kind": "csv", "path": "people.csv"},
        "visits": {"kind": "sqlite", "path": "v.db", "table": "v"},
    }
    return {"kind": "tables", "tables": parts, "sql": sql}


@pytest.fixture
def visits(build: Builder) -> Builder:
    database = sqlite3.connect(build.folder / "v.db")
    database.execute("CREATE TABLE v (id TEXT, day DATE)")
    database.executemany("INSERT INTO v VALUES (?, '2024-01-01')", [(r[0],) for r in people_rows() for _ in range(2)])
    database.commit()
    database.close()
    return build


def test_several_tables_become_one_dataset(visits: Builder) -> None:
    sql = "SELECT p.*, count(*) AS visits FROM people p JOIN visits v USING (id) GROUP BY ALL"
    columns = {**spec_of().model_dump(by_alias=True)["columns"], "visits": {
        "class": "measure", "rule": "keep", "description": {"en": "x", "zh-CN": "x"}}}  # fmt: skip
    built = visits(spec_of(source=joined(sql), columns=columns))
    assert built.manifest.rows.entered == 121
    assert built.manifest.source.name == "people.csv + v.db"
    with open_snapshot(built.folder) as connection:
        assert connection.execute("SELECT DISTINCT visits FROM data").fetchall() == [(2,)]
    assert visits.left_behind() == [built.manifest.version], "the working tables are gone"


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM read_csv('/etc/passwd')", "SELECT * FROM '/etc/passwd'",
        "SELECT content FROM read_text('/etc/passwd')",
        "SELECT * FROM glob('/*')", "ATTACH 'x.db' AS x",
        "SELECT 1 AS a; SELECT 2 AS a", "COPY people TO '/tmp/out.csv'",
        "SET enable_external_access = true", "SELECT nope FROM people", "DROP TABLE people", "SELECT FROM WHERE",
        "SELECT CAST(name AS INT) AS a FROM people", "INSTALL httpfs",
    ],
)  # fmt: skip
def test_the_sql_over_tables_reaches_nothing_else(visits: Builder, sql: str) -> None:
    with pytest.raises(SandboxError) as caught:
        read(joined(sql), visits.folder)
    told = " ".join(caught.value.render())
    assert "Name 1" not in told
    assert "root:" not in told


def test_a_part_that_changes_or_is_missing(visits: Builder, monkeypatch: pytest.MonkeyPatch) -> None:
    from sandbox.snapshots import source_tables

    original = source_tables._select

    def meddle(*args: Any) -> Any:
        raise AssertionError("must not get here")

    (visits.folder / "v.db").rename(visits.folder / "w.db")
    monkeypatch.setattr(source_tables, "_select", meddle)
    with pytest.raises(NotFound, match=r"v\.db"):
        read(joined("SELECT * FROM people"), visits.folder)
    monkeypatch.setattr(source_tables, "_select", original)
    (visits.folder / "w.db").rename(visits.folder / "v.db")
    load = source_tables.connect_staging

    def slow(*args: Any, **options: Any) -> Any:
        connection = load(*args, **options)
        return _Meddling(connection, visits.folder / "people.csv")

    monkeypatch.setattr(source_tables, "connect_staging", slow)
    with pytest.raises(Conflict, match="changed while"):
        read(joined("SELECT * FROM people"), visits.folder)


class _Meddling:
    """A connection during whose first CREATE TABLE somebody appends to a file."""

    def __init__(self, connection: Any, file: Path) -> None:
        self._connection, self._file = connection, file

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    def execute(self, text: str, *parameters: Any) -> Any:
        if text.startswith("CREATE TABLE"):
            with self._file.open("a") as file:
                file.write("1,New,Wuhan,30,1\n")
        return self._connection.execute(text, *parameters)


SPEC = """
name: t
title: {en: x, zh-CN: x}
description: {en: x, zh-CN: x}
owner: x
source: SOURCE
unit: {column: id, entity: customer, personal: false}
columns:
  id: {class: identifier, rule: keep, description: {en: x, zh-CN: x}}
"""
ADDRESS = "postgresql://ann:Geheim1@db/crm"


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (f"{{kind: postgresql, connection: '{ADDRESS}', table: t}}", "must not be in a spec"),
        (f"{{kind: postgresql, connection: {{env: '{ADDRESS}'}}, table: t}}", "must not be in a spec"),
        (f"{{kind: postgresql, connection: {{file: '{ADDRESS}'}}, table: t}}", "must not be in a spec"),
        (f"{{kind: postgresql, connection: {{env: A, dsn: '{ADDRESS}'}}, table: t}}", "not known here"),
        (f"{{kind: postgresql, dsn: '{ADDRESS}', table: t}}", "not known here"),
        (f"{{kind: csv, path: '{ADDRESS}'}}", "must not be in a spec"),
        ("{kind: postgresql, connection: {env: A}, query: \"SELECT * FROM dblink('password=Geheim1')\"}", "must not"),
        ("{kind: postgresql, connection: {env: A, file: b}, table: t}", "either"),
        ("{kind: postgresql, connection: {env: A}}", "either `table:` or `query:`"),
        ("{kind: postgresql, connection: {env: A}, table: t, query: SELECT 1}", "either `table:` or `query:`"),
        ("{kind: mysql, table: t}", "needs `connection:`"),
        ("{kind: csv, path: a.csv, query: SELECT 1}", "knows no `query:`"),
        ("{kind: csv}", "needs `path:`"),
        ("{kind: tables, tables: {a: {kind: csv, path: a.csv}}}", "needs `sql:`"),
        ("{kind: postgresql, connection: {file: ../../etc/passwd}, table: t}", "without a path"),
    ],
)
def test_specs_with_secrets_or_half_a_source_are_refused(source: str, said: str) -> None:
    with pytest.raises(BadInput, match=said) as caught:
        parse_spec(SPEC.replace("SOURCE", source), "t.yaml")
    told = " ".join(caught.value.render()) + repr(caught.value) + repr(caught.value.__cause__)
    assert "Geheim1" not in told
    assert "line 6" in told


def test_logins_from_environment_and_key_file(tmp_path: Path) -> None:
    workspace = Workspace.at(tmp_path / "home").ensure()
    logins = Logins(workspace, {"CRM_DSN": f" {ADDRESS}\n", "EMPTY": " "})
    assert logins(Connection(env="CRM_DSN")) == ADDRESS
    assert ADDRESS not in repr(logins)
    for missing in (Connection(env="EMPTY"), Connection(env="NOWHERE"), Connection(file="crm")):
        with pytest.raises(NotFound):
            logins(missing)
    folder = workspace.keys / "sources"
    folder.mkdir(mode=0o700)
    file = folder / "crm"
    file.write_text(ADDRESS + "\n")
    for mode in (0o644, 0o640, 0o604):
        file.chmod(mode)
        with pytest.raises(BadInput, match="nobody else can read") as caught:
            logins(Connection(file="crm"))
        assert "Geheim1" not in " ".join(caught.value.render())
    file.chmod(0o600)
    assert logins(Connection(file="crm")) == ADDRESS
    (folder / "link").symlink_to(file)
    (folder / "folder").mkdir()
    for bad in ("link", "folder"):
        with pytest.raises(BadInput, match="ordinary file"):
            logins(Connection(file=bad))
    for content in ("", "a\nb", "x" * 5000):
        file.write_text(content)
        with pytest.raises(BadInput, match="does not hold"):
            logins(Connection(file="crm"))


def test_leading_zeros_survive_in_every_kind(build: Builder) -> None:
    write_csv(build.folder / "a.csv", [["007", 1], ["008", 2]], ("id", "n"))
    kinds, rows = read(
        {"kind": "tables", "tables": {"a": {"kind": "csv", "path": "a.csv"}}, "sql": "FROM a"}, build.folder
    )
    assert kinds["id"] == "VARCHAR"
    assert sorted(r[0] for r in rows) == ["007", "008"]
