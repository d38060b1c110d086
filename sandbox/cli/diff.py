"""``sandbox dataset diff``: two versions of a dataset side by side."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from rich.cells import cell_len

from sandbox.catalog import Catalog
from sandbox.cli.options import home_option, json_option, open_services, print_json, show
from sandbox.core.errors import BadInput
from sandbox.core.messages import Message, as_language
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
    lines = [("Rows", f"{found.rows[0]:,} → {found.rows[1]:,}")]
    if found.units:
        lines.append(("Units", f"{found.units[0]:,} → {found.units[1]:,}"))
    lines += [("Gate", words.render(Message("gone: {gate}", {"gate": gate}))) for gate in found.gates_gone]
    lines += [("Gate", words.render(Message("new: {gate}", {"gate": gate}))) for gate in found.gates_new]
    if not found.same_keys:
        lines.append(("Keys", words.render(Message("differ: pseudonyms of the two versions do not match"))))
    if one := found.differencing:
        fields = {
            "came": f"{one.came:,}", "left": f"{one.left:,}", "changed": f"{one.changed:,}",
            "small": f"{one.small_units:,}", "k": one.k, "alone": f"{one.alone:,}",
        }  # fmt: skip
        text = "{came} came, {left} left, {changed} changed; {small} of them in groups of fewer than {k}, {alone} alone"
        lines.append(("People", words.render(Message(text, fields))))
    for heading, text in lines:
        name = words.gettext(heading)
        click.echo(name + " " * max(1, 12 - cell_len(name)) + text)
    click.echo()
    rows = [_row(column, words) for column in found.columns]
    headings = {"name": "Column", "change": "Change", "psi": "PSI", "p": "Test", "nulls": "Empty"}
    show(rows, False, headings, "")


def _row(column: ColumnDiff, words: Catalogue) -> dict[str, Any]:
    change = words.gettext(column.change)
    if column.changed:
        change += ": " + ", ".join(map(words.gettext, column.changed))
    row: dict[str, Any] = {"name": column.name, "change": change}
    if drift := column.drift:
        word = "calm" if drift.psi < CALM else "moved" if drift.psi < STRONG else "STRONG"
        row["psi"] = f"{drift.psi:.3f} {words.gettext(word)}"
        row["p"] = f"{drift.test} {drift.statistic:.3g}, p = {drift.p:.3g}" if drift.p is not None else None
        row["nulls"] = f"{drift.nulls[0]:.1%} → {drift.nulls[1]:.1%}"
    return row
