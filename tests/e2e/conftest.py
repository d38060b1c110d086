"""One running sandbox and one browser for all end-to-end tests; each test signs people in by themselves."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.helpers.browser import chromium, find_chromium, new_context
from tests.helpers.running import RunningSandbox, running_sandbox


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The first test waits until a sandbox is set up: minutes, on a machine that does much else."""
    for item in items:
        if item.path.parent == Path(__file__).parent:
            item.add_marker(pytest.mark.timeout(900))


@pytest.fixture(scope="package")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSandbox]:
    """A sandbox with a small demo company and the curated apps."""
    find_chromium()
    with running_sandbox(tmp_path_factory.mktemp("e2e") / "home", ["--scale", "0.3"]) as running:
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Not for the whole session: Playwright's event loop runs in this thread, and later tests want their own."""
    with chromium() as opened:
        yield opened


@pytest.fixture
def signed_in(sandbox: RunningSandbox, browser: Any) -> Iterator[Callable[..., Any]]:
    """``signed_in("lin-xia", language="en")`` gives a page of that person, in a browser profile of its own."""
    contexts = []

    def enter(person: str, language: str = "en", **options: Any) -> Any:
        context = new_context(browser, **{"viewport": {"width": 1280, "height": 860}, **options})
        contexts.append(context)
        page = context.new_page()
        page.goto(sandbox.link(person))
        page.locator(".gate__box button").click()
        page.wait_for_url(f"{sandbox.portal}/")
        if page.locator("html").get_attribute("lang") != language:
            page.get_by_role("button", name="中文" if language == "zh-CN" else "English").click()
            page.wait_for_load_state()
        assert page.locator("html").get_attribute("lang") == language
        return page

    yield enter
    for context in contexts:
        context.close()


@pytest.fixture
def picture() -> Callable[[Any, str], None]:
    """``picture(page, name)`` takes a screenshot where SANDBOX_SCREENSHOTS says (``make screenshots``)."""
    folder = os.environ.get("SANDBOX_SCREENSHOTS")

    def take(page: Any, name: str, **options: Any) -> None:
        if folder:
            Path(folder).mkdir(parents=True, exist_ok=True)
            page.screenshot(path=f"{folder}/{name}.png", **options)

    return take
