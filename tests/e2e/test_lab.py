"""JupyterLab for people who never saw it: start page, form, panel, versions, two windows, a kernel that dies."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.helpers.running import RunningSandbox

from .test_road import PANEL, wait_until_examined, wait_until_idle

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

WORDS = {
    "en": {
        "open": "Open JupyterLab", "make": "Make the project", "see": "See the result", "send": "Submit for review",
        "submit": "Submit", "portal": "See it in the portal", "here": "Work here instead", "again": "Run again",
        "back": "Bring this version back", "app": "Show the app", "lab": "Open in JupyterLab", "stop": "Stop",
    },
    "zh-CN": {
        "open": "打开 JupyterLab", "make": "创建项目", "see": "查看结果", "send": "提交评审",
        "submit": "提交", "portal": "在门户中查看", "here": "改在这里编辑", "again": "重新运行",
        "back": "恢复这个版本", "app": "显示小应用", "lab": "在 JupyterLab 中打开", "stop": "停止",
    },
}  # fmt: skip
MOST_ENTRIES, MOST_SECONDS = 25, 300


class Clerk:
    """Somebody without code: every click and every field that they fill in is counted."""

    def __init__(self) -> None:
        self.entries, self.started = 0, time.monotonic()

    def press(self, control: Any) -> None:
        self.entries += 1
        control.click()

    def press_twice(self, control: Any) -> None:
        """As people press who know icons: it counts once, and must do what one press does."""
        self.entries += 1
        control.dblclick()

    def fill(self, control: Any, text: str) -> None:
        self.entries += 1
        control.fill(text)

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.started


def to_lab(page: Any, words: dict[str, str], clerk: Clerk | None = None) -> Any:
    """JupyterLab's start page, as people come to it from the portal."""
    with page.context.expect_page() as opened:
        (clerk or Clerk()).press(page.get_by_role("button", name=words["open"]).first)
    lab = opened.value
    lab.locator(".sandbox-start-page h1").wait_for(timeout=90_000)
    return lab


def open_project(sandbox: RunningSandbox, page: Any, slug: str, words: dict[str, str]) -> Any:
    page.goto(f"{sandbox.portal}/projects/{slug}")
    with page.context.expect_page() as opened:
        page.get_by_role("button", name=words["lab"]).click()
    lab = opened.value
    lab.locator(PANEL).first.wait_for(timeout=90_000)
    return lab


@pytest.fixture(scope="module")
def made() -> dict[str, str]:
    """Language → the project that the first test makes; the later ones work on it."""
    return {}


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_from_the_card_to_a_submitted_project_without_code(
    language: str,
    sandbox: RunningSandbox,
    signed_in: Callable[..., Any],
    picture: Callable[..., None],
    made: dict[str, str],
    capsys: pytest.CaptureFixture[str],
) -> None:
    words = WORDS[language]
    page = signed_in("lin-xia", language)
    lab = to_lab(page, words)
    # How long the start page takes once JupyterLab itself is there, as the page's own clock saw it.
    late = lab.evaluate(
        "() => performance.getEntriesByName('sandbox:start')[0].startTime -"
        " performance.getEntriesByName('sandbox:lab')[0].startTime"
    )
    clerk = Clerk()
    picture(lab, f"lab-start-{language}")
    clerk.press_twice(lab.locator("[data-template=customer-churn]"))
    clerk.fill(lab.locator(".sandbox-form input").first, f"Stay with us {language}")
    clerk.press_twice(lab.get_by_role("button", name=words["make"]))
    see = lab.locator(f"{PANEL} .sb-see")
    see.wait_for(timeout=90_000)
    made[language] = f"stay-with-us-{language.lower()}"
    assert lab.locator(f"{PANEL} .jp-InputArea-editor:visible").count() == 0, "the code is folded"
    clerk.press(see)
    lab.locator(".sandbox-step:has(.sandbox-sign-done)").nth(10).wait_for(timeout=120_000)
    wait_until_idle(lab)
    picture(lab, f"lab-steps-{language}")
    clerk.press(lab.locator(".sandbox-submit"))
    clerk.press(lab.locator(".jp-Dialog").get_by_role("button", name=words["submit"], exact=True))
    lab.get_by_text(words["portal"]).first.wait_for(timeout=180_000)
    wait_until_examined(page, f"{sandbox.portal}/projects/{made[language]}/submissions/1")
    seconds = clerk.seconds
    assert page.locator(".badge--fail").count() == 0, page.locator("main").inner_text()
    with capsys.disabled():
        print(f"\n{language}: {clerk.entries} clicks and entries, {seconds:.0f} s; start page after {late:.0f} ms")
    assert clerk.entries <= MOST_ENTRIES and seconds <= MOST_SECONDS
    lab.close()


def test_the_panel_explains_checks_and_previews(
    sandbox: RunningSandbox, signed_in: Callable[..., Any], picture: Callable[..., None], made: dict[str, str]
) -> None:
    words = WORDS["zh-CN"]
    lab = open_project(sandbox, signed_in("lin-xia", "zh-CN"), made["zh-CN"], words)
    lab.locator(f"{PANEL} .sb-see").wait_for(timeout=90_000)
    lab.locator(".sandbox-tab").nth(1).click()
    column = lab.locator(".sandbox-column", has_text="monthly_fee").first
    column.wait_for()
    assert "月" in column.inner_text(), "the dictionary is in the reader's language"
    picture(lab, "lab-data-zh-CN")
    # Inserting code where none is seen makes a cell for it; a foreign file in it is found after the save.
    lab.locator(".sandbox-insert-data").first.click()
    editor = lab.locator(f"{PANEL} .jp-Cell.jp-mod-active .cm-content")
    lab.locator(f"{PANEL} .jp-mod-active .cm-content", has_text="lab.data").wait_for()
    editor.press("End")
    lab.keyboard.type("; open('/etc/passwd')")
    lab.keyboard.press("Control+s")
    lab.locator(".sandbox-tab").nth(2).click()
    finding = lab.locator(".sandbox-findings .sandbox-go", has_text="/etc/passwd").first
    finding.wait_for(timeout=100_000)
    picture(lab, "lab-check-zh-CN")
    lab.locator(".sandbox-tab").nth(0).click()
    lab.locator(".sandbox-step").last.click()
    lab.locator(".sandbox-tab").nth(2).click()
    finding.click()
    assert 'lab.data("contracts")' in editor.inner_text(), "the click goes to the cell"
    lab.locator(".sandbox-tab").nth(3).click()
    lab.get_by_role("button", name=words["app"]).click()
    lab.locator(".sandbox-preview .widget-slider, .sandbox-preview .jupyter-widgets").first.wait_for(timeout=90_000)
    assert lab.locator(".sandbox-preview .jp-InputArea-editor:visible").count() == 0
    picture(lab, "lab-preview-zh-CN")
    remove_cell(lab, "/etc/passwd")
    with lab.expect_response(lambda answer: answer.request.method == "PUT" and "/api/contents/" in answer.url):
        lab.keyboard.press("Control+s")
    lab.close()


def test_an_older_version_comes_back_and_nothing_is_lost(
    sandbox: RunningSandbox, signed_in: Callable[..., Any], picture: Callable[..., None], made: dict[str, str]
) -> None:
    words = WORDS["en"]
    lab = open_project(sandbox, signed_in("lin-xia"), made["en"], words)
    lab.locator(f"{PANEL} .sb-see").wait_for(timeout=90_000)
    take_over(lab, words)
    lab.locator(f"{PANEL} .jp-MarkdownCell").first.click()
    lab.keyboard.press("Enter")
    editor = lab.locator(f"{PANEL} .jp-MarkdownCell .cm-content:focus")
    editor.wait_for()
    editor.press("Control+End")
    editor.type(" A sentence that I regret.")
    lab.keyboard.press("Control+Enter")
    with lab.expect_response(lambda answer: answer.request.method == "PUT" and "/api/contents/" in answer.url):
        lab.keyboard.press("Control+s")
    lab.locator(".sandbox-tab").nth(4).click()
    versions = lab.locator(".sandbox-version")
    versions.nth(1).click()
    lab.locator(".sandbox-line-gone", has_text="regret").first.wait_for()
    picture(lab, "lab-versions-en")
    count = versions.count()
    lab.get_by_role("button", name=words["back"]).click()
    lab.locator(f"{PANEL} .jp-MarkdownCell", has_text="regret").wait_for(state="detached")
    deadline = time.monotonic() + 20
    while versions.count() <= count and time.monotonic() < deadline:
        time.sleep(0.2)
    assert versions.count() > count, "the sentence is a version as well"
    lab.close()


def test_a_save_during_another_is_no_conflict(
    sandbox: RunningSandbox, signed_in: Callable[..., Any], made: dict[str, str]
) -> None:
    """JupyterLab by itself asks which of the two shall be lost, behind the dialog of the submission."""
    words = WORDS["en"]
    lab = open_project(sandbox, signed_in("lin-xia"), made["en"], words)
    lab.locator(f"{PANEL} .sb-see").wait_for(timeout=90_000)
    take_over(lab, words)
    wait_until_idle(lab)

    def answer_late(route: Any) -> None:
        """The file is written; the answer takes a while."""
        answer = route.fetch()
        lab.wait_for_timeout(3000)
        route.fulfill(response=answer)

    lab.route(
        lambda url: "/api/contents/" in url and "/notebook.ipynb" in url and "checkpoints" not in url,
        lambda route: answer_late(route) if route.request.method == "PUT" else route.continue_(),
    )
    lab.locator(f"{PANEL} .jp-MarkdownCell").first.click()
    lab.keyboard.press("Enter")
    lab.locator(f"{PANEL} .jp-MarkdownCell .cm-content:focus").wait_for()
    lab.keyboard.type("One thing more. ")
    lab.keyboard.press("Control+s")
    lab.wait_for_timeout(500)
    lab.locator(".sandbox-submit").click()
    lab.locator(".jp-Dialog").get_by_role("button", name=words["submit"], exact=True).click()
    saving = lab.locator(".sandbox-examination", has_text="Saving…")
    saving.wait_for()
    saving.wait_for(state="detached", timeout=40_000)
    lab.unroute_all(behavior="ignoreErrors")
    lab.close()


def remove_cell(lab: Any, text: str) -> None:
    """As people who code do: Escape, d, d."""
    cell = lab.locator(f"{PANEL} .jp-CodeCell .cm-content", has_text=text)
    cell.click()
    lab.keyboard.press("Escape")
    lab.keyboard.press("d")
    lab.keyboard.press("d")
    cell.wait_for(state="detached")


def take_over(lab: Any, words: dict[str, str]) -> None:
    """Go on working here, if an earlier window has not been silent for long enough."""
    lab.wait_for_timeout(1500)
    button = lab.get_by_role("button", name=words["here"])
    if button.count():
        button.click()
        button.wait_for(state="detached")


def test_two_windows_take_turns(
    sandbox: RunningSandbox, signed_in: Callable[..., Any], picture: Callable[..., None], made: dict[str, str]
) -> None:
    words = WORDS["en"]
    page = signed_in("lin-xia")
    first = open_project(sandbox, page, made["en"], words)
    first.locator(f"{PANEL} .sb-see").wait_for(timeout=90_000)
    take_over(first, words)
    second = open_project(sandbox, page, made["en"], words)
    notice = second.locator(".sandbox-notice-lock")
    notice.wait_for(timeout=100_000)
    assert "Lin Xia" in notice.inner_text() and second.locator(f"{PANEL}.sandbox-read-only").count() == 1
    picture(second, "lab-second-window-en")
    second.get_by_role("button", name=words["here"]).click()
    notice.wait_for(state="detached")
    assert second.locator(".sandbox-read-only").count() == 0
    first.locator(".sandbox-notice-lock").wait_for(timeout=100_000)
    assert first.locator(f"{PANEL}.sandbox-read-only").count() == 1
    first.close()
    second.close()


def test_a_kernel_that_dies_loses_nothing_and_says_what_to_do(
    sandbox: RunningSandbox, signed_in: Callable[..., Any], picture: Callable[..., None], made: dict[str, str]
) -> None:
    words = WORDS["zh-CN"]
    lab = open_project(sandbox, signed_in("lin-xia", "zh-CN"), made["zh-CN"], words)
    lab.locator(f"{PANEL} .sb-see").wait_for(timeout=90_000)
    take_over(lab, words)
    lab.locator(".sandbox-tab").nth(1).click()
    lab.locator(".sandbox-insert-data").first.click()
    lab.keyboard.press("Control+a")
    lab.keyboard.type("import os; os._exit(1)")
    lab.keyboard.press("Control+Enter")
    lab.locator(".sandbox-notice-run", has_text="没有丢失").wait_for(timeout=100_000)
    dialog = lab.locator(".jp-Dialog")
    if dialog.count():
        assert "内核" in dialog.first.inner_text()
        picture(lab, "lab-kernel-died-zh-CN")
        dialog.locator("button").last.click()
    remove_cell(lab, "os._exit")
    lab.get_by_role("button", name=words["again"]).click()
    lab.locator(".sandbox-notice-run").wait_for(state="detached")
    wait_until_idle(lab)
    assert lab.locator(".sandbox-sign-wrong").count() == 0
    lab.close()


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_on_a_phone_the_notebook_is_alone_and_the_start_page_fits(
    language: str, sandbox: RunningSandbox, signed_in: Callable[..., Any], picture: Callable[..., None],
    made: dict[str, str],
) -> None:  # fmt: skip
    page = signed_in("lin-xia", language, viewport={"width": 390, "height": 844})
    lab = to_lab(page, WORDS[language])
    start = lab.locator(".sandbox-start")
    assert start.evaluate("node => node.scrollWidth <= node.clientWidth + 1")
    picture(lab, f"lab-start-phone-{language}")
    lab.close()
    lab = open_project(sandbox, page, made[language], WORDS[language])
    lab.locator(f"{PANEL} .sb-see").wait_for(timeout=90_000)
    assert not lab.locator(".sandbox-panel").is_visible()
    picture(lab, f"lab-phone-{language}")
    lab.close()
