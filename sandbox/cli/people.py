"""``sandbox people``: local accounts and their sign-in links."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from sandbox.cli.links import OPERATOR, signin_link
from sandbox.cli.options import home_option, json_option, open_services, print_json, show
from sandbox.core.errors import Unavailable
from sandbox.core.ids import check_slug
from sandbox.core.learning import BADGES
from sandbox.core.lifecycle import State
from sandbox.core.messages import as_language
from sandbox.core.roles import Person, Role
from sandbox.identity.accounts import put_person
from sandbox.store.workspace import Workspace
from sandbox.workflows.learn import take_badge
from sandbox.workflows.people import disable_person, enable_person


@click.group()
def people() -> None:
    """Local accounts: list, add, disable, enable, make a sign-in link; badges."""


@people.command("list")
@home_option
@json_option
def list_(home: Path | None, as_json: bool) -> None:
    """Show the accounts. JSON: name, display_name, roles, department, language, disabled."""
    with open_services(home) as services, services.registry.reading() as reading:
        rows = [{**_row(p), "disabled": closed} for closed in (False, True) for p in reading.people(disabled=closed)]
    columns = {"name": "Name", "display_name": "Displayed as", "roles": "Roles", "department": "Department"}
    if any(row["disabled"] for row in rows):
        columns["disabled"] = "Disabled"
    show(rows, as_json, columns, "No accounts yet; `sandbox people add` makes one.")


@people.command()
@home_option
@click.argument("name")
@click.option("--display-name", required=True, help="What colleagues read.")
@click.option("--role", "roles", multiple=True, required=True, type=click.Choice([r.value for r in Role]))
@click.option("--department", default="")
@click.option("--language", type=click.Choice(["en", "zh-CN"]), default="en", show_default=True)
def add(
    home: Path | None, name: str, display_name: str, roles: tuple[str, ...], department: str, language: str
) -> None:
    """Make the account NAME, or change it."""
    person = Person(
        check_slug(name, "account name"),
        display_name,
        frozenset(Role(r) for r in roles),
        department,
        as_language(language),
    )
    with open_services(home) as services:
        put_person(services.registry, person, actor=OPERATOR, now=services.now())
    click.echo(f"Account {name} is ready; `sandbox people link {name}` makes a sign-in link.")


@people.command()
@home_option
@click.argument("name")
def disable(home: Path | None, name: str) -> None:
    """Close the account NAME: sign-ins, open apps and JupyterLab end; what the person made stays."""
    with open_services(home) as services:
        disable_person(services, name, by=None)
        with services.registry.reading() as reading:
            theirs = [p.slug for p in reading.projects(owner=name) if p.state is not State.RETIRED]
    click.echo(f"The account {name} is disabled; `sandbox people enable {name}` opens it again.")
    for slug in theirs:
        click.echo(f"Give their project to somebody else: sandbox project hand-over {slug} NAME --reason TEXT")


@people.command()
@home_option
@click.argument("name")
def enable(home: Path | None, name: str) -> None:
    """Open the disabled account NAME again."""
    with open_services(home) as services:
        enable_person(services, name, by=None)
    click.echo(f"The account {name} is open; `sandbox people link {name}` makes a sign-in link.")


@people.command()
@home_option
@json_option
@click.argument("name")
def link(home: Path | None, as_json: bool, name: str) -> None:
    """Make a one-time sign-in link for NAME. JSON: name, link."""
    with open_services(home) as services:
        with services.registry.reading() as reading:
            person = reading.person(name)
        address = signin_link(services, person, running(services.workspace)["portal"])
    if as_json:
        print_json({"name": name, "link": address})
    else:
        click.echo(address)


@people.command()
@home_option
@json_option
@click.argument("name", required=False)
def badges(home: Path | None, as_json: bool, name: str | None) -> None:
    """Show who holds which badge, or what NAME holds. JSON: person, badge, earned, expires, holds."""
    with open_services(home) as services:
        now = services.now()
        with services.registry.reading() as reading:
            if name:
                reading.person(name)
            held = reading.badges(name)
    rows = [
        {
            "person": badge.person,
            "badge": badge.badge,
            "earned": badge.earned.isoformat(),
            "expires": badge.expires.isoformat() if badge.expires else "",
            "holds": badge.holds(now),
        }
        for badge in held
    ]
    columns = {"person": "Person", "badge": "Badge", "earned": "Earned", "expires": "Expires", "holds": "Holds"}
    show(rows, as_json, columns, "No badges yet; people earn them in the portal, under “Learn”.")


@people.command("take-badge")
@home_option
@click.argument("name")
@click.argument("badge", type=click.Choice(BADGES))
def take(home: Path | None, name: str, badge: str) -> None:
    """Take BADGE away from NAME. Datasets that ask for it close at once; the learning path begins anew."""
    with open_services(home) as services:
        take_badge(services, OPERATOR, name, badge)
    click.echo(f"{name} no longer has the badge {badge}.")


def running(workspace: Workspace) -> dict[str, Any]:
    """Addresses of the sandbox that is up on this workspace; Unavailable when none is."""
    try:
        state: dict[str, Any] = json.loads((workspace.run / "up.json").read_text())
    except (FileNotFoundError, ValueError):
        raise Unavailable(
            "No sandbox is up on {home}.", "Start it with `sandbox up` in another window.", home=str(workspace.home)
        ) from None
    return state


def _row(person: Person) -> dict[str, Any]:
    return {**vars(person), "roles": sorted(person.roles)}
