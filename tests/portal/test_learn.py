"""Learning in the portal: exercises as forms, reactions in place, badges, and what a dataset asks for."""

from __future__ import annotations

import re
from html import unescape

import pytest
from starlette.testclient import TestClient

from sandbox.core.messages import LANGUAGES, Language
from sandbox.workflows import learn
from tests.learning.answering import asked, complete, right, wrong

from .town import PEOPLE, PORTAL, Town

PATH = "judging-a-result"
ZHAO = PEOPLE["zhao-min"]


def post(browser: TestClient, exercise: str, answer: dict[str, object], path: str = PATH) -> object:
    token = re.search(r'name="csrf" value="([^"]+)"', browser.get(f"/learn/{path}").text)
    assert token
    fields = {"csrf": token[1], **answer}
    return browser.post(f"/learn/{path}/{exercise}", data=fields, headers={"origin": PORTAL})


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_exercise_reacts_in_place(town: Town, language: Language) -> None:
    browser, services = town.as_("zhao-min", language), town.services
    question = asked(services, ZHAO, PATH, "fairness")
    answer = post(browser, "fairness", wrong(question))
    assert answer.status_code == 303 and answer.headers["location"] == f"/learn/{PATH}#fairness"  # type: ignore[attr-defined]
    page = unescape(browser.get(f"/learn/{PATH}").text)
    assert ("Not yet." if language == "en" else "还不对。") in page
    empty = post(browser, "fairness", {"question": question.id})
    assert empty.status_code == 422  # type: ignore[attr-defined]
    assert ("No answer is chosen." if language == "en" else "还没有选择答案。") in empty.text  # type: ignore[attr-defined]
    post(browser, "fairness", right(question))
    page = unescape(browser.get(f"/learn/{PATH}").text)
    assert ("Right. Many refusals" if language == "en" else "正确。拒绝得多") in page


def test_a_reviewer_earns_the_badge_and_sees_it(town: Town) -> None:
    browser, services = town.as_("zhao-min"), town.services
    complete(services, ZHAO, PATH, leave=1)
    name = learn.learning_path(PATH).exercises[-1].name
    assert "No badge yet." in browser.get("/me").text
    post(browser, name, right(asked(services, ZHAO, PATH, name)))
    assert "You have the badge" in browser.get(f"/learn/{PATH}").text
    assert "No badge yet." not in browser.get("/me").text
    assert "Badge earned" in town.as_("sun-li").get("/audit").text
    assert "No badge yet." in town.as_("bob").get("/me").text


def test_the_api_judges_for_the_one_who_asks(town: Town) -> None:
    """With a token, as JupyterLab's server comes: whose token it is decides whose question and badge."""
    browser, services = town.browser(), town.services
    base = f"/api/v1/learning/{PATH}/exercises/fairness"
    question = asked(services, PEOPLE["bob"], PATH, "fairness")
    told = browser.get(base, headers=town.token("bob")).json()
    assert told["question"] == question.id and not any(option.keys() - {"mark", "text"} for option in told["options"])
    stolen = browser.post(base, json=right(question), headers=town.token("lin-xia"))
    assert stolen.status_code == 409 and stolen.json()["remedy"]
    named = browser.post(base, json={**right(question), "person": "bob"}, headers=town.token("lin-xia"))
    assert named.status_code == 400, "an answer cannot name a person"
    assert browser.post(base, json=right(question)).status_code == 401
    told = browser.post(base, json=right(question), headers=town.token("bob")).json()
    assert told["right"] and not told["badge"] and told["exercise"]["solved"]
    bounds = browser.post(base, json={"question": "x", "marks": ["y"] * 999}, headers=town.token("bob"))
    assert bounds.status_code == 400
    mine = {each["name"]: each["solved"] for each in browser.get("/api/v1/learning", headers=town.token("bob")).json()}
    assert mine[PATH] == 1 and set(mine.values()) == {0, 1}


def test_a_change_without_the_forms_token_is_refused(town: Town) -> None:
    browser = town.as_("zhao-min")
    answer = browser.post(
        f"/learn/{PATH}/fairness", data=right(asked(town.services, ZHAO, PATH, "fairness")), headers={"origin": PORTAL}
    )
    assert answer.status_code == 403
    assert not learn.standing(town.services, ZHAO, PATH).solved


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_dataset_says_which_path_opens_it(town: Town, language: Language) -> None:
    file = town.services.workspace.datasets / "leavers.yaml"
    file.write_text(file.read_text(encoding="utf-8") + "access: {badges: [judging-a-result]}\n", encoding="utf-8")
    bob = town.as_("bob", language)
    for page in ("/datasets/leavers", "/templates/customer-churn"):
        assert f'href="/learn/{PATH}"' in bob.get(page).text, page
    grants = town.browser().get("/api/v1/projects/line-watch/grants", headers=town.token("bob"))
    assert grants.status_code == 403 and grants.json()["type"] == "urn:sandbox:badge-missing"
    said = bob.get("/api/v1/projects/line-watch/grants").json()
    assert ("Judging a result" if language == "en" else "评判结果") in said["detail"] and said["remedy"]
    template = next(
        t for t in town.browser().get("/api/v1/lab/start", headers=town.token("bob")).json()["templates"]
        if t["name"] == "customer-churn"
    )  # fmt: skip
    assert template["datasets"] == [] and [each["name"] for each in template["locked"]] == ["leavers"]
    complete(town.services, PEOPLE["bob"], PATH)
    assert 'class="locked"' not in bob.get("/templates/customer-churn").text
    assert town.browser().get("/api/v1/projects/line-watch/grants", headers=town.token("bob")).status_code == 200
