"""What a template needs from a table, as typed column roles; declared in the notebook, mapped in the form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sandbox.lab.columns import Column, Kind

Role = Literal[
    "unit",
    "outcome",
    "target",
    "time",
    "facts",
    "amount",
    "quantity",
    "text",
    "group",
    "item",
    "product",
    "place",
    "treatment",
]

_NAMED: tuple[Kind, ...] = ("id", "category", "text", "number")
_KINDS: dict[Role, tuple[Kind, ...]] = {
    "unit": _NAMED,
    "outcome": ("category", "number"),
    "target": ("category", "number"),
    "time": ("time",),
    "facts": ("number", "category"),
    "amount": ("number",),
    "quantity": ("number",),
    "text": ("text", "category"),
    "group": ("category",),
    "item": _NAMED,
    "product": _NAMED,
    "place": _NAMED,
    "treatment": ("category",),
}


@dataclass(frozen=True)
class Need:
    """One role. ``hints`` are words of both languages that such a column's name tends to hold, likeliest first."""

    key: str
    role: Role
    title: str
    hints: str = ""
    required: bool = True

    def fits(self, column: Column) -> bool:
        """Whether a column can play the role, judged by its kind."""
        if self.role == "outcome" and column.kind == "number":
            return column.distinct <= 20
        return column.kind in _KINDS[self.role]


def unit(key: str, title: str, hints: str = "", *, required: bool = True) -> Need:
    """Who or what each row is about; keeps one customer or machine on one side of the split."""
    return Need(key, "unit", title, hints, required)


def outcome(key: str, title: str, hints: str = "") -> Need:
    """What happened or not; the form also asks which value means yes."""
    return Need(key, "outcome", title, hints)


def target(key: str, title: str, hints: str = "", *, required: bool = False) -> Need:
    """What a question is about: a yes or no or one kind among others (the form asks which), or a number."""
    return Need(key, "target", title, hints, required)


def time(key: str, title: str, hints: str = "", *, required: bool = False) -> Need:
    """When the row was recorded; if mapped, the model learns from earlier rows and is checked on later ones."""
    return Need(key, "time", title, hints, required)


def facts(key: str, title: str, hints: str = "", *, required: bool = True) -> Need:
    """What the model may learn from, or what groups people: any number of number and category columns."""
    return Need(key, "facts", title, hints, required)


def amount(key: str, title: str, hints: str = "", *, required: bool = True) -> Need:
    """An amount of money or another measured number that is to be estimated, compared or checked."""
    return Need(key, "amount", title, hints, required)


def quantity(key: str, title: str, hints: str = "", *, required: bool = True) -> Need:
    """How many pieces: sold, ordered, made."""
    return Need(key, "quantity", title, hints, required)


def text(key: str, title: str, hints: str = "", *, required: bool = True) -> Need:
    """Free text that somebody wrote."""
    return Need(key, "text", title, hints, required)


def group(key: str, title: str, hints: str = "", *, required: bool = True) -> Need:
    """A few groups that cases fall into: a category, a kind, whether there was a promotion."""
    return Need(key, "group", title, hints, required)


def item(key: str, title: str, hints: str = "", *, required: bool = True) -> Need:
    """A single thing of which there are many, such as a part, a claim or an article that was bought."""
    return Need(key, "item", title, hints, required)


def product(key: str, title: str, hints: str = "", *, required: bool = True) -> Need:
    """What is sold or made."""
    return Need(key, "product", title, hints, required)


def place(key: str, title: str, hints: str = "", *, required: bool = True) -> Need:
    """Where it is: a shop, a region, a warehouse."""
    return Need(key, "place", title, hints, required)


def treatment(key: str, title: str, hints: str = "", *, required: bool = True) -> Need:
    """Which variant a case got in a test: the change, or things as they were."""
    return Need(key, "treatment", title, hints, required)
