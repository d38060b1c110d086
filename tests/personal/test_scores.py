"""What docs/detectors.md says about the detectors is measured again, on other texts."""

from __future__ import annotations

import re
from pathlib import Path

from sandbox.personal import DETECTORS
from tests.helpers.detector_scores import scores

DOCS = Path(__file__).resolve().parents[2] / "docs" / "detectors.md"
ROW = re.compile(r"^\| `(\w+)` \|.*\| (yes|no) \| ([\d.]+|–) \| ([\d.]+|–) \|$", re.M)
CHECKSUMMED = ("resident_id", "residence_card", "credit_code", "bank_card", "iban")


def test_the_table_in_the_docs_is_what_is_measured() -> None:
    rows = {kind: rest for kind, *rest in ROW.findall(DOCS.read_text(encoding="utf-8"))}
    assert set(rows) == set(DETECTORS)
    assert {kind for kind, (sure, *_) in rows.items() if sure == "yes"} == {k for k, d in DETECTORS.items() if d.sure}
    found = scores(seed=3, each=100)
    for kind, score in found.items():
        _, precision, recall = rows[kind]
        assert abs(score.precision - float(precision)) <= 0.05, (kind, score)
        assert abs(score.recall - float(recall)) <= 0.06, (kind, score)
        assert score.precision >= 0.93, (kind, score)
        assert score.recall >= (0.98 if kind in CHECKSUMMED else 0.85), (kind, score)
