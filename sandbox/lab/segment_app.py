"""The app part of customer groups: purpose and check, profiles, one customer, who is where, what an offer is worth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sandbox.core.errors import BadInput
from sandbox.lab import app as frozen
from sandbox.lab import app_parts, charts, controls, evidence, looks, project, saving
from sandbox.lab import segment_views as views
from sandbox.lab.charts import Bar
from sandbox.lab.looks import ACCENT, MUTED
from sandbox.lab.project import ProjectFacts
from sandbox.lab.segments import MEASURES
from sandbox.lab.words import minus, number, safe, t, titled

_AS_FOUND = ""


@dataclass(frozen=True)
class GroupsApp:
    """A loaded app: the model and what publication froze of the groups. No single customer."""

    project: ProjectFacts
    part: Mapping[str, Any] = field(repr=False)
    model: Any = field(repr=False)
    assumed: Mapping[str, float]

    @property
    def profiles(self) -> Sequence[Mapping[str, Any]]:
        profiles: Sequence[Mapping[str, Any]] = self.part["profiles"]
        return profiles

    @property
    def figures(self) -> Mapping[str, Any]:
        figures: Mapping[str, Any] = self.part["figures"]
        return figures

    @property
    def names(self) -> list[str]:
        return [views.name_of(place, each["name"]) for place, each in enumerate(self.profiles)]


def open_groups() -> GroupsApp:
    """Load model and evidence. Raises BadInput, in words, when one of them is missing or unreadable."""
    part, model = evidence.app_part(), saving.load_model()
    try:
        made = GroupsApp(frozen.project_now(part), part, model, part["assumed"])
        number_of = int(model.steps[-1][1].n_clusters)
        whole = len(made.names) == number_of == len(part["centre"]) and sorted(part["order"]) == list(range(number_of))
        if not whole or float(part["far"]) <= 0 or set(part["usual"]) != set(MEASURES):
            raise KeyError("profiles")
        return made
    except (KeyError, TypeError, ValueError, IndexError, AttributeError):
        raise BadInput(
            "There is no saved result yet, or it cannot be read.", "Run the steps above first: they fit and save it."
        ) from None


def show_groups_purpose(app: GroupsApp) -> None:
    """Purpose, KPI, and whether the groups are good for something."""
    looks.show(project.purpose(app.project), views.foretold_block(app.figures))


def show_group_profiles(app: GroupsApp) -> None:
    """The groups in words, what tells them apart, and who is in which."""
    looks.show(
        views.profiles_block(app.profiles, int(app.figures["days"]), float(app.figures["unsure"]), app.part["weight"]),
        views.who_block(app.part["who"]),
    )


def show_customer(app: GroupsApp) -> None:
    """Controls for one customer: which group, how sure, why; and the last word."""
    from IPython.display import display

    usual = app.part["usual"]
    inputs = {
        name: controls.slider(t(views.MEASURE_NAMES[name]), usual[name][1], 0 if name != "frequency" else 1,
                              max(usual[name][2], usual[name][1], 2), 1)
        for name in MEASURES
    }  # fmt: skip
    options = [(t("as found"), _AS_FOUND), *((name, name) for name in app.names)]
    inputs["own"] = controls.dropdown(t("Your decision: the group"), options, _AS_FOUND)
    answer = controls.html()

    def update() -> None:
        answer.value = app_parts.guarded(lambda: customer_answer(app, {n: c.value for n, c in inputs.items()}))

    controls.live(inputs, update)
    display(controls.beside([controls.grid(list(inputs.values()))], answer))


def customer_answer(app: GroupsApp, values: Mapping[str, Any]) -> str:
    """Group, certainty and reasons for one customer, as HTML."""
    import pandas as pd

    usual, names = app.part["usual"], app.names
    own = controls.choice_from(values.get("own"), names, _AS_FOUND)
    entered = {name: controls.number_from(values.get(name), 0, 1e9, usual[name][1]) for name in MEASURES}
    entered["since"] = max(entered["since"], entered["recency"])  # nobody bought last before they bought first
    row = pd.DataFrame([entered], columns=list(MEASURES)).astype("float64")
    off = app.model.transform(row)[0][list(app.part["order"])]
    spot = app.model[:-1].transform(row)[0]
    first, second = (int(each) for each in off.argsort(kind="stable")[:2])
    margin = float(app.assumed["margin_of_doubt"]) / 100
    sure = off[first] <= (1 - margin) * off[second] and off[first] <= float(app.part["far"])
    if own and own != names[first]:
        verdict = looks.note(t("You decide: “{own}”. By the figures it would be “{found}”.", own=own,
                               found=names[first]), "note")  # fmt: skip
    elif sure:
        verdict = looks.note(t("Clearly nearer to this group than to any other."), "good")
    elif off[first] > float(app.part["far"]):
        verdict = looks.note(t("A person places this customer: unlike all groups."), "bad")
    else:
        verdict = looks.note(t("A person places this customer: nearly as near to “{other}”.", other=names[second]),
                             "bad")  # fmt: skip
    shown = names.index(own) if own else first
    return looks.page(looks.card(
        f'<div class="sb-risk words"><b>{safe(names[shown])}</b></div>',
        verdict,
        looks.paragraph(views.profile_text(app.profiles[shown], int(app.figures["days"]))),
        looks.heading(t("Why")),
        _why(app, entered, spot, first, second),
    ))  # fmt: skip


def _why(app: GroupsApp, entered: Mapping[str, float], spot: Any, first: int, second: int) -> str:
    """By how much each measure is nearer to the first group than to the second, in words and as bars."""
    centres = app.part["centre"]
    nearer = {
        name: float((spot[place] - centres[second][place]) ** 2 - (spot[place] - centres[first][place]) ** 2)
        for place, name in enumerate(MEASURES)
    }
    ranked = sorted(nearer.items(), key=lambda pair: -abs(pair[1]))
    told = []
    for name, _ in [pair for pair in ranked if pair[1] > 0][:2]:
        place = MEASURES.index(name)
        here, there = (app.profiles[each].get("middle") for each in (first, second))
        if here and there:
            told.append(t("{measure}: {value}; in the middle of this group {here}, of “{other}” {there}",
                          measure=t(views.MEASURE_NAMES[name]), value=number(round(entered[name])),
                          here=number(round(here[place])), there=number(round(there[place])),
                          other=app.names[second]))  # fmt: skip
    bars = [Bar(t(views.MEASURE_NAMES[name]), share, minus(f"{share:+.1f}")) for name, share in ranked]
    chart = charts.balance(t("What speaks for this group and not the next one"), bars, t("for the next one"),
                           t("for this one"), (MUTED, ACCENT))  # fmt: skip
    return looks.bullets(told) + chart


def show_groups_worth_slider(app: GroupsApp, unit: str) -> None:
    """The value calculator with its assumptions as sliders."""
    from IPython.display import display

    assumed = app.assumed
    inputs = {
        name: controls.slider(title, assumed[name], 0, most, step)
        for name, title, most, step in (
            ("cost", titled(t("Addressing one customer costs"), unit), max(5, 5 * assumed["cost"]), 0.1),
            ("more", t("Of those who would not have bought, so many do (%)"), 30, 0.5),
            ("margin", t("Kept of a purchase (margin, %)"), 100, 1.0),
        )
    }
    answer = controls.html()

    def update() -> None:
        answer.value = app_parts.guarded(lambda: groups_worth(app, {n: c.value for n, c in inputs.items()}, unit))

    controls.live(inputs, update)
    display(controls.beside([controls.grid(list(inputs.values()))], answer))


def groups_worth(app: GroupsApp, values: Mapping[str, Any], unit: str) -> str:
    """The calculator's answer for what a viewer set, as HTML."""
    most = {"cost": 1e6, "more": 100.0, "margin": 100.0}
    changed = {name: controls.number_from(values.get(name), 0, high, app.assumed[name]) for name, high in most.items()}
    share = views.worth_block(app.profiles, float(app.figures["rate"]), changed, unit)
    return looks.page(looks.card(share))
