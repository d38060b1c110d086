"""Two people on one project, each in the JupyterLab that opens for them; and results that come back another day."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.helpers.running import RunningSandbox

from .test_lab import WORDS, open_project
from .test_road import PANEL, wait_until_idle

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

SAVED = "Control+s"


@pytest.fixture(scope="module")
def project() -> list[str]:
    """The project that the first test makes; the second one works on it."""
    return []


def test_results_come_back_when_the_calculation_has_ended(
    sandbox: RunningSandbox, signed_in: Callable[..., Any], picture: Callable[..., None], project: list[str]
) -> None:
    page = signed_in("lin-xia")
    page.goto(f"{sandbox.portal}/templates/customer-churn")
    page.get_by_role("button", name=WORDS["en"]["make"]).click()  # every field is filled in
    page.wait_for_url(re.compile(r"/projects/[a-z0-9-]+$"))
    project.append(page.url.rsplit("/", 1)[1])
    lab = open_project(sandbox, page, project[0], WORDS["en"])
    lab.locator(f"{PANEL} .sb-see").click()
    result = f"{PANEL} .jp-OutputArea-output .sb-tiles, {PANEL} .jp-OutputArea-output svg"
    lab.locator(result).first.wait_for(state="attached")
    wait_until_idle(lab)
    with lab.expect_response(lambda answer: answer.request.method == "PUT" and "/api/contents/" in answer.url):
        lab.keyboard.press(SAVED)
    lab.evaluate(
        """async () => {
          const headers = { 'X-XSRFToken': (document.cookie.match(/_xsrf=([^;]+)/) || [])[1] };
          for (const kernel of await (await fetch('/api/kernels')).json())
            await fetch('/api/kernels/' + kernel.id, { method: 'DELETE', headers });
        }"""
    )
    lab.close()
    lab = open_project(sandbox, page, project[0], WORDS["en"])
    lab.locator(result).first.wait_for(state="attached")
    wait_until_idle(lab)
    picture(lab, "lab-come-back-en")
    assert "model not found" not in lab.locator(PANEL).inner_text()
    assert lab.locator(".sandbox-notice-run").count() == 0
    lab.close()


def test_a_colleague_reads_along_and_takes_over_in_their_own_lab(
    sandbox: RunningSandbox, signed_in: Callable[..., Any], picture: Callable[..., None], project: list[str]
) -> None:
    page, colleague = signed_in("lin-xia"), signed_in("lab-team", "zh-CN")
    mine = open_project(sandbox, page, project[0], WORDS["en"])
    page.goto(f"{sandbox.portal}/projects/{project[0]}")
    page.locator("#colleague").select_option("lab-team")
    page.locator("form[action$='/share'] button").click()
    page.wait_for_load_state()
    mine.reload()  # the first text of a shared project is its owner's
    mine.locator(f"{PANEL} .sb-see").wait_for()
    colleague.goto(f"{sandbox.portal}/")
    assert colleague.locator(f"a[href$='/projects/{project[0]}']").count(), "shared projects are among one's own"
    theirs = open_project(sandbox, colleague, project[0], WORDS["zh-CN"])
    assert theirs.url.split("/lab/")[0] != mine.url.split("/lab/")[0], "a JupyterLab of their own"
    notice = theirs.locator(".sandbox-notice-lock")
    notice.wait_for()
    theirs.locator(f"{PANEL} .sandbox-asleep").first.wait_for()
    submit = theirs.locator(".sandbox-submit")
    assert submit.is_disabled() and "改在这里编辑" in theirs.locator(".sandbox-not-mine").inner_text()
    assert theirs.locator("[data-jp-item-name='sandbox-submit'] jp-button").get_attribute("aria-disabled") == "true"
    picture(theirs, "lab-read-along-zh-CN")
    shown = theirs.locator(PANEL).inner_text()
    assert "Lin Xia" in notice.inner_text() and "VBox" not in shown and "read-only" not in shown
    notice.get_by_role("button", name=WORDS["zh-CN"]["here"]).click()
    theirs.locator(f"{PANEL} .sb-see").wait_for()
    assert submit.is_enabled() and not theirs.locator(".sandbox-not-mine").is_visible()
    assert "read-only" not in theirs.locator(PANEL).inner_text()
    theirs.locator(f"{PANEL} .jp-MarkdownCell").nth(1).click()
    theirs.keyboard.press("Enter")
    theirs.locator(f"{PANEL} .jp-MarkdownCell .cm-content:focus").wait_for()
    theirs.keyboard.press("Control+End")
    theirs.keyboard.type(" 同事写的一句话。")
    with theirs.expect_response(lambda answer: answer.request.method == "PUT" and "/api/contents/" in answer.url):
        theirs.keyboard.press(SAVED)
    back = mine.locator(".sandbox-notice-lock", has_text="Lab Team")
    back.wait_for()
    assert mine.locator(".sandbox-submit").is_disabled()
    mine.get_by_text("You are reading along. To submit, first choose “Work here instead”.").wait_for()
    back.get_by_role("button", name=WORDS["en"]["here"]).click()
    mine.locator(f"{PANEL} .jp-MarkdownCell", has_text="同事写的一句话").wait_for()
    picture(mine, "lab-handed-back-en")
    mine.close()
    theirs.close()
