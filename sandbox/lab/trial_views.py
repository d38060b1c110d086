"""What the steps of a test show: the lot, the plan, the reading, groups of people, worth. And its evidence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sandbox.lab import columns as find
from sandbox.lab import evidence, experiment, looks, pins, plots, project
from sandbox.lab.evaluation import Metric
from sandbox.lab.experiment import Effect, Reading, Segment, Trial
from sandbox.lab.looks import ALERT, CALM, MUTED
from sandbox.lab.project import wording
from sandbox.lab.tables import small_cell
from sandbox.lab.words import both, count, language, listed, minus, named, number, percent, t

OUTCOME_LABEL = "Outcome with the change, beside without it"
_METHOD = "difference per group of people, intervals widened for the number of groups (Bonferroni)"


def amount_text(value: float, share: bool) -> str:
    """An outcome as people write it: a share in per cent, or an amount."""
    return f"{100 * value:.1f}%" if share else number(value)


def gap_text(value: float, share: bool) -> str:
    """A difference with its sign: percentage points, or an amount."""
    return minus(f"{100 * value:+.1f}" if share else f"{value:+,.1f}")


def show_trial(found: Trial) -> None:
    """A look at the data before any result: how many, how they were split, how long it ran, what is left out."""
    without, with_ = found.sizes
    tiles: list[Any] = [
        (count(without + with_), wording().units, "plain"),
        (count(without), t("without: {variant}", variant=found.control), "plain"),
        (count(with_), t("with: {variant}", variant=found.change), "plain"),
    ]
    if (days := found.days) is not None:
        tiles.append((count(days), t("days from the first entry to the last"), "plain"))
    told = list(found.notes)
    if not found.segments:
        told.append(t("No column groups people, so the effect is the same for all or unknown."))
    looks.show(looks.tiles(tiles), looks.bullets(told) or looks.note(t("Nothing had to be left out."), "good"))


def show_lot(found: Trial, reading: Reading) -> None:
    """Whether the groups are as large as the lot should have made them, and whether there are enough."""
    small = min(found.sizes)
    looks.show(
        looks.note(
            t("The groups are not as large as the lot should have made them (chance of this: {chance}). Something went "
              "wrong in assigning people; the result must not be used.", chance=f"{reading.chance:.1g}"), "bad",
            t("Find out who is missing: people who never saw the page, robots, a broken link in one variant."))
        if reading.uneven
        else looks.note(t("The groups are as large as the lot makes them (chance of this split: {chance}).",
                          chance=percent(reading.chance)), "good"),
        looks.note(
            t("The plan was {planned} units in each group; there are {small}. The test may be read.",
              planned=count(reading.planned), small=count(small)), "good")
        if reading.ready
        else looks.note(
            t("The plan is {planned} units in each group; so far there are {small}. Do not read the test yet: whoever "
              "looks early and stops when it looks good finds effects that are not there.",
              planned=count(reading.planned), small=count(small)), "bad",
            t("Wait. Until then only the wide interval below may be looked at.")),
    )  # fmt: skip


def show_reading(found: Trial, reading: Reading) -> None:
    """The effect with its interval, in words; before its time only the interval that may be looked at."""
    parts = [reading_block(_figures(found, reading))]
    if curve := experiment.by_day(found):
        days = [day for day, *_ in curve]
        by = 100 if found.share else 1
        band = [low * by for _, _, low, _ in curve], [high * by for *_, high in curve]
        title = t("Difference so far, with the interval that may be looked at any time")
        if found.share:
            title = t("Difference so far, in percentage points, with the interval that may be looked at any time")
        none = plots.Line(t("no difference"), [0.0] * len(days), MUTED, True)
        parts.append(
            plots.lines(title, days, [none, plots.Line(t("difference"), [g * by for _, g, *_ in curve])], band)
        )
    looks.show(*parts)


def _figures(found: Trial, reading: Reading) -> dict[str, Any]:
    """What of a reading is kept and shown: shares and intervals, never single outcomes."""
    return {
        "verdict": reading.verdict,
        "share": found.share,
        "control": found.control,
        "change": found.change,
        "without": reading.effect.without,
        "with": reading.effect.with_,
        "low": reading.effect.low,
        "high": reading.effect.high,
        "early": list(reading.sequence),
        "sizes": list(found.sizes),
        "planned": reading.planned,
        "chance": reading.chance,
        "spread": reading.spread,
    }


def reading_block(figures: Mapping[str, Any]) -> str:
    """The verdict in words, with the figures that may be seen, as HTML."""
    share, verdict = bool(figures["share"]), str(figures["verdict"])
    without, with_ = float(figures["without"]), float(figures["with"])
    ready = verdict in ("works", "harms", "unclear")
    low, high = (figures["low"], figures["high"]) if ready else figures["early"]
    unit = " " + t("points") if share else ""
    between = t("between {low} and {high}", low=gap_text(low, share), high=gap_text(high, share) + unit)
    told = {
        "broken": t("The lot was broken: there is no result."),
        "wait": t("It is too early to read the test. The difference lies {between}, and zero is among that.",
                  between=between),
        "early": t("It is early, but even the wide interval leaves zero out: the difference lies {between}.",
                   between=between),
        "works": t("The change works: with it the outcome is higher, {between}.", between=between),
        "harms": t("The change harms: with it the outcome is lower, {between}.", between=between),
        "unclear": t("No clear effect: the difference lies {between}, and zero is among that. That is a result too.",
                     between=between),
    }  # fmt: skip
    tone: Any = {"works": "good", "unclear": "note", "early": "note", "wait": "note"}.get(verdict, "bad")
    if verdict == "broken":
        return looks.note(told[verdict], tone)
    tiles: list[Any] = []
    if ready:
        tiles = [
            (amount_text(without, share), t("without: {variant}", variant=figures["control"]), "plain"),
            (amount_text(with_, share), t("with: {variant}", variant=figures["change"]), "plain"),
            (gap_text(with_ - without, share) + unit, t("difference"), "good" if verdict == "works" else "plain"),
        ]
    item = plots.Interval(t("difference"), with_ - without if ready else (low + high) / 2, low, high,
                          f"{gap_text(low, share)} … {gap_text(high, share)}", CALM if low > 0 else ALERT if high < 0
                          else MUTED)  # fmt: skip
    title = t("95% interval") if ready else t("Interval that may be looked at any time")
    return looks.note(told[verdict], tone) + (looks.tiles(tiles) if tiles else "") + plots.intervals(
        title, [item], t("no difference"))  # fmt: skip


def show_segments(found: Trial, reading: Reading) -> None:
    """The effect per group of people, with intervals widened for the number of looks."""
    looks.show(segments_block([_segment(each) for each in reading.segments], found.share, reading.verdict))


def _segment(each: Segment) -> dict[str, Any]:
    return {"column": each.column, "level": each.level, "low": each.effect.low, "high": each.effect.high,
            "without": each.effect.without, "with": each.effect.with_, "sizes": list(each.effect.sizes)}  # fmt: skip


def segments_block(parts: Sequence[Mapping[str, Any]], share: bool, verdict: str) -> str:
    """Groups of people with their effects, as HTML; nothing before the test may be read."""
    if verdict in ("broken", "wait", "early"):
        return looks.note(t("Groups of people are shown when the test may be read."), "note")
    if not parts:
        return looks.note(t("No group of people is large enough to be looked at alone."), "note")
    items = []
    for part in parts:
        gap = float(part["with"]) - float(part["without"])
        tone = CALM if part["low"] > 0 else ALERT if part["high"] < 0 else MUTED
        items.append(plots.Interval(named(part["column"], part["level"]), gap, part["low"], part["high"],
                                    gap_text(gap, share), tone))  # fmt: skip
    clear = [named(p["column"], p["level"]) for p in parts if p["low"] > 0]
    none = [named(p["column"], p["level"]) for p in parts if p["low"] <= 0 <= p["high"]]
    told = []
    if clear:
        told.append(t("A clear gain for: {groups}.", groups=listed(clear, long=True)))
    if none:
        told.append(t("No clear effect for: {groups}. That may be too few people, or no effect.",
                      groups=listed(none, long=True)))  # fmt: skip
    title = t("Difference per group of people, in percentage points") if share else t("Difference per group of people")
    return looks.bullets(told) + plots.intervals(title, items, t("no difference")) + looks.paragraph(
        t("The intervals are widened, because {groups} groups are looked at: with many looks one would seem to work by "
          "chance.", groups=len(parts)), muted=True)  # fmt: skip


def counted(verdict: str, without: float, with_: float) -> float:
    """The difference that may be counted on: none unless the test could be read and is clear."""
    return with_ - without if verdict in ("works", "harms") else 0.0


def expected_kpi(verdict: str, without: float, with_: float) -> float | None:
    """Where the KPI goes if it grows as the outcome did; as it is when the test counts for nothing."""
    kpi = project.facts().kpi
    if kpi is None or not without:
        return kpi.baseline if kpi else None
    return kpi.baseline * (1 + counted(verdict, without, with_) / without)


def worth_block(figures: Mapping[str, Any], assumed: Mapping[str, float], unit: str) -> str:
    """The calculator as HTML. ``assumed``: people a month, worth of one more outcome, cost per person of the change."""
    verdict, without, with_ = str(figures["verdict"]), float(figures["without"]), float(figures["with"])
    gain = counted(verdict, without, with_)

    def month(difference: float) -> float:
        return assumed["people"] * (difference * assumed["worth"] - assumed["cost"])

    low, high = (float(figures[end]) for end in ("low", "high"))
    kpi, expected = project.facts().kpi, expected_kpi(verdict, without, with_)
    parts = [
        looks.tiles([
            (f"{count(month(gain))} {unit}", t("worth a month, after costs"), "good" if month(gain) > 0 else "bad"),
            (f"{count(month(low))} … {count(month(high))}", t("between these, by the interval"), "plain"),
        ])
        if gain
        else looks.note(t("Nothing may be counted yet: the test shows no clear effect, or may not be read."), "note"),
        looks.paragraph(
            t("Assumed: {people} people a month, one more outcome is worth {worth} {unit}, and the change costs {cost} "
              "{unit} a person.", people=count(assumed["people"]), worth=number(assumed["worth"]),
              cost=number(assumed["cost"]), unit=unit), muted=True),
    ]  # fmt: skip
    if kpi and expected is not None and gain:
        text = t(
            "“{kpi}” would go from {before} to about {after} (target: {target}), if it grows as the outcome of "
            "the test did.",
            **kpi.moved(expected),
        )  # fmt: skip
        better = expected >= kpi.target if kpi.target > kpi.baseline else expected <= kpi.target
        parts.append(looks.note(text, "good" if better else "note"))
    return "".join(parts)


def show_trial_worth(found: Trial, reading: Reading, assumed: Mapping[str, float], unit: str) -> None:
    """What rolling the change out is worth, in plain arithmetic."""
    looks.show(worth_block(_figures(found, reading), assumed, unit))


def record_trial(found: Trial, reading: Reading, *, smallest: float, power: float, per_week: float,
                 assumed: Mapping[str, float]) -> None:  # fmt: skip
    """Write the evidence of a test: there is no model, and the record says so."""
    seen: Effect = reading.effect
    metric = Metric("outcome", OUTCOME_LABEL, seen.with_, seen.without,
                    (seen.without + seen.low, seen.without + seen.high))  # fmt: skip
    parts = [_segment(each) for each in reading.segments if min(each.effect.sizes) >= small_cell()]
    whole = [{"factor": found.change, "direction": _sign(seen), "weight": round(abs(seen.difference), 5)}]
    factors = [{"factor": each.label, "direction": _sign(each.effect), "weight": round(abs(each.effect.difference), 5)}
               for each in reading.segments]  # fmt: skip
    evidence.keep(
        method="experiment",
        metrics=[metric] if reading.ready and not reading.uneven else [],
        checked=(sum(found.sizes), sum(found.sizes)),
        explanation={"overall": whole + factors, "cases": 1 + len(parts), "method": _METHOD},
        value=evidence.value_of(expected_kpi(reading.verdict, seen.without, seen.with_),
                                {"people": assumed["people"], "outcome": assumed["worth"],
                                 "change": assumed["cost"], "smallest": smallest,
                                 "power": power, "decided_by_a_person": 1.0}),
        data=(found.dataset, found.rows, found.columns),
        app={
            "reading": _figures(found, reading),
            "segments": parts,
            "labels": _labels(found),
            "plan": {"smallest": smallest, "power": power, "per_week": per_week},
            "assumed": dict(assumed),
        },
    )  # fmt: skip


def _labels(found: Trial) -> dict[str, dict[str, str]]:
    """What the columns that tell groups of people apart are called in every language, by their name here."""
    texts = pins.pin(found.dataset).texts
    called = [{tag: find.label(name, texts.get(name, {}), tag) for tag in both("")} for name in found.columns]
    return {label[language()]: label for label in called if label[language()] in found.segments}


def _sign(seen: Effect) -> str:
    return ("+" if seen.difference > 0 else "-") if seen.clear else "~"


def plan_block(base: float, smallest: float, power: float, per_week: float, share: bool, spread: float) -> str:
    """How many are needed and how long that takes, as HTML."""
    planned = experiment.needed(base, smallest, power=power, spread=None if share else spread)
    weeks = 2 * planned / per_week if per_week > 0 else float("inf")
    sizes = [smallest * factor for factor in (0.5, 0.75, 1.0, 1.5, 2.0)]
    rows = []
    for size in sizes:
        each = experiment.needed(base, size, power=power, spread=None if share else spread)
        rows.append([gap_text(size, share) + (" ◀" if size == smallest else ""), count(each),
                     number(round(2 * each / per_week, 1)) if per_week > 0 else "–"])  # fmt: skip
    return "".join([
        looks.tiles([
            (count(planned), t("people in each group"), "plain"),
            (number(round(weeks, 1)), t("weeks, with {people} people a week", people=count(per_week)), "plain"),
        ]),
        looks.paragraph(t("Fix this number before the start, and read the test once, when it is reached.")),
        looks.table([t("smallest difference that matters"), t("people in each group"), t("weeks")], rows,
                    [True, True, True]),
    ])  # fmt: skip


def show_plan(found: Trial, reading: Reading, *, smallest: float, power: float, per_week: float) -> None:
    """The plan: how many are needed for the smallest difference that matters."""
    base = reading.effect.without
    looks.show(plan_block(base, smallest, power, per_week, found.share, reading.spread))
