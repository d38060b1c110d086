"""Sessions, grants and addresses, without a server."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.appserver.gate import Gate, Page
from sandbox.appserver.headers import content_security_policy
from sandbox.appserver.places import Places
from sandbox.appserver.sessions import Sessions
from sandbox.core.errors import Unavailable
from sandbox.identity.tickets import Ticket
from sandbox.store.workspace import Workspace
from tests.appserver.site import APP, OTHER
from tests.appserver.site import NO_VERSION as VERSION

NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)


class Clock:
    def __init__(self) -> None:
        self.time = NOW

    def __call__(self) -> datetime:
        return self.time


def ticket(person: str = "rita", app: str = APP) -> Ticket:
    return Ticket("app", person, person, "en", NOW + timedelta(seconds=60), app=app, version=VERSION, owner="Lin Xia")


def test_sessions_and_grants_end_together() -> None:
    clock = Clock()
    sessions = Sessions(timedelta(hours=1), clock)
    secret = sessions.open(ticket())
    viewer = sessions.viewer(secret)
    assert viewer is not None and viewer.person == "rita"
    assert sessions.granted("rita", APP, VERSION)
    assert not sessions.granted("rita", OTHER, VERSION) and not sessions.granted("bob", APP, VERSION)
    clock.time += timedelta(hours=1)
    assert sessions.viewer(secret) is None
    assert not sessions.granted("rita", APP, VERSION)


def test_a_second_app_does_not_close_the_first() -> None:
    sessions = Sessions(timedelta(hours=1), Clock())
    sessions.open(ticket())
    viewer = sessions.viewer(sessions.open(ticket(app=OTHER)))
    assert viewer is not None
    assert sessions.granted(viewer.person, APP, VERSION) and sessions.granted(viewer.person, OTHER, VERSION)


def test_the_gate_looks_at_grant_and_shelf(tmp_path: Path) -> None:
    sessions = Sessions(timedelta(hours=1), Clock())
    gate = Gate(sessions, tmp_path, {"k1": "rita", "k2": "bob"}.get)
    viewer = gate.viewer(sessions.open(ticket()))
    assert viewer is not None
    path = f"{APP}/{VERSION}/app.ipynb"
    assert gate.page(viewer, path) is None, "not on the shelf"
    (tmp_path / path).parent.mkdir(parents=True)
    (tmp_path / path).touch()
    assert gate.page(viewer, path) == Page(APP, VERSION, "en")
    assert gate.owns(viewer, "k1") and not gate.owns(viewer, "k2") and not gate.owns(viewer, "k3")
    assert not gate.owns(None, "k1") and not gate.owns(None, "k3")
    assert gate.author(viewer, Page(APP, VERSION, "en")) == "Lin Xia", "as the ticket said, not the account's name"
    sessions.close("rita")
    assert gate.page(viewer, path) is None


@given(st.text(max_size=80))
def test_whatever_parses_renders_to_itself(path: str) -> None:
    page = Page.parse(path)
    assert page is None or page.path == path


def test_the_host_name_of_the_portal_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Unavailable):
        Places(Workspace.at(tmp_path), 8001, "http://127.0.0.1:8001", "http://127.0.0.1:8000")
    with pytest.raises(Unavailable):
        Places(Workspace.at(tmp_path), 0, "http://localhost:8001", "http://127.0.0.1:8000")
    behind = Places(Workspace.at(tmp_path), 8001, "https://apps.example.com/apps", "https://example.com")
    assert behind.base_url == "/apps/" and behind.secure and behind.origin == "https://apps.example.com"


def test_the_policy_names_no_other_origin() -> None:
    policy = content_security_policy("http://localhost:8001", "abc")
    directives = dict(part.split(" ", 1) for part in policy.split("; "))
    assert directives["connect-src"] == "'self' ws://localhost:8001"
    assert directives["script-src"] == "'self' 'nonce-abc'"
    assert directives["default-src"] == directives["frame-ancestors"] == directives["object-src"] == "'none'"
    assert directives["form-action"] == "'self'"
