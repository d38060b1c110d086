"""A first dataset spec for a person's own table: a class, a rule and a reason for every column, for people to check.

``classify`` judges column by column; here it is decided what the table as a whole is about (whose unit, people or
things) and, by trying it on the data, how coarse the quasi-identifiers must be for the proposal to pass its own gate.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sandbox.core.errors import BadInput, RowsBelow
from sandbox.core.ids import check_dataset_name
from sandbox.core.policy import ColumnClass
from sandbox.core.rules import Drop, Keep
from sandbox.core.source import Source
from sandbox.core.spec import Column, DatasetSpec, KAnonymity, Text, Unit
from sandbox.snapshots import coarsening, proposal_yaml
from sandbox.snapshots.classify import ProposedColumn, decide, described, look_at, rules_to_try
from sandbox.snapshots.coarsening import Candidate
from sandbox.snapshots.meanings import PERSONS, Kind, entity_of, text, words
from sandbox.snapshots.recognise import Signs, recognise
from sandbox.snapshots.source import ColumnFacts, Inspection, inspect, inspect_source
from sandbox.snapshots.source_database import LoginOf, no_logins

GATE = KAnonymity(k=5, suppress=0.05)
ROW_COLUMN = "row_no"
_OWNER = "Data steward 数据管理员"
#: The order in which quasi-identifiers may use up the gate's room: what most analyses need comes first.
_USEFUL = (Kind.GENDER, Kind.AGE, Kind.BIRTH, Kind.PLACE, Kind.OTHER, Kind.FINE_PLACE, Kind.POSTCODE)


@dataclass(frozen=True)
class Proposal:
    """``spec`` is complete and valid; ``reasons`` say why, for every column; ``notes`` are what to look at first."""

    spec: DatasetSpec
    rows: int
    reasons: dict[str, Text]
    notes: tuple[Text, ...]


def render_yaml(proposal: Proposal) -> str:
    """The proposal as the text of ``datasets/<name>.yaml``: every column with its reason, what to check as comments."""
    return proposal_yaml.render_yaml(proposal.spec, proposal.notes)


def propose_spec(
    path: Path | Source,
    *,
    name: str,
    unit: str | None = None,
    login_of: LoginOf = no_logins,
    **says: Any,
) -> Proposal:
    """Propose a dataset spec for the file at ``path``, whose ending tells the kind, or for a source that says all.

    ``unit`` is the column that tells people (or things) apart; without it the likeliest id column is taken, and if
    there is none, every row is a unit of its own. ``says`` is what a file does not tell, as in a Source (``header``,
    ``encoding``, ``skip_rows`` …). Raises NotFound or BadInput with the place in the file and what to do.
    """
    check_dataset_name(name)
    below: list[Text] = []
    try:
        inspection = _inspected(path, login_of, says)
    except RowsBelow as error:
        count = error.message.fields["count"]
        inspection = _inspected(path, login_of, {**says, "skip_last": count})
        below.append(
            text(f"The last {count} rows look like a total or a note and are left out (`skip_last`); say 0 if not.",
                 f"最后 {count} 行像是合计或附注，已略去（`skip_last`）；如果不是，请写 0。")
        )  # fmt: skip
    signs = recognise([facts.values for facts in inspection.columns])
    columns = [look_at(f, s, inspection.rows) for f, s in zip(inspection.columns, signs, strict=True)]
    unit_column = _unit(columns, unit, inspection.source.label)
    entity = _entity(unit_column, name)
    personal = _is_personal(columns, unit_column)
    source, notes = inspection.source, below
    if unit_column is None:
        unit_column = _row_number(inspection)
        entity = "person" if personal else "row"
        source = source.model_copy(update={"number_rows": unit_column.facts.name})
        columns.insert(0, unit_column)
        notes.append(
            text(
                "No column tells units apart, so every row counts as one.",
                "没有能区分统计单元的列，因此每行算一个单元。",
            )
        )
    unit_name = unit_column.facts.name
    columns = [decide(c, unit_name, entity, personal, inspection.rows) for c in columns]
    if personal:
        columns, more = _fit_quasi(columns, source, unit_name, login_of)
        notes += more
    notes += _warnings(columns, unit_name, inspection)
    return _assemble(name, source, unit_name, entity, personal, columns, inspection.rows, notes)


def _inspected(path: Path | Source, login_of: LoginOf, says: Mapping[str, Any]) -> Inspection:
    if isinstance(path, Source):
        known = {**path.model_dump(exclude_none=True), **says}
        return inspect(Source.said(**known), login_of=login_of)
    return inspect_source(path.expanduser().absolute(), **says)


def _unit(columns: Sequence[ProposedColumn], wanted: str | None, file: str) -> ProposedColumn | None:
    if wanted is not None:
        by_name = {c.facts.name.casefold(): c for c in columns}
        if found := by_name.get(wanted.strip().casefold()):
            return found
        part = wanted.strip().casefold()
        near = [n for n in by_name if part and part in n] or difflib.get_close_matches(part, by_name, 1)
        shown = [c.facts.name for c in columns]
        raise BadInput(
            "{file} has no column “{unit}”. It has: {columns}.",
            "Name one of these columns with --unit{near}, or leave --unit out to have one proposed.",
            file=file,
            unit=wanted,
            columns=", ".join(shown[:40]) + (" …" if len(shown) > 40 else ""),
            near=f" (“{by_name[near[0]].facts.name}”?)" if near else "",
        )
    ids = [c for c in columns if c.kind is Kind.ID and c.facts.nulls == 0]
    # People before things, names that say whose id it is before those that do not, then the one with most values.
    return max(
        ids,
        key=lambda c: (entity_of(c.facts.name) in PERSONS, entity_of(c.facts.name) is not None, c.facts.distinct),
        default=None,
    )


def _entity(column: ProposedColumn | None, name: str) -> str:
    if column is None:
        return "row"
    if found := entity_of(column.facts.name):
        return found
    if column.person:
        return "person"
    return re.sub(r"[^a-z0-9_]", "", "_".join(w for w in words(name) if w.isalpha()))[:32] or "unit"


def _is_personal(columns: Sequence[ProposedColumn], unit: ProposedColumn | None) -> bool:
    about_people = unit is not None and (unit.person or entity_of(unit.facts.name) in PERSONS)
    return about_people or any(c.person or (entity_of(c.facts.name) in PERSONS and c.kind is Kind.ID) for c in columns)


def _row_number(inspection: Inspection) -> ProposedColumn:
    """A column that is not in the file: numbers its rows, under a name that the file does not have."""
    taken = {facts.name.casefold() for facts in inspection.columns}
    name = ROW_COLUMN
    while name in taken:
        name += "_"
    why = text("numbers the rows, as no column does", "没有编号列，故为各行编号")
    return ProposedColumn(
        facts=ColumnFacts(name, "BIGINT", 0, inspection.rows, ()),
        signs=Signs(),
        kind=Kind.ID,
        person=False,
        cls=ColumnClass.IDENTIFIER,
        rule=Keep(),
        description=text("Row (pseudonym)", "行（假名）"),
        reason=why,
    )


def _fit_quasi(
    columns: Sequence[ProposedColumn], source: Source, unit: str, login_of: LoginOf
) -> tuple[list[ProposedColumn], list[Text]]:
    """Give every quasi-identifier the finest rule with which the table passes its gate."""
    quasi = sorted(
        (c for c in columns if c.cls is ColumnClass.QUASI), key=lambda c: (_USEFUL.index(c.kind), c.facts.distinct)
    )
    tries = {c.facts.name: rules_to_try(c) for c in quasi}
    types = {c.facts.name: tries[c.facts.name][1] if c.facts.name in tries else c.type for c in columns}
    candidates = [Candidate(name, rules) for name, (rules, _) in tries.items()]
    fitted = coarsening.fit(source, unit, candidates, types, GATE, login_of)
    result, notes = [], []
    for column in columns:
        name = column.facts.name
        if name not in fitted:
            result.append(column)
            continue
        rule, share = fitted[name]
        if isinstance(rule, Drop):
            why = text(
                f"{column.reason.en}; kept beside the others it would cost {share:.0%} of the rows at k = {GATE.k}",
                f"{column.reason.zh}；若与其他列一并保留，k = {GATE.k} 时将损失 {share:.0%} 的行",
            )
            result.append(replace(column, rule=rule, reason=why))
            notes.append(
                text(f"“{name}” is dropped to reach k = {GATE.k}; keep it instead of another if you need it.",
                     f"为达到 k = {GATE.k}，“{name}”被丢弃；如需要它，可改为丢弃其他列。")
            )  # fmt: skip
        else:
            result.append(replace(column, rule=rule, type=tries[name][1] or column.type))
    return result, notes


def _warnings(columns: Sequence[ProposedColumn], unit: str, inspection: Inspection) -> list[Text]:
    notes = []
    facts = next(c.facts for c in columns if c.facts.name == unit)
    if facts.nulls:
        notes.append(
            text(f"The unit column “{unit}” is empty in {facts.nulls} rows; a build will stop until they are filled.",
                 f"统计单元列“{unit}”有 {facts.nulls} 行为空；补齐之前无法构建。")
        )  # fmt: skip
    for column in columns:
        if inspection.rows and column.facts.nulls == inspection.rows:
            notes.append(text(f"“{column.facts.name}” has no values at all.", f"“{column.facts.name}”没有任何取值。"))
    return notes


def _assemble(
    name: str, source: Source, unit: str, entity: str, personal: bool, columns: Sequence[ProposedColumn], rows: int,
    notes: Sequence[Text],
) -> Proposal:  # fmt: skip
    quasi = any(c.cls is ColumnClass.QUASI and not isinstance(c.rule, Drop) for c in columns)
    title = described(name)
    specified = {
        c.facts.name: Column.model_validate(
            {"class": c.cls, "rule": c.rule.model_dump(), "description": c.description, "type": c.type,
             "reason": f"{c.reason.en} / {c.reason.zh}"}
        )
        for c in columns
    }  # fmt: skip
    spec = DatasetSpec(
        name=name,
        title=title,
        description=text(f"{rows:,} rows from {source.label}.", f"来自 {source.label} 的 {rows:,} 行。"),
        owner=_OWNER,
        classification="confidential" if personal else "internal",
        source=source,
        unit=Unit(column=unit, entity=entity, personal=personal),
        columns=specified,
        gates=(GATE,) if personal and quasi else (),
    )
    return Proposal(spec, rows, {c.facts.name: c.reason for c in columns}, tuple(notes))
