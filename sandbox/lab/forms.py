"""The form: choose the dataset, map its columns, set threshold and assumptions; without writing code.

Everything is saved to ``choices.json`` at once; “See the result” runs the steps again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from sandbox.core.errors import BadInput, SandboxError
from sandbox.lab import cases, choices, controls, looks, pins, places, steps
from sandbox.lab import settings as more
from sandbox.lab.assumptions import Worth
from sandbox.lab.cases import Cases
from sandbox.lab.choices import Choices, Table
from sandbox.lab.needs import Need
from sandbox.lab.settings import Setting
from sandbox.lab.words import explain_error, percent, pick, t, titled

_NOT_USED = ""


class Form:
    """What was chosen, and the widgets to choose it with. ``choices`` is always complete for the chosen dataset."""

    def __init__(self, needs: tuple[Need, ...], worth: Worth | None, settings: tuple[Setting, ...] = ()) -> None:
        self.needs = needs
        self.settings = settings
        self._assumed = worth
        self._table: Table | None = None
        self._filling = False
        self.choices = Choices()
        self._blocked: list[str] = []
        self._take(choices.load(places.project_folder()))
        self._body: Any = None

    @property
    def threshold(self) -> float:
        """The risk from which a case is acted upon: as chosen, else the break-even of the assumptions."""
        return choices.threshold(self.choices, self._assumed)

    @property
    def worth(self) -> Worth:
        """The assumptions as chosen."""
        return (self._assumed or Worth(0, 0, 1)).updated(self.choices.worth)

    def setting(self, key: str) -> Any:
        """The value of a setting: a number, or the text of a choice."""
        return self.choices.settings[key]

    def setting_each(self, key: str) -> dict[str, float]:
        """The numbers of a setting that has one for each value of a column, by value."""
        mine = f"{key}/"
        return {name[len(mine) :]: float(v) for name, v in self.choices.settings.items() if name.startswith(mine)}

    def cases(self) -> Cases:
        """The cases that were chosen. Raises BadInput with what still stands in the way."""
        chosen, table = self.ready()
        return cases.read(chosen, self.needs, table)

    def ready(self) -> tuple[Choices, Table]:
        """What was chosen and its table. Raises BadInput with what still stands in the way."""
        if self._table is None or self._blocked:
            raise BadInput(
                "The form is not complete yet: {problems}",
                "Complete it above, then press “See the result”.",
                problems=" ".join(self._blocked) or t("no dataset can be opened."),
            )
        return self.choices, self._table

    # --- choices -------------------------------------------------------------------------------------------------

    def _take(self, wanted: Choices) -> None:
        """Complete ``wanted`` for its dataset (or the first that is pinned), keep and save it."""
        names = pins.datasets()
        if not names:
            self._blocked = [t("No dataset is pinned to this project. Add one in the portal.")]
            return
        name = wanted.dataset if wanted.dataset in names else names[0]
        try:
            if self._table is None or self._table.name != name:
                self._table = Table.of(name)
            self.choices = choices.complete(wanted, self.needs, self._table, self._assumed, self.settings)
            self._blocked = choices.problems(self.choices, self.needs, self._table)
            if places.mode() != "app":
                choices.save(self.choices, places.project_folder())
        except SandboxError as error:
            self._table, self._blocked = None, [" ".join(explain_error(error))]

    def _change(self, **changes: Any) -> None:
        """A control changed: settle the choices anew and show what follows from it."""
        if self._filling:
            return
        self._take(replace(self.choices, **changes))
        self._fill()

    # --- widgets -------------------------------------------------------------------------------------------------

    def _ipython_display_(self) -> None:
        from IPython.display import display

        self._body = controls.column([])
        self._fill()
        display(self._body)

    def _fill(self) -> None:
        """Build the controls from the choices."""
        if self._body is None:
            return
        self._filling = True
        try:
            parts = [self._dataset()]
            if self._table is not None:
                parts += self._roles(self._table)
                parts += [self._facts(self._table)] if any(n.role == "facts" for n in self.needs) else []
                parts += [*self._more(self._table), *(self._money(self._assumed) if self._assumed else [])]
            self._body.children = [*parts, controls.html(self._state()), self._see()]
        finally:
            self._filling = False

    def _dataset(self) -> Any:
        named = [(pick(pins.pin(name).title) or name, name) for name in pins.datasets()]
        control = controls.dropdown(t("Dataset"), named, self.choices.dataset)
        # Another dataset has other columns: what was mapped by hand is kept only where the names agree.
        return controls.grid([_on(control, lambda value: self._change(dataset=value, facts=None))])

    def _roles(self, table: Table) -> list[Any]:
        made = []
        for need in self.needs:
            if need.role == "facts":
                continue
            fitting = [(column.label, column.name) for column in table.columns if need.fits(column)]
            mapped = self.choices.columns.get(need.key, _NOT_USED)
            if not need.required or not mapped:
                fitting.insert(0, (t("— not used —") if not need.required else t("— please choose —"), _NOT_USED))
            control = controls.dropdown(need.title, fitting, mapped)
            made.append(_on(control, lambda value, key=need.key: self._map(key, value)))
            values = choices.outcome_values(self.choices, self.needs, table)
            if need.role in ("outcome", "target") and mapped and values:
                which = controls.dropdown(t("Which value means yes"), [(v, v) for v in values], self.choices.yes)
                made.append(_on(which, lambda value: self._change(yes=value)))
        return [controls.grid(made)]

    def _map(self, key: str, value: str) -> None:
        self._change(columns={**self.choices.columns, key: value}, facts=None)

    def _facts(self, table: Table) -> Any:
        chosen = self.choices.facts or ()
        tell = choices.tells_outcome(self.choices, self.needs, table)
        title = next((need.title for need in self.needs if need.role == "facts"), t("Facts to learn from"))
        boxes = []
        for column in choices.candidates(self.choices, table)[: choices.MOST_FACTS]:
            box = controls.checkbox(column.label, column.name in chosen)
            boxes.append(_on(box, lambda value, name=column.name: self._tick(name, value)))
        warnings = [
            looks.note(
                t(
                    "“{column}” may know the answer already: {reason}. Use it only if it is known beforehand.",
                    column=_label(table, name),
                    reason=reason,
                ),
                "note",
            )
            for name, reason in tell.items()
        ]
        grid = controls.grid(boxes)
        grid.add_class("sb-checks")
        inside = controls.column([grid, controls.html(looks.page(*warnings))] if warnings else [grid])
        return controls.folded(
            t("{title}: {some} of {all} columns", title=title, some=len(chosen), all=len(boxes)), inside
        )

    def _tick(self, name: str, value: bool) -> None:
        chosen = [fact for fact in self.choices.facts or () if fact != name]
        self._take(replace(self.choices, facts=tuple([*chosen, name] if value else chosen)))
        self._body.children = [*self._body.children[:-2], controls.html(self._state()), self._body.children[-1]]

    def _more(self, table: Table) -> list[Any]:
        made = []
        for each in more.expanded(self.settings, self.choices.columns, table):
            control = more.control(each, self.setting(each.key), self.choices.columns, table)
            made.append(_on(control, lambda value, key=each.key: self._set(key, value)))
        return [controls.grid(made)] if made else []

    def _set(self, key: str, value: Any) -> None:
        self._change(settings={**self.choices.settings, key: value})

    def _money(self, assumed: Worth) -> list[Any]:
        worth = self.worth
        named = {
            "cost": (titled(t("Acting on one warning costs"), assumed.unit), worth.cost, 1.0),
            "value": (titled(t("One prevented case is worth"), assumed.unit), worth.value, 1.0),
            "success": (t("Acting prevents (% of rightly warned)"), 100 * worth.success, 100.0),
        }
        made = []
        for name, (label, value, factor) in named.items():
            control = controls.amount(label, value)
            made.append(_on(control, lambda v, name=name, factor=factor: self._assume(name, v / factor)))
        by_cost = controls.checkbox(t("Choose the threshold by cost"), self.choices.threshold is None)
        by_hand = controls.slider(t("Warn from this risk on (%)"), round(100 * self.threshold), 1, 95, 1)
        by_hand.disabled = self.choices.threshold is None
        _on(by_cost, lambda value: self._change(threshold=None if value else round(self.threshold, 2)))
        _on(by_hand, lambda value: self._change(threshold=controls.number_from(value, 1, 95, 50) / 100))
        told = t("With these assumptions acting pays from a risk of {share} on.", share=percent(self.worth.break_even))
        return [controls.grid([*made, by_hand]), by_cost, controls.html(looks.page(looks.paragraph(told, True)))]

    def _assume(self, name: str, value: float) -> None:
        self._change(worth=self.worth.updated({name: value}).to_json())

    def _see(self) -> Any:
        pressed = controls.button(t("See the result"))
        pressed.disabled = bool(self._blocked)
        # JupyterLab runs the cells of steps that have not run yet when a button of this class is pressed.
        pressed.add_class("sb-see")

        def run(_button: Any) -> None:
            pressed.disabled, pressed.description = True, t("Working…")
            try:
                steps.rerun()
            finally:
                pressed.disabled, pressed.description = False, t("See the result")

        pressed.on_click(run)
        return pressed

    def _state(self) -> str:
        if self._blocked:
            return looks.page(*(looks.note(text, "bad") for text in self._blocked))
        return looks.page(
            looks.note(t("Ready. Your choices are saved; after a change press “See the result”."), "good")
        )


def form(*needs: Need, worth: Worth | None = None, settings: Sequence[Setting] = ()) -> Form:
    """The form for a template's ``needs``, with the assumptions and settings that it starts with."""
    return Form(needs, worth, tuple(settings))


def _on(control: Any, act: Callable[[Any], None]) -> Any:
    def changed(change: Any) -> None:
        act(change["new"])

    control.observe(changed, names="value")
    return control


def _label(table: Table, name: str) -> str:
    column = table.column(name)
    return column.label if column else name
