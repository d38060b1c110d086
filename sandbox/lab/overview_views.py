"""What a look at a table shows: how good the data are, what each column holds, and what goes together, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sandbox.lab import charts, looks
from sandbox.lab import overview as seen
from sandbox.lab.charts import Bar
from sandbox.lab.looks import ACCENT, MUTED
from sandbox.lab.overview import Overview, Picture, Relation
from sandbox.lab.words import count, number, percent, pick, t

_MOST_PICTURES, _MOST_TOLD = 12, 12

#: What can be odd about a column, in words.
REMARKS: Mapping[str, str] = {
    "missing": "“{column}” is missing in {share} of the rows.",
    "empty": "“{column}” is empty.",
    "constant": "“{column}” has the same value in every row.",
    "one": "“{column}” has nearly always the same value.",
    "many": "“{column}” has {levels} different values; rare ones are taken together.",
    "far": "“{column}” has values very far from the others. Typing errors? Another unit?",
    "text": "“{column}” is free text; it is not looked into here.",
    "id": "“{column}” is a number or name of single things; nothing can be learned from it.",
}
_KINDS: Mapping[str, str] = {
    "number": "a number", "category": "one of some kinds", "time": "a time", "id": "name of single things",
    "text": "free text", "constant": "always the same", "empty": "nothing",
}  # fmt: skip


def labels_of(found: Overview) -> dict[str, str]:
    """Column → what it is called in the reader's language."""
    return {each.name: pick(each.label) or each.name for each in found.pictures}


def show_quality_of(found: Overview) -> None:
    """How much there is, what each column is, what is missing and what is odd."""
    told = list(found.notes)
    if found.copies:
        told.append(
            t("{rows} {rows:row|rows} {rows:repeats|repeat} an earlier row in every column.", rows=count(found.copies))
        )
    told += remarks(found)
    rows = [
        [pick(each.label), t(_KINDS.get(each.kind, each.kind)), percent(each.missing), count(each.distinct)]
        for each in found.pictures
    ]
    header = [t("column"), t("what it is"), t("missing"), t("different values")]
    looks.show(
        tiles(found),
        looks.bullets(told) or looks.note(t("Nothing is missing and nothing had to be left out."), "good"),
        looks.table(header, rows, [False, False, True, True]),
    )


def tiles(found: Overview) -> str:
    """How much there is, as HTML."""
    holes = sum(each.missing for each in found.pictures) / max(1, len(found.pictures))
    return looks.tiles([
        (count(found.rows), t("rows"), "plain"),
        (count(found.units), t("different units"), "plain"),
        (count(len(found.pictures)), t("columns"), "plain"),
        (percent(holes), t("of all cells are empty"), "plain" if holes < 0.05 else "bad"),
    ])  # fmt: skip


def remarks(found: Overview) -> list[str]:
    """What is odd about the columns, in words."""
    return [t(REMARKS[key], column=pick(each.label), share=percent(each.missing), levels=count(each.distinct))
            for each in found.pictures for key in each.remarks if key in REMARKS]  # fmt: skip


def show_columns(found: Overview, first: str = "") -> None:
    """What the columns hold, as pictures: the column ``first`` before the others, a dozen at most."""
    drawn = sorted((each for each in found.pictures if each.bars), key=lambda each: each.name != first)
    if not drawn:
        looks.show(looks.note(t("No column has numbers or kinds that could be drawn."), "note"))
        return
    shown = drawn[:_MOST_PICTURES]
    rest = len(drawn) - len(shown)
    more = looks.paragraph(t("{rest} more columns are in the app part below.", rest=rest), True) if rest else ""
    looks.show(looks.pair(*(picture(each) for each in shown)), more)


def picture(each: Picture) -> str:
    """One column as a chart with a word on its middle, as HTML."""
    hidden = (
        looks.paragraph(t("Not shown because too few units have them: {hidden}.", hidden=count(each.hidden)), True)
        if each.hidden
        else ""
    )
    if each.kind != "number":
        bars = [Bar(str(level), share, percent(share)) for level, _, share in each.bars]
        return charts.bars(pick(each.label), bars) + hidden
    largest = max((share for *_, share in each.bars), default=0.0)
    items = [
        Bar(_edge(each, low, high), share, percent(share), ACCENT if share == largest else MUTED)
        for low, high, share in each.bars
    ]
    middle = t("The middle is {middle}; nine of ten lie between {low} and {high}.", middle=number(each.middle or 0.0),
               low=number(each.low or 0.0), high=number(each.high or 0.0))  # fmt: skip
    return charts.histogram(pick(each.label), items) + looks.paragraph(middle, True) + hidden


def _edge(each: Picture, low: float | str, high: float | str) -> str:
    """The band's name; a single whole number where a band holds just that."""
    first, last = float(low), float(high)
    if last - first == 1 and first == int(first):
        return number(first)
    return f"{number(first)}–{number(last)}"


def show_relations(found: Overview, first: str = "") -> None:
    """What goes together, in words, strongest first; those of the column ``first`` before all others."""
    looks.show(relations_block(found, first))


def relations_block(found: Overview, first: str = "", only: bool = False) -> str:
    """The relations as HTML; with ``only`` just those of the column ``first``."""
    labels = labels_of(found)
    if not found.searched:
        return looks.note(t("There are too few rows or columns to look for what goes together."), "note",
                          t("At least {least} rows and two columns are needed.", least=seen.FEWEST_ROWS))  # fmt: skip
    chosen = found.of(first) if only else sorted(found.relations, key=lambda each: first not in _pair(each))
    if not chosen:
        return looks.note(t("Nothing goes together so clearly that it was found in both halves of the data."), "note")
    shown = list(chosen)[:_MOST_TOLD]
    bars = [Bar(" · ".join(labels.get(name, name) for name in _pair(each)), each.strength, f"{each.strength:.2f}",
                ACCENT if each.strength >= seen.CLEAR else MUTED) for each in shown]  # fmt: skip
    told = [relation_text(each, labels) for each in shown]
    return (
        looks.pair(looks.bullets(told), charts.bars(t("How much they go together (0 nothing, 1 one tells the other)"),
                                                    bars))
        + looks.paragraph(t("{pairs} pairs of columns were compared. What is listed was found in one half of the data "
                            "and found again in the other. Going together does not mean that one causes the other.",
                            pairs=count(found.searched)), True)
    )  # fmt: skip


def _pair(each: Relation) -> Sequence[str]:
    return each.first, each.second


def relation_text(each: Relation, labels: Mapping[str, str]) -> str:
    """One relation in words."""
    first, second = (labels.get(name, name) for name in _pair(each))
    if each.strength >= seen.SAME:
        return t("“{first}” and “{second}” say nearly the same.", first=first, second=second)
    if each.kind == "numbers":
        if each.direction == "+":
            return t("The more “{first}”, the more “{second}”.", first=first, second=second)
        if each.direction == "-":
            return t("The more “{first}”, the less “{second}”.", first=first, second=second)
        return t("“{first}” and “{second}” go together, but in no single direction.", first=first, second=second)
    if each.level and each.kind == "mixed":
        return t("“{first}” is highest where “{second}” is “{level}” (the middle is {high}) and lowest where it is "
                 "“{other}” ({low}).", first=first, second=second, level=each.level, other=each.other,
                 high=number(each.high), low=number(each.low))  # fmt: skip
    if each.level:
        return t("Where “{first}” is “{level}”, “{second}” is “{other}” in {high} of the rows ({low} on average).",
                 first=first, second=second, level=each.level, other=each.other, high=percent(each.high),
                 low=percent(each.low))  # fmt: skip
    return t("“{first}” and “{second}” go together.", first=first, second=second)
