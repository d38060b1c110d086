"""``sandbox keys``: the keys behind the pseudonyms. Nothing here ever prints a key."""

from __future__ import annotations

from pathlib import Path

import click

from sandbox.cli.options import home_option, json_option, open_services, print_json, show, tell
from sandbox.core.messages import Message
from sandbox.workflows.keys import forget_key, key_states, rotate_key

ACTOR = "operator"


@click.group()
def keys() -> None:
    """The keys of pseudonyms: which there are, rotate one, forget an old one."""


@keys.command("list")
@home_option
@json_option
def list_(home: Path | None, as_json: bool) -> None:
    """Show the keys by their check values. JSON: [{entity, version, check, made, current, snapshots}]."""
    with open_services(home) as services:
        states = key_states(services)
    rows = [
        {
            "entity": state.key.entity,
            "version": state.key.version,
            "check": state.key.check,
            "made": state.key.made.isoformat(timespec="seconds"),
            "current": state.current,
            "snapshots": list(state.snapshots) if as_json else len(state.snapshots),
        }
        for state in states
    ]
    columns = {"entity": "Entity", "version": "Version", "check": "Check value", "made": "Made", "current": "Newest",
               "snapshots": "Snapshots"}  # fmt: skip
    show(rows, as_json, columns, "No keys yet; the first build that makes pseudonyms makes one.")


@keys.command()
@home_option
@json_option
@click.argument("entity")
@click.option("--reason", required=True, help="Why, for the audit chain: people will ask.")
def rotate(home: Path | None, as_json: bool, entity: str, reason: str) -> None:
    """Make a new key for ENTITY. What is built from now on does not join with older snapshots of ENTITY.

    JSON: entity, version, check.
    """
    with open_services(home) as services:
        made = rotate_key(services, entity, reason, actor=ACTOR)
        behind = sorted({name for state in key_states(services) if state.key.entity == entity and not state.current
                         for name in (s.split("/")[0] for s in state.snapshots)})  # fmt: skip
    if as_json:
        print_json({"entity": entity, "version": made.version, "check": made.check})
        return
    fields = {"entity": entity, "version": made.version, "check": made.check}
    tell(Message("{entity} has key version {version} (check value {check}). The old one is kept.", fields))
    if behind:
        tell(Message("Build these again, all of them, so that they join: {behind}", {"behind": ", ".join(behind)}))
    tell(Message("Back up the folder keys/, apart from snapshots/."))


@keys.command()
@home_option
@json_option
@click.argument("entity")
@click.argument("version", type=click.IntRange(1))
def forget(home: Path | None, as_json: bool, entity: str, version: int) -> None:
    """Remove the old key VERSION of ENTITY for good, once no snapshot of it is left. JSON: entity, version, check."""
    with open_services(home) as services:
        gone = forget_key(services, entity, version, actor=ACTOR)
    if as_json:
        print_json({"entity": entity, "version": version, "check": gone.check})
    else:
        tell(Message("{entity}: key version {version} is gone.", {"entity": entity, "version": version}))
