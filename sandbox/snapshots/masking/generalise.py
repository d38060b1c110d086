"""``generalise``: values to their labels on a level of a hierarchy (``sandbox/snapshots/hierarchies``).

Hierarchies that follow from a rule are expressions, and agree with the hierarchy's own ``labels``. Those that list
values are looked up: the distinct values of the column go through ``labels`` batch by batch, and are joined.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sandbox.core.generalise import Generalise
from sandbox.core.rules import Band
from sandbox.core.spec import DatasetSpec
from sandbox.snapshots.fingerprint import file_sha256
from sandbox.snapshots.hierarchies.base import ALL, Hierarchy
from sandbox.snapshots.hierarchies.derived import Quantiles
from sandbox.snapshots.hierarchies.of_rule import hierarchy_of
from sandbox.snapshots.masking import band
from sandbox.snapshots.masking.cell import Cell, anything, need_date, need_number
from sandbox.snapshots.sql import Sql, value

_LISTED = ("hierarchy", "regions")
_PARTS = {
    "day": "strftime({0}, '%Y-%m-%d')",
    "month": "strftime({0}, '%Y-%m')",
    "quarter": "strftime({0}, '%Y') || '-Q' || quarter({0})",
    "year": "strftime({0}, '%Y')",
    "decade": "left(strftime({0}, '%Y'), 3) || '0s'",
}


def read_hierarchies(spec: DatasetSpec, folder: Path) -> dict[str, Hierarchy]:
    """The hierarchies that list values, by column; files are relative to ``folder``. Raises NotFound and BadInput."""
    return {
        name: hierarchy_of(column.rule, folder)
        for name, column in spec.columns.items()
        if isinstance(column.rule, Generalise) and is_listed(column.rule)
    }


def hierarchy_files(spec: DatasetSpec, folder: Path) -> dict[str, str]:
    """Files that the spec names as hierarchies, with their sha256."""
    rules = [column.rule for column in spec.columns.values()]
    files = sorted({rule.hierarchy for rule in rules if isinstance(rule, Generalise) and rule.hierarchy})
    return {file: file_sha256(folder / file) for file in files}


def is_listed(rule: Generalise) -> bool:
    """Whether the labels are looked up: where values are listed, unless the level is one that needs no list."""
    return rule.source in _LISTED and rule.level > 0 and rule.level != rule.height


def in_second_pass(rule: Generalise) -> bool:
    """Lists want all distinct values, quantiles the whole column."""
    return is_listed(rule) or (rule.source == "quantiles" and 0 < rule.level != rule.height)


def validate(rule: Generalise, cell: Cell) -> None:
    if rule.level in (0, rule.height):
        return
    needs = {"bands": need_number, "quantiles": need_number, "dates": need_date}
    needs.get(rule.source, anything)(rule, cell)


def operate(rule: Generalise, cell: Cell) -> Sql:
    """A text, except on level 0. The last level is ``*`` for empty values as well."""
    if rule.level == 0:
        return cell.sql
    if rule.level == rule.height:
        return value(ALL)
    step = rule.level - 1
    if rule.bands is not None:
        return band.operate(Band(width=rule.bands[step], start=rule.start), cell)
    if rule.dates is not None:
        label = Sql(_PARTS[rule.dates[step]].format(cell.sql.text))
        return "CASE WHEN isfinite(" + cell.sql + ") THEN " + label + " END"
    assert rule.prefixes is not None  # noqa: S101 - one of the sources is given, and the others have a second pass
    return "left(CAST(" + cell.sql + " AS VARCHAR), " + value(rule.prefixes[step]) + ")"


def facts(rule: Generalise, cell: Cell, table: Sql) -> tuple[Sql, ...]:
    """For quantiles the borders of the finest level: as ``quantile_cuts`` finds them, without the column in memory."""
    if rule.quantiles is None:
        return ()
    groups = rule.quantiles[0]
    ordered = "SELECT v, row_number() OVER (ORDER BY v) AS n, count(*) OVER () AS total FROM (SELECT " + cell.finite
    ordered = ordered + " AS v FROM " + table + ") WHERE v IS NOT NULL"
    place = f"n = least((i * total + {groups - 1}) // {groups} + 1, total)"
    cuts = "SELECT list(v ORDER BY i) FROM (" + ordered + f"), (SELECT unnest(range(1, {groups})) AS i) WHERE " + place
    return ("(" + cuts + ")",)


def operate_on_cuts(rule: Generalise, cell: Cell, found: tuple[Any, ...]) -> Sql:
    assert rule.quantiles is not None  # noqa: S101 - the only source of this way
    groups = Quantiles(rule.quantiles, tuple(found[0] or ()))
    borders = groups.borders(rule.level)
    if not borders:
        return Sql("CAST(NULL AS VARCHAR)")
    number = cell.number
    cases = "CASE WHEN " + number + " IS NULL OR isnan(" + number + ") THEN NULL"
    for upper, inside in zip(borders, (float("-inf"), *borders), strict=False):
        cases = cases + " WHEN " + number + " < " + value(upper) + " THEN " + value(groups.between(inside, rule.level))
    return cases + " ELSE " + value(groups.between(borders[-1], rule.level)) + " END"
