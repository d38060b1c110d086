"""How coarse quasi-identifiers must be so that a proposal passes its own gate: tried on the data, most useful first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sandbox.core.rules import Drop, Rule
from sandbox.core.source import Source
from sandbox.core.spec import KAnonymity
from sandbox.snapshots.duck import connect_private
from sandbox.snapshots.gates import measure
from sandbox.snapshots.masking import canonical_id, expression
from sandbox.snapshots.source import open_source
from sandbox.snapshots.source_database import LoginOf, no_logins
from sandbox.snapshots.sql import Sql, identifier, join

_UNIT = " unit "  # no source column is called so: names are stripped of blanks


@dataclass(frozen=True)
class Candidate:
    """A quasi-identifier and the rules to try on it, finest first; if none is coarse enough the column is dropped."""

    column: str
    rules: tuple[Rule, ...]


def fit(
    source: Source,
    unit: str,
    candidates: Sequence[Candidate],
    types: Mapping[str, str | None],
    gate: KAnonymity,
    login_of: LoginOf = no_logins,
) -> dict[str, tuple[Rule, float]]:
    """The finest rules under which ``gate`` leaves out no more than it may; earlier candidates are served first.

    The result has for every candidate its rule and the share of rows (0 to 1) left out with it and all before it; for a
    dropped one, the share that its coarsest rule would have cost. Reads the source once.
    """
    if not candidates:
        return {}
    with connect_private() as (connection, scratch):
        with open_source(source, Path(), connection, scratch, types, login_of) as table:
            kinds = dict(table.columns)
            variants = {
                (c.column, n): expression(rule, c.column, kinds[c.column], _no_key)
                for c in candidates
                for n, rule in enumerate(c.rules)
            }
            selected = [canonical_id(unit, kinds[unit]) + " AS " + identifier(_UNIT)]
            selected += [sql + " AS " + identifier(_name(*key)) for key, sql in variants.items()]
            query = "CREATE TABLE t AS SELECT " + join(selected) + " FROM (" + table.query + ")"
            connection.execute(query.text, query.parameters)
        rows = (connection.execute("SELECT count(*) FROM t").fetchone() or (0,))[0]
        chosen: dict[str, tuple[Rule, float]] = {}
        kept: list[str] = []
        for candidate in candidates:
            share = 1.0
            for number, rule in enumerate(candidate.rules):
                tried = [*kept, _name(candidate.column, number)]
                share = measure(connection, Sql("t"), gate, tried, _UNIT).small_rows / max(rows, 1)
                if share <= gate.suppress:
                    chosen[candidate.column] = (rule, share)
                    kept = tried
                    break
            else:
                chosen[candidate.column] = (Drop(), share)
        return chosen


def _name(column: str, number: int) -> str:
    return f"{number} {column}"


def _no_key(entity: str) -> bytes:
    raise ValueError(f"a quasi-identifier has no pseudonym ({entity})")
