"""Which rule belongs to which pass, which types it fits, and which functions of its file do it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.core.generalise import Generalise
from sandbox.core.rules import (
    Band,
    DateShift,
    Keep,
    Microaggregate,
    Noise,
    Prefix,
    Pseudonym,
    Redact,
    Round,
    TopBottom,
    TruncateDate,
)
from sandbox.snapshots.masking import (
    band,
    date_shift,
    generalise,
    keep,
    microaggregate,
    noise,
    prefix,
    pseudonym,
    redact,
    round,
    top_bottom,
    truncate_date,
)
from sandbox.snapshots.masking.cell import Cell, anything, need_date, need_number
from sandbox.snapshots.sql import Sql

Check = Callable[[Any, Cell], None]


def _always(rule: Any) -> bool:
    return True


@dataclass(frozen=True)
class FirstPass:
    """A rule that looks at one value at a time. ``validate`` raises BadInput where it does not fit the type."""

    validate: Check
    operate: Callable[[Any, Cell], Sql]


@dataclass(frozen=True)
class SecondPass:
    """A rule that needs the unit or the whole column, where ``needed`` says so.

    It has ``operate`` or ``helper``; what ``draw`` gives stands beside each row as ``cell.drawn``. (The values of a
    listed hierarchy are looked up instead: ``passes.py``.)
    """

    validate: Check
    facts: Callable[[Any, Cell, Sql], tuple[Sql, ...]]
    operate: Callable[[Any, Cell, tuple[Any, ...]], Sql] | None = None
    helper: Callable[[Any, Cell, Sql, tuple[Any, ...]], Sql] | None = None
    needed: Callable[[Any], bool] = _always
    draw: Callable[[Any, Cell], Sql] | None = None


FIRST: Mapping[type, FirstPass] = {
    Keep: FirstPass(anything, keep.operate),
    Pseudonym: FirstPass(anything, pseudonym.operate),
    Band: FirstPass(need_number, band.operate),
    Round: FirstPass(need_number, round.operate),
    TruncateDate: FirstPass(need_date, truncate_date.operate),
    Prefix: FirstPass(anything, prefix.operate),
    Redact: FirstPass(redact.validate, redact.operate),
    Generalise: FirstPass(generalise.validate, generalise.operate),
    TopBottom: FirstPass(need_number, lambda rule, cell: top_bottom.operate(rule, cell, ())),
}
SECOND: Mapping[type, SecondPass] = {
    Generalise: SecondPass(
        generalise.validate,
        generalise.facts,
        operate=generalise.operate_on_cuts,
        needed=generalise.in_second_pass,
    ),
    TopBottom: SecondPass(
        need_number, top_bottom.facts, operate=top_bottom.operate, needed=lambda rule: rule.share is not None
    ),
    Microaggregate: SecondPass(need_number, microaggregate.facts, helper=microaggregate.helper),
    Noise: SecondPass(need_number, noise.facts, operate=noise.operate, draw=noise.draw),
    DateShift: SecondPass(need_date, date_shift.facts, operate=date_shift.operate),
}
