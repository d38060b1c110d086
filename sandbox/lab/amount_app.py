"""The app part of an estimate: purpose, one case with its range and reasons, the model's age, what it is worth."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from sandbox.core.errors import BadInput, SandboxError
from sandbox.lab import amount_views as views
from sandbox.lab import app as frozen
from sandbox.lab import (
    app_parts,
    cases,
    charts,
    choices,
    controls,
    drift,
    evaluation,
    evidence,
    explanation,
    looks,
    places,
    project,
    regression,
    saving,
)
from sandbox.lab.app import Fact
from sandbox.lab.charts import Bar
from sandbox.lab.explanation import Factor
from sandbox.lab.needs import Need
from sandbox.lab.project import ProjectFacts, wording
from sandbox.lab.words import count, explain_error, listed, minus, named, percent, t

if TYPE_CHECKING:
    import pandas as pd

_MOST_REASONS = 6


@dataclass(frozen=True)
class AmountApp:
    """A loaded app. ``part`` is what publication froze; ``facts`` come strongest first."""

    model: Any = field(repr=False)
    project: ProjectFacts
    facts: tuple[Fact, ...]
    typical: Mapping[str, Any]
    compared: pd.DataFrame = field(repr=False)
    overall: tuple[Factor, ...]
    unit: str
    part: Mapping[str, Any] = field(repr=False)

    @property
    def labels(self) -> dict[str, str]:
        return {fact.name: fact.label for fact in self.facts}


def open_amounts(unit: str) -> AmountApp:
    """Load model and evidence; ``unit`` is what the amounts are in.

    Raises BadInput, in words, when one of them is missing or unreadable.
    """
    import pandas as pd

    part = evidence.app_part()
    try:
        facts = tuple(frozen.read_fact(each) for each in part["facts"])
        kinds = {fact.name: "float64" if fact.kind == "number" else "object" for fact in facts}
        overall = tuple(Factor(str(f["factor"]), float(f["weight"]), str(f["direction"]), str(f["raised_by"]))
                        for f in part["overall"])  # fmt: skip
        return AmountApp(
            model=saving.load_model(),
            project=frozen.project_now(part),
            facts=facts,
            typical={f.name: math.nan if part["typical"][f.name] is None else part["typical"][f.name] for f in facts},
            compared=pd.DataFrame(part["compared"]).astype(kinds),
            overall=overall,
            unit=unit,
            part=part,
        )
    except (ValueError, KeyError, TypeError):
        raise BadInput(
            "There is no saved result yet, or it cannot be read.", "Run the steps above first: they fit and save it."
        ) from None


def show_amount_purpose(app: AmountApp) -> None:
    """What the app is for, the KPI, how far it can be trusted, and what moves the amount."""
    part, words = app.part, wording()
    until = part.get("learned_until")
    learned = (
        t("Learned from {cases} rows up to {day}; checked on later ones.", cases=count(part["cases"]), day=until)
        if until
        else t("Learned from {cases} masked rows; checked on rows that it had not seen.", cases=count(part["cases"]))
    )
    looks.show(
        project.purpose(app.project),
        looks.pair(
            views.amount_factors(app.overall, app.labels, app.unit, 4),
            looks.tiles([
                (percent(1 - part["misses"][0]), t("of the {many} are estimated right within {limit}", many=words.many,
                                                   limit=percent(part["limit"])), "good"),
                (percent(1 - part["misses"][1]), t("by the plain rule"), "plain"),
                (percent(part["sent"]), t("go to a person"), "plain"),
            ]),
        ),
        looks.paragraph(learned, True),
    )  # fmt: skip


def show_amount(app: AmountApp) -> None:
    """Controls for one case's facts; the estimate with its range, the reasons, and whether a person should look."""
    app_parts.ask_facts(app, lambda case: amount_answer(app, case))


def amount_answer(app: AmountApp, case: Mapping[str, Any]) -> str:
    """Estimate, range, reasons and advice for one case, as HTML."""
    found = explanation.reasons(app.model, case, app.compared)
    low, high = (found.risk * end for end in app.part["spread"])
    doubts = _doubts(app, case, found.risk)
    advice = (
        looks.note(t("Let a person estimate this one: {reasons}.", reasons=listed(doubts, long=True)), "bad")
        if doubts
        else looks.note(t("An ordinary case: the estimate can be used."), "good")
    )
    step = 1 if found.risk < 1000 else 10
    telling = [reason for reason in found.reasons if abs(reason.points) >= step][:_MOST_REASONS]
    bars = [
        Bar(named(app.labels[r.fact], explanation.value_text(r.value)), r.points, minus(f"{r.points:+,.0f}"))
        for r in telling
    ]
    rest = found.risk - found.average - sum(reason.points for reason in telling)
    if abs(rest) >= step:
        bars.append(Bar(t("everything else together"), rest, minus(f"{rest:+,.0f}")))
    title = t("From the average ({average}) to this one, in {unit}", average=count(found.average), unit=app.unit)
    return looks.page(
        looks.card(
            f'<div class="sb-risk"><b>{count(found.risk)} {app.unit}</b></div>',
            looks.paragraph(t("Eight of ten such {many} end up between {low} and {high} {unit}.", many=wording().many,
                              low=count(low), high=count(high), unit=app.unit)),
            advice,
            looks.heading(t("Why")),
            looks.bullets(views.amount_reasons(found, app.labels, app.unit)),
            charts.balance(title, bars, t("takes off"), t("adds")) if bars else "",
        )
    )  # fmt: skip


def _doubts(app: AmountApp, case: Mapping[str, Any], guessed: float) -> list[str]:
    """Why a person should estimate this case; empty when nothing speaks for it."""
    import pandas as pd

    doubts = [t("it is among the dearest")] if guessed >= app.part["dear"] else []
    for name, known in app.part["usual"].items():
        kind = "object" if "levels" in known else "float64"
        if regression.strange(known, pd.Series([case[name]], dtype=kind))[0]:
            doubts.append(t("“{fact}” is unlike what the model learned from", fact=app.labels[name]))
    culprit = app.part.get("culprit")
    if culprit and str(case.get(culprit["column"])) == culprit["level"]:
        doubts.append(t("amounts for “{level}” have changed since the model learned", level=culprit["level"]))
    return doubts


def show_amount_age(app: AmountApp, needs: tuple[Need, ...] | list[Need], key: str) -> None:
    """Whether the model has aged, on the rows of the pinned snapshot that are newer than what it learned from."""
    try:
        newer = _newer(app, needs, key)
        guesses = evaluation.risk(app.model, newer.facts)
        looks.show(views.age_block(drift.age(app.part["learned"], newer, guesses), app.labels))
    except SandboxError as error:
        message, remedy = explain_error(error)
        looks.show(looks.note(message, "bad", remedy))


def _newer(app: AmountApp, needs: tuple[Need, ...] | list[Need], key: str) -> regression.Amounts:
    import numpy as np

    kept = choices.load(places.published_folder())
    table = choices.Table.of(kept.dataset, [*kept.columns.values(), *app.labels] if kept.columns else [])
    found = regression.read_amounts(choices.complete(kept, needs, table, None), needs, table, key)
    found = replace(found, facts=found.facts[list(app.compared.columns)])
    until = str(app.part.get("learned_until") or "")
    if not until or found.time is None:
        return found
    later = found.part(np.flatnonzero(found.time > np.datetime64(until, "D") + np.timedelta64(1, "D")))
    if len(later) < cases.FEWEST_ROWS:
        raise BadInput(
            "The pinned snapshot has too few rows that are newer than what the model learned from.",
            "Pin a newer snapshot to see whether the model has aged.",
        )
    return replace(found, **vars(later))


def show_amount_worth_slider(app: AmountApp) -> None:
    """The value calculator with its assumptions as sliders."""
    from IPython.display import display

    assumed = app.part["assumed"]
    most = 10 * app_parts.round_step(float(assumed["cases"])) * 10
    inputs = {
        "cases": controls.slider(t("Estimates a month"), assumed["cases"], 0, most, app_parts.round_step(most / 10)),
        "costs": controls.slider(t("Of an error, this share costs money (%)"), 100 * assumed["costs"], 0, 100, 1),
        "used": controls.slider(t("The estimate is used in (% of the cases)"), 100 * assumed["used"], 0, 100, 1),
    }
    answer = controls.html()

    def update() -> None:
        values = {name: control.value for name, control in inputs.items()}
        answer.value = app_parts.guarded(lambda: amount_worth(app, values))

    controls.live(inputs, update)
    display(controls.beside([controls.grid(list(inputs.values()))], answer))


def amount_worth(app: AmountApp, values: Mapping[str, Any]) -> str:
    """The calculator's answer for what a viewer set, as HTML."""
    assumed, part = app.part["assumed"], app.part
    changed = {
        "cases": controls.number_from(values.get("cases"), 0, 1e9, assumed["cases"]),
        "costs": controls.number_from(values.get("costs"), 0, 100, 100 * assumed["costs"]) / 100,
        "used": controls.number_from(values.get("used"), 0, 100, 100 * assumed["used"]) / 100,
    }
    return looks.page(looks.card(views.worth_words(*part["error"], *part["misses"], app.unit, changed)))
