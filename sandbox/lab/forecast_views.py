"""What the steps of a forecast show: data, forecasts beside plain rules, reasons, orders, worth. And its evidence."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from sandbox.lab import amount_views, evidence, explanation, forecast, looks, plots, project, saving
from sandbox.lab import views as risk_views
from sandbox.lab.explanation import Explanation
from sandbox.lab.forecast import Check, Forecasts, Safety, Sales
from sandbox.lab.looks import ACCENT, CALM, MUTED
from sandbox.lab.project import wording
from sandbox.lab.words import both, count, minus, number, percent, t

if TYPE_CHECKING:
    import numpy as np

_METHOD = "Shapley values by permutation, from comparison weeks of average quantity, in pieces"
_LONGEST_LINE = 104


def fact_labels() -> dict[str, dict[str, str]]:
    """What the facts of a week are called, in both languages."""
    return {
        "sold_0": both("sold in the last known week"),
        "sold_1": both("sold a week before that"),
        "sold_2": both("sold two weeks before that"),
        "sold_3": both("sold three weeks before that"),
        "mean_4": both("average of the last four weeks"),
        "mean_13": both("average of the last quarter"),
        "mean_52": both("average of the last year"),
        "year_ago": both("sold in the same week of last year"),
        "around_year_ago": both("average around that week of last year"),
        "week_of_year": both("week of the year"),
        "promoted": both("promotion in that week (1: yes)"),
        "promoted_last": both("promotion in the last known week (1: yes)"),
    }


def labels_now() -> dict[str, str]:
    return {name: t(texts["en"]) for name, texts in fact_labels().items()}


def show_sales(found: Sales) -> None:
    """A look at the data before any model: how much, gaps, promotions, and where the level has changed."""
    import numpy as np

    gaps = float(np.isnan(found.units).mean())
    told = list(found.notes)
    if gaps > 0:
        told.append(t("{share} of the weeks of single products are missing.", share=percent(gaps)))
    if not found.seasonal:
        told.append(t("There is less than a year and a half of weeks: the forecast cannot know the season."))
    if not found.promoted.any():
        told.append(t("No promotions are known; a week with one looks like chance to the model."))
    changed = forecast.changes(found)
    told += [
        t("“{region}” sold {change} compared with the same weeks of last year: look for the reason.", region=name,
          change=minus(f"{100 * (ratio - 1):+.0f}%"))
        for name, ratio in changed.items() if abs(ratio - 1) > 0.2
    ]  # fmt: skip
    total = np.nansum(found.units, axis=0)[-_LONGEST_LINE:]
    weeks = [str(week) for week in found.weeks[-_LONGEST_LINE:]]
    looks.show(
        looks.tiles([
            (count(len(found.weeks)), t("weeks"), "plain"),
            (count(len(set(found.places))), wording().units, "plain"),
            (count(len(set(found.products))), t("products"), "plain"),
            (number(float(np.nanmean(found.units))), t("pieces per product and week"), "plain"),
        ]),
        looks.bullets(told) or looks.note(t("Nothing is missing and nothing had to be left out."), "good"),
        plots.lines(t("Pieces sold per week, all together"), weeks, [plots.Line(t("sold"), total.tolist())]),
    )  # fmt: skip


def show_forecasts(found: Sales, result: Forecasts, sent: float) -> None:
    """The forecasts beside the plain rules in weeks that no model had seen. ``sent``: share that a person looks at."""

    rows = [
        [t(metric.label), f"{metric.model:.2f}", "–".join(f"{end:.2f}" for end in metric.interval),
         f"{metric.baseline:.2f}"]
        for metric in (result.wape, result.mase)
    ]  # fmt: skip
    check = result.check
    weeks = sorted(set(check.week.tolist()))

    def total(values: np.ndarray) -> list[float]:
        return [float(values[check.week == week].sum()) for week in weeks]

    rule = check.seasonal if result.seasonal is not None and result.seasonal < result.naive else check.naive
    looks.show(
        risk_views.verdict(
            result.better, result.baseline, t("Use the rule, or give the model a longer time and the promotions.")
        ),
        looks.table(
            [t("in later weeks"), t("model"), t("95% interval"), t("plain rule")], rows, [False, True, True, True]
        ),
        looks.bullets([
            t("On average a forecast is off by {share} of what is sold, the plain rule by {rule}.",
              share=percent(result.wape.model), rule=percent(result.wape.baseline)),
            t("{share} of the orders go to a person, because they differ much from the last weeks.",
              share=percent(sent)),
        ]),
        plots.lines(
            t("Pieces per week, all checked products together"),
            [str(found.weeks[week]) for week in weeks],
            [plots.Line(t("sold"), total(check.actual), MUTED), plots.Line(t("plain rule"), total(rule), CALM, True),
             plots.Line(t("forecast"), total(check.guess), ACCENT)],
        ),
        looks.paragraph(
            t("Checked on {rows} weeks of single products: {origins} times the model learned from everything before, "
              "then forecast the next weeks.", rows=count(result.rows),
              origins=max(1, result.weeks // forecast.AHEAD)), muted=True),
    )  # fmt: skip


def sent_share(check: Check, differs: float) -> float:
    """Share of forecasts that are further than ``differs`` (0.5 = half) from the mean of the last four weeks."""
    return float(looks_odd(check.guess, check.recent, differs).mean())


def looks_odd(guess: np.ndarray, recent: np.ndarray, differs: float) -> np.ndarray:
    """Which forecasts a person should see; two pieces more or less never matter."""
    import numpy as np

    away = np.abs(guess - recent)
    return np.asarray((away > differs * np.maximum(recent, 1e-9)) & (away > 2))


def explain_forecast(model: Any, found: Sales) -> Explanation:
    """Which facts move the forecast, over the newest year and for three weeks of single products."""
    table, _ = forecast.learning(found, len(found.weeks))
    recent = table.iloc[-len(found.units) * 26 :]
    return explanation.explain_facts(model, recent.fillna(recent.median()), recent.fillna(recent.median()))


def show_forecast_reasons(found: Explanation) -> None:
    """Which facts move the forecast, and the reasons of three examples."""
    amount_views.show_amount_reasons(found, labels_now(), t("pieces"))


def same_pieces(check: Check, limits: Safety, service: float) -> tuple[float, float, float]:
    """(pieces missing per 1,000 sold with the orders, the same with the plain rule, pieces left over per 1,000 sold).

    The plain rule (the better of the two) orders as many pieces in all, spread in proportion: otherwise whoever orders
    more would always look better.
    """
    import numpy as np

    sold = check.actual.sum()
    order = limits.order(check.guess, service)
    naive, year = (np.abs(check.actual - rule).sum() for rule in (check.naive, check.seasonal))
    rule = check.seasonal if not np.isnan(year) and year < naive else check.naive
    plain = rule * order.sum() / max(1.0, rule.sum())
    missing, missing_plain = (np.maximum(0, check.actual - each).sum() / sold * 1000 for each in (order, plain))
    left = np.maximum(0, order - check.actual).sum() / sold * 1000
    return float(missing), float(missing_plain), float(left)


def show_orders(result: Forecasts, limits: Safety, service: float) -> None:
    """From forecast to order: what a service level costs in pieces left over, and whether it was kept."""
    levels = sorted({0.7, 0.8, 0.9, 0.95, 0.98, round(service, 2)})
    rows = []
    for level in levels:
        missing, plain, left = same_pieces(result.check, limits, level)
        shown = percent(level) + (" ◀" if level == round(service, 2) else "")
        kept = percent(forecast.sufficed(result.check, level))
        rows.append([shown, kept, count(missing), count(plain), count(left)])
    looks.show(
        looks.paragraph(t(
            "The order is the forecast and a safety stock, so large that it would have sufficed in the wanted share "
            "of the weeks. Whether that holds was checked on the newer half of the weeks with what the older half "
            "had taught.")),
        looks.table(
            [t("wanted service level"), t("sufficed in"), t("missing per 1,000 sold"),
             t("missing by the plain rule, with as many ordered"), t("left over per 1,000 sold")],
            rows, [False, True, True, True, True]),
    )  # fmt: skip


def order_worth(figures: tuple[float, float, float], assumed: Mapping[str, float], unit: str) -> str:
    """The calculator as HTML. ``figures``: see ``same_pieces``; ``assumed``: pieces sold a month, what a missing piece
    costs, in which share (0–1) of the cases the order is used.
    """
    missing, plain, left = figures
    gained = (plain - missing) / 1000 * assumed["pieces"] * assumed["margin"] * assumed["used"]
    kpi, expected = project.facts().kpi, expected_kpi(figures, assumed["used"])
    parts = [
        looks.tiles([
            (f"{count(gained)} {unit}", t("worth a month, compared with the plain rule"),
             "good" if gained > 0 else "bad"),
            (count(missing), t("missing per 1,000 sold (plain rule: {plain})", plain=count(plain)), "plain"),
            (count(left), t("left over per 1,000 sold"), "plain"),
        ]),
        looks.paragraph(
            t("Assumed: {pieces} pieces sold a month, a missing piece costs {margin} {unit}, and the order is used in "
              "{used} of the cases. The plain rule orders as many pieces in all.", pieces=count(assumed["pieces"]),
              margin=number(assumed["margin"]), used=percent(assumed["used"]), unit=unit), muted=True),
    ]  # fmt: skip
    if kpi and expected is not None:
        text = t(
            "“{kpi}” would go from {before} to about {after} (target: {target}), if it counts what is "
            "improved here.",
            **kpi.moved(expected),
        )  # fmt: skip
        parts.append(looks.note(text, "good" if expected <= kpi.target < kpi.baseline else "note"))
    return "".join(parts)


def expected_kpi(figures: tuple[float, float, float], used: float) -> float | None:
    """Where the KPI goes when as much less is missing as with the orders."""
    return amount_views.expected_kpi(figures[0], figures[1], used)


def show_order_worth(result: Forecasts, limits: Safety, service: float, assumed: Mapping[str, float],
                     unit: str) -> None:  # fmt: skip
    """What the orders are worth, in plain arithmetic."""
    looks.show(order_worth(same_pieces(result.check, limits, service), assumed, unit))


def fit_all(found: Sales, fit: Callable[[Any, Any], Any]) -> Any:
    """The model for the app: learned from every week that is known."""
    return fit(*forecast.learning(found, len(found.weeks)))


def record_forecast(model: Any, found: Sales, result: Forecasts, limits: Safety, reasons: Explanation, *,
                    service: float, differs: float, assumed: Mapping[str, float]) -> None:  # fmt: skip
    """Save the model with a sample, and write the evidence of a forecast."""
    table, _ = forecast.learning(found, len(found.weeks))
    saving.save_fitted(model, table.iloc[::-1])
    labels = fact_labels()
    curve = [[level, *(round(each, 2) for each in same_pieces(result.check, limits, level / 100))]
             for level in range(50, 100)]  # fmt: skip
    expected = expected_kpi(same_pieces(result.check, limits, service), assumed["used"])
    sent = sent_share(result.check, differs)
    evidence.keep(
        method="model",
        metrics=[result.wape, result.mase],
        checked=(result.rows, result.units),
        explanation=saving.explained(reasons) | {"method": _METHOD},
        value=evidence.value_of(
            expected,
            {
                "pieces": assumed["pieces"],
                "missing_piece": assumed["margin"],
                "used": assumed["used"],
                "service_level": service,
                "sent_to_a_person": round(sent, 4),
            },
        ),
        data=(found.dataset, found.rows, found.columns),
        model=model,
        app={
            "facts": [{"name": f.fact, "label": labels[f.fact]} for f in reasons.overall],
            "overall": [vars(factor) | {"factor": factor.fact} for factor in reasons.overall],
            "compared": {n: [saving.plain(v) for v in column] for n, column in reasons.compared.items()},
            "service": service,
            "differs": differs,
            "lead": found.lead,
            "error": [round(result.wape.model, 4), round(result.wape.baseline, 4)],
            "weeks": result.weeks,
            "sent": round(sent, 4),
            "edges": list(limits.edges),
            "ratios": [[round(value, 5) for value in row] for row in limits.ratios],
            "curve": curve,
            "assumed": dict(assumed),
        },
    )
