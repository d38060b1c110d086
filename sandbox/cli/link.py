"""``sandbox dataset link``: propose a dataset of links between datasets that have no common key."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, get_args

import click

from sandbox.cli.options import home_option, json_option, open_services, print_json, show, tell
from sandbox.core.linking import Compared, How
from sandbox.core.messages import Message, as_language
from sandbox.i18n import catalogue
from sandbox.snapshots.linkage import Pair
from sandbox.snapshots.linkage_texts import tell_linkage
from sandbox.workflows.link_datasets import link_datasets


@click.command()
@home_option
@json_option
@click.argument("first")
@click.argument("second", required=False)
@click.option(
    "--on",
    required=True,
    help="Columns to compare: name,birth_date:date,city:exact. NAME=OTHER if the second table calls it differently.",
)
@click.option("--name", required=True, help="Name of the dataset that will hold the links.")
@click.option(
    "--threshold",
    type=click.FloatRange(0.5, 1, max_open=True),
    default=0.95,
    show_default=True,
    help="Least probability of a link.",
)
@click.option("--show-values", is_flag=True, help="Show raw values of the pairs to look at; on a terminal only.")
def link(
    home: Path | None,
    as_json: bool,
    first: str,
    second: str | None,
    on: str,
    name: str,
    threshold: float,
    show_values: bool,
) -> None:
    """Link the people of the datasets FIRST and SECOND, or those within FIRST, who have no common key, and write the
    spec of a dataset with the links. Needs the extra: pip install 'innovation-sandbox[linkage]'.

    JSON: dataset, file, records, links, threshold, false_share, missed_share, review [{probability, agreement}].
    """
    if show_values and (as_json or not sys.stdout.isatty()):
        raise click.UsageError("--show-values shows personal data and does so on a terminal only.")
    with open_services(home) as services:
        names = [first] if second is None else [first, second]
        file, spec, linked = link_datasets(
            services, names, asked_columns(on), name, actor="operator", threshold=threshold
        )
        words = catalogue(as_language(services.settings.language))
    facts = linked.facts
    review = [{"probability": p.probability, "agreement": _agreement(p, facts.on)} for p in linked.review]
    if as_json:
        said = facts.model_dump(mode="json", include={"links", "threshold", "false_share", "missed_share"})
        print_json({"dataset": spec.name, "file": str(file), "records": facts.records, **said, "review": review})
        return
    for message in tell_linkage(facts):
        click.echo(words.render(message))
    click.echo()
    tell(Message("Pairs around the threshold, for you to judge:"))
    rows = [
        {"p": f"{p.probability:.3f}", **(_values(p, facts.on) if show_values else _agreement(p, facts.on))}
        for p in linked.review
    ]
    show(rows, False, {"p": "Probability", **{column: column for column in facts.on}}, "")
    click.echo()
    tell(Message("Read {file} and correct it, then run: sandbox dataset build {name}", {"file": file, "name": name}))


def asked_columns(text: str) -> list[Compared]:
    """``name, birth_date=born:date`` as what is compared. Raises UsageError."""
    found = []
    for item in filter(None, (part.strip() for part in text.split(","))):
        name, _, how = item.partition(":")
        column, _, other = name.partition("=")
        if how not in ("", *get_args(How)) or not column.strip():
            raise click.UsageError(f"--on: “{item}” is not NAME, NAME=OTHER or NAME:{'|'.join(get_args(How))}.")
        found.append(Compared.model_validate({"column": column.strip(), "other": other.strip() or None}
                                             | ({"how": how} if how else {})))  # fmt: skip
    return found


def _agreement(pair: Pair, on: tuple[str, ...]) -> dict[str, Any]:
    return dict(zip(on, pair.agreement, strict=True))


def _values(pair: Pair, on: tuple[str, ...]) -> dict[str, Any]:
    return {c: a if a == b else f"{a} | {b}" for c, (a, b) in zip(on, pair.values, strict=True)}
