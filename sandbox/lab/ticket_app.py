"""The app part of sorting tickets: purpose and check, one ticket with its words, queues, groups, what it is worth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.core.errors import BadInput
from sandbox.lab import app as frozen
from sandbox.lab import app_parts, charts, controls, evidence, looks, project, saving
from sandbox.lab import ticket_views as views
from sandbox.lab.charts import Bar
from sandbox.lab.looks import ACCENT, MUTED
from sandbox.lab.project import ProjectFacts
from sandbox.lab.tickets import MOST_LETTERS, Sorter, clean
from sandbox.lab.triage import Piece, without_each, words_for
from sandbox.lab.words import percent, safe, t, titled

_AS_PROPOSED = ""
_LETTERS_EXPLAINED = 600
_MARKED = 4
#: Fewest letters that can be sorted: less says nothing.
_FEWEST_LETTERS = 4


@dataclass(frozen=True)
class TicketsApp:
    """A loaded app: the model and what publication froze of its check. No single ticket."""

    project: ProjectFacts
    part: Mapping[str, Any] = field(repr=False)
    sorter: Sorter = field(repr=False)
    assumed: Mapping[str, float]

    @property
    def figures(self) -> Mapping[str, Any]:
        figures: Mapping[str, Any] = self.part["figures"]
        return figures


def open_tickets() -> TicketsApp:
    """Load model and evidence. Raises BadInput, in words, when one of them is missing or unreadable."""
    part = evidence.app_part()
    try:
        meaning = {str(label): (str(pair[0]), str(pair[1])) for label, pair in part["meaning"].items()}
        queues, levels = tuple(map(str, part["queues"])), tuple(map(str, part["levels"]))
        views.point_at(part["figures"]["curve"], views.certain_from(part["assumed"]))
        if len(queues) < 2 or not meaning or part["figures"]["tickets"] < 1:
            raise KeyError("queues")
    except (KeyError, TypeError, ValueError, IndexError, AttributeError):
        raise BadInput(
            "There is no saved result yet, or it cannot be read.", "Run the steps above first: they fit and save it."
        ) from None
    sorter = Sorter(saving.load_model(), meaning, queues, levels)
    if not set(map(str, sorter.model.classes_)) <= set(meaning):
        raise BadInput(
            "There is no saved result yet, or it cannot be read.", "Run the steps above first: they fit and save it."
        )
    return TicketsApp(frozen.project_now(part), part, sorter, part["assumed"])


def show_tickets_purpose(app: TicketsApp) -> None:
    """Purpose, KPI, who sorts how many and how well."""
    looks.show(project.purpose(app.project), views.split_block(app.figures, views.certain_from(app.assumed)))


def show_ticket(app: TicketsApp, example: str) -> None:
    """A field for a ticket's text: where it belongs, how urgent it is, which words say so; and the last word."""
    from IPython.display import display

    queues = [(t("as proposed"), _AS_PROPOSED), *((queue, queue) for queue in app.sorter.queues)]
    inputs = {
        "text": controls.textarea(t("Text of the ticket (leave out names and numbers; nothing is kept)"), example),
        "own": controls.dropdown(t("Your decision: the queue"), queues, _AS_PROPOSED),
    }
    answer = controls.html()

    def update() -> None:
        answer.value = app_parts.guarded(lambda: ticket_answer(app, {n: c.value for n, c in inputs.items()}))

    controls.live(inputs, update)
    display(controls.column([*inputs.values(), answer]))


def ticket_answer(app: TicketsApp, values: Mapping[str, Any]) -> str:
    """Queue, urgency, reasons and who decides for one text, as HTML."""
    written = values.get("text")
    text = clean(written if isinstance(written, str) else "")[:MOST_LETTERS]
    own = controls.choice_from(values.get("own"), app.sorter.queues, _AS_PROPOSED)
    if len(text) < _FEWEST_LETTERS:
        return looks.page(looks.note(t("Write or paste the text of a ticket above."), "note"))
    chances, urgency = (each[0] for each in app.sorter.read([text]))
    queue = app.sorter.queues[int(chances.argmax())]
    certain = views.certain_from(app.assumed)
    short = text[:_LETTERS_EXPLAINED]
    pieces = words_for(app.sorter, short, 0, queue)
    known = bool(pieces)
    by_itself = known and float(chances.max()) >= certain
    return looks.page(looks.card(
        f'<div class="sb-risk"><b>{safe(own or queue)}</b></div>',
        _who(by_itself, known, float(chances.max()), certain, own, queue, _chance(app, chances, own)),
        _urgency(app, urgency),
        _chances_chart(app, chances),
        looks.heading(t("Why")) + marked(short, pieces[:_MARKED]) + _reasons(app, short, queue) if known else "",
    ))  # fmt: skip


def _chance(app: TicketsApp, chances: Any, queue: str) -> float:
    return float(chances[app.sorter.queues.index(queue)]) if queue else 0.0


def _who(by_itself: bool, known: bool, sure: float, certain: float, own: str, queue: str, chance: float) -> str:
    if own and own != queue:
        return looks.note(t("You decide: “{own}”. The model would have said “{queue}”; it gives yours {chance}.",
                            own=own, queue=queue, chance=percent(chance)), "note")  # fmt: skip
    if not known:
        return looks.note(t("A person sorts this one: it holds no word that the model knows."), "bad")
    if by_itself:
        return looks.note(t("Goes there by itself: {sure} sure, and {certain} is asked for.", sure=percent(sure),
                            certain=percent(certain)), "good")  # fmt: skip
    return looks.note(t("A person sorts this one: only {sure} sure, and {certain} is asked for.", sure=percent(sure),
                        certain=percent(certain)), "bad")  # fmt: skip


def _urgency(app: TicketsApp, chances: Any) -> str:
    if not app.sorter.levels:
        return ""
    place = int(chances.argmax())
    said = {"level": app.sorter.levels[place], "chance": percent(float(chances[place]))}
    if place == 0:
        return looks.note(t("Urgency: {level} ({chance}). Put it on top; a person looks at it first.", **said), "bad")
    return looks.paragraph(t("Urgency: {level} ({chance})", **said))


def _chances_chart(app: TicketsApp, chances: Any) -> str:
    ranked = sorted(zip(app.sorter.queues, chances.tolist(), strict=True), key=lambda pair: -pair[1])[:3]
    bars = [Bar(queue, chance, percent(chance), ACCENT if place == 0 else MUTED)
            for place, (queue, chance) in enumerate(ranked)]  # fmt: skip
    return charts.bars(t("How sure the model is"), bars)


def marked(text: str, pieces: list[Piece]) -> str:
    """The text as the model reads it, its telling words marked; as HTML."""
    made, at = [], 0
    for piece in sorted(pieces, key=lambda each: each.start):
        if piece.start >= at:
            made.append(safe(text[at : piece.start]) + f"<mark>{safe(text[piece.start : piece.end])}</mark>")
            at = piece.end
    return f"<p>{''.join(made)}{safe(text[at:])}</p>"


def _reasons(app: TicketsApp, text: str, queue: str) -> str:
    sure, without = without_each(app.sorter, text, queue)
    told = [
        t("without “{word}” it would be {chance} sure of “{queue}”", word=word, chance=percent(chance), queue=queue)
        for word, chance in without[:3]
        if chance < sure
    ]
    return looks.bullets(told) or looks.paragraph(t("No single word decides: it is all of them together."), True)


def show_ticket_queues(app: TicketsApp) -> None:
    """How well each queue is met, which words decide, and whether all groups of people are served alike."""
    looks.show(
        looks.pair(views.queues_block(app.figures["queues"]), views.words_block(app.part["words"])),
        views.groups_block(app.part["groups"]),
    )


def show_tickets_worth_slider(app: TicketsApp, unit: str) -> None:
    """The value calculator with certainty and assumptions as sliders."""
    from IPython.display import display

    assumed = app.assumed
    certain = round(100 * views.certain_from(assumed))
    inputs = {
        "certain": controls.slider(t("Without a person from this certainty on (%)"), certain, 1, 99, 1),
        **{
            name: controls.slider(title, assumed[name], 0, max(10, 5 * assumed[name]), step)
            for name, title, step in (
                ("tickets", t("Tickets a month"), 100.0),
                ("sort", t("Minutes to sort one by hand"), 0.5),
                ("lost", t("Minutes lost by a wrong queue"), 1.0),
                ("hour", titled(t("An hour costs"), unit), 5.0),
            )
        },
    }
    answer = controls.html()

    def update() -> None:
        answer.value = app_parts.guarded(lambda: tickets_worth(app, {n: c.value for n, c in inputs.items()}, unit))

    controls.live(inputs, update)
    display(controls.beside([controls.grid(list(inputs.values()))], answer))


def tickets_worth(app: TicketsApp, values: Mapping[str, Any], unit: str) -> str:
    """The calculator's answer for what a viewer set, as HTML."""
    changed = {
        name: controls.number_from(values.get(name), 0, 1e9, app.assumed[name])
        for name in ("tickets", "sort", "lost", "hour")
    }
    changed["certain"] = controls.number_from(values.get("certain"), 1, 99, 100 * views.certain_from(app.assumed))
    return looks.page(looks.card(views.triage_worth_block(app.figures, changed, unit),
                                 views.split_block(app.figures, changed["certain"] / 100)))  # fmt: skip
