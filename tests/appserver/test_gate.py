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
from sandbox.appserver.sessions import Sessions, Viewer
from sandbox.core.errors import Unavailable
from sandbox.identity.tickets import Ticket
from sandbox.store.workspace import Workspace
from tests.appserver.site import APP, OTHER
from tests.appserver.site import NO_VERSION as VERSION

NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)


HOLD = timedelta(minutes=1)


class Clock:
    def __init__(self) -> None:
        self.time = NOW

    def __call__(self) -> datetime:
        return self.time


def ticket(person: str = "rita", app: str = APP, signin: str = "s1") -> Ticket:
    return Ticket(
        "app",
        person,
        person,
        "en",
        NOW + timedelta(seconds=60),
        app=app,
        version=VERSION,
        owner="Lin Xia",
        signin=signin,
    )


def entered(sessions: Sessions, **facts: str) -> Viewer:
    viewer = sessions.viewer(sessions.open(ticket(**facts)))
    assert viewer is not None
    return viewer


def test_sessions_end_with_their_time() -> None:
    clock = Clock()
    sessions = Sessions(timedelta(hours=1), HOLD, clock)
    secret = sessions.open(ticket())
    viewer = sessions.viewer(secret)
    assert viewer is not None and viewer.person == "rita"
    assert sessions.viewer("another secret") is None and sessions.viewer(None) is None
    clock.time += timedelta(hours=1)
    assert sessions.viewer(secret) is None


def test_an_admission_holds_as_long_as_it_is_renewed() -> None:
    clock = Clock()
    sessions = Sessions(timedelta(hours=1), HOLD, clock)
    viewer = entered(sessions)
    admission = sessions.admission(viewer, APP, VERSION)
    assert admission is not None and sessions.admissions() == [admission]
    assert sessions.admission(viewer, OTHER, VERSION) is None
    assert sessions.admission(entered(sessions, person="bob", app=OTHER), APP, VERSION) is None
    clock.time += HOLD * 0.9
    sessions.renew(admission)
    clock.time += HOLD * 0.9
    assert sessions.holds(admission)
    clock.time += HOLD * 0.1
    assert sessions.admission(viewer, APP, VERSION) is None and sessions.admissions() == []
    sessions.renew(admission)
    assert not sessions.holds(admission), "what is over is not renewed, only opened anew"


def test_a_second_app_does_not_close_the_first() -> None:
    sessions = Sessions(timedelta(hours=1), HOLD, Clock())
    entered(sessions)
    viewer = entered(sessions, app=OTHER)
    assert sessions.admission(viewer, APP, VERSION) and sessions.admission(viewer, OTHER, VERSION)


def test_one_portal_session_ends_alone() -> None:
    sessions = Sessions(timedelta(hours=1), HOLD, Clock())
    secrets = {signin: sessions.open(ticket(signin=signin)) for signin in ("s1", "s2")}
    secrets["bob"] = sessions.open(ticket(person="bob"))
    sessions.end_signin("rita", "s1")
    assert sessions.viewer(secrets["s1"]) is None
    assert sessions.viewer(secrets["s2"]) is not None and sessions.viewer(secrets["bob"]) is not None
    assert {(item.person, item.signin) for item in sessions.admissions()} == {("rita", "s2"), ("bob", "s1")}
    sessions.close("rita")
    assert sessions.viewer(secrets["s2"]) is None


def test_the_gate_looks_at_grant_and_shelf(tmp_path: Path) -> None:
    sessions = Sessions(timedelta(hours=1), HOLD, Clock())
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
    assert directives["connect-src"] == "http://localhost:8001 ws://localhost:8001"
    assert directives["script-src"] == "'nonce-abc'"
    assert directives["default-src"] == directives["frame-ancestors"] == directives["object-src"] == "'none'"
    assert directives["form-action"] == "http://localhost:8001"
    assert "allow-scripts" in directives["sandbox"] and "allow-same-origin" not in directives["sandbox"]
    assert "blob:" in content_security_policy("http://localhost:8001", "abc", frames=True)
    assert "script-src 'none'" in content_security_policy("http://localhost:8001")
