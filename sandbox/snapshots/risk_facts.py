"""Risks as the manifest keeps them and as people read them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import isclose

import duckdb

from sandbox.core.messages import Message
from sandbox.core.spec import DatasetSpec, Gate
from sandbox.snapshots.classes import read_histogram
from sandbox.snapshots.coded import Integers, coded
from sandbox.snapshots.gates import classes_of, sensitive_of
from sandbox.snapshots.manifest import ColumnRisk, PopulationRisk, RiskFacts, RiskReading, SampleFacts
from sandbox.snapshots.outcome import Classes
from sandbox.snapshots.population import Sample, journalist, population_uniques
from sandbox.snapshots.risk import Reading, Risk, risk_of
from sandbox.snapshots.sql import Sql

_DIGITS = 6
_SEARCHED = 0.02
_MODELS = {"pitman": "Pitman", "zayatz": "Zayatz", "snb": "SNB"}


@dataclass(frozen=True)
class People:
    """The population that a table is a part of: its ``size`` in units, and whether it was ``sampled`` by the build."""

    size: int
    sampled: bool


def people_of(spec: DatasetSpec, sampled: SampleFacts | None) -> People | None:
    """The population of a dataset: what the steward declares, else what was there before a sample."""
    if spec.population:
        return People(spec.population.size, sampled=False)
    return People(sampled.units, sampled=True) if sampled else None


def people_told(risk: RiskFacts | None) -> People | None:
    """The population that a manifest names."""
    return People(risk.population.size, risk.population.sampled) if risk and risk.population else None


def measure_all_and_risk(
    connection: duckdb.DuckDBPyConnection,
    table: Sql,
    gates: Sequence[Gate],
    quasi_identifiers: Sequence[str],
    unit: str,
    people: People | None = None,
    units: int | None = None,
) -> tuple[tuple[Classes, ...], RiskFacts]:
    """What ``gates.measure_all`` says, and the risks of ``table``, rounded as they are stored; read in one pass."""
    with coded(connection, table, quasi_identifiers, unit, sensitive_of(gates), units=units) as rows:
        histogram = read_histogram(rows)
        risk = risk_of(rows, histogram, table, quasi_identifiers, unit)
    facts = _facts(risk, quasi_identifiers, unit)
    if people:
        facts = facts.model_copy(update={"population": _population(histogram.units, risk.units, people)})
    return classes_of(gates, histogram), facts


def _population(records: Integers, units: int, people: People) -> PopulationRisk:
    """``records`` of every class; where units have several, the population's are as many to a unit."""
    sample = Sample.of(records, min(units / people.size, 1.0) if units else 1.0)
    uniques, chances = population_uniques(sample), journalist(sample)
    return PopulationRisk(
        size=people.size,
        sampled=people.sampled,
        unique_share=_rounded(uniques.share),
        model=uniques.model,
        models={m: None if share is None else _rounded(share) for m, share in uniques.by_model.items()},
        journalist=chances and RiskReading(highest=_rounded(chances[0]), average=_rounded(chances[1])),
    )


def _rounded(estimate: float) -> float:
    """Three digits: more would promise what no estimate can keep."""
    return float(f"{estimate:.3g}")


def _facts(risk: Risk, quasi_identifiers: Sequence[str], unit: str) -> RiskFacts:
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
    left_out = {"population"} | {"wildcard"} if found.wildcard is None or stored.wildcard is None else set()
    known = set(RiskFacts.model_fields) - left_out
    if found.model_dump(include=known) != stored.model_dump(include=known):
        return False
    return stored.population is None or _alike(found.population, stored.population)


def _alike(found: PopulationRisk | None, stored: PopulationRisk) -> bool:
    """Estimates are searched for, so their last digit depends on the machine."""
    if found is None or (found.size, found.sampled, found.model) != (stored.size, stored.sampled, stored.model):
        return False
    if (found.journalist is None) != (stored.journalist is None) or found.models.keys() != stored.models.keys():
        return False
    pairs = [(found.unique_share, stored.unique_share)]
    pairs += [(share or 0.0, stored.models[m] or 0.0) for m, share in found.models.items()]
    if found.journalist and stored.journalist:
        now, then = found.journalist, stored.journalist
        pairs += [(now.highest, then.highest), (now.average, then.average)]
    return all(isclose(a, b, rel_tol=_SEARCHED) for a, b in pairs)


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
        *_tell_journalist(risk.population),
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


def _tell_journalist(population: PopulationRisk | None) -> Iterator[Message]:
    if population is None or population.journalist is None:
        yield Message(
            "Somebody who does not know whether the person is in here has at most the same chance (journalist risk);"
            " how much less, only a register of the whole population could tell.",
        )
    else:
        yield Message(
            "Somebody who only knows that the person is one of {size} has a chance of about {highest} at most, of"
            " {average} on average (journalist risk, estimated).",
            {
                "size": f"{population.size:,}",
                "highest": percent(population.journalist.highest),
                "average": percent(population.journalist.average),
            },
        )
    if population and population.model:
        fields = {
            "units": f"{round(population.unique_share * population.size):,}",
            "size": f"{population.size:,}",
            "model": _MODELS[population.model],
        }
        yield Message(
            "Of these {size}, about {units} are alone with their combination (population uniques, estimated by"
            " {model}).",
            fields,
        )


def percent(share: float) -> str:
    """Three digits: a tenth of a percent matters with a million people."""
    return f"{100 * share:.3g}%"


def _reading(reading: Reading) -> RiskReading:
    return RiskReading(highest=round(reading.highest, _DIGITS), average=round(reading.average, _DIGITS))
