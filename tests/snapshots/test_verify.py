"""Verification, opening and the manifest: damage is found, and found for what it is."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import duckdb
import pytest

from sandbox.core.errors import Damaged, NotFound, Unavailable
from sandbox.snapshots.fingerprint import file_sha256
from sandbox.snapshots.manifest import DATA, MANIFEST, FileFacts, parse_manifest, read_manifest
from sandbox.snapshots.open import open_snapshot, open_snapshots
from sandbox.snapshots.verify import verify_snapshot
from tests.snapshots.conftest import Builder, people_rows, write_csv


def wrong(folder: Path) -> set[str]:
    return {line.name for line in verify_snapshot(folder) if not line.ok}


def writable(folder: Path) -> Path:
    for file in folder.iterdir():
        file.chmod(0o644)
    return folder


def forge(folder: Path, **changes: object) -> None:
    """Change the manifest as somebody would who wants to hide a change of the data."""
    data = json.loads((folder / MANIFEST).read_text())
    (folder / MANIFEST).write_text(json.dumps({**data, **changes}))


def test_a_fresh_snapshot_is_what_it_says(build: Builder) -> None:
    lines = verify_snapshot(build().folder)
    assert [line.name for line in lines] == [
        "manifest", "version", "folder", "file", "opens", "columns", "content", "rows", "statistics", "gates",
        "k_anonymity", "risk",
    ]  # fmt: skip
    assert all(line.ok for line in lines)
    assert "k is 3" in lines[-2].detail.render()


@pytest.mark.parametrize("where", [0.001, 0.3, 0.5, 0.9, 0.9999])
def test_a_changed_byte_is_found(build: Builder, where: float) -> None:
    folder = writable(build().folder)
    content = bytearray((folder / DATA).read_bytes())
    content[int(where * len(content))] ^= 1
    (folder / DATA).write_bytes(content)
    assert "file" in wrong(folder)
    with pytest.raises(Damaged, match="its hash differs"):
        open_snapshot(folder)


def test_the_gate_is_measured_on_the_data_and_not_believed(build: Builder) -> None:
    """Somebody adds a lonely row and makes every hash fit: the gate still finds it."""
    folder = writable(build().folder)
    with duckdb.connect(str(folder / DATA)) as connection:
        connection.execute("INSERT INTO data SELECT 'x', 'Nowhere', age, spent FROM data LIMIT 1")
    file = FileFacts(bytes=(folder / DATA).stat().st_size, sha256=file_sha256(folder / DATA))
    rows = {"entered": 121, "published": 121, "left_out": 0}
    assert wrong(folder) == {"file", "content", "rows", "statistics", "k_anonymity", "risk"}
    forge(folder, file=file.model_dump(), rows=rows)
    assert wrong(folder) == {"content", "statistics", "k_anonymity", "risk"}
    forge(folder, gates=[])
    assert wrong(folder) == {"content", "statistics", "gates", "risk"}


def test_other_damage(build: Builder) -> None:
    folder = writable(build().folder)
    moved = folder.with_name("20200101T000000Z-000000000000")
    shutil.copytree(folder, moved)
    assert wrong(moved) == {"version"}
    (moved / DATA).unlink()
    assert wrong(moved) == {"version", "file", "opens"}
    (folder / DATA).write_bytes(b"not a database at all" * 1000)
    assert wrong(folder) == {"file", "opens"}
    (folder / MANIFEST).write_text("{")
    assert wrong(folder) == {"manifest"}
    (folder / MANIFEST).unlink()
    assert wrong(folder) == {"manifest"}


def test_the_hash_is_remembered_only_for_an_unchanged_file(build: Builder) -> None:
    folder = writable(build().folder)
    open_snapshot(folder).close()
    before = (folder / DATA).stat()
    content = bytearray((folder / DATA).read_bytes())
    content[-1] ^= 1
    (folder / DATA).write_bytes(content)
    os.utime(folder / DATA, ns=(before.st_atime_ns, before.st_mtime_ns))  # as an attacker would
    with pytest.raises(Damaged):
        open_snapshot(folder)


def test_an_open_snapshot_is_read_only_and_locked(build: Builder, tmp_path: Path) -> None:
    folder = build().folder
    with duckdb.connect() as unhardened:
        assert unhardened.execute("SELECT count(*) FROM read_csv(?)", [str(tmp_path / "people.csv")]).fetchone()
    for connection in (open_snapshot(folder), open_snapshots({"people": folder})):
        with connection:
            for statement in (
                f"SELECT * FROM read_csv('{tmp_path / 'people.csv'}')",
                f"COPY (SELECT 1) TO '{tmp_path / 'out.csv'}'",
                f"ATTACH '{tmp_path / 'new.duckdb'}'",
                "SET enable_external_access = true",
                "SET memory_limit = '99GB'",
                "INSTALL httpfs",
            ):
                with pytest.raises(duckdb.Error):
                    connection.execute(statement)
    with open_snapshot(folder) as connection, pytest.raises(duckdb.Error):
        connection.execute("DELETE FROM data")


def test_several_snapshots_in_one_connection(build: Builder) -> None:
    folder = build().folder
    with open_snapshots({"people": folder, "others": folder.parent / folder.name}) as connection:
        assert connection.execute("SELECT count(*) FROM people JOIN others USING (id)").fetchone() == (120,)


def test_unknown_snapshots_and_newer_manifests(build: Builder) -> None:
    with pytest.raises(NotFound, match="no snapshot"):
        read_manifest(build.parent() / "20200101T000000Z-000000000000")
    folder = writable(build().folder)
    forge(folder, format=3)
    with pytest.raises(Unavailable, match="newer version"):
        read_manifest(folder)


def test_a_manifest_renders_and_parses_and_keeps_what_it_does_not_know(build: Builder) -> None:
    manifest = build().manifest
    assert parse_manifest(manifest.render(), "x") == manifest
    data = json.loads(manifest.render())
    data["certificate"] = {"signed_by": "somebody"}
    data["columns"][0]["lineage"] = ["later"]
    again = json.loads(parse_manifest(json.dumps(data).encode(), "x").render())
    assert again["certificate"] == {"signed_by": "somebody"}
    assert again["columns"][0]["lineage"] == ["later"]


def test_an_old_manifest_is_still_read() -> None:
    """compat/manifest-1.json was written by the first version of this format and is never regenerated."""
    text = (Path(__file__).parent.parent / "compat" / "manifest-1.json").read_bytes()
    manifest = parse_manifest(text, "compat")
    assert (manifest.dataset, manifest.rows.published, manifest.gates[0].k) == ("people", 120, 3)
    assert manifest.risk is None


@pytest.mark.parametrize("name", ["raw.csv", "data.duckdb.wal", "notes"])
def test_what_lies_beside_the_snapshot_is_named(build: Builder, name: str) -> None:
    folder = writable(build().folder)
    folder.chmod(0o755)
    if name == "notes":
        (folder / name).mkdir()
    else:
        (folder / name).write_text("Lonely One\n")
    assert wrong(folder) == {"folder"}
    assert name in next(line for line in verify_snapshot(folder) if line.name == "folder").detail.render()


def test_a_link_to_data_elsewhere_is_no_part_of_the_folder(build: Builder, tmp_path: Path) -> None:
    folder = build().folder
    folder.chmod(0o755)
    (folder / DATA).rename(tmp_path / "elsewhere")
    (folder / DATA).symlink_to(tmp_path / "elsewhere")
    assert wrong(folder) == {"folder"}


@pytest.mark.parametrize("programs", ["these", "older ones"])
@pytest.mark.parametrize(
    "said",
    [{"nulls": 0.5}, {"values": [{"value": "Wuhan", "share": 0.9}]}, {"high": "990"}, {"bins": [0.9] * 16}],
    ids=lambda said: next(iter(said)),
)
def test_statistics_are_recomputed(build: Builder, said: dict[str, object], programs: str) -> None:
    """The publisher says something else in the catalogue, of the column where there is such a statistic."""
    write_csv(build.folder / "people.csv", people_rows(1200))
    folder = writable(build().folder)
    data = json.loads((folder / MANIFEST).read_text())
    kind = next(iter(said))
    column = next(c for c in data["columns"] if c["profile"][kind] not in (None, [], ()) or kind == "nulls")
    column["profile"].update(said)
    if programs == "older ones":
        data["versions"]["sandbox"] = "0.0.1"
    forge(folder, columns=data["columns"], versions=data["versions"])
    assert wrong(folder) == {"statistics"}
    assert column["name"] in next(line for line in verify_snapshot(folder) if not line.ok).detail.render()


def test_statistics_of_older_programs_may_differ_by_a_little(build: Builder) -> None:
    folder = writable(build().folder)
    data = json.loads((folder / MANIFEST).read_text())
    for column in data["columns"]:
        column["profile"]["distinct"] = 7
    forge(folder, columns=data["columns"])
    assert "statistics" in wrong(folder)
    forge(folder, versions={**data["versions"], "sandbox": "0.0.1"})
    assert wrong(folder) == set()
