"""Attacks on a table about people. Each runs alike on the published and on the raw table, so that they can be compared.

An attacker knows the rules (they stand in the manifest) and brings the values of some targets; he has no key. Where
several people look alike he picks one at random: success is the expected share of targets who are found. Sources: the
attack models of Sweeney (2002) for linkage, Machanavajjhala et al. (2007) for homogeneity, and the “singling out” of
the Article 29 Working Party's opinion 05/2014.
"""

from __future__ import annotations

import hashlib
import hmac
import itertools
import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import duckdb

from sandbox.snapshots.sql import Sql, identifier, join, names, value

TRUTH = identifier(" who it is ")
PAIRS = 100_000_000
"""At most so many comparisons of a target with a class in the fuzzy linkage: some seconds on two cores."""
TRIPLES = 20
_SPELLINGS = 100_000  # different texts of a column, up to which one that is written wrongly is looked for


@dataclass(frozen=True)
class World:
    """A table in which to look for people, and what the attacker knows of his targets in the table's own terms.

    ``targets`` has one row per target: the ``known`` columns and TRUTH, the value of ``unit`` that is right.
    """

    connection: duckdb.DuckDBPyConnection
    table: Sql
    unit: str
    targets: Sql
    known: tuple[str, ...]

    def one(self, query: Sql) -> Any:
        row = self.connection.execute(query.text, query.parameters).fetchone()
        return row[0] if row else None


def exact_linkage(world: World) -> float:
    """Expected share of targets found among those who agree in every known column."""
    unit = identifier(world.unit)
    right = "max(CASE WHEN p." + unit + " = t." + TRUTH + " THEN 1 ELSE 0 END)"
    people = "(SELECT DISTINCT " + names([world.unit, *world.known]) + " FROM " + world.table + ")"
    query = (
        "SELECT avg(coalesce(hit, 0)) FROM (SELECT " + right + " / nullif(count(DISTINCT p." + unit + "), 0) AS hit"
        " FROM " + world.targets + " AS t LEFT JOIN " + people + " AS p ON " + _same("t", "p", world.known)
        + " GROUP BY t." + TRUTH + ")"
    )  # fmt: skip
    return float(world.one(query) or 0)


def fuzzy_linkage(world: World) -> float:
    """Expected share of targets found among the most likely classes, when the knowledge may be wrong.

    Columns that agree count by how rare their value is (the agreement weights of Fellegi and Sunter, 1969). A text that
    nobody has is first read as the likeliest one with another letter or 字.
    """
    for column in world.known:
        world = _corrected(world, column)
    _count_classes(world)
    many = max(50, PAIRS // max(1, int(world.one(Sql("SELECT count(*) FROM classes")) or 1)))
    _weigh_targets(world, many)
    agreed = [
        "CASE WHEN t." + identifier(c) + " IS NOT DISTINCT FROM c." + identifier(c) + f" THEN t.w{n} ELSE 0 END"
        for n, c in enumerate(world.known)
    ]
    score = join(agreed, " + ") if agreed else Sql("0")
    scored = "SELECT t." + TRUTH + " AS who, c.class, c.units, " + score + " AS score FROM weighed AS t, classes AS c"
    unit = identifier(world.unit)
    home = (
        "SELECT DISTINCT p." + unit + " AS who, c.class FROM " + world.table + " AS p JOIN classes AS c ON "
        + _same("p", "c", world.known) + " SEMI JOIN weighed AS t ON p." + unit + " = t." + TRUTH
    )  # fmt: skip
    query = (
        "WITH best AS (SELECT * FROM (" + scored + ") QUALIFY score >= max(score) OVER (PARTITION BY who) - 1e-9),"
        " home AS (" + home + "), found AS (SELECT who, sum(units) AS units, count(home.who) > 0 AS hit"
        " FROM best LEFT JOIN home USING (who, class) GROUP BY who)"
        " SELECT avg(CASE WHEN hit THEN 1 / units ELSE 0 END) FROM found"
    )  # fmt: skip
    return float(world.one(query) or 0)


def _corrected(world: World, column: str) -> World:
    """``world`` in which texts of ``column`` that are not in the table are replaced by the most frequent one that
    differs in one character. Texts are alike if leaving out one character of each makes them equal (T. Bocek et al.,
    2007): DuckDB's distances count bytes, of which a 字 has three."""
    name = identifier(column)
    kinds = world.connection.execute("DESCRIBE SELECT " + name.text + " FROM " + world.table.text).fetchall()
    values = "SELECT " + name + " AS v, count(*) AS n FROM " + world.table + " GROUP BY 1"
    if str(kinds[0][1]) != "VARCHAR" or int(world.one("SELECT count(*) FROM (" + values + ")")) > _SPELLINGS:
        return world
    cut = (
        "unnest(list_distinct(list_append(list_transform(range(1, length(v) + 1),"
        " lambda i: left(v, i - 1) || substr(v, i + 1)), v))) AS cut"
    )
    strange = "SELECT DISTINCT " + name + " AS v FROM " + world.targets + " WHERE length(v) > 1 AND v NOT IN "
    strange = strange + "(SELECT v FROM there WHERE v IS NOT NULL)"
    written = "SELECT v, " + cut + " FROM strange"
    meant = "SELECT v, n, " + cut + " FROM there WHERE length(v) > 1"
    query = (
        "CREATE OR REPLACE TEMP TABLE " + identifier(f"read {column}") + " AS WITH there AS (" + values
        + "), strange AS (" + strange + ") SELECT s.v AS written, arg_max(t.v, (t.n, t.v)) AS meant FROM ("
        + written + ") AS s JOIN (" + meant + ") AS t USING (cut) GROUP BY s.v"
    )  # fmt: skip
    world.connection.execute(query.text, query.parameters)
    read, made = identifier(f"read {column}"), identifier(f"targets with {column}")
    query = (
        "CREATE OR REPLACE TEMP TABLE " + made + " AS SELECT t.* REPLACE (coalesce(r.meant, t." + name + ") AS " + name
        + ") FROM " + world.targets + " AS t LEFT JOIN " + read + " AS r ON t." + name + " = r.written"
    )  # fmt: skip
    world.connection.execute(query.text, query.parameters)
    return replace(world, targets=made)


def _count_classes(world: World) -> None:
    """The temporary table ``classes``: the known columns, ``units`` and ``class``, a number."""
    columns, unit = names(world.known), identifier(world.unit)
    counted: Sql = "count(DISTINCT " + unit + ") AS units, row_number() OVER () AS class FROM " + world.table
    grouped = columns + ", " + counted + " GROUP BY " + columns if world.known else counted
    query = "CREATE OR REPLACE TEMP TABLE classes AS SELECT " + grouped
    world.connection.execute(query.text, query.parameters)


def _weigh_targets(world: World, many: int) -> None:
    """The temporary table ``weighed``: at most ``many`` targets with the weight of each of their values, w0, w1 …"""
    weights, joins = Sql(""), Sql("")
    for n, column in enumerate(world.known):
        name = identifier(column)
        rare = (
            "SELECT " + name + ", -ln(count(*) / sum(count(*)) OVER ()) AS w FROM " + world.table + " GROUP BY " + name
        )
        weights = weights + f", coalesce(v{n}.w, 0) AS w{n}"
        joins = joins + " LEFT JOIN (" + rare + f") AS v{n} ON t." + name + f" IS NOT DISTINCT FROM v{n}." + name
    some = "SELECT * FROM " + world.targets + " ORDER BY hash(" + TRUTH + ") LIMIT " + value(many)
    query = "CREATE OR REPLACE TEMP TABLE weighed AS SELECT t.*" + weights + " FROM (" + some + ") AS t" + joins
    world.connection.execute(query.text, query.parameters)


def inference(world: World, column: str) -> tuple[float, float, float]:
    """(share of targets all of whose look-alikes share one value, share of targets whose value is their look-alikes'
    most frequent one, share of units with the most frequent value of all) for a sensitive ``column``."""
    sensitive, unit = identifier(column), identifier(world.unit)
    columns = join(["p." + identifier(c) for c in world.known])
    counted = (
        "SELECT " + columns + ", p." + sensitive + " AS v, count(DISTINCT p." + unit + ") AS n FROM " + world.table
        + " AS p GROUP BY ALL"
    )  # fmt: skip
    mode = (
        "SELECT *, count(*) OVER w = 1 AND v IS NOT NULL AS alone FROM (" + counted + ") WINDOW w AS (PARTITION BY "
        + names(world.known) + ") QUALIFY row_number() OVER (PARTITION BY " + names(world.known)
        + " ORDER BY n DESC, v) = 1"
    )  # fmt: skip
    query = (
        "SELECT avg(CASE WHEN m.alone THEN 1 ELSE 0 END), avg(CASE WHEN m.v = o.v THEN 1 ELSE 0 END) FROM "
        + world.targets + " AS t LEFT JOIN (" + mode + ") AS m ON " + _same("t", "m", world.known)
        + " JOIN (SELECT " + unit + " AS who, any_value(" + sensitive + ") AS v FROM " + world.table
        + " GROUP BY 1) AS o ON o.who = t." + TRUTH
    )  # fmt: skip
    certain, guessed = world.connection.execute(query.text, query.parameters).fetchone() or (0, 0)
    overall = (
        "SELECT max(n) / sum(n) FROM (SELECT count(DISTINCT " + unit + ") AS n FROM " + world.table + " GROUP BY "
        + sensitive + ")"
    )  # fmt: skip
    return float(certain or 0), float(guessed or 0), float(world.one(overall) or 0)


def singling_out(world: World, columns: Sequence[str], seed: int) -> tuple[float, tuple[str, ...]]:
    """(share of units who are alone with their values, the columns) for the worst of some triples of ``columns``."""
    triples = list(itertools.combinations(columns, min(3, len(columns))))
    random.Random(seed).shuffle(triples)  # noqa: S311 - which triples are tried, no secret
    worst: tuple[float, tuple[str, ...]] = (0.0, ())
    for triple in triples[:TRIPLES]:
        unit, chosen = identifier(world.unit), names(triple)
        lonely = "SELECT any_value(" + unit + ") AS who FROM " + world.table + " GROUP BY " + chosen
        lonely = lonely + " HAVING count(DISTINCT " + unit + ") = 1"
        query = (
            "SELECT (SELECT count(DISTINCT who) FROM (" + lonely + ")) / count(DISTINCT " + unit + ") FROM "
            + world.table
        )  # fmt: skip
        worst = max(worst, (float(world.one(query) or 0), triple))
    return worst


def dictionary(pseudonyms: set[str], ids: Iterable[str], key: bytes | None = None) -> float:
    """Share of ``ids`` whose hash is a pseudonym: with the usual hashes and weak keys, or with the ``key``."""
    hashes: list[Callable[[bytes], str]] = [_with(key)] if key else [*map(_with, _WEAK_KEYS), *map(_plain, _PLAIN)]
    widths = {len(p) for p in pseudonyms}
    tried = found = 0
    for each in ids:
        tried += 1
        digests = (digest(each.encode()) for digest in hashes)
        found += any(text[:width] in pseudonyms for text in digests for width in widths)
    return found / tried if tried else 0.0


_PLAIN = ("md5", "sha1", "sha224", "sha256", "sha384", "sha512", "sha3_256", "blake2b", "blake2s")
_WEAK_KEYS = (b"secret", b"password", b"key", b"salt", b"pseudonym", b"sandbox", b"\0" * 32)


def _plain(name: str) -> Callable[[bytes], str]:
    return lambda text: hashlib.new(name, text).hexdigest()


def _with(key: bytes) -> Callable[[bytes], str]:
    return lambda text: hmac.new(key, text, hashlib.sha256).hexdigest()


def _same(left: str, right: str, columns: Sequence[str]) -> Sql:
    pairs = [f"{left}." + identifier(c) + f" IS NOT DISTINCT FROM {right}." + identifier(c) for c in columns]
    return join(pairs, " AND ") if pairs else Sql("true")
