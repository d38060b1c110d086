"""The command ``sandbox``. Each command parses, calls a workflow, renders; ``--json`` gives the same as data."""

from __future__ import annotations

import logging
import sys

import click

from sandbox import __version__
from sandbox.cli.audit import audit
from sandbox.cli.dataset import dataset
from sandbox.cli.demo import demo
from sandbox.cli.doctor import doctor
from sandbox.cli.people import people
from sandbox.cli.project import project
from sandbox.cli.template import template
from sandbox.cli.up import up
from sandbox.core.errors import SandboxError
from sandbox.core.messages import as_language
from sandbox.i18n import catalogue
from sandbox.settings import Settings


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="sandbox")
def cli() -> None:
    """The Innovation Sandbox: from an idea at a desk to a service that IT runs."""


for command in (up, demo, doctor, dataset, template, project, people, audit):
    cli.add_command(command)


def main() -> None:
    """Run the command line; a user's mistake is told in two sentences, never as a traceback."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    try:
        cli(standalone_mode=False)
    except SandboxError as error:
        _tell(error)
        sys.exit(1)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.exceptions.Abort, KeyboardInterrupt):
        click.echo("", err=True)
        sys.exit(130)
    except click.exceptions.Exit as stop:
        sys.exit(stop.exit_code)


def _tell(error: SandboxError) -> None:
    try:
        language = as_language(Settings().language)
    except ValueError:
        language = "en"
    what, remedy = error.render(catalogue(language).gettext)
    click.secho(what, fg="red", err=True)
    if remedy:
        click.echo(f"→ {remedy}", err=True)


if __name__ == "__main__":
    main()
