"""What the steps of customer groups show: data, how many groups, profiles in words, check, people, worth; evidence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sandbox.lab import charts, evidence, looks, plots, project, saving
from sandbox.lab.charts import Bar
from sandbox.lab.looks import ACCENT, ALERT, CALM, MUTED
from sandbox.lab.project import wording
from sandbox.lab.segments import COMES_BACK, MEASURES, Buyers, Foretold, Grouping, Tried, Who, best_number, names_of
from sandbox.lab.tables import small_cell
from sandbox.lab.words import both, count, listed, minus, number, percent, sentences, t

_METHOD = "share of each measure's variety that lies between the groups; one customer by its distance to two groups"

#: What a measure is called, and what a group is called where it is low or high.
MEASURE_NAMES: Mapping[str, str] = {
    "recency": "days since the last purchase",
    "since": "days since the first purchase",
    "frequency": "number of purchases",
    "value": "amount of one purchase",
}
LOW: Mapping[str, str] = {
    "recency": "bought lately", "since": "came lately", "frequency": "buy seldom", "value": "small purchases",
}  # fmt: skip
HIGH: Mapping[str, str] = {
    "recency": "long away", "since": "known for long", "frequency": "buy often", "value": "large purchases",
}  # fmt: skip


def name_of(place: int, name: Sequence[Sequence[Any]]) -> str:
    """A group's letter and name in the reader's language."""
    words = [t((HIGH if much else LOW)[str(measure)]) for measure, much in name]
    return t("{letter}: {words}", letter=chr(65 + place), words=listed(words))


def show_buyers(found: Buyers) -> None:
    """A look at the customers before any group: how many, what they bought, what is left out."""
    measures = found.measures
    once = float((measures["frequency"] == 1).mean())
    rows = [
        [t(MEASURE_NAMES[name]), *(number(float(measures[name].quantile(q))) for q in (0.1, 0.5, 0.9))]
        for name in MEASURES
    ]
    told = [*found.notes]
    if once > 0.5:
        told.append(t("{share} of the customers bought only once: how often says little here.", share=percent(once)))
    looks.show(
        looks.tiles([
            (count(len(found)), wording().many, "plain"),
            (count(len(found.lines)), t("purchase lines"), "plain"),
            (percent(once), t("bought only once"), "plain"),
        ]),
        looks.bullets(told) or looks.note(t("Nothing is missing and nothing had to be left out."), "good"),
        looks.table([t("per customer"), t("low (10%)"), t("middle"), t("high (90%)")], rows,
                    [False, True, True, True]),
    )  # fmt: skip


def show_numbers(tried: Sequence[Tried], wanted: int) -> None:
    """How 2 to 8 groups hold, and which number is taken; ``wanted`` is what somebody chose (0: by the rule)."""
    best = best_number(tried)
    rows = [
        [str(each.number), f"{each.separated:.2f}", f"{each.agreed:.2f} ({each.low:.2f}–{each.high:.2f})",
         percent(each.smallest), t("yes") if each.holds else t("no")]
        for each in tried
    ]  # fmt: skip
    header = [t("groups"), t("separated"), t("come back (interval)"), t("smallest"), t("hold")]
    items = [Bar(t("{number} groups", number=each.number), max(0.0, each.separated), f"{each.separated:.2f}",
                 ACCENT if each.number == (wanted or best.number) else MUTED) for each in tried]  # fmt: skip
    looks.show(
        _number_verdict(tried, best, wanted),
        looks.table(header, rows, [True, True, True, True, False]),
        charts.bars(t("How well the groups are separated (silhouette)"), items),
        looks.paragraph(t("The rule: groups must come back when other customers are drawn (agreement of at least "
                          "{least}) and none may be tiny; among those the best separated number is taken.",
                          least=f"{COMES_BACK:.1f}"), muted=True),
    )  # fmt: skip


def _number_verdict(tried: Sequence[Tried], best: Tried, wanted: int) -> str:
    taken = next((each for each in tried if each.number == wanted), best)
    if not taken.holds:
        return looks.note(t("{number} groups do not hold: other customers would give other groups.",
                            number=taken.number), "bad",
                          t("Treat them as a sketch, or do without groups: that is a result, too."))  # fmt: skip
    if taken is not best:
        return looks.note(t("You chose {number} groups; the rule would take {best}.", number=taken.number,
                            best=best.number), "note")  # fmt: skip
    return looks.note(t("{number} groups: nearly the same ones come back, whoever is drawn (agreement {agreed} of 1).",
                        number=best.number, agreed=f"{best.agreed:.2f}"), "good")  # fmt: skip


# --- profiles ---------------------------------------------------------------------------------------------------------


def profiles(grouping: Grouping, checked: Foretold) -> list[dict[str, Any]]:
    """One profile per group as the evidence keeps it; figures of groups that are too small are left out."""
    least, names = small_cell(), names_of(grouping.centre)
    made = []
    for place, name in enumerate(names):
        size, yes = checked.again[place]
        profile: dict[str, Any] = {"name": [list(part) for part in name], "customers": grouping.customers[place]}
        if grouping.customers[place] >= least:
            profile |= {
                "share": round(grouping.share[place], 4), "revenue": round(grouping.revenue[place], 4),
                "middle": [round(value, 2) for value in grouping.middle[place]],
                "again": round(yes / size, 4) if size >= least else None,
            }  # fmt: skip
        made.append(profile)
    return made


def show_profiles(grouping: Grouping, checked: Foretold, unsure: float) -> None:
    """Each group in words and figures, and the share of customers that a person should place."""
    looks.show(profiles_block(profiles(grouping, checked), checked.days, unsure, grouping.weight))


def profiles_block(found: Sequence[Mapping[str, Any]], days: int, unsure: float, weight: Mapping[str, float]) -> str:
    """The groups as cards, what they bring, and how much each measure (``weight``) tells them apart, as HTML."""
    cards = [
        looks.card(looks.heading(name_of(place, each["name"])), looks.paragraph(profile_text(each, days)))
        for place, each in enumerate(found)
    ]
    bars = [Bar(name_of(place, each["name"]), each["revenue"], percent(each["revenue"]), ACCENT,
                t("{share} of the customers", share=percent(each["share"])))
            for place, each in enumerate(found) if "share" in each]  # fmt: skip
    told = t("{share} of the customers lie between two groups or far from all: a person places them.",
             share=percent(unsure))  # fmt: skip
    drawn = looks.pair(charts.bars(t("Share of the revenue, by group"), bars), _measures(weight))
    return "".join(cards) + drawn + looks.paragraph(told)


def profile_text(profile: Mapping[str, Any], days: int) -> str:
    """One group in words."""
    if "share" not in profile:
        return t("Fewer than {least} customers: nothing is shown.", least=small_cell())
    recency, since, frequency, value = (number(round(float(each))) for each in profile["middle"])
    told = [
        t("{customers} customers ({share}) who bring {revenue} of the revenue.", share=percent(profile["share"]),
          customers=count(profile["customers"]), revenue=percent(profile["revenue"])),
        t("In the middle they bought {recency} days ago, first {since} days ago, {frequency} times, for {value} each.",
          recency=recency, since=since, frequency=frequency, value=value),
    ]  # fmt: skip
    if profile.get("again") is not None:
        told.append(t("Of 100 such customers, {yes} bought again within {days} days.", days=days,
                      yes=round(100 * profile["again"])))  # fmt: skip
    return sentences(told)


def _measures(weight: Mapping[str, float]) -> str:
    ranked = sorted(weight.items(), key=lambda pair: -pair[1])
    bars = [Bar(t(MEASURE_NAMES[name]), share, percent(share)) for name, share in ranked if name in MEASURE_NAMES]
    return charts.bars(t("What tells the groups apart (share of the variety that lies between them)"), bars)


# --- check ------------------------------------------------------------------------------------------------------------


def show_foretold(checked: Foretold) -> None:
    """Whether the groups tell who buys again, beside the usual list by revenue."""
    looks.show(foretold_block(_figures(checked)))


def _figures(checked: Foretold) -> dict[str, Any]:
    low, high = checked.auc.interval
    return {"auc": round(checked.auc.model, 4), "plain": round(checked.auc.baseline, 4), "low": round(low, 4),
            "high": round(high, 4), "days": checked.days, "customers": checked.customers, "cut": checked.cut,
            "rate": round(checked.rate, 4)}  # fmt: skip


def foretold_block(figures: Mapping[str, Any]) -> str:
    """The check as HTML."""
    better = figures["low"] > figures["plain"]
    verdict = (
        looks.note(t("The groups tell better who buys again than a list by revenue does."), "good")
        if better
        else looks.note(t("The groups do not tell clearly better who buys again than a list by revenue does."), "bad",
                        t("Use the list by revenue, or another number of groups."))
    )  # fmt: skip
    return "".join([
        verdict,
        looks.tiles([
            (f"{figures['auc']:.2f}", t("the groups: how well they rank ({low} to {high}; 0.5 is chance, 1 is perfect)",
                                        low=f"{figures['low']:.2f}", high=f"{figures['high']:.2f}"),
             "good" if better else "bad"),
            (f"{figures['plain']:.2f}", t("as many groups by revenue"), "plain"),
            (percent(figures["rate"]), t("bought again within {days} days", days=figures["days"]), "plain"),
        ]),
        looks.paragraph(t("Formed on 70% of the customers as they were on {cut}; checked on {customers} others and on "
                          "the {days} days since.", cut=figures["cut"], customers=count(figures["customers"]),
                          days=figures["days"]), muted=True),
    ])  # fmt: skip


# --- people -----------------------------------------------------------------------------------------------------------


def show_who(found: Sequence[Who], grouping: Grouping) -> list[dict[str, Any]]:
    """Who is in which group; returns it as the evidence keeps it."""
    names = names_of(grouping.centre)
    made = [{"people": w.people, "place": w.place, "name": [list(part) for part in names[w.place]],
             "here": round(w.here, 4), "others": round(w.others, 4), "low": round(w.low, 4), "high": round(w.high, 4),
             "clear": w.clear} for w in found]  # fmt: skip
    looks.show(who_block(made))
    return made


def who_block(found: Sequence[Mapping[str, Any]]) -> str:
    """Groups of people beside our groups, as HTML: clear differences first in words."""
    if not found:
        return looks.note(t("No column says which group of people a customer belongs to, or those groups are too "
                            "small."), "note")  # fmt: skip
    clear = [each for each in found if each["clear"]]
    told = [t("“{people}”: {here} are in {group}; of all others {others}.", people=each["people"],
              here=percent(each["here"]), others=percent(each["others"]), group=name_of(each["place"], each["name"]))
            for each in clear[:6]]  # fmt: skip
    verdict = (
        looks.note(t("Some people are clearly more often in one group than others. Ask why before offers differ."),
                   "bad")
        if clear
        else looks.note(t("No group of people is clearly more often in one of the groups than the others."), "good")
    )  # fmt: skip
    strongest = sorted(found, key=lambda each: -abs(each["here"] - each["others"]))[:8]
    items = [plots.Interval(f"{each['people']} · {name_of(each['place'], each['name'])}", each["here"] - each["others"],
                            each["low"], each["high"], minus(f"{100 * (each['here'] - each['others']):+.0f}"),
                            ALERT if each["clear"] else MUTED) for each in strongest]  # fmt: skip
    chart = plots.intervals(t("The largest differences to all others, in percentage points, with their intervals"),
                            items, t("no difference"))  # fmt: skip
    return verdict + looks.bullets(told) + chart


# --- worth ------------------------------------------------------------------------------------------------------------


def gains(found: Sequence[Mapping[str, Any]], assumed: Mapping[str, float]) -> list[float]:
    """What addressing one customer of each group brings after costs, in money.

    ``assumed``: ``cost`` of addressing one, ``margin`` and ``more`` in %: so many do who would not have bought.
    """
    made = []
    for each in found:
        if each.get("again") is None:
            made.append(0.0)
            continue
        extra = (1 - each["again"]) * assumed["more"] / 100
        made.append(extra * each["middle"][3] * assumed["margin"] / 100 - assumed["cost"])
    return made


def expected_kpi(found: Sequence[Mapping[str, Any]], rate: float, assumed: Mapping[str, float]) -> float | None:
    """Where the KPI goes if it counts customers who buy again and the groups for which it pays are addressed."""
    kpi = project.facts().kpi
    if kpi is None or rate <= 0:
        return kpi.baseline if kpi else None
    extra = sum(each["share"] * (1 - each["again"]) * assumed["more"] / 100
                for each, gain in zip(found, gains(found, assumed), strict=True) if gain > 0)  # fmt: skip
    return kpi.baseline * (1 + extra / rate)


def worth_block(found: Sequence[Mapping[str, Any]], rate: float, assumed: Mapping[str, float], unit: str) -> str:
    """The calculator as HTML: for which groups an offer pays, beside the same offer to everybody."""
    each_one = gains(found, assumed)
    whole = [gain * each["customers"] for gain, each in zip(each_one, found, strict=True)]
    chosen = sum(gain for gain in whole if gain > 0)
    bars = [Bar(name_of(place, each["name"]), gain, f"{count(gain)} {unit}", CALM if gain > 0 else ALERT)
            for place, (gain, each) in enumerate(zip(whole, found, strict=True)) if "share" in each]  # fmt: skip
    kpi, expected = project.facts().kpi, expected_kpi(found, rate, assumed)
    addressed = sum(each["customers"] for gain, each in zip(whole, found, strict=True) if gain > 0)
    parts = [
        looks.tiles([
            (f"{count(chosen)} {unit}", t("brings an offer to the groups for which it pays"),
             "good" if chosen > 0 else "bad"),
            (f"{count(sum(whole))} {unit}", t("brings the same offer to everybody"), "plain"),
            (count(addressed), t("customers to address"), "plain"),
        ]),
        charts.balance(t("What the offer brings, by group"), bars, t("costs more"), t("brings more"),
                       (ALERT, CALM)),
        looks.paragraph(t("Assumed: addressing one customer costs {cost} {unit}; of those who would not have bought, "
                          "{more}% do; {margin}% of a purchase of the usual amount are kept. Only a test of two groups "
                          "can prove that.", cost=number(assumed["cost"]), unit=unit, more=number(assumed["more"]),
                          margin=number(assumed["margin"])), muted=True),
    ]  # fmt: skip
    if kpi and expected is not None:
        reached = expected >= kpi.target if kpi.target >= kpi.baseline else expected <= kpi.target
        parts.append(looks.note(
            t("“{kpi}” would go from {before} to about {after} (target: {target}), if it counts customers who "
              "buy again.", **kpi.moved(expected)), "good" if reached else "note"))  # fmt: skip
    return "".join(parts)


def show_groups_worth(grouping: Grouping, checked: Foretold, assumed: Mapping[str, float], unit: str) -> None:
    """For which groups an offer pays, in plain arithmetic."""
    looks.show(worth_block(profiles(grouping, checked), checked.rate, assumed, unit))


# --- evidence ---------------------------------------------------------------------------------------------------------


def record_groups(found: Buyers, grouping: Grouping, tried: Sequence[Tried], checked: Foretold, *, unsure: float,
                  who: Sequence[Mapping[str, Any]], assumed: Mapping[str, float]) -> None:  # fmt: skip
    """Write model and evidence. The sample is made up from the measures' usual values: no row is a customer."""
    made = profiles(grouping, checked)
    saving.save_labelled(grouping.model, _made_up(found))
    usual = {name: [round(float(found.measures[name].quantile(q)), 2) for q in (0.01, 0.5, 0.99)] for name in MEASURES}
    weights = sorted(grouping.weight.items(), key=lambda pair: -pair[1])
    others = {name: figure for name, figure in assumed.items() if name not in ("cost", "margin")}
    evidence.keep(
        method="model",
        metrics=[checked.auc],
        checked=(checked.customers, checked.customers),
        explanation={
            "overall": [{"factor": name, "direction": "", "weight": round(share, 4)} for name, share in weights],
            "cases": len(made), "method": _METHOD,
        },
        value=evidence.value_of(expected_kpi(made, checked.rate, assumed),
                                {**others, "addressing": assumed["cost"], "kept": assumed["margin"],
                                 "placed_by_a_person": unsure}),
        data=(found.dataset, found.rows, found.columns),
        fairness=_fairness(found, grouping, gains(made, assumed), who),
        app={
            "facts": [{"name": name, "label": both(text)} for name, text in MEASURE_NAMES.items()],
            "profiles": made, "order": list(grouping.order), "far": round(grouping.far, 6),
            "centre": [[round(value, 6) for value in centre] for centre in grouping.centre],
            "weight": {name: round(share, 4) for name, share in weights}, "usual": usual,
            "tried": [[each.number, round(each.separated, 4), round(each.agreed, 4)] for each in tried],
            "figures": _figures(checked) | {"unsure": round(unsure, 4), "customers_in_all": len(found)},
            "who": [dict(each) for each in who], "assumed": dict(assumed),
        },
        model=grouping.model,
    )  # fmt: skip


def _fairness(found: Buyers, grouping: Grouping, brings: Sequence[float],
              who: Sequence[Mapping[str, Any]]) -> dict[str, Any] | None:  # fmt: skip
    """How many of each group of people would get the offer, because they are in a group for which it pays."""
    place, _ = grouping.place(found.measures, 0.0)
    offered = [brings[int(each)] > 0 for each in place]
    counts = {name: (sum(offer for offer, own in zip(offered, found.group == name, strict=True) if own),
                     int((found.group == name).sum()))
              for name in dict.fromkeys(str(each["people"]) for each in who)}  # fmt: skip
    hidden = len(set(found.group.tolist()) - {""}) - len(counts)
    return evidence.fairness_of(found.by, "hits", counts, hidden)


def _made_up(found: Buyers) -> Any:
    """Rows that nobody is: every tenth of the measures' values, in turn with those of the others."""
    import pandas as pd

    shares = [0.1, 0.3, 0.5, 0.7, 0.9]
    rows = [
        [round(float(found.measures[name].quantile(shares[(row + step * place) % 5])), 2)
         for place, name in enumerate(MEASURES)]
        for step in range(5) for row in range(5)
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=list(MEASURES)).drop_duplicates(ignore_index=True)
