"""The demo company is written whole, the same for the same seed, and never over somebody else's files."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from openpyxl import load_workbook

from sandbox.core.errors import BadInput, Conflict
from sandbox.demo import CLAIMS_SHEET, TICKETS_TABLE, company, write_company


def content(folder: Path) -> dict[str, object]:
    """What the files of a company hold, without what their formats add (times, page layout)."""
    read: dict[str, object] = {
        name: (folder / name).read_bytes() for name in ("customers.csv", "orders.csv", "retail.csv", "campaign.csv")
    }
    for name in ("contracts", "usage", "telemetry", "deliveries"):
        read[name] = pq.read_table(folder / f"{name}.parquet").to_pydict()
    with closing(sqlite3.connect(folder / "tickets.sqlite")) as connection:
        read["tickets"] = connection.execute(f"SELECT * FROM {TICKETS_TABLE}").fetchall()
    sheet = load_workbook(folder / "claims.xlsx", read_only=True)[CLAIMS_SHEET]
    read["claims"] = list(sheet.iter_rows(values_only=True))
    read["truths"] = json.loads((folder / "truths.json").read_text(encoding="utf-8"))
    return read


def test_the_same_seed_gives_the_same_content(tmp_path: Path) -> None:
    for name in ("one", "two"):
        write_company(tmp_path / name, seed=3, scale=0.02)
    assert content(tmp_path / "one") == content(tmp_path / "two")


def test_another_seed_gives_other_content(tmp_path: Path) -> None:
    for seed in (3, 4):
        write_company(tmp_path / str(seed), seed=seed, scale=0.02)
    one, two = content(tmp_path / "3"), content(tmp_path / "4")
    assert [name for name in one if one[name] == two[name]] == []


def test_rows_follow_the_scale_and_progress_goes_up(tmp_path: Path) -> None:
    seen: list[float] = []
    written = write_company(tmp_path / "c", scale=0.05, progress=lambda _table, share: seen.append(share))
    assert (written.rows["customers"], written.rows["orders"]) == (1000, 10_000)
    assert written.rows["customers"] == sum(1 for _ in written.customers.open(encoding="utf-8")) - 1
    assert seen == sorted(seen) and seen[-1] == 1.0


def test_an_earlier_company_is_replaced_and_nothing_is_left_beside(tmp_path: Path) -> None:
    write_company(tmp_path / "c", seed=1, scale=0.02)
    write_company(tmp_path / "c", seed=2, scale=0.02)
    assert json.loads((tmp_path / "c" / "truths.json").read_text(encoding="utf-8"))["seed"] == 2
    assert [p.name for p in tmp_path.iterdir()] == ["c"]


def test_a_folder_with_other_files_is_refused_untouched(tmp_path: Path) -> None:
    mine = tmp_path / "c" / "thesis.docx"
    mine.parent.mkdir()
    mine.write_text("mine")
    with pytest.raises(Conflict, match=r"thesis\.docx"):
        write_company(tmp_path / "c", scale=0.02)
    assert [p.name for p in mine.parent.iterdir()] == ["thesis.docx"]


@pytest.mark.parametrize("scale", [0, -1, float("nan"), float("inf"), 1e6])
def test_an_impossible_scale_is_refused(tmp_path: Path, scale: float) -> None:
    with pytest.raises(BadInput, match="scale"):
        write_company(tmp_path / "c", scale=scale)
    assert list(tmp_path.iterdir()) == []


def test_a_failure_on_the_way_keeps_the_earlier_company(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_company(tmp_path / "c", seed=1, scale=0.02)
    before = content(tmp_path / "c")

    def full_disk(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(company.files, "write_xlsx", full_disk)
    with pytest.raises(company.Unavailable, match="No space left"):
        write_company(tmp_path / "c", seed=2, scale=0.02)
    assert content(tmp_path / "c") == before
    assert [p.name for p in tmp_path.iterdir()] == ["c"]
