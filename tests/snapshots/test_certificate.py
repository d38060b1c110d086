"""The certificate: whoever has the folder and the public key can check every statement, and forging one is found."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import duckdb
import pytest

from sandbox.core.errors import BadInput
from sandbox.snapshots.certificate import (
    CERTIFICATE,
    Signer,
    encode_key,
    issue,
    parse_key,
    read_certificate,
    signed_by,
    statements,
)
from sandbox.snapshots.fingerprint import file_sha256
from sandbox.snapshots.grade import grade_of
from sandbox.snapshots.manifest import DATA, MANIFEST, FileFacts, read_manifest
from sandbox.snapshots.verify import verify_snapshot
from tests.snapshots.conftest import Builder, column, spec_of

SIGNER = Signer.of(bytes(range(32)))
OTHER = Signer.of(bytes(range(1, 33)))


@pytest.fixture
def certified(build: Builder) -> Path:
    folder = build(signer=SIGNER).folder
    for file in folder.iterdir():
        file.chmod(0o644)
    return folder


def wrong(folder: Path, public: bytes = SIGNER.public) -> set[str]:
    return {line.name for line in verify_snapshot(folder, public) if not line.ok}


def change(folder: Path, **changes: Any) -> None:
    data = json.loads((folder / CERTIFICATE).read_text())
    (folder / CERTIFICATE).write_text(json.dumps({**data, **changes}))


def test_a_certified_snapshot_needs_only_its_folder_and_the_public_key(certified: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "usb stick" / "for the auditor"
    shutil.copytree(certified, elsewhere)
    lines = verify_snapshot(elsewhere, parse_key(encode_key(SIGNER.public)), moved=True)
    assert all(line.ok for line in lines)
    assert not all(line.ok for line in verify_snapshot(elsewhere)), "in a workspace people pin it by its name"
    assert {"certificate", "signature"} <= {line.name for line in lines}


def test_it_holds_no_secret_and_no_raw_value(certified: Path) -> None:
    text = (certified / CERTIFICATE).read_text()
    assert bytes(range(32)).hex() not in text
    assert "Lonely" not in text and "Atlantis" not in text
    assert "Signer(" in repr(SIGNER) and bytes(range(32)).hex() not in repr(SIGNER)


@pytest.mark.parametrize(
    "statement",
    [
        {"grade": {"standard": "GB/T 42460-2023", "grade": 4, "threshold": 0.25, "highest_risk": 0.0}},
        {"rows": {"entered": 1, "published": 1, "left_out": 0}},
        {"rules": {}},
        {"gates": []},
        {"content_hash": "0" * 64},
        {"record": {"responsible": "somebody else"}},
    ],
    ids=lambda s: next(iter(s)),
)
def test_every_statement_is_recomputed(certified: Path, statement: dict[str, Any]) -> None:
    change(certified, **statement)
    assert wrong(certified) == {"certificate", "signature"}
    line = next(line for line in verify_snapshot(certified) if line.name == "certificate")
    assert next(iter(statement)) in line.detail.render()


def test_a_threshold_that_suits_the_publisher_is_under_the_signature(certified: Path) -> None:
    grade = json.loads((certified / CERTIFICATE).read_text())["grade"]
    change(certified, grade={**grade, "threshold": 0.9, "grade": 3})
    assert "signature" in wrong(certified)


def test_nobody_else_can_sign(certified: Path) -> None:
    manifest = read_manifest(certified)
    (certified / CERTIFICATE).write_bytes(issue(manifest, OTHER))
    assert wrong(certified) == {"signature"}
    assert wrong(certified, OTHER.public) == set()


def test_forging_data_manifest_and_certificate_leaves_the_signature(certified: Path) -> None:
    """The strongest forger without the key: all hashes fit, and it is still found."""
    with duckdb.connect(str(certified / DATA)) as connection:
        connection.execute("UPDATE data SET spent = 0")
    manifest = read_manifest(certified)
    file = FileFacts(bytes=(certified / DATA).stat().st_size, sha256=file_sha256(certified / DATA))
    (certified / MANIFEST).write_bytes(manifest.model_copy(update={"file": file}).render())
    (certified / CERTIFICATE).write_bytes(issue(read_manifest(certified), OTHER))
    assert "signature" in wrong(certified)


def test_who_is_to_sign_reads_what_the_grade_does_not_cover(build: Builder) -> None:
    described = {
        "id": column("identifier", {"pseudonym": "customer"}),
        "name": column("sensitive", "redact"),
        "spent": column("measure", "keep"),
    }
    folder = build(spec_of(columns=described, gates=[]), signer=SIGNER).folder
    words = json.loads((folder / CERTIFICATE).read_text())["text"]
    english = (
        "Sales answers for it",
        "Left behind there: city, age",
        "grade 4 of GB/T 42460-2023",
        "do not count spent",
    )
    chinese = ("由 Sales 负责", "未带出的列：city, age", "GB/T 42460-2023 4 级", "未计入 spent")
    for language, wanted in (("en", (*english, "name: free text")), ("zh-CN", (*chinese, "name：自由文本"))):
        assert all(word in " ".join(words[language]) for word in wanted), language


@pytest.mark.parametrize("text", ["", "{", "[]", '{"signature": 7}', '{"signature": {"algorithm": "none"}}'])
def test_a_broken_certificate_is_a_line_and_not_a_crash(certified: Path, text: str) -> None:
    (certified / CERTIFICATE).write_text(text)
    assert "certificate" in wrong(certified)


def test_without_a_certificate_nobody_vouches(certified: Path) -> None:
    (certified / CERTIFICATE).unlink()
    assert wrong(certified) == {"certificate"}
    assert all(line.ok for line in verify_snapshot(certified))


def test_a_signature_of_another_algorithm_is_refused(certified: Path) -> None:
    found = read_certificate(certified)
    assert found is not None
    assert signed_by(found, SIGNER.public)
    assert not signed_by({**found, "signature": {**found["signature"], "algorithm": "HS256"}}, SIGNER.public)


@pytest.mark.parametrize("text", ["", "ed25519:", "rsa:AAAA", "ed25519:AAAA", "ed25519:" + "é" * 43])
def test_a_public_key_that_is_none(text: str) -> None:
    with pytest.raises(BadInput, match="not a public key"):
        parse_key(text)


def test_the_grade_follows_the_measured_risk(build: Builder) -> None:
    assert _grade(build) == 3  # the smallest class that is left has ten people
    lonely = {"gates": [{"k_anonymity": {"k": 2, "suppress": 1.0}}]}
    columns = spec_of().model_dump(mode="json", by_alias=True)["columns"]
    no_quasi = {n: {**c, "rule": "drop"} if c["class"] == "quasi" else c for n, c in columns.items()}
    assert _grade(build, columns=no_quasi, gates=[]) == 4
    assert _grade(build, **lonely) == 3
    assert _grade(build, columns=columns, **lonely, threshold=0.05) == 2


def _grade(build: Builder, threshold: float | None = None, **changes: Any) -> int:
    manifest = build(spec_of(**changes)).manifest
    grade = grade_of(manifest) if threshold is None else grade_of(manifest, threshold)
    assert grade is not None
    return grade.number


def test_the_record_names_every_criterion_and_the_package_it_belongs_to(certified: Path) -> None:
    """SATRE 2.0.1, 3.3.09: parameters, thresholds, suppression, versions of tools, tied to what is released."""
    manifest = read_manifest(certified)
    record = json.loads((certified / CERTIFICATE).read_text())["record"]
    assert record["standard"] == "SATRE 2.0.1, 3.3.09"
    assert record["treatment"]["age"] == {"kind": "band", "width": 10} | record["treatment"]["age"]
    assert record["left_behind"] == ["name"]
    assert record["criteria"]["gates"] == [{"kind": "k_anonymity", "k": 3, "suppress": 0.2}]
    assert record["criteria"]["highest_risk_below"] == 0.25
    assert record["criteria"]["least_units_in_statistics"] == 10
    assert record["suppressed"] == {"rows": 1, "units": 1}
    assert record["tools"] == dict(manifest.versions)
    assert record["package"]["file_sha256"] == file_sha256(certified / DATA)


def test_a_certificate_of_the_first_format_still_holds(certified: Path) -> None:
    manifest = read_manifest(certified)
    old = {**read_certificate(certified), **statements(manifest, form=1)}  # type: ignore[dict-item]
    assert old["record"]["standard"] == "SATRE 3.3.09" and "criteria" not in old["record"]
    (certified / CERTIFICATE).write_text(json.dumps(old))
    assert wrong(certified) == {"signature"}, "but for the signature, which only the old program could give"
    change(certified, record={**old["record"], "responsible": "somebody else"})
    assert wrong(certified) == {"certificate", "signature"}
