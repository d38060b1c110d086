"""Refuses datasets that are safe one by one but not together: joined by their pseudonyms, too few people look alike.

Each snapshot passed its own gates. Whoever holds several can join them, and whoever holds two versions of one can
compare them; what that gives away is measured on the pinned snapshots before anything runs. Joined datasets must keep
what the strictest of their gates asks for, with the share of units that these may leave out; a person decides about
versions that give few units away.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sandbox.checks.facts import Facts, finite
from sandbox.core.findings import Finding, Level
from sandbox.core.messages import Message
from sandbox.core.notebook import Json

PHASE, NAME = "read", "composition"


def check(facts: Facts) -> Iterable[Finding]:
    findings = [*map(_joined, facts.compositions), *_compared(facts)]
    yield from findings
    if not findings:
        yield Finding(NAME, Level.PASS, Message("No two of the pinned snapshots are about the same people."))


def _joined(found: Json) -> Finding:
    share, allowed = finite(found.get("share")) or 0.0, finite(found.get("allowed")) or 0.0
    fields = {
        "datasets": ", ".join(found["datasets"]),
        "k": found["k"],
        "units": f"{found['units']:,}",
        "small": f"{found['small_units']:,}",
        "alone": f"{found['alone']:,}",
        "smallest": found["smallest"],
        "share": f"{share:.1%}",
        "allowed": f"{allowed:.1%}",
    }
    if not found["small_units"]:
        text = "{datasets} joined: every combination is shared by at least {smallest} units; {k} are asked for."
        return Finding(NAME, Level.PASS, Message(text, fields))
    text = (
        "{datasets} joined by their pseudonyms: {small} of {units} units ({share}) are in groups of fewer than {k} who"
        " look alike, {alone} are alone. The datasets' own gates allow {allowed}."
    )
    remedy = Message(
        "Use one of the datasets only; or ask the data steward for one dataset that holds the columns you need and"
        " passes its gate as a whole."
    )
    return Finding(NAME, Level.FAIL if share > allowed else Level.REVIEW, Message(text, fields), remedy)


def _compared(facts: Facts) -> Iterator[Finding]:
    for found in facts.differences:
        fields = {
            "dataset": found["dataset"],
            "older": found["older"],
            "newer": found["newer"],
            "small": f"{found['small_units']:,}",
            "alone": f"{found['alone']:,}",
            "moved": f"{found['came'] + found['left'] + found['changed']:,}",
            "k": found["k"],
        }
        if not found["small_units"]:
            text = "{dataset}: comparing {older} with {newer} gives nobody away."
            yield Finding(NAME, Level.PASS, Message(text, fields))
            continue
        text = (
            "{dataset}: the same person holds {older} and {newer}. Of {moved} units that came, left or changed between"
            " them, {small} are in groups of fewer than {k}, {alone} are alone."
        )
        remedy = Message("Use the same version in all your projects, or ask the data steward if this is acceptable.")
        yield Finding(NAME, Level.REVIEW, Message(text, fields), remedy)
