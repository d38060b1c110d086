"""The bundle that IT takes over: one zip with the version, its receipt, a bilingual README and a re-scoring script.

The same version, reviews and audit lines give the same bytes. The files of the version keep their names, so that the
receipt can be checked inside the unpacked bundle; what is added to them is listed in ``SHA256SUMS`` with the rest.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from string import Template
from typing import Any

from sandbox.core.events import AuditEvent
from sandbox.core.messages import LANGUAGES, Language
from sandbox.core.project import Project, Submission
from sandbox.i18n import catalogue
from sandbox.publishing.archive import pack_files
from sandbox.publishing.receipt import RECEIPT, Receipt, read_receipt, sha256_of
from sandbox.publishing.shelf import AppManifest, verified
from sandbox.store.workspace import write_atomically

README, RESCORE, REVIEWS, SUMS = "README.md", "rescore.py", "reviews.json", "SHA256SUMS"
_TEXTS = Path(__file__).parent / "bundle"

#: What each file is, in the order of the README; msgids of the catalogue.
CONTENTS: Mapping[str, str] = {
    RESCORE: "checks this bundle and re-scores the sample",
    "requirements.lock": "the environment, every package with its hash",
    "model.skops": "the fitted model; can be read without running anything",
    "sample.json": "masked rows with the scores that were recorded",
    "app.ipynb": "the app, English",
    "app.zh-CN.ipynb": "the app, Chinese",
    "app.toml": "title, owner, KPI and pinned snapshots of the version",
    "choices.json": "what the author chose in the form",
    "evidence.json": "measures, baseline, explanation and value that the examination recorded",
    "source/notebook.ipynb": "the notebook as it was submitted, with the steps that fitted the model",
    "thumbnail.svg": "the picture in the gallery",
    RECEIPT: "what binds all of this together by hash",
    REVIEWS: "who decided what, when and why",
    SUMS: "hashes of all files, for `sha256sum -c`",
}


def build_handoff(
    app_folder: Path,
    *,
    project: Project,
    reviews: Sequence[Submission],
    audit: Sequence[AuditEvent],
    destination: Path,
) -> Path:
    """Write the bundle of the version in ``app_folder`` to the zip file ``destination`` and give its path.

    ``reviews`` are the project's decided submissions, ``audit`` its events. Raises Damaged when the version is not what
    its receipt says: nothing unreviewed leaves the house.
    """
    manifest = verified(app_folder)
    receipt = read_receipt(app_folder)
    files = {name: (app_folder / name).read_bytes() for name in (*receipt.files, RECEIPT)}
    files[RESCORE] = (_TEXTS / RESCORE).read_bytes()
    files[REVIEWS] = _decisions_file(reviews, audit)
    names = {*files, README, SUMS}
    parts = (_readme(tag, manifest, receipt, project, reviews, files, names) for tag in LANGUAGES)
    files[README] = "\n---\n\n".join(parts).encode()
    files[SUMS] = "".join(f"{sha256_of(files[name])}  {name}\n" for name in sorted(files)).encode()
    destination.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_atomically(destination, pack_files(files))
    return destination


def _decisions_file(reviews: Sequence[Submission], audit: Sequence[AuditEvent]) -> bytes:
    content = {
        "reviews": [
            {"submission": r.number, "submitted_by": r.submitted_by, "submitted": r.submitted.isoformat(),
             "decision": r.decision, "reviewer": r.reviewer, "reasons": r.reasons,
             "decided": r.decided.isoformat() if r.decided else None, "version": r.version}
            for r in sorted(reviews, key=lambda r: r.number)
        ],
        "audit": [
            {"seq": e.seq, "time": e.time.isoformat(), "actor": e.actor, "action": e.action, "subject": e.subject,
             "details": dict(e.details), "hash": e.hash}
            for e in audit
        ],
    }  # fmt: skip
    return json.dumps(content, ensure_ascii=False, sort_keys=True, indent=1, default=str).encode() + b"\n"


def _readme(language: Language, manifest: AppManifest, receipt: Receipt, project: Project,
            reviews: Sequence[Submission], files: Mapping[str, bytes], names: set[str]) -> str:  # fmt: skip
    _ = catalogue(language).gettext
    sample = json.loads(files.get("sample.json", b"{}"))
    evidence = json.loads(files.get("evidence.json", b"{}"))
    kpi = manifest.kpi
    nothing = _("none recorded")
    fields = {
        "title": plain(manifest.title),
        "problem": plain(manifest.problem),
        "owner": plain(project.owner),
        "department": plain(manifest.department or nothing),
        "kpi": plain(f"{kpi.name}: {kpi.baseline:g} → {kpi.target:g} {kpi.unit}"),
        "slug": manifest.slug,
        "version": str(manifest.version),
        "submission": str(manifest.submission),
        "submission_sha256": str(receipt.submission["sha256"]),
        "level": _(manifest.level),
        "digest": receipt.digest,
        "environment": ", ".join(f"{name} {version}" for name, version in sorted(receipt.versions.items())),
        "contents": _rows([f"`{name}`", _(text)] for name, text in CONTENTS.items() if name in names),
        "lineage": _rows(_lineage(receipt)) or _rows([[nothing, "", "", "", ""]]),
        "columns": "\n".join(f"- {plain(name)}" for name in sample.get("columns", ())) or f"- {nothing}",
        "metrics": _rows(_metrics(evidence, language)) or _rows([[nothing, "", "", ""]]),
        "decisions": "\n".join(_decision(r, _) for r in sorted(reviews, key=lambda r: r.number)) or f"- {nothing}",
    }
    return Template((_TEXTS / f"README.{language}.md").read_text("utf-8")).substitute(fields)


def _rows(rows: Any) -> str:
    return "\n".join("| " + " | ".join(cells) + " |" for cells in rows)


def _lineage(receipt: Receipt) -> list[list[str]]:
    return [
        [name, f"`{pin.version}`", _count(pin.rows), _count(pin.units), f"`{pin.content_hash[:16]}`"]
        for name, pin in receipt.snapshots.items()
    ]


def _metrics(evidence: Any, language: Language) -> list[list[str]]:
    """Rows of the table of measures; evidence was written by a notebook, so whatever does not fit is left out."""
    metrics = evidence.get("metrics", ()) if isinstance(evidence, dict) else ()
    rows = []
    for metric in metrics if isinstance(metrics, list) else ():
        if isinstance(metric, dict):
            label = metric.get("label")
            name = label.get(language) if isinstance(label, dict) else metric.get("name")
            figures = [_figure(metric.get(key)) for key in ("model", "baseline", "rows")]
            rows.append([plain(str(name or metric.get("name", ""))), *figures])
    return rows


def _decision(review: Submission, _: Any) -> str:
    decided = review.decided.date().isoformat() if review.decided else ""
    reasons = plain(review.reasons) or _("no reasons given")
    return f"- {decided} · {review.number} · {_(review.decision or '')} · {plain(review.reviewer or '')}: {reasons}"


def _figure(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else _count(value)


def _count(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else "–"


def plain(text: str) -> str:
    """A person's text as one line of Markdown that shows exactly these characters: no link, image, table or HTML."""
    line = " ".join(text.split())
    return re.sub(r"([\\`*_\[\]{}#|!~$<>&])", lambda found: f"&#{ord(found[1])};", line)
