"""App server and portal together, both real: what ends an open app, and which host names and cookies are whose."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import psutil
import pytest

from sandbox.core.lifecycle import State
from sandbox.core.project import AppVersion, Kpi, Project, Submission
from sandbox.core.roles import Person, Role
from sandbox.core.usage import Opening
from sandbox.identity import accounts
from sandbox.settings import Settings
from sandbox.workflows.publish import Retrospective, retire
from sandbox.workflows.services import Services
from tests.appserver.conftest import app_server, plain_environment, publish, running
from tests.appserver.site import Hardened, Viewer
from tests.helpers.ports import free_port

#: Seconds that an open app lives on the portal's word; it is asked for four times as often.
HOLD = 6
LIVE, SECOND, CANDIDATE = "live-app", "second-app", "candidate-app"
NOW = datetime.now(UTC)
RITA = Person("rita", "Rita", frozenset({Role.STAFF}), "Sales")
ZHAO = Person("zhao", "Zhao Min", frozenset({Role.REVIEWER}), "Data office")
DAVID = Person("david", "David Chen", frozenset({Role.LEAD}), "Lab")


@dataclass
class Town:
    """Both servers on one workspace; ``services`` is what the command line would use beside them."""

    services: Services
    portal: str
    portal_pid: int
    apps: Hardened
    opened: list[httpx.Client] = field(default_factory=list)

    def link(self, person: str) -> str:
        secret = accounts.make_signin_secret(
            self.services.registry, person, actor="operator", now=self.services.now(), lifetime=timedelta(minutes=5)
        )
        return f"/signin?link={secret}"

    def signed_in(self, person: str) -> httpx.Client:
        """A browser at the portal, after the button of a sign-in link was pressed."""
        client = httpx.Client(base_url=self.portal, trust_env=False, follow_redirects=True, timeout=30)
        self.opened.append(client)
        link = self.link(person)
        press(client, link, "/signin", secret=link.split("=")[1])
        assert client.get("/apps").status_code == 200
        return client

    def open(self, client: httpx.Client, app: str) -> tuple[Viewer, str]:
        """The app opened from the portal's page; the viewer at the app server and the page's kernel."""
        handed = press(client, "/apps", f"/apps/{app}/open", version=self.apps.versions[app])
        assert handed.status_code == 200, handed.text
        ticket = re.search(r'name="ticket" value="([^"]+)"', handed.text)
        assert ticket
        entered = httpx.post(f"{self.apps.base}/enter", data={"ticket": ticket[1]}, trust_env=False)
        assert entered.status_code == 303, entered.text
        viewer = Viewer(self.apps.base, dict(entered.cookies), self.apps.base, self.apps.versions)
        return viewer, viewer.open(app)


def press(client: httpx.Client, page: str, action: str, **fields: str) -> httpx.Response:
    """Send one of the portal's forms with the token of ``page``."""
    token = re.search(r'name="csrf" value="([0-9a-f]{64})"', client.get(page).text)
    assert token
    return client.post(action, data={"csrf": token[1], **fields})


def wait_until(reached: Callable[[], bool], seconds: float = 60.0) -> float:
    """Seconds until it is so; fails when it takes too long."""
    began = time.monotonic()
    while not reached():
        assert time.monotonic() - began < seconds, "it did not happen in time"
        time.sleep(0.1)
    return time.monotonic() - began


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    tmp = tmp_path_factory.mktemp("town")
    home, port = tmp / "home", free_port()
    portal = f"http://127.0.0.1:{port}"
    versions = {app: publish(home, app, portal, "controls") for app in (LIVE, SECOND, CANDIDATE)}
    services = Services.open(Settings(home=home))
    with services.registry.transaction("operator") as tx:
        for person in (RITA, ZHAO, DAVID):
            tx.put_person(person, NOW)
        for app, version in versions.items():
            live = app != CANDIDATE
            tx.add_project(Project(
                app, "david", app, "Customers leave", Kpi("Churn", "%", 5, 4), "Sales", "customer-churn", {},
                State.PUBLISHED if live else State.SUBMITTED, "en", NOW, NOW, live_version=version if live else None,
            ))  # fmt: skip
            tx.add_submission(Submission(
                app, 1, "ab" * 32, 20480, NOW, "david", {}, examination="done", version=version,
                decision="approved" if live else None,
            ))  # fmt: skip
            tx.put_app_version(AppVersion(app, version, 1, "live" if live else "candidate", NOW, NOW if live else None))
    with app_server(home, tmp, portal, versions, SANDBOX_APP_GRANT_SECONDS=str(HOLD)) as apps:
        environment = {
            **plain_environment(tmp),
            "SANDBOX_HOME": str(home),
            "SANDBOX_PORTAL_PORT": str(port),
            "SANDBOX_PORTAL_URL": portal,
            "SANDBOX_APPS_URL": apps.base,
        }
        command = [sys.executable, "-m", "sandbox.portal"]
        with running(command, environment, f"{portal}/healthz", tmp / "portal.log", tmp) as pid:
            made = Town(services, portal, pid, apps)
            yield made
            for client in made.opened:
                client.close()
    services.close()


def test_what_is_live_waits_for_its_first_viewer_and_its_use_is_kept(town: Town) -> None:
    """The first test of this town: nobody has opened anything yet."""
    wait_until(lambda: httpx.get(f"{town.apps.base}/healthz", trust_env=False).json()["apps_ready"] >= 2, 120)
    rita = town.signed_in("rita")
    viewer, kernel = town.open(rita, LIVE)
    assert viewer.request("POST", f"/voila/api/ready/{kernel}", content=b"7").status_code == 204

    def kept() -> list[Opening]:
        with town.services.registry.reading() as reading:
            return reading.openings(NOW.date() - timedelta(days=1), app=LIVE)

    wait_until(lambda: bool(kept()))
    (opening,) = kept()
    assert opening.ready_ms == 7 and opening.version == town.apps.versions[LIVE] and "rita" not in str(opening)
    assert "openings: 1" in rita.get(f"/apps/{LIVE}").text


def test_signing_out_in_the_portal_ends_what_was_opened_from_there(town: Town) -> None:
    here, elsewhere = town.signed_in("rita"), town.signed_in("rita")
    viewer, kernel = town.open(here, LIVE)
    _, second = town.open(here, SECOND)
    staying, kept = town.open(elsewhere, LIVE)
    time.sleep(HOLD + 0.5)
    assert viewer.alive(kernel) and viewer.alive(second), "renewed in silence while the person is signed in"
    held = viewer.connect(kernel)
    press(here, "/apps", "/signout")
    assert wait_until(lambda: viewer.request("GET", f"/api/kernels/{kernel}").status_code == 401) < HOLD
    assert viewer.request("GET", viewer.path(LIVE)).status_code == 401
    wait_until(lambda: not staying.alive(kernel) and not staying.alive(second))  # the kernels, not only the cookie
    assert staying.alive(kept), "the same person's other sign-in goes on"
    held.close()


def test_a_role_that_is_taken_away_closes_what_it_opened(town: Town) -> None:
    reviewer = town.signed_in("zhao")
    viewer, kernel = town.open(reviewer, CANDIDATE)
    _, live = town.open(reviewer, SECOND)
    # As the command line does it: the portal is not told either.
    accounts.put_person(
        town.services.registry, replace(ZHAO, roles=frozenset({Role.STAFF})), actor="operator", now=town.services.now()
    )
    wait_until(lambda: not viewer.alive(kernel))
    assert viewer.request("GET", viewer.path(CANDIDATE)).status_code == 404
    assert viewer.alive(live), "what everybody may open stays open"


def test_a_retired_app_is_closed_and_not_opened_again(town: Town) -> None:
    rita = town.signed_in("rita")
    viewer, kernel = town.open(rita, LIVE)
    _, other = town.open(rita, SECOND)
    retire(town.services, DAVID, LIVE, Retrospective("Calls.", "Calls come too late.", False))
    assert press(rita, "/apps", f"/apps/{LIVE}/open").status_code == 404, "at once"
    wait_until(lambda: not viewer.alive(kernel))
    assert viewer.request("GET", viewer.path(LIVE)).status_code == 404
    assert viewer.alive(other)


@pytest.mark.parametrize("later", [1, -1], ids=["published", "rolled back"])
def test_another_version_is_told_and_cuts_nobody_off(later: int, town: Town) -> None:
    viewer, kernel = town.open(town.signed_in("rita"), SECOND)
    # Its owner and a lead: who may open any version is told all the same.
    owner, own = town.open(town.signed_in("david"), SECOND)

    def told() -> bool:
        answers = [each.request("GET", f"/api/kernels/{its}").json() for each, its in ((viewer, kernel), (owner, own))]
        return all(answer["newer"] for answer in answers)

    first = town.apps.versions[SECOND]
    other = f"{int(first[:4]) + later}{first[4:]}"
    assert not told()
    with town.services.registry.transaction("operator") as tx:
        before = next(each for each in tx.app_versions(SECOND) if each.version == first)
        project = tx.project(SECOND)
        tx.put_app_version(replace(before, status="superseded"))
        tx.put_app_version(replace(before, version=other, status="live"))
        tx.put_project(replace(project, live_version=other))
    wait_until(told)
    assert viewer.alive(kernel) and owner.alive(own)
    with town.services.registry.transaction("operator") as tx:
        tx.put_app_version(replace(before, version=other, status="superseded"))
        tx.put_app_version(replace(before, status="live"))
        tx.put_project(project)
    wait_until(lambda: not told())


def test_questions_of_others_are_not_answered(town: Town) -> None:
    """Only who has the ticket key may ask; a ticket that opens an app is no question, and a question opens nothing."""

    def ask(*tickets: str) -> httpx.Response:
        return httpx.post(f"{town.portal}/api/v1/renewals", json={"tickets": list(tickets)}, trust_env=False)

    unknown = town.apps.ticket("rita", SECOND, purpose="renew", signin="0" * 64)
    assert ask(unknown).json()["standings"] == ["signed-out"]
    for refused in (town.apps.ticket("rita", SECOND), f"{unknown}x", "x.y"):
        assert ask(unknown, refused).status_code == 401
    address = f"{town.portal}/api/v1/renewals"
    assert httpx.post(address, json={}, trust_env=False).json() == {"standings": [], "live": []}
    for refused in (unknown, town.apps.ticket("rita", SECOND), "x.y"):
        assert httpx.post(address, json={"server": refused}, trust_env=False).status_code == 401
    assert httpx.post(f"{town.apps.base}/enter", data={"ticket": unknown}, trust_env=False).status_code == 401


def test_the_portal_does_not_answer_on_the_app_servers_host_name(town: Town) -> None:
    """Whatever it set there, every app's page would send along, and an app's page could read what it says."""
    there = town.portal.replace("127.0.0.1", "localhost")
    for path in ("/", "/signin", "/apps", "/healthz", "/metrics", "/static/portal.css", "/api/v1/apps"):
        answer = httpx.get(f"{there}{path}", trust_env=False)
        assert answer.status_code == 421 and "set-cookie" not in answer.headers, path
        assert httpx.get(f"{town.portal}{path}", trust_env=False).status_code != 421


@pytest.mark.browser
def test_cookies_of_the_portal_never_reach_the_app_server(town: Town, page: Any) -> None:
    requests: list[Any] = []
    page.context.on("request", lambda request: requests.append(request))
    page.goto(f"{town.portal}{town.link('rita')}")
    page.locator("main button").click()
    page.wait_for_url(f"{town.portal}/")
    page.goto(f"{town.portal}/apps/{SECOND}")
    with page.context.expect_page() as opened:
        page.locator(f"form[action$='/apps/{SECOND}/open'] button").first.click()
    opened.value.wait_for_selector(".result")
    page.goto(f"{town.portal}/apps")  # and back: the app server's cookie does not go to the portal either
    sent = [(request.url, request.all_headers().get("cookie", "")) for request in requests]
    to_portal = [cookies for url, cookies in sent if url.startswith(town.portal)]
    to_apps = [cookies for url, cookies in sent if url.startswith(town.apps.base)]
    assert any("sandbox-session-" in cookies for cookies in to_portal), "else the test sees no cookies at all"
    assert any("sandbox-apps=" in cookies for cookies in to_apps)
    names = {part.split("=")[0].strip() for cookies in to_apps for part in cookies.split(";") if part.strip()}
    assert names == {"sandbox-apps"}
    assert not any("sandbox-apps=" in cookies for cookies in to_portal)
    assert {cookie["name"] for cookie in page.context.cookies(town.apps.base)} == {"sandbox-apps"}


def test_without_the_portals_word_apps_end_when_their_time_is_over(town: Town) -> None:
    """The last test of this town: its portal is stopped."""
    viewer, kernel = town.open(town.signed_in("david"), SECOND)
    psutil.Process(town.portal_pid).terminate()
    time.sleep(HOLD / 4)
    assert viewer.alive(kernel), "a portal that is started anew disturbs nobody"
    wait_until(lambda: not viewer.alive(kernel))
    assert viewer.request("GET", viewer.path(SECOND)).status_code == 404
