"""Signing in: links work once and only by their button, sessions cannot be fixed, tokens are kept as hashes."""

from __future__ import annotations

import re
import sqlite3
from datetime import timedelta

from starlette.testclient import TestClient

from sandbox.identity import accounts

from .town import Town


def link_for(town: Town, name: str, lifetime: timedelta = timedelta(minutes=5)) -> str:
    return accounts.make_signin_secret(
        town.services.registry, name, actor="operator", now=town.services.now(), lifetime=lifetime
    )


def form_token(text: str) -> str:
    found = re.search(r'name="csrf" value="([0-9a-f]{64})"', text)
    assert found
    return found[1]


def press(browser: TestClient, secret: str) -> int:
    page = browser.get("/signin", params={"link": secret})
    return browser.post("/signin", data={"csrf": form_token(page.text), "secret": secret}).status_code


def test_a_link_is_spent_by_its_button_once_and_never_by_looking(town: Town) -> None:
    secret = link_for(town, "bob")
    for _ in range(3):
        assert "Bob Field" in town.browser().get("/signin", params={"link": secret}).text
        assert town.browser().head("/signin", params={"link": secret}).status_code in (200, 405)
    browser = town.browser()
    assert press(browser, secret) == 303
    assert browser.get("/projects").status_code == 200
    again = town.browser()
    assert again.get("/signin", params={"link": secret}).status_code == 410
    page = again.get("/signin")
    answer = again.post("/signin", data={"csrf": form_token(page.text), "secret": secret})
    assert answer.status_code == 401 and "used already" in answer.text


def test_a_link_that_is_too_old_signs_nobody_in(town: Town) -> None:
    assert press(town.browser(), link_for(town, "bob", timedelta(seconds=-1))) == 401


def test_signing_in_makes_a_new_secret_whatever_the_browser_brought(town: Town) -> None:
    name = town.app.state.cookies.session
    browser = town.browser()
    browser.cookies.set(name, "chosen-by-an-attacker-0123456789abcdef", domain="portal.test")
    assert press(browser, link_for(town, "bob")) == 303
    values = {c.value for c in browser.cookies.jar if c.name == name}
    attacker = town.browser()
    attacker.cookies.set(name, "chosen-by-an-attacker-0123456789abcdef", domain="portal.test")
    assert attacker.get("/projects").status_code == 401
    assert any(v and v != "chosen-by-an-attacker-0123456789abcdef" for v in values)


def test_signing_in_again_ends_the_session_before(town: Town) -> None:
    browser = town.as_("bob")
    name = town.app.state.cookies.session
    before = browser.cookies.get(name)
    assert press(browser, link_for(town, "david")) == 303
    thief = town.browser()
    thief.cookies.set(name, str(before), domain="portal.test")
    assert thief.get("/projects").status_code == 401


def test_signing_out_ends_the_session_on_the_server(town: Town) -> None:
    browser = town.as_("bob")
    name = town.app.state.cookies.session
    kept = str(browser.cookies.get(name))
    assert browser.post("/signout", data={"csrf": form_token(browser.get("/apps").text)}).status_code == 303
    thief = town.browser()
    thief.cookies.set(name, kept, domain="portal.test")
    assert thief.get("/apps").status_code == 401


def test_the_session_cookie_is_out_of_reach(town: Town) -> None:
    browser = town.browser()
    secret = link_for(town, "bob")
    page = browser.get("/signin", params={"link": secret})
    answer = browser.post("/signin", data={"csrf": form_token(page.text), "secret": secret})
    cookie = next(c for c in answer.headers.get_list("set-cookie") if c.startswith(town.app.state.cookies.session))
    assert "httponly" in cookie.lower() and "samesite=strict" in cookie.lower() and "path=/" in cookie.lower()


def test_the_registry_holds_no_secret(town: Town) -> None:
    secrets = [link_for(town, "bob"), town.token("bob")["authorization"].split()[1]]
    browser = town.as_("bob")
    secrets.append(str(browser.cookies.get(town.app.state.cookies.session)))
    with sqlite3.connect(town.services.workspace.registry_file) as database:
        dump = "\n".join(database.iterdump())
    assert not any(secret in dump for secret in secrets)


def test_the_language_follows_the_person_and_the_anonymous_visitor(town: Town) -> None:
    browser = town.browser("zh-CN")
    page = browser.get("/signin")
    assert 'lang="zh-CN"' in page.text
    answer = browser.post("/language", data={"csrf": form_token(page.text), "language": "en", "next": "/signin"})
    assert answer.headers["location"] == "/signin"
    assert '<html lang="en">' in browser.get("/signin").text
    person = town.as_("bob")
    person.post("/language", data={"csrf": form_token(person.get("/apps").text), "language": "zh-CN", "next": "/apps"})
    with town.services.registry.reading() as reading:
        assert reading.person("bob").language == "zh-CN"


def test_the_language_form_sends_nobody_to_another_site(town: Town) -> None:
    browser = town.browser()
    token = form_token(browser.get("/signin").text)
    evil = ("//evil.test/", "https://evil.test/", "/\\evil.test", "\\\\evil.test", "javascript:alert(1)", "/a\nb")
    for target in evil:
        answer = browser.post("/language", data={"csrf": token, "language": "en", "next": target})
        assert answer.headers["location"] == "/", target
