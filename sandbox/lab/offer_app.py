"""The app part of offers: purpose and check, what to show a customer, what goes with what, what it is worth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.core.errors import BadInput
from sandbox.lab import app as frozen
from sandbox.lab import app_parts, controls, evidence, looks, project
from sandbox.lab import offer_views as views
from sandbox.lab.project import ProjectFacts
from sandbox.lab.words import t, titled

_NONE = ""


@dataclass(frozen=True)
class OffersApp:
    """A loaded app: what publication froze of the rules. No model, and no single customer."""

    project: ProjectFacts
    part: Mapping[str, Any] = field(repr=False)
    products: tuple[str, ...] = field(repr=False)
    assumed: Mapping[str, float]

    @property
    def figures(self) -> Mapping[str, Any]:
        figures: Mapping[str, Any] = self.part["figures"]
        return figures


def open_offers() -> OffersApp:
    """Load the evidence. Raises BadInput, in words, when it is missing or unreadable."""
    part = evidence.app_part()
    try:
        products = tuple(str(name) for name in part["offers"]["products"])
        if not products or len(part["offers"]["next"]) != len(products) or not part["figures"]["many"]:
            raise KeyError("products")
        return OffersApp(frozen.project_now(part), part, products, part["assumed"])
    except (KeyError, TypeError):
        raise BadInput(
            "There is no saved result yet, or it cannot be read.", "Run the steps above first: they fit and save it."
        ) from None


def show_offers_purpose(app: OffersApp) -> None:
    """Purpose, KPI and how often the offers hit."""
    looks.show(project.purpose(app.project), views.hits_block(app.figures))


def show_offer(app: OffersApp) -> None:
    """Controls for one customer: what was bought, and what to show next, with reasons."""
    from IPython.display import display

    options = [(name, name) for name in app.products]
    none = [("–", _NONE), *options]
    ruled = next((n for n, row in zip(app.products, app.part["offers"]["next"], strict=True) if any(r[3] for r in row)),
                 app.products[0])  # fmt: skip
    inputs = {
        # A first view that has rules to show: what people buy most often goes with nothing in particular.
        "last": controls.dropdown(t("Bought last"), options, ruled),
        "has": controls.dropdown(t("Has already"), none, _NONE),
        "also": controls.dropdown(t("Has already (another one)"), none, _NONE),
        "never": controls.dropdown(t("Do not offer (your decision)"), none, _NONE),
    }
    answer = controls.html()

    def update() -> None:
        answer.value = app_parts.guarded(lambda: offer_answer(app, {n: c.value for n, c in inputs.items()}))

    controls.live(inputs, update)
    display(controls.beside([controls.grid(list(inputs.values()))], answer))


def offer_answer(app: OffersApp, values: Mapping[str, Any]) -> str:
    """What to show a customer next, and why, as HTML."""
    names, offers = list(app.products), app.part["offers"]
    last = names.index(controls.choice_from(values.get("last"), names, names[0]))
    out = {last} | {names.index(v) for k in ("has", "also", "never") if (v := values.get(k)) in names}
    ranked = [row for row in offers["next"][last] if row[0] not in out][: int(app.figures["many"])]
    cards, clear = [], False
    for place, (product, customers, share, sure) in enumerate(ranked, 1):
        clear = clear or bool(sure)
        row = {"product": names[last], "next": names[product], "customers": customers, "share": share,
               "usual": offers["usual"][product] / max(1e-9, 1 - offers["usual"][last])}  # fmt: skip
        why = views.pair_text(row) if sure else t("Popular with customers in general.")
        cards.append(looks.card(looks.heading(f"{place}. {names[product]}"), looks.paragraph(why)))
    if not cards:
        return looks.page(looks.note(t("Nothing is left to offer by the rules: you choose."), "note"))
    remark = "" if clear else looks.note(
        t("No clear rule for this customer. Popular products are shown; somebody who knows the customer chooses "
          "better."),
        "note")  # fmt: skip
    return looks.page(remark, *cards)


def show_offer_pairs(app: OffersApp) -> None:
    """What goes with what, and whether the offers serve all groups of customers."""
    looks.show(views.pairs_block(app.part["pairs"]), views.groups_block(app.part["groups"]))


def show_offers_worth_slider(app: OffersApp, unit: str) -> None:
    """The value calculator with its assumptions as sliders."""
    from IPython.display import display

    assumed = app.assumed
    inputs = {
        name: controls.slider(title, assumed[name], 0, most, step)
        for name, title, most, step in (
            ("shown", t("Customers who see offers, a month"), max(100, 5 * assumed["shown"]), 100.0),
            ("buys", t("Buy from popular offers today (%)"), 50, 0.5),
            ("margin", titled(t("A purchase brings"), unit), max(10, 5 * assumed["margin"]), 1.0),
        )
    }
    answer = controls.html()

    def update() -> None:
        answer.value = app_parts.guarded(lambda: offers_worth(app, {n: c.value for n, c in inputs.items()}, unit))

    controls.live(inputs, update)
    display(controls.beside([controls.grid(list(inputs.values()))], answer))


def offers_worth(app: OffersApp, values: Mapping[str, Any], unit: str) -> str:
    """The calculator's answer for what a viewer set, as HTML."""
    changed = {
        name: controls.number_from(values.get(name), 0, 1e9, app.assumed[name]) for name in ("shown", "buys", "margin")
    }
    return looks.page(looks.card(views.worth_block(app.figures, changed, unit)))
