"""``sandbox template``: the curated templates."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from sandbox.catalog import Catalog
from sandbox.cli.options import console, home_option, json_option, open_services, print_json, show
from sandbox.core.findings import Level, gravest_first, worst
from sandbox.core.messages import as_language
from sandbox.core.spec import Text
from sandbox.i18n import catalogue
from sandbox.notebooks.templates import load_templates


@click.group()
def template() -> None:
    """The curated templates: list, make, check."""


@template.command("list")
@home_option
@json_option
def list_(home: Path | None, as_json: bool) -> None:
    """Show the templates. JSON: name, title, problem, datasets, needs."""
    with open_services(home) as services:
        language = as_language(services.settings.language)
        templates = load_templates(services.content, services.workspace.templates)
    rows = [
        {
            "name": t.name,
            "title": t.title.get(language),
            "problem": t.problem.get(language),
            "datasets": list(t.datasets),
            "needs": [n.key for n in t.needs],
        }
        for t in templates
    ]
    show(rows, as_json, {"name": "Template", "title": "Title", "datasets": "Made for"}, "No templates found.")


@template.command("new")
@home_option
@json_option
@click.argument("slug")
@click.option("--from", "origin", default="customer-churn", show_default=True, help="Template to begin with.")
@click.option("--title", required=True, help="Title in English.")
@click.option("--title-zh", required=True, help="Title in Chinese.")
def new(home: Path | None, as_json: bool, slug: str, origin: str, title: str, title_zh: str) -> None:
    """Make the template SLUG of your own: a complete copy of another one, to change. JSON: name, folder."""
    from sandbox.workflows.curate import new_template

    with open_services(home) as services:
        folder = new_template(services, slug, origin=origin, title=Text(en=title, zh=title_zh))
    if as_json:
        print_json({"name": slug, "folder": str(folder)})
        return
    console.print(f"[green]✓[/] {slug}: {folder}", highlight=False)
    click.echo(f"Change the notebook and its texts there, then: sandbox template check {slug}")


@template.command("check")
@home_option
@json_option
@click.argument("name")
@click.option("--dataset", "datasets", multiple=True, help="Dataset to try it on; those that it suggests if not given.")
@click.option("--no-run", is_flag=True, help="Only read it.")
def check(home: Path | None, as_json: bool, name: str, datasets: tuple[str, ...], no_run: bool) -> None:
    """Say what speaks against offering the template NAME, or the one in a folder. Ends with 1 when something does.

    JSON: template, ok, findings [{check, level, message, remedy, cell}].
    """
    from sandbox.workflows.curate import check_template

    with open_services(home) as services:
        words = catalogue(as_language(services.settings.language))
        catalog = Catalog(services.workspace, services.content)
        chosen = {each: catalog.snapshot(each) for each in datasets} or None
        findings = gravest_first(check_template(services, name, datasets=chosen, run=not no_run))
    good = worst(findings) is not Level.FAIL
    rows = [
        {
            "check": f.check,
            "level": f.level.value,
            "message": words.render(f.message),
            "remedy": words.render(f.remedy),
            "cell": f.cell,
        }
        for f in findings
    ]
    if as_json:
        print_json({"template": name, "ok": good, "findings": rows})
    else:
        show(rows, False, {"level": "Level", "check": "Check", "message": "Finding", "remedy": "What to do"}, "")
    if not good:
        sys.exit(1)
