"""What a person decides: the share in the studio; in the app the kinds of cases, and a decision instead of the model's.

A kernel of an app can write nothing, so a decision lives as long as the page: it shows what it would change, and gives
the kinds with the decisions as a file to keep.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from sandbox.lab import app_parts, controls, downloads, evidence, explanation, looks
from sandbox.lab.app import App
from sandbox.lab.handover import HandOver
from sandbox.lab.project import wording
from sandbox.lab.views import reason_text
from sandbox.lab.words import count, percent, t

if TYPE_CHECKING:
    import pandas as pd

AS_MODEL, ACT, LEAVE = "model", "act", "leave"
_MOST_FACTS = 8


def show_handover(found: HandOver) -> None:
    """Which cases a person decides, and what share of all that is."""
    looks.show(share_block(found), looks.paragraph(
        t("In the app part below, whoever uses it sees these cases and can overrule the model."), True))  # fmt: skip


def share_block(found: HandOver) -> str:
    """The share that a person decides, and why, as HTML."""
    unsure = (
        t("because they are warned about: a person decides each of them")
        if found.every
        else t("because the model is unsure: a risk of {low} to {high}", low=percent(found.low),
               high=percent(found.high))
    )  # fmt: skip
    return looks.tiles([
        (percent(found.share), t("of all {many} go to a person", many=wording().many), "good"),
        (percent(found.unsure), unsure, "plain"),
        (percent(found.unusual), t("because they are unlike what the model learned from"), "plain"),
    ])  # fmt: skip


def show_override(app: App) -> None:
    """The kinds of cases that a person decides; pick one, see the reasons, decide otherwise, see what that changes."""
    from IPython.display import display

    found = evidence.part("handover", HandOver.from_json)
    if not found.kinds:
        few = t("Too few cases go to a person to show what they are like without showing single ones.")
        looks.show(share_block(found), looks.note(few, "note"))
        return
    names = [str(place) for place in range(len(found.kinds))]
    titles = [(t("{number}: risk {risk}", number=place + 1, risk=percent(kind.risk)), names[place])
              for place, kind in enumerate(found.kinds)]  # fmt: skip
    which = controls.dropdown(t("Cases that a person decides"), titles, names[0])
    choices = [(t("As the model says"), AS_MODEL), (t("Act"), ACT), (t("Do not act"), LEAVE)]
    decision = controls.dropdown(t("Your decision"), choices, AS_MODEL)
    answer, decided, showing = controls.html(), dict[int, str](), {"place": 0}

    def update() -> None:
        place = int(controls.choice_from(which.value, names, names[0]))
        if place != showing["place"]:  # another case: its own decision is shown, not the last one's
            showing["place"] = place
            decision.value = decided.get(place, AS_MODEL)
        decided[place] = controls.choice_from(decision.value, (AS_MODEL, ACT, LEAVE), AS_MODEL)
        answer.value = app_parts.guarded(lambda: override_answer(app, found, place, decided))

    looks.show(share_block(found))
    controls.live({"which": which, "decision": decision}, update)
    display(controls.beside([controls.grid([which, decision])], answer))
    downloads.download(
        t("decisions.csv"),
        lambda: decisions(app, found, decided),
        units=t("cases"),
        label=t("Keep the decisions: a file"),
    )


def decisions(app: App, found: HandOver, decided: Mapping[int, str]) -> pd.DataFrame:
    """One row per kind of cases: what they are like, what the model says, what was decided, and room for the reason."""
    import pandas as pd

    does = {True: t("Act"), False: t("Do not act")}
    rows = []
    for place, kind in enumerate(found.kinds):
        model = kind.risk >= app.threshold
        choice = decided.get(place, AS_MODEL)
        facts = {fact.label: explanation.value_text(kind.case[fact.name]) for fact in app.facts}
        rows.append({
            t("kind"): place + 1,
            t("cases"): kind.counts.cases,
            **facts,
            t("risk, %"): round(100 * kind.risk, 1),
            t("the model says"): does[model],
            t("decided"): does[model if choice == AS_MODEL else choice == ACT],
            t("overruled"): t("yes") if choice != AS_MODEL and (choice == ACT) != model else t("no"),
            t("reason"): "",
        })  # fmt: skip
    return pd.DataFrame(rows)


def override_answer(app: App, found: HandOver, place: int, decided: Mapping[int, str]) -> str:
    """One kind of cases with the model's advice, how such cases ended, and what the decisions change, as HTML."""
    kind, words = found.kinds[place], wording()
    reasons = explanation.reasons(app.model, kind.case, app.compared)
    acts = kind.risk >= app.threshold
    act = t("The model would act: the risk of such {many} is {risk}, and acting pays from {threshold} on.")
    leave = t("The model would not act: the risk of such {many} is {risk}, and acting pays from {threshold} on.")
    advice = act if acts else leave
    told = [reason_text(app.labels[r.fact], explanation.value_text(r.value), r.points)
            for r in reasons.reasons[:3] if abs(r.points) >= 0.0005]  # fmt: skip
    rows = [[fact.label, explanation.value_text(kind.case[fact.name])] for fact in app.facts[:_MOST_FACTS]]
    why = t("It is unlike what the model learned from.") if kind.unusual else ""
    of = t("A middle case of {cases} alike; of 100 such {many}, about {n} {happens} in the end.",
           cases=count(kind.counts.cases), many=words.many, happens=words.happens,
           n=round(100 * kind.counts.happened / max(1, kind.counts.cases)))  # fmt: skip
    note = looks.note(advice.format(risk=percent(kind.risk), threshold=percent(app.threshold), many=words.many),
                      "bad" if acts else "good", why)  # fmt: skip
    return looks.page(looks.card(
        looks.pair(looks.table([t("fact"), t("value")], rows, [False, False]), note + looks.bullets(told)),
        looks.paragraph(of),
        _changed(app, found, decided),
    ))  # fmt: skip


def _changed(app: App, found: HandOver, decided: Mapping[int, str]) -> str:
    """What the decisions so far change in what is acted upon and what it is worth, as HTML."""
    acts = {place: choice == ACT for place, choice in decided.items() if choice != AS_MODEL}
    if not acts:
        return looks.paragraph(t("Nothing overruled so far. Decide otherwise and see what it changes."), True)
    before = app.curve.at(app.threshold)
    after = found.overruled(before, acts)
    scale, unit = 1000 / max(1, before.cases), f" {app.worth.unit}".rstrip()
    earned = (app.worth.of(after) - app.worth.of(before)) * scale
    signed = ("+" if earned >= 0 else "−") + count(abs(earned))
    keep = t(
        "Your decision stays on this page. Save it as a file, add your reason, and keep it where such decisions are "
        "kept; whoever looks after the model should hear of it."
    )
    return looks.heading(t("With your decisions")) + looks.tiles([
        (str(len(acts)), t("of {kinds} kinds overruled", kinds=len(found.kinds)), "plain"),
        (f"{count(before.warned * scale)} → {count(after.warned * scale)}", t("to act on, of 1,000"), "plain"),
        (signed + unit, t("per 1,000 {many}, compared with the model alone", many=wording().many),
         "good" if earned >= 0 else "bad"),
    ]) + looks.paragraph(keep, True)  # fmt: skip
