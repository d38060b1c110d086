"""The learning paths, in the order in which they are shown. A badge is called like its path."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from sandbox.core.errors import NotFound
from sandbox.core.messages import Message
from sandbox.learning import first_steps, judging_a_result, making_your_own
from sandbox.learning.question import Exercise

#: Which columns of the practice table the notebook gets; None where it needs none.
Table = Literal["plain", "scored"] | None


@dataclass(frozen=True)
class LearningPath:
    """``minutes`` is what a careful reader takes; ``own_code`` shows the notebook's code from the beginning."""

    name: str
    title: Message
    summary: Message
    minutes: int
    exercises: tuple[Exercise, ...]
    table: Table = None
    own_code: bool = False

    def exercise(self, name: str) -> Exercise:
        """Raises NotFound."""
        for exercise in self.exercises:
            if exercise.name == name:
                return exercise
        raise NotFound("There is no exercise “{exercise}”.", "Open the learning path again.", exercise=name[:80])


PATHS: Mapping[str, LearningPath] = {
    path.name: path
    for path in (
        LearningPath(
            "first-steps",
            Message("First steps"),
            Message("Open, say which column is which, read a result, submit: all that you need for a first project."),
            30,
            first_steps.EXERCISES,
            "plain",
        ),
        LearningPath(
            "judging-a-result",
            Message("Judging a result"),
            Message("For reviewers and managers: baseline, threshold, false alarms, fairness, and when to say no."),
            25,
            judging_a_result.EXERCISES,
        ),
        LearningPath(
            "making-your-own",
            Message("Making your own"),
            Message(
                "For those who code: count units, beat the baseline, find the threshold, keep small cells to yourself."
            ),
            40,
            making_your_own.EXERCISES,
            "scored",
            own_code=True,
        ),
    )
}


def learning_path(name: str) -> LearningPath:
    """Raises NotFound naming those that there are."""
    if name not in PATHS:
        raise NotFound(
            "There is no learning path “{name}”.", "There are: {known}.", name=name[:80], known=", ".join(PATHS)
        )
    return PATHS[name]
