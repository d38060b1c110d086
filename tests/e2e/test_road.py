"""The road in a real browser: staff submits, a reviewer tries and approves, a lead promotes, IT re-scores."""

from __future__ import annotations

import re
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.helpers.running import RunningSandbox

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

# The notebook in front: JupyterLab brings back those that were open before.
PANEL = ".jp-NotebookPanel:not(.lm-mod-hidden)"

WORDS = {
    "en": {
        "make": "Make the project", "lab": "Open in JupyterLab", "run": "Run all", "send": "Submit for review",
        "submit": "Submit", "portal": "See it in the portal", "try": "Open the candidate app",
        "approve": "Approve and publish", "promote": "Promote", "download": "Download the hand-off bundle",
        "title": "Keep customers in the north", "problem": "Customers leave before anybody calls them.",
        "reason": "Clear evidence, and the app answers what the team asks every week.",
    },
    "zh-CN": {
        "make": "创建项目", "lab": "在 JupyterLab 中打开", "run": "全部运行", "send": "提交评审",
        "submit": "提交", "portal": "在门户中查看", "try": "打开候选小应用",
        "approve": "批准并发布", "promote": "推广", "download": "下载交接包",
        "title": "留住北方客户", "problem": "客户在我们联系之前就流失了。",
        "reason": "证据清楚，小应用回答了团队每周都问的问题。",
    },
}  # fmt: skip


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_the_road(
    language: str, sandbox: RunningSandbox, signed_in: Callable[..., Any], picture: Callable[..., None], tmp_path: Path
) -> None:
    words = WORDS[language]

    def shot(page: Any, name: str) -> None:
        picture(page, name if language == "en" else f"{name}-zh")

    slug = staff_submits(sandbox, signed_in("lin-xia", language), words, shot)
    reviewer_approves(sandbox, signed_in("zhao-min", language), slug, words, shot)
    bundle = lead_promotes(sandbox, signed_in("david-chen", language), slug, words, shot, tmp_path)
    it_rescores(bundle, tmp_path / "it")
    assert '"ok": true' in sandbox.cli("audit", "verify", "--json")


def staff_submits(sandbox: RunningSandbox, page: Any, words: dict[str, str], shot: Callable[..., None]) -> str:
    page.goto(f"{sandbox.portal}/datasets/contracts")
    shot(page, "datasets")
    page.goto(f"{sandbox.portal}/templates")
    shot(page, "templates")
    page.locator("a[href$='/templates/customer-churn']").last.click()
    page.locator("#title").fill(words["title"])
    page.locator("#problem").fill(words["problem"])
    page.locator("#kpi_baseline").fill("24")
    page.locator("#kpi_target").fill("20")
    page.get_by_role("button", name=words["make"]).click()
    page.wait_for_url(re.compile(r"/projects/[a-z0-9-]+$"))
    slug = page.url.rsplit("/", 1)[1]
    with page.context.expect_page() as opened:
        page.get_by_role("button", name=words["lab"]).click()
    lab = opened.value
    lab.wait_for_url(re.compile(r"/lab/workspaces/"), timeout=100_000)
    assert "token" not in lab.url and "ticket" not in lab.url
    run = lab.get_by_role("button", name=words["run"], exact=True)
    run.wait_for(timeout=90_000)
    run.click()
    lab.locator(f"{PANEL} .jp-OutputArea-output svg").first.wait_for(state="attached", timeout=120_000)
    wait_until_idle(lab)
    shot(lab, "lab")
    lab.locator(PANEL).get_by_role("button", name=words["send"], exact=True).click()
    lab.locator(".jp-Dialog").get_by_role("button", name=words["submit"], exact=True).click()
    lab.get_by_text(words["portal"]).wait_for(timeout=180_000)
    lab.close()
    wait_until_examined(page, f"{sandbox.portal}/projects/{slug}/submissions/1")
    assert page.locator(".badge--fail").count() == 0, page.locator("main").inner_text()
    shot(page, "findings")
    return slug


def wait_until_examined(page: Any, address: str) -> None:
    """The submission's page renews itself until the examination is done."""
    page.goto(address)
    page.locator("[data-poll]").wait_for(state="detached", timeout=180_000)


def wait_until_idle(lab: Any) -> None:
    deadline = time.monotonic() + 180
    quiet = 0
    while quiet < 4 and time.monotonic() < deadline:
        status = lab.locator(f"{PANEL} .jp-Notebook-ExecutionIndicator").get_attribute("data-status")
        quiet = quiet + 1 if status == "idle" else 0
        time.sleep(0.4)
    assert quiet == 4, "the notebook did not come to its end"


def reviewer_approves(
    sandbox: RunningSandbox, page: Any, slug: str, words: dict[str, str], shot: Callable[..., None]
) -> None:
    page.goto(f"{sandbox.portal}/reviews")
    page.locator(f"a[href*='/projects/{slug}/']").first.click()
    with page.context.expect_page() as opened:
        page.get_by_role("button", name=words["try"]).click()
    move_a_control_and_see_a_change(opened.value)
    shot(opened.value, "app")
    opened.value.close()
    page.locator("#reasons").fill(words["reason"])
    page.get_by_role("button", name=words["approve"]).click()
    page.wait_for_load_state()
    page.goto(f"{sandbox.portal}/apps")
    assert words["title"] in page.locator("main").inner_text()
    shot(page, "gallery")


def move_a_control_and_see_a_change(app: Any) -> None:
    """In the app, as a viewer: a slider moved by keyboard changes what the app says."""
    app.wait_for_url(re.compile(r"/voila/render/"), timeout=100_000)
    handle = app.locator("input[type=range]").first
    handle.wait_for(timeout=90_000)
    before = app.locator("body").inner_text()
    handle.focus()
    for _ in range(6):
        handle.press("ArrowRight")
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        changed = set(app.locator("body").inner_text().splitlines()) - set(before.splitlines())
        # More than the slider's own number: the text that the kernel sent must have changed as well.
        if len(changed) >= 2:
            return
        time.sleep(0.2)
    raise AssertionError("moving a slider changed nothing that the kernel writes")


def lead_promotes(
    sandbox: RunningSandbox, page: Any, slug: str, words: dict[str, str], shot: Callable[..., None], folder: Path
) -> Path:
    page.goto(f"{sandbox.portal}/portfolio")
    shot(page, "portfolio")
    page.locator(f"a[href$='/projects/{slug}']").first.click()
    form = page.locator("form[action$='/promote']")
    form.locator("textarea, input[name=reasons]").last.fill(words["reason"])
    form.get_by_role("button").click()
    page.wait_for_load_state()
    with page.expect_download() as download:
        page.get_by_role("link", name=words["download"]).first.click()
    target = folder / "handoff.zip"
    download.value.save_as(target)
    return target


def it_rescores(bundle: Path, folder: Path) -> None:
    """What IT does first: unpack somewhere else, run the script."""
    with zipfile.ZipFile(bundle) as archive:
        names = set(archive.namelist())
        archive.extractall(folder)
    script = next(folder.rglob("rescore.py"))
    done = subprocess.run([sys.executable, script.name], cwd=script.parent, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    wanted = {"README.md", "rescore.py", "receipt.json", "model.skops", "requirements.lock"}
    assert wanted <= {Path(name).name for name in names}
