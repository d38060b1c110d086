"""A real Chromium for browser tests, whichever this machine has; absent, tests skip loudly (and fail under CI)."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext

#: Milliseconds until what a test waits for must be there. Only a test that fails waits so long.
PATIENCE = 100_000

#: What this Chromium shall do without; the last ``--disable-features`` is the one that counts, so Playwright's own come
#: along. The popups of the address bar, which nobody sees here, would cost each window a process and a second of it.
FEATURES_OFF = (
    "AvoidUnnecessaryBeforeUnloadCheckSync", "DestroyProfileOnBrowserClose", "HttpsUpgrades",
    "HttpsFirstBalancedModeAutoEnable", "LensOverlay", "MediaRouter", "PaintHolding", "ThirdPartyStoragePartitioning",
    "AvoidCorsURLLoaderRestartOnRedirect", "TcpPortRandomizationWin", "OptimizationHints", "NetworkTimeServiceQuerying",
    "AimEnabled", "PreconnectToSearch",
    "WebUIOmniboxPopup", "WebUIOmniboxAimPopup", "WebUIOmniboxFullPopup",
)  # fmt: skip

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")


def find_chromium() -> str:
    """The path of a Chromium. Skips the test where there is none; under CI that is a failure."""
    path = os.environ.get("SANDBOX_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        text = "no Chromium found: install one (Debian: apt-get install chromium) to run the browser tests"
        if os.environ.get("CI") == "true":
            pytest.fail(text)
        pytest.skip(text)
    return str(path)


@contextmanager
def chromium() -> Iterator[Browser]:
    """A headless browser that looks nowhere but where it is sent."""
    from playwright.sync_api import sync_playwright

    path = find_chromium()
    quiet = [
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--disable-quic",
        "--no-first-run",
        f"--disable-features={','.join(FEATURES_OFF)}",
    ]
    if os.geteuid() == 0:
        quiet.append("--no-sandbox")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=quiet)
        try:
            yield browser
        finally:
            browser.close()


def new_context(browser: Browser, **options: Any) -> BrowserContext:
    """A browser profile of its own, with patience: other tests run beside this one."""
    context = browser.new_context(**options)
    context.set_default_timeout(PATIENCE)
    return context


def watched(page: Any) -> Any:
    """``page``, which notes from now on what it asks for in ``asked``, and what goes wrong in it in ``problems``."""
    page.asked, page.problems = [], []
    page.on("request", lambda request: page.asked.append(request.url))
    page.on("pageerror", lambda error: page.problems.append(str(error)))
    page.on("console", lambda message: page.problems.append(message.text) if message.type == "error" else None)
    return page


def grave_findings(page: Any) -> list[str]:
    """What axe-core calls serious or critical, with the first place of each."""
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page).response["violations"]
    return [
        f"{each['id']} ({len(each['nodes'])}): {each['nodes'][0]['html'][:160]}"
        for each in found
        if each["impact"] in ("serious", "critical")
    ]
