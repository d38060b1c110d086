"""Re-identification risk of a table, in the terms of the field, from the histogram of its classes.

The attacker knows the quasi-identifiers of somebody and looks for them. A *record* here is a unit in a class: several
rows of one unit that agree on all quasi-identifiers are one record, as they help no more than one.

- Prosecutor: the attacker knows that the person is in the table. A record in a class of n units is found with 1/n.
- Journalist: the attacker only has a register of the population, whose classes are at least as large. Without such a
  register the risk cannot be computed; the prosecutor's figures are upper bounds of it.
- Marketer: the attacker links everybody at once; the expected share of right links. With the table as its own register
  this is the average prosecutor risk, and again an upper bound for any larger register.

Distinction and separation: R. Motwani, Y. Xu, Efficient algorithms for masking and finding quasi-identifiers (2007).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb
import numpy as np

from sandbox.snapshots.classes import UNITS, Histogram, count_classes, read_histogram
from sandbox.snapshots.coded import CODED, KEY, UNIT, Coded, Integers, coded, one_row
from sandbox.snapshots.sql import Sql, identifier, join, names

#: More comparisons than these are not made for the wildcard reading: about a second's work.
MOST_COMPARISONS = 20_000_000
_UNIT = identifier(" unit of the record ")  # no source column is called so


@dataclass(frozen=True)
class Distinguishing:
    """How well columns tell records apart. ``distinction``: distinct values per record; ``separation``: the share of
    pairs of records that differ. Both 0–1; 1 tells everybody apart."""

    distinction: float
    separation: float


@dataclass(frozen=True)
class Reading:
    """Highest and average prosecutor risk, 0–1; 0 for a table without rows."""

    highest: float
    average: float


@dataclass(frozen=True)
class Risk:
    """Risks of a table; see the module for the words.

    ``unique`` counts the units that are alone in a class with any of their rows, ``unique_share`` is their share of
    ``units``. ``strict`` reads NULL as a value of its own; ``wildcard`` as one that may be any value, which makes
    classes larger: None where comparing them all would take too long. ``columns``: each quasi-identifier by itself.
    """

    classes: int
    records: int
    units: int
    unique: int
    strict: Reading
    wildcard: Reading | None
    separation: float
    columns: dict[str, Distinguishing]

    @property
    def unique_share(self) -> float:
        return self.unique / self.units if self.units else 0.0

    @property
    def marketer(self) -> float:
        """Expected share of right links when everybody is linked; equal to the average with the table as register."""
        return self.strict.average


def measure_risk(
    connection: duckdb.DuckDBPyConnection, table: Sql, quasi_identifiers: Sequence[str], unit: str
) -> Risk:
    """The risks of ``table`` by its ``quasi_identifiers``; with none of them all rows are one class."""
    with coded(connection, table, quasi_identifiers, unit) as rows:
        return risk_of(rows, read_histogram(rows), table, quasi_identifiers, unit)


def risk_of(rows: Coded, histogram: Histogram, table: Sql, quasi_identifiers: Sequence[str], unit: str) -> Risk:
    """The risks by the coded ``rows`` of ``table`` and their ``histogram``."""
    sizes = histogram.units[histogram.units > 0]
    records = int(sizes.sum())
    strict = Reading(1 / int(sizes.min()), sizes.size / records) if records else Reading(0.0, 0.0)
    units, unique = _units(rows, int((sizes == 1).sum()))
    return Risk(
        classes=sizes.size,
        records=records,
        units=units,
        unique=unique,
        strict=strict,
        wildcard=_wildcard(rows, sizes.size * records, table, quasi_identifiers, unit, strict),
        separation=_separation(records, _alike(sizes)),
        columns={c: _column(rows, histogram, c, table, unit) for c in quasi_identifiers},
    )


def _units(rows: Coded, lone: int) -> tuple[int, int]:
    """(units, those that are alone in a class); ``lone`` classes have one unit."""
    if rows.single:
        return rows.rows, lone
    somebody = Sql("") if rows.nobody is None else " WHERE " + UNIT + f" <> {rows.nobody}"
    units = one_row(rows.connection, "SELECT count(DISTINCT " + UNIT + ") FROM " + CODED + somebody)[0]
    of_class = "SELECT min(" + UNIT + ") AS lone FROM " + CODED + somebody + " GROUP BY " + KEY
    alone = of_class + " HAVING lone = max(" + UNIT + ")"
    return int(units), int(one_row(rows.connection, "SELECT count(DISTINCT lone) FROM (" + alone + ")")[0])


def _alike(sizes: Integers) -> int:
    """Ordered pairs of records of one class."""
    return int((sizes * (sizes - 1)).sum())


def _column(rows: Coded, histogram: Histogram, column: str, table: Sql, unit: str) -> Distinguishing:
    """One quasi-identifier by itself."""
    if rows.steps is None:
        return distinguishing(rows.connection, table, (column,), unit)
    count = max(rows.ranks[column].count, 1)
    if rows.single:
        places = histogram.keys // rows.steps[column] % count
        sizes = np.bincount(places, weights=histogram.units, minlength=count).astype(np.int64)
    else:
        sizes = rows.count_units(rows.part(column), max(rows.ranks[column].count, 1))[1]
    sizes = sizes[sizes > 0]
    records = int(sizes.sum())
    return Distinguishing(sizes.size / records if records else 0.0, _separation(records, _alike(sizes)))


def distinguishing(
    connection: duckdb.DuckDBPyConnection, table: Sql, columns: Sequence[str], unit: str
) -> Distinguishing:
    """How well ``columns`` together tell the records of ``table`` apart."""
    query = (
        "SELECT count(*), coalesce(sum(" + UNITS + "), 0), coalesce(sum(" + UNITS + " * (" + UNITS + " - 1)), 0) FROM ("
        + count_classes(table, columns, unit) + ")"
    )  # fmt: skip
    classes, records, alike = (int(v) for v in one_row(connection, query))
    return Distinguishing(classes / records if records else 0.0, _separation(records, alike))


def _separation(records: int, alike: int) -> float:
    """``alike``: ordered pairs of records of one class."""
    return 1 - alike / (records * (records - 1)) if records > 1 else 0.0


def _wildcard(
    rows: Coded, comparisons: int, table: Sql, quasi_identifiers: Sequence[str], unit: str, strict: Reading
) -> Reading | None:
    """The risks when a NULL agrees with every value. Agreement is not transitive, so every class that holds a NULL is
    compared with every record; a unit counts once however many of its records agree."""
    if all(rows.ranks[c].empty is None for c in quasi_identifiers) or not comparisons:
        return strict
    if comparisons > MOST_COMPARISONS:
        return None
    records = (
        "SELECT DISTINCT " + names(quasi_identifiers) + ", " + identifier(unit) + " AS " + _UNIT + " FROM " + table
    )
    classes = count_classes(table, quasi_identifiers, unit)
    quoted = [identifier(c).text for c in quasi_identifiers]
    agree = join([Sql(f"(c.{q} = r.{q} OR c.{q} IS NULL OR r.{q} IS NULL)") for q in quoted], " AND ")
    sizes = (
        "SELECT any_value(c." + UNITS + ") AS own, count(DISTINCT r." + _UNIT + ") AS size FROM (SELECT *, row_number()"
        " OVER () AS number FROM (" + classes + ")) AS c JOIN (" + records + ") AS r ON " + agree + " GROUP BY c.number"
    )
    risks = one_row(rows.connection, "SELECT max(1 / size), sum(own / size) / sum(own) FROM (" + sizes + ")")
    return Reading(float(risks[0]), float(risks[1]))
