"""``sandbox dataset attack``: what the red team found."""

from __future__ import annotations

from pathlib import Path

import click

from sandbox.cli.options import home_option, json_option, open_services, print_json, show
from sandbox.core.messages import Message, as_language
from sandbox.i18n import catalogue
from sandbox.snapshots.redteam import TARGETS
from sandbox.snapshots.redteam_report import told
from sandbox.workflows.attack_dataset import attack_dataset


@click.command()
@home_option
@json_option
@click.argument("name")
@click.option("--version", help="The version to attack; the newest if not given.")
@click.option(
    "--knowledge",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="A table of what the attacker knows: the unit column and some quasi-identifiers, named as in the source.",
)
@click.option("--targets", type=click.IntRange(min=1), default=TARGETS, show_default=True, help="People to find.")
@click.option("--seed", type=int, default=7, show_default=True, help="Which people, and what is known wrongly.")
def attack(
    home: Path | None, as_json: bool, name: str, version: str | None, knowledge: Path | None, targets: int, seed: int
) -> None:
    """Try to find people again in a snapshot of NAME, and say how often that succeeds, beside the raw table.

    JSON: dataset, version, tested, seed, targets, units, knowledge, score, attacks [{name, published, raw, baseline,
    columns, column}].
    """
    with open_services(home) as services:
        report = attack_dataset(
            services, name, actor="operator", version=version, knowledge=knowledge, targets=targets, seed=seed
        )
        words = catalogue(as_language(services.settings.language))
    if as_json:
        print_json(report.model_dump(mode="json"))
        return
    rows = [
        {
            "attack": words.render(told(a)),
            "published": share(a.published),
            "raw": share(a.raw),
            "guess": share(a.baseline),
        }
        for a in report.attacks
    ]
    show(rows, False, {"attack": "Attack", "published": "Snapshot", "raw": "Raw table", "guess": "Guessing"}, "")
    fields = {"score": f"{report.score:.3%}", "targets": f"{report.targets:,}"}
    click.echo(f"{name}/{report.version}: " + words.render(Message("score {score} of {targets} targets", fields)))


def share(number: float | None) -> str:
    """Per cent, with enough digits for one in a thousand."""
    return "–" if number is None else f"{number:.1%}"
