"""The demo apps for people who use a screen reader: axe-core finds nothing serious."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.helpers.browser import grave_findings
from tests.helpers.running import RunningSandbox

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_no_serious_finding_in_any_demo_app(
    sandbox: RunningSandbox, signed_in: Callable[..., Any], language: str, picture: Callable[..., None]
) -> None:
    page = signed_in("lin-xia", language)
    page.goto(f"{sandbox.portal}/apps")
    apps = [link.get_attribute("href") for link in page.locator(".card__title a").all()]
    assert len(apps) >= 2
    for address in apps:
        page.goto(f"{sandbox.portal}{address}")
        with page.context.expect_page() as opened:
            page.locator("form[action*='/open'] button").first.click()
        app = opened.value
        app.wait_for_url(re.compile(r"/voila/render/"), timeout=100_000)
        app.wait_for_selector("body.sb-ready", timeout=90_000)
        assert not grave_findings(app), address
        app.close()
