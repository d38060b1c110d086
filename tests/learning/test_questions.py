"""Questions: one right answer each, other ones for everybody, and nothing of the answer in what a page is told."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from sandbox.core.errors import BadInput, Conflict
from sandbox.core.learning import BADGES
from sandbox.core.messages import LANGUAGES
from sandbox.i18n import catalogue
from sandbox.learning.paths import PATHS, LearningPath
from sandbox.learning.practice import CONTRACTS, Practice
from sandbox.learning.question import Asked, Exercise, chance_of
from sandbox.notebooks.learning import learning_notebook, parts

from .answering import right, wrong

ROOT = Path(__file__).resolve().parents[2]
ALL = [pytest.param(path, e, id=f"{path.name}/{e.name}") for path in PATHS.values() for e in path.exercises]


def put(path: LearningPath, exercise: Exercise, person: str, round_: int = 0) -> Asked:
    practice = Practice(chance_of(b"key", "practice", person))
    return Asked(exercise, chance_of(b"key", "question", person, path.name, exercise.name, round_), practice)


def test_badges_are_the_paths() -> None:
    assert tuple(PATHS) == BADGES


@pytest.mark.parametrize(("path", "exercise"), ALL)
def test_every_question_of_everybody_can_be_answered_and_be_wrong(path: LearningPath, exercise: Exercise) -> None:
    for number in range(25):
        asked = put(path, exercise, f"person-{number}")
        if asked.question.kind == "done":
            continue
        count = sum(option.right for option in asked.question.options)
        assert asked.question.kind == "number" or 1 <= count < len(asked.question.options)
        assert count == 1 or asked.question.kind != "one"
        assert asked.check(right(asked))
        assert not asked.check(wrong(asked))


@pytest.mark.parametrize(("path", "exercise"), ALL)
def test_what_a_page_is_told_does_not_hold_the_answer(path: LearningPath, exercise: Exercise) -> None:
    asked = put(path, exercise, "ann")
    told = asked.to_json(str)
    assert set(told) == {"question", "kind", "text", "unit", "options", "table"}
    assert all(set(option) == {"mark", "text"} for option in told["options"])
    assert asked.question.why.render() not in json.dumps(told)
    if len({tuple(o.right for _, o in put(path, exercise, f"p{n}").options) for n in range(30)}) > 1:
        return  # the right ones stand at different places
    assert asked.question.kind in ("number", "done")


@pytest.mark.parametrize(("path", "exercise"), ALL)
def test_a_colleagues_answer_fits_nobody_else_and_no_other_round(path: LearningPath, exercise: Exercise) -> None:
    mine, hers, later = put(path, exercise, "ann"), put(path, exercise, "bea"), put(path, exercise, "ann", 1)
    if mine.question.kind == "done":
        return
    for other in (hers, later):
        with pytest.raises(Conflict):
            other.check(right(mine))
        if mine.question.kind != "number":
            with pytest.raises(BadInput):
                other.check({**right(mine), "question": other.id})


def test_the_table_differs_between_people_and_stays_for_one() -> None:
    one, again, other = (Practice(chance_of(b"key", "practice", name)) for name in ("ann", "ann", "bea"))
    assert one.contracts == again.contracts != other.contracts
    assert len(one.contracts) == CONTRACTS > one.customers
    assert 0.05 < one.leavers < 0.5


@pytest.mark.parametrize("given", [
    {}, {"marks": "x"}, {"marks": []}, {"marks": ["x"]}, {"marks": [None]}, {"marks": [{}]}, {"marks": ["x"] * 999},
])  # fmt: skip
def test_what_cannot_be_read_is_not_a_wrong_answer(given: dict[str, object]) -> None:
    path = PATHS["judging-a-result"]
    asked = put(path, path.exercise("reasons"), "ann")
    with pytest.raises(BadInput):
        asked.check({"question": asked.id, **given})
    number = put(path, path.exercise("alarms"), "ann")
    for odd in ("", "many", "1e999", "nan", True, [], None, "9" * 99):
        with pytest.raises(BadInput):
            number.check({"question": number.id, "number": odd})


def test_figures_are_read_as_people_type_them() -> None:
    path = PATHS["judging-a-result"]
    asked = put(path, path.exercise("alarms"), "ann")
    value = asked.question.number
    for text in (
        f" {value:.1f} ",
        f"{value:.1f}%",
        f"{value:.1f}".translate(str.maketrans("0123456789.", "０１２３４５６７８９．")),
    ):
        assert asked.check({"question": asked.id, "number": text})


@pytest.mark.parametrize("path", PATHS.values(), ids=lambda path: path.name)
def test_the_notebook_has_every_exercise_in_order_and_both_languages(path: LearningPath) -> None:
    shown = {language: list(parts(learning_notebook(ROOT, path.name, language), path.name)) for language in LANGUAGES}
    for language in LANGUAGES:
        assert [p.text for p in shown[language] if p.kind == "exercise"] == [e.name for e in path.exercises]
        assert len(shown[language]) == len(shown["en"])
    texts = [p.text for p in shown["zh-CN"] if p.kind == "text"]
    assert texts and all(re.search(r"[\u4e00-\u9fff]", text) for text in texts)
    translate = catalogue("zh-CN").gettext
    for exercise in path.exercises:
        told = put(path, exercise, "ann").to_json(translate)
        assert re.search(r"[\u4e00-\u9fff]", told["text"]), exercise.name
        assert all(re.search(r"[\u4e00-\u9fff]|[0-9]", option["text"]) for option in told["options"]), exercise.name
