"""``sandbox template``: the curated templates."""

from __future__ import annotations

import click

from sandbox.cli.options import json_option, load_settings, show
from sandbox.core.messages import as_language
from sandbox.notebooks.templates import load_templates


@click.group()
def template() -> None:
    """The curated templates."""


@template.command("list")
@json_option
def list_(as_json: bool) -> None:
    """Show the templates. JSON: name, title, problem, datasets, needs."""
    settings = load_settings()
    language = as_language(settings.language)
    rows = [
        {
            "name": t.name,
            "title": t.title.get(language),
            "problem": t.problem.get(language),
            "datasets": list(t.datasets),
            "needs": [n.key for n in t.needs],
        }
        for t in load_templates(settings.content_dir())
    ]
    show(rows, as_json, {"name": "Name", "title": "Title", "datasets": "Made for"}, "No templates found.")
