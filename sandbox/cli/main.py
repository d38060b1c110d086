"""The command ``sandbox``. Each command parses, calls a workflow, renders; ``--json`` gives the same as data."""

from __future__ import annotations

import importlib
import logging
import sys

import click

from sandbox import __version__
from sandbox.cli.usage import told
from sandbox.core.errors import SandboxError
from sandbox.core.messages import Language, as_language
from sandbox.i18n import catalogue
from sandbox.settings import Settings

COMMANDS = ("up", "demo", "doctor", "dataset", "template", "project", "people", "keys", "audit")


class _Commands(click.Group):
    """Loads a command's module when it is asked for: `sandbox up` must not wait for what `dataset build` needs."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command = getattr(importlib.import_module(f"sandbox.cli.{cmd_name}"), cmd_name)
        return command if isinstance(command, click.Command) else None


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="sandbox")
def cli() -> None:
    """The Innovation Sandbox: from an idea at a desk to a service that IT runs."""


def main() -> None:
    """Run the command line; a user's mistake is told in two sentences, never as a traceback."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    try:
        outcome = cli(standalone_mode=False)
    except SandboxError as error:
        _tell(error)
        sys.exit(1)
    except click.UsageError as error:
        click.secho(told(error, catalogue(_language())), fg="red", err=True)
        sys.exit(error.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.exceptions.Abort, KeyboardInterrupt):
        click.echo("", err=True)
        sys.exit(130)
    # Without its standalone mode, click hands back the code of a command that ended with Exit.
    sys.exit(outcome if isinstance(outcome, int) else 0)


def _tell(error: SandboxError) -> None:
    what, remedy = error.render(catalogue(_language()).gettext)
    click.secho(what, fg="red", err=True)
    if remedy:
        click.echo(f"→ {remedy}", err=True)


def _language() -> Language:
    try:
        return as_language(Settings().language)
    except ValueError:
        return "en"


if __name__ == "__main__":
    main()
