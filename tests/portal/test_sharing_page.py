"""Sharing a project from its page, in both languages: who may, what both see, and whose turn it is."""

from __future__ import annotations

import re

import pytest
from starlette.testclient import TestClient

from sandbox.core.errors import Conflict
from sandbox.core.messages import Language
from sandbox.publishing.archive import pack_files
from sandbox.workflows.publish import Retrospective, retire
from sandbox.workflows.share import ask_turn, load_text, save_text, share, who_edits

from .town import PEOPLE, Town

PAGE = "/projects/first-idea"


def post(browser: TestClient, path: str, **data: str) -> int:
    token = re.search(r'name="csrf" value="([^"]+)"', browser.get("/apps").text)
    assert token
    return browser.post(path, data={"csrf": token[1], **data}).status_code


@pytest.mark.parametrize(
    ("language", "offer", "edits"),
    [("en", "Share with a colleague", "林夏 has been editing since"), ("zh-CN", "与同事共享", "起正在编辑")],
)
def test_a_project_is_shared_from_its_page(town: Town, language: Language, offer: str, edits: str) -> None:
    owner, colleague = town.as_("lin-xia", language), town.as_("bob", language)
    assert colleague.get(PAGE).status_code == 404
    assert offer in owner.get(PAGE).text
    assert post(colleague, f"{PAGE}/share", person="bob") == 404
    assert post(owner, f"{PAGE}/share", person="bob") == 303
    assert "Bob Field" in owner.get(PAGE).text and PAGE in colleague.get("/projects").text
    assert PAGE in colleague.get("/").text, "where a colleague begins it is among their own"
    seen = colleague.get(PAGE).text
    assert 'id="colleague"' not in seen, "a colleague does not pass it on"
    assert edits not in seen
    ask_turn(town.services, PEOPLE["lin-xia"], "first-idea", "w1")
    assert edits in colleague.get(PAGE).text
    assert post(colleague, f"{PAGE}/unshare", person="bob") == 303
    assert colleague.get(PAGE).status_code == 404


def test_a_retired_project_keeps_its_newest_text_and_nobody_edits_it(town: Town) -> None:
    owner, colleague, services = PEOPLE["lin-xia"], PEOPLE["bob"], town.services
    share(services, owner, "first-idea", "bob")
    ask_turn(services, owner, "first-idea", "w1")
    written = pack_files({"notebook.ipynb": b"{}"})
    kept = save_text(services, owner, "first-idea", "w1", "", written)
    ask_turn(services, colleague, "first-idea", "w2", take=True)
    retire(services, PEOPLE["david"], "first-idea", Retrospective("a list", "nobody asked", again=False))
    assert who_edits(services, owner, "first-idea") is None
    ask_turn(services, colleague, "first-idea", "w2")
    with pytest.raises(Conflict, match="retired"):
        save_text(services, colleague, "first-idea", "w2", kept, pack_files({"notebook.ipynb": b"[]"}))
    assert load_text(services, owner, "first-idea") == (kept, written)
