"""Templates that sort texts and customers: what is planted in tickets and orders is found, and nobody is kept."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pandas as pd
import pytest

from sandbox.demo import TICKETS_TABLE, truths
from sandbox.publishing.bundle import rescore
from tests.templates.examined import Examinations


@pytest.mark.parametrize("name", ["ticket-triage", "customer-segments"])
def test_the_sample_scores_again_and_holds_nobody(name: str, examined: Examinations) -> None:
    import skops.io

    project = examined(name, "en")
    sample = json.loads((project.folder / "sample.json").read_text(encoding="utf-8"))
    found = rescore.score(skops.io.load(project.folder / "model.skops"), sample)
    assert len(found) >= 10
    assert not [pair for pair in zip(found, sample["predictions"], strict=True) if rescore.differs(*pair)]
    if name == "ticket-triage":
        texts = {text.lower() for text in _texts(examined.sources)}
        assert not any(row[0] in text for row in sample["rows"] for text in texts)


def test_the_words_of_queues_and_urgency_are_found(examined: Examinations) -> None:
    project = examined("ticket-triage", "zh-CN")
    right, urgency = project.metric("queue_right"), project.metric("urgency_right")
    # What was sorted wrongly or says nothing cannot be told by anybody; hardly anything else may be missed.
    assert right["model"] > 1 - truths.TICKET_SLIPS["category"] - truths.TICKET_SLIPS["vague"] - 0.02
    assert urgency["model"] > 1 - truths.TICKET_SLIPS["priority"] - 0.02
    words = project.evidence["app"]["words"]
    for planted, found in (
        (truths.TICKET_WORDS, dict(words["queues"])),
        (truths.TICKET_URGENCY, dict(words["levels"])),
    ):
        for name, telling in planted.items():
            near = [(a, b) for a in telling for b in found[name] if a in b or b in a]
            assert near, (name, found[name])


def test_no_ticket_no_name_and_no_number_is_kept_or_shown(examined: Examinations) -> None:
    project = examined("ticket-triage", "zh-CN")
    people = pd.read_csv(examined.sources / "customers.csv", dtype=str)
    everything = project.shown + "".join(
        (project.folder / name).read_text(encoding="utf-8") for name in ("evidence.json", "sample.json", "choices.json")
    )
    for column in ("name", "mobile", "email", "resident_id"):
        assert not [value for value in people[column].dropna() if len(value) > 2 and value in everything], column
    assert not [text for text in set(_texts(examined.sources)) if len(text) > 30 and text.lower() in everything]


def test_the_planted_kinds_of_buyers_are_found(examined: Examinations) -> None:
    kept = examined("customer-segments", "en").evidence["app"]
    named = {tuple(sorted(map(tuple, each["name"]))): each for each in kept["profiles"]}
    assert len(named) == len(truths.ORDER_SEGMENTS) == 4
    planted = {kind: values["share"] for kind, values in truths.ORDER_SEGMENTS.items()}
    by_word = {
        "project": next(each for name, each in named.items() if ("value", True) in name),
        "lapsed": next(each for name, each in named.items() if ("recency", True) in name),
        "new": next(each for name, each in named.items() if ("since", False) in name),
    }
    by_word["regular"] = next(each for each in kept["profiles"] if each not in by_word.values())
    for kind, share in planted.items():
        assert by_word[kind]["share"] == pytest.approx(share, abs=0.06), kind
    assert by_word["lapsed"]["again"] < 0.2 < 0.6 < by_word["regular"]["again"]
    assert by_word["project"]["revenue"] > 2 * by_word["project"]["share"]


def _texts(sources: Path) -> list[str]:
    with closing(sqlite3.connect(sources / "tickets.sqlite")) as connection:
        return [row[0] for row in connection.execute(f"SELECT body FROM {TICKETS_TABLE}").fetchall()]
