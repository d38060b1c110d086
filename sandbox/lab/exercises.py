"""Exercises of the learning paths. A kernel neither knows the question nor judges the answer.

What is shown is a place for the exercise: JupyterLab's page draws it, asks the portal for the person's own question,
and sends the answer there when the person presses the button.
"""

from __future__ import annotations

import math
import numbers
import re
from typing import Any

from sandbox.core.errors import BadInput
from sandbox.core.learning import EXERCISE
from sandbox.lab.words import t

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,62}/[a-z0-9][a-z0-9-]{0,62}")


class Exercise:
    """The place of one exercise; ``name`` is ``path/exercise``."""

    def __init__(self, name: str, number: str = "") -> None:
        if not _NAME.fullmatch(name):
            raise BadInput(
                "“{name}” is no exercise.", 'Write it like lab.exercise("making-your-own/units").', name=name[:80]
            )
        self._name, self._number = name, number

    def check(self, answer: Any) -> Exercise:
        """Put your result into the exercise; it is judged when you press the button below. None leaves it empty."""
        if answer is None:
            return Exercise(self._name)
        if isinstance(answer, bool) or not isinstance(answer, numbers.Real) or not math.isfinite(float(answer)):
            raise BadInput(
                "An exercise takes one figure, and this is {kind}.",
                "Reduce your result to a single figure, e.g. len(…) or float(….mean()).",
                kind=type(answer).__name__,
            )
        return Exercise(self._name, f"{float(answer):.10g}")

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        shown = {"exercise": self._name, **({"number": self._number} if self._number else {})}
        return {EXERCISE: shown, "text/plain": t("This exercise is shown in the sandbox's JupyterLab.")}


def exercise(name: str) -> Exercise:
    """The exercise ``path/name``, e.g. ``making-your-own/units``. Raises BadInput for what is no such name."""
    return Exercise(name)
