"""The steward's way by ``docs/steward.md`` alone: a raw table of every kind with names, ids and free text becomes a
snapshot that anybody can verify, with nothing personal in it."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import pytest
import yaml
from click.testing import CliRunner, Result

from sandbox.cli.main import cli
from sandbox.snapshots.certificate import parse_key
from sandbox.snapshots.verify import verify_snapshot
from tests.helpers.databases import SERVERS

HEADER = ("customer_id", "full_name", "mobile", "gender", "age", "spent", "note")
KINDS = ("csv", "parquet", "excel", "jsonl", "sqlite", "postgresql", "mysql")
MOBILE = r"(?<![0-9a-f])138\d{8}(?![0-9a-f])"  # pseudonyms and hashes may hold such digits within
NAMES = ("张伟", "王芳", "李娜", "刘洋", "陈静", "杨磊")


def rows(count: int = 300) -> list[tuple[Any, ...]]:
    return [
        (f"C{i:05d}", NAMES[i % 6], f"138{i + 12345678:08d}", ("F", "M")[i % 2], 20 + i % 4 * 10, 100.5 + i,
         f"客户{NAMES[i % 6]}来电，手机138{i + 12345678:08d}，要求退货。")
        for i in range(count)
    ]  # fmt: skip


@pytest.fixture
def place() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def table(kind: str, stack: ExitStack, home: Path) -> tuple[list[str], str]:
    """The raw table, and the arguments by which ``add`` reads it; also its password, which must not appear anywhere."""
    if kind in SERVERS:
        server = stack.enter_context(SERVERS[kind]())
        server.run("CREATE TABLE SCHEMA.people (customer_id VARCHAR(10), full_name VARCHAR(40), mobile VARCHAR(20), "
                   "gender VARCHAR(1), age INT, spent DOUBLE PRECISION, note VARCHAR(200))")  # fmt: skip
        for row in rows():
            server.run("INSERT INTO SCHEMA.people VALUES (%s, %s, %s, %s, %s, %s, %s)", *row)
        secrets = home / "keys" / "sources"
        secrets.mkdir(mode=0o700, parents=True)
        (secrets / "crm").touch(mode=0o600)
        (secrets / "crm").write_text(server.address)
        name = f"{server.name}.people" if kind == "postgresql" else "people"
        return [f"--{kind}", "file:crm", "--table", name], server.password
    file = Path(f"people.{ {'excel': 'xlsx'}.get(kind, kind) }")
    plain = [dict(zip(HEADER, row, strict=True)) for row in rows()]
    if kind == "csv":
        lines = "\n".join(",".join(map(str, row)) for row in (HEADER, *rows()))
        file.write_bytes(lines.encode("gb18030"))
    elif kind == "jsonl":
        file.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in plain), encoding="utf-8")
    elif kind == "excel":
        book = openpyxl.Workbook()
        book.active.append(("how to read this table",))
        for row in (HEADER, *rows()):
            (book["客户"] if "客户" in book.sheetnames else book.create_sheet("客户")).append(row)
        book.save(file)
        return [str(file), "--table", "客户"], ""
    elif kind == "parquet":
        Path("raw.json").write_text(json.dumps(plain), encoding="utf-8")
        duckdb.sql("SELECT * FROM 'raw.json'").write_parquet(str(file))
    else:
        with sqlite3.connect(file) as connection:
            connection.execute(f"CREATE TABLE people ({', '.join(HEADER)})")
            connection.executemany("INSERT INTO people VALUES (?, ?, ?, ?, ?, ?, ?)", rows())
        return [str(file), "--table", "people"], ""
    return [str(file)], ""


def notes_are_redacted(file: Path) -> bool:
    """Whether free text was proposed as the steward's guide wants it: class sensitive, rule redact."""
    text = file.read_text(encoding="utf-8")
    return re.search(r"(?m)^  note:\n    class: sensitive\n    rule: redact$", text) is not None


@pytest.mark.parametrize("kind", KINDS)
def test_from_a_raw_table_to_a_certified_snapshot(
    kind: str, place: ExitStack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "content" / "datasets").mkdir(parents=True)
    monkeypatch.setenv("SANDBOX_CONTENT", str(tmp_path / "content"))
    monkeypatch.setenv("SANDBOX_HOME", str(tmp_path / "home"))
    said: list[str] = []

    def run(*arguments: str) -> Result:
        result = CliRunner().invoke(cli, ["dataset", *arguments])
        assert result.exit_code == 0, result.output + repr(result.exception)
        said.append(result.output)
        return result

    source, password = table(kind, place, tmp_path / "home")
    run("add", *source, "--name", "people", "--unit", "customer_id")
    spec = tmp_path / "home" / "datasets" / "people.yaml"
    assert notes_are_redacted(spec)
    with spec.open("a", encoding="utf-8") as file:
        file.write("quality: [{row_count: {least: 100}}]\nrefresh: monthly\nretain: {versions: 3}\n")
    built = json.loads(run("build", "people", "--json").stdout)["built"][0]
    assert built["rows"]["published"] == 300
    run("show", "people")
    run("verify", "people")
    run("attack", "people", "--targets", "50")
    assert yaml.safe_load(run("contract", "people").stdout)["status"] == "active"
    assert "due on" in run("refresh", "--due").output
    public = parse_key(run("public-key").stdout)
    checked = verify_snapshot(Path(built["folder"]), public)
    assert all(line.ok for line in checked) and {"certificate", "signature"} <= {line.name for line in checked}
    with duckdb.connect(str(Path(built["folder"]) / "data.duckdb"), read_only=True) as connection:
        columns = {row[0] for row in connection.execute("SELECT column_name FROM (SHOW data)").fetchall()}
        everything = str(connection.execute("SELECT * FROM data").fetchall())
    assert "note" in columns and not columns & {"full_name", "mobile"}
    assert not re.search(MOBILE, everything) and not any(name in everything for name in NAMES)
    files = [p.read_bytes().decode(errors="ignore") for p in Path(built["folder"]).glob("*.json")]
    assert not re.search(MOBILE, "".join([*said, *files, spec.read_text(encoding="utf-8")]))
    assert not password or password not in "".join([*said, *files, spec.read_text(encoding="utf-8")])
