"""How the command line says which table to read: a file, or a table or query of a database."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from sandbox.core.source import Source

#: Files of several tables, one of which may be named.
_NAMED = {".sqlite": "sqlite", ".sqlite3": "sqlite", ".db": "sqlite", ".xlsx": "excel", ".xlsm": "excel"}


def source_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that ``asked_source`` takes."""
    for option in (
        click.option("--query", help="One SELECT of the database, instead of --table."),
        click.option(
            "--table", help="Table or view of the database (schema.table), table of a SQLite file, sheet of a workbook."
        ),
        click.option("--mysql", metavar="PLACE", help="Read MySQL or MariaDB; PLACE as for --postgresql."),
        click.option(
            "--postgresql", metavar="PLACE", help="Read PostgreSQL; PLACE of its address: env:VARIABLE or file:NAME."
        ),
    ):
        command = option(command)
    return command


def file_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """What a file does not tell about itself: fields of a source, None where nothing is said."""
    for option in (
        click.option("--skip-last", type=click.IntRange(0, 100), help="Rows below the table, such as a total."),
        click.option("--skip-rows", type=click.IntRange(0, 1000), help="Rows above the column names, such as a title."),
        click.option("--escape", help="What stands before a quotation mark within a text of a CSV file, such as \\."),
        click.option("--quote", help="What stands around texts in a CSV file, such as '; empty for nothing."),
        click.option("--delimiter", help="What stands between the values of a CSV file."),
        click.option("--encoding", help="Encoding of a CSV file that does not tell its own, such as big5."),
    ):
        command = option(command)
    return command


def asked_source(
    path: Path | None, *, postgresql: str | None, mysql: str | None, table: str | None, query: str | None
) -> Path | Source:
    """A path whose ending tells the kind, or a source. Raises UsageError, never repeating what may be a password."""
    if sum(place is not None for place in (path, postgresql, mysql)) != 1:
        raise click.UsageError("Say what to read: PATH, --postgresql PLACE or --mysql PLACE.")
    if path is not None:
        kind = _NAMED.get(path.suffix.lower())
        if query or (table and kind is None):
            raise click.UsageError("--table is for databases, SQLite files and workbooks, --query for databases.")
        part = {"excel": "sheet"}.get(kind or "", "table")
        asked = {"kind": kind, "path": str(path.expanduser().absolute()), part: table}
        return Source.said(**asked) if table else path
    where, _, place = (postgresql or mysql or "").partition(":")
    if where not in ("env", "file") or not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_-]*", place):
        raise click.UsageError(
            "PLACE is env:VARIABLE or file:NAME. The address itself, with its password, belongs into that environment"
            " variable or into the file keys/sources/NAME of the workspace, never on a command line."
        )
    if bool(table) == bool(query):
        raise click.UsageError("Say either --table or --query.")
    kind = "postgresql" if postgresql else "mysql"
    return Source.said(kind=kind, connection={where: place}, table=table, query=query)
