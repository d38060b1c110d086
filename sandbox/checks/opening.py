"""Asks for a look at an app whose controls change nothing when they are used, and says how fast the app can open.

The examination moves the controls as a viewer would, over the kernel's protocol. It also runs the app twice, with other
seeds and clocks: what shows the same both times can be prepared for everybody and opens at once.
"""

from __future__ import annotations

from collections.abc import Iterable

from sandbox.checks.facts import Facts
from sandbox.core.findings import Finding, Level
from sandbox.core.messages import Message

PHASE, NAME = "run", "opening"


def check(facts: Facts) -> Iterable[Finding]:
    tried = next((run.controls for run in facts.app_runs.values() if run.ok and run.controls is not None), None)
    if tried is None:
        return
    if not tried.there:
        yield Finding(NAME, Level.PASS, Message("The app has no controls; there is nothing to move."))
    elif tried.moved:
        yield Finding(
            NAME, Level.PASS, Message("Using “{control}” changes what the app shows.", {"control": tried.moved})
        )
    else:
        yield Finding(
            NAME,
            Level.REVIEW,
            Message("{tried} controls of the app were used, and nothing changed.", {"tried": tried.tried}),
            Message("Connect each control to what it should change, for example with observe or interactive_output."),
        )
    if facts.first_views:
        steady = all(facts.first_views.values())
        yield Finding(
            NAME,
            Level.PASS,
            Message("The app shows everybody the same at first, so it is prepared and opens at once.")
            if steady
            else Message("What the app shows at first depends on time or chance, so it is run for each viewer."),
        )
