"""``sandbox demo``: write the demo company's raw tables."""

from __future__ import annotations

from pathlib import Path

import click

from sandbox.cli.options import home_option, load_settings
from sandbox.cli.progress import progress_bar
from sandbox.demo import write_company
from sandbox.store.workspace import Workspace


@click.command()
@home_option
@click.option(
    "--out", type=click.Path(path_type=Path, file_okay=False), help="Folder (default: the workspace's sources)."
)
@click.option("--seed", default=7, show_default=True, help="The same seed writes the same company.")
@click.option("--scale", type=click.FloatRange(0.01, 20), default=1.0, show_default=True,
              help="1 is about 20,000 customers and 200,000 orders.")  # fmt: skip
def demo(home: Path | None, out: Path | None, seed: int, scale: float) -> None:
    """Write the demo company's raw tables: customers, contracts, usage, tickets, machines, claims, orders and more."""
    folder = out or Workspace.at(load_settings(home).home).ensure().sources
    with progress_bar("Writing the demo company") as progress:
        write_company(folder, seed=seed, scale=scale, progress=progress)
    click.echo(f"Written to {folder}. What was planted is in truths.json and docs/demo-company.md.")
