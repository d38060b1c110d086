"""Freezing: a version is whole, bound by its receipt, and appears at once or not at all."""

from __future__ import annotations

import json
import os
import pickle
import signal
import subprocess
import sys
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import skops.io
from sklearn.neighbors import KNeighborsClassifier

from sandbox.core.errors import BadInput, Damaged, NotFound, SandboxError
from sandbox.core.ids import VersionId
from sandbox.publishing import shelf
from sandbox.publishing.receipt import Receipt, read_receipt, verify_receipt
from sandbox.publishing.staging import clear_stale
from tests.publishing.conftest import NOW, Bench, fitted


def test_a_version_holds_everything_and_its_receipt_holds(bench: Bench) -> None:
    folder = bench.freeze()
    names = {str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file()}
    assert names == {
        "app.ipynb", "app.zh-CN.ipynb", "app.toml", "model.skops", "choices.json", "evidence.json", "sample.json",
        "receipt.json", "requirements.lock", "thumbnail.svg", "source/notebook.ipynb", "source/choices.json",
    }  # fmt: skip
    assert verify_receipt(folder) == []
    assert shelf.versions(bench.shelf) == [VersionId.parse(folder.name)]
    receipt = read_receipt(folder)
    assert receipt.snapshots["contracts"].content_hash == "c" * 64 and receipt.submission["number"] == 3
    assert Receipt.parse(receipt.render()) == receipt


def test_the_manifest_says_what_the_project_said(bench: Bench) -> None:
    manifest = shelf.verified(bench.freeze())
    project = bench.project
    assert (manifest.slug, manifest.title, manifest.kpi, manifest.pins) == (
        project.slug, project.title, project.kpi, project.pins)  # fmt: skip
    assert manifest.created == NOW and manifest.submission == 3 and manifest.level == "review"
    assert manifest.notebook("zh-CN") == "app.zh-CN.ipynb"


@pytest.mark.parametrize(
    "title", ['"quotes" \\ and\nlines', "\x7f\x01", "]\n[kpi]\nname = 1", "\U0001f600 '''", "half \ud800"]
)
def test_titles_cannot_break_the_manifest(bench: Bench, title: str) -> None:
    bench.project = replace(bench.project, title=title)
    assert shelf.verified(bench.freeze()).title == title.encode("utf-8", "replace").decode()


def test_freezing_again_gives_the_same_version(bench: Bench) -> None:
    first = bench.freeze()
    assert bench.freeze() == first
    assert bench.freeze(now=NOW + timedelta(seconds=5)) != first
    assert len(shelf.versions(bench.shelf)) == 2


@pytest.mark.parametrize("file", ["app.ipynb", "model.skops", "source/notebook.ipynb", "requirements.lock", "app.toml"])
def test_a_changed_byte_is_named(bench: Bench, file: str) -> None:
    folder = bench.freeze()
    data = bytearray((folder / file).read_bytes())
    data[len(data) // 2] ^= 1
    (folder / file).write_bytes(data)
    assert verify_receipt(folder) == [f"{file} (changed)"]
    with pytest.raises(Damaged, match=file):
        shelf.verified(folder)


def test_missing_added_linked_and_renamed_are_named(bench: Bench) -> None:
    folder = bench.freeze()
    (folder / "sample.json").unlink()
    (folder / "extra.py").write_text("x")
    (folder / "model.skops").rename(bench.run / "elsewhere")
    (folder / "model.skops").symlink_to(bench.run / "elsewhere")
    assert verify_receipt(folder) == ["model.skops (missing)", "sample.json (missing)", "extra.py (added)"]
    other = folder.rename(folder.with_name("20261121T093000Z-000000000000"))
    assert verify_receipt(other)[0].startswith("version ")


def test_a_rewritten_receipt_shows(bench: Bench) -> None:
    folder = bench.freeze()
    raw = json.loads((folder / "receipt.json").read_text())
    raw["submission"]["number"] = 4
    (folder / "receipt.json").write_text(json.dumps(raw))
    assert verify_receipt(folder) == ["receipt.json (changed or missing)"]
    receipt = read_receipt_unchecked(raw)
    (folder / "receipt.json").write_bytes(receipt.render())
    assert verify_receipt(folder) == ["version (its name is not that of this receipt)"]


def read_receipt_unchecked(raw: dict[str, Any]) -> Receipt:
    """A receipt whose digest was computed anew, as a clever forger would."""
    raw = {key: value for key, value in raw.items() if key not in ("digest", "format", "snapshots")}
    return Receipt(snapshots={}, **{**raw, "trusted_types": tuple(raw["trusted_types"])})


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("model.skops", pickle.dumps({"a": 1}), "pickle|cannot be read"),
        ("model.skops", skops.io.dumps(fitted(KNeighborsClassifier())), "not on the list"),
        ("sample.json", b"[]", "no sample"),
        ("sample.json", b'{"columns": ["a"], "rows": [[{"b": 1}]], "predictions": [1]}', "no sample"),
        ("sample.json", b'{"columns": ["a"], "rows": [[1], [2]], "predictions": [1]}', "no sample"),
        ("sample.json", b'{"columns": ["a"], "rows": [[NaN]], "predictions": [1]}', "no sample"),
        ("choices.json", b"{", "cannot be read"),
        ("choices.json", b"[" * 200_000, "cannot be read"),
        ("choices.json", b'{"a": NaN}', "no ordinary numbers"),
    ],
)
def test_what_a_run_left_is_read_as_data(bench: Bench, name: str, content: bytes, words: str) -> None:
    (bench.run / name).write_bytes(content)
    with pytest.raises(BadInput, match=words):
        bench.freeze()
    assert not bench.shelf.exists() or not list(bench.shelf.iterdir())


@pytest.mark.parametrize("name", ["model.skops", "choices.json", "sample.json"])
def test_a_run_cannot_smuggle_a_file_by_a_link(bench: Bench, name: str) -> None:
    secret = bench.run.parent / "secret"
    (bench.run / name).rename(secret)
    (bench.run / name).symlink_to(secret)
    with pytest.raises(SandboxError, match="not an ordinary file"):
        bench.freeze()
    (bench.run / name).unlink()
    os.link(secret, bench.run / name)
    with pytest.raises(SandboxError, match="not an ordinary file"):
        bench.freeze()


def test_an_app_without_a_model_can_be_frozen(bench: Bench) -> None:
    (bench.run / "model.skops").unlink()
    (bench.run / "sample.json").unlink()
    assert verify_receipt(bench.freeze()) == []


def test_other_files_than_those_submitted(bench: Bench) -> None:
    with pytest.raises(Damaged, match="not those that were submitted"):
        bench.freeze(submission=replace(bench.submission, sha256="0" * 64))


def test_copying_to_another_shelf(bench: Bench, tmp_path: Path) -> None:
    folder = bench.freeze()
    for _ in range(2):
        assert shelf.copy_version(folder, tmp_path / "other") == VersionId.parse(folder.name)
    (tmp_path / "other" / folder.name / "app.toml").write_text("x")
    with pytest.raises(Damaged):
        shelf.copy_version(folder, tmp_path / "other")
    with pytest.raises(NotFound):
        shelf.read_manifest(bench.shelf / "20261121T093000Z-000000000000")


_KILLED = """
import sys, time, pathlib
from sandbox.publishing import staging
from sandbox.publishing.archive import SubmissionFiles, write_files
real = staging.write_file
def slow(path, content):
    real(path, content)
    print(path.name, flush=True)
    time.sleep(0.05)
staging.write_file = slow
import sandbox.publishing.archive as archive
archive.write_file = slow
files = {"notebook.ipynb": b"{}"} | {f"notes{i}.md": b"x" for i in range(20)}
write_files(SubmissionFiles.of(files), pathlib.Path(sys.argv[1]) / "version")
print("done", flush=True)
time.sleep(60)
"""


@pytest.mark.parametrize("after", ["notebook.ipynb", "notes13.md", "done"])
def test_killed_at_any_moment(tmp_path: Path, after: str) -> None:
    """SIGKILL while files are written leaves nothing that can be seen, and its remains are cleared later."""
    process = subprocess.Popen([sys.executable, "-c", _KILLED, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    for line in process.stdout:
        if line.strip() == after:
            break
    process.send_signal(signal.SIGKILL)
    process.wait(30)
    process.stdout.close()
    visible = [p for p in tmp_path.iterdir() if not p.name.startswith(".")]
    if after == "done":
        assert [p.name for p in visible] == ["version"] and len(list(visible[0].iterdir())) == 21
    else:
        assert visible == [] and len(list(tmp_path.iterdir())) == 1
        assert clear_stale(tmp_path) == 0, "another process may still be at work on it"
        os.utime(next(tmp_path.iterdir()), (time.time() - 2 * 86400,) * 2)
        assert clear_stale(tmp_path) == 1 and not list(tmp_path.iterdir())
