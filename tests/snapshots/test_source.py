"""Reading raw tables: encodings, ragged rows, headers, types; every refusal says what, where and what to do."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

import openpyxl
import pytest

from sandbox.core.errors import BadInput, Conflict, NotFound, SandboxError
from sandbox.core.source import Source
from sandbox.snapshots.duck import connect_private
from sandbox.snapshots.source import inspect_source, open_source
from sandbox.snapshots.table import Types

Write = Callable[[str, bytes], Path]
CHINESE = "编号,姓名,城市\n" + "".join(f"{i:03d},张三丰,上海\n" for i in range(40))


def refused(path: Path, **options: object) -> str:
    """The message of the refusal, which must have a remedy and must not quote the file's content."""
    with pytest.raises(SandboxError) as caught:
        inspect_source(path, **options)  # type: ignore[arg-type]
    what, remedy = caught.value.render()
    assert remedy
    assert "{" not in what + remedy
    assert path.name in what
    return what


def rows_of(source: Source, base: Path, types: Types | None = None) -> list[tuple[object, ...]]:
    with connect_private() as (connection, scratch), open_source(source, base, connection, scratch, types) as table:
        return connection.execute(table.query.text, table.query.parameters).fetchall()


@pytest.mark.parametrize(
    ("encoding", "found"),
    [("utf-8", "utf-8"), ("utf-8-sig", "utf-8"), ("gbk", "gb18030"), ("gb18030", "gb18030"), ("utf-16", "utf-16"),
     ("utf-16-le", "utf-16-le"), ("utf-16-be", "utf-16-be")],
)  # fmt: skip
def test_encodings_are_found(write_source: Write, encoding: str, found: str) -> None:
    inspection = inspect_source(write_source("t.csv", CHINESE.encode(encoding)))
    assert inspection.source.encoding == found
    assert [c.name for c in inspection.columns] == ["编号", "姓名", "城市"]
    assert inspection.rows == 40
    assert inspection.columns[1].values[0] == "张三丰"


@pytest.mark.parametrize(("most", "odd"), [("utf-8", "gbk"), ("gbk", "utf-8")])
def test_mixed_encodings_name_the_odd_line(write_source: Write, most: str, odd: str) -> None:
    content = CHINESE.encode(most) + "041,李四光,北京\n".encode(odd) + "042,王五,天津\n".encode(most)
    assert "line 42" in refused(write_source("t.csv", content))


def test_a_declared_encoding_that_is_wrong_names_the_line(write_source: Write) -> None:
    path = write_source("t.csv", b"id,name\n1,a\n2," + "张".encode("gbk") + b"\n")
    assert "line 3" in refused(path, encoding="utf-8")
    assert "klingon" in refused(path, encoding="klingon")


def test_western_text_is_not_taken_for_chinese(write_source: Write) -> None:
    path = write_source("t.csv", "id,name\n1,Jürgen\n2,Béla\n3,Zoë\n".encode("cp1252"))
    assert "encoding" in refused(path)
    assert inspect_source(path, encoding="cp1252").columns[1].values == ("Jürgen", "Béla", "Zoë")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty"),
        (b"\n\n", "line 1"),
        (b"a,b\n", "no rows"),
        (b"a,b,c\n1,2,3\n4,5\n", "line 3: 2 columns instead of 3"),
        (b"a,b\n1,2\n3,4,5\n", "line 3: 3 columns instead of 2"),
        (b"a,b,a\n1,2,3\n", "“a” occurs twice (column 3)"),
        (b"Name,name\n1,2\n", "occurs twice"),
        (b"a,,c\n1,2,3\n", "column 2 has no name"),
        (b'a,b\n1,"x\n2,y\n', "double quote"),
        (b"C001,F,23\nC002,M,44\nC003,F,31\nC004,M,28\nC005,F,28\n", "line 1: this looks like data"),
        (bytes(range(256)) * 8, "not a text file"),
    ],
)
def test_bad_csv(write_source: Write, content: bytes, said: str) -> None:
    assert said in refused(write_source("t.csv", content))


def test_without_header_columns_are_numbered(write_source: Write) -> None:
    path = write_source("t.csv", b"C001,F\nC002,M\nC003,F\nC004,F\n")
    inspection = inspect_source(path, header=False)
    assert [c.name for c in inspection.columns] == ["column1", "column2"]
    assert inspection.rows == 4


def test_numbered_and_yearly_headers_are_names(write_source: Write) -> None:
    for header in (b"id,q1,q2,q3", b"id,2021,2022,2023"):
        content = header + b"\n" + b"".join(b"A%d,1,2,3\n" % i for i in range(9))
        assert inspect_source(write_source("t.csv", content)).rows == 9


def test_three_hundred_columns(write_source: Write) -> None:
    header = ",".join(f"c{i}" for i in range(300))
    body = "\n".join(",".join(str(i * j) for i in range(300)) for j in range(30))
    inspection = inspect_source(write_source("t.csv", f"{header}\n{body}\n".encode()))
    assert len(inspection.columns) == 300


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiters_are_found(write_source: Write, delimiter: str) -> None:
    content = "\n".join(delimiter.join(r) for r in (["a", "b"], ["1,5", "x"], ["2,5", "y"])).encode()
    if delimiter == ",":
        content = b'a,b\n"1,5",x\n"2,5",y'
    inspection = inspect_source(write_source("t.csv", content))
    assert (inspection.source.delimiter, len(inspection.columns)) == (delimiter, 2)


def test_mixed_line_ends_and_line_breaks_in_quotes(write_source: Write) -> None:
    inspection = inspect_source(write_source("t.csv", b'a,b\r\n1,"x\ny"\r\n2,z\n'))
    assert inspection.columns[1].values == ("x\ny", "z")


def test_types_are_found_and_leading_zeros_survive(write_source: Write) -> None:
    content = (
        b"i,f,d,t,b,code,id,big,empty\n"
        b"1,1.5,2024-01-05,2024-01-05 10:00,true,007,110101199003071234,12345678901234567890,\n"
        b"-2,2e3,2024/2/6,2024-01-06,FALSE,010,11010119900307123X,1, \n"
    )
    inspection = inspect_source(write_source("t.csv", content))
    types = {c.name: c.type for c in inspection.columns}
    assert types == {
        "i": "BIGINT", "f": "DOUBLE", "d": "DATE", "t": "TIMESTAMP", "b": "BOOLEAN", "code": "VARCHAR",
        "id": "VARCHAR", "big": "VARCHAR", "empty": "VARCHAR",
    }  # fmt: skip
    assert inspection.columns[-1].nulls == 2


@pytest.mark.parametrize("late", [0, 20_000], ids=["first row", "late row"])
def test_amounts_with_commas_between_thousands_are_numbers(write_source: Write, tmp_path: Path, late: int) -> None:
    """As spreadsheet programs export them; a list of codes, or a decimal comma, stays a text."""
    rows = [f'{n},12.50,"A,100","0,125"\n' for n in range(late)] + ['-7,"2,295.98","B,200","0,250"\n']
    path = write_source("t.csv", ("编号,运费,代码,比例\n" + "".join(rows)).encode("gbk"))
    inspection = inspect_source(path)
    assert [c.type for c in inspection.columns] == ["BIGINT", "DOUBLE", "VARCHAR", "VARCHAR"]
    assert rows_of(inspection.source, tmp_path)[-1] == (-7, 2295.98, "B,200", "0,250")


def test_a_file_separated_by_semicolons_has_decimal_commas(write_source: Write) -> None:
    path = write_source("t.csv", b"id;share\n" + b"".join(b"%d;1,%03d\n" % (n, n) for n in range(20)))
    assert inspect_source(path).columns[1].type == "VARCHAR"


def test_a_late_value_widens_the_type(write_source: Write) -> None:
    content = b"n,m\n" + b"1,1\n" * 12_000 + b"1.5,x\n"
    types = {c.name: c.type for c in inspect_source(write_source("t.csv", content)).columns}
    assert types == {"n": "DOUBLE", "m": "VARCHAR"}


def test_a_declared_type_that_does_not_fit_names_line_and_column(write_source: Write, tmp_path: Path) -> None:
    write_source("t.csv", b"id,age\n1,30\n2,old\n")
    source = Source(kind="csv", path="t.csv")
    with pytest.raises(BadInput, match=r"line 3.*“age”.*BIGINT") as caught:
        rows_of(source, tmp_path, {"age": "BIGINT"})
    assert "old" not in str(caught.value)
    for declared in ("NUMBR", "BIGINT); DROP TABLE x; --"):
        with pytest.raises(BadInput, match="not a DuckDB type"):
            rows_of(source, tmp_path, {"age": declared})


def test_bad_parquet(write_source: Write) -> None:
    assert "empty (0 bytes)" in refused(write_source("t.parquet", b""))
    assert "not a complete Parquet" in refused(write_source("t.parquet", b"PAR1 and then the power failed"))
    assert "t.parquet" in refused(write_source("t.parquet", b"PAR1" + b"\0" * 100 + b"PAR1"))


def test_missing_and_unknown_files(tmp_path: Path, write_source: Write) -> None:
    with pytest.raises(NotFound, match="does not exist"):
        inspect_source(tmp_path / "nowhere.csv")
    assert "“.doc”" in refused(write_source("t.doc", b"x"))
    (tmp_path / "folder.csv").mkdir()
    refused(tmp_path / "folder.csv")


def test_excel(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["id", "n", "f", "day", "at", "mixed", "flag"])
    for i in range(3):
        sheet.append([f"A{i}", i, i + 0.5, date(2024, 1, 1 + i), datetime(2024, 1, 1, 10 + i), (1, "x", None)[i], True])
    sheet.append([])
    book.save(tmp_path / "t.xlsx")
    inspection = inspect_source(tmp_path / "t.xlsx")
    types = [c.type for c in inspection.columns]
    assert types == ["VARCHAR", "BIGINT", "DOUBLE", "DATE", "TIMESTAMP", "VARCHAR", "BOOLEAN"]
    assert inspection.rows == 3
    assert inspection.columns[5].values == ("1", "x")
    with pytest.raises(NotFound, match="no sheet “Other”"):
        inspect_source(tmp_path / "t.xlsx", sheet="Other")


def test_bad_excel(tmp_path: Path, write_source: Write) -> None:
    assert "not a readable Excel" in refused(write_source("t.xlsx", b"old binary"))
    for name, rows, said in [
        ("empty", [], "is empty"),
        ("only", [["a", "b"]], "no rows"),
        ("ragged", [["a", "b"], [1, 2], [1, 2, 3]], "row 3"),
        ("double", [["a", "a"], [1, 2]], "twice"),
        ("unnamed", [["a", None, "c"], [1, 2, 3]], "column 2 has no name"),
    ]:
        book = openpyxl.Workbook()
        for row in rows:
            book.active.append(row)
        book.save(tmp_path / f"{name}.xlsx")
        assert said in refused(tmp_path / f"{name}.xlsx")


def test_sqlite(tmp_path: Path, write_source: Write) -> None:
    database = sqlite3.connect(tmp_path / "t.sqlite")
    database.execute('CREATE TABLE "my tickets" (id INTEGER, opened TIMESTAMP, score, body TEXT, mixed)')
    rows = [(i, f"2024-01-0{i + 1} 10:00:00", i + 0.5, "hello", (1, "x", 2.5)[i]) for i in range(3)]
    database.executemany('INSERT INTO "my tickets" VALUES (?, ?, ?, ?, ?)', rows)
    database.commit()
    inspection = inspect_source(tmp_path / "t.sqlite")
    assert [c.type for c in inspection.columns] == ["BIGINT", "TIMESTAMP", "DOUBLE", "VARCHAR", "VARCHAR"]
    assert inspection.columns[4].values == ("1", "x", "2.5")
    source = Source(kind="sqlite", path="t.sqlite", table="my tickets")
    assert rows_of(source, tmp_path)[0][1] == datetime(2024, 1, 1, 10)
    with pytest.raises(NotFound, match="it has: my tickets"):
        rows_of(source.model_copy(update={"table": "x"}), tmp_path)
    database.execute("CREATE TABLE other (a)")
    database.commit()
    database.close()
    assert "2 tables: my tickets, other" in refused(tmp_path / "t.sqlite")
    assert "not a SQLite file" in refused(write_source("u.sqlite", b"hello"))


def test_a_source_that_changes_while_it_is_read(write_source: Write, tmp_path: Path) -> None:
    path = write_source("t.csv", b"a,b\n1,2\n")
    source = Source(kind="csv", path="t.csv")
    with (
        pytest.raises(Conflict, match="changed"),
        connect_private() as (connection, scratch),
        open_source(source, tmp_path, connection, scratch),
    ):
        path.write_bytes(b"a,b\n1,3\n")


def test_public_tables(shared_data: Path) -> None:
    telco = inspect_source(shared_data / "telco_churn.csv")
    assert (telco.rows, len(telco.columns)) == (7043, 21)
    assert next(c for c in telco.columns if c.name == "customerID").distinct == 7043
    assert inspect_source(shared_data / "ai4i2020.csv").rows == 10_000
    adult = inspect_source(shared_data / "adult" / "adult.csv")
    assert (adult.rows, adult.source.delimiter, len(adult.columns)) == (30_162, ";", 9)


def test_an_encoding_that_cannot_be_told_is_declared(write_source: Write) -> None:
    """Big5 could be several encodings; the refusal says how to say which one it is."""
    path = write_source("t.csv", ("編號,姓名,城市\n" + "1,陳大文,臺北\n" * 3).encode("big5"))
    with pytest.raises(BadInput) as caught:
        inspect_source(path)
    assert "--encoding" in caught.value.render()[1]
    assert [c.name for c in inspect_source(path, encoding="big5").columns] == ["編號", "姓名", "城市"]


@pytest.mark.parametrize("title", ["客户清单（2026年）,,\n", "客户清单,,\n,,\n", "客户清单,,\n基本信息,,\n\n"])
@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_a_title_above_the_names_is_told_and_can_be_skipped(write_source: Write, title: str, encoding: str) -> None:
    path = write_source("t.csv", (title + CHINESE).encode(encoding))
    above = title.count("\n")
    with pytest.raises(BadInput) as caught:
        inspect_source(path)
    what, remedy = caught.value.render()
    assert "title" in what and f"line {above + 1}." in what and f"--skip-rows {above}" in remedy
    found = inspect_source(path, skip_rows=above)
    assert [c.name for c in found.columns] == ["编号", "姓名", "城市"]
    assert found.rows == 40 and found.source.skip_rows == above
    assert len(rows_of(found.source, path.parent)) == 40


def test_lines_are_counted_from_the_beginning_of_the_file(write_source: Write) -> None:
    path = write_source("t.csv", ("客户清单,,\n,,\n" + CHINESE + "041,李四\n").encode())
    assert "line 44:" in refused(path, skip_rows=2)


def test_a_title_above_the_names_of_a_sheet(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(["只有说明"])
    sheet = book.create_sheet("客户")
    for row in (["客户清单"], ["基本信息", None, "业务"], ["编号", "城市", "金额"], [1, "上海", 2.5], [2, "北京", 3.5]):
        sheet.append(row)
    sheet.merge_cells("A1:C1")
    sheet.merge_cells("A2:B2")
    book.save(tmp_path / "t.xlsx")
    with pytest.raises(BadInput) as caught:
        inspect_source(tmp_path / "t.xlsx")
    assert "“只有说明”" not in caught.value.render()[0] and "客户" in caught.value.render()[1]
    with pytest.raises(BadInput) as caught:
        inspect_source(tmp_path / "t.xlsx", sheet="客户")
    assert "--skip-rows" in caught.value.render()[1]
    found = inspect_source(tmp_path / "t.xlsx", sheet="客户", skip_rows=2)
    assert rows_of(found.source, tmp_path) == [(1, "上海", 2.5), (2, "北京", 3.5)]


def test_rows_are_skipped_in_files_and_sheets_only() -> None:
    with pytest.raises(ValueError, match="knows no `skip_rows:`"):
        Source.model_validate({"kind": "parquet", "path": "t.parquet", "skip_rows": 2})
