"""What the steps of an estimate show: data, estimates beside one fact alone, reasons, age, worth. And its evidence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.lab import charts, drift, evidence, looks, plots, project, saving
from sandbox.lab import views as risk_views
from sandbox.lab.charts import Bar
from sandbox.lab.drift import Age
from sandbox.lab.explanation import CaseReasons, Explanation, Factor, value_text
from sandbox.lab.looks import ACCENT, ALERT, CALM, MUTED
from sandbox.lab.project import wording
from sandbox.lab.regression import Amounts, Estimates, in_words, to_check, usual
from sandbox.lab.words import count, listed, minus, named, number, percent, t

_MOST_FACTORS = 8
_METHOD = "Shapley values by permutation, from comparison cases of average amount, in the amount's unit"


def show_amounts(found: Amounts, unit: str) -> None:
    """A look at the data before any model: how many, how large, what is missing, what is odd."""
    import numpy as np

    words = wording()
    low, middle, high = np.quantile(found.outcome, [0.05, 0.5, 0.95])
    told = list(found.notes)
    for name in found.facts.columns:
        share = float((found.facts[name].isna() | (found.facts[name] == "missing")).mean())
        if share > 0.05:
            told.append(t("“{fact}” is missing in {share} of the rows", fact=found.labels.get(name, name),
                          share=percent(share)))  # fmt: skip
        if found.facts[name].dtype.kind != "f" and found.facts[name].nunique() > 30:
            told.append(t("“{fact}” has {levels} different values; rare ones are taken together",
                          fact=found.labels.get(name, name), levels=found.facts[name].nunique()))  # fmt: skip
    if (odd := int((found.outcome <= 0).sum())) >= 1:
        told.append(t("{rows} amounts are zero or below. Check whether they are real.", rows=f"{odd:,}"))
    looks.show(
        looks.tiles(
            [
                (count(len(found)), t("rows used"), "plain"),
                (f"{number(middle)} {unit}", t("the middle amount"), "plain"),
                (f"{number(low)}–{number(high)}", t("nine of ten lie between"), "plain"),
                (count(len(found.facts.columns)), t("facts to learn from"), "plain"),
            ]
        ),
        looks.bullets(told) or looks.note(t("Nothing is missing and nothing had to be left out."), "good"),
        looks.paragraph(t("One row is one of the {many}; there are {units} {of}.", many=words.many,
                          units=count(found.units), of=words.units), muted=True),
    )  # fmt: skip


def show_estimates(result: Estimates, sent: float, unit: str) -> None:
    """The model beside one fact alone on held-out cases, in figures and words. ``sent``: a person's share."""
    low, high = result.error.interval
    rows = [
        [f"{t(result.error.label)} ({unit})", number(result.error.model), f"{number(low)}–{number(high)}",
         number(result.error.baseline)],
        [t(result.misses.label), percent(result.misses.model),
         "–".join(percent(end) for end in result.misses.interval), percent(result.misses.baseline)],
    ]  # fmt: skip
    looks.show(
        risk_views.verdict(result.better, result.baseline),
        looks.table(
            [t("on held-out cases"), t("model"), t("95% interval"), t("plain rule")], rows, [False, True, True, True]
        ),
        looks.bullets(in_words(result, wording().many, sent)),
        looks.paragraph(result.split, muted=True),
    )


def amount_factors(overall: tuple[Factor, ...], labels: Mapping[str, str], unit: str, most: int = _MOST_FACTORS) -> str:
    """Bars of the strongest factors with their directions."""
    directions = {"+": t("the more, the higher"), "-": t("the more, the lower"), "~": t("works both ways")}
    tones = {"+": ALERT, "-": CALM, "~": MUTED, "": ACCENT}
    items = [
        Bar(labels.get(f.fact, f.fact), f.weight, number(f.weight), tones[f.direction],
            directions.get(f.direction) or t("highest for “{level}”", level=value_text(f.raised_by)))
        for f in overall[:most]
    ]  # fmt: skip
    title = t("How much each fact moves the amount ({unit} on average)", unit=unit)
    return charts.bars(title if unit else t("How much each fact moves it on average"), items)


def shown(amount: float) -> str:
    """An amount of money without its small change; small numbers as they are."""
    return number(round(amount)) if abs(amount) >= 100 else number(amount)


def amount_reasons(case: CaseReasons, labels: Mapping[str, str], unit: str, most: int = 3) -> list[str]:
    """The strongest reasons of one estimate, as sentences."""
    told = []
    for reason in case.reasons[:most]:
        frame = (
            t("{fact} is {value}: adds {amount} {unit}")
            if reason.points >= 0
            else t("{fact} is {value}: takes off {amount} {unit}")
        )
        told.append(frame.format(fact=labels.get(reason.fact, reason.fact), value=value_text(reason.value),
                                 amount=shown(abs(reason.points)), unit=unit).rstrip())  # fmt: skip
    return told


def show_amount_reasons(found: Explanation, labels: Mapping[str, str], unit: str) -> None:
    """Which facts move the amount over all cases, and the reasons of three example cases."""
    titles = (t("A high estimate"), t("A middling estimate"), t("A low estimate"))
    examples = [
        looks.card(
            looks.heading(named(title, f"{shown(case.risk)} {unit}")),
            looks.paragraph(t("On average it is {average} {unit}. Here:", average=shown(case.average), unit=unit)),
            looks.bullets(amount_reasons(case, labels, unit)),
        )
        for case, title in zip(found.examples, titles, strict=False)
    ]  # fmt: skip
    looks.show(
        amount_factors(found.overall, labels, unit),
        looks.paragraph(
            t("A factor shows what goes together with the amount in these data. It need not be the cause."), muted=True
        ),
        *examples,
    )


def show_age(found: Age, labels: Mapping[str, str]) -> None:
    """Whether the model has aged, in words, with its errors by month and what has shifted."""
    looks.show(age_block(found, labels))


def age_block(found: Age, labels: Mapping[str, str]) -> str:
    """The answer to “has the model aged?” as HTML."""
    parts = [_age_verdict(found)]
    if each := found.culprit:
        parts.append(looks.paragraph(t(
            "It shows most where “{fact}” is “{level}”: amounts there were {before} of the estimate away before, "
            "{since} since.", fact=labels.get(each.column, each.column), level=each.level,
            before=minus(f"{100 * each.before:+.0f}%"), since=minus(f"{100 * each.since:+.0f}%"))))  # fmt: skip
    chart = ""
    if len(found.months) > 1:
        errors = [100 * month.error for month in found.months]
        band = [100 * m.low for m in found.months], [100 * m.high for m in found.months]
        names = [month.month for month in found.months]
        mark = (names.index(found.aged_since), t("aged")) if found.aged_since else None
        chart = plots.lines(t("Error by month, % of the amount"), names,
                            [plots.Line(t("error with 95% interval"), errors)], band, mark)  # fmt: skip
    shifts = _shifts(found, labels)
    return "".join([*parts, looks.pair(chart, shifts) if chart else shifts])


def _shifts(found: Age, labels: Mapping[str, str]) -> str:
    """What comes in otherwise than when it was new, as a table; what does not, by name."""
    moved = [each for each in found.shifts if each.psi >= drift.CALM][:_MOST_FACTORS]
    calm = [labels.get(each.column, each.column) for each in found.shifts if each.psi < drift.CALM]
    rows = [
        [labels.get(each.column, each.column), _shift_words(each.psi),
         named(each.most, f"{percent(each.then)} → {percent(each.now)}") if each.most else "", f"{each.psi:.2f}"]
        for each in moved
    ]  # fmt: skip
    head = [t("fact"), t("judged"), t("what moved most"), t("shift (PSI)")]
    table = looks.heading(t("What has shifted")) + looks.table(head, rows, [False, False, False, True]) if rows else ""
    told = t("As it was when the model was new: {facts}.", facts=listed(calm)) if calm else ""
    return table + (looks.paragraph(told, muted=True) if told else "")


def _age_verdict(found: Age) -> str:
    strong = [shift for shift in found.shifts if shift.psi >= drift.STRONG]
    if found.aged_since and found.new:
        now = found.months[-1]
        return looks.note(
            t("The model has aged since {month}: it was {then} off when new and is {now} off now.",
              month=found.aged_since, then=percent(found.new.error), now=percent(now.error)),
            "bad",
            t("Find out what changed, renew the snapshot and run the steps again. Until then let a person check."),
        )  # fmt: skip
    if strong:
        return looks.note(
            t("The errors are as when it was new, but what comes in has changed. Look at it again soon."), "note"
        )
    return looks.note(t("The model is as good as when it was new."), "good")


def _shift_words(psi: float) -> str:
    return t("moved") if psi < drift.STRONG else t("moved strongly")


def expected_kpi(misses: float, plain: float, used: float) -> float | None:
    """Where the KPI goes when estimates miss ``misses`` instead of ``plain`` (shares) in the share ``used``."""
    kpi = project.facts().kpi
    if kpi is None or plain <= 0:
        return None
    return kpi.baseline * (1 - used * (1 - misses / plain))


def worth_words(error: float, plain: float, misses: float, misses_plain: float, unit: str,
                assumed: Mapping[str, float]) -> str:  # fmt: skip
    """The calculator: what better estimates are worth a month, and what they do to the KPI. ``assumed``: cases a month,
    share (0–1) of an error that costs money, share (0–1) of cases in which the estimate is used.
    """
    gained = (plain - error) * assumed["cases"] * assumed["costs"] * assumed["used"]
    kpi, expected = project.facts().kpi, expected_kpi(misses, misses_plain, assumed["used"])
    parts = [
        looks.tiles([
            (f"{count(gained)} {unit}", t("worth a month, compared with the plain rule"),
             "good" if gained > 0 else "bad"),
            (f"{number(plain - error)} {unit}", t("less error per estimate"), "plain"),
        ]),
        looks.paragraph(
            t("Assumed: {cases} estimates a month, {costs} of an error costs money, and the estimate is used in "
              "{used} of the cases.", cases=count(assumed["cases"]), costs=percent(assumed["costs"]),
              used=percent(assumed["used"])), muted=True),
    ]  # fmt: skip
    if kpi and expected is not None:
        text = t(
            "“{kpi}” would go from {before} to about {after} (target: {target}), if it counts what is "
            "improved here.",
            **kpi.moved(expected),
        )  # fmt: skip
        parts.append(looks.note(text, "good" if expected <= kpi.target < kpi.baseline else "note"))
    return "".join(parts)


def show_amount_worth(result: Estimates, unit: str, assumed: Mapping[str, float]) -> None:
    """What better estimates are worth, in plain arithmetic."""
    looks.show(worth_words(result.error.model, result.error.baseline, result.misses.model, result.misses.baseline, unit,
                           assumed))  # fmt: skip


def record_amounts(model: Any, cases: Amounts, result: Estimates, reasons: Explanation, aged: Age, *,
                   dearest: float, assumed: Mapping[str, float]) -> None:  # fmt: skip
    """Write the evidence of an estimate; the app part holds what the model learned from, to tell its age later."""
    learn, _ = cases.split()
    sent = share_to_check(cases, result, dearest)
    expected = expected_kpi(result.misses.model, result.misses.baseline, assumed["used"])
    evidence.keep(
        method="model",
        metrics=[result.error, result.misses],
        checked=(result.rows, result.units),
        explanation=saving.explained(reasons) | {"method": _METHOD},
        value=evidence.value_of(expected, {**assumed, "limit": result.limit, "sent_to_a_person": round(sent, 4)}),
        data=(cases.dataset, cases.rows_in_data, list(cases.facts.columns)),
        model=model,
        app=saving.controls_part(cases, reasons)
        | {
            "mean": round(cases.mean, 2),
            "limit": result.limit,
            "spread": [round(end, 4) for end in result.spread],
            "share_off": round(result.share_off, 4),
            "misses": [round(result.misses.model, 4), round(result.misses.baseline, 4)],
            "error": [round(result.error.model, 4), round(result.error.baseline, 4)],
            "sent": round(sent, 4),
            "dear": round(_dear(result, dearest), 2),
            "overall": [vars(factor) | {"factor": factor.fact} for factor in reasons.overall],
            "culprit": {"column": aged.culprit.column, "level": aged.culprit.level} if aged.culprit else None,
            "assumed": dict(assumed),
            "learned": drift.profile(learn.facts),
            "learned_until": str(learn.time.max().astype("datetime64[D]")) if learn.time is not None else "",
            "usual": {str(name): usual(learn.facts[name]) for name in learn.facts.columns},
        },
    )


def _dear(result: Estimates, dearest: float) -> float:
    """From which estimate on a case is among the dearest; never reached when no share was set."""
    import numpy as np

    return float(np.quantile(result.guesses, 1 - dearest)) if dearest > 0 else 1e15


def share_to_check(cases: Amounts, result: Estimates, dearest: float) -> float:
    """Share of the checked cases that a person estimates: the dearest ``dearest`` (0–1) and the unusual ones."""
    learn, check = cases.split()
    return float(to_check(learn, check.facts, result.guesses, dearest).mean())
