"""The app part of a forecast: purpose, what one shop should order for the coming week and why, what it is worth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sandbox.core.errors import BadInput, SandboxError
from sandbox.lab import (
    amount_views,
    app_parts,
    choices,
    controls,
    evidence,
    explanation,
    forecast,
    looks,
    places,
    plots,
    project,
    saving,
)
from sandbox.lab import app as frozen
from sandbox.lab import forecast_views as views
from sandbox.lab.explanation import Factor
from sandbox.lab.forecast import Safety, Sales
from sandbox.lab.looks import ACCENT, MUTED
from sandbox.lab.project import ProjectFacts
from sandbox.lab.words import count, explain_error, number, percent, t

if TYPE_CHECKING:
    import pandas as pd

_SHOWN_WEEKS = 60


@dataclass(frozen=True)
class OrderApp:
    """A loaded app. ``part`` is what publication froze; ``sales`` is read from the pinned snapshot."""

    model: Any = field(repr=False)
    project: ProjectFacts
    overall: tuple[Factor, ...]
    limits: Safety = field(repr=False)
    compared: pd.DataFrame = field(repr=False)
    part: Mapping[str, Any] = field(repr=False)


def open_orders() -> OrderApp:
    """Load model and evidence. Raises BadInput, in words, when one of them is missing or unreadable."""
    import pandas as pd

    part = evidence.app_part()
    try:
        overall = tuple(Factor(str(f["factor"]), float(f["weight"]), str(f["direction"]), str(f["raised_by"]))
                        for f in part["overall"])  # fmt: skip
        limits = Safety(tuple(map(float, part["edges"])), tuple(tuple(map(float, row)) for row in part["ratios"]))
        model = saving.load_model()
        # Publication sorts what it freezes; the model wants its facts in the order in which it learned them.
        compared = pd.DataFrame(part["compared"]).astype("float64")[list(model.feature_names_in_)]
        return OrderApp(model, frozen.project_now(part), overall, limits, compared, part)
    except (AttributeError, ValueError, KeyError, TypeError):
        raise BadInput(
            "There is no saved result yet, or it cannot be read.", "Run the steps above first: they fit and save it."
        ) from None


def show_order_purpose(app: OrderApp) -> None:
    """What the app is for, the KPI, how far the forecast can be trusted, and what moves it."""
    part = app.part
    looks.show(
        project.purpose(app.project),
        looks.pair(
            amount_views.amount_factors(app.overall, views.labels_now(), t("pieces"), 4),
            looks.tiles([
                (percent(part["error"][0]), t("off on average, in weeks that it had not seen"), "good"),
                (percent(part["error"][1]), t("off by the plain rule"), "plain"),
                (percent(part["sent"]), t("of the orders go to a person"), "plain"),
            ]),
        ),
    )  # fmt: skip


def show_order(app: OrderApp) -> None:
    """Pick a shop and a service level: what to order for the coming week, and the reasons for one product."""
    from IPython.display import display

    try:
        found = forecast.read_sales(choices.load(places.published_folder()), lead=int(app.part["lead"]))
    except SandboxError as error:
        message, remedy = explain_error(error)
        looks.show(looks.note(message, "bad", remedy))
        return
    shops = sorted(set(found.places))
    names = sorted(set(found.products))
    inputs = {
        "place": controls.dropdown(t("Shop"), [(_shop(found, name), name) for name in shops], shops[0]),
        "service": controls.slider(t("Service level (%)"), 100 * app.part["service"], 50, 99, 1),
        "promoted": controls.checkbox(t("A promotion is planned for that week"), False),
        "product": controls.dropdown(t("Explain this product"), [(name, name) for name in names], names[0]),
    }
    answer = controls.html()

    def update() -> None:
        values = {name: control.value for name, control in inputs.items()}
        answer.value = app_parts.guarded(lambda: order_answer(app, found, values))

    controls.live(inputs, update)
    display(controls.beside([controls.grid(list(inputs.values()))], answer))


def _shop(found: Sales, place: str) -> str:
    region = found.regions[found.places.index(place)]
    return f"{place} ({region})" if region else place


def order_answer(app: OrderApp, found: Sales, values: Mapping[str, Any]) -> str:
    """The order list of one shop, its history, and the reasons for one product, as HTML."""
    import numpy as np

    place = controls.choice_from(values.get("place"), found.places, found.places[0])
    service = controls.number_from(values.get("service"), 50, 99, 100 * app.part["service"]) / 100
    week = len(found.weeks) - 1 + found.lead
    table = forecast.facts(found, week).copy()
    if values.get("promoted") is True:
        table["promoted"] = 1.0
    here = np.flatnonzero(np.array(found.places) == place)
    guess = np.maximum(0, app.model.predict(table.iloc[here]))
    order = app.limits.order(guess, service)
    odd = views.looks_odd(guess, table["mean_4"].to_numpy()[here], float(app.part["differs"]))
    rows = [
        [found.products[row], number(round(float(np.nan_to_num(found.units[row, -1])))), f"{guess[at]:.0f}",
         f"{order[at]:.0f}", t("look at it") if odd[at] else ""]
        for at, row in enumerate(here)
    ]  # fmt: skip
    day = str(found.weeks[0] + np.timedelta64(7 * week, "D"))
    head = [t("product"), t("last week"), t("forecast"), t("order"), t("a person")]
    shown = slice(None if odd.any() else -1)
    return looks.page(
        looks.card(
            f'<div class="sb-risk"><b>{count(order.sum())} {t("pieces")}</b></div>',
            looks.paragraph(t("to order for the week of {day}, of {products} products in {place}", day=day,
                              products=len(here), place=place)),
            looks.table(head[shown], [row[shown] for row in rows], [False, True, True, True, False][shown]),
            looks.note(t("{some} of {all} differ so much from the last weeks that a person should look.",
                         some=int(odd.sum()), all=len(odd)), "bad") if odd.any() else
            looks.note(t("All of them are near what was sold in the last weeks."), "good"),
            _history(found, here, guess.sum()),
            _one_product(app, found, table, here, values.get("product")),
        )
    )  # fmt: skip


def _history(found: Sales, here: Any, coming: float) -> str:
    import numpy as np

    sold = np.nansum(found.units[here], axis=0)[-_SHOWN_WEEKS:].tolist()
    gap = [float("nan")] * (len(sold) - 1 + found.lead - 1)
    weeks = [str(week) for week in found.weeks[-_SHOWN_WEEKS:]] + [t("forecast")] * found.lead
    ahead = [*gap[: len(sold) - 1], sold[-1], *[float("nan")] * (found.lead - 1), float(coming)]
    drawn = [plots.Line(t("sold"), sold, MUTED), plots.Line(t("forecast"), ahead, ACCENT, True)]
    return plots.lines(t("Pieces per week in this shop"), weeks, drawn)


def _one_product(app: OrderApp, found: Sales, table: pd.DataFrame, here: Any, wanted: Any) -> str:
    """Why the forecast of one product is what it is."""
    sold = [found.products[row] for row in here]
    name = controls.choice_from(wanted, sold, sold[0])
    facts = table[list(app.compared.columns)].iloc[here[sold.index(name)]]
    case = {fact: float(value) for fact, value in facts.fillna(app.compared.median()).items()}
    reasons = explanation.reasons(app.model, case, app.compared)
    return "".join(
        [
            looks.heading(t("Why {forecast} of {product}?", forecast=f"{reasons.risk:.0f}", product=name)),
            looks.paragraph(t("An average product sells {average} a week. Here:", average=f"{reasons.average:.0f}")),
            looks.bullets(amount_views.amount_reasons(reasons, views.labels_now(), t("pieces"))),
        ]
    )


def show_order_worth_slider(app: OrderApp, unit: str) -> None:
    """The value calculator with its assumptions as sliders."""
    from IPython.display import display

    assumed = app.part["assumed"]
    inputs = {
        "service": controls.slider(t("Service level (%)"), 100 * app.part["service"], 50, 99, 1),
        "pieces": controls.slider(t("Pieces sold a month"), assumed["pieces"], 0, 10 * assumed["pieces"],
                                  app_parts.round_step(assumed["pieces"])),
        "margin": controls.slider(t("A missing piece costs"), assumed["margin"], 0, max(10, 5 * assumed["margin"]), 1),
        "used": controls.slider(t("The order is used in (% of the cases)"), 100 * assumed["used"], 0, 100, 1),
    }  # fmt: skip
    answer = controls.html()

    def update() -> None:
        values = {name: control.value for name, control in inputs.items()}
        answer.value = app_parts.guarded(lambda: worth_answer(app, values, unit))

    controls.live(inputs, update)
    display(controls.beside([controls.grid(list(inputs.values()))], answer))


def worth_answer(app: OrderApp, values: Mapping[str, Any], unit: str) -> str:
    """The calculator's answer for what a viewer set, as HTML."""
    assumed = app.part["assumed"]
    service = controls.number_from(values.get("service"), 50, 99, 100 * app.part["service"])
    figures = next(row[1:] for row in app.part["curve"] if row[0] == round(service))
    changed = {
        "pieces": controls.number_from(values.get("pieces"), 0, 1e9, assumed["pieces"]),
        "margin": controls.number_from(values.get("margin"), 0, 1e6, assumed["margin"]),
        "used": controls.number_from(values.get("used"), 0, 100, 100 * assumed["used"]) / 100,
    }
    return looks.page(looks.card(views.order_worth((figures[0], figures[1], figures[2]), changed, unit)))
