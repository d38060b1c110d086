"""Attacks on what several rows or dates of a person say together, where each by itself is masked.

Shifted dates keep their intervals, and the intervals between some events are as good as a fingerprint to somebody who
knows when they were. Noise is drawn anew for every value, and the mean of many noisy values is close to the true one.
Neither is a fault of the rule: it is what the rule is for, and what a steward should know before granting the table.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sandbox.snapshots.masking.date_shift import EARLIEST, LATEST
from sandbox.snapshots.redteam_attacks import World
from sandbox.snapshots.sql import Sql, identifier, join, value

EXACT = "microsecond"
"""The period of dates that are published as they are."""

WITHIN = 0.05
"""An estimate this near to the true mean, as a share of it, is a success."""


def intervals(published: World, raw: World, people: Sql, columns: Sequence[str]) -> tuple[float, float]:
    """Expected share of ``people`` who are found by the intervals between all their dates in ``columns``; and in the
    raw table, by the dates. ``people`` has ``who``, the unit in the published table, and ``known``, in the raw one.

    Who has one date only is not found by it.
    """
    exact = dict.fromkeys(columns, EXACT)
    seen, true, dated = (
        _signatures(world, exact, since) for world, since in ((published, True), (raw, True), (raw, False))
    )
    return _recognised(published, people, "who", seen, true), _recognised(raw, people, "known", dated, dated)


def dates(published: World, raw: World, people: Sql, periods: Mapping[str, str]) -> tuple[float, float]:
    """Expected share of ``people`` who are found by all their dates, as far as these are published: column → period;
    and in the raw table, by the exact dates."""
    coarse = (_signatures(world, periods, least=1) for world in (published, raw))
    exact = _signatures(raw, dict.fromkeys(periods, EXACT), least=1)
    return _recognised(published, people, "who", *coarse), _recognised(raw, people, "known", exact, exact)


def _recognised(world: World, people: Sql, who: str, seen: Sql, true: Sql) -> float:
    """Share of ``people`` who have in ``seen``, as ``who`` names them there, what they have in ``true``; each counts as
    one by the number of those who look alike."""
    shift = "SELECT *, count(*) OVER (PARTITION BY n, s) AS alike FROM (" + seen + ")"
    query = (
        "SELECT avg(CASE WHEN p.n = r.n AND p.s = r.s THEN 1 / p.alike ELSE 0 END) FROM " + people + " AS t LEFT JOIN ("
        + shift + ") AS p ON p.u = t." + identifier(who) + " LEFT JOIN (" + true + ") AS r ON r.u = t.known"
    )  # fmt: skip
    return float(world.one(query) or 0)


def _signatures(world: World, periods: Mapping[str, str], since: bool = False, least: int = 2) -> Sql:
    """For each unit ``u`` with ``least`` dates their number ``n`` and ``s``, the same for the same dates; ``since``:
    for the same intervals. A sum of hashes, as lists of dates would not leave the memory."""
    unit = identifier(world.unit)
    points = join(
        (
            "SELECT " + unit + " AS u, " + value(column) + " AS c, epoch_us(date_trunc(" + value(period) + ", CAST("
            + identifier(column) + " AS TIMESTAMP))) AS d FROM " + world.table + " WHERE " + identifier(column)
            + f" > DATE '{EARLIEST}' AND " + identifier(column) + f" < DATE '{LATEST}'"
            for column, period in periods.items()
        ),
        " UNION ALL ",
    )  # fmt: skip
    told = "d - min(d) OVER (PARTITION BY u)" if since else "d"
    steps = "SELECT u, c, " + told + " AS step FROM (" + points + ")"
    return (
        "SELECT u, count(*) AS n, sum(CAST(hash(c, step) AS HUGEINT)) AS s FROM ("
        + steps
        + ") GROUP BY u HAVING n >= "
        + value(least)
    )


def averaging(published: World, raw: World, people: Sql, column: str) -> tuple[float, float] | None:
    """(share of ``people`` with several rows whose noisy values have a mean within WITHIN of the true one, share for a
    single value in the mean's stead); None where nobody has several rows."""
    cell = "CAST(" + identifier(column) + " AS DOUBLE)"

    def means(world: World) -> Sql:
        mean = "SELECT " + identifier(world.unit) + " AS u, avg(" + cell + ") AS m, count(" + cell + ") AS n FROM "
        return mean + world.table + " GROUP BY u HAVING n > 1"

    near = "abs({} - r.m) <= " + str(WITHIN) + " * abs(r.m)"
    both = " FROM " + people + " AS t JOIN (" + means(raw) + ") AS r ON r.u = t.known JOIN "
    query = (
        "SELECT avg(CAST("
        + near.format("p.m")
        + " AS INTEGER))"
        + both
        + "("
        + means(published)
        + ") AS p ON p.u = t.who"
    )
    found = published.one(query)
    if found is None:
        return None
    rows = "SELECT " + identifier(published.unit) + " AS u, " + cell + " AS v FROM " + published.table
    single = "SELECT avg(CAST(" + near.format("p.v") + " AS INTEGER))" + both + "(" + rows + ") AS p ON p.u = t.who"
    return float(found), float(published.one(single) or 0)
