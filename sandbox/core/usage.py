"""How an app is used: what is kept of one opening, and what many of them say. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from statistics import median

#: An opening that takes longer than this, milliseconds, says more about a sleeping laptop than about the app.
LONGEST_READY_MS = 120_000


@dataclass(frozen=True)
class Opening:
    """One page of an app that was opened. ``id`` is random, so that it is counted once however often it is told.

    ``viewer`` is a mark that is the same for one person on one ``day`` (UTC) and says neither who it is nor that it
    was the same person on another day. ``ready_ms``: until the page answered to a hand, as the browser measured it;
    None when it did not say. ``failed``: the page was not completed.
    """

    id: str
    app: str
    version: str
    day: date
    viewer: str
    ready_ms: int | None = None
    failed: bool = False


@dataclass(frozen=True)
class Usage:
    """Openings, those that failed, the most different viewers of one day, and the median time until a page answered."""

    opens: int = 0
    failed: int = 0
    most_viewers: int = 0
    ready_ms: int | None = None


def usage(openings: Iterable[Opening]) -> dict[str, Usage]:
    """App → its use; an app that nobody opened is not in it."""
    by_app: dict[str, list[Opening]] = {}
    for opening in openings:
        by_app.setdefault(opening.app, []).append(opening)
    return {app: _of_one(found) for app, found in by_app.items()}


def _of_one(openings: list[Opening]) -> Usage:
    days: dict[date, set[str]] = {}
    for opening in openings:
        days.setdefault(opening.day, set()).add(opening.viewer)
    times = [opening.ready_ms for opening in openings if opening.ready_ms is not None]
    return Usage(
        opens=len(openings),
        failed=sum(opening.failed for opening in openings),
        most_viewers=max(map(len, days.values())),
        ready_ms=round(median(times)) if times else None,
    )
