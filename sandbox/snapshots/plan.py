"""What a build will do, decided before the first row is read: spec + columns of the source → plan. Pure."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sandbox.core.errors import BadInput
from sandbox.core.rules import Drop, Prefix, Pseudonym, Redact
from sandbox.core.source import DATABASES
from sandbox.core.spec import Column, DatasetSpec
from sandbox.snapshots.masking import KeyOf, expression, first_pass
from sandbox.snapshots.masking.pseudonym import packed
from sandbox.snapshots.repeated import Hashed
from sandbox.snapshots.sql import Sql, identifier, join


@dataclass(frozen=True)
class PlannedColumn:
    """A column that will be in the snapshot; ``source_type`` is the DuckDB type that the rule works on."""

    name: str
    source_type: str
    column: Column


@dataclass(frozen=True)
class Plan:
    """``unlisted`` are columns of the source that the spec does not name; like ``dropped`` ones they never leave it."""

    columns: tuple[PlannedColumn, ...]
    dropped: tuple[str, ...]
    unlisted: tuple[str, ...]

    def select(self, source: Sql, key_of: KeyOf, hashed: Mapping[str, Hashed] | None = None) -> Sql:
        """The first pass of masking over ``source``, pseudonyms packed; ``hashed`` has the columns whose ids are
        hashed already.

        Raises BadInput where a rule does not fit a column's type.
        """
        hashed = hashed or {}
        masked = []
        for c in self.columns:
            if c.name in hashed:
                masked.append(hashed[c.name].pseudonym + " AS " + identifier(c.name))
            elif isinstance(c.column.rule, Pseudonym):
                digits = expression(c.column.rule, c.name, c.source_type, key_of)
                masked.append(packed(digits) + " AS " + identifier(c.name))
            else:
                masked.append(first_pass(c.column.rule, c.name, c.source_type, key_of))
        return (
            "SELECT " + join(masked) + " FROM (" + source + ") AS source" + join((h.join for h in hashed.values()), "")
        )

    @property
    def pseudonyms(self) -> list[tuple[str, str, Pseudonym]]:
        """(name, type in the source, rule) of the columns that become pseudonyms."""
        return [(c.name, c.source_type, c.column.rule) for c in self.columns if isinstance(c.column.rule, Pseudonym)]


# Kinds whose numbers may have lost zeros or digits by the time they are numbers.
_TEXTUAL = ("csv", *DATABASES)


def source_types(spec: DatasetSpec) -> dict[str, str | None]:
    """How to read the columns: as declared; ids, prefixes and free text as texts, so that leading zeros survive."""
    as_text = (Pseudonym, Prefix, Redact)
    return {
        name: column.type or ("VARCHAR" if spec.source.kind in _TEXTUAL and isinstance(column.rule, as_text) else None)
        for name, column in spec.columns.items()
    }


def make_plan(spec: DatasetSpec, source_columns: Sequence[tuple[str, str]]) -> Plan:
    """The plan for ``spec`` on a source with these (name, DuckDB type) columns.

    Raises BadInput naming the columns of the spec that the source lacks.
    """
    found = dict(source_columns)
    missing = [name for name in spec.columns if name not in found]
    if missing:
        near = [f"{m} → {c[0]}" for m in missing if (c := difflib.get_close_matches(m, found, 1))]
        raise BadInput(
            "The spec of {dataset} names columns that the source does not have: {missing}. The source has: {found}.",
            "Correct the names in {dataset}.yaml{near}, or check that it is the right file with its first line.",
            dataset=spec.name,
            missing=", ".join(missing),
            found=", ".join(list(found)[:40]) + (" …" if len(found) > 40 else ""),
            near=f" ({', '.join(near)}?)" if near else "",
        )
    kept = tuple(
        PlannedColumn(name, found[name], column)
        for name, column in spec.columns.items()
        if not isinstance(column.rule, Drop)
    )
    dropped = tuple(name for name, column in spec.columns.items() if isinstance(column.rule, Drop))
    unlisted = tuple(name for name in found if name not in spec.columns)
    if spec.gates and spec.unit.column in dropped:
        raise BadInput(
            "{dataset} has gates, but its unit column “{column}” is dropped, so units cannot be counted.",
            "Give the unit column the rule pseudonym.",
            dataset=spec.name,
            column=spec.unit.column,
        )
    return Plan(kept, dropped, unlisted)
