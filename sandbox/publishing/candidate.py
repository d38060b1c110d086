"""Freeze a finished run as a candidate version of the app: written beside the shelf, verified, renamed into place.

What a run leaves behind was written by hostile code, so it is read as data once more: no links, bounded sizes, JSON of
the expected form, a model of known types. The submitted files come from the submission, not from the run's folder.
"""

from __future__ import annotations

import importlib.metadata
import json
import math
import platform
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import nbformat

from sandbox.core.errors import BadInput, Damaged
from sandbox.core.findings import Level
from sandbox.core.ids import VersionId
from sandbox.core.messages import LANGUAGES, Language, as_language
from sandbox.core.project import Project, Submission
from sandbox.publishing import model, shelf
from sandbox.publishing.archive import SubmissionFiles
from sandbox.publishing.receipt import RECEIPT, PinnedSnapshot, Receipt, sha256_of, verify_receipt
from sandbox.publishing.staging import read_limited, staged, write_file

MODEL = "model.skops"
SAMPLE = "sample.json"
CHOICES = "choices.json"
EVIDENCE = "evidence.json"
LOCK = "requirements.lock"
THUMBNAIL = "thumbnail.svg"
SOURCE = "source"

MAX_JSON_BYTES = 4 * 2**20
MAX_SAMPLE_ROWS = 50
MAX_SAMPLE_COLUMNS = 500
_RUNTIME = ("scikit-learn", "skops", "pandas", "numpy", "scipy", "duckdb", "ipywidgets")
_RERUN = "Run the notebook from top to bottom in JupyterLab, then submit again."


def freeze(
    run_folder: Path,
    notebooks: Mapping[Language, Any],
    *,
    project: Project,
    submission: Submission,
    source: SubmissionFiles,
    pins: Mapping[str, Mapping[str, Any]],
    findings_level: Level,
    findings: Sequence[Mapping[str, Any]] = (),
    evidence: Mapping[str, Any],
    requirements_lock: bytes,
    thumbnail: bytes,
    destination_root: Path,
    now: datetime,
    first_views: Mapping[str, str] | None = None,
    control: str = "",
    imports: Sequence[str] = (),
) -> VersionId:
    """Make ``<destination_root>/<version>`` from a run and give its version. ``destination_root`` is the app's folder.

    ``notebooks`` are the app's notebooks without outputs; ``source`` the submitted files; ``pins`` the manifests of the
    pinned snapshots by dataset; ``first_views``, ``control`` and ``imports`` what the manifest keeps of the app's
    trial; ``now`` aware UTC. Running it again with the same content and time gives the same version. Raises BadInput
    when what the run left cannot be used, Damaged when ``source`` is not what was submitted.
    """
    if source.sha256 != submission.sha256:
        raise Damaged("The files of submission {number} are not those that were submitted.",
                      "Ask the author to submit again.", number=submission.number)  # fmt: skip
    files = {f"{SOURCE}/{name}": content for name, content in source.files.items()}
    files |= _notebook_files(notebooks)
    files |= {EVIDENCE: _json(evidence), LOCK: requirements_lock, THUMBNAIL: thumbnail}
    left, trusted = _left_by_run(run_folder)
    files |= left
    lineage = {name: PinnedSnapshot.from_manifest(manifest) for name, manifest in sorted(pins.items())}
    files[shelf.APP_TOML] = replace(
        _manifest(project, submission, lineage, notebooks, findings_level, now),
        first_views={language: view for language, view in (first_views or {}).items() if view},
        control=control,
        imports=tuple(imports),
    ).render()
    receipt = Receipt(
        app=project.slug,
        created=now.isoformat(timespec="seconds"),
        files={name: sha256_of(content) for name, content in sorted(files.items())},
        snapshots=lineage,
        submission={"number": submission.number, "sha256": submission.sha256},
        examination={"level": findings_level.value, "findings_sha256": sha256_of(_json(list(findings)))},
        trusted_types=trusted,
        versions=_versions(),
    )
    return _put(files, receipt, destination_root, VersionId.of(now, receipt.digest))


def _put(files: Mapping[str, bytes], receipt: Receipt, root: Path, version: VersionId) -> VersionId:
    folder = root / str(version)
    if folder.exists() and not verify_receipt(folder):
        return version
    with staged(folder) as beside:
        for name, content in {**files, RECEIPT: receipt.render()}.items():
            write_file(beside / name, content)
        broken = verify_receipt(beside)
        if broken:
            raise Damaged(
                "What was written is not what was meant: {lines}.",
                "Check the disk, then have the submission examined again.",
                lines="; ".join(broken),
            )
    return version


def _manifest(project: Project, submission: Submission, lineage: Mapping[str, PinnedSnapshot],
              notebooks: Mapping[Language, Any], level: Level, now: datetime) -> shelf.AppManifest:  # fmt: skip
    return shelf.AppManifest(
        slug=project.slug,
        version=VersionId.of(now, "0" * 12),  # not written to the file: the folder's name says it
        title=project.title,
        problem=project.problem,
        owner=project.owner,
        department=project.department,
        template=project.template,
        language=as_language(project.language),
        languages=tuple(tag for tag in LANGUAGES if tag in notebooks),
        kpi=project.kpi,
        pins={name: pin.version for name, pin in lineage.items()},
        submission=submission.number,
        level=level.value,
        created=now,
    )


def _notebook_files(notebooks: Mapping[Language, Any]) -> dict[str, bytes]:
    files = {}
    for language, notebook in notebooks.items():
        nbformat.validate(notebook)
        files[shelf.NOTEBOOKS[language]] = str(nbformat.writes(notebook)).encode()  # type: ignore[no-untyped-call]
    if not files:
        raise BadInput("The notebook has no app.", "Keep the cells tagged “app” that the template brought.")
    return files


def _left_by_run(folder: Path) -> tuple[dict[str, bytes], tuple[str, ...]]:
    """(files that the run left, types that skops must be told to trust). A run may leave no model."""
    files = {}
    for name, check in ((CHOICES, _any_object), (SAMPLE, check_sample)):
        try:
            files[name] = _json(check(_parsed(name, read_limited(folder / name, MAX_JSON_BYTES))))
        except FileNotFoundError:
            continue
    try:
        data = read_limited(folder / MODEL, model.MAX_BYTES)
    except FileNotFoundError:
        return files, ()
    report = model.inspect_model_bytes(data)
    if report.untrusted:
        raise BadInput("The model holds types that are not on the list: {types}.",
                       "Build it from scikit-learn's ordinary parts.", types=", ".join(report.untrusted))  # fmt: skip
    return {**files, MODEL: data}, report.trusted


def _parsed(name: str, data: bytes) -> Any:
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        raise BadInput("“{file}”, which the notebook wrote, cannot be read.", _RERUN, file=name) from None


def _any_object(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise BadInput("“{file}”, which the notebook wrote, cannot be read.", _RERUN, file=CHOICES)
    return value


def check_sample(value: Any) -> Mapping[str, Any]:
    """``value`` as a sample: columns, at most 50 rows of plain values, one prediction each. Raises BadInput."""
    try:
        columns, rows, predictions = value["columns"], value["rows"], value["predictions"]
        whole = (
            0 < len(columns) <= MAX_SAMPLE_COLUMNS
            and len(rows) <= MAX_SAMPLE_ROWS
            and all(isinstance(name, str) for name in columns)
            and all(isinstance(row, list) and len(row) == len(columns) and all(map(_is_plain, row)) for row in rows)
            and len(predictions) == len(rows)
            and all(_is_plain(p) and p is not None for p in predictions)
        )
    except (TypeError, KeyError):
        whole = False
    if not whole:
        raise BadInput("“{file}”, which the notebook wrote, is no sample of scored rows.", _RERUN, file=SAMPLE)
    extra = {key: value[key] for key in ("method", "dtypes", "positive") if key in value}
    return {**extra, "columns": columns, "rows": rows, "predictions": predictions}


def _is_plain(value: Any) -> bool:
    if isinstance(value, float):
        return math.isfinite(value)
    return value is None or isinstance(value, int) or (isinstance(value, str) and len(value) <= 1000)


def _json(value: Any) -> bytes:
    """In the order of ``value``: what an app reckons may depend on it, and it was examined with this one."""
    try:
        text = json.dumps(value, ensure_ascii=False, indent=1, allow_nan=False)
    except (ValueError, TypeError):
        raise BadInput("The evidence holds values that are no ordinary numbers or texts.", _RERUN) from None
    return text.encode("utf-8", "replace") + b"\n"


def _versions() -> dict[str, str]:
    found = {"python": platform.python_version()}
    for name in _RUNTIME:
        found[name] = importlib.metadata.version(name)
    return found
