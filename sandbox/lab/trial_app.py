"""The app part of a test: purpose and result, groups of people, a planner for the next test, what it is worth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.core.errors import BadInput
from sandbox.lab import app as frozen
from sandbox.lab import app_parts, controls, evidence, looks, project
from sandbox.lab import trial_views as views
from sandbox.lab.project import ProjectFacts
from sandbox.lab.words import pick, t, titled


@dataclass(frozen=True)
class TrialApp:
    """A loaded app: what publication froze of the test. No model, and no single outcome."""

    project: ProjectFacts
    reading: Mapping[str, Any] = field(repr=False)
    segments: tuple[Mapping[str, Any], ...] = field(repr=False)
    plan: Mapping[str, float]
    assumed: Mapping[str, float]

    @property
    def share(self) -> bool:
        return bool(self.reading["share"])


def open_trial() -> TrialApp:
    """Load the evidence. Raises BadInput, in words, when it is missing or unreadable."""
    part = evidence.app_part()
    try:
        labels = part.get("labels") or {}
        segments = tuple({**each, "column": pick(labels.get(each["column"], each["column"]))}
                         for each in part["segments"])  # fmt: skip
        return TrialApp(frozen.project_now(part), part["reading"], segments, part["plan"], part["assumed"])
    except (KeyError, TypeError):
        raise BadInput(
            "There is no saved result yet, or it cannot be read.", "Run the steps above first: they fit and save it."
        ) from None


def show_trial_result(app: TrialApp) -> None:
    """What was tested, the KPI, the verdict with its interval."""
    looks.show(project.purpose(app.project), views.reading_block(app.reading))


def show_trial_segments(app: TrialApp) -> None:
    """The effect per group of people, by the column that the viewer picks."""
    from IPython.display import display

    names = sorted({str(part["column"]) for part in app.segments})
    if not names:
        looks.show(views.segments_block((), app.share, str(app.reading["verdict"])))
        return
    every = t("all groups")
    options = [(every, every), *((name, name) for name in names)]
    chosen = controls.dropdown(t("Compare groups by"), options, every)
    answer = controls.html()

    def update() -> None:
        name = controls.choice_from(chosen.value, [every, *names], every)
        parts = [part for part in app.segments if name in (every, part["column"])]
        block = app_parts.guarded(
            lambda: looks.page(looks.card(views.segments_block(parts, app.share, str(app.reading["verdict"]))))
        )
        answer.value = block

    controls.live({"column": chosen}, update)
    display(controls.column([controls.grid([chosen]), answer]))


def show_planner(app: TrialApp) -> None:
    """A planner for the next test: how many people, how many weeks."""
    from IPython.display import display

    by = 100.0 if app.share else 1.0
    base, smallest = by * float(app.reading["without"]), by * float(app.plan["smallest"])
    unit = "%" if app.share else ""
    points = t("percentage points") if app.share else ""
    inputs = {
        "base": controls.slider(titled(t("Outcome today"), unit), base, 0.5 if app.share else 0,
                                95 if app.share else max(1, 3 * base), 0.5),
        "smallest": controls.slider(titled(t("Smallest difference that matters"), points), smallest,
                                    0.5 if app.share else 0.1, 20 if app.share else max(1, base),
                                    0.5 if app.share else 0.1),
        "power": controls.slider(t("It should be found in (% of such tests)"), 100 * app.plan["power"], 50, 95, 5),
        "per_week": controls.slider(t("People a week"), app.plan["per_week"], 10, 20 * app.plan["per_week"], 10),
    }  # fmt: skip
    answer = controls.html()

    def update() -> None:
        answer.value = app_parts.guarded(lambda: plan_answer(app, {n: c.value for n, c in inputs.items()}))

    controls.live(inputs, update)
    display(controls.beside([controls.grid(list(inputs.values()))], answer))


def plan_answer(app: TrialApp, values: Mapping[str, Any]) -> str:
    """The planner's answer for what a viewer set, as HTML."""
    by = 100.0 if app.share else 1.0
    most = 95.0 if app.share else 1e12
    base = controls.number_from(values.get("base"), 0.0, most, by * float(app.reading["without"])) / by
    smallest = controls.number_from(values.get("smallest"), 0.1, most, by * float(app.plan["smallest"])) / by
    power = controls.number_from(values.get("power"), 50, 95, 100 * app.plan["power"]) / 100
    per_week = controls.number_from(values.get("per_week"), 1, 1e9, app.plan["per_week"])
    spread = float(app.reading["spread"])
    return looks.page(looks.card(views.plan_block(base, smallest, power, per_week, app.share, spread)))


def show_trial_worth_slider(app: TrialApp, unit: str) -> None:
    """The value calculator with its assumptions as sliders."""
    from IPython.display import display

    assumed = app.assumed
    inputs = {
        name: controls.slider(title, assumed[name], 0, max(10, 5 * assumed[name]), step)
        for name, title, step in (
            ("people", t("People a month"), 100.0),
            ("worth", t("One more outcome is worth"), 1.0),
            ("cost", t("The change costs per person"), 0.1),
        )
    }
    answer = controls.html()

    def update() -> None:
        answer.value = app_parts.guarded(lambda: trial_worth(app, {n: c.value for n, c in inputs.items()}, unit))

    controls.live(inputs, update)
    display(controls.beside([controls.grid(list(inputs.values()))], answer))


def trial_worth(app: TrialApp, values: Mapping[str, Any], unit: str) -> str:
    """The calculator's answer for what a viewer set, as HTML."""
    changed = {
        name: controls.number_from(values.get(name), 0, 1e9, app.assumed[name]) for name in ("people", "worth", "cost")
    }
    return looks.page(looks.card(views.worth_block(app.reading, changed, unit)))
