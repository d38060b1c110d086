"""Gates in the words of people: what one demands, what was found, and what to do when it fails."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sandbox.core.errors import GateFailed
from sandbox.core.messages import Message
from sandbox.core.spec import BetaLikeness, DeltaDisclosure, Gate, KAnonymity, LDiversity
from sandbox.snapshots.outcome import Outcome

ShareWith = Callable[[Gate, Sequence[str]], float]
"""Share of units, 0–1, that a gate would leave out with other quasi-identifiers."""


def demand(gate: Gate) -> Message:
    """The gate's name and what it asks for."""
    fields = gate.model_dump()
    if isinstance(gate, KAnonymity):
        return Message("k-anonymity, k = {k}", fields)
    if isinstance(gate, LDiversity):
        if gate.variant == "entropy":
            return Message("l-diversity of “{column}” by entropy, l = {l}", fields)
        if gate.variant == "recursive":
            return Message("recursive l-diversity of “{column}”, c = {c}, l = {l}", fields)
        return Message("l-diversity of “{column}”, l = {l}", fields)
    if isinstance(gate, BetaLikeness):
        if gate.variant == "enhanced":
            return Message("enhanced β-likeness of “{column}”, β = {beta}", fields)
        return Message("β-likeness of “{column}”, β = {beta}", fields)
    if isinstance(gate, DeltaDisclosure):
        return Message("δ-disclosure privacy of “{column}”, δ = {delta}", fields)
    if gate.distance == "ordered":
        return Message("t-closeness of “{column}” by order, t = {t}", fields)
    return Message("t-closeness of “{column}”, t = {t}", fields)


def finding(gate: Gate, classes: int, smallest: int, worst: float | None) -> Message:
    """How the classes of a table do under the gate."""
    said = "∞" if worst is None else f"{worst:.4g}"
    fields: dict[str, Any] = {**gate.model_dump(), "classes": classes, "smallest": smallest, "worst": said}
    if isinstance(gate, KAnonymity):
        return Message("the smallest of {classes} classes has {smallest} units; k is {k}", fields)
    if isinstance(gate, LDiversity):
        if gate.variant == "entropy":
            return Message(
                "the least varied of {classes} classes is as varied in “{column}” as {worst} equally frequent values;"
                " l is {l}",
                fields,
            )
        if gate.variant == "recursive":
            return Message(
                "the most frequent value of “{column}” has at most {worst} times the units of the rarer ones together,"
                " in {classes} classes; it must be less than c = {c}",
                fields,
            )
        return Message(
            "the least varied of {classes} classes has {worst} different values of “{column}”; l is {l}", fields
        )
    if isinstance(gate, BetaLikeness):
        return Message(
            "no value of “{column}” gains more than {worst} times its share in any of {classes} classes; β is {beta}",
            fields,
        )
    if isinstance(gate, DeltaDisclosure):
        return Message(
            "no value of “{column}” is more than {worst} bits more or less likely in any of {classes} classes; δ is"
            " {delta}",
            fields,
        )
    return Message(
        "“{column}” in any of {classes} classes is at most {worst} away from the whole table; t is {t}", fields
    )


def failed(outcome: Outcome, dataset: str, share_with: ShareWith) -> GateFailed:
    """The error for a gate that would leave out too many, with the column to coarsen first."""
    gate, quasi, units = outcome.gate, outcome.quasi_identifiers, outcome.units
    fields: dict[str, Any] = {
        **gate.model_dump(),
        "dataset": dataset,
        "gate": demand(gate),
        "units": units,
        "left_out": outcome.units_left_out,
        "share": f"{outcome.share_left_out:.1%}" if units else "–",
        "allowed": f"{gate.suppress:.1%}",
        "classes": outcome.before.count,
        "smallest": outcome.before.smallest,
        "small": outcome.before.small,
        "columns": ", ".join(quasi) or "–",
    }
    if not quasi or share_with(gate, ()) > 0:
        return _hopeless(gate, fields)
    shares = {column: share_with(gate, tuple(c for c in quasi if c != column)) for column in quasi}
    first = min(shares, key=shares.__getitem__)
    fields |= {"worst": first, "without": f"{shares[first]:.1%}"}
    if isinstance(gate, KAnonymity):
        return GateFailed(
            "{dataset} does not reach k-anonymity with k={k}: {left_out} of {units} units ({share}) would have to be"
            " left out, {allowed} are allowed. {columns} make {classes} classes; units in the smallest: {smallest}.",
            "Coarsen “{worst}” first (a wider band, a shorter prefix, a longer period): without it {without} would be"
            " left out. Or drop it, lower k, or raise `suppress` in the spec.",
            **fields,
        )
    return GateFailed(
        "{dataset} does not reach {gate}: {left_out} of {units} units ({share}) would have to be left out, {allowed}"
        " are allowed. {columns} make {classes} classes; {small} of them give away too much of “{column}”.",
        "Coarsen “{worst}” first (a wider band, a shorter prefix, a longer period): without it {without} would be left"
        " out. Or coarsen or drop “{column}”, ask for less in the gate, or raise `suppress` in the spec.",
        **fields,
    )


def _hopeless(gate: Gate, fields: dict[str, Any]) -> GateFailed:
    """Not even the whole table as one class passes."""
    if isinstance(gate, KAnonymity):
        return GateFailed(
            "{dataset} does not reach k-anonymity with k={k}: it has only {units} units.",
            "No coarsening helps. Use a larger table, or lower k if its owner agrees.",
            **fields,
        )
    return GateFailed(
        "{dataset} does not reach {gate}: not even the whole table of {units} units as one class is varied enough.",
        "No coarsening of other columns helps. Drop “{column}”, or ask for less in the gate if its owner agrees.",
        **fields,
    )
