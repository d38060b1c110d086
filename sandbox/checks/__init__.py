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
from types import ModuleType
from typing import Literal

from sandbox.checks import (
    app_part,
    baseline,
    data_access,
    errors,
    explanation,
    forbidden_files,
    kpi,
    model_file,
    notebook_format,
    outputs_size,
    paths,
    personal_data,
    small_cells,
)
from sandbox.checks.facts import Facts, Limits, read_access_log, read_evidence
from sandbox.core.findings import Finding, Level
from sandbox.core.messages import Message

__all__ = ["CHECKS", "Facts", "Limits", "Phase", "read_access_log", "read_evidence", "run_checks"]

Phase = Literal["read", "run"]

CHECKS: tuple[ModuleType, ...] = (
    notebook_format,
    forbidden_files,
    paths,
    errors,
    outputs_size,
    personal_data,
    data_access,
    small_cells,
    kpi,
    baseline,
    explanation,
    model_file,
    app_part,
)


def run_checks(phase: Phase, facts: Facts) -> list[Finding]:
    """The findings of every check of ``phase``. A check that cannot do its work is itself a finding, never silence."""
    findings: list[Finding] = []
    for module in CHECKS:
        if phase != module.PHASE:
            continue
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
