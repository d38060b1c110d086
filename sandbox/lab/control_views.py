"""What the control charts show, in the studio and in the app: which process drifts, since when, and by which rule."""

from __future__ import annotations

from collections.abc import Sequence

from sandbox.core.errors import SandboxError
from sandbox.lab import app_parts, beside, choices, controls, looks, places, plots
from sandbox.lab.app import App
from sandbox.lab.control import Chart, control_charts
from sandbox.lab.looks import ACCENT, ALERT, MUTED
from sandbox.lab.needs import Need
from sandbox.lab.words import explain_error, listed, number, t


def show_control(charts: Sequence[Chart]) -> None:
    """All processes in words, and the chart of the first: the one that drifts, if any does."""
    looks.show(overview(charts), chart_block(charts[0]))


def show_control_app(app: App, needs: Sequence[Need], size: int, low: float, high: float) -> None:
    """The charts of the pinned snapshot: pick a process."""
    from IPython.display import display

    try:
        kept = choices.load(places.published_folder())
        table = choices.Table.of(kept.dataset)
        found = beside.read_with(choices.complete(kept, needs, table, app.worth), needs, table, ["process", "measure"])
        size, low, high = (
            controls.number_from(kept.settings.get(name), -1e6, 1e6, usual)
            for name, usual in (("size", size), ("low", low), ("high", high))
        )
        charts = {chart.process: chart for chart in control_charts(found, max(1, int(size)), low, high)}
    except SandboxError as error:
        message, remedy = explain_error(error)
        looks.show(looks.note(message, "bad", remedy))
        return
    names = list(charts)
    chosen = controls.dropdown(t("Process"), [(name or t("all parts"), name) for name in names], names[0])
    answer = controls.html()

    def update() -> None:
        name = controls.choice_from(chosen.value, names, names[0])
        answer.value = app_parts.guarded(lambda: looks.page(looks.card(chart_block(charts[name]))))

    looks.show(looks.card(overview(list(charts.values()))))
    controls.live({"process": chosen}, update)
    display(controls.column([controls.grid([chosen]), answer]))


def overview(charts: Sequence[Chart]) -> str:
    """Every process with its verdict and capability, as HTML."""
    drifting = [chart.process or t("all parts") for chart in charts if chart.verdict == "drifts"]
    note = (
        looks.note(t("Drifts: {names}.", names=listed(drifting)), "bad", t("Look at it before more parts are made."))
        if drifting
        else looks.note(t("No process drifts."), "good")
    )
    words = {"drifts": t("drifts"), "watch": t("watch it"), "steady": t("steady")}
    rows = [
        [c.process or t("all parts"), words[c.verdict], number(c.cp), number(c.cpk),
         f"{c.cpk_interval[0]:.2f}–{c.cpk_interval[1]:.2f}"]
        for c in charts
    ]  # fmt: skip
    header = [t("Process"), t("verdict"), "Cp", "Cpk", t("95% interval")]
    told = t("Cp compares the tolerance with the spread; Cpk also counts how far off the middle the last parts are. "
             "From 1.33 on a process is usually called capable.")  # fmt: skip
    return note + looks.table(header, rows, [False, False, True, True, True]) + looks.paragraph(told, True)


def chart_block(chart: Chart) -> str:
    """One process over time with its limits, and the rules that its last points break, as HTML."""
    title = t("Mean measure of “{process}”, with its control limits", process=chart.process or t("all parts"))
    count = len(chart.points)
    low, high = chart.centre - 3 * chart.sigma, chart.centre + 3 * chart.sigma
    mark = None
    if chart.verdict == "drifts":
        mark = chart.since, t("since {day}", day=chart.days[chart.since])
    drawn = [
        plots.Line(t("control limits"), [high] * count, MUTED, True),
        plots.Line(t("mean"), [chart.centre] * count, MUTED, True),
        plots.Line(t("measured"), chart.points, ALERT if chart.verdict == "drifts" else ACCENT),
    ]
    made = plots.lines(title, chart.days, drawn, ([low] * count, [high] * count), mark)
    rules = {
        "beyond": t("a point lies beyond three sigmas"),
        "side": t("nine points in a row lie on one side of the mean"),
        "trend": t("six points in a row go one way"),
        "two": t("two of three points lie beyond two sigmas"),
        "four": t("four of five points lie beyond one sigma"),
    }
    recent = [rule for place in chart.recent for rule in chart.signals[place]]
    told = [f"{text} ({recent.count(rule)}×)" for rule, text in rules.items() if rule in recent]
    head = looks.heading(t("Among the last 20 points")) if told else looks.paragraph(t("No rule is broken lately."))
    limits = t("The limits come from the first quarter of the time. Rules break by chance, too: about two points "
               "in a hundred. Three signals among the last twenty points are called a drift.")  # fmt: skip
    return made + head + looks.bullets(told) + looks.paragraph(limits, True)
