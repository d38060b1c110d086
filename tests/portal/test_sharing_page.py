"""Sharing a project from its page, in both languages: who may, what both see, and whose turn it is."""

from __future__ import annotations

import re

import pytest
from starlette.testclient import TestClient

from sandbox.core.messages import Language
from sandbox.workflows.share import ask_turn

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
