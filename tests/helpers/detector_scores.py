"""Precision and recall of the detectors on the labelled corpus."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from sandbox.personal import detect
from tests.helpers.personal_corpus import WRITTEN, corpus


@dataclass(frozen=True)
class Score:
    """Shares, 0 to 1. ``precision``: of the hits of this kind; ``recall``: of what was written."""

    precision: float
    recall: float


def scores(seed: int, each: int) -> dict[str, Score]:
    """A hit is right if it is of the kind that was written and covers it, or a part of at least two thirds."""
    right, wrong, missed = Counter[str](), Counter[str](), Counter[str]()
    made = corpus(seed, each)
    for labelled, hits in zip(made, detect([one.text for one in made]), strict=True):
        open_ = list(labelled.truths)
        for hit in hits:
            if found := next((t for t in open_ if t[0] == hit.kind and _covers(hit.written, t[1])), None):
                right[hit.kind] += 1
                open_.remove(found)
            else:
                wrong[hit.kind] += 1
        for kind, _ in open_:
            missed[kind] += 1
    return {
        kind: Score(right[kind] / max(1, right[kind] + wrong[kind]), right[kind] / max(1, right[kind] + missed[kind]))
        for kind in WRITTEN
    }


def _covers(written: str, value: str) -> bool:
    return value in written or (written in value and len(written) * 3 >= len(value) * 2)
