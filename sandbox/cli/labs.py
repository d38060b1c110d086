"""Everybody's own JupyterLab: the portal asks for a person's, ``sandbox up`` starts it when it does not run yet.

The portal asks over HTTP on loopback and shows a ticket, which nobody else can seal; no kernel has a network. Programs
are started by the main thread only, because the system ends them together with the thread that made them.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Empty, SimpleQueue
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from sandbox.cli.links import api_token
from sandbox.cli.programs import Program, Programs, free_port
from sandbox.core.errors import NotAllowed, SandboxError, Unavailable
from sandbox.core.roles import Person, Role
from sandbox.identity.tickets import SpentTickets, unseal
from sandbox.store.workspace import write_atomically
from sandbox.workflows.services import Services

_MOST_BYTES = 8192
#: How often it is looked whether accounts were disabled, seconds.
_LOOK_SECONDS = 2.0


@dataclass
class _Wanted:
    """A person's JupyterLab, asked for; ``done`` is set when it answers or cannot be started."""

    person: Person
    url: str = ""
    problem: SandboxError | None = None
    done: threading.Event = field(default_factory=threading.Event)


class Labs:
    """The JupyterLabs of one ``sandbox up``; ``owner``'s runs at ``url`` from the beginning."""

    def __init__(self, services: Services, programs: Programs, owner: str, url: str, patience: float) -> None:
        self._services, self._programs, self._patience = services, programs, patience
        self._urls = {owner: url}
        self._spent = SpentTickets()
        self._look_again = 0.0
        self._wanted: SimpleQueue[_Wanted | None] = SimpleQueue()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self._answer))
        threading.Thread(target=self._server.serve_forever, name="labs", daemon=True).start()

    @property
    def door(self) -> str:
        """Where the portal asks."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def start_next(self, seconds: float) -> None:
        """Start one that is asked for, if anybody asks within ``seconds``. Only for the main thread."""
        with suppress(Empty):
            if wanted := self._wanted.get(timeout=seconds):
                try:
                    wanted.url = self._start(wanted.person)
                except SandboxError as problem:
                    wanted.problem = problem
                wanted.done.set()

    def end_disabled(self) -> None:
        """End the JupyterLab, kernels included, of whoever has no account any more. Only for the main thread."""
        if time.monotonic() < self._look_again:
            return
        self._look_again = time.monotonic() + _LOOK_SECONDS
        running = [name for name in self._urls if self._programs.runs(_name(name))]
        try:
            with self._services.registry.reading() as reading:
                people = {person.name for person in reading.people()}
        except SQLAlchemyError:  # it is not there for the moment: nobody is put out for that
            return
        for name in running:
            if name not in people:
                self._programs.end(_name(name))

    def wake(self) -> None:
        """Let ``start_next`` return at once."""
        self._wanted.put(None)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _answer(self, ticket: str) -> dict[str, str]:
        """``{"url": …}`` of the JupyterLab of the ticket's person, once it answers."""
        now = self._services.now()
        seen = unseal(ticket, self._services.keys.ticket_key(), purpose="start-lab", now=now)
        self._spent.spend(seen, now)
        with self._services.registry.reading() as reading:
            wanted = _Wanted(reading.person(seen.person))
        self._wanted.put(wanted)
        if not wanted.done.wait(self._patience):
            raise Unavailable("JupyterLab could not be started.", "Try again in a moment.")
        if wanted.problem:
            raise wanted.problem
        self._programs.wait_for(f"{wanted.url}/sandbox/healthz", self._patience)
        return {"url": wanted.url}

    def _start(self, person: Person) -> str:
        known = self._urls.get(person.name)
        if known and self._programs.runs(_name(person.name)):
            return known
        if known is None and not person.has(Role.STAFF):
            raise NotAllowed(
                "{name} does not work in JupyterLab.", "It is for people with the role staff.", name=person.display_name
            )
        self._require_room()
        url = known or f"http://127.0.0.1:{free_port('127.0.0.1', 0, 'SANDBOX_LAB_PORT')}"
        self._programs.start(lab_program(self._services, person, url, lasting=False))
        self._urls[person.name] = url
        return url

    def _require_room(self) -> None:
        most = self._services.settings.labs
        if sum(self._programs.runs(_name(name)) for name in self._urls) >= most:
            raise NotAllowed(
                "As many people work in JupyterLab as this sandbox may run at the same time: {most}.",
                "Try again when a colleague has finished, or ask who runs the sandbox for more (SANDBOX_LABS).",
                most=most,
            )


def lab_program(services: Services, person: Person, url: str, *, lasting: bool = True) -> Program:
    """The JupyterLab of ``person`` at ``url``; unless ``lasting``, it ends when nobody has worked in it for long."""
    run = services.workspace.run
    token_file = run / f"api-token-{person.name}"
    write_atomically(token_file, api_token(services, person).encode())
    log = run / ("labserver.log" if lasting else f"labserver-{person.name}.log")
    environment = {
        "SANDBOX_LAB_URL": url,
        "SANDBOX_LAB_PORT": url.rsplit(":", 1)[1],
        "SANDBOX_LAB_OWNER": person.name,
        "SANDBOX_API_TOKEN_FILE": str(token_file),
        "SANDBOX_LAB_LASTS": "yes" if lasting else "no",
    }
    return Program(
        _name(person.name), "sandbox.labserver", f"{url}/sandbox/healthz", log, environment, may_end=not lasting
    )


def _name(person: str) -> str:
    return f"JupyterLab of {person}"


def _handler(answer: Callable[[str], dict[str, str]]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        """POST with a ticket as the body."""

        def do_POST(self) -> None:
            length = self.headers.get("Content-Length", "")
            try:
                body = self.rfile.read(min(int(length), _MOST_BYTES) if length.isdigit() else 0)
                told: dict[str, Any] = dict(answer(body.decode("ascii", "replace")))
                status = 200
            except SandboxError as error:
                told = {"message": error.message.to_json(), "remedy": error.remedy.to_json()}
                status = error.status
            data = json.dumps(told).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            """What was asked is in the audit log and in the Lab's own."""

    return Handler
