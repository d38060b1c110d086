"""What a rule is given to work on, and the checks of a column's type that rules share."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sandbox.core.errors import BadInput
from sandbox.snapshots.sql import Sql, identifier

KeyOf = Callable[[str], bytes]
"""Entity → its secret key, 32 bytes (``Keys.entity_key``)."""

INTEGERS = {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT",
            "UHUGEINT"}  # fmt: skip
FLOATS = {"FLOAT", "DOUBLE"}
# Columns of the working table that no source can have: names of sources are stripped of blanks.
ROW, TIE = " row ", " tie "


@dataclass(frozen=True)
class Owner:
    """Whose a row is: the unit's ``column`` in the working table, its ``entity``, and its ``id`` as the text that
    rules hash."""

    column: str
    entity: str
    id: Sql


@dataclass(frozen=True)
class Cell:
    """A value of ``column``, which has the DuckDB type ``kind``.

    ``place`` is the name under which it stands in the working table, ``owner`` whose it is: both in the second pass.
    """

    column: str
    kind: str
    key_of: KeyOf
    owner: Owner | None = None
    place: str = ""

    @property
    def sql(self) -> Sql:
        return identifier(self.place or self.column)

    @property
    def drawn(self) -> Sql:
        """The digest of a rule that draws by key: computed once for a row, however often the rule looks at it."""
        return identifier(f" drawn {self.column}")

    @property
    def number(self) -> Sql:
        """The value as DOUBLE."""
        return "CAST(" + self.sql + " AS DOUBLE)"

    @property
    def finite(self) -> Sql:
        """The value as DOUBLE; NULL for what is not a finite number."""
        if self.kind in INTEGERS or self.kind.startswith("DECIMAL"):
            return self.number
        return "CASE WHEN isfinite(" + self.number + ") THEN " + self.number + " END"

    @property
    def whole(self) -> bool:
        return self.kind in INTEGERS

    @property
    def owned(self) -> Owner:
        """The owner of a rule that cannot do without."""
        if self.owner is None:
            raise ValueError(f"the rule of “{self.column}” needs the unit column in the table")
        return self.owner


def anything(rule: Any, cell: Cell) -> None:
    """For rules that fit every type."""


def need_number(rule: Any, cell: Cell) -> None:
    if cell.kind not in INTEGERS and cell.kind not in FLOATS and not cell.kind.startswith("DECIMAL"):
        raise BadInput(
            "The rule {rule} needs numbers, but the column “{column}” is of type {type}.",
            "Declare `type: BIGINT` or `type: DOUBLE` for the column (a build then names the line that is no number),"
            " or choose another rule.",
            rule=rule.kind,
            column=cell.column,
            type=cell.kind,
        )


def need_date(rule: Any, cell: Cell) -> None:
    if cell.kind != "DATE" and not cell.kind.startswith("TIMESTAMP"):
        raise BadInput(
            "The rule {rule} needs dates, but the column “{column}” is of type {type}.",
            "Declare `type: DATE` or `type: TIMESTAMP` for the column, or choose another rule.",
            rule=rule.kind,
            column=cell.column,
            type=cell.kind,
        )


def decimals(*numbers: float) -> int:
    """Decimals with which all ``numbers`` are written."""
    return max(len(re.sub(r"^[^.]*\.?", "", f"{n:.10f}".rstrip("0"))) for n in numbers)


def scale_of(kind: str) -> int | None:
    """Decimals of a DECIMAL type; None for others."""
    found = re.fullmatch(r"DECIMAL\(\d+, ?(\d+)\)", kind)
    return int(found[1]) if found else None
