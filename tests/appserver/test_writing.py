"""Texts of apps that take their readers long: whose page it is waits, nobody else does."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from sandbox.appserver.page.cells import output_html
from sandbox.appserver.page.writer import PROCESSOR_SECONDS
from sandbox.appserver.page.writing import AVAILABLE, Writer
from sandbox.core.errors import Unavailable
from tests.appserver.conftest import app_server, publish
from tests.appserver.portal import Portal
from tests.appserver.site import APP, OTHER, Hardened

pytestmark = pytest.mark.skipif(not AVAILABLE, reason="a process for each page needs Linux")

#: Read in minutes, in one step of a regular expression, while no other thread of the process runs.
ENDLESS = {"html": "<script>" * 60_000, "markdown": "a" + " " * 150_000 + "b"}


@pytest.fixture
def writer() -> Iterator[Writer]:
    made = Writer()
    yield made
    made.close()


def test_all_kinds_are_made_as_in_this_process(writer: Writer) -> None:
    texts = [("markdown", "*a* $\\frac{1}{2}$"), ("html", "<b onclick=x>b</b>"), ("latex", "$x$ & y")]
    made = asyncio.run(writer.made([*texts, texts[0]]))
    assert made["html", "<b onclick=x>b</b>"] == "<b>b</b>"
    assert "<em>a</em> <math" in made[texts[0]]
    assert made["latex", "$x$ & y"].startswith("<p><math") and made["latex", "$x$ & y"].endswith(" &amp; y</p>")


@pytest.mark.parametrize("kind", ENDLESS)
def test_what_takes_too_long_is_ended_and_nobody_waits(writer: Writer, kind: str) -> None:
    async def together() -> float:
        await writer.made([("html", "<p>ready</p>")])
        endless = asyncio.create_task(writer.made([(kind, ENDLESS[kind])]))
        await asyncio.sleep(0.2)
        begun = time.monotonic()
        assert (await writer.made([("html", "<p>other</p>")]))["html", "<p>other</p>"] == "<p>other</p>"
        passed = time.monotonic() - begun
        assert not endless.done()
        with pytest.raises(Unavailable):
            await endless
        return passed

    assert asyncio.run(together()) < PROCESSOR_SECONDS
    assert writer._process is not None
    deadline = time.monotonic() + 10
    while psutil.Process(writer._process.pid).children():
        assert time.monotonic() < deadline, "a process is left"
        time.sleep(0.05)


def test_it_is_started_anew_when_it_has_ended(writer: Writer) -> None:
    asyncio.run(writer.made([("html", "a")]))
    assert writer._process is not None
    writer._process.kill()
    writer._process.wait()
    assert asyncio.run(writer.made([("html", "<i>b</i>")])) == {("html", "<i>b</i>"): "<i>b</i>"}


def test_other_viewers_go_on_while_a_page_is_read_for_ever(tmp_path: Path, portal_server: Portal) -> None:
    hostile = "from IPython.display import HTML\nHTML('<script>' * 60_000)"
    versions = {
        APP: publish(tmp_path / "home", APP, portal_server.url, "controls"),
        OTHER: publish(tmp_path / "home", OTHER, portal_server.url, hostile),
    }
    with app_server(tmp_path / "home", tmp_path, portal_server.url, versions) as site:
        site.viewer("rita").open()
        answers: list[int] = []
        thread = threading.Thread(target=lambda: answers.append(_status(site)))
        begun = time.monotonic()
        thread.start()
        waits: list[float] = []
        while thread.is_alive():
            asked = time.monotonic()
            assert site.anonymous().request("GET", "/healthz").status_code == 200
            waits.append(time.monotonic() - asked)
            time.sleep(0.02)
        thread.join()
        # Read in the server's process, one wait would be nearly as long as the reading; on a busy machine both are.
        read = time.monotonic() - begun
        assert answers == [503] and read > PROCESSOR_SECONDS and max(waits) < read / 2, (answers, read, max(waits))


def _status(site: Hardened) -> int:
    mallory = site.viewer("mallory", OTHER)
    return mallory.request("GET", mallory.path(OTHER)).status_code


def test_other_outputs_are_shown_as_what_they_are() -> None:
    def shown(**data: object) -> str:
        return output_html({"output_type": "display_data", "data": {"text/plain": "<an object>", **data}}, {})

    assert "<mfrac>" in shown(**{"text/latex": r"$\displaystyle \frac{1}{2}$"})
    assert "<math" in shown(**{"text/latex": r"\alpha + \beta"})
    assert shown(**{"text/latex": "a < b & $5"}) == '<div class="sb-html"><p>a &lt; b &amp; $5</p></div>'
    assert "&quot;a&quot;: [" in shown(**{"application/json": {"a": ["<b>"]}})
