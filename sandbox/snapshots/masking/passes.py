"""The two passes; the package's docstring tells the order of things."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any

import duckdb

from sandbox.core.generalise import Generalise
from sandbox.core.rules import DateShift, Drop, Noise, Pseudonym, Rule, Sample, TopBottom
from sandbox.core.spec import DatasetSpec
from sandbox.snapshots.content import table_columns
from sandbox.snapshots.hierarchies.base import Hierarchy
from sandbox.snapshots.manifest import SampleFacts
from sandbox.snapshots.masking import sample
from sandbox.snapshots.masking.cell import ROW, TIE, Cell, KeyOf, Owner
from sandbox.snapshots.masking.generalise import is_listed
from sandbox.snapshots.masking.hashing import canonical_id
from sandbox.snapshots.masking.pseudonym import PACKED, unpacked
from sandbox.snapshots.masking.registry import FIRST, SECOND
from sandbox.snapshots.sql import Sql, identifier, join, value

NO_HIERARCHIES: Mapping[str, Hierarchy] = MappingProxyType({})
_WORK = " second pass "
_BATCH = 100_000  # distinct values that are looked up at once


def in_second_pass(rule: Rule) -> bool:
    """Whether ``rule`` needs more than the value itself."""
    return type(rule) in SECOND and SECOND[type(rule)].needed(rule)


def foretold(rule: Rule) -> bool:
    """Whether somebody without the key, but with the table, can compute the masked value of one that they know."""
    return not isinstance(rule, Drop | Pseudonym) and (
        not in_second_pass(rule) or isinstance(rule, Generalise | TopBottom)
    )


def expression(rule: Rule, column: str, kind: str, key_of: KeyOf) -> Sql:
    """The masked value of ``column``, which has the DuckDB type ``kind``, for a rule of the first pass.

    Raises BadInput when the rule cannot work on that type. ``Drop`` has no expression: leave the column out.
    """
    if type(rule) not in FIRST or in_second_pass(rule):
        raise ValueError(f"a column is dropped, or the second pass is its masking: {rule.kind}")
    cell = Cell(column, kind, key_of)
    FIRST[type(rule)].validate(rule, cell)
    return FIRST[type(rule)].operate(rule, cell)


def first_pass(rule: Rule, column: str, kind: str, key_of: KeyOf) -> Sql:
    """``expression AS name``: the masked value, or what is carried along for the second pass.

    Raises BadInput when the rule cannot work on the type.
    """
    if not in_second_pass(rule):
        return expression(rule, column, kind, key_of) + " AS " + identifier(column)
    SECOND[type(rule)].validate(rule, Cell(column, kind, key_of))
    return identifier(column) + " AS " + identifier(carried(column))


def carried(column: str) -> str:
    """The name of a raw value in the working table; no spec can name it, so no snapshot with it is published."""
    return f" raw {column}"


def entities_of(spec: DatasetSpec) -> list[str]:
    """The entities whose keys a build of ``spec`` uses, by name."""
    rules = [column.rule for column in spec.columns.values()]
    found = {rule.entity for rule in rules if isinstance(rule, Pseudonym)}
    if spec.sample or any(isinstance(rule, Noise | DateShift) for rule in rules):
        found.add(spec.unit.entity)
    return sorted(found)


def second_pass(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    spec: DatasetSpec,
    key_of: KeyOf,
    hierarchies: Mapping[str, Hierarchy] = NO_HIERARCHIES,
    measured: str | None = None,
) -> SampleFacts | None:
    """Sample the working table ``table`` and replace what was carried along; nothing to do for most specs.

    What was there before the sample, if the spec wants one.
    ``hierarchies`` are what ``read_hierarchies`` found for the spec; ``measured`` is another table with the carried
    columns, for facts that are not to come from ``table``. Raises BadInput where a rule cannot work on the values.
    """
    kinds = dict(table_columns(connection, identifier(table)))
    owner = _owner(spec, kinds)
    sampled = None
    if spec.sample and owner:
        sampled = _keep_sample(connection, table, spec.sample, owner, key_of)
    cells = {
        name: (column.rule, Cell(name, kinds[carried(name)], key_of, owner, carried(name)))
        for name, column in spec.columns.items()
        if in_second_pass(column.rule)
    }
    if cells:
        names = [name for name in spec.columns if name in kinds or name in cells]
        found = _measure(connection, identifier(measured or table), cells)
        _replace(connection, table, names, cells, hierarchies, found)
    return sampled


def _owner(spec: DatasetSpec, kinds: Mapping[str, str]) -> Owner | None:
    name = spec.unit.column
    if name not in kinds:
        return None
    packed = isinstance(spec.columns[name].rule, Pseudonym) and kinds[name] == PACKED
    return Owner(name, spec.unit.entity, unpacked(identifier(name)) if packed else canonical_id(name, kinds[name]))


def _keep_sample(
    connection: duckdb.DuckDBPyConnection, table: str, rule: Sample, owner: Owner, key_of: KeyOf
) -> SampleFacts:
    query = "SELECT count(*), count(DISTINCT " + identifier(owner.column) + ") FROM " + identifier(table)
    rows, units = connection.execute(query.text).fetchone() or (0, 0)
    stays = sample.operate(rule, owner, key_of)
    _rewrite(connection, table, "SELECT * FROM " + identifier(table) + " WHERE " + stays)
    return SampleFacts(rate=rule.rate, rows=rows, units=units)


def _replace(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    names: list[str],
    cells: Mapping[str, tuple[Rule, Cell]],
    hierarchies: Mapping[str, Hierarchy],
    found: Mapping[str, tuple[Any, ...]],
) -> None:
    if any(SECOND[type(rule)].helper for rule, _ in cells.values()):
        numbered = "SELECT *, row_number() OVER () AS " + identifier(ROW) + ", hash(t) AS " + identifier(TIE)
        _rewrite(connection, table, numbered + " FROM " + identifier(table) + " AS t")
    masked = {name: identifier(name) for name in names}
    joins, beside = Sql(""), []
    for number, (name, (rule, cell)) in enumerate(cells.items()):
        way = SECOND[type(rule)]
        helper, key, result = (identifier(f"{_WORK}{number} {part}") for part in ("helper", "key", "value"))
        if isinstance(rule, Generalise) and is_listed(rule):
            shown = "CAST(" + cell.sql + " AS VARCHAR)"
            labels = partial(hierarchies[name].labels, level=rule.level)
            _look_up(connection, helper, key, result, "SELECT DISTINCT " + shown + " FROM " + identifier(table), labels)
            joins = joins + " LEFT JOIN " + helper + " ON " + shown + " IS NOT DISTINCT FROM " + key
        elif way.helper is not None:
            query = way.helper(rule, cell, identifier(table), found[name])
            _create(connection, helper + "(" + key + ", " + result + ")", query)
            joins = joins + " LEFT JOIN " + helper + " ON t." + identifier(ROW) + " = " + key
        elif way.operate is not None:
            masked[name] = way.operate(rule, cell, found[name])
            continue
        masked[name] = result
        beside.append(helper)
    selected = join(sql + " AS " + identifier(name) for name, sql in masked.items())
    _rewrite(connection, table, "SELECT " + selected + " FROM (" + _with_draws(table, cells) + ") AS t" + joins)
    for helper in beside:
        connection.execute("DROP TABLE " + helper.text)


def _with_draws(table: str, cells: Mapping[str, tuple[Rule, Cell]]) -> Sql:
    """The rows of ``table`` with the digests of the rules that draw."""
    query = Sql("SELECT *")
    for rule, cell in cells.values():
        draw = SECOND[type(rule)].draw
        if draw is not None:
            query = query + ", " + draw(rule, cell) + " AS " + cell.drawn
    return query + " FROM " + identifier(table)


def _look_up(
    connection: duckdb.DuckDBPyConnection,
    helper: Sql,
    key: Sql,
    result: Sql,
    distinct: Sql,
    labels: Callable[[list[str | None]], list[Any]],
) -> None:
    """Make the table ``helper`` of ``distinct`` values and their labels, batch by batch."""
    connection.execute("CREATE TABLE " + helper.text + "(" + key.text + " VARCHAR, " + result.text + " VARCHAR)")
    with connection.cursor() as reader:
        reader.execute(distinct.text, distinct.parameters)
        while batch := [row[0] for row in reader.fetchmany(_BATCH)]:
            query = (
                "INSERT INTO " + helper + " SELECT unnest(" + value(batch) + "), unnest(" + value(labels(batch)) + ")"
            )
            connection.execute(query.text, query.parameters)


def _measure(
    connection: duckdb.DuckDBPyConnection, table: Sql, cells: Mapping[str, tuple[Rule, Cell]]
) -> dict[str, tuple[Any, ...]]:
    """The facts of every rule, from one query over the table."""
    wanted = {name: SECOND[type(rule)].facts(rule, cell, table) for name, (rule, cell) in cells.items()}
    aggregates = [fact for facts in wanted.values() for fact in facts]
    if not aggregates:
        return dict.fromkeys(wanted, ())
    query = "SELECT " + join(aggregates) + " FROM " + table
    row = iter(connection.execute(query.text, query.parameters).fetchone() or ())
    return {name: tuple(next(row) for _ in facts) for name, facts in wanted.items()}


def _create(connection: duckdb.DuckDBPyConnection, table: Sql, query: Sql) -> None:
    query = "CREATE TABLE " + table + " AS " + query
    connection.execute(query.text, query.parameters)


def _rewrite(connection: duckdb.DuckDBPyConnection, table: str, query: Sql) -> None:
    """Put the rows of ``query`` in the place of ``table``."""
    query = "CREATE TABLE " + identifier(_WORK) + " AS " + query
    connection.execute(query.text, query.parameters)
    connection.execute("DROP TABLE " + identifier(table).text)
    connection.execute("ALTER TABLE " + identifier(_WORK).text + " RENAME TO " + identifier(table).text)
