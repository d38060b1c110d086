"""Files as other programs write them: quotation marks of every kind, and rows below the table that are no units."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from sandbox.core.errors import BadInput, RowsBelow
from sandbox.core.source import Source
from sandbox.snapshots.last_rows import rows_below
from sandbox.snapshots.propose import propose_spec
from sandbox.snapshots.source import inspect, inspect_source

NOTES = ("it's late, call back", 'he said "no, thanks"', "5 o'clock; 快递, 没到", "plain", r"C:\new, folder")


def written(quote: str, escape: str | None, delimiter: str = ",", quoting: Any = csv.QUOTE_MINIMAL) -> str:
    text = io.StringIO()
    writer = csv.writer(
        text, delimiter=delimiter, quotechar=quote, escapechar=escape, doublequote=escape is None, quoting=quoting
    )
    writer.writerow(("id", "city", "note", "spent"))
    writer.writerows((f"K{i:03d}", "广州", NOTES[i % 5], i) for i in range(60))
    return text.getvalue()


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize(
    ("quote", "escape", "quoting"),
    [
        ('"', None, csv.QUOTE_MINIMAL),
        ('"', "\\", csv.QUOTE_NONNUMERIC),
        ("'", None, csv.QUOTE_MINIMAL),
        ("'", None, csv.QUOTE_NONNUMERIC),
        ("'", "\\", csv.QUOTE_NONNUMERIC),
    ],
)
def test_quotation_marks_are_found(
    quote: str, escape: str | None, delimiter: str, quoting: Any, tmp_path: Path
) -> None:
    file = tmp_path / "t.csv"
    file.write_text(written(quote, escape, delimiter, quoting), encoding="utf-8")
    found = inspect_source(file)
    assert found.rows == 60 and found.columns[3].type == "BIGINT"
    assert set(found.columns[2].values) == set(NOTES)
    assert set(inspect(found.source).columns[2].values) == set(NOTES)  # as the specification then says it
    assert (found.source.quote or '"', found.source.delimiter) == (quote, delimiter)


@pytest.mark.parametrize("body", ["'tis,1\nit's,2\n'n',3\n", '"a ""b"", c",1\nd,2\n', "5' 3\",1\n6' 1\",2\n"])
def test_apostrophes_and_inches_are_no_quotation_marks(body: str, tmp_path: Path) -> None:
    file = tmp_path / "t.csv"
    file.write_text("note,spent\n" + body, encoding="utf-8")
    found = inspect_source(file).source
    assert found.quote is None and found.escape is None


def test_a_quotation_mark_that_begins_late_is_told_by_its_line_and_may_be_declared(tmp_path: Path) -> None:
    file = tmp_path / "t.csv"
    rows = "".join(f"K{i},plain,{i}\n" for i in range(6000))
    file.write_text("id,note,spent\n" + rows + "K6000,'a, b',1\n", encoding="utf-8")
    with pytest.raises(BadInput) as caught:
        inspect_source(file)
    assert "line 6002" in str(caught.value) and "--quote" in str(caught.value.remedy)
    assert inspect_source(file, quote="'").rows == 6001


TABLE = [["id", "name", "spent"], *([f"K{i}", f"N{i}", i] for i in range(30))]


@pytest.mark.parametrize(
    ("below", "count"),
    [
        ([], 0),
        ([["合计", "", 435]], 1),
        ([["合 计：", "", 435]], 1),
        ([["", "Grand total", 435]], 1),
        ([["小计", "", 9], ["总计", "", 435], ["制表人：王芳", "", ""]], 3),
        ([["制表人: 王芳", "", ""]], 1),
        ([["K31", "", ""]], 0),
        ([["K31", "Total SA", 3]], 0),
        ([["K31", "合计", 3]], 0),
    ],
)
def test_rows_below_a_table_are_seen(below: list[list[Any]], count: int) -> None:
    assert rows_below([*TABLE, *below][-12:]) == count


@pytest.mark.parametrize("kind", ["csv", "gb18030", "xlsx"])
def test_a_total_is_never_a_unit_in_silence(kind: str, tmp_path: Path) -> None:
    rows = [*TABLE, ["合计", None, 435]]
    file = tmp_path / ("t.xlsx" if kind == "xlsx" else "t.csv")
    if kind == "xlsx":
        book = openpyxl.Workbook()
        for row in rows:
            book.active.append(row)
        book.save(file)
    else:
        lines = (",".join("" if cell is None else str(cell) for cell in row) for row in rows)
        file.write_bytes("\r\n".join(lines).encode("utf-8" if kind == "csv" else kind))
    with pytest.raises(RowsBelow, match="last row is no unit"):
        inspect_source(file)  # as a build reads it
    assert inspect_source(file, skip_last=0).rows == 31
    found = inspect_source(file, skip_last=1)
    assert found.rows == 30 and "合计" not in found.columns[0].values
    proposal = propose_spec(file, name="table", unit="id")
    assert proposal.spec.source.skip_last == 1 and proposal.rows == 30
    assert any("skip_last" in note.en and "skip_last" in note.zh for note in proposal.notes)
    with pytest.raises(BadInput, match="looks like those above it"):
        inspect_source(file, skip_last=2)  # as when next month's table comes without a total


def test_what_a_file_of_this_kind_does_not_know_is_refused(tmp_path: Path) -> None:
    for says in ({"skip_rows": 2}, {"quote": "'"}, {"skip_last": 1}):
        with pytest.raises(BadInput, match="knows no"):
            inspect_source(tmp_path / "t.parquet", **says)
    with pytest.raises(BadInput) as caught:
        Source.said(kind="mysql", connection={"env": "X"}, query="SELECT 1 FROM t WHERE x='mysql://a:geheim@h/d'")
    assert "geheim" not in str(caught.value) and "geheim" not in repr(caught.value.__cause__)
