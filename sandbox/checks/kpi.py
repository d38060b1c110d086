"""Refuses a project without a business figure: a prototype that moves nothing cannot be judged or promoted."""

from __future__ import annotations

from collections.abc import Iterable

from sandbox.checks.facts import Facts, finite
from sandbox.core.findings import Finding, Level
from sandbox.core.messages import Message

PHASE, NAME = "run", "kpi"


def check(facts: Facts) -> Iterable[Finding]:
    kpi = facts.project.kpi
    if not kpi.name.strip():
        yield Finding(
            NAME,
            Level.FAIL,
            Message("The project names no KPI."),
            Message("Name the business figure that the project wants to move, with unit, baseline and target."),
        )
        return
    if not kpi.unit.strip() or kpi.baseline == kpi.target:
        yield Finding(
            NAME,
            Level.REVIEW,
            Message("The KPI “{kpi}” has no unit, or its target equals its baseline.", {"kpi": kpi.name}),
            Message("Say in which unit the figure is measured, where it stands today and where it should go."),
        )
    value = facts.evidence.get("value")
    expected = finite(value.get("expected")) if isinstance(value, dict) else None
    if expected is None:
        yield Finding(
            NAME,
            Level.REVIEW,
            Message("The notebook does not say what it is worth for the KPI “{kpi}”.", {"kpi": kpi.name}),
            Message("Run the step “What is it worth?” of the template; it records the value with its assumptions."),
        )
        return
    measured = str(value.get("kpi", kpi.name)).strip()[:200] if isinstance(value, dict) else kpi.name
    if measured != kpi.name.strip():
        yield Finding(
            NAME,
            Level.REVIEW,
            Message(
                "The value was worked out for “{measured}”, but the project's KPI is “{kpi}”.",
                {"measured": measured, "kpi": kpi.name},
            ),
            Message("Run all cells again in the project as it is now, then submit again."),
        )
        return
    fields = {"kpi": kpi.name, "expected": float(f"{expected:.4g}"), "unit": kpi.unit}
    yield Finding(NAME, Level.PASS, Message("Expected for the KPI “{kpi}”: {expected:,.10g} {unit}.", fields))
