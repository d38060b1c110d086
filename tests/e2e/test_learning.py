"""A learning path in JupyterLab and in the portal: reactions in place, the badge, and the data that it opens."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from typing import Any

import pytest

from sandbox.learning.paths import learning_path
from sandbox.learning.question import Asked
from sandbox.settings import Settings
from sandbox.workflows.services import Services
from tests.helpers.running import RunningSandbox
from tests.learning.answering import asked, complete

from .test_lab import WORDS, to_lab

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

PATH = "judging-a-result"


def answer(place: Any, question: Asked, right: bool, button: str) -> None:
    """As somebody does who reads the question on the page; a wrong answer is the first option that is wrong."""
    wrong = next((mark for mark, option in question.options if not option.right), "")
    for mark, option in question.options:
        box = place.locator(f"input[value='{mark}']")
        wanted = option.right if right else mark == wrong
        if question.question.kind == "several":
            box.set_checked(wanted)
        elif wanted:
            box.check()
    place.get_by_role("button", name=button, exact=True).click()


def test_a_path_in_jupyterlab(
    sandbox: RunningSandbox, signed_in: Callable[..., Any], picture: Callable[..., None]
) -> None:
    path, workspaces = PATH, sandbox.home / "run" / "lab" / "lin-xia" / "workspaces"
    # Lab brings back what was open; this test wants the start page in front, and so do those that come after it.
    shutil.rmtree(workspaces, ignore_errors=True)
    services = Services.open(Settings(home=sandbox.home))
    with services.registry.reading() as reading:
        person = reading.person("lin-xia")
    complete(services, person, path, leave=2)
    lab = to_lab(signed_in("lin-xia"), WORDS["en"])
    card = lab.locator(f".sandbox-path[data-path={path}]")
    assert "5" in card.inner_text() and "7" in card.inner_text()
    card.scroll_into_view_if_needed()
    picture(lab, "learn-start")
    card.click()
    places = lab.locator(".jp-NotebookPanel:not(.lm-mod-hidden) .sandbox-exercise")
    places.first.wait_for(timeout=60_000)
    for exercise in learning_path(path).exercises[-2:]:
        question = asked(services, person, path, exercise.name)
        place = places.filter(has=lab.get_by_role("heading", name=exercise.title.render()))
        answer(place, question, False, "Check")
        place.get_by_text("Not yet.").wait_for()
        picture(lab, "learn-again")
        answer(place, question, True, "Check")
        place.locator(".sandbox-told-right").first.wait_for()
    lab.get_by_text("the badge is yours").first.wait_for()
    picture(lab, "learn-badge")
    with services.registry.reading() as reading:
        assert path in {badge.badge for badge in reading.badges("lin-xia")}
    services.close()
    lab.close()
    shutil.rmtree(workspaces, ignore_errors=True)


def test_the_form_says_which_path_opens_the_customers(sandbox: RunningSandbox, signed_in: Callable[..., Any]) -> None:
    page = signed_in("lab-team")
    page.goto(f"{sandbox.portal}/templates/customer-churn")
    page.locator(".locked", has_text="Customers").get_by_role("link", name="First steps").click()
    page.get_by_role("heading", name="First steps", level=1).wait_for()
