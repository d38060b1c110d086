"""Sends to a person: groups of people who are not treated alike, and silence about it where people are concerned.

The notebook records counts per group; the differences are worked out here, so that a record cannot call itself fair.
Nothing recorded is a finding wherever the template decides about people, or a model learned what people are like.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from sandbox.checks.facts import Facts, finite
from sandbox.core.fairness import MATTERS, TELLS, Gap, Recorded, read_recorded
from sandbox.core.findings import Finding, Level
from sandbox.core.messages import Message

PHASE, NAME = "run", "fairness"
_MOST = 5
_PEOPLE = ("quasi", "sensitive")

_CHOOSE = Message(
    "Choose in the form a column with groups of people, such as gender or age band, and run all steps again. If the "
    "data have none, say in the note why nobody can be treated worse."
)
_GAPS = {
    "selection": "Of 100 of “{group}”, {here} are warned about; of 100 others {others} (difference {low} to {high} "
    "points).",
    "found": "Of 100 of “{group}” whom it happened to, {here} were warned about; of 100 others {others} (difference "
    "{low} to {high} points).",
    "wrongly": "Of 100 of “{group}” whom it did not happen to, {here} were warned about wrongly; of 100 others "
    "{others} (difference {low} to {high} points).",
    "sent": "Of 100 cases of “{group}”, {here} go to a person; of 100 others {others} (difference {low} to {high} "
    "points).",
    "hits": "Of 100 of “{group}”, {here} are served by what is offered; of 100 others {others} (difference {low} to "
    "{high} points).",
}


def check(facts: Facts) -> Iterable[Finding]:
    raw = facts.evidence.get("fairness")
    if raw is None:
        yield from _silence(facts)
        return
    found = read_recorded(raw)
    if found is None:
        yield _review(
            Message("What the notebook recorded about fairness cannot be read."),
            Message("Keep the template's step about fairness as it was, and run all steps again."),
        )
        return
    doubts = list(_doubts(facts, found))
    yield from doubts
    gaps = found.gaps
    if not gaps:
        yield _review(Message("Fewer than two groups of people are large enough to be compared."), _CHOOSE)
        return
    clear = sorted((gap for gap in gaps if gap.clear), key=lambda gap: -abs(gap.here - gap.others))
    yield from map(_gap, clear[:_MOST])
    blurred = max(gap.blurred for gap in gaps)
    if not clear and blurred > TELLS:
        yield _review(
            Message(
                "There are too few people in the groups to see whether they are treated alike: "
                "differences below {points} points cannot be seen.",
                {"points": round(100 * blurred)},
            ),
            Message("Try it on more rows before anybody relies on it."),
        )
    elif not clear and not doubts:
        fields = {"groups": len(found.counts), "bound": round(100 * MATTERS), "points": round(100 * blurred)}
        yield Finding(
            NAME,
            Level.PASS,
            Message(
                "{groups} groups of people were compared; none differs clearly by {bound} points or "
                "more. Differences below {points} points could not be seen.",
                fields,
            ),
        )


def _silence(facts: Facts) -> Iterator[Finding]:
    """Nothing recorded: fine for machines and parcels, a finding wherever people are concerned."""
    if facts.about_people:
        yield _review(
            Message("Nobody looked at whether groups of people are treated alike, and this decides about people."),
            _CHOOSE,
        )
        return
    learned = _learned_about_people(facts)
    if learned:
        yield _review(
            Message(
                "The model learned what people are like ({columns}), and nobody looked at whether groups "
                "of people are treated alike.",
                {"columns": ", ".join(learned[:5])},
            ),
            Message("Take these columns out in the form, or use a template that checks fairness."),
        )


def _learned_about_people(facts: Facts) -> list[str]:
    """Columns that describe people, as the pinned snapshots say, among those that the model learned from."""
    model = facts.evidence.get("model")
    features = model.get("features") if isinstance(model, Mapping) else None
    if not isinstance(features, list):
        return []
    about = {
        str(column.get("name"))
        for pin in facts.pins.values()
        if pin.get("personal", True)
        for column in pin.get("columns", ())
        if isinstance(column, Mapping) and column.get("class") in _PEOPLE
    }
    return [name for name in map(str, features) if name in about]


def _doubts(facts: Facts, found: Recorded) -> Iterator[Finding]:
    """What makes the record look like that of other data."""
    known = {str(column.get("name")) for pin in facts.pins.values() for column in pin.get("columns", ())}
    if found.column and found.column not in known:
        yield _review(
            Message(
                "The groups come from a column “{column}” that the pinned data do not have.", {"column": found.column}
            ),
            Message("Choose the column with the groups in the form, and run all steps again."),
        )
    rows = [finite(m.get("rows")) for m in facts.evidence.get("metrics") or () if isinstance(m, Mapping)]
    checked = max((int(row) for row in rows if row is not None), default=0)
    counted = sum(each["selection"][1] for each in found.counts.values() if "selection" in each)
    if checked and counted > checked:
        yield _review(
            Message(
                "Fairness was counted on {counted} cases, but only {checked} were checked.",
                {"counted": counted, "checked": checked},
            ),
            Message("Keep the template's step about fairness as it was, and run all steps again."),
        )


def _gap(gap: Gap) -> Finding:
    fields = {
        "group": gap.group,
        "here": round(100 * gap.here),
        "others": round(100 * gap.others),
        "low": round(100 * gap.low, 1),
        "high": round(100 * gap.high, 1),
    }
    return _review(
        Message(_GAPS[gap.measure], fields),
        Message(
            "Ask why before anybody relies on it. Take out what stands in for the group, try another threshold, or "
            "let a person decide these cases."
        ),
    )


def _review(message: Message, remedy: Message) -> Finding:
    return Finding(NAME, Level.REVIEW, message, remedy)
