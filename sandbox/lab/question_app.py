"""The app part of a first question: what was found, one column, one answer with its reasons, what it is worth."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sandbox.core.errors import BadInput
from sandbox.lab import (
    amount_views,
    app_parts,
    charts,
    controls,
    evidence,
    explanation,
    looks,
    overview_views,
    project,
    question,
    regression,
    saving,
)
from sandbox.lab import app as frozen
from sandbox.lab import question_views as views
from sandbox.lab import views as risk_views
from sandbox.lab.app import Fact
from sandbox.lab.charts import Bar
from sandbox.lab.explanation import CaseReasons
from sandbox.lab.overview import Overview
from sandbox.lab.project import ProjectFacts
from sandbox.lab.question import Question
from sandbox.lab.words import listed, named, number, percent, points, safe, t, titled

if TYPE_CHECKING:
    import pandas as pd

_MOST_REASONS = 6


@dataclass(frozen=True)
class LookApp:
    """A loaded app. ``model`` is None when nothing was asked or could be answered; ``facts`` come strongest first."""

    project: ProjectFacts
    look: Overview
    asked: Question
    part: Mapping[str, Any] = field(repr=False)
    model: Any = field(default=None, repr=False)
    facts: tuple[Fact, ...] = ()
    typical: Mapping[str, Any] = field(default_factory=dict)
    compared: pd.DataFrame | None = field(default=None, repr=False)

    @property
    def labels(self) -> dict[str, str]:
        return {fact.name: fact.label for fact in self.facts}


def open_look() -> LookApp:
    """Load the evidence, and the model if there is one. Raises BadInput, in words, when it cannot be read."""
    part = evidence.app_part()
    try:
        asked = part["question"]
        found, known = Overview.from_json(part["look"]), frozen.project_now(part)
        if asked["kind"] not in ("yes", "number"):
            return LookApp(known, found, Question(), part)
        asked = Question(asked["kind"], str(asked["target"]), asked["label"], str(asked["value"]))
        question.name(asked.kind, asked.title, asked.value)
        facts = tuple(frozen.read_fact(each) for each in part["facts"])
        typical = {f.name: math.nan if part["typical"][f.name] is None else part["typical"][f.name] for f in facts}
        return LookApp(known, found, asked, part, saving.load_model(), facts, typical, _compared(part, facts))
    except (ValueError, KeyError, TypeError):
        raise BadInput(
            "There is no saved result yet, or it cannot be read.", "Run the steps above first: they fit and save it."
        ) from None


def _compared(part: Mapping[str, Any], facts: tuple[Fact, ...]) -> pd.DataFrame:
    import pandas as pd

    kinds = {fact.name: "float64" if fact.kind == "number" else "object" for fact in facts}
    return pd.DataFrame(part["compared"]).astype(kinds)


def show_look_purpose(app: LookApp) -> None:
    """What the app is for, how much was looked at, what goes together, and how good the answers are."""
    parts = [project.purpose(app.project), overview_views.tiles(app.look)]
    if app.model is None:
        parts.append(looks.note(t("No question is answered here: the app shows what the columns hold and what goes "
                                  "together."), "note"))  # fmt: skip
    else:
        parts += [looks.heading(views.question_text(app.asked)), _how_good(app)]
    parts += [looks.heading(t("What goes together")), views.relations_told(app.look, app.asked.target)]
    looks.show(*parts)


def _how_good(app: LookApp) -> str:
    model, plain, better = app.part["figure"]
    figures = f"{float(model):.2f}" if app.asked.is_yes_no else number(float(model))
    beside = f"{float(plain):.2f}" if app.asked.is_yes_no else number(float(plain))
    what = t("how well it ranks (ROC AUC)") if app.asked.is_yes_no else t("average error of an estimate")
    tiles = looks.tiles([
        (figures, what, "good" if better else "bad"),
        (beside, t("by the plain rule"), "plain"),
        (percent(float(app.part["sent"])), t("of the rows are unusual: a person should look at them"), "plain"),
    ])  # fmt: skip
    if better:
        return tiles
    return tiles + looks.note(t("The answers are not clearly better than one fact alone. Do not rely on them."), "bad")


def show_look(app: LookApp) -> None:
    """Pick a column: what it holds, and what goes together with it."""
    from IPython.display import display

    drawn = [each for each in app.look.pictures if each.bars]
    if not drawn:
        looks.show(looks.note(t("No column has numbers or kinds that could be drawn."), "note"))
        return
    labels = overview_views.labels_of(app.look)
    names = [each.name for each in drawn]
    first = _telling(app, names)
    chosen = controls.dropdown(t("Column"), [(labels[name], name) for name in names], first)
    answer = controls.html()

    def update() -> None:
        name = controls.choice_from(chosen.value, names, first)
        answer.value = app_parts.guarded(lambda: column_answer(app, name))

    controls.live({"column": chosen}, update)
    display(controls.column([controls.grid([chosen]), answer]))


def _telling(app: LookApp, names: Sequence[str]) -> str:
    """The column to begin with: what goes together most with what was asked about, which is told above already."""
    asked = app.asked.target
    related = [each.second if each.first == asked else each.first for each in app.look.of(asked)]
    return next((name for name in [*related, *names] if name in names and name != asked), names[0])


def column_answer(app: LookApp, name: str) -> str:
    """One column and what goes together with it, as HTML."""
    picture = next(each for each in app.look.pictures if each.name == name)
    odd = [overview_views.REMARKS[key] for key in picture.remarks if key in overview_views.REMARKS]
    fields = {"column": overview_views.labels_of(app.look)[name], "share": percent(picture.missing),
              "levels": number(picture.distinct)}  # fmt: skip
    notes = looks.bullets([t(text, **fields) for text in odd])
    relations = overview_views.relations_block(app.look, name, only=True)
    return looks.page(looks.card(overview_views.picture(picture), notes, looks.heading(t("What goes together with it")),
                                 relations))  # fmt: skip


def show_one_answer(app: LookApp) -> None:
    """Controls for one row's facts; the answer, its reasons, and whether a person should look."""
    if app.model is None:
        looks.show(looks.note(t("There is no question that could be answered, so there is no model."), "note"))
        return
    app_parts.ask_facts(app, lambda case: one_answer(app, case))


def one_answer(app: LookApp, case: Mapping[str, Any]) -> str:
    """The answer for one row with its reasons, as HTML."""
    found = explanation.reasons(app.model, case, app.compared)
    unusual = _unusual(app, case)
    advice = (
        looks.note(t("Let a person look: {reasons}.", reasons=listed(unusual, long=True)), "bad")
        if unusual
        else looks.note(t("A usual row: the answer rests on many like it. A person still decides."), "good")
    )
    head, told = _risk(app, found) if app.asked.is_yes_no else _amount(app, found)
    return looks.page(looks.card(head, advice, looks.heading(t("Why")), looks.bullets(told), _balance(app, found)))


def _risk(app: LookApp, found: CaseReasons) -> tuple[str, list[str]]:
    text = t("Of 100 such rows, about {n} have “{value}” in “{column}”; on average it is {average}.",
             n=round(100 * found.risk), value=app.asked.value, column=app.asked.title,
             average=percent(found.average))  # fmt: skip
    told = [risk_views.reason_text(app.labels[r.fact], explanation.value_text(r.value), r.points)
            for r in found.reasons[:3] if abs(r.points) >= 0.0005]  # fmt: skip
    return f'<div class="sb-risk"><b>{percent(found.risk)}</b></div>' + looks.paragraph(text), told


def _amount(app: LookApp, found: CaseReasons) -> tuple[str, list[str]]:
    low, high = (found.risk + float(end) for end in app.part["range"])
    text = t("“{column}” is estimated at {amount}; eight of ten such rows lie between {low} and {high}.",
             column=app.asked.title, amount=number(found.risk), low=number(low), high=number(high))  # fmt: skip
    head = f'<div class="sb-risk"><b>{safe(number(found.risk))}</b></div>' + looks.paragraph(text)
    return head, amount_views.amount_reasons(found, app.labels, "")


def _balance(app: LookApp, found: CaseReasons) -> str:
    yes_no = app.asked.is_yes_no
    least = 0.0005 if yes_no else 1e-9
    telling = [reason for reason in found.reasons if abs(reason.points) >= least][:_MOST_REASONS]
    rest = found.risk - found.average - sum(reason.points for reason in telling)
    amounts = [(named(app.labels[r.fact], explanation.value_text(r.value)), r.points) for r in telling]
    if abs(rest) >= least:
        amounts.append((t("everything else together"), rest))
    bars = [Bar(label, moved, points(moved) if yes_no else _signed(moved)) for label, moved in amounts]
    if not bars:
        return ""
    if yes_no:
        title = t("From the average risk to this one, in percentage points")
        return charts.balance(title, bars, t("lowers"), t("raises"))
    title = t("From the average ({average}) to this one", average=number(found.average))
    return charts.balance(title, bars, t("takes off"), t("adds"))


def _signed(moved: float) -> str:
    return ("+" if moved >= 0 else "−") + number(abs(moved))


def _unusual(app: LookApp, case: Mapping[str, Any]) -> list[str]:
    import pandas as pd

    told = []
    for name, known in app.part["usual"].items():
        kind = "object" if "levels" in known else "float64"
        if name in case and regression.strange(known, pd.Series([case[name]], dtype=kind))[0]:
            told.append(t("“{fact}” is unlike what the model learned from", fact=app.labels[name]))
    return told


def show_answer_worth_slider(app: LookApp, unit: str) -> None:
    """The value calculator with its assumptions as sliders."""
    from IPython.display import display

    assumed = app.part["assumed"]
    inputs = {
        name: controls.slider(title, float(assumed[name]), 0, max(most, 2 * float(assumed[name])), step)
        for name, title, most, step in (
            ("questions", t("Such questions a month"), 50, 1),
            ("by_hand", t("Hours of work for one by hand"), 40, 0.5),
            ("with_this", t("Hours of work for one with this page"), 10, 0.25),
            ("hour", titled(t("An hour costs"), unit), 500, 5),
        )
    }
    answer = controls.html()

    def update() -> None:
        values = {n: controls.number_from(c.value, 0, 1e6, float(assumed[n])) for n, c in inputs.items()}
        answer.value = app_parts.guarded(lambda: looks.page(looks.card(views.worth_text(values, unit))))

    controls.live(inputs, update)
    display(controls.beside([controls.grid(list(inputs.values()))], answer))
