"""Masking rules as a spec writes them: one model per rule, checked when the spec is read.

What a rule does to a column of a certain type is in ``sandbox/snapshots/masking/``, one file per rule, whose docstring
says how to add one. NULL stays NULL under every rule.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from sandbox.core import short_forms
from sandbox.core.errors import WrongValue
from sandbox.core.generalise import Generalise
from sandbox.core.model import FrozenModel

ENTITY = r"^[a-z][a-z0-9_]{0,31}$"


class Keep(FrozenModel):
    kind: Literal["keep"] = "keep"


class Drop(FrozenModel):
    kind: Literal["drop"] = "drop"


class Pseudonym(FrozenModel):
    """Keyed HMAC-SHA256 of the value, per ``entity``: the same person has the same pseudonym in every table."""

    kind: Literal["pseudonym"] = "pseudonym"
    entity: str = Field(pattern=ENTITY)


class Band(FrozenModel):
    """Numbers to half-open bands of ``width`` starting at ``start``: the text “20–29” for integers."""

    kind: Literal["band"] = "band"
    width: float = Field(gt=0)
    start: float = 0
    top: float | None = None
    bottom: float | None = None


class Round(FrozenModel):
    """Numbers to the nearest multiple of ``to``."""

    kind: Literal["round"] = "round"
    to: float = Field(gt=0)


class TruncateDate(FrozenModel):
    """Dates and times to the first moment of their period."""

    kind: Literal["truncate_date"] = "truncate_date"
    to: Literal["year", "quarter", "month", "week", "day"]


class Prefix(FrozenModel):
    """Texts to their first ``length`` characters."""

    kind: Literal["prefix"] = "prefix"
    length: int = Field(ge=1, le=64)


class Redact(FrozenModel):
    """Free text with a mark such as ［手机］ in the place of every number, name and address that can be recognised."""

    kind: Literal["redact"] = "redact"


class TopBottom(FrozenModel):
    """Top and bottom coding: numbers beyond a limit become the limit.

    The limits are given (``bottom``, ``top``) or found: ``share`` of the filled rows lies beyond each of them.
    """

    kind: Literal["top_bottom"] = "top_bottom"
    bottom: float | None = Field(default=None, allow_inf_nan=False)
    top: float | None = Field(default=None, allow_inf_nan=False)
    share: float | None = Field(default=None, gt=0, lt=0.5)

    @model_validator(mode="after")
    def _limits(self) -> TopBottom:
        given = self.bottom is not None or self.top is not None
        if given == (self.share is not None):
            raise WrongValue(
                "give limits, e.g. {limits}, or the share to find them by, e.g. `0.01`",
                limits="`{bottom: 18, top: 90}`",
            )
        if self.bottom is not None and self.top is not None and self.bottom >= self.top:
            raise WrongValue(
                "`bottom` ({bottom:g}) must be less than `top` ({top:g})", bottom=self.bottom, top=self.top
            )
        return self


class Microaggregate(FrozenModel):
    """Numbers to the mean of their group: near values of at least ``k`` units each; the column's mean stays."""

    kind: Literal["microaggregate"] = "microaggregate"
    k: int = Field(ge=2, le=1000)


class Noise(FrozenModel):
    """Keyed random noise on numbers, the same at every build and in every table: it depends on unit, name and value.

    Its standard deviation is ``share`` of the column's own, or ``sd`` in the column's unit of measurement. ``low`` and
    ``high``: noise that would lead out of this range is reflected at its border.
    """

    kind: Literal["noise"] = "noise"
    share: float | None = Field(default=None, gt=0, le=10)
    sd: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    shape: Literal["normal", "laplace"] = "normal"
    low: float | None = Field(default=None, allow_inf_nan=False)
    high: float | None = Field(default=None, allow_inf_nan=False)

    @model_validator(mode="after")
    def _one_size(self) -> Noise:
        if (self.share is None) == (self.sd is None):
            raise WrongValue("give either `share` of the column's standard deviation, e.g. 0.1, or an absolute `sd`")
        if self.low is not None and self.high is not None and self.low >= self.high:
            raise WrongValue("`low` ({low:g}) must be less than `high` ({high:g})", low=self.low, high=self.high)
        return self


class DateShift(FrozenModel):
    """All dates of one unit by the same number of days, −``days`` to +``days``: intervals survive exactly."""

    kind: Literal["date_shift"] = "date_shift"
    days: int = Field(ge=1, le=3650)


class Sample(FrozenModel):
    """A share of the units, with all their rows: a rule for the dataset, not for a column."""

    rate: float = Field(gt=0, lt=1, description="share of the units that stay")


Rule = Annotated[
    Keep
    | Drop
    | Pseudonym
    | Band
    | Round
    | TruncateDate
    | Prefix
    | Redact
    | Generalise
    | TopBottom
    | Microaggregate
    | Noise
    | DateShift,
    Field(discriminator="kind"),
]

#: The parameter that may stand alone: ``band: 10`` is ``band: {width: 10}``.
MAIN = {
    "pseudonym": "entity",
    "band": "width",
    "round": "to",
    "truncate_date": "to",
    "prefix": "length",
    "top_bottom": "share",
    "microaggregate": "k",
    "noise": "share",
    "date_shift": "days",
}


def long_form(written: Any) -> Any:
    """``keep``, ``band: 10`` and ``band: {width: 10}`` are the written forms of ``{kind: band, width: 10}``."""
    return short_forms.long_form(written, MAIN)


def short_form(rule: Rule) -> Any:
    """The shortest written form of ``rule``: what ``long_form`` reads."""
    return short_forms.short_form(rule, MAIN)
