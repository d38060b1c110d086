"""``sandbox dataset suggest``: the levels under which a dataset's gates hold and the least is lost."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import click

from sandbox.catalog import Catalog
from sandbox.cli.options import home_option, json_option, open_services, print_json, show
from sandbox.core.messages import Message, as_language
from sandbox.i18n import Catalogue, catalogue
from sandbox.snapshots.lattice.metrics import METRICS, Metric
from sandbox.snapshots.lattice.picture import draw
from sandbox.snapshots.lattice.search import Found
from sandbox.snapshots.lattice.suggest import Suggestion
from sandbox.workflows.suggest_levels import suggest_levels


@click.command()
@home_option
@json_option
@click.argument("name")
@click.option("--metric", type=click.Choice(METRICS), default="entropy", show_default=True, help="What counts as loss.")
@click.option(
    "--suppress",
    type=click.FloatRange(0, 1),
    help="Share of the units that may be left out, else as the gates say.",
)
@click.option(
    "--picture", type=click.Path(path_type=Path, dir_okay=False), help="Draw the trade-off into this SVG file."
)
@click.option("--write", is_flag=True, help="Write the levels into the spec file.")
def suggest(
    home: Path | None,
    as_json: bool,
    name: str,
    metric: str,
    suppress: float | None,
    picture: Path | None,
    write: bool,
) -> None:
    """Find the levels of the hierarchies of NAME with which its gates hold and the least information is lost.

    JSON: dataset, metric, k, suppress, levels [{column, best, present, height}], kept, classes, left_out, units, nodes,
    counted, trade_off [{suppress, kept, left_out}], written.
    """
    with open_services(home) as services:
        found, file = suggest_levels(
            services, name, actor="operator", metric=cast(Metric, metric), suppress=suppress, write=write
        )
        words = catalogue(as_language(services.settings.language))
        title = Catalog(services.workspace, services.content).entry(name).spec.title.get(words.language)
    if picture:
        picture.write_text(draw(found, title, words.gettext), encoding="utf-8")
    if as_json:
        print_json(_report(name, found, file))
        return
    _tell(found, words)
    if file:
        click.echo(f"→ {file}")


def _tell(found: Suggestion, words: Catalogue) -> None:
    rows = [
        {"column": c, "best": f"{level} / {found.heights[c]}", "present": found.present[c]}
        for c, level in found.levels.items()
    ]
    headings = {"column": Message("Column"), "best": Message("Best level"), "present": Message("In the specification")}
    show(rows, False, {key: words.render(heading) for key, heading in headings.items()}, "")
    fields = {
        "kept": f"{1 - found.best.loss:.1%}",
        "left_out": f"{found.best.left_out:,}",
        "units": f"{found.units:,}",
        "k": found.k,
    }
    told = Message("k = {k}: {kept} of the information is kept, {left_out} of {units} units are left out.", fields)
    click.echo(words.render(told))
    limits = [_limit(limit, best) for limit, best in sorted(found.trade_off.items())]
    shown = [
        {"suppress": f"{100 * r['suppress']:.3g}%", "kept": "–" if r["kept"] is None else f"{r['kept']:.1%}"}
        for r in limits
    ]
    headings = {"suppress": Message("May be left out"), "kept": Message("Information kept")}
    show(shown, False, {key: words.render(heading) for key, heading in headings.items()}, "")


def _report(name: str, found: Suggestion, file: Path | None) -> dict[str, Any]:
    return {
        "dataset": name,
        "metric": found.metric,
        "k": found.k,
        "suppress": found.suppress,
        "levels": [
            {"column": c, "best": level, "present": found.present[c], "height": found.heights[c]}
            for c, level in found.levels.items()
        ],
        "kept": round(1 - found.best.loss, 6),
        "classes": found.best.classes,
        "left_out": found.best.left_out,
        "units": found.units,
        "nodes": found.result.nodes,
        "counted": found.result.counted,
        "trade_off": [_limit(limit, best) for limit, best in sorted(found.trade_off.items())],
        "written": str(file) if file else None,
    }


def _limit(limit: float, best: Found | None) -> dict[str, Any]:
    return {
        "suppress": limit,
        "kept": round(1 - best.loss, 6) if best else None,
        "left_out": best.left_out if best else None,
    }
