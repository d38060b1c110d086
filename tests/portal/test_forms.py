"""The forms that move a project on, through the real workflows."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from sandbox.core.lifecycle import State
from sandbox.identity.tickets import unseal
from sandbox.portal.forms import parse_number

from .test_signin import form_token
from .town import APPS, LAB, Town

GOOD = {"title": "Keep the south", "problem": "They leave.", "department": "Sales", "datasets": "leavers",
        "kpi_name": "Churn", "kpi_unit": "%", "kpi_baseline": "2.4", "kpi_target": "1.8"}  # fmt: skip


def test_the_form_makes_a_project_with_pinned_snapshots(town: Town) -> None:
    browser = town.as_("bob")
    data = {**GOOD, "csrf": form_token(browser.get("/templates/customer-churn").text)}
    answer = browser.post("/templates/customer-churn", data=data)
    assert answer.headers["location"] == "/projects/keep-the-south"
    with town.services.registry.reading() as reading:
        project = reading.project("keep-the-south")
    assert project.owner == "bob" and project.kpi.target == 1.8 and set(project.pins) == {"leavers"}
    assert "Keep the south" in browser.get("/projects/keep-the-south").text


@pytest.mark.parametrize(
    ("change", "place", "text"),
    [
        ({"title": " "}, "title", "Give it a title"),
        ({"title": "x" * 121}, "title", "At most 120"),
        ({"problem": ""}, "problem", "Say in one sentence"),
        ({"kpi_name": ""}, "kpi_name", "Name the business figure"),
        ({"kpi_baseline": "many"}, "kpi_baseline", "Enter a figure"),
        ({"kpi_target": "nan"}, "kpi_target", "Enter a figure"),
        ({"datasets": ""}, "datasets", "Choose at least one"),
    ],
)
def test_an_error_stands_beside_its_field_and_nothing_is_lost(
    town: Town, change: dict[str, str], place: str, text: str
) -> None:
    browser = town.as_("bob")
    data = {**GOOD, **change, "csrf": form_token(browser.get("/templates/customer-churn").text)}
    if not data["datasets"]:
        del data["datasets"]
    answer = browser.post("/templates/customer-churn", data=data)
    assert answer.status_code == 422
    wrong = re.search(rf'id="{place}-wrong">([^<]*)<', answer.text)
    assert wrong and text in wrong[1]
    for name, value in data.items():
        if name not in (place, "csrf", "datasets"):
            assert value in answer.text, f"{name} was lost"


def test_an_unknown_or_forbidden_dataset_is_refused_on_the_form(town: Town) -> None:
    browser = town.as_("bob")
    data = {**GOOD, "datasets": "payroll", "csrf": form_token(browser.get("/templates/customer-churn").text)}
    answer = browser.post("/templates/customer-churn", data=data)
    assert answer.status_code in (403, 404, 422) and "Keep the south" in answer.text
    with town.services.registry.reading() as reading:
        assert not reading.has_project("keep-the-south")


def test_only_staff_start_projects(town: Town) -> None:
    browser = town.as_("zhao-min")
    data = {**GOOD, "csrf": form_token(browser.get("/apps").text)}
    assert browser.post("/templates/customer-churn", data=data).status_code == 403


def test_a_reviewer_returns_with_reasons_and_not_without(town: Town) -> None:
    reviewer = town.as_("zhao-min")
    path = "/projects/keep-the-north/submissions/1"
    token = form_token(reviewer.get(path).text)
    empty = reviewer.post(f"{path}/decision", data={"csrf": token, "decision": "return", "reasons": "  "})
    assert empty.status_code == 422 and "reasons-wrong" in empty.text
    answer = reviewer.post(f"{path}/decision", data={"csrf": token, "decision": "return", "reasons": "请去掉小单元格"})
    assert answer.status_code == 303
    text = town.as_("lin-xia").get("/projects/keep-the-north").text
    assert "请去掉小单元格" in text and "Returned" in text


def test_nobody_decides_on_their_own_submission(town: Town) -> None:
    owner = town.as_("lin-xia")
    path = "/projects/keep-the-north/submissions/1"
    page = owner.get(path).text
    assert "Approve and publish" not in page
    for decision in ("approve", "return"):
        answer = owner.post(f"{path}/decision", data={"csrf": form_token(page), "decision": decision, "reasons": "me"})
        assert answer.status_code == 403
    with town.services.registry.reading() as reading:
        assert reading.project("keep-the-north").state is State.SUBMITTED


def test_a_candidate_that_is_not_what_its_receipt_says_is_not_published(town: Town) -> None:
    reviewer = town.as_("zhao-min")
    path = "/projects/keep-the-north/submissions/1"
    data = {"csrf": form_token(reviewer.get(path).text), "decision": "approve", "reasons": ""}
    assert reviewer.post(f"{path}/decision", data=data).status_code == 500
    with town.services.registry.reading() as reading:
        assert reading.project("keep-the-north").state is State.SUBMITTED


def test_retiring_keeps_the_lesson_and_closes_the_app(town: Town) -> None:
    lead = town.as_("david")
    token = form_token(lead.get("/projects/early-warning/retire").text)
    half = lead.post("/projects/early-warning/retire", data={"csrf": token, "tried": "calls", "learned": ""})
    assert half.status_code == 422 and "calls" in half.text
    data = {"csrf": token, "tried": "We called everybody.", "learned": "Calls come too late.", "again": "no"}
    assert lead.post("/projects/early-warning/retire", data=data).status_code == 303
    kept = lead.get("/projects/early-warning").text
    assert "Calls come too late." in kept and "Would you try again? No" in kept
    assert town.as_("bob").get("/apps/early-warning").status_code == 404
    assert "客户流失预警" not in town.as_("bob").get("/apps").text


def test_opening_an_app_hands_over_a_ticket_in_a_form_and_not_in_an_address(town: Town) -> None:
    browser = town.as_("bob")
    answer = browser.post("/apps/early-warning/open", data={"csrf": form_token(browser.get("/apps").text)})
    assert f'action="{APPS}/enter"' in answer.text
    sealed = re.search(r'name="ticket" value="([^"]+)"', answer.text)
    assert sealed
    now = town.services.now()
    ticket = unseal(sealed[1], town.services.keys.ticket_key(), purpose="app", now=now)
    with town.services.registry.reading() as reading:
        live = reading.project("early-warning").live_version
    assert (ticket.person, ticket.app, ticket.version) == ("bob", "early-warning", live)


def test_the_gallerys_script_is_given_what_the_form_says(town: Town) -> None:
    browser = town.as_("bob")
    token, asked = form_token(browser.get("/apps").text), {"accept": "application/json"}
    answer = browser.post("/apps/early-warning/open", data={"csrf": token}, headers=asked)
    assert answer.headers["cache-control"] == "no-store"
    told = answer.json()
    assert set(told) == {"target", "ticket"} and told["target"] == f"{APPS}/enter"
    now = town.services.now()
    assert unseal(told["ticket"], town.services.keys.ticket_key(), purpose="app", now=now).person == "bob"
    for refused in ({"csrf": "0" * 64}, {}):
        assert browser.post("/apps/early-warning/open", data=refused, headers=asked).status_code == 403


def test_a_candidate_opens_for_reviewers_and_its_owner_only(town: Town) -> None:
    with town.services.registry.reading() as reading:
        version = reading.submission("keep-the-north", 1).version
    for name, status in (("zhao-min", 200), ("david", 200), ("lin-xia", 200), ("bob", 404), ("sun-li", 404)):
        browser = town.as_(name)
        data = {"csrf": form_token(browser.get("/apps").text), "version": version}
        assert browser.post("/apps/keep-the-north/open", data=data).status_code == status, name


@pytest.fixture
def lab_door() -> Iterator[str]:
    """Says of every person that their JupyterLab is at LAB, as ``sandbox up`` does."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps({"url": LAB}).encode())

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def test_lab_opens_for_those_who_work_on_a_project(town: Town, lab_door: str) -> None:
    town = Town(town.services, labs=lab_door)
    browser = town.as_("lin-xia")
    answer = browser.post("/projects/first-idea/lab", data={"csrf": form_token(browser.get("/apps").text)})
    assert f'action="{LAB}/sandbox/enter"' in answer.text
    assert f"form-action 'self' {APPS} {LAB};" in answer.headers["content-security-policy"]
    sealed = re.search(r'name="ticket" value="([^"]+)"', answer.text)
    assert sealed
    ticket = unseal(sealed[1], town.services.keys.ticket_key(), purpose="lab", now=town.services.now())
    assert (ticket.person, ticket.target) == ("lin-xia", "first-idea")
    for name, project, status in (("bob", "old-try", 200), ("bob", "first-idea", 404), ("zhao-min", "old-try", 404)):
        other = town.as_(name)
        answer = other.post(f"/projects/{project}/lab", data={"csrf": form_token(other.get("/apps").text)})
        assert answer.status_code == status, (name, project)
    reviewer = town.as_("zhao-min")
    answer = reviewer.post("/lab", data={"csrf": form_token(reviewer.get("/apps").text)})
    assert answer.status_code == 503 and "staff" in answer.text


def test_the_form_of_a_card_is_filled_in(town: Town) -> None:
    """Whoever changes nothing but the figures gets a project, as in JupyterLab's form."""
    page = town.as_("lin-xia").get("/templates/customer-churn").text
    title, problem = (
        re.search(r'id="title" name="title" value="([^"]*)"', page),
        re.search(r"<textarea[^>]*>([^<]*)<", page),
    )
    assert title and problem and title[1] and problem[1]


@pytest.mark.parametrize(
    ("text", "value"),
    [("12.5", 12.5), ("1,200", 1200.0), (" 12 % ", 12.0), ("１２．５％", 12.5), ("-3", -3.0), ("", None), ("inf", None),
     ("1e999", None), ("abc", None), ("1,5", None), ("1,200.5", 1200.5), ("12,00", None), ("１，２００", 1200.0)],
)  # fmt: skip
def test_figures_are_read_as_people_type_them(text: str, value: float | None) -> None:
    assert parse_number(text) == value
