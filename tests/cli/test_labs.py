"""Everybody's own JupyterLab: started when the portal asks with a ticket, for people who work in one, and only then."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from sandbox.cli.labs import Labs, lab_program
from sandbox.cli.programs import Programs
from sandbox.core.errors import Unavailable
from sandbox.core.roles import Person, Role
from sandbox.identity import accounts
from sandbox.identity.tickets import Ticket, seal
from sandbox.portal.addresses import Addresses
from sandbox.portal.labs import LabRefused, lab_of
from sandbox.settings import Settings
from sandbox.workflows.people import disable_person
from sandbox.workflows.services import Services
from tests.appserver.conftest import plain_environment
from tests.helpers.ports import free_port

PEOPLE = {
    name: Person(name, name.title(), frozenset({role}))
    for name, role in (("lin", Role.STAFF), ("bob", Role.STAFF), ("ann", Role.STAFF), ("eve", Role.REVIEWER))
}
PORTAL = "http://127.0.0.1:9"  # nobody listens there


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    opened = Services.open(Settings(home=tmp_path / "home", labs=2))
    for person in PEOPLE.values():
        accounts.put_person(opened.registry, person, actor="operator", now=opened.now())
    yield opened
    opened.close()


class Up:
    """What ``sandbox up`` does with JupyterLabs; lin's runs from the start."""

    def __init__(self, services: Services, folder: Path) -> None:
        told = {**plain_environment(folder), "SANDBOX_HOME": str(services.workspace.home), "SANDBOX_PORTAL_URL": PORTAL}
        self.services, self.programs = services, Programs(told)
        self.first = f"http://127.0.0.1:{free_port()}"
        self.labs = Labs(services, self.programs, "lin", self.first, 60)
        self.addresses = Addresses(PORTAL, "", self.labs.door)
        self.programs.start(lab_program(services, PEOPLE["lin"], self.first))

    def lab_of(self, name: str) -> str:
        """The portal asks in a thread of its own; programs start in this one."""
        with ThreadPoolExecutor() as portal:
            asked = portal.submit(lab_of, self.services, self.addresses, PEOPLE[name])
            while not asked.done():
                self.labs.start_next(0.05)
            return asked.result()


@contextmanager
def up(services: Services, folder: Path) -> Iterator[Up]:
    running = Up(services, folder)
    try:
        yield running
    finally:
        running.labs.close()
        running.programs.stop()


def test_a_second_person_gets_a_lab_of_their_own(services: Services, tmp_path: Path) -> None:
    with up(services, tmp_path) as sandbox:
        theirs = sandbox.lab_of("bob")
        assert sandbox.lab_of("lin") == sandbox.first != theirs
        assert sandbox.lab_of("bob") == theirs, "it is not started twice"
        for person, url in (("lin", sandbox.first), ("bob", theirs)):
            assert httpx.get(f"{url}/sandbox/healthz", trust_env=False).status_code == 200
            other = {"lin": "bob", "bob": "lin"}[person]
            for name, status in ((person, 200), (other, 403)):
                sealed = _ticket(services, name, "lab")
                entered = httpx.post(f"{url}/sandbox/enter", data={"ticket": sealed}, trust_env=False)
                assert entered.status_code == status, (person, name)
        with pytest.raises(LabRefused, match="at the same time: 2"):
            sandbox.lab_of("ann")
        sandbox.labs.end_disabled()
        assert httpx.get(f"{theirs}/sandbox/healthz", trust_env=False).status_code == 200
        disable_person(services, "bob", by=None)
        sandbox.labs._look_again = 0.0
        sandbox.labs.end_disabled()
        with pytest.raises(httpx.ConnectError):
            httpx.get(f"{theirs}/sandbox/healthz", trust_env=False)
        assert httpx.get(f"{sandbox.first}/sandbox/healthz", trust_env=False).status_code == 200
        assert sandbox.programs.revive() is None, "it stays ended"
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{theirs}/sandbox/healthz", trust_env=False)


def test_nobody_else_can_have_a_lab_started(services: Services, tmp_path: Path) -> None:
    with up(services, tmp_path) as sandbox:
        with pytest.raises(Unavailable, match="no JupyterLab for you"):
            sandbox.lab_of("eve")
        with pytest.raises(Unavailable):
            lab_of(services, Addresses(PORTAL), PEOPLE["bob"])
        spent = _ticket(services, "lin", "start-lab")
        for ticket, status in (("", 401), ("x.y", 401), (_ticket(services, "bob", "lab"), 401)):
            assert httpx.post(sandbox.labs.door, content=ticket, trust_env=False).status_code == status
        with ThreadPoolExecutor() as portal:
            asked = portal.submit(httpx.post, sandbox.labs.door, content=spent, trust_env=False, timeout=60)
            while not asked.done():
                sandbox.labs.start_next(0.05)
            assert asked.result().json() == {"url": sandbox.first}
        assert httpx.post(sandbox.labs.door, content=spent, trust_env=False).status_code == 401, "each works once"


def _ticket(services: Services, name: str, purpose: str) -> str:
    expires = services.now() + timedelta(seconds=60)
    return seal(Ticket(purpose, name, name, "en", expires), services.keys.ticket_key())
