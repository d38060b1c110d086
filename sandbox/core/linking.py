"""How records of tables without a common key are linked, as the spec of a link table says it."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from sandbox.core.errors import WrongValue
from sandbox.core.model import FrozenModel

How = Literal["text", "date", "exact"]
LEAST = 3  # with fewer columns nobody can tell how often two people agree by chance


class Compared(FrozenModel):
    """A column that is compared. ``how``: text and date forgive a slip of the pen, exact does not.

    ``other`` is its name in the second table, where it has another one there.
    """

    column: str = Field(min_length=1)
    other: str | None = Field(default=None, min_length=1)
    how: How = "text"

    def name_in(self, table: int) -> str:
        """Its name in the first (0) or the second table (1)."""
        return (self.other or self.column) if table else self.column


class Link(FrozenModel):
    """Which columns say who somebody is, and from which probability on two records count as one person's."""

    ids: tuple[str, ...] = Field(min_length=1, max_length=2, description="the id's column in each of the tables")
    id_types: tuple[str | None, ...] = Field(default=(), description="types that the ids are declared to have")
    on: tuple[Compared, ...] = Field(min_length=LEAST, max_length=12)
    threshold: float = Field(default=0.95, ge=0.5, lt=1, description="least probability of a link")

    @field_validator("on", mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        if not isinstance(value, list | tuple):
            return value
        return [{"column": item} if isinstance(item, str) else item for item in value]

    @model_validator(mode="after")
    def _different(self) -> Link:
        for table in range(len(self.ids)):
            named = [compared.name_in(table) for compared in self.on]
            if twice := sorted({name for name in named if named.count(name) > 1}):
                raise WrongValue("“{column}” is compared twice", column=twice[0])
            if self.ids[table] in named:
                raise WrongValue("“{column}” is the id; compare other columns", column=self.ids[table])
        return self
