"""Refuses a model or rules that are not explained: a clerk must be able to say why, and a reviewer to ask."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sandbox.checks.facts import Facts, finite
from sandbox.core.findings import Finding, Level
from sandbox.core.messages import Message

PHASE, NAME = "run", "explanation"


def check(facts: Facts) -> Iterable[Finding]:
    recorded = facts.evidence.get("explanation")
    recorded = recorded if isinstance(recorded, Mapping) else {}
    overall = recorded.get("overall")
    factors = [f for f in overall if _is_factor(f)] if isinstance(overall, list) else []
    if not factors:
        yield Finding(
            NAME,
            Level.FAIL if facts.evidence.get("model") or facts.evidence.get("method") == "rules" else Level.REVIEW,
            Message("The notebook does not explain which factors the result depends on."),
            Message("Keep the template's step “Why?”, or record an explanation with lab.record(…)."),
        )
        return
    cases = recorded.get("cases")
    fields = {"factors": len(factors), "first": str(factors[0]["factor"])[:80], "cases": cases}
    if isinstance(cases, bool) or not isinstance(cases, int) or cases < 1:
        yield Finding(
            NAME,
            Level.REVIEW,
            Message("{factors} factors are explained overall, but no single case is.", fields),
            Message("Keep the template's part that gives the reasons for one case."),
        )
        return
    yield Finding(
        NAME,
        Level.PASS,
        Message("{factors} factors are explained, first “{first}”, and {cases} single cases.", fields),
    )


def _is_factor(value: object) -> bool:
    if not isinstance(value, Mapping) or not str(value.get("factor", "")).strip():
        return False
    return finite(value.get("weight", 0.0)) is not None
