"""Options and output habits that commands share."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from pydantic import ValidationError
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from sandbox.core.errors import BadInput
from sandbox.core.messages import Message, as_language
from sandbox.core.wrong_values import in_words
from sandbox.i18n import catalogue
from sandbox.settings import Settings
from sandbox.workflows.services import Services

console = Console()

home_option = click.option(
    "--home",
    type=click.Path(path_type=Path, file_okay=False),
    default=None,
    help="Workspace folder (default: SANDBOX_HOME or .sandbox).",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")


def load_settings(home: Path | None = None, **changes: Any) -> Settings:
    """Settings from the environment, with what the command line says on top. Raises BadInput naming the variable."""
    given = {name: value for name, value in {"home": home, **changes}.items() if value is not None}
    try:
        return Settings(**given)
    except ValidationError as error:
        first = error.errors()[0]
        raise BadInput(
            "The setting SANDBOX_{name} cannot be used: {problem}.",
            "Correct or unset it; docs/operator.md lists the settings.",
            name=str(first["loc"][0]).upper(),
            problem=in_words(first, Settings)[0][1],
        ) from None


@contextmanager
def open_services(home: Path | None = None, **changes: Any) -> Iterator[Services]:
    """The workspace's services for the length of a command."""
    services = Services.open(load_settings(home, **changes))
    try:
        yield services
    finally:
        services.close()


def show(rows: list[dict[str, Any]], as_json: bool, columns: dict[str, str], empty: str) -> None:
    """Print ``rows`` as JSON, or the ``columns`` (key → heading) of them as a table, or ``empty``.

    Headings and ``empty`` are English texts; they are told in the reader's language.
    """
    if as_json:
        print_json(rows)
        return
    words = catalogue(as_language(load_settings().language))
    if not rows:
        click.echo(words.gettext(empty))
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in columns.values():
        table.add_column(words.gettext(heading), overflow="fold")
    for row in rows:
        table.add_row(*(escape(_cell(row.get(key))) for key in columns))
    console.print(table)


def tell(message: Message) -> None:
    """Print ``message`` in the reader's language."""
    click.echo(catalogue(as_language(load_settings().language)).render(message))


def print_json(value: Any) -> None:
    click.echo(json.dumps(value, ensure_ascii=False, indent=2, default=str))


def _cell(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "✓" if value else "–"
    if isinstance(value, list | tuple | set | frozenset):
        return ", ".join(map(str, value))
    if isinstance(value, dict):
        return ", ".join(f"{k} {v}" for k, v in value.items())
    return str(value)
