"""JSON Lines sources: one JSON object per line, UTF-8; read by DuckDB, names and types found over all lines.

Columns are flat. An object's fields become columns of their own, one level deep: ``{"address": {"city": "Lyon"}}`` is
the column ``address.city``. Whatever lies deeper, and every list, stays as JSON text; drop it, or flatten it in the
program that writes the file. Texts stay texts, also when they look like numbers, so that “007” keeps its zeros.
"""

from __future__ import annotations

import re
from pathlib import Path

import duckdb

from sandbox.core.errors import BadInput, SandboxError
from sandbox.core.source import Source
from sandbox.snapshots.fingerprint import HashedMeanwhile
from sandbox.snapshots.sql import Sql, identifier, join
from sandbox.snapshots.table import Table, Types, check_names, declared_columns

# Maps would hide the names of columns; ISO dates and times are recognised, numbers in quotes are not.
_READ = "read_json(?, format='newline_delimited', sample_size=-1, map_inference_threshold=-1, records=true)"
_NESTED = {"list", "array", "struct", "map", "union"}


def open_table(source: Source, path: Path, connection: duckdb.DuckDBPyConnection, scratch: Path, types: Types) -> Table:
    relation = Sql(_READ, (str(path),))
    try:
        # DESCRIBE gives names and types as text; the relation's own types can be walked.
        described = connection.sql("SELECT * FROM " + _READ + " LIMIT 0", params=[str(path)])
        flat = _flat(described)
    except duckdb.Error as error:
        raise _explain(error, path.name) or error from None
    check_names([name for name, _, _ in flat], path.name)
    selected = join(expression + " AS " + identifier(name) for name, _, expression in flat)
    rows = "(SELECT " + selected + " FROM " + relation + ")"
    columns, query = declared_columns(tuple((n, t) for n, t, _ in flat), types, rows, connection)
    hashed = HashedMeanwhile(path)
    return Table(
        columns,
        query,
        hashed,
        explain=lambda error: _explain(error, path.name),
        close=hashed.stop,
        rereadable=True,
    )  # fmt: skip


def _flat(relation: duckdb.DuckDBPyRelation) -> list[tuple[str, str, Sql]]:
    """(name, DuckDB type, expression) of the flat columns."""
    found = []
    for name, kind in zip(relation.columns, relation.types, strict=True):
        column = identifier(name)
        if kind.id == "struct":
            for field, inner in kind.children:
                part = "struct_extract(" + column + ", '" + field.replace("'", "''") + "')"
                found.append((f"{name}.{field}", *_plain(part, inner)))
        else:
            found.append((name, *_plain(column, kind)))
    return found


def _plain(value: Sql, kind: object) -> tuple[str, Sql]:
    if getattr(kind, "id", "") in _NESTED:
        return "VARCHAR", "CAST(to_json(" + value + ") AS VARCHAR)"
    name = str(kind)
    if name == "JSON":  # a mixture, or an empty object: a text without its quotes, everything else as it is written
        return "VARCHAR", "(" + value + " ->> '$')"
    if name.strip('"') == "NULL":  # no line has a value
        return "VARCHAR", "CAST(" + value + " AS VARCHAR)"
    return name, value


def _explain(error: duckdb.Error, file: str) -> SandboxError | None:
    """DuckDB's text may quote the object; only the line is passed on."""
    text = str(error)
    if "byte order mark" in text or "invalid UTF-8" in text:
        return BadInput("{file} is not plain UTF-8.", "Save it as UTF-8 without a byte order mark.", file=file)
    if found := re.search(r"Malformed JSON in file .*?, at byte \d+ in line (\d+)", text):
        return BadInput(
            "{file}, line {line}: this is not one JSON object.",
            "Write one whole object per line; an array over several lines is not JSON Lines.",
            file=file,
            line=max(1, int(found[1]) - 1),  # DuckDB counts the line that it would read next
        )
    if found := re.search(r"JSON transform error in file .*?, in line (\d+)", text):
        return BadInput(
            "{file}, line {line}: this object cannot be read as a row.",
            "Look for a name that occurs twice in it, or a value unlike those of the other lines.",
            file=file,
            line=int(found[1]),
        )
    if "expected records" in text:
        return BadInput(
            "{file} does not hold one JSON object per line.",
            "Export it as JSON Lines (NDJSON): every line is {{…}}, no commas between, no brackets around.",
            file=file,
        )
    return None
