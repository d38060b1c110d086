"""A table of links as a source: who in one table is who in another, though they have no common key.

The compared columns are read into a working database in the build's private folder and stay there: what comes out are
two ids, which the spec turns into pseudonyms, and the probability that they are the same person.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import duckdb

from sandbox.core.errors import BadInput
from sandbox.core.linking import Link
from sandbox.core.source import DATABASES, Source
from sandbox.snapshots.duck import connect_private, connect_staging
from sandbox.snapshots.fingerprint import Fingerprint
from sandbox.snapshots.linkage import LINKS, SIDES, Linked, lay_out, link_records, require_splink
from sandbox.snapshots.masking import canonical_id
from sandbox.snapshots.sql import Sql, identifier, join
from sandbox.snapshots.table import Table, Types

OpenTyped = Callable[[Source, duckdb.DuckDBPyConnection, Path, Types], AbstractContextManager[Table]]
_BATCH = 100_000


def link_columns(source: Source) -> tuple[str, str, str]:
    """What the three columns are called: first id, second id, probability."""
    ids, parts = list(source.link.ids if source.link else ()), list(source.tables or {})
    if len(ids) == 1:
        return ids[0], f"same_{ids[0]}", "probability"
    if ids[0].casefold() == ids[1].casefold():
        ids = [f"{part}_{name}" for part, name in zip(parts, ids, strict=True)]
    return ids[0], ids[1], "probability"


def link_in_private(source: Source, open_part: OpenTyped) -> Linked:
    """What a build would link, with pairs to look at; nothing of it is kept."""
    require_splink()
    with connect_private() as (inner, folder):
        return link_parts(source, open_part, inner, folder)[0]


def open_table(source: Source, open_part: OpenTyped, connection: duckdb.DuckDBPyConnection, scratch: Path) -> Table:
    """The links as a table. Raises what reading the parts and ``link_records`` raise."""
    require_splink()
    folder = scratch / "linked"
    folder.mkdir(mode=0o700)
    [(limit,)] = connection.execute("SELECT current_setting('memory_limit')").fetchall()
    inner = connect_staging(folder, memory_limit=str(limit))

    def close() -> None:
        inner.close()
        shutil.rmtree(folder)

    try:
        linked, prints = link_parts(source, open_part, inner, folder)
        renamed = ", ".join(
            f"{old} AS " + identifier(new).text
            for old, new in zip(("first", "second", "probability"), link_columns(source), strict=True)
        )
        connection.register("source_rows", inner.sql(f"SELECT {renamed} FROM {LINKS}").to_arrow_reader(_BATCH))
    except BaseException:
        close()
        raise
    columns = tuple(zip(link_columns(source), ("VARCHAR", "VARCHAR", "DOUBLE"), strict=True))
    digest = hashlib.sha256("".join(p.sha256 for p in prints).encode()).hexdigest()
    whole = Fingerprint(source.label, sum(p.bytes for p in prints), digest)
    query = "SELECT * FROM " + identifier("source_rows")
    return Table(columns, query, lambda: whole, close=close, linkage=linked.facts)


def link_parts(
    source: Source, open_part: OpenTyped, inner: duckdb.DuckDBPyConnection, folder: Path
) -> tuple[Linked, list[Fingerprint]]:
    """Read the compared columns of every part into ``inner`` and link them there."""
    link = source.link
    assert link is not None  # noqa: S101 - a source of this kind has it
    prints = []
    for number, part in enumerate((source.tables or {}).values()):
        private = folder / f"{number}.scratch"
        private.mkdir(mode=0o700)
        kind = (*link.id_types, None, None)[number] or ("VARCHAR" if part.kind in ("csv", *DATABASES) else None)
        with open_part(part, inner, private, {link.ids[number]: kind}) as table:
            query = f"CREATE TABLE {SIDES[number]} AS " + _compared(link, number, table, part.label)
            inner.execute(query.text, query.parameters)
        prints.append(table.fingerprint)
    inner.execute("DROP VIEW IF EXISTS source_rows")
    return link_records(inner, tuple(source.tables or {}), link), prints


def _compared(link: Link, number: int, table: Table, label: str) -> Sql:
    found = dict(table.columns)
    wanted = [link.ids[number], *(c.name_in(number) for c in link.on)]
    if missing := [name for name in wanted if name not in found]:
        raise BadInput(
            "{file} has no column “{column}”. It has: {found}.",
            "Correct the columns to link on; a column of another name is written name=other_name.",
            file=label,
            column=missing[0],
            found=", ".join(list(found)[:40]),
        )
    shown = [canonical_id(wanted[0], found[wanted[0]]) + " AS id"]
    for index, compared in enumerate(link.on):
        column = identifier(compared.name_in(number))
        shown.append(lay_out(compared, column) + f" AS c{index}")
        shown.append("CAST(" + column + f" AS VARCHAR) AS raw{index}")
    return "SELECT " + join(shown) + " FROM (" + table.query + ")"
