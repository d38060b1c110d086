"""How apps are used: what the app server tells is kept for a while, and read by those who decide about apps."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from sandbox.core.usage import Opening, Usage, usage
from sandbox.store.registry import Reading
from sandbox.workflows.services import Services

#: What pages show is about so many days; what is older than the second goes.
SHOWN_DAYS, KEPT_DAYS = 30, 400


def keep_openings(services: Services, openings: Sequence[Opening]) -> None:
    """Keep what the app server told; told twice it is kept once. The audit chain has no line."""
    today = services.now().date()
    fitting = [each for each in openings if abs((each.day - today).days) <= 1]
    if not fitting:
        return
    with services.registry.transaction("app-server") as tx:
        tx.add_openings(fitting)
        tx.drop_openings(today - timedelta(days=KEPT_DAYS))


def recent_usage(services: Services, reading: Reading, app: str | None = None) -> dict[str, Usage]:
    """App → its use in the last 30 days."""
    return usage(reading.openings(services.now().date() - timedelta(days=SHOWN_DAYS), app=app))
