"""A question, how it is put to one person, and whether an answer to it is right."""

from __future__ import annotations

import hashlib
import hmac
import math
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from sandbox.core.errors import BadInput, Conflict
from sandbox.core.messages import Message, Translate
from sandbox.core.numbers import parse_number
from sandbox.learning.practice import Practice

#: one: a single choice; several: every right option and no other; number: a figure; done: something that was done
#: elsewhere and that the portal knows of.
Kind = Literal["one", "several", "number", "done"]
Cell = str | Message


@dataclass(frozen=True)
class Option:
    text: Message
    right: bool = False


@dataclass(frozen=True)
class Table:
    """Figures that belong to a question."""

    head: tuple[Cell, ...]
    rows: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True)
class Question:
    """``hint`` helps after a wrong answer, ``why`` confirms a right one. ``number`` is met within ``tolerance``."""

    text: Message
    kind: Kind
    hint: Message
    why: Message
    options: tuple[Option, ...] = ()
    table: Table | None = None
    number: float = math.nan
    tolerance: float = 0.0
    unit: Cell = ""
    #: The options have an order of their own, such as thresholds.
    ordered: bool = False


Make = Callable[[random.Random, Practice], Question]


@dataclass(frozen=True)
class Exercise:
    """``name`` is an id within the path; ``make`` draws the question."""

    name: str
    title: Message
    make: Make


@dataclass(frozen=True)
class Asked:
    """A question as one person gets it in one round; everything in it follows from the secret ``chance``."""

    exercise: Exercise
    chance: bytes
    practice: Practice

    @cached_property
    def question(self) -> Question:
        return self.exercise.make(random.Random(self.chance), self.practice)  # noqa: S311 - drawn from a secret

    @property
    def id(self) -> str:
        """Tells whether an answer is to this very question."""
        return self._mark("question")

    @cached_property
    def options(self) -> Sequence[tuple[str, Option]]:
        """(mark, option), shuffled. Marks are this person's and this round's own."""
        marked = [(self._mark(f"option {place}"), option) for place, option in enumerate(self.question.options)]
        if not self.question.ordered:
            random.Random(self.chance + b"order").shuffle(marked)  # noqa: S311
        return marked

    def _mark(self, what: str) -> str:
        return hmac.new(self.chance, what.encode(), hashlib.sha256).hexdigest()[:16]

    def to_json(self, translate: Translate) -> dict[str, Any]:
        """What the person may see, in their language."""
        question = self.question
        table = question.table
        return {
            "question": self.id,
            "kind": question.kind,
            "text": question.text.render(translate),
            "unit": _cell(question.unit, translate),
            "options": [{"mark": mark, "text": option.text.render(translate)} for mark, option in self.options],
            "table": table
            and {
                "head": [_cell(cell, translate) for cell in table.head],
                "rows": [[_cell(cell, translate) for cell in row] for row in table.rows],
            },
        }

    def check(self, answer: Mapping[str, Any]) -> bool:
        """Whether ``answer`` ({question, marks | number}) is right.

        Raises Conflict for an answer to another question (another person's, or an earlier round's), BadInput for one
        that cannot be read. Neither is a wrong answer. ``done`` is not judged here.
        """
        if not hmac.compare_digest(str(answer.get("question", "")).encode(), self.id.encode()):
            raise Conflict(
                "This answer belongs to another question than the one that you are asked now.",
                "Read the question as it stands now, then answer again.",
            )
        if self.question.kind == "number":
            return self._number(answer.get("number"))
        return self._marks(answer.get("marks"))

    def _number(self, given: Any) -> bool:
        value = parse_number(str(given)) if isinstance(given, str | int | float) and len(str(given)) <= 40 else None
        if value is None or isinstance(given, bool):
            raise BadInput("The answer must be a figure.", "Enter a figure like 12.5.")
        return abs(value - self.question.number) <= self.question.tolerance + 1e-9

    def _marks(self, given: Any) -> bool:
        known = dict(self.options)
        chosen = {str(mark)[:32] for mark in given} if isinstance(given, list) and len(given) <= len(known) else set()
        if not chosen or not chosen <= known.keys():
            raise BadInput("No answer is chosen.", "Choose an answer, then check it.")
        if self.question.kind == "one" and len(chosen) > 1:
            raise BadInput("Only one answer can be chosen here.", "Choose the one that fits best.")
        return chosen == {mark for mark, option in known.items() if option.right}


def chance_of(key: bytes, *parts: object) -> bytes:
    """What is drawn for ``parts`` (person, path, exercise, round); nobody without ``key`` can tell it."""
    return hmac.new(key, "\0".join(map(str, parts)).encode(), hashlib.sha256).digest()


def _cell(cell: Cell, translate: Translate) -> str:
    return cell.render(translate) if isinstance(cell, Message) else cell
