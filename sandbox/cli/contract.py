"""``sandbox dataset contract``: a dataset as a data contract that other tools read."""

from __future__ import annotations

from pathlib import Path

import click

from sandbox.catalog import Catalog
from sandbox.cli.options import home_option, open_services
from sandbox.snapshots.contract import export_contract, render_contract
from sandbox.snapshots.manifest import read_manifest


@click.command("contract")
@home_option
@click.argument("name")
def contract_(home: Path | None, name: str) -> None:
    """Print the dataset NAME as a data contract of the Open Data Contract Standard (ODCS v3.1), in YAML.

    It names no server and no source: it is about the snapshot. `sandbox dataset add --contract` reads it again.
    """
    with open_services(home) as services:
        entry = Catalog(services.workspace, services.content).entry(name)
        folder = services.workspace.snapshot(name, entry.latest) if entry.latest else None
        contract = export_contract(entry.spec, read_manifest(folder) if folder else None)
    click.echo(render_contract(contract), nl=False)
