"""``sandbox project``: what staff do in the portal and in JupyterLab, from the command line."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import click
from rich.markup import escape

from sandbox.cli.client import Api
from sandbox.cli.options import console, home_option, json_option, load_settings, open_services, print_json, show
from sandbox.core.errors import NotFound
from sandbox.core.findings import Finding, gravest_first
from sandbox.publishing.archive import pack_project
from sandbox.publishing.starter import unpack_starter
from sandbox.store.workspace import Workspace
from sandbox.workflows.hand_over import hand_over

COLUMNS = {"slug": "Name", "title": "Title", "state": "State", "template": "Template", "pins": "Data"}


@click.group()
def project() -> None:
    """Micro-projects: new, list, show, submit (these need a running `sandbox up`); hand-over."""


@project.command()
@home_option
@json_option
@click.option("--title", required=True)
@click.option("--problem", required=True, help="What goes wrong today, in a sentence.")
@click.option("--template", "template_name", required=True, help="See `sandbox template list`.")
@click.option("--dataset", "datasets", multiple=True, required=True, help="Dataset to pin; may be given several times.")
@click.option("--kpi", required=True, help="Name of the business figure.")
@click.option("--unit", default="", help="Unit of the KPI.")
@click.option("--baseline", type=float, required=True)
@click.option("--target", type=float, required=True)
@click.option("--department", default="")
@click.option("--language", type=click.Choice(["en", "zh-CN"]), default="en", show_default=True)
def new(home: Path | None, as_json: bool, title: str, problem: str, template_name: str, datasets: tuple[str, ...],
        kpi: str, unit: str, baseline: float, target: float, department: str, language: str) -> None:  # fmt: skip
    """Start a project and put its files into the workspace. JSON: the project, with its folder."""
    api, workspace = _api(home)
    made = api.post(
        "projects",
        {
            "title": title,
            "problem": problem,
            "template": template_name,
            "datasets": list(datasets),
            "kpi": {"name": kpi, "unit": unit, "baseline": baseline, "target": target},
            "department": department,
            "language": language,
        },
    )
    folder = workspace.project(api.owner, made["slug"])
    unpack_starter(api.get_bytes(f"projects/{made['slug']}/starter?language={language}"), folder)
    if as_json:
        print_json({**made, "folder": str(folder)})
    else:
        click.echo(f"Project {made['slug']} is ready in {folder}; open it from {api.portal}/projects/{made['slug']}")


@project.command("list")
@home_option
@json_option
def list_(home: Path | None, as_json: bool) -> None:
    """Show your projects. JSON: slug, title, state, template, pins, kpi, live_version, created, changed."""
    api, _ = _api(home)
    show(api.get("projects"), as_json, COLUMNS, "No projects yet; `sandbox project new` starts one.")


@project.command("show")
@home_option
@json_option
@click.argument("slug")
def show_(home: Path | None, as_json: bool, slug: str) -> None:
    """Show a project with its submissions. JSON: the project with submissions."""
    api, _ = _api(home)
    found = {**api.get(f"projects/{slug}"), "submissions": api.get(f"projects/{slug}/submissions")}
    if as_json:
        print_json(found)
        return
    show([found], False, COLUMNS, "")
    for submission in found["submissions"]:
        _print_submission(submission)


@project.command()
@home_option
@json_option
@click.argument("slug")
@click.option("--note", default="", help="What the reviewer should know.")
@click.option("--wait/--no-wait", default=True, help="Wait for the examination and show its findings.")
def submit(home: Path | None, as_json: bool, slug: str, note: str, wait: bool) -> None:
    """Submit the project for review. JSON: the submission with its findings."""
    api, workspace = _api(home)
    folder = workspace.project(api.owner, slug)
    if not folder.is_dir():
        raise NotFound("The project “{slug}” has no files in {folder}.", "Open it in JupyterLab once.", slug=slug,
                       folder=str(folder))  # fmt: skip
    made = api.post(
        f"projects/{slug}/submissions",
        content=pack_project(folder),
        headers={
            "Content-Type": "application/zip",
            "X-Sandbox-Note": note.encode("ascii", "xmlcharrefreplace").decode(),
        },
    )
    while wait and made["examination"] in ("queued", "running"):
        time.sleep(0.5)
        made = api.get(f"projects/{slug}/submissions/{made['number']}")
    if as_json:
        print_json(made)
    else:
        _print_submission(made)


@project.command("hand-over")
@home_option
@click.argument("slug")
@click.argument("name")
@click.option("--reason", required=True, help="Why somebody else goes on with it; it is in the project's history.")
def hand_over_(home: Path | None, slug: str, name: str, reason: str) -> None:
    """Make NAME the owner of the project SLUG; they begin with its newest text."""
    with open_services(home) as services:
        hand_over(services, slug, name, reason, by=None)
    click.echo(f"The project {slug} is {name}'s now.")


def _print_submission(submission: dict[str, Any]) -> None:
    console.print(
        f"[bold]Submission {submission['number']}[/]: examination {submission['examination']}, "
        f"decision {submission.get('decision') or 'open'}"
    )
    marks = {"pass": "[green]✓[/]", "review": "[yellow]?[/]", "fail": "[red]✗[/]"}
    for finding in gravest_first(Finding.from_json(f) for f in submission["findings"]):
        where = f" (cell {finding.cell})" if finding.cell else ""
        console.print(f"  {marks[finding.level]} {escape(str(finding.message))}{where}")
        if finding.level != "pass" and str(finding.remedy):
            console.print(f"      → {escape(str(finding.remedy))}")


def _api(home: Path | None) -> tuple[Api, Workspace]:
    workspace = Workspace.at(load_settings(home).home)
    return Api(workspace), workspace
