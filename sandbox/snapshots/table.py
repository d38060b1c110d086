"""What opening a source gives: the columns, and the one query that streams the rows."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import duckdb

from sandbox.core.errors import BadInput, SandboxError
from sandbox.snapshots.fingerprint import Fingerprint
from sandbox.snapshots.manifest import LinkFacts
from sandbox.snapshots.sql import Sql, identifier, join

_TYPE = re.compile(r"[A-Za-z][A-Za-z0-9_]*( [A-Za-z]+)*(\(\d+(, *\d+)?\))?")

_ZONED = "TIMESTAMP WITH TIME ZONE"

Types = Mapping[str, str | None]
"""Column name → DuckDB type to read it as; absent or None: as found."""


def _nothing() -> None:
    return None


def _unexplained(error: duckdb.Error) -> SandboxError | None:
    return None


@dataclass(frozen=True)
class Table:
    """``columns`` are (name, DuckDB type) in the source's order; ``query`` selects exactly them and may run once.

    ``fingerprint_of`` gives the fingerprint; where bytes are hashed while they are read, only after the last one.
    ``explain`` tells a DuckDB error in the source's terms, without quoting values; ``found`` are settings of the source
    that were found by looking (encoding, delimiter). ``rereadable``: the query may run several times after all.
    ``rows`` is about how many there are, where that is known before they are read; ``columnar``: one column can be
    read without the others. ``linkage`` says how a table of links was made.
    """

    columns: tuple[tuple[str, str], ...]
    query: Sql
    fingerprint_of: Callable[[], Fingerprint]
    found: Mapping[str, str | None] = field(default_factory=dict)
    explain: Callable[[duckdb.Error], SandboxError | None] = _unexplained
    close: Callable[[], None] = _nothing
    rereadable: bool = False
    rows: int | None = None
    columnar: bool = False
    linkage: LinkFacts | None = None

    @property
    def fingerprint(self) -> Fingerprint:
        return self.fingerprint_of()


def declared_columns(
    columns: tuple[tuple[str, str], ...], types: Types, relation: Sql, connection: duckdb.DuckDBPyConnection
) -> tuple[tuple[tuple[str, str], ...], Sql]:
    """``columns`` with declared types, and the query over ``relation`` that casts to them; blank texts become NULL."""
    typed, expressions = [], []
    for name, found in columns:
        wanted = types.get(name)
        column = identifier(name)
        if wanted is None and found == _ZONED:
            # Without a zone, in UTC: readers then need no table of zones, and a day is the same day everywhere.
            expressions.append("timezone('UTC', " + column + ") AS " + column)
            typed.append((name, "TIMESTAMP"))
            continue
        if wanted is None or wanted.upper() == found.upper():
            typed.append((name, found))
            expressions.append(column)
            continue
        wanted = checked_type(connection, wanted, name)
        given = "nullif(trim(" + column + "), '')" if found == "VARCHAR" else column
        expressions.append("CAST(" + given + " AS " + wanted + ") AS " + column)
        typed.append((name, wanted))
    return tuple(typed), "SELECT " + join(expressions) + " FROM " + relation


def checked_type(connection: duckdb.DuckDBPyConnection, wanted: str, column: str) -> str:
    """DuckDB's spelling of a declared type, so that only a real type's name ever becomes part of a statement."""
    try:
        if not _TYPE.fullmatch(wanted):
            raise duckdb.CatalogException(wanted)
        described = connection.execute(f"DESCRIBE SELECT CAST(NULL AS {wanted})").fetchone()
        return str(described[1]) if described else wanted
    except duckdb.Error:
        raise BadInput(
            "The column “{column}” declares the type “{type}”, which is not a DuckDB type.",
            "Use VARCHAR, BIGINT, DOUBLE, DECIMAL(18,2), BOOLEAN, DATE or TIMESTAMP.",
            column=column,
            type=wanted,
        ) from None


def check_names(names: Sequence[str], file: str) -> None:
    """Column names must be there and different; DuckDB does not tell capital from small letters in them."""
    seen: set[str] = set()
    for number, name in enumerate(names, 1):
        if not name.strip() or "\0" in name:
            raise BadInput(
                "{file}: column {number} has no name.",
                "Give every column a name in the first line, or remove the empty column.",
                file=file,
                number=number,
            )
        if name.casefold() in seen:
            raise BadInput(
                "{file}: the column name “{name}” occurs twice (column {number}).",
                "Rename one of the two; names that differ only in capital letters count as equal.",
                file=file,
                name=name,
                number=number,
            )
        seen.add(name.casefold())
