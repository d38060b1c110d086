"""What the steps of a check of claims show: data, rules, how well they find problems, worth. And its evidence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sandbox.lab import charts, evidence, looks, plots, project
from sandbox.lab import claims as rulebook
from sandbox.lab.charts import Bar
from sandbox.lab.claim_seeds import SEEDED, Tried
from sandbox.lab.claims import Claims, Decided, Rules, Usual
from sandbox.lab.evaluation import Metric
from sandbox.lab.looks import ACCENT, ALERT, CALM, MUTED
from sandbox.lab.project import wording
from sandbox.lab.tables import small_cell
from sandbox.lab.words import both, count, listed, number, percent, t

FOUND_LABEL = "Share of the problems put in that reach a person"
_METHOD = "readable rules; usual amounts per kind by median and median absolute deviation"


#: The rules in words, as the evidence and every page call them.
RULE_NAMES: Mapping[str, str] = {
    "limit": "above the limit",
    "copy": "same amount claimed before",
    "split": "only together above the limit",
    "late": "handed in late",
    "rare": "kind with too few claims",
    "odd": "unusually high for its kind",
}


def show_claims(found: Claims) -> None:
    """A look at the claims before any rule: how many, whose, of which kinds, what is left out."""
    frame = found.frame
    sizes = frame["kind"].value_counts()
    tiles: list[Any] = [
        (count(len(found)), wording().many, "plain"),
        (count(found.people), wording().units, "plain"),
        (count(len(sizes)), t("kinds"), "plain"),
        (number(float(frame["amount"].median())), t("median amount"), "plain"),
    ]
    people = frame.groupby("kind")["person"].nunique()
    kinds = [kind for kind in sizes.index if people[kind] >= small_cell()][:8]
    bars = [Bar(kind, float(sizes[kind]), count(sizes[kind]),
                more=t("usually {amount}", amount=number(float(frame.loc[frame["kind"] == kind, "amount"].median()))))
            for kind in kinds]  # fmt: skip
    told = list(found.notes)
    looks.show(
        looks.tiles(tiles),
        looks.bullets(told) or looks.note(t("Nothing is missing and nothing had to be left out."), "good"),
        charts.bars(t("Claims by kind"), bars),
    )


def show_decided(found: Claims, rules: Rules, decided: Decided) -> None:
    """Who decides how many, and for which reasons claims go to a person."""
    without = [kind for kind in sorted(set(found.frame["kind"])) if kind not in rules.limits]
    notes = [looks.note(t("No limit is set for: {kinds}.", kinds=listed(without[:8])), "note")] if without else []
    looks.show(split_block(_split(decided, rules)), *notes, reasons_block(_reasons(decided)))


def _split(decided: Decided, rules: Rules) -> dict[str, float]:
    return {who: round(decided.share(who), 4) for who in ("rule", "machine", "person")} | {
        "lot": round(float(decided.lot.mean()), 4), "small": rules.small}  # fmt: skip


def _reasons(decided: Decided) -> list[dict[str, Any]]:
    """How many claims each rule stops; fewer than the small-cell number are not counted out."""
    least = small_cell()
    counts = {rule: int(decided.reasons[rule].sum()) for rule in rulebook.RULES}
    return [{"rule": rule, "claims": size if size >= least else 0, "few": 0 < size < least}
            for rule, size in counts.items()]  # fmt: skip


def split_block(split: Mapping[str, float]) -> str:
    """The split between rule, machine and person, as HTML."""
    sent = split["person"] + split["lot"]
    return "".join([
        looks.tiles([
            (percent(split["rule"]), t("pass by rule: small, and nothing against them"), "plain"),
            (percent(split["machine"]), t("pass by machine: usual for their kind"), "plain"),
            (percent(sent), t("go to a person"), "good" if sent < 0.5 else "bad"),
        ]),
        looks.paragraph(t("Of those that pass, {share} of all claims are drawn by lot and looked at by a person all "
                          "the same. No claim is ever refused by the machine.", share=percent(split["lot"]))),
    ])  # fmt: skip


def reasons_block(reasons: Sequence[Mapping[str, Any]]) -> str:
    """How many claims each rule sends to a person, as HTML."""
    least = small_cell()
    items = [
        Bar(t(RULE_NAMES[str(each["rule"])]), float(each["claims"]),
            f"< {least}" if each["few"] else count(float(each["claims"])), ALERT)
        for each in sorted(reasons, key=lambda each: -float(each["claims"]))
    ]  # fmt: skip
    return charts.bars(t("Why claims go to a person (one claim can have more than one reason)"), items)


def show_tried(found: Claims, tried: Tried, decided: Decided) -> None:
    """How many of the problems that were put in reach a person, beside the largest claims; and per kind of problem."""
    looks.show(tried_block(_tried(tried), float((decided.by == "person").mean())))


def _tried(tried: Tried) -> dict[str, Any]:
    return {
        "found": {name: list(pair) for name, pair in tried.found.items()},
        "share": round(tried.share, 4),
        "plain": round(tried.plain_share, 4),
        "interval": [round(end, 4) for end in tried.interval],
        "passed": dict(tried.passed),
    }


def tried_block(tried: Mapping[str, Any], sent: float) -> str:
    """The trial with problems put in, as HTML; ``sent`` is the share of claims that go to a person."""
    low, high = tried["interval"]
    total = sum(size for _, size in tried["found"].values())
    better = low > tried["plain"]
    verdict = (
        looks.note(t("The rules find more than a person who looks at as many claims, the largest ones."), "good")
        if better
        else looks.note(t("The rules do not find more than a person who looks at as many claims, the largest ones."),
                        "bad", t("Correct the limits, or send more unusual claims to a person."))
    )  # fmt: skip
    bars = [
        Bar(t(RULE_NAMES[name]), hits / max(1, size), percent(hits / max(1, size)),
            CALM if hits >= 0.9 * size else ACCENT, t("{hits} of {size} put in", hits=count(hits), size=count(size)))
        for name, (hits, size) in ((name, tried["found"][name]) for name in SEEDED)
    ]  # fmt: skip
    missed = {who: tried["passed"][who] / max(1, total) for who in ("rule", "machine")}
    return "".join([
        verdict,
        looks.tiles([
            (percent(tried["share"]), t("of the problems put in are found ({low} to {high})", low=percent(low),
                                        high=percent(high)), "good" if better else "bad"),
            (percent(tried["plain"]), t("would be found among as many largest claims"), "plain"),
        ]),
        looks.paragraph(t("How sure: of 100 problems put in, the rule for small claims lets {rule} pass and the "
                          "machine {machine}.", rule=number(round(100 * missed["rule"], 1)),
                          machine=number(round(100 * missed["machine"], 1)))),
        charts.bars(t("Found, by kind of problem"), bars),
        looks.paragraph(t("{total} problems were made up and put into a copy of these claims: copies, amounts above "
                          "the limit, splits, amounts two to five times the usual. A quarter of them are inexact, as "
                          "people make them. Real problems may be of other kinds.", total=count(total)), muted=True),
    ])  # fmt: skip


def show_groups_sent(found: Claims, decided: Decided) -> list[dict[str, Any]]:
    """The share that goes to a person, by group of people; returns the groups that are large enough to be shown."""
    groups = _groups(found, decided)
    looks.show(groups_block(groups))
    return groups


def _groups(found: Claims, decided: Decided) -> list[dict[str, Any]]:
    from scipy.stats import binomtest

    frame, made = found.frame, []
    for name, rows in frame.groupby("group").indices.items():
        people = int(frame["person"].iloc[rows].nunique())
        if name == "" or people < small_cell():
            continue
        sent = int((decided.by[rows] == "person").sum())
        ends = binomtest(sent, len(rows)).proportion_ci(method="wilson")
        made.append({"group": str(name), "people": people, "share": round(sent / len(rows), 4),
                     "count": [sent, len(rows)], "low": round(float(ends.low), 4),
                     "high": round(float(ends.high), 4)})  # fmt: skip
    average = float((decided.by == "person").mean())
    return [each | {"average": round(average, 4)} for each in sorted(made, key=lambda each: -each["share"])][:12]


def groups_block(groups: Sequence[Mapping[str, Any]]) -> str:
    """Shares per group with intervals, as HTML, and a word on who is looked at more often."""
    if len(groups) < 2:
        return looks.note(t("No column says which group a person belongs to, or the groups are too small; so nobody "
                            "can see whether some are looked at more often."), "note")  # fmt: skip
    more = [str(each["group"]) for each in groups if each["low"] > each["average"]]
    items = [
        plots.Interval(f"{each['group']}", each["share"], each["low"], each["high"], percent(each["share"]),
                       ALERT if each["low"] > each["average"] else MUTED)
        for each in groups
    ]  # fmt: skip
    verdict = (
        looks.note(t("Looked at clearly more often than the average: {groups}. Ask why before you rely on it: other "
                     "work can mean other expenses.", groups=listed(more)), "note")
        if more
        else looks.note(t("No group is looked at clearly more often than the average."), "good")
    )  # fmt: skip
    return verdict + plots.intervals(t("Share of claims that goes to a person, by group"), items, "0")


def worth_block(split: Mapping[str, float], assumed: Mapping[str, float], unit: str) -> str:
    """The calculator as HTML. ``assumed``: claims a month, minutes per check, what an hour costs."""
    sent = split["person"] + split["lot"]
    hours = assumed["claims"] * (1 - sent) * assumed["minutes"] / 60
    kpi, expected = project.facts().kpi, expected_kpi(sent)
    parts = [
        looks.tiles([
            (number(round(hours, 1)), t("hours a month not spent on routine claims"), "good"),
            (f"{count(hours * assumed['hour'])} {unit}", t("saved a month"), "good"),
            (count(assumed["claims"] * sent), t("claims a month that people look at"), "plain"),
        ]),
        looks.paragraph(t("Assumed: {claims} claims a month, all of them checked by hand today, "
                          "{minutes} {minutes:minute|minutes} "
                          "each, an hour costs {hour} {unit}. What problems cost is left out.",
                          claims=count(assumed["claims"]), minutes=number(assumed["minutes"]),
                          hour=number(assumed["hour"]), unit=unit), muted=True),
    ]  # fmt: skip
    if kpi and expected is not None:
        reached = expected <= kpi.target if kpi.target <= kpi.baseline else expected >= kpi.target
        parts.append(looks.note(
            t("“{kpi}” would go from {before} to about {after} (target: {target}), if every claim is checked by "
              "hand today.", **kpi.moved(expected)), "good" if reached else "note"))  # fmt: skip
    return "".join(parts)


def expected_kpi(sent: float) -> float | None:
    """Where the KPI goes if it counts the claims that people check."""
    kpi = project.facts().kpi
    return kpi.baseline * sent if kpi else None


def show_claims_worth(decided: Decided, rules: Rules, assumed: Mapping[str, float], unit: str) -> None:
    """What letting the routine pass is worth, in plain arithmetic."""
    looks.show(worth_block(_split(decided, rules), assumed, unit))


def record_claims(found: Claims, rules: Rules, normal: Usual, decided: Decided, tried: Tried, *,
                  groups: Sequence[Mapping[str, Any]], assumed: Mapping[str, float]) -> None:  # fmt: skip
    """Write the evidence of the rules: there is no model, and the record says so."""
    split, (_, seeds) = _split(decided, rules), tried.total
    people = found.frame.groupby("kind")["person"].nunique()
    kinds = [kind for kind in sorted(normal.middle) if people[kind] >= small_cell()]
    reasons = _reasons(decided)
    overall = [{"factor": each["rule"], "direction": "+", "weight": round(each["claims"] / len(found), 5)}
               for each in sorted(reasons, key=lambda each: -each["claims"])]  # fmt: skip
    evidence.keep(
        method="rules",
        metrics=[Metric("problems_found", FOUND_LABEL, tried.share, tried.plain_share, tried.interval)],
        checked=(seeds, seeds),
        explanation={"overall": overall, "cases": len(SEEDED), "method": _METHOD},
        fairness=_fairness(found, groups),
        value=evidence.value_of(expected_kpi(split["person"] + split["lot"]),
                                {**assumed, "decided_by_a_person": split["person"] + split["lot"]}),
        data=(found.dataset, found.rows, found.columns),
        app={
            "facts": [{"name": rule, "label": both(text)} for rule, text in RULE_NAMES.items()],
            "split": split,
            "reasons": reasons,
            "tried": _tried(tried),
            "groups": [dict(each) for each in groups],
            "rules": {"small": rules.small, "late": rules.late, "near": rules.near, "edge": round(normal.edge, 4),
                      "kinds": [{"kind": kind, "limit": rules.limits.get(kind), "middle": round(normal.middle[kind], 4),
                                 "spread": round(normal.spread[kind], 4)} for kind in kinds]},
            "assumed": dict(assumed),
        },
    )  # fmt: skip


def _fairness(found: Claims, groups: Sequence[Mapping[str, Any]]) -> dict[str, Any] | None:
    """How many claims of each group go to a person, for the evidence."""
    hidden = found.frame["group"].nunique() - len(groups)
    return evidence.fairness_of(found.group, "sent", {each["group"]: tuple(each["count"]) for each in groups}, hidden)
