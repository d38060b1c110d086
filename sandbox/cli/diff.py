"""``sandbox dataset diff``: two versions of a dataset side by side."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from sandbox.catalog import Catalog
from sandbox.cli.options import home_option, json_option, open_services, print_json, show
from sandbox.core.errors import BadInput
from sandbox.core.messages import as_language
from sandbox.i18n import Catalogue, catalogue
from sandbox.snapshots.drift import CALM, STRONG, ColumnDiff, DatasetDiff, diff_snapshots


@click.command()
@home_option
@json_option
@click.argument("older")
@click.argument("newer", required=False)
def diff(home: Path | None, as_json: bool, older: str, newer: str | None) -> None:
    """Compare two versions of a dataset: OLDER and NEWER are NAME@VERSION; NAME alone compares its two newest.

    Says what changed in columns, rules and gates, how far each column moved (PSI and a test), and how many people
    stand out for whoever holds both versions.

    JSON: dataset, older, newer, rows, units, columns [{name, change, changed, drift}], gates_gone, gates_new,
    same_spec, same_keys, differencing.
    """
    with open_services(home) as services:
        found = diff_snapshots(*_folders(Catalog(services.workspace, services.content), older, newer))
        words = catalogue(as_language(services.settings.language))
    if as_json:
        print_json(found.to_json())
    else:
        _tell(found, words)


def _folders(catalog: Catalog, older: str, newer: str | None) -> tuple[Path, Path]:
    name, _, version = older.partition("@")
    if newer is None:
        versions = catalog.versions(catalog.entry(name).spec.name)
        if len(versions) < 2 and not version:
            raise BadInput(
                "The dataset {name} has no two snapshots to compare.",
                "Build it again when its source has changed.",
                name=name,
            )
        return catalog.snapshot(name, version or str(versions[1])), catalog.snapshot(name)
    other, _, second = newer.partition("@")
    if other != name:
        raise BadInput(
            "“{older}” and “{newer}” are of different datasets.",
            "Compare two versions of one dataset, as NAME@VERSION.",
            older=older,
            newer=newer,
        )
    return catalog.snapshot(name, version or None), catalog.snapshot(name, second or None)


def _tell(found: DatasetDiff, words: Catalogue) -> None:
    click.echo(f"{found.dataset}: {found.older} → {found.newer}")
    click.echo(f"Rows    {found.rows[0]:,} → {found.rows[1]:,}")
    if found.units:
        click.echo(f"Units   {found.units[0]:,} → {found.units[1]:,}")
    for gate in found.gates_gone:
        click.echo(f"Gate    gone: {words.render(gate)}")
    for gate in found.gates_new:
        click.echo(f"Gate    new: {words.render(gate)}")
    if not found.same_keys:
        click.echo("Keys    differ: pseudonyms of the two versions do not match")
    if one := found.differencing:
        click.echo(
            f"People  {one.came:,} came, {one.left:,} left, {one.changed:,} changed;"
            f" {one.small_units:,} of them in groups of fewer than {one.k}, {one.alone:,} alone"
        )
    click.echo()
    rows = [_row(column) for column in found.columns]
    headings = {"name": "Column", "change": "Change", "psi": "PSI", "p": "Test", "nulls": "Empty"}
    show(rows, False, headings, "")


def _row(column: ColumnDiff) -> dict[str, Any]:
    row: dict[str, Any] = {"name": column.name, "change": ": ".join([column.change, *column.changed][:2])}
    if len(column.changed) > 1:
        row["change"] = f"{column.change}: {', '.join(column.changed)}"
    if drift := column.drift:
        word = "calm" if drift.psi < CALM else "moved" if drift.psi < STRONG else "STRONG"
        row["psi"] = f"{drift.psi:.3f} {word}"
        row["p"] = f"{drift.test} {drift.statistic:.3g}, p = {drift.p:.3g}" if drift.p is not None else None
        row["nulls"] = f"{drift.nulls[0]:.1%} → {drift.nulls[1]:.1%}"
    return row
