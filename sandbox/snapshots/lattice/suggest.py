"""The best levels for a dataset's spec: its source is read as for a build, with every hierarchy at level 0.

k-anonymity steers the search. Other gates are asked about every node that would be the best so far, as merging classes
may break them; the loss counts what generalisation and k-anonymity cost.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np

from sandbox.core.errors import BadInput
from sandbox.core.generalise import Generalise
from sandbox.core.rules import Drop
from sandbox.core.spec import DatasetSpec, Gate, KAnonymity
from sandbox.snapshots.coded import CODED, KEY, UNIT, Coded, Integers, coded, fetch
from sandbox.snapshots.duck import connect_private
from sandbox.snapshots.gates import check_units
from sandbox.snapshots.hierarchies.derived import quantile_cuts
from sandbox.snapshots.hierarchies.of_rule import hierarchy_of
from sandbox.snapshots.lattice.acceptance import Acceptance
from sandbox.snapshots.lattice.domain import Codes, Domain, domain
from sandbox.snapshots.lattice.metrics import Loss, Metric
from sandbox.snapshots.lattice.rollup import Rollup
from sandbox.snapshots.lattice.search import Accept, Found, Result, Search
from sandbox.snapshots.masking import KeyOf
from sandbox.snapshots.masking.cell import INTEGERS
from sandbox.snapshots.masking.passes import second_pass
from sandbox.snapshots.plan import make_plan, source_types
from sandbox.snapshots.source import open_source
from sandbox.snapshots.source_database import LoginOf, no_logins
from sandbox.snapshots.sql import Sql, identifier, join

#: Limits whose best nodes show the trade-off between what is left out and what is lost.
LIMITS = (0.0, 0.01, 0.02, 0.05, 0.1, 0.2)
_MOST_NODES = 5_000_000
_TABLE = "t"


@dataclass(frozen=True)
class Suggestion:
    """``levels``: the best level of every column with a hierarchy, ``heights`` its last one, ``present`` the spec's.

    ``trade_off``: the best node by limit of the share left out (k-anonymity alone); None where there is none.
    """

    metric: Metric
    suppress: float
    k: int
    units: int
    result: Result
    best: Found
    levels: Mapping[str, int]
    heights: Mapping[str, int]
    present: Mapping[str, int]
    trade_off: Mapping[float, Found | None]


@dataclass(frozen=True)
class _Base:
    """The classes of the finest node: ``codes`` per domain, ``records`` of each, ``unit`` where units have several."""

    domains: tuple[Domain, ...]
    codes: tuple[Codes, ...]
    records: Integers
    unit: Integers | None


def suggest(
    spec: DatasetSpec,
    *,
    base: Path,
    beside: Path,
    key_of: KeyOf,
    metric: Metric = "entropy",
    suppress: float | None = None,
    login_of: LoginOf = no_logins,
) -> Suggestion:
    """The levels under which all gates of ``spec`` hold and the least is lost by ``metric``.

    ``base``, ``beside`` and ``login_of`` are as for a build; ``suppress`` (0–1) stands for that of every gate.
    Raises BadInput when there is nothing to choose or no choice holds, and what reading the source raises.
    """
    asked = _asked(spec, suppress)
    with connect_private() as (connection, scratch):
        _load(connection, scratch, spec, asked.gates, base, key_of, login_of)
        check_units(connection, identifier(_TABLE), spec.unit.column, spec.name)
        found = _base(connection, spec, asked.chosen, beside)
        rollup = Rollup(found.domains, found.codes, found.records, found.unit)
        loss = Loss(metric, rollup, found.codes, found.records)
        search = Search(rollup, loss, asked.k, widest=max(*LIMITS, asked.limit))
        domains, units = found.domains, rollup.units
        accept = _acceptance(connection, spec, domains, asked) if asked.others else None
        del found  # as large as the classes of the finest node, and not needed any more

        result = search.best(asked.limit, accept)
        trade_off = {share: search.best(share).best for share in sorted({*LIMITS, asked.limit})}
    if result.best is None:
        raise BadInput(
            "{dataset}: no choice of levels makes its gates hold, not even with every hierarchy at its last level.",
            "Allow more to be left out (`suppress`), ask for less in the gates, or coarsen or drop columns without a"
            " hierarchy.",
            dataset=spec.name,
        )
    place = {d.name: n for n, d in enumerate(domains)}
    return Suggestion(
        metric=metric,
        suppress=asked.limit,
        k=asked.k,
        units=units,
        result=result,
        best=result.best,
        levels={name: result.best.node[place[name]] for name in asked.chosen},
        heights={name: domains[place[name]].height for name in asked.chosen},
        present={name: rule.level for name, rule in asked.chosen.items()},
        trade_off=trade_off,
    )


@dataclass(frozen=True)
class _Asked:
    """``gates`` of the spec, of which ``others`` are not k-anonymity; ``chosen``: the columns whose level is free."""

    gates: list[Gate]
    others: list[Gate]
    chosen: Mapping[str, Generalise]
    k: int
    limit: float


def _asked(spec: DatasetSpec, suppress: float | None) -> _Asked:
    gates = [g if suppress is None else g.model_copy(update={"suppress": suppress}) for g in spec.gates]
    strict = [g for g in gates if isinstance(g, KAnonymity)]
    chosen = {n: r for n in spec.quasi_identifiers if isinstance(r := spec.columns[n].rule, Generalise)}
    if not chosen or not strict:
        raise BadInput(
            "{dataset} has nothing to choose: no quasi-identifier has a hierarchy, or there is no k-anonymity gate.",
            "Give columns of class quasi the rule generalise, such as {{generalise: {{bands: [5, 10, 20], level: 1}}}},"
            " and the dataset a gate k_anonymity.",
            dataset=spec.name,
        )
    others: list[Gate] = [g for g in gates if not isinstance(g, KAnonymity)]
    return _Asked(gates, others, chosen, max(g.k for g in strict), min(g.suppress for g in strict))


def _load(
    connection: duckdb.DuckDBPyConnection,
    scratch: Path,
    spec: DatasetSpec,
    gates: list[Gate],
    base: Path,
    key_of: KeyOf,
    login_of: LoginOf,
) -> None:
    """Write the masked columns that matter to _TABLE, hierarchies at level 0."""
    sensitive = {g.column for g in gates if not isinstance(g, KAnonymity)}
    wanted = {*spec.quasi_identifiers, spec.unit.column, *sensitive}
    columns = {}
    for name, column in spec.columns.items():
        if name in wanted and not isinstance(column.rule, Drop):
            rule = column.rule
            finest = rule.model_copy(update={"level": 0}) if isinstance(rule, Generalise) else rule
            columns[name] = column.model_copy(update={"rule": finest})
    finest_spec = spec.model_copy(update={"columns": columns})
    with open_source(spec.source, base, connection, scratch, source_types(finest_spec), login_of) as source:
        plan = make_plan(finest_spec, source.columns)
        query = "CREATE TABLE " + identifier(_TABLE) + " AS " + plan.select(source.query, key_of)
        connection.execute(query.text, query.parameters)
    second_pass(connection, _TABLE, finest_spec, key_of)


def _base(
    connection: duckdb.DuckDBPyConnection, spec: DatasetSpec, chosen: Mapping[str, Generalise], beside: Path
) -> _Base:
    quasi, table = spec.quasi_identifiers, identifier(_TABLE)
    described = connection.execute("DESCRIBE " + table.text).fetchall()
    types = {str(name): str(kind) for name, kind, *_ in described}
    domains = tuple(_domain(connection, name, types[name], chosen.get(name), beside) for name in quasi)
    nodes = 1
    for d in domains:
        nodes *= d.height + 1
    if nodes > _MOST_NODES:
        raise BadInput(
            "{dataset}: the hierarchies make {nodes} combinations of levels; that is too many.",
            "Give some columns fewer levels, or fix their level with another rule.",
            dataset=spec.name,
            nodes=f"{nodes:,}",
        )
    with coded(connection, table, quasi, spec.unit.column) as rows:
        if rows.steps is not None:
            return _from_keys(rows, domains)
    with coded(connection, table, quasi, spec.unit.column, quasi) as rows:  # keys were numbered anew
        places = join([Sql("any_value(") + rows.place(c) + ")" for c in quasi])
        if rows.single:
            *codes, records = fetch(connection, "SELECT " + places + ", count(*) FROM " + CODED + " GROUP BY " + KEY)
            return _Base(domains, tuple(codes), records, None)
        group = " GROUP BY " + KEY + ", " + UNIT
        *codes, unit = fetch(connection, "SELECT " + places + ", " + UNIT + " FROM " + CODED + group)
    return _Base(domains, tuple(codes), np.ones(unit.size, dtype=np.int64), np.unique(unit, return_inverse=True)[1])


def _from_keys(rows: Coded, domains: tuple[Domain, ...]) -> _Base:
    """The classes by their keys alone, from which every column's code can be taken: no column more is written."""
    unit = None
    if rows.single:
        keys, records = rows.count(KEY)
    else:
        keys, unit = fetch(rows.connection, "SELECT " + KEY + ", " + UNIT + " FROM " + rows.per_unit(KEY))
        unit, records = np.unique(unit, return_inverse=True)[1], np.ones(unit.size, dtype=np.int64)
    steps = rows.steps or {}
    # Half as wide as keys: there is one of these for every class and column.
    codes = tuple((keys // steps[d.name] % max(rows.ranks[d.name].count, 1)).astype(np.int32) for d in domains)
    return _Base(domains, codes, records, unit)


def _domain(
    connection: duckdb.DuckDBPyConnection, name: str, kind: str, rule: Generalise | None, beside: Path
) -> Domain:
    """The column's values in the order of their codes, on every level of its hierarchy."""
    column = identifier(name)
    query = "SELECT " + column + " AS v, count(*) FROM " + identifier(_TABLE) + " GROUP BY v ORDER BY v NULLS LAST"
    found = connection.execute(query.text).fetchall()
    values = [v for v, _ in found]
    if rule is None:
        return domain(name, [range(len(values))])
    cuts: tuple[float, ...] = ()
    if rule.quantiles is not None:
        numbers = [float(v) for v, count in found if v is not None and np.isfinite(float(v)) for _ in range(count)]
        cuts = quantile_cuts(numbers, rule.quantiles[0])
    hierarchy = hierarchy_of(rule, beside, whole=kind in INTEGERS, cuts=cuts)
    levels = range(1, hierarchy.height + 1)
    return domain(name, [range(len(values)), *(hierarchy.labels(values, level) for level in levels)])


def _acceptance(
    connection: duckdb.DuckDBPyConnection, spec: DatasetSpec, domains: tuple[Domain, ...], asked: _Asked
) -> Accept:
    """Whether all gates hold at a node, not only k-anonymity."""
    acceptance = Acceptance(connection, identifier(_TABLE), domains, spec.unit.column, asked.gates)
    return lambda found: acceptance.holds(found.node)
