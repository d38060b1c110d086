"""``sandbox doctor``: what this machine can do for the sandbox, and what to do about what it cannot."""

from __future__ import annotations

import shutil
from dataclasses import asdict, dataclass
from pathlib import Path

import click

from sandbox.cli.options import console, home_option, json_option, load_settings, print_json
from sandbox.core.errors import SandboxError
from sandbox.kernels.capability import capability
from sandbox.store.workspace import Workspace

MARKS = {"good": "[green]✓[/]", "weak": "[yellow]![/]", "bad": "[red]✗[/]"}
LOW_DISK_BYTES = 5 * 2**30


@dataclass(frozen=True)
class Diagnosis:
    """One line: ``state`` is good, weak (works, but less safely or less well) or bad (something will not work)."""

    what: str
    state: str
    detail: str
    remedy: str = ""


@click.command()
@home_option
@json_option
def doctor(home: Path | None, as_json: bool) -> None:
    """Say what this machine can do. JSON: what, state (good, weak, bad), detail, remedy."""
    lines = [*_kernels(), _workspace(home), _disk(home), _fonts(), _content()]
    if as_json:
        print_json([asdict(line) for line in lines])
    else:
        for line in lines:
            console.print(f"{MARKS[line.state]} [bold]{line.what}[/]: {line.detail}")
            if line.remedy:
                console.print(f"    → {line.remedy}")
    if any(line.state == "bad" for line in lines):
        raise click.exceptions.Exit(1)
