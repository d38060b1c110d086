"""The build as a whole: what is published, that it is whole or not at all, and that nothing secret is in it."""

from __future__ import annotations

import errno
import hashlib
import hmac
import json
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest

from sandbox.core.errors import BadInput, Conflict, GateFailed, Unavailable
from sandbox.core.ids import VersionId
from sandbox.snapshots import build as build_module
from sandbox.snapshots.manifest import DATA, MANIFEST, read_manifest
from sandbox.snapshots.open import open_snapshot
from sandbox.snapshots.staging import PREFIX, sweep
from sandbox.snapshots.verify import verify_snapshot
from tests.snapshots.conftest import KEYS, NOW, Builder, column, people_rows, spec_of, write_csv


@pytest.mark.parametrize("per_unit", [1, 3])
def test_rows_are_sorted_by_pseudonym(build: Builder, per_unit: int) -> None:
    rows = [[f"{n // per_unit:05d}", "x", "Wuhan", 30, n % 7] for n in range(120)]
    write_csv(build.folder / "people.csv", rows)
    with open_snapshot(build().folder) as connection:
        found = connection.execute("SELECT id, spent FROM data").fetchall()
    expected = {hmac.new(KEYS["customer"], r[0].encode(), hashlib.sha256).hexdigest()[:32] for r in rows}
    assert {id_ for id_, _ in found} == expected and len(found) == 120
    assert found == sorted(found)
    assert min(expected) < "7" and max(expected) > "9"  # where numbers with a sign would have another order


def test_what_is_published(build: Builder) -> None:
    built = build()
    manifest = built.manifest
    assert (manifest.rows.entered, manifest.rows.published, manifest.rows.left_out) == (121, 120, 1)
    assert manifest.units is not None
    assert (manifest.units.entered, manifest.units.published, manifest.units.left_out) == (121, 120, 1)
    assert manifest.dropped == ("name",)
    assert manifest.gates[0].after.smallest >= 3
    assert built.folder.name == str(VersionId.of(NOW, manifest.content_hash)) == manifest.version
    assert build.left_behind() == [manifest.version]
    with open_snapshot(built.folder) as connection:
        columns = [r[0] for r in connection.execute("DESCRIBE data").fetchall()]
        ages = {r[0] for r in connection.execute("SELECT DISTINCT age FROM data").fetchall()}
    assert columns == ["id", "city", "age", "spent"]
    assert ages == {"20–29", "30–39", "40–49", "50–59"}


def test_nothing_raw_and_no_key_is_in_the_files(build: Builder) -> None:
    """Not in the manifest, not in the free blocks of the database: suppressed rows included."""
    built = build()
    for file in built.folder.iterdir():
        content = file.read_bytes()
        for secret in (b"Name 1", b"Lonely", b"Atlantis", b"0007", KEYS["customer"], KEYS["customer"].hex().encode()):
            assert secret not in content, (file.name, secret)
        assert str(build.folder).encode() not in content
    assert b"Wuhan" in (built.folder / MANIFEST).read_bytes(), "the search above can find something"


def test_files_are_read_only(build: Builder) -> None:
    built = build()
    assert {f.name: oct(f.stat().st_mode & 0o777) for f in built.folder.iterdir()} == {DATA: "0o444", MANIFEST: "0o444"}


def test_the_file_can_be_read_by_older_duckdb(build: Builder) -> None:
    with duckdb.connect(str(build().folder / DATA), read_only=True) as connection:
        tags = connection.execute("SELECT tags FROM duckdb_databases() WHERE database_name = 'data'").fetchone()
    assert tags is not None
    assert tags[0]["storage_version"].startswith("v1.4")


def test_equal_content_has_an_equal_hash_in_any_row_order(build: Builder, tmp_path: Path) -> None:
    first = build().manifest
    write_csv(tmp_path / "people.csv", list(reversed(people_rows())))
    second = build(now=NOW + timedelta(hours=1)).manifest
    assert first.content_hash == second.content_hash
    assert first.source.sha256 != second.source.sha256
    changed = people_rows()
    changed[0][4] = 500
    write_csv(tmp_path / "people.csv", changed)
    assert build(now=NOW + timedelta(hours=2)).manifest.content_hash != first.content_hash
    assert len(build.left_behind()) == 3, "older versions stay"


def test_the_order_of_the_source_does_not_survive(build: Builder) -> None:
    with open_snapshot(build().folder) as connection:
        ids = [r[0] for r in connection.execute("SELECT id FROM data").fetchall()]
    assert ids == sorted(ids)


def test_another_key_makes_other_pseudonyms(build: Builder) -> None:
    one = build()
    build.keys["customer"] = b"\x07" * 32
    other = build(now=NOW + timedelta(hours=1))
    ids = []
    for folder in (one.folder, other.folder):
        with open_snapshot(folder) as connection:
            ids.append({r[0] for r in connection.execute("SELECT id FROM data").fetchall()})
    assert ids[0].isdisjoint(ids[1])
    assert one.manifest.entities != other.manifest.entities


@pytest.mark.parametrize("kind", ["parquet", "gbk"])
def test_other_sources_give_the_same_content(build: Builder, tmp_path: Path, kind: str) -> None:
    first = build().manifest.content_hash
    if kind == "parquet":
        with duckdb.connect() as connection:
            source = str(tmp_path / "people.csv")
            read = connection.read_csv(source, dtype={"id": "VARCHAR", "spent": "DOUBLE"})
            read.write_parquet(str(tmp_path / "p.parquet"))
        spec = spec_of(source={"kind": "parquet", "path": "p.parquet"})
    else:
        rows = [[*r[:1], "张三", *r[2:]] for r in people_rows()]
        text = write_csv(tmp_path / "utf8.csv", rows).read_text(encoding="utf-8")
        (tmp_path / "p.csv").write_bytes(text.encode("gbk"))
        spec = spec_of(source={"kind": "csv", "path": "p.csv"})
    assert build(spec, now=NOW + timedelta(hours=1)).manifest.content_hash == first


def test_columns_that_the_spec_does_not_name_stay_behind_and_are_told(build: Builder, tmp_path: Path) -> None:
    rows = [[*row, "secret"] for row in people_rows()]
    write_csv(tmp_path / "people.csv", rows, ("id", "name", "city", "age", "spent", "new_column"))
    built = build()
    assert built.manifest.source.unlisted == ("new_column",)
    assert b"secret" not in (built.folder / DATA).read_bytes()


def test_a_missing_column_is_named_with_the_nearest(build: Builder) -> None:
    columns = {
        "id": column("identifier", {"pseudonym": "customer"}), "town": column("measure", "keep"),
        "citty": column("measure", "keep"),
    }  # fmt: skip
    with pytest.raises(BadInput, match="does not have: town, citty") as caught:
        build(spec_of(columns=columns, gates=[]))
    assert "citty → city" in caught.value.render()[1]
    assert build.left_behind() == []


def test_units_that_are_null_stop_the_build(build: Builder, tmp_path: Path) -> None:
    write_csv(tmp_path / "people.csv", [*people_rows(), ["", "Nobody", "Lyon", 25, 1], [" ", "Nobody", "Lyon", 25, 1]])
    with pytest.raises(BadInput, match="2 rows have no value in the unit column “id”"):
        build()
    assert build.left_behind() == []


def test_a_k_that_nothing_satisfies(build: Builder) -> None:
    for k in (50, 1000):
        with pytest.raises(GateFailed, match=f"k={k}"):
            build(spec_of(gates=[{"k_anonymity": {"k": k, "suppress": 1.0}}]))
    assert build.left_behind() == []


def test_a_ragged_row_in_the_middle_leaves_nothing(build: Builder, tmp_path: Path) -> None:
    with (tmp_path / "people.csv").open("a") as file:
        file.write("1,2\n")
    with pytest.raises(BadInput, match="line 123: 2 columns instead of 5"):
        build()
    assert build.left_behind() == []


def test_a_source_that_changes_during_the_build(
    build: Builder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = build_module.make_plan

    def meddle(*args: object) -> object:
        write_csv(tmp_path / "people.csv", people_rows(60))
        return original(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(build_module, "make_plan", meddle)
    with pytest.raises(Conflict, match="changed while it was being read"):
        build()
    assert build.left_behind() == []


def test_what_is_built_later_in_the_same_second_sorts_behind(build: Builder, tmp_path: Path) -> None:
    versions = []
    for spent in (0, 100, 200, 300):
        changed = people_rows()
        changed[0][4] = spent
        write_csv(tmp_path / "people.csv", changed)
        built = build()
        versions.append(built.manifest.version)
        assert built.folder.name == str(VersionId.of(built.manifest.built, built.manifest.content_hash))
    assert versions == sorted(set(versions))


def test_a_gate_is_measured_again_on_the_finished_file(build: Builder, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bug in the suppression must not get past the last check."""
    original = build_module.apply_gates

    def forgetful(connection: duckdb.DuckDBPyConnection, *args: object) -> object:
        outcome = original(connection, *args)  # type: ignore[arg-type]
        connection.execute("UPDATE masked SET city = 'Unique' WHERE id = (SELECT min(id) FROM masked)")
        return outcome

    monkeypatch.setattr(build_module, "apply_gates", forgetful)
    with pytest.raises(Exception, match="not published"):
        build()
    assert build.left_behind() == []


def test_a_full_disk_is_told(build: Builder, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*args: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(build_module, "publish", full)
    with pytest.raises(Unavailable, match="the disk is full"):
        build()
    assert build.left_behind() == []


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root may mount a small file system")
def test_a_really_full_disk(build: Builder, tmp_path: Path) -> None:
    small = tmp_path / "small"
    small.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(small)], capture_output=True).returncode:
        pytest.skip("mounting is not allowed here")
    try:
        with pytest.raises(Unavailable, match="the disk is full"):
            build(parent=small / "people")
        assert list((small / "people").iterdir()) == []
    finally:
        subprocess.run(["umount", str(small)], check=True)


SLOW_BUILD = """
import sys
from pathlib import Path
from tests.snapshots.conftest import Builder
import time
def progress(step, share):
    print(step, flush=True)
    if step == sys.argv[2]:
        time.sleep(600)
Builder(Path(sys.argv[1]))(progress=progress)
"""


@pytest.mark.parametrize("step", ["read", "gate", "write", "verify", "publish"])
def test_a_killed_build_leaves_nothing_visible_and_the_next_succeeds(build: Builder, step: str) -> None:
    parent = build.parent()
    process = subprocess.Popen(
        [sys.executable, "-c", SLOW_BUILD, str(build.folder), step],
        stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2],
    )  # fmt: skip
    assert process.stdout is not None
    while process.stdout.readline().strip() != step:
        assert process.poll() is None
    alive = build.left_behind()
    assert len(alive) == 1
    assert alive[0].startswith(PREFIX)
    assert sweep(parent) == 0, "a build that is alive is left alone"
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    assert all(name.startswith(PREFIX) for name in build.left_behind()), "what is left is not visible"
    built = build()
    assert build.left_behind() == [built.manifest.version]
    assert all(line.ok for line in verify_snapshot(built.folder))


def test_an_interrupted_build_cleans_up_itself(build: Builder) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", SLOW_BUILD, str(build.folder), "verify"],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=Path(__file__).parents[2],
    )  # fmt: skip
    assert process.stdout is not None
    while process.stdout.readline().strip() != "verify":
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    process.wait(30)
    process.stdout.close()
    assert build.left_behind() == []


def test_builds_at_the_same_time(build: Builder) -> None:
    with ThreadPoolExecutor(4) as pool:
        versions = [f.result().manifest.version for f in [pool.submit(build) for _ in range(4)]]
    assert build.left_behind() == sorted(set(versions)), "the same content in the same second is the same snapshot"
    assert len(set(versions)) == 1
    with ThreadPoolExecutor(3) as pool:
        later = [pool.submit(build, now=NOW + timedelta(hours=i + 1)) for i in range(3)]
        assert len({f.result().manifest.version for f in later}) == 3
    for name in build.left_behind():
        assert all(line.ok for line in verify_snapshot(build.parent() / name))


def test_a_table_about_machines_needs_no_gate(build: Builder, tmp_path: Path) -> None:
    write_csv(tmp_path / "machines.csv", [[f"M{i}", i * 0.5] for i in range(20)], ("machine", "torque"))
    spec = spec_of(
        name="machines", source={"kind": "csv", "path": "machines.csv"}, gates=[],
        unit={"column": "machine", "entity": "machine", "personal": False},
        columns={"machine": column("identifier", "keep"), "torque": column("measure", "keep")},
    )  # fmt: skip
    manifest = build(spec).manifest
    assert (manifest.rows.published, manifest.gates, manifest.entities) == (20, (), {})
    torque = next(c for c in manifest.columns if c.name == "torque").profile
    assert torque is not None
    assert (torque.low, torque.high) == ("0", "9.5")


def test_the_profile_of_people_names_nobody(build: Builder) -> None:
    manifest = build().manifest
    profiles = {c.name: c.profile for c in manifest.columns}
    assert profiles["id"] is not None
    assert profiles["id"].values == ()
    assert profiles["city"] is not None
    assert {v.value for v in profiles["city"].values} == {"Wuhan", "Lyon", "Bath"}
    assert profiles["spent"] is not None
    assert profiles["spent"].high is None, "with 120 units the upper 5 % are six people: too few to tell"


def test_public_telco_table(shared_data: Path, build: Builder) -> None:
    text = {"en": "x", "zh-CN": "x"}
    spec = spec_of(
        name="telco", source={"kind": "csv", "path": str(shared_data / "telco_churn.csv")},
        unit={"column": "customerID", "entity": "customer"},
        columns={
            "customerID": column("identifier", {"pseudonym": "customer"}), "gender": column("quasi", "keep"),
            "SeniorCitizen": column("quasi", "keep"), "tenure": column("quasi", {"band": 12}),
            "TotalCharges": {"class": "measure", "rule": {"round": 10}, "type": "DOUBLE", "description": text},
            "Churn": column("sensitive", "keep"),
        },
    )  # fmt: skip
    started = time.monotonic()
    built = build(spec)
    assert time.monotonic() - started < 60
    assert built.manifest.rows.entered == 7043
    with open_snapshot(built.folder) as connection:
        blanks = connection.execute("SELECT count(*) FROM data WHERE TotalCharges IS NULL").fetchone()
    assert blanks == (11,)
    assert json.loads((built.folder / MANIFEST).read_text())["dataset"] == "telco"
    assert read_manifest(built.folder) == built.manifest
