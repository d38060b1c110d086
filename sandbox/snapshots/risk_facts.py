"""Risks as the manifest keeps them and as people read them."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from sandbox.core.messages import Message
from sandbox.snapshots.manifest import ColumnRisk, RiskFacts, RiskReading
from sandbox.snapshots.risk import Reading, measure_risk
from sandbox.snapshots.sql import Sql

_DIGITS = 6


def risk_facts(
    connection: duckdb.DuckDBPyConnection, table: Sql, quasi_identifiers: Sequence[str], unit: str
) -> RiskFacts:
    """The risks of ``table``, rounded as they are stored."""
    risk = measure_risk(connection, table, quasi_identifiers, unit)
    return RiskFacts(
        unit=unit,
        quasi_identifiers=tuple(quasi_identifiers),
        classes=risk.classes,
        records=risk.records,
        units=risk.units,
        unique=risk.unique,
        unique_share=round(risk.unique_share, _DIGITS),
        prosecutor=_reading(risk.strict),
        wildcard=_reading(risk.wildcard) if risk.wildcard else None,
        marketer=round(risk.marketer, _DIGITS),
        separation=round(risk.separation, _DIGITS),
        columns=tuple(
            ColumnRisk(name=name, distinction=round(c.distinction, _DIGITS), separation=round(c.separation, _DIGITS))
            for name, c in risk.columns.items()
        ),
    )


def agree(found: RiskFacts, stored: RiskFacts) -> bool:
    """Whether ``stored`` says what was ``found`` now. A reading that this version computes and an earlier one did not,
    or that either left out as too long, is no contradiction."""
    left_out = {"wildcard"} if found.wildcard is None or stored.wildcard is None else set()
    known = set(RiskFacts.model_fields) - left_out
    return found.model_dump(include=known) == stored.model_dump(include=known)


def tell_risk(risk: RiskFacts) -> tuple[Message, ...]:
    """The risks in a steward's words, the most telling first."""
    highest, average = percent(risk.prosecutor.highest), percent(risk.prosecutor.average)
    columns = ", ".join(risk.quasi_identifiers)
    told = [
        Message(
            "{unique} of {units} units are alone with their combination of {columns}.",
            {"unique": f"{risk.unique:,}", "units": f"{risk.units:,}", "columns": columns},
        ),
        Message(
            "Somebody who knows these values of a person, and that the person is in here, points at the right one"
            " with a chance of at most {highest}, on average {average} (prosecutor risk).",
            {"highest": highest, "average": average},
        ),
        Message(
            "Somebody who does not know whether the person is in here has at most the same chance (journalist risk);"
            " how much less, only a register of the whole population could tell.",
        ),
        Message(
            "Somebody who tries to link everybody at once is right for at most {share}, on average (marketer risk).",
            {"share": percent(risk.marketer)},
        ),
    ]
    if risk.wildcard is None:
        told.append(Message("Empty values count as values of their own. Read as “may be anything”: not computed."))
    elif risk.wildcard != risk.prosecutor:
        fields = {"highest": percent(risk.wildcard.highest), "average": percent(risk.wildcard.average)}
        told.append(
            Message(
                "Empty values count as values of their own. Read as “may be anything” the chance is at most {highest},"
                " on average {average}.",
                fields,
            )
        )
    if risk.columns:
        best = max(risk.columns, key=lambda c: c.separation)
        fields = {"column": best.name, "share": percent(best.separation)}
        told.append(Message("“{column}” tells people apart best: {share} of all pairs differ in it.", fields))
    return tuple(told)


def percent(share: float) -> str:
    """Three digits: a tenth of a percent matters with a million people."""
    return f"{100 * share:.3g}%"


def _reading(reading: Reading) -> RiskReading:
    return RiskReading(highest=round(reading.highest, _DIGITS), average=round(reading.average, _DIGITS))
