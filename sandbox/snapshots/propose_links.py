"""A proposal for a dataset of links, and a trial of it: what a build would link, with pairs for a person to judge."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path

import duckdb
from pydantic import ValidationError

from sandbox.core.errors import BadInput
from sandbox.core.linking import LEAST, Compared, Link
from sandbox.core.policy import ColumnClass
from sandbox.core.rules import Pseudonym
from sandbox.core.source import Source
from sandbox.core.spec import Column, DatasetSpec, Reference, Text, Unit
from sandbox.core.upkeep import Access
from sandbox.core.wrong_values import in_words
from sandbox.snapshots.duck import translated
from sandbox.snapshots.linkage import Linked
from sandbox.snapshots.source import open_source
from sandbox.snapshots.source_database import LoginOf, no_logins
from sandbox.snapshots.source_linked import link_columns, link_in_private
from sandbox.snapshots.table import Table, Types

_ORDER = ("public", "internal", "confidential", "restricted")


def try_link(source: Source, base: Path, login_of: LoginOf = no_logins) -> Linked:
    """What a build of the linked ``source`` would link; nothing is kept. Raises what a build would raise."""

    def open_part(
        part: Source, inner: duckdb.DuckDBPyConnection, folder: Path, types: Types
    ) -> AbstractContextManager[Table]:
        return open_source(part, base, inner, folder, types, login_of)

    with translated(source.label, lambda error: None):
        return link_in_private(source, open_part)


def propose_links(specs: Sequence[DatasetSpec], on: tuple[Compared, ...], new: str, threshold: float) -> DatasetSpec:
    """The spec of a dataset ``new`` with the links between the units of ``specs`` (one or two of them).

    Nobody may use it until its steward says so. Raises BadInput where a dataset cannot be linked.
    """
    if len(on) < LEAST:
        raise BadInput(
            "Linking needs at least {least} columns to compare, such as name, date of birth and city; {given} given.",
            "Name more columns that both tables have and that say who somebody is.",
            least=LEAST,
            given=len(on),
        )
    for spec in specs:
        if spec.source.tables is not None:
            raise BadInput(
                "“{name}” is itself made of several tables, and cannot be linked as one.",
                "Write a dataset of the one table that says who people are, and link that.",
                name=spec.name,
            )
        if not isinstance(spec.columns[spec.unit.column].rule, Pseudonym):
            raise BadInput(
                "The unit column of “{name}” is no pseudonym, so links to it would join with nothing.",
                "Give “{column}” the rule pseudonym, and build the dataset again.",
                name=spec.name,
                column=spec.unit.column,
            )
    units = [spec.unit.column for spec in specs]
    try:
        link = Link(
            ids=tuple(units),
            id_types=tuple(spec.columns[spec.unit.column].type for spec in specs),
            on=on,
            threshold=threshold,
        )
    except ValidationError as error:
        raise BadInput(
            "These columns cannot be compared: {problem}.",
            "Name three columns or more that say who somebody is, such as --on name,birth_date:date,city:exact.",
            problem=in_words(error.errors()[0], Link)[0][1],
        ) from None
    source = Source(kind="linked", tables={spec.name: spec.source for spec in specs}, link=link)
    first, second, probability = link_columns(source)
    labels = " – ".join(spec.title.en for spec in specs), "与".join(spec.title.zh for spec in specs)
    return DatasetSpec(
        name=new,
        title=Text.model_validate({"en": f"Links: {labels[0]}", "zh-CN": f"关联：{labels[1]}"}),
        description=Text.model_validate(
            {"en": "Pairs of ids that are probably the same person", "zh-CN": "很可能属于同一人的编号对"}
        ),
        owner=specs[0].owner,
        classification=max((spec.classification for spec in specs), key=_ORDER.index),
        source=source,
        unit=Unit(column=first, entity=specs[0].unit.entity, personal=any(s.unit.personal for s in specs)),
        access=Access(roles=()),  # nobody before a steward has looked at the pairs
        columns={first: _id(specs[0]), second: _id(specs[-1]), probability: _probability()},
    )


def _id(spec: DatasetSpec) -> Column:
    return Column.model_validate(
        {
            "class": ColumnClass.IDENTIFIER,
            "rule": Pseudonym(entity=spec.unit.entity),
            "description": spec.columns[spec.unit.column].description,
            "reason": "joins with the snapshots of the dataset",
            # Gates leave people out; that nothing at all is found would mean that ids are written differently.
            "references": Reference(dataset=spec.name, column=spec.unit.column, tolerance=0.2, otherwise="warn"),
        }
    )


def _probability() -> Column:
    return Column.model_validate(
        {
            "class": ColumnClass.MEASURE,
            "rule": "keep",
            "description": {"en": "Probability that it is the same person", "zh-CN": "属于同一人的概率"},
            "reason": "says how far a link can be relied on",
        }
    )
