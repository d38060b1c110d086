"""Writing what passed to the database file that is published."""

from __future__ import annotations

from pathlib import Path

import duckdb

from sandbox.core.rules import Pseudonym
from sandbox.core.spec import DatasetSpec
from sandbox.snapshots.content import in_order, table_columns
from sandbox.snapshots.duck import STORAGE_VERSION
from sandbox.snapshots.manifest import TABLE
from sandbox.snapshots.masking.pseudonym import PACKED, unpacking
from sandbox.snapshots.sql import Sql, identifier, join


def write_file(
    connection: duckdb.DuckDBPyConnection, source: Sql, spec: DatasetSpec, path: Path, *, single: bool
) -> None:
    """Write the table ``source`` to a database file of its own; ``single``: no unit has two rows.

    Sorted, so that equal contents make an equal file in the eyes of the content hash. A personal dataset is sorted by
    pseudonym first: the order of the source (of joining, of surnames) says something about people, and the rows of a
    unit compress better side by side.
    """
    unit = spec.unit.column
    columns = table_columns(connection, source)
    pseudonyms = [name for name, kind in columns if kind == PACKED and isinstance(spec.columns[name].rule, Pseudonym)]
    connection.execute("SET force_compression = 'auto'")
    connection.execute(f"ATTACH ? AS target (STORAGE_VERSION '{STORAGE_VERSION}')", [str(path)])
    connection.execute("SET preserve_insertion_order = true")
    target = "target." + identifier(TABLE)
    # Pseudonyms that never repeat shrink to half at most, and trying costs more than all the rest of the writing.
    plain = {unit} if single else set()
    defined = (
        identifier(name)
        + (" VARCHAR" if name in pseudonyms else f" {kind}")
        + " USING COMPRESSION uncompressed" * (name in plain)
        for name, kind in columns
    )
    connection.execute(("CREATE TABLE " + target + " (" + join(defined) + ")").text)
    # Where no unit has two rows, they decide about the order alone.
    order = " ORDER BY " + identifier(unit) if single else in_order(connection, source, unit)
    # Packed pseudonyms have the order of their texts, and half their size goes a long way where a sort has to spill.
    rows = "SELECT " + unpacking(pseudonyms) + " FROM (SELECT * FROM " + source + order + ")"
    query = "INSERT INTO " + target + " " + rows
    connection.execute(query.text, query.parameters)
    connection.execute("CHECKPOINT target")  # a detach that fails to do this does not say why
    connection.execute("DETACH target")
