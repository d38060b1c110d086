"""Tickets: texts in two languages reach their queue, words say why, what few people wrote is not kept."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import make_column_transformer
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from sandbox.core.errors import BadInput
from sandbox.lab import needs, settings, ticket_views, tickets, triage
from sandbox.lab.choices import Choices, Table, complete
from sandbox.lab.project import ProjectFacts
from sandbox.lab.ticket_app import TicketsApp, marked, ticket_answer
from sandbox.lab.tickets import Sorter, Tickets

NEEDS = (
    needs.text("text", "Text", "body"),
    needs.group("queue", "Queue", "queue"),
    needs.group("urgency", "Urgency", "priority", required=False),
    needs.time("time", "Time", "opened"),
    needs.unit("who", "Who", "customer", required=False),
    needs.group("group", "Group", "language", required=False),
)
URGENT = settings.value_of("urgent", "Urgent", of="urgency", likely="high")
SAID = {
    "billing": ("the invoice is wrong, I was charged twice", "账单有误，重复扣费"),
    "outage": ("no connection at home since Monday", "家里断网，一直连不上"),
    "moving": ("we are moving to a new flat, please come along", "我们搬家，请移机到新地址"),
}
URGING = {"high": (", this is urgent", "，情况紧急"), "low": (", there is no hurry", "，不急")}
ASSUMED = {"certain": 0.0, "tickets": 1000.0, "sort": 2.0, "lost": 15.0, "hour": 60.0}


def some(count: int = 900, seed: int = 4) -> pd.DataFrame:
    """Tickets whose queue and urgency follow from what they say; every customer writes about three."""
    random = np.random.default_rng(seed)
    queue, urgency = random.choice(list(SAID), count), random.choice(list(URGING), count)
    language = random.integers(0, 2, count)
    rows = zip(queue, urgency, language, strict=True)
    return pd.DataFrame({
        "opened": pd.Timestamp("2026-01-01") + pd.to_timedelta(np.sort(random.integers(0, 300, count)), "D"),
        "customer": [f"C-{number:05d}" for number in random.integers(0, count // 3, count)],
        "language": np.where(language == 0, "en", "zh-CN"),
        "body": [f"{SAID[q][way]}{URGING[u][way]} ［姓名］ 138{n:08d}" for n, (q, u, way) in enumerate(rows)],
        "queue": queue, "priority": urgency,
    })  # fmt: skip


def read(frame: pd.DataFrame, pin) -> Tickets:
    pin(tickets=frame)
    there = Table.of("tickets")
    return tickets.tickets_of(complete(Choices(), NEEDS, there, None, (URGENT,)), there)


def fit(learn: Tickets):
    words = TfidfVectorizer(analyzer="char", ngram_range=(2, 5), vocabulary=learn.pieces(), sublinear_tf=True)
    model = make_pipeline(make_column_transformer((words, "text")), LogisticRegression(C=10, max_iter=300))
    return model.fit(learn.facts, learn.outcome)


@pytest.fixture
def sorted_out(pin):
    found = read(some(), pin)
    learn, check = found.split()
    model = fit(learn)
    return found, learn, check, model, triage.evaluate_triage(model, learn, check)


def test_queue_and_urgency_are_told_in_both_languages(sorted_out):
    found, learn, check, model, judged = sorted_out
    assert found.levels == ("high", "low") and set(found.queues) == set(SAID)
    assert learn.time.max() < check.time.min(), "learned from the earlier ones"
    assert judged.queue.model > 0.99 and judged.urgency.model > 0.99
    sorter = Sorter.of(model, found)
    for queue, said in SAID.items():
        for text in said:
            chances, _ = sorter.read([tickets.clean(text)])
            assert sorter.queues[int(chances[0].argmax())] == queue, text
    _, urgency = sorter.read([tickets.clean("家里断网，情况紧急")])
    assert urgency[0][0] > 0.5


def test_marks_and_numbers_are_not_learned(sorted_out):
    found, *_ = sorted_out
    assert not any("姓名" in text or any(c.isdigit() and c != "0" for c in text) for text in found.texts)
    assert tickets.clean("  请联系 ［手机］ or [name],\n ROOM 1234 ") == "请联系 or , room 0000"


def test_what_few_people_wrote_is_not_in_the_model(pin):
    frame = some()
    loud = frame["customer"] == frame["customer"].iloc[0]
    frame.loc[loud, "body"] = "my secret codeword is xylophone"
    frame.loc[frame.index[:60], "customer"] = frame["customer"].iloc[0]  # one person who writes very often
    frame.loc[frame.index[:60], "body"] = "xylophone again"
    pieces = read(frame, pin).pieces()
    assert "urgen" in pieces and "断网" in pieces
    assert not [piece for piece in pieces if piece in "xylophone" and len(piece) > 3]


def test_words_say_why_and_a_filter_is_the_baseline(sorted_out):
    found, _, check, model, judged = sorted_out
    sorter = Sorter.of(model, found)
    text = tickets.clean("hello, no connection since monday")
    best = triage.words_for(sorter, text, 0, "outage")[0]
    assert text[best.start : best.end] in ("connection", "monday", "no", "since")
    sure, without = triage.without_each(sorter, text, "outage")
    assert without[0][1] < sure
    queues, levels = triage.telling_words(model, check)
    told = dict(ticket_views.words_by_name(queues, found.queues))
    assert any("断网" in word or "连不上" in word for word in told["outage"])
    assert any(word in ("urgent", "this") for word in dict(ticket_views.words_by_name(levels, found.levels))["high"])
    assert all(each.people >= 10 for each in [*queues, *levels])
    assert set(judged.rules) == set(SAID) and judged.queue.baseline > 0.8


def test_the_surer_it_must_be_the_more_go_to_a_person(sorted_out):
    *_, judged = sorted_out
    sizes = [row[1] for row in judged.curve()]
    assert sizes == sorted(sizes, reverse=True) and sizes[0] == len(judged.right)
    assert ticket_views.certain_from(ASSUMED) == pytest.approx(1 - 2 / 15)
    assert ticket_views.certain_from({**ASSUMED, "certain": 60}) == 0.6
    assert ticket_views.point_at([], 0.9) == (0, 0), "where too few are left, people sort"


@pytest.mark.parametrize("spoil", ["few", "one queue", "no text", "no queue"])
def test_data_that_cannot_teach_are_told_in_words(pin, spoil):
    frame = some(150 if spoil == "few" else 600)
    if spoil == "one queue":
        frame["queue"] = np.where(np.arange(len(frame)) < 590, "billing", "outage")
    if spoil == "no text":
        frame.loc[frame.index[100:], "body"] = None
    if spoil == "no queue":
        frame.loc[frame.index[60:], "queue"] = None
    with pytest.raises(BadInput, match="too little to learn sorting from"):
        read(frame, pin)


def test_a_hundred_queues_leave_the_rare_ones_to_people(pin):
    frame = some(1500)
    frame["queue"] = [f"queue {n % 97}" if n % 3 == 0 else q for n, q in enumerate(frame["queue"])]
    found = read(frame, pin)
    assert set(found.queues) == set(SAID)
    assert any("97 of 100 queues" in note for note in found.notes)


def test_without_urgency_and_people_only_queues_are_told(pin):
    found = read(some().drop(columns=["priority", "customer", "language"]), pin)
    learn, check = found.split()
    judged = triage.evaluate_triage(fit(learn), learn, check)
    assert found.levels == () and judged.urgency is None and judged.queue.model > 0.99
    assert ticket_views.show_groups_served(judged, check, ASSUMED) == []


def test_one_ticket_is_answered_and_hostile_values_are_made_harmless(sorted_out):
    found, _, _, model, judged = sorted_out
    app = TicketsApp(ProjectFacts(), {"figures": judged.figures}, Sorter.of(model, found), ASSUMED)
    told = ticket_answer(app, {"text": "there is no connection at home since Monday, this is urgent"})
    assert "outage" in told and "Goes there by itself" in told and "Put it on top" in told and "<mark>" in told
    assert "You decide: “billing”" in ticket_answer(app, {"text": "no connection at home", "own": "billing"})
    assert "A person sorts this one" in ticket_answer(app, {"text": "quux zork blip"})
    for text in (None, 7, [], "", "  ", "［手机］"):
        assert "Write or paste" in ticket_answer(app, {"text": text})
    evil = ticket_answer(app, {"text": "<script>alert(1)</script> no connection", "own": "<b>"})
    assert "<script" not in evil and "&lt;script&gt;" in evil
    assert len(ticket_answer(app, {"text": "no connection " * 100_000})) < 50_000
    assert marked("a<b", []) == "<p>a&lt;b</p>"
