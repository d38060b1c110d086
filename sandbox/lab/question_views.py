"""What the steps of a first question show: the question, how good the answers are, reasons, worth. And its evidence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.lab import amount_views, evidence, looks, overview_views, places, project, question, regression, saving
from sandbox.lab import overview as seen
from sandbox.lab import views as risk_views
from sandbox.lab.evaluation import Metric, Result
from sandbox.lab.explanation import Explanation
from sandbox.lab.overview import Overview
from sandbox.lab.question import CLOSE, Question
from sandbox.lab.regression import Estimates
from sandbox.lab.words import count, number, percent, t

_METHOD_LOOK = "Cramér's V, corrected for chance, found in one half of the units and again in the other"


def show_question(asked: Question) -> None:
    """What is asked and of how many rows; or why there is no answer, and what to do."""
    if asked.cases is None:
        problem, remedy = asked.problem
        looks.show(looks.note(problem, "note", remedy),
                   looks.paragraph(t("The look at the columns above stands by itself."), True))  # fmt: skip
        return
    if asked.is_yes_no:
        looks.show(looks.paragraph(question_text(asked)))
        risk_views.show_quality(asked.cases)
    else:
        looks.show(looks.paragraph(question_text(asked)))
        amount_views.show_amounts(regression_cases(asked), "")


def regression_cases(asked: Question) -> regression.Amounts:
    """The cases of a question for a number."""
    if not isinstance(asked.cases, regression.Amounts):
        raise TypeError("only a question for a number has amounts")
    return asked.cases


def question_text(asked: Question) -> str:
    """The question in words."""
    if asked.is_yes_no:
        return t("Which rows have “{value}” in “{column}”, and what goes together with it?", value=asked.value,
                 column=asked.title)  # fmt: skip
    return t("How much is “{column}”, and what goes together with it?", column=asked.title)


def show_answer_check(asked: Question, result: Result | Estimates | None) -> None:
    """How good the answers are on rows that the model had never seen, beside one fact alone."""
    if result is None:
        _nothing()
    elif isinstance(result, Result):
        risk_views.show_result(result)
    else:
        _show_estimates(asked, result)


def _show_estimates(asked: Question, result: Estimates) -> None:
    low, high = result.error.interval
    row = [t(result.error.label), number(result.error.model), f"{number(low)}–{number(high)}",
           number(result.error.baseline)]  # fmt: skip
    below, above = question.range_of(asked, result)
    looks.show(
        risk_views.verdict(result.better, result.baseline),
        looks.table(
            [t("on held-out cases"), t("model"), t("95% interval"), t("plain rule")], [row], [False, True, True, True]
        ),
        looks.bullets([
            t("Eight of ten true numbers are between {below} below and {above} above the estimate.",
              below=number(max(0.0, -below)), above=number(max(0.0, above))),
            t("Of 100 rows, the estimate is right within {limit} for about {within}.", limit=percent(CLOSE),
              within=round(100 * (1 - result.misses.model))),
        ]),
        looks.paragraph(result.split, muted=True),
    )  # fmt: skip


def _nothing() -> None:
    looks.show(looks.paragraph(t("There is no question that could be answered, so there is no model."), True))


def show_answer_reasons(asked: Question, reasons: Explanation | None) -> None:
    """Which facts matter overall, and for three example rows."""
    if reasons is None or asked.cases is None:
        _nothing()
    elif asked.is_yes_no:
        risk_views.show_reasons(reasons, asked.cases.labels)
    else:
        amount_views.show_amount_reasons(reasons, asked.cases.labels, "")


def worth_text(assumed: Mapping[str, float], unit: str) -> str:
    """What answering by oneself saves, in plain arithmetic, as HTML. ``assumed``: questions a month, hours of work for
    one by hand and with this, what an hour costs.
    """
    saved = max(0.0, assumed["by_hand"] - assumed["with_this"]) * assumed["questions"]
    kpi, expected = project.facts().kpi, expected_kpi(assumed)
    parts = [
        looks.tiles([
            (number(round(saved, 1)), t("hours of work saved a month"), "good" if saved else "bad"),
            (f"{count(saved * assumed['hour'])} {unit}", t("saved a month"), "good" if saved else "bad"),
        ]),
        looks.paragraph(t("Assumed: {questions} such questions a month, {by_hand} {by_hand:hour|hours} "
                          "of work each by hand and "
                          "{with_this} with this page, an hour costs {hour} {unit}.",
                          questions=count(assumed["questions"]), by_hand=number(assumed["by_hand"]),
                          with_this=number(assumed["with_this"]), hour=number(assumed["hour"]), unit=unit), True),
    ]  # fmt: skip
    if kpi and expected is not None:
        reached = expected <= kpi.target < kpi.baseline
        parts.append(looks.note(
            t("“{kpi}” would go from {before} to about {after} (target: {target}), if it shrinks as the work "
              "does.", **kpi.moved(expected)), "good" if reached else "note"))  # fmt: skip
    return "".join(parts)


def expected_kpi(assumed: Mapping[str, float]) -> float | None:
    """Where the KPI goes if it shrinks as the work for one question does."""
    kpi = project.facts().kpi
    if kpi is None or assumed["by_hand"] <= 0:
        return None
    return kpi.baseline * min(1.0, assumed["with_this"] / assumed["by_hand"])


def show_answer_worth(assumed: Mapping[str, float], unit: str) -> None:
    """What answering by oneself is worth."""
    looks.show(worth_text(assumed, unit))


def record_answer(found: Overview, asked: Question, model: Any, result: Result | Estimates | None,
                  reasons: Explanation | None, *, assumed: Mapping[str, float]) -> None:  # fmt: skip
    """Save the model, if there is one, and write the evidence; without a model, that of the look alone."""
    value = evidence.value_of(expected_kpi(assumed), assumed)
    app = {"look": found.to_json(), "assumed": dict(assumed), "question": {"kind": "none"}, "facts": _named(found)}
    if asked.cases is None or model is None or result is None or reasons is None:
        for left in (saving.MODEL, saving.SAMPLE):  # of an earlier run with a question
            (places.project_folder() / left).unlink(missing_ok=True)
        overall = [{"factor": f"{each.first} · {each.second}", "direction": "", "weight": each.strength}
                   for each in found.relations]  # fmt: skip
        evidence.keep(method="look", metrics=[], checked=(0, 0), value=value, app=app,
                      explanation={"overall": overall, "cases": 0, "method": _METHOD_LOOK},
                      data=(found.dataset, found.rows, [each.name for each in found.pictures]))  # fmt: skip
        return
    learn, check = asked.cases.split()
    saving.save_model(model, check)
    metrics: list[Metric] = [result.auc, result.precision] if isinstance(result, Result) else [result.error]
    sent = question.sent_to_a_person(asked)
    app |= saving.controls_part(asked.cases, reasons) | {
        "question": {"kind": asked.kind, "target": asked.target, "label": dict(asked.label), "value": asked.value},
        "overall": [vars(factor) | {"factor": factor.fact} for factor in reasons.overall],
        "usual": {str(fact): regression.usual(learn.facts[fact]) for fact in learn.facts.columns},
        "sent": round(sent, 4),
        "figure": [round(metrics[0].model, 4), round(metrics[0].baseline, 4), metrics[0].better],
        "rate": round(float(asked.cases.outcome.mean()), 4),
    }
    if not isinstance(result, Result):
        app["range"] = [round(end, 4) for end in question.range_of(asked, result)]
    evidence.keep(
        method="model", metrics=metrics, checked=(result.rows, result.units), explanation=saving.explained(reasons),
        value={**value, "assumptions": {**value["assumptions"], "sent_to_a_person": round(sent, 4)}},
        data=(asked.cases.dataset, asked.cases.rows_in_data, list(asked.cases.facts.columns)), model=model, app=app,
    )  # fmt: skip


def _named(found: Overview) -> list[dict[str, Any]]:
    """The pairs that go together, as the evidence calls them in both languages."""
    labels = {each.name: each.label for each in found.pictures}
    return [
        {"name": f"{r.first} · {r.second}",
         "label": {tag: f"{labels[r.first].get(tag, r.first)} · {labels[r.second].get(tag, r.second)}"
                   for tag in ("en", "zh-CN")}}
        for r in found.relations
    ]  # fmt: skip


def relations_told(found: Overview, target: str) -> str:
    """The strongest relations in a few sentences, those of the question's column first, as HTML."""
    labels = overview_views.labels_of(found)
    first = found.of(target) if target else ()
    chosen = [*first, *(each for each in found.relations if each not in first)][:5]
    if not found.searched:
        return looks.paragraph(t("There are too few rows or columns to look for what goes together."), True)
    told = [overview_views.relation_text(each, labels) for each in chosen if each.strength >= seen.TOLD]
    return looks.bullets(told) or looks.paragraph(t("Nothing goes together clearly."), True)
