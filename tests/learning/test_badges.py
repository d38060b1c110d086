"""Badges open data: they are earned by the right answers of one person, and by nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sandbox.catalog import Catalog
from sandbox.core.errors import BadgeMissing, BadInput, Conflict, NotFound, TooBusy
from sandbox.core.project import Kpi, NewProject
from sandbox.core.roles import Person, Role
from sandbox.settings import Settings
from sandbox.workflows import learn
from sandbox.workflows.access import held_badges
from sandbox.workflows.build_dataset import build_dataset
from sandbox.workflows.services import Services
from sandbox.workflows.start_project import project_grants, renew_pins, start_project

from .answering import asked, complete, right, wrong

PATH = "judging-a-result"
ANN = Person("ann", "Ann", frozenset({Role.STAFF}))
BEA = Person("bea", "Bea", frozenset({Role.STAFF}))
RITA = Person("rita", "Rita", frozenset({Role.REVIEWER}))
START = datetime(2026, 11, 21, 9, tzinfo=UTC)
SPEC = """
format: 1
name: guarded
title: {en: Guarded, zh-CN: 受保护}
description: {en: A table., zh-CN: 一张表。}
owner: Data Office
source: {kind: csv, path: sources/guarded.csv}
unit: {column: machine, entity: machine, personal: false}
columns:
  machine: {class: measure, rule: keep, description: {en: Machine, zh-CN: 机器}}
access: {badges: [judging-a-result]}
"""


class Clock:
    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    opened = replace(Services.open(Settings(home=tmp_path / "home")), now=Clock())
    with opened.registry.transaction("operator") as tx:
        for person in (ANN, BEA, RITA):
            tx.put_person(person, START)
    (opened.workspace.sources / "guarded.csv").write_text("machine\n" + "\n".join(f"m{n}" for n in range(30)))
    opened.workspace.datasets.mkdir()
    (opened.workspace.datasets / "guarded.yaml").write_text(SPEC, encoding="utf-8")
    yield opened
    opened.close()


def later(services: Services, **time: float) -> None:
    services.now.now += timedelta(**time)  # type: ignore[attr-defined]


def events(services: Services, action: str) -> list[object]:
    with services.registry.reading() as reading:
        return [event for event in reading.audit() if event.action == action]


def new() -> NewProject:
    return NewProject("Try", "x", Kpi("k", "%", 1, 2), "", "machine-failure", ("guarded",), "en")


def test_the_last_right_answer_earns_the_badge_once_and_leaves_a_record(services: Services) -> None:
    complete(services, ANN, PATH, leave=1)
    assert not held_badges(services, ANN)
    name = learn.learning_path(PATH).exercises[-1].name
    answer = right(asked(services, ANN, PATH, name))
    assert learn.answer(services, ANN, PATH, name, answer).badge
    assert not learn.answer(services, ANN, PATH, name, answer).badge  # again: nothing new
    assert held_badges(services, ANN) == {PATH}
    assert not held_badges(services, BEA)
    [event] = events(services, "badge.earned")
    assert (event.actor, event.subject, event.details["badge"], event.details["tries"]) == ("ann", "ann", PATH, 7)  # type: ignore[attr-defined]
    services.registry.verify_audit()


def test_a_colleagues_answers_earn_nothing(services: Services) -> None:
    complete(services, BEA, PATH)
    for exercise in learn.learning_path(PATH).exercises:
        hers = right(asked(services, BEA, PATH, exercise.name))
        with pytest.raises(Conflict):
            learn.answer(services, ANN, PATH, exercise.name, hers)
        if "marks" in hers:
            mine = asked(services, ANN, PATH, exercise.name).id
            with pytest.raises(BadInput):
                learn.answer(services, ANN, PATH, exercise.name, {**hers, "question": mine})
    assert not held_badges(services, ANN)
    assert not learn.standing(services, ANN, PATH).solved


def test_forged_completion_earns_nothing(services: Services) -> None:
    question = asked(services, ANN, PATH, "fairness")
    for forged in (
        {"question": question.id, "solved": True, "badge": True, "right": True},
        {"question": "", "marks": []},
        {"question": question.id, "marks": [mark for mark, _ in question.options]},
        {"question": question.id, "marks": ["0" * 16]},
        {"question": question.id, "person": "bea", **right(question)} | {"question": "x"},
    ):
        with pytest.raises((BadInput, Conflict)):
            learn.answer(services, ANN, PATH, "fairness", forged)
    for path, exercise in ((PATH, "nothing"), ("no-such-path", "fairness"), ("first-steps", "fairness")):
        with pytest.raises(NotFound):
            learn.answer(services, ANN, path, exercise, {})
    assert not learn.standing(services, ANN, PATH).solved


def test_guessing_is_bounded_and_each_round_asks_something_else(services: Services) -> None:
    seen = set()
    for round_ in range(3):
        question = asked(services, ANN, PATH, "reasons")
        seen.add(question.id)
        left = [learn.answer(services, ANN, PATH, "reasons", wrong(question)).left for _ in range(3)]
        assert left == [2, 1, 3]
        then = learn.ask(services, ANN, PATH, "reasons", str)["waits_until"]
        assert datetime.fromisoformat(then) - services.now() == timedelta(minutes=10 * (round_ + 1))
        with pytest.raises(TooBusy):  # even with the right answer to the next question
            learn.answer(services, ANN, PATH, "reasons", right(asked(services, ANN, PATH, "reasons")))
        later(services, minutes=10 * (round_ + 1))
        with pytest.raises(Conflict):  # the old one is over
            learn.answer(services, ANN, PATH, "reasons", right(question))
    assert len(seen) == 3
    assert learn.answer(services, ANN, PATH, "reasons", right(asked(services, ANN, PATH, "reasons"))).right


def test_a_dataset_that_asks_for_the_badge_opens_right_after(services: Services) -> None:
    build_dataset(services, "guarded", actor="operator")
    with pytest.raises(BadgeMissing) as refused:
        start_project(services, ANN, new())
    assert "Judging a result" in str(refused.value) and "Learn" in refused.value.remedy.render()
    complete(services, ANN, PATH)
    project = start_project(services, ANN, new())
    assert set(project_grants(services, ANN, project.slug)) == {"guarded"}
    with pytest.raises(BadgeMissing):
        start_project(services, BEA, new())


def test_a_badge_that_was_taken_or_has_ended_closes_the_data_again(services: Services) -> None:
    build_dataset(services, "guarded", actor="operator")
    complete(services, ANN, PATH)
    slug = start_project(services, ANN, new()).slug
    before = asked(services, ANN, PATH, "fairness").id
    learn.take_badge(services, "sun-li", "ann", PATH)
    assert [event.subject for event in events(services, "badge.taken")] == ["ann"]  # type: ignore[attr-defined]
    with pytest.raises(BadgeMissing):
        project_grants(services, ANN, slug)
    with pytest.raises(BadgeMissing):
        renew_pins(services, ANN, slug)
    assert asked(services, ANN, PATH, "fairness").id != before, "what was answered once is not asked again"
    with pytest.raises(NotFound):
        learn.take_badge(services, "sun-li", "ann", PATH)

    complete(services, ANN, PATH)
    assert project_grants(services, ANN, slug)
    later(services, days=729)
    assert project_grants(services, ANN, slug)
    later(services, days=2)
    with pytest.raises(BadgeMissing):
        project_grants(services, ANN, slug)
    assert not learn.standing(services, ANN, PATH).solved


def test_first_steps_wants_a_real_submission_of_staff(services: Services) -> None:
    said = learn.answer(services, ANN, "first-steps", "submitted", {"question": "whatever", "number": "1"})
    assert not said.right
    assert learn.ask(services, ANN, "first-steps", "submitted", str)["again"]
    assert learn.answer(services, RITA, "first-steps", "submitted", {}).right, "who has no projects need not"


def test_a_spec_names_a_badge_that_there_is(services: Services) -> None:
    file = services.workspace.datasets / "guarded.yaml"
    file.write_text(SPEC.replace("[judging-a-result]", "[jugding-a-result]"), encoding="utf-8")
    with pytest.raises(BadInput) as refused:
        Catalog(services.workspace, services.content).entry("guarded")
    assert "first-steps" in str(refused.value)
