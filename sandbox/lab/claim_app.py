"""The app part of a check of claims: who decides what, one claim with its reasons, groups, what it is worth."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.core.errors import BadInput
from sandbox.lab import app as frozen
from sandbox.lab import app_parts, controls, evidence, looks, project
from sandbox.lab import claim_views as views
from sandbox.lab.project import ProjectFacts
from sandbox.lab.words import number, t, titled


@dataclass(frozen=True)
class ClaimsApp:
    """A loaded app: what publication froze of the rules. No model, and no single claim."""

    project: ProjectFacts
    part: Mapping[str, Any] = field(repr=False)
    kinds: Mapping[str, Mapping[str, Any]] = field(repr=False)
    assumed: Mapping[str, float]

    @property
    def rules(self) -> Mapping[str, Any]:
        rules: Mapping[str, Any] = self.part["rules"]
        return rules


def open_claims() -> ClaimsApp:
    """Load the evidence. Raises BadInput, in words, when it is missing or unreadable."""
    part = evidence.app_part()
    try:
        kinds = {str(each["kind"]): each for each in part["rules"]["kinds"]}
        sent = float(part["split"]["person"]) + float(part["tried"]["share"])
        if not kinds or not math.isfinite(sent):
            raise KeyError("kinds")
        return ClaimsApp(frozen.project_now(part), part, kinds, part["assumed"])
    except (KeyError, TypeError, ValueError):
        raise BadInput(
            "There is no saved result yet, or it cannot be read.", "Run the steps above first: they fit and save it."
        ) from None


def show_claims_purpose(app: ClaimsApp) -> None:
    """Purpose, KPI, who decides how many, and how well that was tried."""
    split = app.part["split"]
    looks.show(
        project.purpose(app.project),
        views.split_block(split),
        looks.pair(views.reasons_block(app.part["reasons"]), views.tried_block(app.part["tried"], split["person"])),
    )


def show_claim(app: ClaimsApp) -> None:
    """Controls for one claim: who decides it, and why."""
    from IPython.display import display

    names = sorted(app.kinds)
    middle = math.exp(float(app.kinds[names[0]]["middle"]))
    inputs = {
        "kind": controls.dropdown(t("Kind"), [(name, name) for name in names], names[0]),
        "amount": controls.amount(t("Amount"), round(middle)),
        "other": controls.amount(t("Other claims of this kind by the same person around that day, together"), 0),
        "days": controls.slider(t("Days from the expense to handing in"), 5, 0, 365, 1),
        "copy": controls.checkbox(t("The same person claimed this amount for that day before"), False),
        "wanted": controls.checkbox(t("Send it to a person anyway"), False),
    }
    answer = controls.html()

    def update() -> None:
        answer.value = app_parts.guarded(lambda: claim_answer(app, {n: c.value for n, c in inputs.items()}))

    controls.live(inputs, update)
    display(controls.beside([controls.grid(list(inputs.values()))], answer))


def claim_answer(app: ClaimsApp, values: Mapping[str, Any]) -> str:
    """Who decides the claim that a viewer entered, and why, as HTML."""
    names = sorted(app.kinds)
    kind = app.kinds[controls.choice_from(values.get("kind"), names, names[0])]
    amount = controls.number_from(values.get("amount"), 0.01, 1e7, 1.0)
    other = controls.number_from(values.get("other"), 0, 1e7, 0.0)
    days = controls.number_from(values.get("days"), 0, 3650, 0.0)
    reasons, usual = [], math.exp(float(kind["middle"]))
    limit, rules = kind["limit"], app.rules
    if limit is not None and amount > limit:
        reasons.append(t("{amount} is above the limit of {limit} for {kind}.", amount=number(amount),
                         limit=number(limit), kind=kind["kind"]))  # fmt: skip
    elif limit is not None and other and amount + other > limit:
        reasons.append(t("With the other claims it comes to {amount}, above the limit of {limit} for {kind}.",
                         amount=number(amount + other), limit=number(limit), kind=kind["kind"]))  # fmt: skip
    if values.get("copy") is True:
        reasons.append(t("The same person claimed the same amount before."))
    if days > rules["late"]:
        reasons.append(t("It was handed in {days} {days:day|days} after the expense; {late} are "
                         "allowed.", days=number(days),
                         late=number(rules["late"])))  # fmt: skip
    score = (math.log(amount) - float(kind["middle"])) / float(kind["spread"])
    if score > rules["edge"] and amount > rules["small"]:
        reasons.append(t("It is {times} times what is usual for {kind} ({usual}).", times=number(amount / usual),
                         kind=kind["kind"], usual=number(usual)))  # fmt: skip
    if values.get("wanted") is True:
        reasons.append(t("Somebody wants a person to look at it."))
    return looks.page(looks.card(_verdict(app, reasons, amount, usual, str(kind["kind"]))))


def _verdict(app: ClaimsApp, reasons: list[str], amount: float, usual: float, kind: str) -> str:
    if reasons:
        return looks.note(t("A person decides."), "bad") + looks.bullets(reasons)
    normal = t("Usual for {kind} is about {usual}; this is {amount}.", kind=kind, usual=number(usual),
               amount=number(amount))  # fmt: skip
    if amount <= app.rules["small"]:
        told = t("It passes by rule: up to {small}, and nothing against it.", small=number(app.rules["small"]))
    else:
        told = t("It passes by machine: below its limit and usual for its kind.")
    return looks.note(told, "good") + looks.paragraph(normal) + looks.paragraph(
        t("Unless the lot picks it for a look, or somebody sends it to a person."), muted=True)  # fmt: skip


def show_claims_groups(app: ClaimsApp) -> None:
    """The share that goes to a person, by group of people."""
    looks.show(views.groups_block(app.part["groups"]))


def show_claims_worth_slider(app: ClaimsApp, unit: str) -> None:
    """The value calculator with its assumptions as sliders."""
    from IPython.display import display

    assumed = app.assumed
    inputs = {
        name: controls.slider(title, assumed[name], 0, max(10, 5 * assumed[name]), step)
        for name, title, step in (
            ("claims", t("Claims a month"), 10.0),
            ("minutes", t("Minutes to check one claim"), 1.0),
            ("hour", titled(t("An hour costs"), unit), 5.0),
        )
    }
    answer = controls.html()

    def update() -> None:
        answer.value = app_parts.guarded(lambda: claims_worth(app, {n: c.value for n, c in inputs.items()}, unit))

    controls.live(inputs, update)
    display(controls.beside([controls.grid(list(inputs.values()))], answer))


def claims_worth(app: ClaimsApp, values: Mapping[str, Any], unit: str) -> str:
    """The calculator's answer for what a viewer set, as HTML."""
    changed = {
        name: controls.number_from(values.get(name), 0, 1e9, app.assumed[name])
        for name in ("claims", "minutes", "hour")
    }
    return looks.page(looks.card(views.worth_block(app.part["split"], changed, unit)))
