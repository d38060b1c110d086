"""The examination's checks: one per file, each a pure function from facts to findings.

Two phases, and the order matters: ``read`` looks at a submission as data, and nothing of it runs before all of that
has passed; ``run`` looks at what came of running it. Within a phase checks are independent of each other; their order
in ``CHECKS`` is the order in which people read the findings.

To add a check: add a module with ``PHASE`` and ``check(facts)`` whose docstring says what it refuses and why, put it
into ``CHECKS``, its texts into ``sandbox/i18n/zh-CN/checks.po``, and to ``tests/checks`` a notebook that must pass and
one that must be found.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from types import ModuleType
from typing import Literal

from sandbox.checks import (
    app_part,
    baseline,
    composition,
    data_access,
    errors,
    explanation,
    fairness,
    forbidden_files,
    kpi,
    model_file,
    notebook_format,
    opening,
    outputs_size,
    paths,
    personal_data,
    small_cells,
)
from sandbox.checks.facts import Facts, Limits, read_access_log, read_evidence
from sandbox.core.findings import Finding, Level, worst
from sandbox.core.messages import Message

__all__ = ["CHECKS", "Facts", "Limits", "Phase", "early_findings", "read_access_log", "read_evidence", "run_checks"]

Phase = Literal["read", "run"]

CHECKS: tuple[ModuleType, ...] = (
    notebook_format,
    forbidden_files,
    paths,
    composition,
    errors,
    outputs_size,
    personal_data,
    data_access,
    small_cells,
    kpi,
    baseline,
    explanation,
    fairness,
    model_file,
    app_part,
    opening,
)


#: Checks of a run that also read what was written and saved before it, and so can warn while somebody works.
_EARLY = (personal_data, data_access)


def run_checks(phase: Phase, facts: Facts) -> list[Finding]:
    """The findings of every check of ``phase``. A check that cannot do its work is itself a finding, never silence."""
    return _findings([module for module in CHECKS if phase == module.PHASE], facts)


def early_findings(facts: Facts) -> list[Finding]:
    """What can be found in a project without running it. What only a run can confirm is not said to have passed."""
    findings = run_checks("read", facts)
    if worst(findings) is not Level.FAIL:
        findings += [finding for finding in _findings(_EARLY, facts) if finding.level is not Level.PASS]
    return findings


def _findings(modules: Iterable[ModuleType], facts: Facts) -> list[Finding]:
    findings: list[Finding] = []
    for module in modules:
        try:
            findings.extend(module.check(facts))
        except Exception:
            name = module.__name__.rpartition(".")[2]
            logging.getLogger(__name__).exception("check %s failed on %s", name, facts.project.slug)
            findings.append(_broken(name))
    return findings


def _broken(name: str) -> Finding:
    return Finding(
        name,
        Level.FAIL,
        Message("The check “{check}” could not look at this submission.", {"check": name}),
        Message("This is a fault of the sandbox or a submission made to break it; tell the operator, who has the log."),
    )
