"""Cases that carry other mapped columns beside their facts: the group of people, the process, what was measured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Self

from sandbox.lab import cases as read_cases
from sandbox.lab.cases import Cases
from sandbox.lab.choices import Choices, Table, outcome_column
from sandbox.lab.needs import Need

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from sandbox.lab.forms import Form


@dataclass(frozen=True)
class CasesBeside(Cases):
    """Cases with ``beside``: one column per need that was asked for and is mapped, named by the need's key.

    ``names`` says which column of the table each of them is.
    """

    beside: pd.DataFrame | None = field(default=None, repr=False)
    names: dict[str, str] = field(default_factory=dict)

    def part(self, rows: np.ndarray) -> Self:
        """The cases at these positions (or where this mask is true), with what stands beside them."""
        if self.beside is None:
            return super().part(rows)
        kept = self.beside.iloc[rows] if rows.dtype != bool else self.beside[rows]
        return replace(super().part(rows), beside=kept)

    def values(self, key: str) -> pd.Series | None:
        """What stands beside the cases for the need ``key``; None when no column is mapped to it."""
        return None if self.beside is None or key not in self.beside else self.beside[key]


def cases_with(form: Form, *keys: str, learn: bool = False) -> CasesBeside:
    """The cases that were chosen, with the columns that are mapped to the needs ``keys`` beside them.

    ``learn``: the model may learn from these columns, too. Raises BadInput as ``form.cases`` does.
    """
    chosen, table = form.ready()
    return read_with(chosen, form.needs, table, keys, learn)


def read_with(
    choices: Choices, needs: Sequence[Need], table: Table, keys: Sequence[str], learn: bool = False
) -> CasesBeside:
    """``cases_with`` for choices that are complete."""
    names = {key: choices.columns[key] for key in keys if choices.columns.get(key)}
    wanted = replace(choices, facts=tuple(dict.fromkeys([*(choices.facts or ()), *names.values()])))
    target = outcome_column(choices, needs)
    found = read_cases.collect(CasesBeside, wanted, needs, table, target, read_cases.as_happened)
    beside = found.facts[[name for name in names.values() if name in found.facts]]
    beside = beside.rename(columns={name: key for key, name in names.items()})
    facts = found.facts if learn else found.facts.drop(columns=[n for n in names.values() if n in found.facts])
    made = replace(found, facts=facts, beside=beside, names=names)
    read_cases.enough(made)
    return made
