"""Files that an app offers: kept by a browser as the kernel makes them, for the viewer's own page and nobody else."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from sandbox.appserver.downloads import safe_name
from sandbox.core.errors import NotFound
from tests.appserver.portal import Portal
from tests.appserver.site import Hardened, Viewer
from tests.appserver.test_page import app_opened


@dataclass
class Opened:
    """Somebody's open page, and what its own script would send."""

    viewer: Viewer
    kernel: str
    key: str
    offers: dict[str, str]

    def fetch(self, offer: str, *, key: str = "", kernel: str = "", language: str = "en") -> httpx.Response:
        where = f"/voila/api/download/{kernel or self.kernel}/{self.offers.get(offer, offer)}"
        body = f"{key or self.key}\n{language}"
        return self.viewer.request("POST", where, content=body, headers={"Origin": "null"}, cookies={})


def opened(site: Hardened, person: str) -> Opened:
    viewer = site.viewer(person)
    text = viewer.request("GET", viewer.path()).text
    facts, widgets = (
        json.loads(found)
        for found in re.findall(r'<script type="application/json" id="sandbox-\w+">(.*?)</script>', text, re.DOTALL)
    )
    buttons = {each["state"].get("description", ""): name for name, each in widgets.items()
               if each["model_name"] == "ButtonModel"}  # fmt: skip
    viewer.cookies = {}  # an app's page has none to send
    return Opened(viewer, facts["kernelId"], facts["key"], buttons)


@pytest.fixture(scope="module")
def rita(offering: Hardened) -> Opened:
    return opened(offering, "rita")


def test_a_table_is_kept_by_the_rules_of_shown_tables(rita: Opened) -> None:
    answer = rita.fetch("Groups")
    assert answer.status_code == 200
    lines = answer.content.decode("utf-8-sig").split()
    assert lines == ["team,customers,risk", "north,40,0.2", "south,<", "10,", "'=1+1,25,0.4"]


def test_a_file_is_never_shown_by_a_browser(rita: Opened) -> None:
    answer = rita.fetch("Markup")
    assert b"<script>" in answer.content
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="page.txt"')
    assert answer.headers["Content-Type"].startswith("text/plain")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_large_file_arrives_whole(rita: Opened) -> None:
    assert len(rita.fetch("Twenty").content) == 20 * 2**20


@pytest.mark.parametrize(("offer", "status"), [("Huge", 422), ("No file", 404), ("Html", 404), ("0" * 32, 404)])
def test_what_is_not_given_is_told_in_words(rita: Opened, offer: str, status: int) -> None:
    answer = rita.fetch(offer, language="zh-CN")
    assert answer.status_code == status and answer.headers["Content-Type"].startswith("text/plain")
    assert "文件" in answer.text and "负责人" in answer.text


def test_a_kernel_that_ignores_the_limit_is_not_believed(rita: Opened) -> None:
    answer = rita.fetch("Huge")
    assert answer.status_code == 422 and "25 MB" in answer.text


def test_the_kernel_says_in_its_own_words_why_not(rita: Opened) -> None:
    answer = rita.fetch("Large")
    assert answer.status_code == 422
    assert answer.text == "The file is larger than 25 MB. Tell the app's owner."


def test_the_name_leads_nowhere(rita: Opened) -> None:
    assert 'filename="job.csv"' in rita.fetch("Path").headers["Content-Disposition"]


@pytest.mark.parametrize(
    "name", ["../../../etc/passwd", "%2e%2e%2fetc", "0" * 31, "0" * 32 + "/..", "..%5c", "app.toml"]
)
def test_no_path_comes_from_the_browser(rita: Opened, name: str) -> None:
    answer = rita.fetch(name)
    assert answer.status_code == 404 and "Content-Disposition" not in answer.headers


def test_only_the_own_page_gets_it(offering: Hardened, rita: Opened) -> None:
    bob = opened(offering, "bob")
    mine = rita.offers["Groups"]
    assert bob.fetch("Groups").status_code == 200
    assert bob.fetch(mine, kernel=rita.kernel).status_code == 401  # with the key of another kernel
    assert bob.fetch(mine, key="x.y").status_code == 401
    assert bob.fetch(mine, key=rita.key).status_code == 401  # rita's key at bob's kernel
    # A cookie alone, from elsewhere: what another site begins has its Origin.
    signed_in = offering.viewer("rita")
    where = f"/voila/api/download/{rita.kernel}/{mine}"
    elsewhere = signed_in.request("POST", where, headers={"Origin": "https://elsewhere.example"})
    assert elsewhere.status_code == 404
    assert signed_in.request("GET", where).status_code == 404


def test_nothing_is_given_after_sign_out(offering: Hardened) -> None:
    eve = opened(offering, "eve")
    assert eve.fetch("Groups").status_code == 200
    assert offering.viewer("eve").request("POST", "/leave").status_code == 200
    assert eve.fetch("Groups").status_code == 401


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("a\x00b\u202e.csv", "ab.csv"),
        ("C:\\x\\y.CSV", "y.csv"),
        ("." * 9 + "csv", "file.csv"),
        (".csv", "file.csv"),
        ("x" * 500 + ".txt", "x" * 120 + ".txt"),
        ("run.exe", None),
        ("a.csv.html", None),
        ('a"b\r\nX: y.csv', "abX y.csv"),
    ],
)
def test_names(said: str, kept: str | None) -> None:
    if kept is None:
        with pytest.raises(NotFound):
            safe_name(said)
    else:
        assert safe_name(said) == kept


@pytest.fixture
def app(offering: Hardened, browser: Any, portal_server: Portal) -> Iterator[Any]:
    with app_opened(browser, offering, portal_server) as page:
        yield page


@pytest.mark.browser
def test_a_browser_keeps_what_the_controls_say_now(app: Any) -> None:
    app.get_by_label("Months", exact=True).focus()
    app.keyboard.press("ArrowRight")
    with app.expect_download() as found:
        app.get_by_role("button", name="Months so far").click()
    assert found.value.suggested_filename == "months.txt"
    assert found.value.path().read_text() == "months: 13"
    app.get_by_text("The file was saved.").wait_for()
    with app.expect_download() as found:
        app.get_by_role("button", name="Groups").click()
    assert found.value.suggested_filename == "预警 groups.csv"


@pytest.mark.browser
def test_a_browser_says_why_there_is_no_file(app: Any) -> None:
    app.get_by_role("button", name="Large").click()
    app.get_by_text("The file is larger than 25 MB.").wait_for()
    # A file that went to the app server did not use up what the page may hear of its kernel.
    with app.expect_download():
        app.get_by_role("button", name="Twenty").click()
    with app.expect_download() as found:
        app.get_by_role("button", name="Months so far").click()
    assert found.value.path().read_text().startswith("months:")
