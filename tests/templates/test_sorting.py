"""Templates that sort texts and customers: what is planted in tickets and orders is found, in both languages."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest

from sandbox.checks import baseline, explanation
from sandbox.core.findings import Level
from sandbox.core.specfile import parse_spec
from sandbox.demo import TICKETS_TABLE, truths, write_company
from sandbox.notebooks.execute import RunReport
from sandbox.publishing.bundle import rescore
from sandbox.publishing.model import inspect_model
from sandbox.snapshots.build import build_snapshot
from tests.conftest import ROOT
from tests.templates.running import LONGEST, evidence, metric, run, seen

DATASET = {"ticket-triage": "tickets", "customer-segments": "orders"}
STUDIO = {"ticket-triage": "zh-CN", "customer-segments": "en"}
#: A word of the app in each language, and one that only the other language has.
WORDS = {
    "ticket-triage": ("go to their queue without a person", "无需人工，直接进入队列"),
    "customer-segments": ("bought again within 90 days", "在 90 天内再次购买"),
}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Snapshots as a steward builds them: the texts of the tickets are redacted. ``sources`` is the raw company."""
    folder = tmp_path_factory.mktemp("sorting")
    write_company(folder / "sources", seed=7, scale=0.3)
    made = {"sources": folder / "sources"}
    for name in DATASET.values():
        (folder / name).mkdir()
        spec = parse_spec((ROOT / "datasets" / f"{name}.yaml").read_text(encoding="utf-8"), name)
        made[name] = build_snapshot(
            spec,
            base=folder,
            parent=folder / name,
            key_of=lambda entity: entity.encode().ljust(32, b"."),
            now=datetime(2026, 10, 1, tzinfo=UTC),
        ).folder
    return made


@pytest.fixture(scope="module")
def studios(built, tmp_path_factory) -> dict[str, tuple[RunReport, Path]]:
    """Each template once, in one of the languages."""
    made = {}
    for name, dataset in DATASET.items():
        folder = tmp_path_factory.mktemp(name)
        made[name] = run(name, {dataset: built[dataset]}, folder, STUDIO[name]), folder
        print(f"{name}: {made[name][0].seconds:.1f} s")
    return made


@pytest.mark.parametrize("name", DATASET)
def test_the_run_leaves_what_an_examination_asks_for(name, studios):
    report, folder = studios[name]
    assert report.error is None and report.seconds < LONGEST
    read = inspect_model(folder / "model.skops")
    assert read.untrusted == () and read.carries_rows == ()
    kept = evidence(folder)
    print(name, kept["metrics"])

    class Seen:
        evidence = kept

    for check in (baseline, explanation):
        assert {finding.level for finding in check.check(Seen)} == {Level.PASS}, check.NAME
    assert kept["value"]["expected"] is not None and kept["value"]["assumptions"]
    text = seen(report)
    assert ("See the result" in text) == (STUDIO[name] == "en")
    assert ("查看结果" in text) == (STUDIO[name] == "zh-CN")


@pytest.mark.parametrize("name", DATASET)
def test_the_sample_scores_again_and_holds_nobody(name, studios, built):
    import skops.io

    _, folder = studios[name]
    sample = json.loads((folder / "sample.json").read_text(encoding="utf-8"))
    found = rescore.score(skops.io.load(folder / "model.skops"), sample)
    assert len(found) >= 10
    assert not [pair for pair in zip(found, sample["predictions"], strict=True) if rescore.differs(*pair)]
    if name == "ticket-triage":
        texts = {text.lower() for text in _texts(built["sources"])}
        assert not any(row[0] in text for row in sample["rows"] for text in texts)


@pytest.mark.parametrize("language", ["en", "zh-CN"])
@pytest.mark.parametrize("name", DATASET)
def test_the_app_opens_from_what_was_frozen(name, language, studios, built):
    _, folder = studios[name]
    frozen = json.dumps(evidence(folder), ensure_ascii=False, sort_keys=True)  # as publication writes it
    (folder / "evidence.json").write_text(frozen, encoding="utf-8")
    before = {file.name: file.read_bytes() for file in folder.iterdir() if file.is_file()}
    dataset = DATASET[name]
    opened = run(name, {dataset: built[dataset]}, folder, language, "app")
    assert opened.error is None
    text = seen(opened)
    english, chinese = WORDS[name]
    assert (english in text, chinese in text) == (language == "en", language == "zh-CN")
    assert "could not be calculated" not in text and "无法计算" not in text
    assert "<svg" in text and "FloatSliderModel" in text and "DropdownModel" in text
    assert ("TextareaModel" in text) == (name == "ticket-triage")
    assert {file.name: file.read_bytes() for file in folder.iterdir() if file.is_file()} == before


def test_the_words_of_queues_and_urgency_are_found(studios):
    _, folder = studios["ticket-triage"]
    right, urgency = metric(folder, "queue_right"), metric(folder, "urgency_right")
    # What was sorted wrongly or says nothing cannot be told by anybody; hardly anything else may be missed.
    assert right["model"] > 1 - truths.TICKET_SLIPS["category"] - truths.TICKET_SLIPS["vague"] - 0.02
    assert urgency["model"] > 1 - truths.TICKET_SLIPS["priority"] - 0.02
    words = evidence(folder)["app"]["words"]
    for planted, found in (
        (truths.TICKET_WORDS, dict(words["queues"])),
        (truths.TICKET_URGENCY, dict(words["levels"])),
    ):
        for name, telling in planted.items():
            near = [(a, b) for a in telling for b in found[name] if a in b or b in a]
            assert near, (name, found[name])


def test_no_ticket_no_name_and_no_number_is_kept_or_shown(studios, built):
    report, folder = studios["ticket-triage"]
    people = pd.read_csv(built["sources"] / "customers.csv", dtype=str)
    everything = seen(report) + "".join(
        (folder / name).read_text(encoding="utf-8") for name in ("evidence.json", "sample.json", "choices.json")
    )
    for column in ("name", "mobile", "email", "resident_id"):
        assert not [value for value in people[column].dropna() if len(value) > 2 and value in everything], column
    assert not [text for text in set(_texts(built["sources"])) if len(text) > 30 and text.lower() in everything]


def test_the_planted_kinds_of_buyers_are_found(studios):
    _, folder = studios["customer-segments"]
    kept = evidence(folder)["app"]
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
