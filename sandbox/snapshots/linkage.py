"""Linking records that have no common key: a Fellegi-Sunter model over some columns, learned by splink without labels.

splink is an optional extra. It works on tables that this module lays out for it: record number, and the compared
columns ``c0``, ``c1`` … in lower case without blanks and punctuation, so that no name and no value of the source ever
becomes part of a statement that splink writes. What it says about the share of false links is its own belief; a person
has to look at ``Linked.review`` before it is used.
"""

from __future__ import annotations

import importlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import duckdb

from sandbox.core.errors import BadInput, Unavailable
from sandbox.core.linking import Compared, Link
from sandbox.snapshots.manifest import LinkFacts
from sandbox.snapshots.sql import Sql, identifier, join, value

Agreement = Literal["same", "near", "differs", "empty"]
SIDES = ("link_0", "link_1")
LINKS = "links"
REVIEWED = 12
_SEED = 20261121
_LEAST_PROBABILITY = 0.01  # pairs below it are not worth a row: their sum is what the estimates lack
_PAIRS = 5_000_000  # of records that agree in one column: beyond it the column tells too little to look for pairs by
_TRAINED_PAIRS = 1e6
_SAME_MONTH = "substr({0}_l, 1, 6) = substr({0}_r, 1, 6)"  # of dates as lay_out writes them
# DuckDB's distances count bytes, of which a Chinese character has three. All characters but one, in any order:
_ONE_CHARACTER = (
    "bit_length({0}_l) > 8 * length({0}_l) AND greatest(length({0}_l), length({0}_r))"
    " - length(list_intersect(string_split({0}_l, ''), string_split({0}_r, ''))) <= 1"
)
_EXPECTED_RECALL = 0.7  # share of the true pairs that agree in all columns; a start for the model, which learns it


@dataclass(frozen=True)
class Pair:
    """A pair for a person to judge: how its columns agree; ``values`` are raw and for the steward's eyes only."""

    probability: float
    agreement: tuple[Agreement, ...]
    values: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Linked:
    """``review``: pairs around the threshold, the likeliest first."""

    facts: LinkFacts
    review: tuple[Pair, ...]


def require_splink() -> Any:
    """The module splink. Raises Unavailable with how to get it."""
    try:
        return importlib.import_module("splink")
    except ImportError:
        raise Unavailable(
            "Linking records without a common key needs the package splink, which is not installed.",
            "Install it into the sandbox's environment: pip install 'innovation-sandbox[linkage]'.",
        ) from None


def link_records(connection: duckdb.DuckDBPyConnection, tables: Sequence[str], link: Link) -> Linked:
    """Make the table ``links`` (first and second id as text, probability) of the tables ``link_0`` (and ``link_1``).

    Between two tables everybody has one partner at most, the likeliest. Within one table the second id is the smallest
    of all who are the same person. ``tables`` are their names for people. The tables have the columns ``id`` (text),
    ``c0`` … (compared) and ``raw0`` … (as in the source). Raises BadInput where nothing can be learned from the
    columns, Unavailable without splink.
    """
    splink = require_splink()
    sides = SIDES[: len(tables)]
    _number(connection, sides)
    rules = _searched_by(connection, sides, len(link.on))
    if not rules:
        raise BadInput(
            "The columns {on} hardly tell records apart: too many agree in each of them.",
            "Compare a column with more different values, such as a name or a date of birth.",
            on=", ".join(c.column for c in link.on),
        )
    pairs = _predict(splink, connection, sides, link, rules)
    _choose(connection, pairs, link.threshold, within=len(sides) == 1)
    facts = _facts(connection, pairs, tables, link, str(splink.__version__))
    return Linked(facts, _review(connection, pairs, sides, link))


def lay_out(compared: Compared, column: Sql) -> Sql:
    """A column's text as it is compared: lower case, letters and digits only; a date as year, month, day."""
    text = "CAST(" + column + " AS VARCHAR)"
    if compared.how == "date":
        text = "coalesce(strftime(TRY_CAST(" + text + " AS DATE), '%Y%m%d'), " + text + ")"
    return "nullif(regexp_replace(lower(strip_accents(" + text + ")), '[^\\p{L}\\p{N}]+', '', 'g'), '')"


def _number(connection: duckdb.DuckDBPyConnection, sides: Sequence[str]) -> None:
    """One row for each id, numbered in their order, so that the same rows give the same links."""
    for side in sides:
        connection.execute(
            f"CREATE OR REPLACE TABLE {side} AS SELECT row_number() OVER (ORDER BY id) AS record, * FROM"
            f" (SELECT DISTINCT ON (id) * FROM {side} WHERE id IS NOT NULL ORDER BY ALL)"
        )


def _searched_by(connection: duckdb.DuckDBPyConnection, sides: Sequence[str], columns: int) -> list[tuple[str, ...]]:
    """Columns, or pairs of them, whose agreement makes a pair worth comparing; single ones that find enough first."""
    names = [f"c{n}" for n in range(columns)]
    single = [(n,) for n in names if 0 < _agreeing(connection, sides, (n,)) <= _PAIRS]
    rest = [n for n in names if (n,) not in single]
    double = [(a, b) for i, a in enumerate(rest) for b in rest[i + 1 :]]
    return single + [pair for pair in double if 0 < _agreeing(connection, sides, pair) <= _PAIRS]


def _agreeing(connection: duckdb.DuckDBPyConnection, sides: Sequence[str], columns: Sequence[str]) -> int:
    """Pairs of records that agree in all of ``columns``, counted without making them."""
    by, filled = ", ".join(columns), " AND ".join(f"{c} IS NOT NULL" for c in columns)
    counts = [f"(SELECT {by}, count(*) AS n FROM {side} WHERE {filled} GROUP BY ALL)" for side in sides]
    query = (
        f"SELECT sum(a.n * b.n) FROM {counts[0]} AS a JOIN {counts[1]} AS b USING ({by})"
        if len(sides) == 2
        else f"SELECT sum(n * (n - 1) // 2) FROM {counts[0]}"
    )
    return int(_one(connection, query)[0] or 0)


def _one(connection: duckdb.DuckDBPyConnection, query: str, parameters: Sequence[object] = ()) -> tuple[Any, ...]:
    """The one row of ``query``, read to the end: splink cannot use a connection with an unfinished result."""
    [row] = connection.execute(query, list(parameters)).fetchall()
    return tuple(row)


def _predict(
    splink: Any, connection: duckdb.DuckDBPyConnection, sides: Sequence[str], link: Link, rules: list[tuple[str, ...]]
) -> str:
    """Train the model and compare; the name of the table of pairs."""
    everything = tuple(f"c{n}" for n in range(len(link.on)))
    if not _agreeing(connection, sides, everything):
        raise BadInput(
            "No two records agree in all of {on}, so there is nothing to learn from.",
            "Check that these columns mean the same in both tables; leave out one that is seldom right.",
            on=", ".join(c.column for c in link.on),
        )
    logger = logging.getLogger("splink")
    before, logger.level = logger.level, logging.CRITICAL  # it tells of its progress as if of trouble
    try:
        settings = splink.SettingsCreator(
            link_type="link_only" if len(sides) == 2 else "dedupe_only",
            unique_id_column_name="record",
            comparisons=[_comparison(n, compared) for n, compared in enumerate(link.on)],
            blocking_rules_to_generate_predictions=[splink.block_on(*rule) for rule in rules],
            retain_intermediate_calculation_columns=False,
        )
        api = splink.DuckDBAPI(connection=connection)
        given = [api.register(side, dataset_display_name=side) for side in sides]
        linker = splink.Linker(given, settings, log_level=logging.CRITICAL)
        training = linker.training
        training.estimate_probability_two_random_records_match([splink.block_on(*everything)], recall=_EXPECTED_RECALL)
        training.estimate_u_using_random_sampling(max_pairs=_TRAINED_PAIRS, seed=_SEED)
        # What is agreed upon cannot be learned from: two rules with nothing in common teach everything.
        for rule in [*rules, *((name,) for name in everything if (name,) not in rules)][: len(everything)]:
            if _agreeing(connection, sides, rule):
                training.estimate_parameters_using_expectation_maximisation(
                    splink.block_on(*rule), max_pairs=_TRAINED_PAIRS
                )
        found = linker.inference.predict(threshold_match_probability=_LEAST_PROBABILITY)
    finally:
        logger.setLevel(before)
    return str(found.physical_name)


def _comparison(number: int, compared: Compared) -> Any:
    """Same, near, different, as the levels of one column; rare values that agree weigh more than common ones."""
    levels = importlib.import_module("splink.comparison_level_library")
    library = importlib.import_module("splink.comparison_library")
    name = f"c{number}"
    same = levels.ExactMatchLevel(name, term_frequency_adjustments=compared.how != "date")
    near = {
        "exact": [],
        "date": [levels.Or(levels.DamerauLevenshteinLevel(name, 1), levels.CustomLevel(_SAME_MONTH.format(name)))],
        "text": [
            levels.Or(
                levels.DamerauLevenshteinLevel(name, 1),
                levels.JaroWinklerLevel(name, 0.92),
                levels.CustomLevel(_ONE_CHARACTER.format(name)),
            )
        ],
    }[compared.how]
    return library.CustomComparison(
        output_column_name=name, comparison_levels=[levels.NullLevel(name), same, *near, levels.ElseLevel()]
    )


def _choose(connection: duckdb.DuckDBPyConnection, pairs: str, threshold: float, *, within: bool) -> None:
    query = _clusters if within else _partners
    connection.execute(f"CREATE OR REPLACE TABLE {LINKS} AS " + query(pairs), [threshold])


def _partners(pairs: str) -> str:
    """The pairs in which each is the likeliest partner of the other."""
    best = "row_number() OVER (PARTITION BY {} ORDER BY match_probability DESC, {}) = 1"
    return (
        "SELECT a.id AS first, b.id AS second, round(match_probability, 3) AS probability FROM (SELECT record_l,"
        f" record_r, match_probability FROM {pairs} WHERE match_probability >= ? QUALIFY"
        f" {best.format('record_l', 'record_r')} AND {best.format('record_r', 'record_l')}) JOIN {SIDES[0]} AS a"
        f" ON a.record = record_l JOIN {SIDES[1]} AS b ON b.record = record_r"
    )


def _clusters(pairs: str) -> str:
    """Everybody who is linked to somebody, with the first of those who are linked over any number of steps."""
    return (
        "WITH RECURSIVE edges AS MATERIALIZED (SELECT record_l AS a, record_r AS b, match_probability AS p"
        f" FROM {pairs} WHERE match_probability >= ?), both_ways AS MATERIALIZED"
        " (SELECT a, b, p FROM edges UNION ALL SELECT b, a, p FROM edges),"
        " reached(a, b) AS (SELECT a, b FROM both_ways UNION SELECT r.a, w.b FROM reached AS r JOIN both_ways AS w"
        " ON r.b = w.a) SELECT x.id AS first, y.id AS second, round(p, 3) AS probability FROM"
        " (SELECT a, min(b) AS head FROM reached GROUP BY a) JOIN (SELECT a, max(p) AS p FROM both_ways GROUP BY a)"
        f" USING (a) JOIN {SIDES[0]} AS x ON x.record = a JOIN {SIDES[0]} AS y ON y.record = head"
    )


def _facts(
    connection: duckdb.DuckDBPyConnection, pairs: str, tables: Sequence[str], link: Link, version: str
) -> LinkFacts:
    # Doubt about what is linked; hope in what is not. Both are the model's own.
    doubt, missed = _one(
        connection,
        "SELECT coalesce(avg(1 - match_probability) FILTER (match_probability >= ?), 0),"
        " coalesce(sum(match_probability) FILTER (match_probability < ?) / sum(match_probability), 0)"
        f" FROM {pairs}",
        [link.threshold, link.threshold],
    )
    return LinkFacts(
        tables=tuple(tables),
        records=tuple(int(_one(connection, f"SELECT count(*) FROM {side}")[0]) for side in SIDES[: len(tables)]),
        on=tuple(c.column for c in link.on),
        threshold=link.threshold,
        links=int(_one(connection, f"SELECT count(*) FROM {LINKS}")[0]),
        false_share=round(doubt, 4),
        missed_share=round(missed, 4),
        splink=version,
    )


def _review(connection: duckdb.DuckDBPyConnection, pairs: str, sides: Sequence[str], link: Link) -> tuple[Pair, ...]:
    """The pairs nearest to the threshold, half of them above it: where a person's eye is worth most."""
    count = len(link.on)
    seen = ", ".join(f"gamma_c{n}" for n in range(count))
    raw = join(identifier(f"{t}") + "." + identifier(f"raw{n}") for n in range(count) for t in ("a", "b"))
    near = "PARTITION BY match_probability >= ? ORDER BY abs(match_probability - ?), record_l, record_r"
    query = (
        Sql(f"SELECT match_probability, {seen}, ") + raw
        + Sql(f" FROM (SELECT * FROM {pairs} QUALIFY row_number() OVER ({near}) <= ", (link.threshold, link.threshold))
        + value(REVIEWED // 2)
        + f") AS p JOIN {sides[0]} AS a ON a.record = record_l JOIN {sides[-1]} AS b ON b.record = record_r"
        " ORDER BY match_probability DESC, record_l, record_r"
    )  # fmt: skip
    found = []
    for row in connection.execute(query.text, query.parameters).fetchall():
        levels, texts = row[1 : count + 1], [str(v) if v is not None else "" for v in row[count + 1 :]]
        agreement = tuple(_agreement(level, c) for level, c in zip(levels, link.on, strict=True))
        found.append(Pair(round(row[0], 3), agreement, tuple(zip(texts[::2], texts[1::2], strict=True))))
    return tuple(found)


def _agreement(level: int, compared: Compared) -> Agreement:
    """splink counts the levels of a comparison from the worst, 0; -1 is an empty value."""
    names: tuple[Agreement, ...] = ("differs", "same") if compared.how == "exact" else ("differs", "near", "same")
    return "empty" if level < 0 else names[level]
