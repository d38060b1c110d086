"""``microaggregate``: numbers to the mean of a group of near values of at least ``k`` units.

Univariate fixed-size microaggregation by individual ranking: D. Defays, M. Anwar, Masking microdata using
micro-aggregation, J. Official Statistics 14 (1998); J. Domingo-Ferrer, J. M. Mateo-Sanz, Practical data-oriented
microaggregation for statistical disclosure control, IEEE TKDE 14 (2002). Sorted values are cut into groups of ``k``,
the last one of up to ``2k − 1``.

Ours counts units, not rows. A unit's rows are numbered by value; the first rows of all units are grouped with each
other, then the second ones, and so on, so that ``k`` rows are always of ``k`` units. Where fewer than ``k`` units have
that many rows, the rest joins the group of the last full round whose values are nearest below.
"""

from __future__ import annotations

from typing import Any

from sandbox.core.errors import BadInput
from sandbox.core.rules import Microaggregate
from sandbox.snapshots.masking.cell import ROW, TIE, Cell
from sandbox.snapshots.sql import Sql, identifier

# Sums are taken in the order of the values: in another order floating numbers have other sums.
_GROUPS = """
numbered AS (
    SELECT r, u, v, row_number() OVER (PARTITION BY u ORDER BY v, tie) AS j FROM filled WHERE v IS NOT NULL
),
rounds AS (SELECT j, count(*) AS n FROM numbered GROUP BY j HAVING count(*) >= ?),
placed AS (
    SELECT r, u, v, j, least((row_number() OVER (PARTITION BY j ORDER BY v, u) - 1) // ?, n // ? - 1) AS g
    FROM numbered JOIN rounds USING (j)
),
ends AS (SELECT j, g, min(v) AS low FROM placed WHERE j = (SELECT max(j) FROM rounds) GROUP BY j, g),
rest AS (SELECT * FROM numbered WHERE j > (SELECT max(j) FROM rounds)),
grouped AS (
    SELECT * FROM placed
    UNION ALL
    SELECT rest.r, rest.u, rest.v, ends.j, ends.g FROM rest ASOF JOIN ends ON rest.v >= ends.low
)
SELECT r, avg(v) OVER (PARTITION BY j, g ORDER BY v, u ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)
FROM grouped
"""


def facts(rule: Microaggregate, cell: Cell, table: Sql) -> tuple[Sql, ...]:
    """How many units have a value."""
    return ("count(DISTINCT " + identifier(cell.owned.column) + ") FILTER (WHERE " + cell.finite + " IS NOT NULL)",)


def helper(rule: Microaggregate, cell: Cell, table: Sql, found: tuple[Any, ...]) -> Sql:
    """(number of the row, value) of every row with a finite value: a DOUBLE.

    Raises BadInput when there are too few units for a group. Windows and joins alone, so that it spills to
    disk instead of filling the memory. Ties are broken by content: the order of rows in the working table is not the
    same at every build.
    """
    if 0 < found[0] < rule.k:
        raise BadInput(
            "Only {units} units have a value in “{column}”, fewer than a group of microaggregate has (k = {k}).",
            "Drop the column, or lower k if its owner agrees.",
            units=found[0],
            column=cell.column,
            k=rule.k,
        )
    filled = (
        "SELECT " + identifier(ROW) + " AS r, " + identifier(cell.owned.column) + " AS u, " + cell.finite + " AS v, "
    )
    filled = filled + identifier(TIE) + " AS tie FROM " + table
    return "WITH filled AS (" + filled + "), " + Sql(_GROUPS, (rule.k,) * 3)
