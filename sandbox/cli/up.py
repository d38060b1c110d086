"""``sandbox up``: one command from nothing to a working sandbox on this machine, and back to nothing on Ctrl-C."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import signal
import threading
import time
import webbrowser
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import click

from sandbox.cli.labs import Labs, lab_program
from sandbox.cli.links import signin_link
from sandbox.cli.options import console, home_option, load_settings
from sandbox.cli.programs import Programs, free_port, module_programs
from sandbox.cli.progress import progress_bar
from sandbox.core.errors import NotFound
from sandbox.core.roles import Person, Role
from sandbox.settings import Settings
from sandbox.store.workspace import Workspace, write_atomically
from sandbox.workflows.demo_content import ensure_people, ensure_snapshots, publish_curated
from sandbox.workflows.services import Services

START_SECONDS = 60.0


@dataclass(frozen=True)
class Addresses:
    """Where the three programs listen. Apps are reached as another host on purpose: another origin, another cookie."""

    portal: str
    apps: str
    lab: str

    @classmethod
    def choose(cls, settings: Settings) -> Addresses:
        """Free ports of this machine, or the configured ones. Raises Unavailable for a port that is taken."""
        ports = [
            free_port("127.0.0.1", wanted, f"SANDBOX_{name}_PORT")
            for name, wanted in (
                ("PORTAL", settings.portal_port),
                ("APPS", settings.apps_port),
                ("LAB", settings.lab_port),
            )
        ]
        return cls(f"http://127.0.0.1:{ports[0]}", f"http://localhost:{ports[1]}", f"http://127.0.0.1:{ports[2]}")

    def environment(self, settings: Settings) -> dict[str, str]:
        """What the programs are told, on top of this process's environment."""
        ports = {name: url.rsplit(":", 1)[1] for name, url in vars(self).items()}
        return {
            **os.environ,
            "SANDBOX_HOME": str(Workspace.at(settings.home).home),
            "SANDBOX_CONTENT": str(settings.content_dir()),
            "SANDBOX_PORTAL_URL": self.portal,
            "SANDBOX_APPS_URL": self.apps,
            "SANDBOX_PORTAL_PORT": ports["portal"],
            "SANDBOX_APPS_PORT": ports["apps"],
        }


@click.command()
@home_option
@click.option("--open/--no-open", "open_browser", default=None, help="Open the browser (default: where there is one).")
@click.option("--demo/--no-demo", "with_demo", default=True, help="Make the demo company on the first run.")
@click.option("--scale", type=click.FloatRange(0.1, 20), default=1.0, help="Size of the demo company; 1 is usual.")
def up(home: Path | None, open_browser: bool | None, with_demo: bool, scale: float) -> None:
    """Run portal, app server and JupyterLab until Ctrl-C."""
    # Ctrl-C before the programs run must end as quietly as later.
    signal.signal(signal.SIGTERM, _interrupt)
    settings = load_settings(home)
    workspace = Workspace.at(settings.home).ensure()
    with _only_one(workspace) as first:
        if not first:
            _tell_running(workspace)
            return
        services = Services.open(settings)
        try:
            _run(services, with_demo, scale, open_browser)
        finally:
            services.close()
            (workspace.run / "up.json").unlink(missing_ok=True)


def _run(services: Services, with_demo: bool, scale: float, open_browser: bool | None) -> None:
    addresses = Addresses.choose(services.settings)
    people = ensure_people(services)
    owner = _lab_owner(people, services.settings.lab_owner)
    if with_demo:
        with progress_bar("Preparing the demo company") as progress:
            ensure_snapshots(services, scale, progress)
    programs = Programs(addresses.environment(services.settings))
    labs = Labs(services, programs, owner.name, addresses.lab, START_SECONDS)
    try:
        for program in module_programs(services.workspace.run, addresses.portal, addresses.apps, labs.door):
            programs.start(program)
        programs.start(lab_program(services, owner, addresses.lab))
        programs.wait_ready(START_SECONDS)
        if with_demo:
            with progress_bar("Publishing the curated apps") as progress:
                publish_curated(services, progress)
        _announce(services, addresses, people, owner, open_browser)
        _until_stopped(programs, labs)
    finally:
        labs.close()
        programs.stop()
        click.echo("Stopped.")


def _lab_owner(people: list[Person], wanted: str) -> Person:
    """Whose JupyterLab it is: the person named by the settings, or the first who works as staff."""
    for person in people:
        if person.name == wanted or (not wanted and person.has(Role.STAFF)):
            return person
    raise NotFound(
        "There is no account for JupyterLab: {wanted}.",
        "Make one with `sandbox people add NAME --role staff`, or correct SANDBOX_LAB_OWNER.",
        wanted=wanted or "nobody has the role staff",
    )


def _announce(
    services: Services, addresses: Addresses, people: list[Person], owner: Person, open_browser: bool | None
) -> None:
    links = {p.name: signin_link(services, p, addresses.portal) for p in people}
    state = {"pid": os.getpid(), **vars(addresses), "owner": owner.name}
    write_atomically(services.workspace.run / "up.json", json.dumps(state).encode())
    console.print()
    console.print(f"[bold green]The sandbox is up:[/] {addresses.portal}")
    console.print(
        f"Sign-in links, each works once within {services.settings.signin_minutes} minutes; "
        "`sandbox people link NAME` makes new ones:"
    )
    for person in people:
        roles = " / ".join(sorted(person.roles))
        click.echo(f"  {person.display_name:<22} {roles:<18} {links[person.name]}")
    console.print("Ctrl-C stops everything.")
    if open_browser is None:
        open_browser = bool(
            os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY") or os.uname().sysname == "Darwin"
        )
    if open_browser:
        webbrowser.open(links[owner.name])


def _until_stopped(programs: Programs, labs: Labs) -> None:
    stop = threading.Event()

    def end(*_: object) -> None:
        stop.set()
        labs.wake()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)
    while not stop.is_set():
        labs.start_next(0.5)
        labs.end_disabled()
        revived = programs.revive()
        if revived:
            program, code = revived
            said = f"The {program.name} ended by itself (code {code}) and was started again; its log is {program.log}."
            click.secho(said, fg="yellow", err=True)


@contextlib.contextmanager
def _only_one(workspace: Workspace) -> Iterator[bool]:
    """Hold the workspace's lock; yields False when another ``sandbox up`` holds it. The lock ends with the process."""
    with (workspace.run / "up.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True


def _tell_running(workspace: Workspace) -> None:
    state_file = workspace.run / "up.json"
    for _ in range(20):
        if state_file.exists():
            state = json.loads(state_file.read_text())
            click.echo(f"The sandbox of {workspace.home} is up already: {state['portal']} (process {state['pid']}).")
            click.echo("`sandbox people link NAME` makes a sign-in link.")
            return
        time.sleep(0.1)
    click.echo(f"The sandbox of {workspace.home} is being started by another process; try again in a moment.")


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt
