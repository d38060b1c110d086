"""Learning paths: what is known of a person's way along one, and the badge at its end."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

#: What `lab.exercise` shows; JupyterLab's part of the product draws it, and asks the portal.
EXERCISE = "application/vnd.innovation-sandbox.exercise+json"

#: A badge has the name of its learning path; these are the ones that a dataset can ask for.
BADGES = ("first-steps", "judging-a-result", "making-your-own")


@dataclass(frozen=True)
class Tried:
    """How far a person is with one exercise.

    ``round`` says which of its questions is put; ``wrong`` counts the wrong answers to it, ``tries`` all answers ever.
    No answer is taken before ``waits_until``.
    """

    person: str
    path: str
    exercise: str
    round: int = 0
    wrong: int = 0
    tries: int = 0
    waits_until: datetime | None = None
    solved: datetime | None = None


@dataclass(frozen=True)
class Badge:
    """``person`` completed the learning path ``badge``; None as ``expires`` means that it stays."""

    person: str
    badge: str
    earned: datetime
    expires: datetime | None = None

    def holds(self, now: datetime) -> bool:
        return self.expires is None or now < self.expires
