"""Refuses datasets that are safe one by one but not together: joined by their pseudonyms, too few people look alike.

Each snapshot passed its own gates. Whoever holds several can join them, and whoever holds two versions of one can
compare them; what that gives away is measured on the pinned snapshots before anything runs. Joined datasets must keep
what the strictest of their gates asks for, with the share of units that these may leave out, and what their gates on
sensitive columns ask for; a person decides about versions that give few units away.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sandbox.checks.facts import Facts, finite
from sandbox.core.findings import Finding, Level
from sandbox.core.messages import Message
from sandbox.core.notebook import Json

PHASE, NAME = "read", "composition"
_REMEDY = Message(
    "Use one of the datasets only; or ask the data steward for one dataset that holds the columns you need and passes"
    " its gate as a whole."
)


def check(facts: Facts) -> Iterable[Finding]:
    findings = [*map(_joined, facts.compositions), *_sensitive(facts), *_compared(facts)]
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
    return Finding(NAME, Level.FAIL if share > allowed else Level.REVIEW, Message(text, fields), _REMEDY)


def _sensitive(facts: Facts) -> Iterator[Finding]:
    """Gates on sensitive columns that held of a dataset and do not hold of the join."""
    for found in facts.compositions:
        for gate in found.get("gates") or ():
            if not gate["small_units"]:
                continue
            share, allowed = finite(gate.get("share")) or 0.0, finite(gate.get("allowed")) or 0.0
            fields = {
                "datasets": ", ".join(found["datasets"]),
                "dataset": gate["dataset"],
                "column": gate["column"],
                "gate": gate["kind"],
                "units": f"{gate['units']:,}",
                "small": f"{gate['small_units']:,}",
                "share": f"{share:.1%}",
                "allowed": f"{allowed:.1%}",
            }
            text = (
                "{datasets} joined by their pseudonyms: for {small} of {units} units ({share}) those who look alike"
                " have too much of “{column}” in common for the gate {gate} of {dataset}, which allows {allowed}."
            )
            yield Finding(NAME, Level.FAIL if share > allowed else Level.REVIEW, Message(text, fields), _REMEDY)


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
