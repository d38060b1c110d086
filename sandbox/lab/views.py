"""What the studio steps show: data, result, reasons, worth. Each says in words what its figures mean."""

from __future__ import annotations

from sandbox.lab import charts, looks, project
from sandbox.lab.assumptions import Worth, moved_kpi
from sandbox.lab.cases import Cases
from sandbox.lab.charts import Bar
from sandbox.lab.evaluation import Curve, Metric, Result, in_words
from sandbox.lab.explanation import CaseReasons, Explanation, Factor, value_text
from sandbox.lab.looks import ACCENT, ALERT, CALM, MUTED
from sandbox.lab.project import KpiFacts, wording
from sandbox.lab.tables import small_cell
from sandbox.lab.words import count, named, number, percent, points, t

_MOST_FACTORS = 10


def show_quality(cases: Cases) -> None:
    """A look at the data before any model: how many, how often it happened, what is missing."""
    words = wording()
    told = list(cases.notes)
    missing = [
        t("“{fact}” is missing in {share} of the rows", fact=cases.labels.get(name, name), share=percent(share))
        for name in cases.facts.columns
        if (share := float((cases.facts[name].isna() | (cases.facts[name] == "missing")).mean())) > 0.05
    ]
    many = [
        t(
            "“{fact}” has {levels} different values; rare ones are taken together",
            fact=cases.labels.get(name, name),
            levels=cases.facts[name].nunique(),
        )
        for name in cases.categories
        if cases.facts[name].nunique() > 30
    ]
    if cases.rate > 0.5:
        told.append(t("The outcome happens in more than half of the rows. Check which value means yes."))
    looks.show(
        looks.tiles(
            [
                (count(len(cases)), t("rows used"), "plain"),
                (count(cases.units), words.units, "plain"),
                (percent(cases.rate), t("of the {many} {happens}", many=words.many, happens=words.happens), "plain"),
                (count(len(cases.facts.columns)), t("facts to learn from"), "plain"),
            ]
        ),
        looks.bullets(told + missing + many)
        or looks.note(t("Nothing is missing and nothing had to be left out."), "good"),
    )


def verdict(better: bool, rule: str, otherwise: str = "") -> str:
    """Whether the model is better than the plain rule, as HTML; ``otherwise``: what to do about it if it is not."""
    if better:
        return looks.note(t("The model is better than the plain rule ({rule}).", rule=rule), "good")
    advice = otherwise or t("Use the rule, or give the model more telling facts.")
    return looks.note(t("The model is not clearly better than the plain rule ({rule}).", rule=rule), "bad", advice)


def show_result(result: Result) -> None:
    """The model beside its baseline on held-out cases, and what warning at the threshold means."""
    words = wording()
    rows = [_metric_row(metric) for metric in (result.auc, result.precision)]
    counts = result.counts
    labels = [t("highest risk"), "", t("middle"), "", t("lowest risk")]
    fifths = [
        Bar(label, share, percent(share), ALERT if place == 0 else ACCENT)
        for place, (label, share) in enumerate(zip(labels, result.fifths, strict=False))
    ]
    looks.show(
        verdict(result.better, result.baseline),
        looks.table(
            [t("on held-out cases"), t("model"), t("95% interval"), t("plain rule")], rows, [False, True, True, True]
        ),
        looks.heading(t("What a warning means from a risk of {threshold} on", threshold=percent(result.threshold))),
        looks.pair(
            looks.bullets(in_words(result, words.many, words.happens)),
            looks.table(
                ["", words.happens, t("not so")],
                [
                    [t("warned"), _cell(counts.right), _cell(counts.warned - counts.right)],
                    [
                        t("not warned"),
                        _cell(counts.happened - counts.right),
                        _cell(counts.cases - counts.warned - counts.happened + counts.right),
                    ],
                ],
                [False, True, True],
            ),
        ),
        charts.columns(
            t("How many {happens}, from the fifth with the highest risk to the lowest", happens=words.happens),
            fifths,
            counts.happened / max(1, counts.cases),
            t("average {share}", share=percent(counts.happened / max(1, counts.cases))),
        ),
        looks.paragraph(result.split, muted=True),
    )


def _cell(cases: int) -> str:
    """A count that is shown only from the small-cell limit on ."""
    return count(cases) if cases >= small_cell() else f"< {small_cell()}"


def _metric_row(metric: Metric) -> list[str]:
    low, high = metric.interval
    return [t(metric.label), f"{metric.model:.3f}", f"{low:.3f}–{high:.3f}", f"{metric.baseline:.3f}"]


def direction_text(factor: Factor) -> str:
    """Which way a factor works, in words."""
    if factor.direction == "+":
        return t("the more, the higher the risk")
    if factor.direction == "-":
        return t("the more, the lower the risk")
    if factor.direction == "~":
        return t("works both ways")
    return t("highest for “{level}”", level=value_text(factor.raised_by))


def factor_chart(overall: tuple[Factor, ...], labels: dict[str, str], most: int = _MOST_FACTORS) -> str:
    """Bars of the strongest factors with their directions."""
    tones = {"+": ALERT, "-": CALM, "~": MUTED, "": ACCENT}
    items = [
        Bar(
            labels.get(factor.fact, factor.fact),
            factor.weight,
            f"{100 * factor.weight:.1f}",
            tones[factor.direction],
            direction_text(factor),
        )
        for factor in overall[:most]
    ]
    return charts.bars(t("How much each fact moves the risk (percentage points on average)"), items)


def show_reasons(explanation: Explanation, labels: dict[str, str]) -> None:
    """Which factors matter overall, and the reasons for three example cases."""
    words = wording()
    examples = []
    for case, title in zip(
        explanation.examples, (t("A high risk"), t("A middling risk"), t("A low risk")), strict=False
    ):
        examples.append(looks.card(looks.heading(named(title, percent(case.risk))), reason_sentences(case, labels, 3)))
    looks.show(
        factor_chart(explanation.overall, labels),
        looks.paragraph(
            t("A factor shows what goes together with the outcome in these data. It need not be the cause."), muted=True
        ),
        looks.heading(t("Three {many} from the check, and why", many=words.many)),
        *examples,
    )


def reason_text(fact: str, value: object, change: float) -> str:
    """One reason in words."""
    frame = (
        t("{fact} is {value}: raises the risk by {points} points")
        if change >= 0
        else t("{fact} is {value}: lowers the risk by {points} points")
    )
    return frame.format(fact=fact, value=value, points=f"{abs(100 * change):.1f}")


def reason_sentences(case: CaseReasons, labels: dict[str, str], most: int) -> str:
    first = t("The average risk is {average}. Here:", average=percent(case.average))
    told = [
        reason_text(labels.get(reason.fact, reason.fact), value_text(reason.value), reason.points)
        for reason in case.reasons[:most]
        if abs(reason.points) >= 0.0005
    ]
    rest = sum(reason.points for reason in case.reasons) - sum(reason.points for reason in case.reasons[: len(told)])
    told.append(t("everything else together: {points} points", points=points(rest)))
    return looks.paragraph(first) + looks.bullets(told)


def show_worth(result: Result, worth: Worth) -> None:
    """What acting on the warnings is worth, at which threshold most, and what it does to the KPI."""
    looks.show(worth_block(result.curve, result.threshold, worth, project.facts().kpi))


def worth_block(curve: Curve, threshold: float, worth: Worth, kpi: KpiFacts | None) -> str:
    """The calculator's answer as HTML, per 1,000 cases."""
    counts, many = curve.at(threshold), wording().many
    scale = 1000 / max(1, counts.cases)
    unit = f" {worth.unit}".rstrip()
    here = worth.of(counts) * scale
    return "".join(
        [
            looks.tiles(
                [
                    (count(here) + unit, t("per 1,000 {many}, after costs", many=many), "good" if here > 0 else "bad"),
                    (count(counts.warned * scale), t("warnings to act on per 1,000"), "plain"),
                    (count(counts.right * worth.success * scale), t("cases prevented per 1,000"), "plain"),
                ]
            ),
            looks.paragraph(
                t(
                    "Assumed: acting on a warning costs {cost}{unit}, a prevented case is worth {value}{unit}, "
                    "and acting prevents {success} of the cases that are rightly warned about.",
                    cost=number(worth.cost),
                    value=number(worth.value),
                    success=percent(worth.success),
                    unit=unit,
                ),
                muted=True,
            ),
            kpi_sentence(worth.prevented(counts), kpi),
            _worth_chart(curve, threshold, worth, scale),
        ]
    )


def _worth_chart(curve: Curve, threshold: float, worth: Worth, scale: float) -> str:
    shares = [place / 100 for place in curve.points]
    values = [worth.of(counts) * scale for counts in curve.points.values()]
    top = max(range(len(shares)), key=values.__getitem__)
    here = worth.of(curve.at(threshold)) * scale
    marks = [(min(threshold, shares[-1]), here, t("now {amount}", amount=count(here)), CALM if here >= 0 else ALERT)]
    if abs(shares[top] - threshold) > 0.05:
        marks.append((shares[top], values[top], t("most at {share}", share=percent(shares[top])), MUTED))
    title = t("Worth by threshold, per 1,000 {many}", many=wording().many)
    return charts.curve(title, shares, values, marks, t("warn from this risk on"), t("nothing gained"))


def kpi_sentence(prevented: float, kpi: KpiFacts | None) -> str:
    """What preventing this share does to the project's KPI, in words."""
    if kpi is None:
        return looks.paragraph(t("This would prevent {share} of all cases.", share=percent(prevented)))
    expected = moved_kpi(kpi.baseline, prevented)
    reached = expected <= kpi.target if kpi.target <= kpi.baseline else False
    text = t(
        "“{kpi}” would go from {before} to about {after} (target: {target}), if it counts what is prevented here.",
        **kpi.moved(expected),
    )
    return looks.note(text, "good" if reached else "note")
