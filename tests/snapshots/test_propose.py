"""A proposal for somebody's own table: every column gets a class, a rule and a reason, and the result can be built."""

from __future__ import annotations

import csv
import os
import sqlite3
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sandbox.core.errors import BadInput, SandboxError
from sandbox.core.generalise import Generalise
from sandbox.core.policy import ColumnClass
from sandbox.core.rules import Drop, Keep, Pseudonym, TruncateDate
from sandbox.core.spec import KAnonymity
from sandbox.core.specfile import parse_spec
from sandbox.demo import CompanyFiles, write_company
from sandbox.snapshots.build import build_snapshot
from sandbox.snapshots.meanings import entity_of, meaning_of, names_an_id
from sandbox.snapshots.propose import Proposal, propose_spec, render_yaml
from sandbox.snapshots.recognise import recognise

SHARED = Path(os.environ.get("SANDBOX_SHARED_DATA") or Path(__file__).resolve().parents[3] / "shared" / "data")
needs_shared_data = pytest.mark.skipif(not SHARED.is_dir(), reason="no folder with shared data (SANDBOX_SHARED_DATA)")


def classes(proposal: Proposal) -> dict[str, str]:
    return {name: column.cls.value for name, column in proposal.spec.columns.items()}


def rules(proposal: Proposal) -> dict[str, str]:
    return {name: column.rule.kind for name, column in proposal.spec.columns.items()}


def write(path: Path, rows: Sequence[Sequence[object]], encoding: str = "utf-8", delimiter: str = ",") -> Path:
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file, delimiter=delimiter).writerows(rows)
    return path


def people(count: int = 60) -> list[list[object]]:
    rows: list[list[object]] = [["员工编号", "姓名", "性别", "年龄", "手机号", "工资"]]
    for n in range(count):
        rows.append([f"E{n:04d}", "王张李赵"[n % 4] + "伟芳娜敏静"[n % 5] + "强磊洋艳勇军杰"[n % 7], "男女"[n % 2],
                     20 + n % 40, 13_800_000_000 + n * 7919, 5000 + n * 13])  # fmt: skip
    return rows


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> CompanyFiles:
    return write_company(tmp_path_factory.mktemp("propose") / "sources", scale=0.1)


# --- real tables


@needs_shared_data
def test_telco_churn_keeps_its_analytic_columns() -> None:
    proposal = propose_spec(SHARED / "telco_churn.csv", name="telco", unit="customerID")
    spec = proposal.spec
    assert (spec.unit.column, spec.unit.entity, spec.unit.personal) == ("customerID", "customer", True)
    assert set(spec.quasi_identifiers) == {"gender", "SeniorCitizen", "Partner", "Dependents"}
    assert classes(proposal)["Churn"] == "sensitive"
    # “PhoneService” says yes or no: the word phone alone must not make it a phone number.
    assert classes(proposal)["PhoneService"] == "measure"
    assert [name for name, rule in rules(proposal).items() if rule == "drop"] == []


@needs_shared_data
def test_machine_data_is_not_personal_and_is_kept_whole() -> None:
    proposal = propose_spec(SHARED / "ai4i2020.csv", name="milling", unit=None)
    assert proposal.spec.unit.personal is False
    assert proposal.spec.gates == ()
    assert set(rules(proposal).values()) == {"keep"}
    assert proposal.spec.columns["Air temperature [K]"].cls is ColumnClass.MEASURE


@needs_shared_data
def test_adult_has_no_id_so_rows_are_units_and_the_gate_decides_what_stays() -> None:
    proposal = propose_spec(SHARED / "adult" / "adult.csv", name="adult")
    assert proposal.spec.source.delimiter == ";"
    assert proposal.spec.source.number_rows == proposal.spec.unit.column == "row_no"
    found = classes(proposal)
    assert {found[c] for c in ("sex", "age", "race", "marital-status", "education", "native-country")} == {"quasi"}
    assert found["salary-class"] == "sensitive"
    kept = set(proposal.spec.quasi_identifiers)
    assert {"sex", "age"} <= kept and kept < set(found)
    dropped = [n for n, c in proposal.spec.columns.items() if isinstance(c.rule, Drop)]
    assert dropped and all("% of the rows" in proposal.reasons[n].en for n in dropped)


@needs_shared_data
def test_every_shared_table_gives_a_readable_proposal_or_says_what_is_wrong() -> None:
    seen = {"proposal": 0, "error": 0}
    for path in sorted(SHARED.rglob("*.csv")):
        try:
            proposal = propose_spec(path, name="table")
        except SandboxError as error:
            assert path.name in str(error) and "hierarchy" in path.name
            seen["error"] += 1
        else:
            assert parse_spec(render_yaml(proposal), "table.yaml") == proposal.spec
            seen["proposal"] += 1
    assert seen["proposal"] >= 3


# --- the demo company: its steward's own specs say what must never be kept


def test_what_the_stewards_specs_drop_is_never_proposed_to_be_kept_as_it_is(demo: CompanyFiles) -> None:
    customers = propose_spec(demo.customers, name="customers")
    assert {n for n, c in classes(customers).items() if c == "direct"} == {
        "name", "mobile", "email", "resident_id", "address",
    }  # fmt: skip
    assert rules(customers)["birth_date"] == "generalise"
    tickets = propose_spec(demo.tickets, name="tickets")
    assert (classes(tickets)["body"], rules(tickets)["body"]) == ("sensitive", "redact")
    claims = propose_spec(demo.claims, name="claims")
    assert claims.spec.unit.column == "employee_id"
    assert rules(claims)["employee_name"] == "drop"


def test_the_unit_is_the_person_and_has_one_name_in_all_tables(demo: CompanyFiles) -> None:
    for path in (demo.customers, demo.contracts, demo.usage, demo.orders):
        unit = propose_spec(path, name="table").spec.unit
        assert (unit.column, unit.entity) == ("customer_id", "customer")
    machines = propose_spec(demo.telemetry, name="telemetry").spec
    assert machines.unit.personal is False and machines.unit.column == "machine_id"


# --- content speaks where names are silent


def test_content_is_found_under_meaningless_names(tmp_path: Path, demo: CompanyFiles) -> None:
    with demo.customers.open(encoding="utf-8", newline="") as file:
        records = list(csv.DictReader(file))[:300]
    columns = ("customer_id", "name", "mobile", "email", "resident_id")
    rows: list[list[object]] = [["a", "b", "c", "d", "e", "f"]]
    cards = ("4539 1488 0343 6467", "6011000990139424", "5555555555554444", "4111111111111111", "4012888888881881")
    rows += [[*(r[c] for c in columns), cards[n % len(cards)]] for n, r in enumerate(records)]
    found = propose_spec(write(tmp_path / "x.csv", rows), name="x", unit="a")
    assert [classes(found)[c] for c in "bcde"] == ["direct"] * 4
    assert "ID" in found.reasons["e"].en and "身份证" in found.reasons["e"].zh


def test_a_few_resident_ids_among_other_texts_are_enough(demo: CompanyFiles) -> None:
    with demo.customers.open(encoding="utf-8", newline="") as file:
        ids = [r["resident_id"] for r in csv.DictReader(file)][:10]
    assert recognise([[*ids, *["none"] * 90]])[0].resident_id == pytest.approx(0.1)


def test_check_digits_decide() -> None:
    ids = ["11010519491231002X", "110105194912310021", "11010519491331002X"]  # wrong digit; no thirteenth month
    cards = ["4539148803436467", "4539148803436468", "0000000000000000"]
    found = recognise([[text] for text in (*ids, *cards)])
    assert [signs.resident_id for signs in found] == [1, 0, 0, 0, 0, 0]
    assert [signs.card for signs in found] == [0, 0, 0, 1, 0, 0]


def test_amounts_and_codes_are_not_taken_for_people() -> None:
    amounts = [f"{1000 + n * 1.37:.2f}" for n in range(200)]
    codes = [f"13{n:05d}" for n in range(200)]
    for values in (amounts, codes, ["2026-01-01"] * 50, ["red", "green"] * 50):
        (signs,) = recognise([values])
        assert (signs.resident_id, signs.mobile, signs.email, signs.person_name, signs.inside) == (0, 0, 0, 0, 0)


NAMES = {
    "direct": ("name", "客户姓名", "Mobile Phone", "身份证号码", "password_hash"),
    "quasi": ("date_of_birth", "birthDate", "出生日期", "性别", "employee age", "zipcode"),
    "sensitive": ("income", "诊断结果"),
    "measure": ("hire_date",),
    None: ("Geschlecht", "tool age", "product name", "percentage", "package"),
}


@pytest.mark.parametrize(("cls", "name"), [(cls, name) for cls, names in NAMES.items() for name in names])
def test_names_are_read_word_by_word(cls: str | None, name: str) -> None:
    meaning = meaning_of(name)
    assert (meaning.cls.value if meaning else None) == cls


def test_ids_are_known_by_their_last_word() -> None:
    assert all(map(names_an_id, ("order_no", "customerID", "customerid", "订单号", "员工编号")))
    assert not any(map(names_an_id, ("paid", "humid", "Tool wear", "casino", "number_of_rooms")))


# --- encodings and shapes


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_chinese_table_in_any_encoding_gives_the_same_proposal(tmp_path: Path, encoding: str, delimiter: str) -> None:
    proposal = propose_spec(write(tmp_path / "员工.csv", people(), encoding, delimiter), name="staff")
    assert proposal.spec.unit.column == "员工编号" and proposal.spec.unit.entity == "employee"
    assert classes(proposal) == {
        "员工编号": "identifier",
        "姓名": "direct",
        "性别": "quasi",
        "年龄": "quasi",
        "手机号": "direct",
        "工资": "sensitive",
    }
    assert isinstance(proposal.spec.columns["员工编号"].rule, Pseudonym)


def test_plates_passports_and_addresses_are_known_by_their_values(tmp_path: Path) -> None:
    rng = np.random.default_rng(4)
    rows = [
        [f"U{n:03d}", f"京A{rng.integers(10000, 99999)}", f"E{rng.integers(10_000_000, 99_999_999)}",
         f"杭州市西湖区文三路{n + 1}号{n % 9 + 1}幢{rng.integers(101, 999)}室"]
        for n in range(60)
    ]  # fmt: skip
    proposal = propose_spec(write(tmp_path / "t.csv", [["user_id", "f1", "f2", "f3"], *rows]), name="t")
    assert {n: rules(proposal)[n] for n in ("f1", "f2", "f3")} == dict.fromkeys(("f1", "f2", "f3"), "drop")
    reasons = [proposal.reasons[n].en for n in ("f1", "f2", "f3")]
    assert all(k in r for k, r in zip(("licence plates", "passport", "addresses"), reasons, strict=True)), reasons


def test_a_column_called_an_address_is_not_redacted_even_if_it_reads_like_prose(tmp_path: Path) -> None:
    rows = [[f"U{n:03d}", f"the third house behind the old mill, ask for number {n}"] for n in range(60)]
    for name, rule in (("address", "drop"), ("f1", "redact"), ("remark", "redact")):
        proposal = propose_spec(write(tmp_path / "t.csv", [["user_id", name], *rows]), name="t")
        assert rules(proposal)[name] == rule, name


def test_three_hundred_columns(tmp_path: Path) -> None:
    header = ["user_id", *(f"feature_{n}" for n in range(299))]
    rows = [[f"U{r:03d}", *(r * n % 7 for n in range(299))] for r in range(30)]
    proposal = propose_spec(write(tmp_path / "wide.csv", [header, *rows]), name="wide")
    assert len(proposal.spec.columns) == 300 and proposal.spec.unit.column == "user_id"


def test_too_few_people_for_the_gate_means_that_quasi_identifiers_go(tmp_path: Path) -> None:
    proposal = propose_spec(write(tmp_path / "few.csv", people(8)), name="few")
    # Four of each gender are fewer than k; the eight share one age band, which may stay.
    assert proposal.spec.quasi_identifiers == ("年龄",)
    assert any("性别" in note.en for note in proposal.notes)


def test_gaps_in_the_unit_column_are_told(tmp_path: Path) -> None:
    rows = people()
    rows[5][0] = ""
    proposal = propose_spec(write(tmp_path / "gaps.csv", rows), name="gaps", unit="员工编号")
    assert any("empty in 1 rows" in note.en for note in proposal.notes)


def test_the_gate_of_a_proposal_is_passed_by_the_data(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    count = 3000
    table = pa.table(
        {
            "user_id": [f"U{n}" for n in range(count)],
            "gender": rng.choice(["f", "m"], count),
            "age": rng.integers(18, 90, count),
            "city": rng.choice([f"city {n}" for n in range(40)], count),
            "occupation": rng.choice([f"job {n}" for n in range(15)], count),
        }
    )
    pq.write_table(table, tmp_path / "t.parquet")
    proposal = propose_spec(tmp_path / "t.parquet", name="t")
    [gate] = proposal.spec.gates
    assert isinstance(gate, KAnonymity)
    assert isinstance(proposal.spec.columns["gender"].rule, Keep)
    assert proposal.spec.columns["age"].rule.kind == "band"
    # Both together make 40 x 15 classes for each gender and age band, far more than 3,000 people fill.
    assert isinstance(proposal.spec.columns["city"].rule, Drop)
    frame = table.to_pandas()
    kept = [frame[c] // 10 if c == "age" else frame[c] for c in proposal.spec.quasi_identifiers]
    sizes = frame.groupby(kept).user_id.transform("nunique")
    assert (sizes < gate.k).mean() <= gate.suppress


# --- bad input: what, where, what to do


def bad(tmp_path: Path, name: str, content: bytes) -> SandboxError:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(SandboxError) as caught:
        propose_spec(path, name="bad")
    what, remedy = caught.value.render()
    assert name in what and remedy
    return caught.value


def test_bad_files_are_named_with_their_line_and_a_remedy(tmp_path: Path) -> None:
    bad(tmp_path, "empty.csv", b"")
    bad(tmp_path, "empty.parquet", b"")
    bad(tmp_path, "half.parquet", b"PAR1....")
    assert "line 3" in str(bad(tmp_path, "ragged.csv", b"a,b\n1,2\n1,2,3\n4,5\n"))
    assert "“a”" in str(bad(tmp_path, "twice.csv", b"a,b,a\n1,2,3\n4,5,6\n"))
    assert "line 1" in str(bad(tmp_path, "headless.csv", b"1,2.5,x\n2,3.5,y\n3,4.5,z\n4,4.5,z\n5,4.5,z\n"))
    assert "line 3" in str(bad(tmp_path, "mixed.csv", "a,b\n甲,1\n".encode() + "乙,2\n".encode("gbk")))
    bad(tmp_path, "notes.docx", b"PK")


def test_a_table_without_header_is_accepted_when_said(tmp_path: Path) -> None:
    path = tmp_path / "headless.csv"
    path.write_text("".join(f"{n},{n / 7:.2f},x\n" for n in range(40)))
    proposal = propose_spec(path, name="headless", header=False)
    assert list(proposal.spec.columns) == ["column1", "column2", "column3"]
    assert parse_spec(render_yaml(proposal), "x.yaml").source.header is False


@pytest.mark.parametrize("wanted", ["custmer_id", "cust"])
def test_an_unknown_unit_is_refused_with_the_nearest_name(tmp_path: Path, wanted: str) -> None:
    path = write(tmp_path / "t.csv", [["customer_id", "amount"], *([f"C{n}", n] for n in range(9))])
    with pytest.raises(BadInput) as caught:
        propose_spec(path, name="t", unit=wanted)
    what, remedy = caught.value.render()
    assert wanted in what and "“customer_id”" in remedy


def test_a_dataset_name_must_be_safe(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="dataset name"):
        propose_spec(tmp_path / "t.csv", name="../t")


def test_dates_that_are_written_as_texts_are_dates(tmp_path: Path) -> None:
    """As SQLite keeps them. The day of joining would point at people as well as a number does."""
    rows: list[list[object]] = [["customer_id", "sex", "birth_date", "开户日期", "visited"]]
    rows += [[f"C{n:03d}", "fm"[n % 2], f"{1960 + n % 30}-03-{1 + n % 28:02d}", f"2020-{1 + n % 12:02d}-15",
              f"2024-02-{1 + n % 30:02d}"] for n in range(200)]  # fmt: skip
    path = tmp_path / "crm.sqlite"
    with sqlite3.connect(path) as connection:
        connection.execute(f"CREATE TABLE t ({', '.join(f'{name} TEXT' for name in rows[0])})")
        connection.executemany("INSERT INTO t VALUES (?, ?, ?, ?, ?)", rows[1:])
    columns = propose_spec(path, name="crm").spec.columns
    assert columns["birth_date"].type == columns["开户日期"].type == "DATE"
    assert columns["birth_date"].rule == Generalise(dates=("year", "decade"), level=2)
    assert columns["开户日期"].rule == TruncateDate(to="month")
    assert columns["visited"].type is None, "there is no 30th of February"


def test_a_field_within_an_object_is_what_its_own_name_says(tmp_path: Path) -> None:
    rows: list[list[object]] = [["客户编号", "住址.城市", "address.gender", "住址省份"]]
    rows += [[f"C{n:03d}", ["广州", "杭州"][n % 2], "fm"[n % 2], "粤浙"[n % 2]] for n in range(100)]
    found = classes(propose_spec(write(tmp_path / "t.csv", rows), name="t"))
    assert found == {"客户编号": "identifier", "住址.城市": "quasi", "address.gender": "quasi", "住址省份": "quasi"}


def test_what_a_chinese_name_means_is_described_in_english_too(tmp_path: Path) -> None:
    columns = propose_spec(write(tmp_path / "t.csv", people()), name="t").spec.columns
    described = {name: (c.description.en, c.description.zh) for name, c in columns.items()}
    assert described["性别"] == ("Gender", "性别") and described["年龄"] == ("Age", "年龄")


# --- the YAML


def test_yaml_reads_back_as_the_same_spec_with_a_reason_in_both_languages(tmp_path: Path) -> None:
    awkward: list[list[object]] = [["id: no", "a # b", "yes", "1", "- x", "'q'", '{"k"}', "line\nbreak"]]
    awkward += [[n, "x", "y", n, "z", "t", "u", n % 3] for n in range(25)]
    for rows in (people(), awkward):
        proposal = propose_spec(write(tmp_path / "t.csv", rows), name="t")
        written = render_yaml(proposal)
        assert parse_spec(written, "t.yaml") == proposal.spec
        for column in proposal.spec.columns.values():
            english, _, chinese = column.reason.partition(" / ")
            assert english and any(c > "\u4e00" for c in chinese)


def test_a_proposal_without_ids_builds_the_same_snapshot_twice(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    rows: list[list[object]] = [["gender", "age", "income"]]
    rows += [["fm"[n % 2], int(rng.integers(20, 60)), int(rng.integers(3, 30)) * 1000] for n in range(5000)]
    spec = propose_spec(write(tmp_path / "survey.csv", rows), name="survey").spec
    hashes = set()
    for time in (1, 2):
        (tmp_path / str(time)).mkdir()
        built = build_snapshot(
            spec, base=tmp_path, parent=tmp_path / str(time), key_of=lambda entity: b"k" * 32,
            now=datetime(2026, 10, time, tzinfo=UTC),
        )  # fmt: skip
        hashes.add(built.manifest.content_hash)
        assert built.manifest.units is not None and built.manifest.units.published == 5000
    assert len(hashes) == 1


@pytest.mark.parametrize("name", ["d", "出生日期"])
def test_dates_of_birth_written_as_numbers_are_no_amounts(tmp_path: Path, name: str) -> None:
    born = [19400101 + n % 70 * 10_000 + n % 12 * 100 + n % 28 for n in range(600)]
    orders = [20250101 + n % 12 * 100 + n % 28 for n in range(600)]
    table = {"uid": range(600), name: born, "ordered": orders, "city": [("Wuhan", "Lyon")[n % 2] for n in range(600)]}
    pq.write_table(pa.table({k: list(v) for k, v in table.items()}), tmp_path / "t.parquet")
    proposal = propose_spec(tmp_path / "t.parquet", name="t", unit="uid")
    column = proposal.spec.columns[name]
    assert (column.cls.value, column.rule.kind, column.type) == ("quasi", "prefix", "VARCHAR")
    assert proposal.spec.columns["ordered"].cls is ColumnClass.MEASURE
    keys = dict.fromkeys(("user", "customer", "t", "person"), bytes(32))
    built = build_snapshot(proposal.spec, base=tmp_path, parent=tmp_path / "s", key_of=keys.__getitem__,
                           now=datetime(2026, 11, 21, tzinfo=UTC))  # fmt: skip
    shown = next(c for c in built.manifest.columns if c.name == name).profile
    assert shown and shown.values and all(len(v.value) == 3 for v in shown.values)


def test_numbers_too_long_for_an_amount_are_dropped(tmp_path: Path) -> None:
    """Resident IDs that a workbook has rounded: no check digit is right any more, and they still name people."""
    long = [float(110101_19400101_0000 + n * 10_007) for n in range(200)]
    pq.write_table(
        pa.table({"uid": list(range(200)), "x": long, "y": [n * 1.5 for n in range(200)]}), tmp_path / "t.parquet"
    )
    columns = propose_spec(tmp_path / "t.parquet", name="t", unit="uid").spec.columns
    assert columns["x"].rule == Drop()
    assert columns["y"].rule != Drop()


@pytest.mark.parametrize(
    ("traditional", "simplified"),
    [("客戶編號", "客户编号"), ("身份證號", "身份证号"), ("手機", "手机"), ("性別", "性别"), ("備註", "备注"),
     ("年齡", "年龄"), ("聯絡電話", "联络电话"), ("婚姻狀況", "婚姻状况"), ("職業", "职业"), ("學歷", "学历"),
     ("診斷", "诊断")],
)  # fmt: skip
def test_headings_in_traditional_characters_mean_the_same(traditional: str, simplified: str) -> None:
    assert meaning_of(traditional) == meaning_of(simplified)
    assert names_an_id(traditional) == names_an_id(simplified)
    assert entity_of(traditional) == entity_of(simplified)
