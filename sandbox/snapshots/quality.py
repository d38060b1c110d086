"""Declared quality rules, counted in the masked table before its gates.

All rules that look at one row at a time are counted in one pass. What is told are counts: a message or a manifest that
named a value would say something about somebody. In a table about persons not even a small count is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb

from sandbox.core.errors import BadInput, GateFailed
from sandbox.core.messages import Message
from sandbox.core.quality import (
    ForeignKey,
    Freshness,
    NotNull,
    Pattern,
    QualityRule,
    Range,
    RowCount,
    Unique,
    UniqueTogether,
    Values,
)
from sandbox.core.rules import Pseudonym
from sandbox.core.spec import DatasetSpec, Reference
from sandbox.snapshots.content import table_columns
from sandbox.snapshots.manifest import QualityFacts, published_versions, read_manifest
from sandbox.snapshots.profile import MIN_UNITS
from sandbox.snapshots.references import measure_reference
from sandbox.snapshots.sql import Sql, identifier, join, names, value

Declared = tuple[str | None, QualityRule]
"""The column, None for the table as a whole, and the rule."""

_NUMBERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT",
            "UHUGEINT", "FLOAT", "DOUBLE", "DECIMAL")  # fmt: skip
_DATES = ("DATE", "TIMESTAMP")


def check_quality(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    spec: DatasetSpec,
    parent: Path,
    check_of: Callable[[str], str],
    now: datetime,
) -> tuple[QualityFacts, ...]:
    """What was found for every declared rule; ``parent`` is the dataset's folder of snapshots.

    ``check_of`` gives the check value of an entity's key. Raises GateFailed naming every rule that does not hold and
    is to stop the build, BadInput for a rule that cannot be applied to its column.
    """
    declared: list[Declared] = [(name, rule) for name, column in spec.columns.items() for rule in column.quality]
    declared += [(None, rule) for rule in spec.quality]
    if not declared:
        return ()
    look = _Look(connection, table, spec, parent, check_of, now)
    found = look.at(declared)
    broken = [f for (_, rule), f in zip(declared, found, strict=True) if not f.ok and rule.severity == "stop"]
    if broken:
        raise GateFailed(
            "{dataset}: {count} quality rules do not hold: {problems}",
            "Correct the source and build again; or, if the rows are right, change the rule, raise its `tolerance` or"
            " set it to `severity: warn` in the spec.",
            dataset=spec.name,
            count=len(broken),
            problems=_all([tell_quality(f) for f in broken]),
        )
    return tuple(_without_small_counts(f) if spec.unit.personal else f for f in found)


class _Look:
    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        table: str,
        spec: DatasetSpec,
        parent: Path,
        check_of: Callable[[str], str],
        now: datetime,
    ) -> None:
        self._connection, self._table, self._name, self._spec = connection, identifier(table), table, spec
        self._parent, self._check_of, self._now = parent, check_of, now
        self._types = dict(table_columns(connection, self._table))

    def at(self, declared: Sequence[Declared]) -> list[QualityFacts]:
        conditions = [self._condition(column, rule) for column, rule in declared]
        rows, *counts = self._row(
            "SELECT "
            + join([Sql("count(*)"), *("count(*) FILTER (WHERE " + c + ")" for c in conditions if c)])
            + " FROM "
            + self._table
        )
        counted = iter(counts)
        found = []
        for (column, rule), condition in zip(declared, conditions, strict=True):
            if condition:
                found.append(self._facts(column, rule, rows, next(counted)))
            else:
                found.append(self._other(column, rule, rows))
        return found

    def _condition(self, column: str | None, rule: QualityRule) -> Sql | None:
        """True for a row that breaks the rule; None for rules about more than one row."""
        cell = identifier(column or "")
        match rule:
            case NotNull():
                return cell + " IS NULL"
            case Range():
                limits = [(" < ", rule.low), (" > ", rule.high)]
                return join([cell + sign + self._limit(column, v) for sign, v in limits if v is not None], " OR ")
            case Values():
                return "CAST(" + cell + " AS VARCHAR) NOT IN (" + join(value(v) for v in rule.set) + ")"
            case Pattern():
                return "NOT regexp_full_match(CAST(" + cell + " AS VARCHAR), " + value(rule.regex) + ")"
        return None

    def _limit(self, column: str | None, limit: float | date) -> Sql:
        kind = self._types[column or ""].split("(")[0].split(" ")[0]
        if isinstance(limit, date) and kind in _DATES:
            return "CAST(" + value(limit) + " AS " + Sql(kind) + ")"
        if not isinstance(limit, date) and kind in _NUMBERS:
            return value(limit)
        raise BadInput(
            "{dataset}: the quality rule `range` of “{column}” cannot be compared with what its masking rule leaves"
            " ({type}).",
            "Give numbers for numbers and dates for dates; for labels such as 20-29 use `values` instead.",
            dataset=self._spec.name,
            column=column,
            type=kind,
        )

    def _other(self, column: str | None, rule: QualityRule, rows: int) -> QualityFacts:
        match rule:
            case UniqueTogether():
                return self._unique(None, rule, rule.columns, rows)
            case Unique():
                return self._unique(column, rule, (column or "",), rows)
            case ForeignKey():
                return self._foreign_key(column or "", rule, rows)
            case Freshness():
                return self._fresh(rule, rows)
            case RowCount():
                return self._row_count(rule, rows)
        raise AssertionError(rule.kind)

    def _unique(self, column: str | None, rule: Unique, columns: Sequence[str], rows: int) -> QualityFacts:
        filled = join([identifier(c) + " IS NOT NULL" for c in columns], " AND ")
        groups = "SELECT count(*) AS n FROM " + self._table + " WHERE " + filled + " GROUP BY " + names(columns)
        broken = self._row("SELECT coalesce(sum(n), 0) FROM (" + groups + ") WHERE n > 1")[0]
        return self._facts(column, rule, rows, int(broken))

    def _foreign_key(self, column: str, rule: ForeignKey, rows: int) -> QualityFacts:
        masking = self._spec.columns[column].rule
        check = self._check_of(masking.entity) if isinstance(masking, Pseudonym) else None
        wanted = Reference(dataset=rule.dataset, column=rule.column, tolerance=rule.tolerance)
        found = measure_reference(self._connection, self._name, column, wanted, self._parent.parent, check)
        if found.problem:
            facts = self._facts(column, rule, rows, 0)
            return facts.model_copy(update={"ok": False, "broken": None, "problem": found.problem})
        broken = found.values - round(found.share * found.values)
        return self._facts(column, rule, found.values, broken).model_copy(update={"ok": found.ok})

    def _fresh(self, rule: Freshness, rows: int) -> QualityFacts:
        kind = self._types[rule.column].split("(")[0].split(" ")[0]
        if kind not in _DATES:
            raise BadInput(
                "{dataset}: the quality rule `freshness` needs a date, but “{column}” is {type} after masking.",
                "Name a column with dates; `truncate_date` leaves dates, the hierarchy `dates` leaves labels.",
                dataset=self._spec.name,
                column=rule.column,
                type=kind,
            )
        oldest = (self._now.astimezone(UTC) - timedelta(days=rule.days)).date()
        newest = self._row("SELECT max(CAST(" + identifier(rule.column) + " AS DATE)) FROM " + self._table)[0]
        ok = newest is not None and newest >= oldest
        return QualityFacts(column=rule.column, rule=_said(rule), ok=ok, rows=rows)

    def _row_count(self, rule: RowCount, rows: int) -> QualityFacts:
        ok = (rule.least is None or rows >= rule.least) and (rule.most is None or rows <= rule.most)
        versions = published_versions(self._parent) if rule.change is not None else ()
        if versions and rule.change is not None:
            before = read_manifest(self._parent / str(versions[0])).rows.entered
            ok = ok and abs(rows - before) <= rule.change * before
        return QualityFacts(rule=_said(rule), ok=ok, rows=rows)

    def _facts(self, column: str | None, rule: Any, rows: int, broken: int) -> QualityFacts:
        ok = broken <= rule.tolerance * rows
        return QualityFacts(column=column, rule=_said(rule), ok=ok, rows=rows, broken=broken)

    def _row(self, query: Sql) -> tuple[Any, ...]:
        try:
            [row] = self._connection.execute(query.text, query.parameters).fetchall()
        except duckdb.InvalidInputException as error:
            # Only an expression that Python reads and RE2 does not can get here.
            raise BadInput(
                "{dataset}: a `pattern` of the quality rules cannot be used: {problem}.",
                "Write it in the syntax of RE2, which knows no look-around and no back-references.",
                dataset=self._spec.name,
                problem=str(error).splitlines()[0],
            ) from None
        return tuple(row)


def tell_quality(facts: QualityFacts) -> Message:
    """A rule and what was found, for people; see ``QualityFacts``."""
    rule = facts.rule
    kind = str(rule["kind"])
    if kind == "row_count":
        counted = {"rows": f"{facts.rows:,}", "asked": _asked(rule)}
        if facts.ok:
            return Message("the table has {rows} rows, as is asked for ({asked})", counted)
        return Message("the table has {rows} rows, which is not what is asked for ({asked})", counted)
    if kind == "freshness":
        newest = {"column": facts.column, "days": rule["days"]}
        if facts.ok:
            return Message("the newest “{column}” is at most {days} days old", newest)
        return Message("the newest “{column}” is older than {days} days", newest)
    where = {"column": facts.column or ", ".join(rule.get("columns", ())), "rule": kind, "asked": _asked(rule)}
    if facts.problem:
        said = Message("{other} has no snapshot, no such column or another key", {"other": rule.get("dataset", "")})
        return Message("“{column}” cannot be compared: {why}", {**where, "why": said})
    if facts.broken == 0:
        return Message("“{column}”: {rule}{asked} holds for all of {rows}", {**where, "rows": f"{facts.rows:,}"})
    count = Message("fewer than {n}", {"n": facts.few}) if facts.broken is None else f"{facts.broken:,}"
    fields = {**where, "rows": f"{facts.rows:,}", "broken": count}
    if kind == "foreign_key":
        return Message("“{column}”: {broken} of {rows} values are not found in {asked}", fields)
    return Message("“{column}”: {broken} of {rows} rows break {rule}{asked}", fields)


#: limits as people of every language read them
_SIGNS = {"low": "≥", "high": "≤", "least": "≥", "most": "≤", "change": "±"}


def _asked(rule: dict[str, Any]) -> str:
    kind = rule["kind"]
    if kind == "foreign_key":
        return f"{rule['dataset']}.{rule['column']}"
    if kind in ("range", "row_count"):
        said = " ".join(f"{sign} {_plain(rule[k])}" for k, sign in _SIGNS.items() if rule.get(k) is not None)
        return f" {said}" if kind == "range" else said
    return ""


def _plain(limit: Any) -> str:
    return f"{limit:g}" if isinstance(limit, float) else str(limit)


def _said(rule: QualityRule) -> dict[str, Any]:
    return rule.model_dump(mode="json", exclude_none=True)


def _without_small_counts(facts: QualityFacts) -> QualityFacts:
    if facts.broken is None or not 0 < facts.broken < MIN_UNITS:
        return facts
    return facts.model_copy(update={"broken": None, "few": MIN_UNITS})


def _all(messages: Sequence[Message]) -> Message:
    """Several messages one after the other."""
    parts = {f"part{i}": message for i, message in enumerate(messages)}
    return Message("; ".join(f"{{{name}}}" for name in parts), parts)
