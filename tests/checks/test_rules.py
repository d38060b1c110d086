"""Rules without a model are held to a plain way of doing the same, and must say what they are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from sandbox.checks import baseline, explanation
from sandbox.core.findings import Level

METRIC = {"name": "problems_found", "model": 0.9, "baseline": 0.4, "interval": [0.85, 0.95], "rows": 320}


class Seen:
    """Facts as far as these checks look."""

    def __init__(self, **evidence: Any) -> None:
        self.evidence: Mapping[str, Any] = {"method": "rules", **evidence}


@pytest.mark.parametrize(
    ("metrics", "level"),
    [
        ([METRIC], Level.PASS),
        ([METRIC | {"model": 0.4}], Level.FAIL),
        ([METRIC | {"interval": [0.3, 0.95]}], Level.REVIEW),
        ([METRIC | {"rows": 20}], Level.REVIEW),
        ([], Level.FAIL),
        ("x", Level.FAIL),
    ],
)
def test_rules_must_be_better_than_the_plain_way(metrics, level):
    assert [finding.level for finding in baseline.check(Seen(metrics=metrics))] == [level]


def test_a_model_does_not_pass_as_rules():
    found = baseline.check(Seen(metrics=[METRIC | {"model": 0.3}], model={"kind": "LogisticRegression"}))
    assert "The model is not better" in str(next(iter(found)).message)


def test_rules_must_say_what_they_are():
    factor = {"factor": "limit", "direction": "+", "weight": 0.1}
    assert [f.level for f in explanation.check(Seen(explanation={"overall": [factor], "cases": 4}))] == [Level.PASS]
    assert [f.level for f in explanation.check(Seen(explanation={}))] == [Level.FAIL]
