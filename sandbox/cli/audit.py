"""``sandbox audit``: read the audit chain and check it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from sandbox.cli.options import home_option, json_option, open_services, print_json, show
from sandbox.core.events import AuditEvent


@click.group()
def audit() -> None:
    """Read and check the audit chain."""


@audit.command("list")
@home_option
@json_option
@click.option("--subject", help="Only events about this project, dataset or person.")
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True, help="The newest so many events.")
def list_(home: Path | None, as_json: bool, subject: str | None, limit: int) -> None:
    """Show events. JSON: seq, time, actor, action, subject, details, request, previous, hash."""
    with open_services(home) as services, services.registry.reading() as reading:
        rows = [_row(event) for event in reading.audit(subject=subject, limit=limit)]
    columns = {
        "seq": "No.",
        "time": "Time (UTC)",
        "actor": "Who",
        "action": "What",
        "subject": "On",
        "details": "Details",
    }
    show(rows, as_json, columns, "No events yet.")


@audit.command()
@home_option
@json_option
def verify(home: Path | None, as_json: bool) -> None:
    """Recompute the chain; fails naming the first changed, removed or reordered line. JSON: ok, events."""
    with open_services(home) as services:
        count = services.registry.verify_audit()
    if as_json:
        print_json({"ok": True, "events": count})
    else:
        click.secho(f"The audit chain holds: {count} events.", fg="green")


def _row(event: AuditEvent) -> dict[str, Any]:
    return {**vars(event), "time": event.time.isoformat(timespec="seconds")}
