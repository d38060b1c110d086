"""What the steps of sorting tickets show: data, check, words, groups, worth. And their evidence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sandbox.lab import charts, evidence, looks, plots, project, saving
from sandbox.lab.charts import Bar
from sandbox.lab.evaluation import Metric
from sandbox.lab.looks import ACCENT, ALERT, CALM
from sandbox.lab.project import wording
from sandbox.lab.tables import small_cell
from sandbox.lab.tickets import TEXT, Tickets
from sandbox.lab.triage import Telling, Triage
from sandbox.lab.words import both, count, listed, number, percent, t

_METHOD = "weights of short runs of letters, by word; for one ticket the words are taken out one by one"
_MOST_SHOWN = 12
_WORDS_EACH = 4
_FEWEST_OF_GROUP = 50


def show_tickets(found: Tickets) -> None:
    """A look at the tickets before any model: how many, in which queues, how urgent, what is left out."""
    least, queue = small_cell(), found.column("queue")
    bars = []
    for name in found.queues[:_MOST_SHOWN]:
        own = int((queue == name).sum())
        bars.append(Bar(name, own, count(own) if own >= least else f"< {least}"))
    tiles: list[Any] = [
        (count(len(found)), wording().many, "plain"),
        (count(found.units), wording().units, "plain"),
        (count(len(found.queues)), t("queues"), "plain"),
    ]
    if found.levels:
        urgent = float((found.column("urgency") == found.levels[0]).mean())
        tiles.append((percent(urgent), t("are “{level}”", level=found.levels[0]), "plain"))
    same = 1 - len(set(found.texts)) / len(found)
    told = [*found.notes]
    if same > 0.2:
        told.append(t("{share} of the texts are the same as another one.", share=percent(same)))
    if found.time is None:
        told.append(t("No time is mapped, so the check cannot say whether it also works on later tickets."))
    looks.show(
        looks.tiles(tiles),
        looks.bullets(told) or looks.note(t("Nothing is missing and nothing had to be left out."), "good"),
        charts.bars(t("Tickets by queue"), bars),
    )


# --- how good it is ---------------------------------------------------------------------------------------------------


def certain_from(assumed: Mapping[str, float]) -> float:
    """From which certainty on (0–1) sorting without a person pays: where a wrong queue costs what sorting by hand does.

    ``assumed``: ``certain`` in % (0: by the assumptions), ``sort`` and ``lost`` in minutes.
    """
    if assumed["certain"] > 0:
        return min(0.99, assumed["certain"] / 100)
    return min(0.99, max(0.0, 1 - assumed["sort"] / max(assumed["lost"], 0.1)))


def point_at(curve: Sequence[Sequence[int]], certain: float) -> tuple[int, int]:
    """(sorted without a person, of these rightly) at the nearest certainty that is kept; nobody where none is kept."""
    wanted = round(100 * certain)
    if not curve:
        return 0, 0
    _, by_itself, right = min(curve, key=lambda row: (abs(row[0] - wanted), row[0]))
    return int(by_itself), int(right)


def show_triage(judged: Triage, assumed: Mapping[str, float]) -> None:
    """The model beside the filter, what it means at the chosen certainty, and the queues."""
    figures = judged.figures
    better = judged.queue.better
    words = [t("“{queue}”: {words}", queue=queue, words=listed(w) or "–") for queue, w in judged.rules.items()]
    verdict = (
        looks.note(t("The model sorts better than a filter of three words per queue."), "good")
        if better
        else looks.note(t("The model does not sort clearly better than a filter of three words per queue."), "bad",
                        t("Set up the filter instead: its words stand below."))
    )  # fmt: skip
    rows = [_metric_row(metric) for metric in (judged.queue, judged.urgency) if metric]
    looks.show(
        verdict,
        looks.table([t("on held-out tickets"), t("model"), t("95% interval"), t("filter")], rows,
                    [False, True, True, True]),
        split_block(figures, certain_from(assumed)),
        queues_block(figures["queues"]),
        looks.heading(t("The filter’s words")) + looks.bullets(words[:_MOST_SHOWN]),
        looks.paragraph(judged.split, muted=True),
    )  # fmt: skip


def _metric_row(metric: Metric) -> list[str]:
    low, high = metric.interval
    return [t(metric.label), percent(metric.model), f"{percent(low)} – {percent(high)}", percent(metric.baseline)]


def split_block(figures: Mapping[str, Any], certain: float) -> str:
    """Who sorts how many at a certainty, and how well; as HTML."""
    by_itself, right = point_at(figures["curve"], certain)
    share, well = by_itself / max(1, figures["tickets"]), right / max(1, by_itself)
    tiles: list[Any] = [
        (percent(share), t("go to their queue without a person"), "good" if share > 0.5 else "plain"),
        (percent(1 - share), t("go to a person, who sorts them"), "plain"),
        (percent(well), t("of those without a person are in the right queue"), "good" if well > 0.9 else "bad"),
    ]
    told = [t("A ticket goes by itself if the model is at least {certain} sure of the queue.",
              certain=percent(certain))]  # fmt: skip
    if urgency := figures.get("urgency"):
        told.append(t("Of 100 tickets that are “{level}”, about {found} are put on top; of 100 put on top, {true} are.",
                      level=urgency["level"], found=round(100 * urgency["found"]),
                      true=round(100 * urgency["true"])))  # fmt: skip
    return looks.tiles(tiles) + looks.bullets(told) + _certainty_chart(figures, certain)


def _certainty_chart(figures: Mapping[str, Any], certain: float) -> str:
    curve, total = figures["curve"], max(1, figures["tickets"])
    if len(curve) < 2:
        return ""
    places = [row[0] for row in curve]
    now = min(range(len(places)), key=lambda at: abs(places[at] - round(100 * certain)))
    drawn = [
        plots.Line(t("without a person"), [100 * row[1] / total for row in curve], ACCENT),
        plots.Line(t("of these rightly"), [100 * row[2] / max(1, row[1]) for row in curve], CALM),
    ]
    mark = (now, t("now {amount}", amount=percent(places[now] / 100)))
    return plots.lines(t("Share of tickets (%), by the certainty that is asked for"),
                       [f"{place}%" for place in places], drawn, mark=mark)  # fmt: skip


def queues_block(queues: Sequence[Sequence[Any]]) -> str:
    """How well each queue is met, as HTML; queues of too few people are not shown."""
    ranked = sorted(queues, key=lambda row: row[2])[:_MOST_SHOWN]
    bars = [Bar(str(name), share, percent(share), CALM if share >= 0.9 else ALERT if share < 0.7 else ACCENT,
                t("{count} tickets checked", count=count(size))) for name, size, share in ranked]  # fmt: skip
    return charts.bars(t("In the right queue at once, by queue"), bars) if bars else ""


# --- words ------------------------------------------------------------------------------------------------------------


def words_by_name(words: Sequence[Telling], names: Sequence[str]) -> list[list[Any]]:
    """[name, its strongest words]: some Chinese and some Latin ones, none inside another."""
    made = []
    for name in names:
        kept: dict[bool, list[str]] = {True: [], False: []}
        for each in words:
            chosen = kept[each.word.isascii()]
            inside = any(each.word in other or other in each.word for other in chosen)
            if each.name == name and len(each.word) > 2 - (not each.word.isascii()) and not inside:
                chosen.append(each.word)
        made.append([name, [*kept[False][:_WORDS_EACH], *kept[True][:_WORDS_EACH]]])
    return made


def show_words(words: tuple[list[Telling], list[Telling]], found: Tickets) -> None:
    """Which words decide, for every queue and level of urgency."""
    looks.show(words_block(_told(words, found)))


def _told(words: tuple[list[Telling], list[Telling]], found: Tickets) -> dict[str, Any]:
    return {"queues": words_by_name(words[0], found.queues), "levels": words_by_name(words[1], found.levels)}


def words_block(words: Mapping[str, Any]) -> str:
    """The telling words in two small tables, as HTML."""
    parts = []
    for key, title in (("queues", t("queue")), ("levels", t("urgency"))):
        rows = [[name, listed(found) or "–"] for name, found in words[key]]
        if rows:
            parts.append(looks.table([title, t("words that speak for it")], rows, [False, False]))
    least = t("Only words that at least {least} people wrote are shown and kept.", least=small_cell())
    return "".join(parts) + looks.paragraph(least, muted=True)


# --- groups of people -------------------------------------------------------------------------------------------------


def show_groups_served(judged: Triage, check: Tickets, assumed: Mapping[str, float]) -> list[dict[str, Any]]:
    """Whether all groups of people are served alike; returns the groups that are large enough to be shown."""
    from sandbox.lab.offers import interval

    groups, certain = [], certain_from(assumed)
    for name in sorted(set(check.column("group").tolist()) - {""}):
        own = check.column("group") == name
        if own.sum() >= _FEWEST_OF_GROUP and len(set(check.unit[own].tolist())) >= small_cell():
            low, high = interval(judged.right[own])
            groups.append({"group": str(name), "tickets": int(own.sum()),
                           "share": round(float(judged.right[own].mean()), 4), "low": round(low, 4),
                           "high": round(high, 4), "average": round(float(judged.right.mean()), 4),
                           "sent": round(float((judged.sure[own] < certain).mean()), 4),
                           "count": [int((judged.sure[own] < certain).sum()), int(own.sum())]})  # fmt: skip
    looks.show(groups_block(groups[:_MOST_SHOWN]))
    return groups[:_MOST_SHOWN]


def groups_block(groups: Sequence[Mapping[str, Any]]) -> str:
    """Rightly sorted and sent to a person per group, as HTML."""
    if len(groups) < 2:
        return looks.note(t("No column says which group a person belongs to, or the groups are too small."), "note")
    worse = [str(each["group"]) for each in groups if each["high"] < each["average"]]
    verdict = (
        looks.note(t("Tickets of these groups reach the right queue clearly less often: {groups}. Let a person sort "
                     "theirs, or collect more of them to learn from.", groups=listed(worse)), "bad")
        if worse
        else looks.note(t("No group’s tickets reach the right queue clearly less often than the average."), "good")
    )  # fmt: skip
    bars = [Bar(str(each["group"]), each["share"], percent(each["share"]),
                ALERT if each["high"] < each["average"] else ACCENT,
                t("between {low} and {high}; {sent} go to a person", low=percent(each["low"]),
                  high=percent(each["high"]), sent=percent(each["sent"]))) for each in groups]  # fmt: skip
    return verdict + charts.bars(t("Right queue at once, by group of people"), bars)


# --- worth ------------------------------------------------------------------------------------------------------------


def show_triage_worth(judged: Triage, assumed: Mapping[str, float], unit: str) -> None:
    """What sorting without a person is worth, in plain arithmetic."""
    looks.show(triage_worth_block(judged.figures, assumed, unit))


def triage_worth_block(figures: Mapping[str, Any], assumed: Mapping[str, float], unit: str) -> str:
    """The calculator as HTML. ``assumed``: tickets a month, certainty in %, minutes to sort one and lost by a wrong
    queue, what an hour costs.
    """
    certain = certain_from(assumed)
    by_itself, right = point_at(figures["curve"], certain)
    total = max(1, figures["tickets"])
    saved = assumed["tickets"] * by_itself / total * assumed["sort"] / 60
    lost = assumed["tickets"] * (by_itself - right) / total * assumed["lost"] / 60
    net = (saved - lost) * assumed["hour"]
    kpi, expected = project.facts().kpi, expected_kpi(figures, certain)
    parts = [
        looks.tiles([
            (f"{count(net)} {unit}", t("saved a month, after what wrong queues cost"), "good" if net > 0 else "bad"),
            (number(round(saved, 1)), t("hours of sorting saved a month"), "plain"),
            (number(round(lost, 1)), t("hours lost by wrong queues a month"), "plain"),
        ]),
        looks.paragraph(t("Assumed: {tickets} tickets a month, {sort} {sort:minute|minutes} to sort one "
                          "by hand, {lost} {lost:minute|minutes} lost "
                          "when one lands in a wrong queue, an hour costs {hour} {unit}; a ticket goes by itself from "
                          "{certain} on. People sort wrongly, too; that is left out.",
                          tickets=count(assumed["tickets"]), sort=number(assumed["sort"]),
                          lost=number(assumed["lost"]), hour=number(assumed["hour"]), unit=unit,
                          certain=percent(certain)), muted=True),
    ]  # fmt: skip
    if kpi and expected is not None:
        reached = expected <= kpi.target if kpi.target <= kpi.baseline else expected >= kpi.target
        parts.append(looks.note(
            t("“{kpi}” would go from {before} to about {after} (target: {target}), if every ticket is sorted by "
              "hand today.", **kpi.moved(expected)), "good" if reached else "note"))  # fmt: skip
    return "".join(parts)


def expected_kpi(figures: Mapping[str, Any], certain: float) -> float | None:
    """Where the KPI goes if it counts the tickets that people sort."""
    kpi = project.facts().kpi
    by_itself, _ = point_at(figures["curve"], certain)
    return kpi.baseline * (1 - by_itself / max(1, figures["tickets"])) if kpi else None


# --- evidence ---------------------------------------------------------------------------------------------------------


def save_sorter(model: Any, words: Mapping[str, Any]) -> None:
    """Save ``model`` with a sample of made-up texts: telling words of every queue, never somebody's own sentences."""
    import pandas as pd

    levels = [found for _, found in words["levels"]] or [[]]
    texts = [" ".join([*found[place:], *level[:1]]) for _, found in words["queues"] for level in levels
             for place in (0, 1)]  # fmt: skip
    kept = list(dict.fromkeys(text for text in texts if text.strip()))[: saving.SAMPLE_ROWS]
    saving.save_labelled(model, pd.DataFrame({TEXT: kept or ["-"]}))


def record_triage(model: Any, found: Tickets, judged: Triage, words: tuple[list[Telling], list[Telling]], *,
                  groups: Sequence[Mapping[str, Any]], assumed: Mapping[str, float]) -> None:  # fmt: skip
    """Write the evidence: no ticket is in it, only words that enough people wrote."""
    told = _told(words, found)
    save_sorter(model, told)
    strongest = sorted([*words[0], *words[1]], key=lambda each: -each.weight)[:_MOST_SHOWN]
    figures, certain = judged.figures, certain_from(assumed)
    by_itself, _ = point_at(figures["curve"], certain)
    sent = round(1 - by_itself / max(1, figures["tickets"]), 4)
    evidence.keep(
        method="model",
        metrics=[metric for metric in (judged.queue, judged.urgency) if metric],
        checked=(len(judged.right), judged.units),
        explanation={
            "overall": [{"factor": f"{each.word} → {each.name}", "direction": "+", "weight": round(each.weight, 5)}
                        for each in strongest],
            "cases": min(len(judged.right), 3),
            "method": _METHOD,
        },
        value=evidence.value_of(expected_kpi(figures, certain), {**assumed, "sorted_by_a_person": sent}),
        data=(found.dataset, found.rows_in_data, found.columns),
        fairness=evidence.fairness_of(found.names.get("group", ""), "sent",
                                      {each["group"]: tuple(each["count"]) for each in groups},
                                      len(set(found.column("group").tolist()) - {""}) - len(groups)),
        app={
            "facts": [{"name": TEXT, "label": both("Text of the ticket")}],
            "figures": dict(figures), "words": told, "groups": [dict(each) for each in groups],
            "meaning": {label: list(pair) for label, pair in found.meaning.items()}, "queues": list(found.queues),
            "levels": list(found.levels), "assumed": dict(assumed),
        },
        model=model,
    )  # fmt: skip
