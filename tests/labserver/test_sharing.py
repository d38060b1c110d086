"""Two people on one project, each in a JupyterLab of their own that shares no disk with the other's."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import nbformat
import pytest

from sandbox.core.roles import Role
from sandbox.identity import accounts
from sandbox.settings import Settings
from sandbox.store.workspace import Workspace
from sandbox.workflows.services import Services
from sandbox.workflows.share import share
from tests.appserver.conftest import plain_environment, running
from tests.appserver.site import Viewer
from tests.helpers.ports import free_port
from tests.portal.town import settle

from .site import Lab

PROJECT = "first-idea"  # lin-xia's draft in the town


class People:
    """``lab(name)`` is that person's JupyterLab, with the cookies of somebody who came in."""

    def __init__(self, home: Path, portal: str, tmp: Path, stack: ExitStack) -> None:
        self.portal, self._tmp, self._stack = portal, tmp, stack
        self.services = Services.open(Settings(home=home))
        self._tokens: dict[str, str] = {}

    def token(self, name: str) -> str:
        if name not in self._tokens:
            self._tokens[name] = accounts.make_api_token(
                self.services.registry, name, actor="operator", now=self.services.now(), lifetime=timedelta(hours=1)
            )
        return self._tokens[name]

    def ask(self, name: str, method: str, path: str, **body: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.token(name)}", "X-Sandbox-Window": "script", "Accept-Language": "en"}
        url = f"{self.portal}/api/v1/{path}"
        return httpx.request(method, url, headers=headers, json=body or None, trust_env=False, timeout=30)

    def lab(self, name: str) -> Lab:
        home, port = Workspace.at(self._tmp / f"home-of-{name}").ensure().home, free_port()
        token = self._tmp / f"token-{name}"
        token.write_text(self.token(name))
        base = f"http://127.0.0.1:{port}"
        environment = {
            **plain_environment(self._tmp),
            "SANDBOX_HOME": str(home),
            "SANDBOX_LAB_PORT": str(port),
            "SANDBOX_LAB_URL": base,
            "SANDBOX_PORTAL_URL": self.portal,
            "SANDBOX_LAB_OWNER": name,
            "SANDBOX_API_TOKEN_FILE": str(token),
        }
        command = [sys.executable, "-m", "sandbox.labserver"]
        log = self._tmp / f"lab-{name}.log"
        self._stack.enter_context(running(command, environment, f"{base}/sandbox/healthz", log, self._tmp))
        return Lab(base, home, None)  # type: ignore[arg-type]


class Window:
    """A page of Lab with the project's notebook open, as ``labextension`` asks."""

    def __init__(self, lab: Lab, person: str, name: str, language: str = "en") -> None:
        self._lab, self._name = lab, name
        self.entered = lab.enter(person, PROJECT, language)
        if self.entered.status_code == 200:
            self._viewer = Viewer(lab.base, dict(self.entered.cookies), lab.base)
            self._viewer.cookies.update(self._viewer.request("GET", "/lab").cookies)

    def load(self) -> dict[str, Any]:
        answer = self._send("GET", f"/api/contents/{PROJECT}/notebook.ipynb?type=notebook&content=1")
        assert answer.status_code == 200, answer.text
        self._model = answer.json()
        return self._model

    @property
    def text(self) -> str:
        return json.dumps(self._model["content"], ensure_ascii=False)

    def write(self, sentence: str) -> httpx.Response:
        content = self._model["content"]
        content["cells"].append(nbformat.v4.new_markdown_cell(sentence))
        body = {"type": "notebook", "format": "json", "content": content}
        return self._send("PUT", f"/api/contents/{PROJECT}/notebook.ipynb", body)

    def ask(self, **more: Any) -> dict[str, Any]:
        answer = self._send("POST", "/sandbox/presence", {"project": PROJECT, **more})
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def versions(self) -> list[dict[str, Any]]:
        return list(self._send("GET", f"/sandbox/versions?project={PROJECT}").json()["versions"])

    def post(self, path: str, body: Any) -> httpx.Response:
        return self._send("POST", path, body)

    def _send(self, method: str, path: str, body: Any = None) -> httpx.Response:
        return self._lab.send(self._viewer, method, path, body, self._name)


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Iterator[People]:
    tmp = tmp_path_factory.mktemp("sharing")
    settle(tmp / "home")
    port = free_port()
    environment = {**os.environ, "SANDBOX_HOME": str(tmp / "home"), "SANDBOX_PORTAL_PORT": str(port)}
    portal = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "sandbox.portal"]
    with ExitStack() as stack:
        stack.enter_context(running(command, environment, f"{portal}/healthz", tmp / "portal.log", tmp))
        made = People(tmp / "home", portal, tmp, stack)
        stack.callback(made.services.close)
        yield made


@pytest.fixture(scope="module")
def labs(people: People) -> tuple[Lab, Lab]:
    return people.lab("lin-xia"), people.lab("bob")


def test_a_project_is_nobody_elses_until_it_is_shared(people: People) -> None:
    assert people.ask("bob", "GET", f"projects/{PROJECT}").status_code == 404
    assert people.ask("bob", "POST", f"projects/{PROJECT}/colleagues", person="bob").status_code == 404
    refused = people.ask("lin-xia", "POST", f"projects/{PROJECT}/colleagues", person="zhao-min")
    assert refused.status_code == 403 and "赵敏" in refused.text
    assert people.ask("lin-xia", "POST", f"projects/{PROJECT}/turn", take=False).json() == {"shared": False}


def test_two_people_take_turns_and_nothing_is_overwritten(people: People, labs: tuple[Lab, Lab]) -> None:
    hers, his = labs
    lin = Window(hers, "lin-xia", "w-lin")
    lin.load()
    assert lin.write("Before anybody shared it.").status_code == 200
    shared = people.ask("lin-xia", "POST", f"projects/{PROJECT}/colleagues", person="bob")
    assert shared.status_code == 201, shared.text

    # The owner's Lab has not sent the text yet: the colleague is told so, and gets no empty template.
    early = Window(his, "bob", "w-early", "zh-CN")
    assert early.entered.status_code == 409 and "还没有送到" in early.entered.text
    assert lin.ask()["mine"] is True

    bob = Window(his, "bob", "w-bob")
    assert bob.load()["writable"] is False
    assert "Before anybody shared it." in bob.text
    told = bob.ask()
    assert (told["mine"], told["other"], told["person"]) == (False, True, "林夏") and told["since"]
    refused = bob.write("Bob does not wait.")
    assert refused.status_code == 409 and "林夏" in refused.json()["message"]
    assert bob.versions()[0]["reason"] == "aside", "his sentence is kept"

    # He takes over: his Lab brings her newest text, she may read along, and what she had not saved is kept.
    assert lin.write("Her second sentence.").status_code == 200
    assert bob.ask(take=True)["mine"] is True
    assert bob.load()["writable"] is True and "Her second sentence." in bob.text
    told = lin.ask()
    assert (told["mine"], told["person"]) == (False, "Bob Field")
    assert lin.write("Too late.").status_code == 409
    assert bob.write("Bob's own sentence.").status_code == 200

    # He goes: she has the turn again, but her window's text is old, so that a save is refused until she has his.
    bob.ask(leave=True)
    assert lin.ask()["mine"] is True
    assert lin.write("Over his.").status_code == 409
    assert lin.load()["writable"] is True
    for sentence in ("Before anybody shared it.", "Her second sentence.", "Bob's own sentence."):
        assert sentence in lin.text
    assert "Over his." not in lin.text
    assert lin.write("Now it fits.").status_code == 200


def test_who_edits_stands_on_the_page_and_in_the_chain(people: People) -> None:
    with people.services.registry.reading() as reading:
        actions = [(e.actor, e.action) for e in reading.audit(subject=PROJECT)]
    assert ("lin-xia", "project.shared") in actions and ("bob", "project.taken-over") in actions
    start = people.ask("bob", "GET", "lab/start").json()
    assert [(p["slug"], p["of"]) for p in start["projects"] if p["slug"] == PROJECT] == [(PROJECT, "林夏")]


def test_a_colleague_does_not_submit_and_never_judges(people: People) -> None:
    archive = people.ask("bob", "GET", f"projects/{PROJECT}/text").content
    headers = {"Authorization": f"Bearer {people.token('bob')}", "Content-Type": "application/zip"}
    url = f"{people.portal}/api/v1/projects/{PROJECT}/submissions"
    assert httpx.post(url, content=archive, headers=headers, trust_env=False).status_code == 403

    with people.services.registry.transaction("operator") as tx:
        bob = tx.person("bob")
        tx.put_person(replace(bob, roles=bob.roles | {Role.REVIEWER}), people.services.now())
        lin = tx.person("lin-xia")
    share(people.services, lin, "keep-the-north", "bob")
    people.ask("bob", "DELETE", "projects/keep-the-north/colleagues/bob")
    decision = {"decision": "return", "reasons": "I was here."}
    refused = people.ask("bob", "POST", "projects/keep-the-north/submissions/1/decision", **decision)
    assert refused.status_code == 403, refused.text
    with people.services.registry.transaction("operator") as tx:
        tx.put_person(bob, people.services.now())


def test_when_sharing_ends_the_colleague_has_a_copy_and_nothing_more(people: People, labs: tuple[Lab, Lab]) -> None:
    bob = Window(labs[1], "bob", "w-later")
    bob.load()
    assert people.ask("lin-xia", "DELETE", f"projects/{PROJECT}/colleagues/bob").status_code == 204
    assert people.ask("bob", "GET", f"projects/{PROJECT}/text").status_code == 404
    assert people.ask("bob", "POST", f"projects/{PROJECT}/turn", take=True).status_code == 404
    assert people.ask("bob", "GET", f"projects/{PROJECT}/grants").status_code == 404
