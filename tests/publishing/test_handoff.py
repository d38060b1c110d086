"""The bundle does what its README says: unpacked in an empty folder, its script runs and notices every change."""

from __future__ import annotations

import hashlib
import io
import json
import os
import subprocess
import sys
import zipfile
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import skops.io

from sandbox.core.errors import Damaged
from sandbox.core.events import AuditEvent
from sandbox.publishing.handoff import CONTENTS, build_handoff, plain
from sandbox.publishing.receipt import Receipt, read_receipt, sha256_of, verify_receipt
from tests.publishing.conftest import NOW, Bench

_HIDE_SANDBOX = "import sys; sys.modules['sandbox'] = None; sys.argv = ['rescore.py']; import runpy; "
_RUN = _HIDE_SANDBOX + "runpy.run_path('rescore.py', run_name='__main__')"


@pytest.fixture
def bundle(bench: Bench, tmp_path: Path) -> Path:
    reviews = [
        replace(bench.submission, number=n, decision=d, reviewer="wang", reasons="Holds | <script>", decided=NOW)
        for n, d in ((3, "approved"), (2, "returned"))
    ]
    audit = [AuditEvent(1, NOW + timedelta(minutes=1), "lin", "project.submitted", "churn", {"number": 3}, hash="ab")]
    return build_handoff(
        bench.freeze(), project=bench.project, reviews=reviews, audit=audit, destination=tmp_path / "out" / "churn.zip"
    )


@pytest.fixture
def unpacked(bundle: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "at IT"
    zipfile.ZipFile(bundle).extractall(folder)
    return folder


def rescore(folder: Path) -> subprocess.CompletedProcess[str]:
    """Run the script as IT would; the sandbox itself cannot be imported."""
    environment = {"PATH": os.environ["PATH"], "PYTHONUTF8": "1"}
    return subprocess.run([sys.executable, "-c", _RUN], cwd=folder, env=environment, capture_output=True, text=True,
                          timeout=120)  # fmt: skip


def test_the_script_confirms_the_bundle(unpacked: Path) -> None:
    done = rescore(unpacked)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert "all 20 rows score as recorded" in done.stdout
    assert verify_receipt(unpacked)  # README and script are added to what the receipt covers …
    listed = dict(reversed(line.split("  ")) for line in (unpacked / "SHA256SUMS").read_text().splitlines())
    found = {str(p.relative_to(unpacked)): hashlib.sha256(p.read_bytes()).hexdigest()
             for p in unpacked.rglob("*") if p.is_file() and p.name != "SHA256SUMS"}  # fmt: skip
    assert listed == found  # … and the sums cover all


def change_model(folder: Path) -> None:
    path = folder / "model.skops"
    model = skops.io.load(path, trusted=["numpy.dtype"])
    model.named_steps["model"].coef_ *= 1.01
    skops.io.dump(model, path)


def test_a_changed_model_fails_by_its_hash(unpacked: Path) -> None:
    change_model(unpacked)
    done = rescore(unpacked)
    assert done.returncode == 1 and "not as in receipt.json: model.skops" in done.stdout


def test_a_changed_model_with_a_forged_receipt_fails_by_its_scores(unpacked: Path) -> None:
    change_model(unpacked)
    receipt = read_receipt(unpacked)
    files = {**receipt.files, "model.skops": sha256_of((unpacked / "model.skops").read_bytes())}
    (unpacked / "receipt.json").write_bytes(replace(receipt, files=files).render())
    done = rescore(unpacked)
    assert done.returncode == 1 and "rows score differently" in done.stdout


def test_a_changed_sample_or_receipt_fails(unpacked: Path) -> None:
    receipt = json.loads((unpacked / "receipt.json").read_text())
    receipt["submission"]["number"] = 99
    (unpacked / "receipt.json").write_text(json.dumps(receipt))
    assert rescore(unpacked).returncode == 1


def test_a_model_of_a_type_that_the_receipt_does_not_list_is_not_loaded(unpacked: Path) -> None:
    receipt = read_receipt(unpacked)
    forged = Receipt(**{**vars(receipt), "trusted_types": ()})
    (unpacked / "receipt.json").write_bytes(forged.render())
    done = rescore(unpacked)
    assert done.returncode == 1 and "Untrusted" in done.stdout and not done.stderr


def test_an_app_without_a_model_says_so(bench: Bench, tmp_path: Path) -> None:
    (bench.run / "model.skops").unlink()
    target = build_handoff(bench.freeze(), project=bench.project, reviews=[], audit=[], destination=tmp_path / "b.zip")
    zipfile.ZipFile(target).extractall(tmp_path / "it")
    assert rescore(tmp_path / "it").returncode == 2


def test_the_readme_tells_it_in_both_languages(unpacked: Path) -> None:
    text = (unpacked / "README.md").read_text("utf-8")
    for words in ("How to retire it", "如何下线", "--require-hashes -r requirements.lock", "lin", "12.5 → 10 %",
                  "20261120T000000Z-aaaaaaaaaaaa", "18,000", "0.83", "区分度", "- months", "returned", "退回",
                  read_receipt(unpacked).digest):  # fmt: skip
        assert words in text, words
    assert "<b>" not in text and "<script>" not in text and "$" not in text
    for name in CONTENTS:
        assert (unpacked / name).exists() and text.count(f"`{name}`") >= 2, name


def test_the_bundle_is_deterministic_and_leaves_nothing_beside(bundle: Path, bench: Bench) -> None:
    first = bundle.read_bytes()
    archive = zipfile.ZipFile(io.BytesIO(first))
    assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    again = bench.shelf / "again.zip"
    arguments = {"project": bench.project, "reviews": [], "audit": []}
    one = build_handoff(bench.freeze(), **arguments, destination=again).read_bytes()  # type: ignore[arg-type]
    two = build_handoff(bench.freeze(), **arguments, destination=again).read_bytes()  # type: ignore[arg-type]
    assert one == two and list(bundle.parent.iterdir()) == [bundle]


def test_a_damaged_version_is_not_handed_over(bench: Bench, tmp_path: Path) -> None:
    folder = bench.freeze()
    (folder / "evidence.json").write_text("{}")
    with pytest.raises(Damaged, match=r"evidence\.json"):
        build_handoff(folder, project=bench.project, reviews=[], audit=[], destination=tmp_path / "b.zip")
    assert not (tmp_path / "b.zip").exists()


def test_plain_text_stays_plain() -> None:
    assert plain("a | b\n<img> [x](y) `c`") == "a &#124; b &#60;img&#62; &#91;x&#93;(y) &#96;c&#96;"
