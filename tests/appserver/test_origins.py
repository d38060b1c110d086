"""An app's page has an origin of its own: a script that ran in it all the same would be nobody at the app server.

The scripts are run by the debugger, as if they had got past list and policy. Each attack is also made in the same page
served without its sandbox, where all of them work.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sandbox.appserver.headers import SANDBOX
from tests.appserver.portal import Portal
from tests.appserver.site import APP, OTHER, V1, Hardened, Viewer
from tests.appserver.test_page import come_from_portal

pytestmark = pytest.mark.browser

#: Each resolves when it got through and rejects when it did not.
ATTACKS = {
    "another app's page": "async g => { if (!(await (await fetch(g.other)).text()).includes('kernelId')) throw 0; }",
    "another page's kernel": """async g => { const a = await fetch('/api/kernels/' + g.kernel); if (!a.ok) throw 0;
        await a.json(); }""",
    "another page's kernel by websocket": """g => new Promise((ok, no) => {
        const s = new WebSocket(`ws://${location.host}/api/kernels/${g.kernel}/channels?session_id=x`, g.protocols);
        s.onopen = ok; s.onerror = no; })""",
    "another page's kernel by websocket, with a key of its own": """g => new Promise((ok, no) => {
        const key = JSON.parse(document.getElementById('sandbox-page').textContent).key;
        const wanted = [...g.protocols, ...(g.forge ? [] : ['sandbox-page.' + key])];
        const s = new WebSocket(`ws://${location.host}/api/kernels/${g.kernel}/channels?session_id=x`, wanted);
        s.onopen = ok; s.onerror = no; })""",
    "ending another page's kernel": """async g => {
        const a = await fetch('/voila/api/shutdown/' + g.victim, {method: 'POST'}); if (!a.ok) throw 0; }""",
    "what another app has stored": "async () => { if (localStorage.getItem('of-another-app') !== 'secret') throw 0; }",
    "leaving something for another app": "async () => { sessionStorage.setItem('x', '1'); }",
    "a cookie": "async () => { document.cookie = 'left=here'; if (!document.cookie.includes('left')) throw 0; }",
    "a database": """() => new Promise((ok, no) => {
        const o = indexedDB.open('x'); o.onsuccess = ok; o.onerror = no; })""",
    "a worker that stays": "async () => { await navigator.serviceWorker.getRegistrations(); }",
    "a channel to other pages": """() => new Promise((ok, no) => { const c = new BroadcastChannel('apps');
        c.onmessage = ok; c.postMessage('hello'); setTimeout(no, 600); })""",
    "another app in a window": """g => new Promise((ok, no) => { const w = open(g.other);
        setTimeout(() => { try { w.document.body.innerText.includes('x'); w.close(); ok(); } catch (e) { no(e); } },
                   900); })""",
}
LISTEN = "() => { new BroadcastChannel('apps').onmessage = e => e.target.postMessage('heard'); }"


@pytest.fixture
def pages(browser: Any, ours: Hardened, portal_server: Portal) -> Any:
    """Makes two open pages of one viewer in one browser: the attacker's app and the victim's, and what is told."""
    contexts, viewers = [], []

    def make(sandboxed: bool) -> tuple[Any, dict[str, Any]]:
        context = browser.new_context()
        contexts.append(context)
        victim, attacker = context.new_page(), context.new_page()
        come_from_portal(victim, ours, portal_server, APP)
        victim.wait_for_selector(".result")
        come_from_portal(attacker, ours, portal_server, OTHER)
        attacker.wait_for_selector(".result")
        if not sandboxed:
            # A page that comes from this test and not from a server is of no network; localhost is foreign to it.
            context.grant_permissions(["local-network-access"], origin=ours.base)
            context.route("**/voila/render/**", without_sandbox)
            for page in (victim, attacker):  # reloaded: an intercepted redirection has not kept its cookie yet
                page.reload()
                page.wait_for_selector(".result")
        victim.evaluate(LISTEN)
        # What the victim's app would have stored, had it an origin with a storage.
        attacker.evaluate("() => { try { localStorage.setItem('of-another-app', 'secret'); } catch (e) {} }")
        kernel = victim.evaluate("JSON.parse(document.getElementById('sandbox-page').textContent).kernelId")
        shared = context.cookies(ours.base)
        viewer = Viewer(ours.base, {c["name"]: c["value"] for c in shared}, ours.base, ours.versions)
        viewers.append(viewer)
        told = {"kernel": kernel, "other": viewer.path(APP), "victim": viewer.open(APP), "forge": not sandboxed}
        told["protocols"] = [V1]
        return attacker, told

    yield make
    for viewer in viewers:
        viewer.request("POST", "/leave")  # or the pages that were opened besides would count as the viewer's
    for context in contexts:
        context.close()


def without_sandbox(route: Any) -> None:
    answer = route.fetch()
    policy = answer.headers["content-security-policy"]
    assert SANDBOX in policy
    headers = {**answer.headers, "content-security-policy": policy.replace(f"{SANDBOX}; ", "")}
    route.fulfill(response=answer, headers=headers)


def through(page: Any, script: str, told: dict[str, Any]) -> bool:
    run = f"async told => {{ try {{ await ({script})(told); return true; }} catch (e) {{ return false; }} }}"
    return bool(page.evaluate(run, told))


def test_scripts_of_one_origin_reach_other_apps(pages: Callable[[bool], Any]) -> None:
    page, told = pages(sandboxed=False)
    failed = [name for name, script in ATTACKS.items() if not through(page, script, told)]
    assert not failed, f"{failed}: these attacks prove nothing: they fail without the sandbox too"


def test_a_script_in_an_apps_page_reaches_no_other_app(pages: Callable[[bool], Any]) -> None:
    page, told = pages(sandboxed=True)
    assert not [name for name, script in ATTACKS.items() if through(page, script, told)]
    assert page.evaluate("origin") == "null"


def test_an_app_can_be_left_and_read_in_the_other_language(page: Any, ours: Hardened, portal_server: Portal) -> None:
    """What the page leads to itself works without an origin: language, signing out."""
    come_from_portal(page, ours, portal_server)
    page.get_by_role("link", name="中文").click()
    page.wait_for_selector("html[lang='zh-CN'] .result")
    page.reload()
    page.wait_for_selector("html[lang='zh-CN'] .result")
    path = page.evaluate("location.pathname")
    page.get_by_role("button", name="退出").click()
    page.get_by_text("You are signed out of the apps.").wait_for()
    assert not [cookie for cookie in page.context.cookies(ours.base) if cookie["name"] == "sandbox-apps"]
    answer = page.goto(f"{ours.base}{path}")
    assert answer is not None and answer.status == 401


@pytest.mark.parametrize("key", ["", "x", "x.y", "é.é", "{session}.", "{session}.{wrong}", "other's"])
def test_keys_that_we_did_not_give(key: str, ours: Hardened) -> None:
    rita, kernel = ours.opened()
    text = rita.request("GET", rita.path()).text
    given = text.split('"key":"')[1].split('"')[0]
    session = given.partition(".")[0]
    shown = given if key == "other's" else key.format(session=session, wrong="0" * 64)
    nobody = Viewer(ours.base, rita.cookies, "null", ours.versions)  # even with the cookie
    for address in (f"/api/kernels/{kernel}", f"/voila/api/shutdown/{kernel}", f"/voila/api/ready/{kernel}", "/leave"):
        answer = nobody.request("POST", address, content=shown.encode(), headers={"Content-Type": "text/plain"})
        assert answer.status_code in (401, 404), (address, answer.status_code)
    assert rita.alive(kernel)
