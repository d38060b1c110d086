"""``sandbox dataset refresh`` and ``prune``: what cron calls."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from rich.cells import cell_len

from sandbox.cli.options import home_option, json_option, open_services, print_json
from sandbox.cli.progress import progress_bar
from sandbox.core.errors import Conflict
from sandbox.core.messages import Message, as_language
from sandbox.i18n import Catalogue, catalogue
from sandbox.workflows.refresh import Refreshed, refresh_due
from sandbox.workflows.retention import Pruned, prune

BUSY = 75
"""Exit code when another refresh is running: try again later (EX_TEMPFAIL)."""

dry_run_option: Callable[..., Any] = click.option("--dry-run", is_flag=True, help="Only say what would be done.")


@click.command()
@home_option
@json_option
@click.option("--due", is_flag=True, required=True, help="Build what is due, and nothing else.")
@dry_run_option
def refresh(home: Path | None, as_json: bool, due: bool, dry_run: bool) -> None:
    """Build every dataset whose refresh interval is over. One line per dataset; made for cron.

    Ends with 0 when all that was due is built, 1 when a dataset failed, 75 when another refresh is running.

    JSON: [{dataset, due, next, reason, version, problem, remedy}].
    """
    if not due:
        raise click.UsageError("Say --due; `sandbox dataset build` builds what is not due.")
    with open_services(home) as services, progress_bar("Building") as progress:
        words = catalogue(as_language(services.settings.language))
        try:
            found = refresh_due(services, actor="operator", dry_run=dry_run, progress=progress)
        except Conflict as error:
            what, remedy = error.render(words.gettext)
            click.echo(f"{what}\n→ {remedy}", err=True)
            sys.exit(BUSY)
    report = [_refreshed(one, words) for one in found]
    if as_json:
        print_json(report)
    else:
        for row in report:
            mark = "BAD " if row["problem"] else "new " if row["version"] else "due " if row["due"] else "–   "
            click.echo(f"{mark} {row['dataset']:<20} {row['version'] or row['problem'] or row['reason']}")
    if any(row["problem"] for row in report):
        sys.exit(1)


def _refreshed(one: Refreshed, words: Catalogue) -> dict[str, Any]:
    problem, remedy = one.error.render(words.gettext) if one.error else (None, None)
    return {
        "dataset": one.dataset,
        "due": one.due,
        "next": one.next.isoformat() if one.next else None,
        "reason": words.render(one.reason),
        "version": one.built.manifest.version if one.built else None,
        "problem": problem,
        "remedy": remedy,
    }


@click.command("prune")
@home_option
@json_option
@click.argument("name", required=False)
@dry_run_option
def prune_(home: Path | None, as_json: bool, name: str | None, dry_run: bool) -> None:
    """Delete old snapshots of NAME, or of all datasets, as their `retain` says; never one that is in use.

    Manifest, certificate and red-team report stay as a record in retired/ beside the snapshots.

    JSON: [{dataset, version, bytes, removed, reason}].
    """
    with open_services(home) as services:
        found = prune(services, [name] if name else None, actor="operator", dry_run=dry_run)
        words = catalogue(as_language(services.settings.language))
    report = [_pruned(one, words) for one in found]
    if as_json:
        print_json(report)
        return
    if not report:
        click.echo(words.render(Message("Nothing to remove.")))
    gone, kept = Message("would go" if dry_run else "removed"), Message("kept")
    for row in report:
        mark = words.render(gone if row["removed"] else kept)
        size = f"{row['bytes'] / 1e6:.1f} MB"
        click.echo(f"{mark}{' ' * (9 - cell_len(mark))}{row['dataset']}/{row['version']} ({size}): {row['reason']}")


def _pruned(one: Pruned, words: Catalogue) -> dict[str, Any]:
    return {
        "dataset": one.dataset,
        "version": one.version,
        "bytes": one.bytes,
        "removed": one.removed,
        "reason": words.render(one.reason),
    }
