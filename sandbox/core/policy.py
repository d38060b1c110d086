"""Column class → which rules are safe for it, and why. One table; every decision carries its reason."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.core.spec import ColumnClass, DatasetSpec, Keep


@dataclass(frozen=True)
class Policy:
    """``allowed`` are rule kinds for a column class in a personal dataset; ``reason`` is shown with a refusal."""

    allowed: frozenset[str]
    reason: str


_COARSE = frozenset({"keep", "drop", "band", "round", "truncate_date", "prefix"})

POLICIES: dict[ColumnClass, Policy] = {
    ColumnClass.IDENTIFIER: Policy(
        frozenset({"pseudonym", "drop"}),
        "an identifier names one unit, so it may only become a pseudonym or be dropped",
    ),
    ColumnClass.DIRECT: Policy(
        frozenset({"drop"}), "a direct identifier points at one person by itself, so it must be dropped"
    ),
    ColumnClass.QUASI: Policy(
        _COARSE, "a quasi-identifier may be kept or coarsened; the gates decide whether it is enough"
    ),
    ColumnClass.SENSITIVE: Policy(_COARSE, "a sensitive value may be kept or coarsened behind the gates"),
    ColumnClass.MEASURE: Policy(_COARSE, "a measure may be kept or coarsened"),
}


def violations(spec: DatasetSpec) -> list[str]:
    """What in ``spec`` the policy refuses, in words; empty when nothing is. Machines (not personal) may keep ids."""
    problems = []
    for name, column in spec.columns.items():
        policy = POLICIES[column.cls]
        if column.rule.kind in policy.allowed:
            continue
        if not spec.unit.personal and column.cls is ColumnClass.IDENTIFIER and isinstance(column.rule, Keep):
            continue
        problems.append(f"column “{name}” is of class {column.cls.value}: {policy.reason} (not “{column.rule.kind}”)")
    if spec.unit.personal and spec.quasi_identifiers and not spec.gates:
        problems.append("a personal dataset with quasi-identifiers needs at least one gate, e.g. `k_anonymity: {k: 5}`")
    return problems
