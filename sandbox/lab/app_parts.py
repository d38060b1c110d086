"""The parts of an app that a viewer moves: one case, groups of cases, what it is worth."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Protocol

from sandbox.core.errors import SandboxError
from sandbox.lab import cases as read_cases
from sandbox.lab import charts, choices, controls, evaluation, explanation, looks, places
from sandbox.lab.app import App, Fact
from sandbox.lab.assumptions import RANGES
from sandbox.lab.charts import Bar
from sandbox.lab.needs import Need
from sandbox.lab.project import wording
from sandbox.lab.tables import small_cell
from sandbox.lab.views import reason_text, worth_block
from sandbox.lab.words import count, explain_error, named, number, percent, points, t, titled

if TYPE_CHECKING:
    import pandas as pd

_SHOWN_FIRST = 6
_MOST_REASONS = 7


class Asked(Protocol):
    """An app that answers about one case. ``facts`` come strongest first; ``typical`` has a value for each."""

    @property
    def facts(self) -> tuple[Fact, ...]: ...

    @property
    def typical(self) -> Mapping[str, Any]: ...


def show_case(app: App) -> None:
    """Controls for one case's facts; its risk, the reasons in words, and what to do."""
    ask_facts(app, lambda case: case_answer(app, case))


def ask_facts(app: Asked, answer_to: Callable[[Mapping[str, Any]], str]) -> None:
    """Controls for the facts of one case, the strongest first; beside them what ``answer_to`` says, as HTML."""
    from IPython.display import display

    inputs = {fact.name: control_of(fact, app.typical[fact.name]) for fact in app.facts}
    answer = controls.html()

    def update() -> None:
        answer.value = guarded(lambda: answer_to(entered(app, {n: c.value for n, c in inputs.items()})))

    first, more = list(inputs.values())[:_SHOWN_FIRST], list(inputs.values())[_SHOWN_FIRST:]
    parts = [controls.grid(first)]
    if more:
        parts.append(controls.folded(t("More facts"), controls.grid(more)))
    controls.live(inputs, update)
    display(controls.beside(parts, answer))


def control_of(fact: Fact, value: Any) -> Any:
    if fact.kind == "number":
        return controls.slider(
            fact.label, controls.number_from(value, fact.low, fact.high, fact.low), fact.low, fact.high, fact.step
        )
    return controls.dropdown(fact.label, [(level, level) for level in fact.levels], str(value))


def entered(app: Asked, values: Mapping[str, Any]) -> dict[str, Any]:
    """The case that a viewer entered, every value brought into its range or replaced by the typical one."""
    case: dict[str, Any] = {}
    for fact in app.facts:
        value, usual = values.get(fact.name), app.typical[fact.name]
        if fact.kind == "number":
            case[fact.name] = controls.number_from(value, fact.low, fact.high, float(usual))
        else:
            case[fact.name] = controls.choice_from(value, fact.levels, str(usual))
    return case


def case_answer(app: App, case: Mapping[str, Any]) -> str:
    """Risk, reasons and advice for one case, as HTML."""
    found = explanation.reasons(app.model, case, app.compared)
    words, warned = wording(), found.risk >= app.threshold
    of = 100 if found.risk >= 0.05 else 1000  # “about 0 of 100” says nothing
    advice = (
        looks.note(t("Act: the risk is above {threshold}, where acting pays.", threshold=percent(app.threshold)), "bad")
        if warned
        else looks.note(
            t("No action needed: the risk is below {threshold}, where acting pays.", threshold=percent(app.threshold)),
            "good",
        )
    )
    telling = [reason for reason in found.reasons if abs(reason.points) >= 0.0005][:_MOST_REASONS]
    rest = found.risk - found.average - sum(reason.points for reason in telling)
    bars = [
        Bar(named(app.labels[r.fact], explanation.value_text(r.value)), r.points, points(r.points)) for r in telling
    ]
    if abs(rest) >= 0.0005:
        bars.append(Bar(t("everything else together"), rest, points(rest)))
    average = t("average {share}", share=percent(found.average))
    told = [reason_text(app.labels[r.fact], explanation.value_text(r.value), r.points) for r in telling[:3]]
    return looks.page(
        looks.card(
            f'<div class="sb-risk"><b>{percent(found.risk)}</b></div>',
            looks.paragraph(
                t(
                    "Of {all} such {many}, about {n} {happens}.",
                    all=f"{of:,}",
                    n=round(of * found.risk),
                    **asdict(words),
                )
            ),
            charts.scale(
                "",
                found.risk,
                found.average,
                average,
                app.threshold,
                t("act from {share}", share=percent(app.threshold)),
            ),
            advice,
            looks.heading(t("Why")) if told else looks.paragraph(t("This is an average case.")),
            looks.bullets(told),
            charts.balance(t("From the average risk to this one, in percentage points"), bars, t("lowers"), t("raises"))
            if bars
            else "",
        )
    )


def show_groups(app: App, needs: tuple[Need, ...] | list[Need]) -> None:
    """Pick a fact: the risk in each of its groups, from the pinned snapshot; groups of too few units are hidden."""
    from IPython.display import display

    try:
        scored = score_snapshot(app, needs)
    except SandboxError as error:
        message, remedy = explain_error(error)
        looks.show(looks.note(message, "bad", remedy))
        return
    names = [fact.name for fact in app.facts]
    chosen = controls.dropdown(t("Compare groups by"), [(app.labels[name], name) for name in names], names[0])
    answer = controls.html()

    def update() -> None:
        name = controls.choice_from(chosen.value, names, names[0])
        answer.value = guarded(lambda: group_answer(app, scored, name))

    controls.live({"fact": chosen}, update)
    display(controls.column([controls.grid([chosen]), answer]))


def score_snapshot(app: App, needs: tuple[Need, ...] | list[Need]) -> pd.DataFrame:
    """All cases of the pinned snapshot with columns ``risk`` and ``unit`` beside their facts."""
    kept = choices.load(places.published_folder())
    only = [*kept.columns.values(), *app.labels] if kept.columns else []
    table = choices.Table.of(kept.dataset, only)
    settled = choices.complete(kept, needs, table, app.worth)
    settled = replace(settled, facts=tuple(app.labels))  # a fact may have a role, too: the process of a part
    found = read_cases.read(settled, needs, table)
    scored = found.facts[[fact.name for fact in app.facts]].copy()
    return scored.assign(**{"\0risk": evaluation.risk(app.model, found.facts), "\0unit": found.unit})


def group_answer(app: App, scored: pd.DataFrame, name: str) -> str:
    """Mean risk and number of warnings per group of one fact, as HTML."""
    words, least = wording(), small_cell()
    grouped = scored.groupby(_groups(scored[name], app), observed=True)
    rows = []
    for group, part in grouped:
        units = part["\0unit"].nunique()
        warned = part["\0unit"][part["\0risk"] >= app.threshold].nunique()
        if units >= least:
            rows.append((str(group), float(part["\0risk"].mean()), units, warned))
    average = float(scored["\0risk"].mean())
    if not rows:
        return looks.page(looks.note(t("All groups have fewer than {least} units, so none is shown.", least=least)))
    tones = {True: looks.ALERT, False: looks.ACCENT}
    bars = [Bar(group, risk, percent(risk), tones[risk >= app.threshold]) for group, risk, _, _ in rows]
    shown = [
        [group, percent(risk), count(units), count(warned) if warned >= least else f"< {least}"]
        for group, risk, units, warned in rows
    ]
    hidden = len(grouped) - len(rows)
    return looks.page(
        looks.card(
            looks.pair(
                charts.bars(
                    t("Risk by “{fact}” (average {share})", fact=app.labels[name], share=percent(average)), bars
                ),
                looks.table(
                    [app.labels[name], t("risk"), words.units, t("to act on")], shown, [False, True, True, True]
                ),
            ),
            looks.paragraph(
                t("Rows of fewer than {least} units are hidden: {hidden}.", least=least, hidden=hidden), True
            )
            if hidden
            else "",
        )
    )


def _groups(values: pd.Series, app: App) -> pd.Series:
    """Levels of a category, the twelve largest by themselves; numbers in up to five bands of about equal size."""
    import pandas as pd

    if values.dtype.kind != "f":
        largest = values.value_counts().index[:12]
        return pd.Series(
            pd.Categorical(values.where(values.isin(largest), t("others")), [*largest, t("others")]), values.index
        )
    edges = sorted(set(values.quantile([0, 0.2, 0.4, 0.6, 0.8, 1]).tolist()))
    if len(edges) < 3:
        return values.map(number)
    names = [f"{number(low)} – {number(high)}" for low, high in pairwise(edges)]
    same = len(set(names)) < len(names)
    return pd.cut(values, edges, include_lowest=True, labels=None if same else names)


def show_worth_slider(app: App) -> None:
    """The calculator: threshold and assumptions as sliders, the answer in money and in the KPI."""
    from IPython.display import display

    cost, value = app.worth.cost or 1.0, app.worth.value or 1.0
    act = titled(t("Acting on one warning costs"), app.worth.unit)
    prevented = titled(t("One prevented case is worth"), app.worth.unit)
    inputs = {
        "threshold": controls.slider(t("Warn from this risk on (%)"), round(100 * app.threshold), 1, 95, 1),
        "cost": controls.slider(act, cost, 0, 5 * cost, round_step(cost)),
        "value": controls.slider(prevented, value, 0, 5 * value, round_step(value)),
        "success": controls.slider(
            t("Acting prevents (% of rightly warned)"), round(100 * app.worth.success), 1, 100, 1
        ),
    }
    answer = controls.html()

    def update() -> None:
        answer.value = guarded(lambda: worth_answer(app, {name: control.value for name, control in inputs.items()}))

    controls.live(inputs, update)
    display(controls.beside([controls.grid(list(inputs.values()))], answer))


def worth_answer(app: App, values: Mapping[str, Any]) -> str:
    """The calculator's answer for what a viewer set, as HTML."""
    threshold = controls.number_from(values.get("threshold"), 1, 95, 100 * app.threshold) / 100
    share = controls.number_from(values.get("success"), 1, 100, 100 * app.worth.success) / 100
    changed = {
        name: controls.number_from(values.get(name), *RANGES[name], getattr(app.worth, name))
        for name in ("cost", "value")
    }
    worth = app.worth.updated({**changed, "success": share})
    return looks.page(looks.card(worth_block(app.curve, threshold, worth, app.project.kpi)))


def round_step(amount: float) -> float:
    """A round step of about a twentieth of ``amount``, at least 1."""
    step = 1.0
    while step * 10 <= amount / 5:
        step *= 10
    return step


def guarded(answer: Callable[[], str]) -> str:
    """The answer, or a remark in words: a viewer never sees a traceback."""
    try:
        return answer()
    except SandboxError as error:
        message, remedy = explain_error(error)
        return looks.page(looks.note(message, "bad", remedy))
    except Exception:
        return looks.page(looks.note(t("This could not be calculated. Please choose other values."), "bad"))
