"""How a dataset is kept: how often a new snapshot is wanted, which old ones stay, who may use it and why."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from sandbox.core.errors import WrongValue
from sandbox.core.learning import BADGES
from sandbox.core.model import FrozenModel
from sandbox.core.roles import Role

Every = Literal["day", "week", "month", "quarter", "year"]
#: A month is counted as its shortest, so that a monthly job never finds "not yet due".
PERIODS: dict[Every, timedelta] = {
    "day": timedelta(days=1),
    "week": timedelta(days=7),
    "month": timedelta(days=28),
    "quarter": timedelta(days=90),
    "year": timedelta(days=365),
}
_WORDS: dict[str, Every] = {
    "daily": "day",
    "weekly": "week",
    "monthly": "month",
    "quarterly": "quarter",
    "yearly": "year",
    "每天": "day",
    "每日": "day",
    "每周": "week",
    "每月": "month",
    "每季度": "quarter",
    "每年": "year",
}


class Refresh(FrozenModel):
    """``every`` is for `sandbox dataset refresh --due`; ``words`` say for people what a period cannot."""

    every: Every | None = None
    words: str = ""

    @model_validator(mode="before")
    @classmethod
    def _in_words(cls, value: Any) -> Any:
        """``weekly`` is ``{every: week}``; other words are for people only."""
        if isinstance(value, str):
            every = _WORDS.get(value.strip().casefold())
            return {"every": every} if every else {"words": value}
        return value

    def __bool__(self) -> bool:
        return self.every is not None or bool(self.words)


class Retain(FrozenModel):
    """A snapshot may go when it is neither one of the newest ``versions`` nor younger than ``days``, and not in use."""

    versions: int = Field(default=1, ge=1, le=1000)
    days: int = Field(default=0, ge=0, le=36500)


class Access(FrozenModel):
    """Who may pin the dataset: any of the roles, departments or persons; an empty entry grants nobody.

    ``reasons``: a role, department or person of these → why. ``badges``: learning paths that must have been completed
    besides, all of them.
    """

    roles: tuple[Role, ...] = (Role.STAFF,)
    departments: tuple[str, ...] = ()
    persons: tuple[str, ...] = ()
    reasons: dict[str, str] = Field(default_factory=dict)
    badges: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _reasons_of_grants(self) -> Access:
        granted = {*self.roles, *self.departments, *self.persons}
        if strange := sorted(set(self.reasons) - granted):
            raise WrongValue(
                "`reasons` names “{name}”, to whom nothing is granted here", at=("reasons",), name=strange[0]
            )
        return self

    @field_validator("badges")
    @classmethod
    def _known_badges(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for badge in value:
            if badge not in BADGES:
                raise WrongValue(
                    "there is no badge “{badge}”; there are: {badges}", badge=badge, badges=", ".join(BADGES)
                )
        return tuple(dict.fromkeys(value))
