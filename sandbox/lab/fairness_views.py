"""What the fairness step and its app part show: shares per group, differences with intervals, what a threshold does."""

from __future__ import annotations

import json
from typing import Any

from sandbox.core.fairness import Gap
from sandbox.lab import app_parts, controls, looks, places, plots, saving
from sandbox.lab.app import App
from sandbox.lab.evaluation import Counts
from sandbox.lab.fairness import Fairness
from sandbox.lab.looks import ACCENT, ALERT, CALM, INK, MUTED
from sandbox.lab.project import wording
from sandbox.lab.words import count, named, percent, points, t

_TONES = (ACCENT, ALERT, CALM, INK)
_UP_TO = 60  # per cent, the highest threshold of the chart


def show_fairness(fair: Fairness | None, labels: dict[str, str]) -> None:
    """Whether the groups are treated alike at the threshold, in words and figures."""
    looks.show(fairness_block(fair, fair.threshold if fair else 0.5, labels))


def show_fairness_slider(app: App) -> None:
    """The same in an app: move the threshold and see what it does to each group."""
    from IPython.display import display

    fair = _saved()
    if fair is None:
        looks.show(fairness_block(None, app.threshold, app.labels))
        return
    first = round(100 * app.threshold)
    moved = controls.slider(t("Warn from this risk on (%)"), first, 1, max(_UP_TO, first), 1)
    answer = controls.html()

    def update() -> None:
        threshold = controls.number_from(moved.value, 1, 95, first) / 100
        answer.value = app_parts.guarded(lambda: looks.page(looks.card(fairness_block(fair, threshold, app.labels))))

    controls.live({"threshold": moved}, update)
    display(controls.column([controls.grid([moved]), answer]))


def _saved() -> Fairness | None:
    try:
        written = json.loads((places.published_folder() / saving.EVIDENCE).read_text(encoding="utf-8"))
        return Fairness.from_json(written["fairness"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def fairness_block(fair: Fairness | None, threshold: float, labels: dict[str, str]) -> str:
    """Verdict, shares per group, differences, the threshold's effect and what stands in for the group, as HTML."""
    if fair is None:
        return looks.note(t("No column with groups of people is mapped, so nothing was said about fairness."), "note",
                          t("Choose one in the form, for example gender or age band."))  # fmt: skip
    if len(fair.groups) < 2:
        return looks.note(t("There are not two groups that are large enough to be compared."), "note",
                          t("Take together small groups, or use a larger dataset."))  # fmt: skip
    gaps = fair.gaps(threshold)
    parts = [verdict(fair, gaps), looks.bullets([gap_text(gap) for gap in gaps if gap.clear])]
    charts = looks.pair(_differences(gaps), _by_threshold(fair, threshold))
    parts += [_table(fair, threshold), charts, _stand_ins(fair, labels)]
    if fair.hidden:
        parts.append(
            looks.paragraph(t("Groups that are too small to be compared: {hidden}.", hidden=fair.hidden), True)
        )
    return "".join(parts)


def verdict(fair: Fairness, gaps: list[Gap]) -> str:
    """Whether a clear difference was found; and if not, what could not have been seen."""
    if any(gap.clear for gap in gaps):
        return looks.note(
            t("The groups by “{column}” are not treated alike.", column=fair.title),
            "bad",
            t("Look at what stands in for the group below: leave it out in the form, try another threshold, "
              "and let whoever decides know."),
        )  # fmt: skip
    if not gaps:
        return looks.note(t("There are too few cases in each group to compare them."), "note")
    blurred = max(gap.blurred for gap in gaps)
    return looks.note(
        t("No clear difference between the groups by “{column}” at this threshold. That proves nothing: differences "
          "of less than about {points} points cannot be seen with so few cases.",
          column=fair.title, points=round(100 * blurred)), "good")  # fmt: skip


def _named(measure: str) -> str:
    return {"selection": t("warned about"), "found": t("rightly warned about"), "wrongly": t("wrongly warned about")}[
        measure
    ]


def gap_text(gap: Gap) -> str:
    """One difference in words."""
    words = wording()
    fields: dict[str, Any] = {
        "many": words.many, "happens": words.happens, "group": gap.group, "here": round(100 * gap.here),
        "others": round(100 * gap.others), "low": points(gap.low), "high": points(gap.high),
    }  # fmt: skip
    if gap.measure == "found":
        return t("Of 100 {many} of “{group}” that {happens}, the warning finds {here}; of 100 others {others} "
                 "(difference {low} to {high} points).", **fields)  # fmt: skip
    if gap.measure == "wrongly":
        return t("Of 100 {many} of “{group}” with a good end, {here} are warned about wrongly; of 100 others {others} "
                 "(difference {low} to {high} points).", **fields)  # fmt: skip
    return t("Of 100 {many} of “{group}”, {here} are warned about; of 100 others {others} "
             "(difference {low} to {high} points).", **fields)  # fmt: skip


def _rates(counts: Counts) -> list[str]:
    well = counts.cases - counts.happened
    return [
        percent(counts.warned / max(1, counts.cases)),
        percent(counts.recall),
        percent((counts.warned - counts.right) / max(1, well)),
    ]


def _table(fair: Fairness, threshold: float) -> str:
    words = wording()
    header = [fair.title, words.many, words.happens, *map(_named, ("selection", "found", "wrongly"))]
    rows = [
        [group, count(c.cases), percent(c.happened / max(1, c.cases)), *_rates(c)]
        for group, c in fair.at(threshold).items()
    ]
    return looks.table(header, rows, [False, True, True, True, True, True])


def _differences(gaps: list[Gap]) -> str:
    items = [
        plots.Interval(named(gap.group, _named(gap.measure)), gap.here - gap.others, gap.low, gap.high,
                       f"{points(gap.low)} … {points(gap.high)}", ALERT if gap.clear else MUTED)
        for gap in gaps
    ]  # fmt: skip
    title = t("Difference to all others in percentage points, with its interval")
    return plots.intervals(title, items, t("no difference")) if items else ""


def _by_threshold(fair: Fairness, threshold: float) -> str:
    places = list(range(1, _UP_TO + 1))
    drawn = []
    for tone, (group, curve) in zip(_TONES, fair.groups.items(), strict=False):
        counts = [curve.at(place / 100) for place in places]
        shares = [100 * (c.warned - c.right) / max(1, c.cases - c.happened) for c in counts]
        drawn.append(plots.Line(group, shares, tone))
    mark = (min(_UP_TO, max(1, round(100 * threshold))) - 1, t("now {amount}", amount=percent(threshold)))
    title = t("Wrongly warned about (%), by the risk from which on is warned")
    return plots.lines(title, [f"{place}%" for place in places], drawn, mark=mark)


def _stand_ins(fair: Fairness, labels: dict[str, str]) -> str:
    told = []
    for each in fair.stand_ins:
        fields = {"fact": labels.get(each.fact, each.fact), "column": fair.title}
        if each.level:
            told.append(t("“{fact}” stands in for “{column}”: where it is “{level}”, {share} are “{group}” "
                          "({average} on average).", level=each.level, group=each.group, share=percent(each.share),
                          average=percent(each.average), **fields))  # fmt: skip
        else:
            told.append(t("“{fact}” stands in for “{column}”: it tells much about the group.", **fields))
    if not told:
        return looks.paragraph(t("No fact tells much about the group."), True)
    return looks.heading(t("What stands in for the group")) + looks.bullets(told)
