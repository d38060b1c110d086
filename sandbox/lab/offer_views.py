"""What the steps of offers show: what was bought, how often offers hit, what goes with what, worth. And evidence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sandbox.lab import charts, evidence, looks, plots, project
from sandbox.lab import offers as rules
from sandbox.lab.charts import Bar
from sandbox.lab.evaluation import Metric
from sandbox.lab.looks import ALERT, MUTED
from sandbox.lab.offers import Baskets, Checked, Going
from sandbox.lab.project import wording
from sandbox.lab.tables import small_cell
from sandbox.lab.words import count, listed, number, percent, t

HIT_LABEL = "Share of customers whose next purchase was among the offers"
_KEPT = 12
_METHOD = "shares of customers who took a product next, beside its share among all; leave-last-out"


def show_baskets(found: Baskets) -> None:
    """A look at the data before any rule: customers, products, how much they buy, what is left out."""
    sizes = found.bought.groupby("customer").size()
    buyers = found.bought["product"].value_counts()
    bars = [Bar(found.products[int(p)], float(n), count(n)) for p, n in buyers.head(8).items()]
    looks.show(
        looks.tiles([
            (count(found.customers), wording().units, "plain"),
            (count(len(found.products)), t("products"), "plain"),
            (number(round(float(sizes.mean()), 1)), t("different products per customer"), "plain"),
            (percent(float((sizes >= 3).mean())), t("bought three or more, and can be checked"), "plain"),
        ]),
        looks.bullets(list(found.notes)) or looks.note(t("Nothing had to be left out."), "good"),
        charts.bars(t("Products with the most customers"), bars),
    )  # fmt: skip


def show_hits(checked: Checked) -> None:
    """How often the hidden product was among the offers, beside the most popular ones."""
    looks.show(hits_block(_figures(checked)))


def _figures(checked: Checked) -> dict[str, Any]:
    low, high = checked.interval
    return {
        "hit": round(float(checked.hit.mean()), 4), "plain": round(float(checked.plain_hit.mean()), 4),
        "low": round(low, 4), "high": round(high, 4), "customers": len(checked.hit), "many": checked.many,
        "offered": list(checked.offered), "unclear": round(checked.unclear, 4),
    }  # fmt: skip


def hits_block(figures: Mapping[str, Any]) -> str:
    """The check as HTML: hits beside popularity, coverage, and where a person should choose."""
    better = figures["low"] > figures["plain"]
    verdict = (
        looks.note(t("The offers hit more often than the most popular products do."), "good")
        if better
        else looks.note(t("The offers do not clearly hit more often than the most popular products do."), "bad",
                        t("Show the popular products, or try the other way of choosing."))
    )  # fmt: skip
    span = t("{low} to {high}", low=percent(figures["low"]), high=percent(figures["high"]))
    return "".join([
        verdict,
        looks.tiles([
            (percent(figures["hit"]), t("took one of {many} offers next ({span})", many=figures["many"], span=span),
             "good" if better else "bad"),
            (percent(figures["plain"]), t("with the {many} most popular ones", many=figures["many"]), "plain"),
            (f"{figures['offered'][0]} / {figures['offered'][1]}", t("products ever offered, beside popularity alone"),
             "plain"),
            (percent(figures["unclear"]), t("no clear rule: a person chooses, or popular ones are shown"), "plain"),
        ]),
        looks.paragraph(t("Checked on {customers} customers: their last new product was hidden, and the rules were "
                          "learned from everything else.", customers=count(figures["customers"])), muted=True),
    ])  # fmt: skip


def pairs(found: Baskets, going: Going) -> list[dict[str, Any]]:
    """The clear pairs, strongest first: product, next, customers, share of those after it, share among all."""
    import numpy as np

    rows: list[dict[str, Any]] = []
    for a, b in zip(*np.nonzero(going.counts), strict=True):
        if going.clear(int(a), int(b)):
            share = float(going.counts[a, b] / going.after[a])
            rows.append({"product": found.products[a], "next": found.products[b], "customers": int(going.counts[a, b]),
                         "share": round(share, 4), "usual": round(going.usual(int(a), int(b)), 4)})  # fmt: skip
    return sorted(rows, key=lambda row: row["usual"] - row["share"])


def show_pairs(found: Baskets, going: Going) -> None:
    """What goes with what, in words."""
    looks.show(pairs_block(pairs(found, going)[:_KEPT]))


def pairs_block(rows: Sequence[Mapping[str, Any]]) -> str:
    """The strongest pairs as HTML."""
    if not rows:
        return looks.note(t("No product is taken after another clearly more often than in general."), "note")
    return looks.bullets([pair_text(row) for row in rows]) + looks.paragraph(
        t("What goes together need not be caused by it: showing more of it may change little."), muted=True
    )  # fmt: skip


def pair_text(row: Mapping[str, Any]) -> str:
    """One pair in words."""
    return t("After {product}, {share} took {next} next ({customers} customers); among all it is {usual}.",
             product=row["product"], next=row["next"], share=percent(row["share"]), usual=percent(row["usual"]),
             customers=count(row["customers"]))  # fmt: skip


def show_hits_by_group(checked: Checked) -> list[dict[str, Any]]:
    """Hits per group of people; returns the groups that are large enough to be shown."""
    groups = []
    for name in sorted(set(checked.group.tolist())):
        here = checked.hit[checked.group == name]
        if name != "" and len(here) >= max(30, small_cell()):
            low, high = rules.interval(here)
            groups.append({"group": str(name), "share": round(float(here.mean()), 4), "low": round(low, 4),
                           "count": [int(here.sum()), len(here)], "high": round(high, 4),
                           "average": round(float(checked.hit.mean()), 4)})  # fmt: skip
    looks.show(groups_block(groups[:12]))
    return groups[:12]


def groups_block(groups: Sequence[Mapping[str, Any]]) -> str:
    """Hits per group with intervals, as HTML."""
    if len(groups) < 2:
        return looks.note(t("No column says which group a customer belongs to, or the groups are too small."), "note")
    worse = [str(each["group"]) for each in groups if each["high"] < each["average"]]
    verdict = (
        looks.note(t("The offers hit clearly less often for: {groups}.", groups=listed(worse)), "note")
        if worse
        else looks.note(t("The offers serve no group clearly worse than the average."), "good")
    )
    items = [plots.Interval(each["group"], each["share"], each["low"], each["high"], percent(each["share"]),
                            ALERT if each["high"] < each["average"] else MUTED) for each in groups]  # fmt: skip
    return verdict + plots.intervals(t("Hits by group of customers"), items, "0")


def expected_kpi(figures: Mapping[str, Any]) -> float | None:
    """Where the KPI goes if it grows as hits do beside popularity; as it is when the offers are not clearly better."""
    kpi = project.facts().kpi
    if kpi is None or not figures["plain"]:
        return kpi.baseline if kpi else None
    return kpi.baseline * (figures["hit"] / figures["plain"] if figures["low"] > figures["plain"] else 1.0)


def worth_block(figures: Mapping[str, Any], assumed: Mapping[str, float], unit: str) -> str:
    """The calculator as HTML. ``assumed``: customers shown offers a month, % who buy from popular ones, margin."""
    gain = figures["hit"] / figures["plain"] - 1 if figures["plain"] and figures["low"] > figures["plain"] else 0.0
    more = assumed["shown"] * assumed["buys"] / 100 * gain
    kpi, expected = project.facts().kpi, expected_kpi(figures)
    parts = [
        looks.tiles([
            (count(more), t("more purchases from offers a month"), "good" if more else "plain"),
            (f"{count(more * assumed['margin'])} {unit}", t("more margin a month"), "good" if more else "plain"),
        ])
        if gain
        else looks.note(t("Nothing may be counted: the offers are not clearly better than popular products."), "note"),
        looks.paragraph(t("Assumed: {shown} customers see offers each month, {buys}% of them buy from popular ones, a "
                          "purchase brings {margin} {unit}, and purchases grow as hits did. Only a test of two groups "
                          "can prove that.", shown=count(assumed["shown"]), buys=number(assumed["buys"]),
                          margin=number(assumed["margin"]), unit=unit), muted=True),
    ]  # fmt: skip
    if kpi and expected is not None and gain:
        better = expected >= kpi.target if kpi.target >= kpi.baseline else expected <= kpi.target
        parts.append(looks.note(
            t("“{kpi}” would go from {before} to about {after} (target: {target}), if it grows as hits did.",
              **kpi.moved(expected)), "good" if better else "note"))  # fmt: skip
    return "".join(parts)


def show_offers_worth(checked: Checked, assumed: Mapping[str, float], unit: str) -> None:
    """What better offers are worth, in plain arithmetic."""
    looks.show(worth_block(_figures(checked), assumed, unit))


def record_offers(found: Baskets, going: Going, checked: Checked, *, groups: Sequence[Mapping[str, Any]],
                  assumed: Mapping[str, float]) -> None:  # fmt: skip
    """Write the evidence: the rules are the result, there is no model."""
    strongest = pairs(found, going)[:_KEPT]
    figures, hidden = _figures(checked), len(set(checked.group.tolist()) - {""}) - len(groups)
    plain_hit = float(checked.plain_hit.mean())
    evidence.keep(
        method="rules",
        metrics=[Metric("hit_rate", HIT_LABEL, float(checked.hit.mean()), plain_hit, checked.interval)],
        checked=(len(checked.hit), len(checked.hit)),
        explanation={
            "overall": [{"factor": f"{row['product']} → {row['next']}", "direction": "+",
                         "weight": round(row["share"] - row["usual"], 4)} for row in strongest],
            "cases": len(strongest),
            "method": _METHOD,
        },
        value=evidence.value_of(expected_kpi(figures), {"shown": assumed["shown"], "buys": assumed["buys"],
                                 "purchase": assumed["margin"],
                                 "no_clear_rule": figures["unclear"]}),
        data=(found.dataset, found.rows, found.columns),
        fairness=evidence.fairness_of(found.group, "hits", {each["group"]: tuple(each["count"]) for each in groups},
                                      hidden),
        app={"figures": figures, "pairs": strongest, "groups": [dict(each) for each in groups],
             "offers": _for_app(found, going), "assumed": dict(assumed)},
    )  # fmt: skip


def _for_app(found: Baskets, going: Going) -> dict[str, Any]:
    """Per product the best twelve next ones, each with its share and customers (0: too few to count)."""
    import numpy as np

    def best(score: np.ndarray, product: int | None) -> list[list[Any]]:
        order = [int(each) for each in np.argsort(-score, kind="stable") if each != product][:_KEPT]
        if product is None:
            return [[each, 0, 0.0, False] for each in order]
        after = max(1.0, float(going.after[product]))
        return [[each, int(going.counts[product, each]), round(float(going.counts[product, each]) / after, 4),
                 going.clear(product, each)] for each in order]  # fmt: skip

    return {
        "products": list(found.products),
        "usual": [round(float(share), 4) for share in going.popular],
        "popular": best(going.popular, None),
        "next": [best(going.score[product], product) for product in range(len(found.products))],
    }
