"""Declared quality: what must hold of a dataset's rows, or of one column, for a build to publish it or to warn.

Rules look at the masked table before its gates: a rule about values speaks of what the masking rule leaves. They say
how many rows break them and never which, nor with what value.

To add a rule: add its model here (with a literal ``kind``), put it into ``ColumnQuality`` or ``DatasetQuality``, count
it in ``sandbox/snapshots/quality.py``, and give it a row in ``docs/steward.md``.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator

from sandbox.core import short_forms
from sandbox.core.errors import BadInput, WrongValue
from sandbox.core.ids import check_dataset_name
from sandbox.core.model import FrozenModel

Severity = Literal["stop", "warn"]


class _Declared(FrozenModel):
    severity: Severity = Field(default="stop", description="what a build does when the rule does not hold")


class _Counted(_Declared):
    tolerance: float = Field(default=0.0, ge=0, lt=1, description="share of the rows that may break the rule")


class NotNull(_Counted):
    """No value is empty."""

    kind: Literal["not_null"] = "not_null"


class Unique(_Counted):
    """No two rows have the same value; empty ones do not count. For the dataset: the same values in ``columns``."""

    kind: Literal["unique"] = "unique"


class UniqueTogether(Unique):
    columns: tuple[str, ...] = Field(min_length=1)


class Range(_Counted):
    """Numbers or dates from ``low`` to ``high``, both included; empty values are not looked at."""

    kind: Literal["range"] = "range"
    low: float | date | None = None
    high: float | date | None = None

    @model_validator(mode="after")
    def _limits(self) -> Range:
        if self.low is None and self.high is None:
            raise WrongValue(
                "give {keys} or both, e.g. {example}", keys="`low`, `high`", example="`range: {low: 0, high: 120}`"
            )
        if self.low is not None and self.high is not None:
            if isinstance(self.low, date) != isinstance(self.high, date):
                raise WrongValue("`low` and `high` must both be numbers or both be dates")
            if self.low > self.high:  # type: ignore[operator]
                raise WrongValue("`low` must not be greater than `high`")
        return self


class Values(_Counted):
    """Only these values, compared as texts; empty values are not looked at."""

    kind: Literal["values"] = "values"
    set: tuple[str, ...] = Field(min_length=1)

    @field_validator("set", mode="before")
    @classmethod
    def _texts(cls, value: Any) -> Any:
        if not isinstance(value, list | tuple):
            return value
        if any(isinstance(item, bool) for item in value):
            raise WrongValue('YAML reads yes, no, true and false as a truth value: put them into quotes, e.g. "no"')
        return [str(item) if isinstance(item, int | float) else item for item in value]


class Pattern(_Counted):
    """The whole text matches a regular expression (RE2); empty values are not looked at."""

    kind: Literal["pattern"] = "pattern"
    regex: str = Field(min_length=1, max_length=1000)

    @field_validator("regex")
    @classmethod
    def _compiles(cls, value: str) -> str:
        try:
            re.compile(value)
        except re.error as error:
            raise WrongValue(
                "this is not a regular expression, from character {position} on", position=(error.pos or 0) + 1
            ) from None
        return value


class ForeignKey(_Counted):
    """The values are found in ``column`` of the newest snapshot of ``dataset``; ``tolerance`` is a share of values."""

    kind: Literal["foreign_key"] = "foreign_key"
    dataset: str
    column: str = Field(min_length=1)

    @field_validator("dataset")
    @classmethod
    def _name(cls, value: str) -> str:
        try:
            return check_dataset_name(value)
        except BadInput as error:
            raise WrongValue.of(error) from None


class Freshness(_Declared):
    """The newest date of ``column`` is at most ``days`` old when the snapshot is built."""

    kind: Literal["freshness"] = "freshness"
    column: str = Field(min_length=1)
    days: int = Field(ge=0, le=36500)


class RowCount(_Declared):
    """Rows in the table: at least, at most, and how far from the snapshot before (0.2: 20 % more or fewer)."""

    kind: Literal["row_count"] = "row_count"
    least: int | None = Field(default=None, ge=0)
    most: int | None = Field(default=None, ge=0)
    change: float | None = Field(default=None, ge=0)

    @model_validator(mode="after")
    def _limits(self) -> RowCount:
        if self.least is None and self.most is None and self.change is None:
            raise WrongValue("give `least`, `most` or `change`, e.g. {example}", example="`row_count: {change: 0.2}`")
        if self.least is not None and self.most is not None and self.least > self.most:
            raise WrongValue("`least` must not be greater than `most`")
        return self


ColumnQuality = Annotated[NotNull | Unique | Range | Values | Pattern | ForeignKey, Field(discriminator="kind")]
DatasetQuality = Annotated[UniqueTogether | Freshness | RowCount, Field(discriminator="kind")]
QualityRule = NotNull | Unique | UniqueTogether | Range | Values | Pattern | ForeignKey | Freshness | RowCount

#: The parameter that may stand alone: ``values: [a, b]`` is ``values: {set: [a, b]}``.
MAIN = {"values": "set", "pattern": "regex"}


def long_rules(written: Any) -> Any:
    """A list of ``not_null``, ``values: [a, b]``, ``range: {low: 0}`` as pydantic reads it."""
    return [short_forms.long_form(item, MAIN) for item in written] if isinstance(written, list) else written


def written_rule(rule: QualityRule) -> Any:
    """The shortest written form: what ``long_rules`` reads."""
    return short_forms.short_form(rule, MAIN)
