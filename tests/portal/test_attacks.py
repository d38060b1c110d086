"""Attacks on the portal: forged requests, foreign hosts, hostile texts, oversized bodies, guessing."""

from __future__ import annotations

import html
import json
import logging
from dataclasses import replace

import pytest
from starlette.testclient import TestClient

from sandbox.core.findings import Finding, Level
from sandbox.core.messages import Message
from sandbox.logs import JsonLines
from sandbox.portal import visitor
from sandbox.portal.observe import EXTRAS

from .test_signin import form_token
from .town import PORTAL, Town

FORMS = [
    ("lin-xia", "/templates/customer-churn", {}),
    ("lin-xia", "/projects/keep-the-north/withdraw", {}),
    ("lin-xia", "/projects/first-idea/lab", {}),
    ("lin-xia", "/projects/first-idea/renew", {}),
    ("lin-xia", "/apps/early-warning/open", {}),
    ("zhao-min", "/projects/keep-the-north/submissions/1/decision", {"decision": "return", "reasons": "no"}),
    ("david", "/projects/early-warning/promote", {"reasons": "yes"}),
    ("david", "/projects/early-warning/rollback", {"reasons": "yes", "version": "x"}),
    ("david", "/projects/early-warning/retire", {"tried": "a", "learned": "b", "again": "no"}),
    ("bob", "/language", {"language": "zh-CN"}),
    ("bob", "/signout", {}),
]


@pytest.mark.parametrize(("name", "path", "data"), FORMS)
def test_a_form_without_its_token_changes_nothing(town: Town, name: str, path: str, data: dict[str, str]) -> None:
    browser = town.as_(name)
    lines = town.services.registry.verify_audit()
    other = town.as_("sun-li")
    for wrong in ({}, {"csrf": ""}, {"csrf": "0" * 64}, {"csrf": form_token(other.get("/apps").text)}):
        lines = town.services.registry.verify_audit()
        answer = browser.post(path, data={**data, **wrong})
        assert answer.status_code == 403, (path, wrong)
        assert town.services.registry.verify_audit() == lines


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://apps.test"},
        {"origin": "http://portal.test.evil.test"},
        {"origin": "null"},
        {"origin": "https://portal.test"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
def test_a_change_from_another_origin_is_refused_even_with_the_right_token(town: Town, headers: dict[str, str]) -> None:
    browser = town.as_("lin-xia")
    data = {"csrf": form_token(browser.get("/apps").text)}
    assert browser.post("/projects/keep-the-north/withdraw", data=data, headers=headers).status_code == 403
    answer = browser.post(
        "/projects/keep-the-north/withdraw", data=data, headers={"origin": PORTAL, "sec-fetch-site": "same-origin"}
    )
    assert answer.status_code == 303, "the same request from the portal itself goes through"


def test_the_forged_form_works_where_the_token_is_not_checked(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """The attack is real: without the check the same request takes the submission back."""
    monkeypatch.setattr("sandbox.portal.forms.check_form_token", lambda *_: None)
    answer = town.as_("lin-xia").post("/projects/keep-the-north/withdraw", data={})
    assert answer.status_code == 303
    assert visitor.check_form_token is not None


def test_the_api_asks_a_cookie_for_the_token_and_a_bearer_for_none(town: Town) -> None:
    browser = town.as_("lin-xia")
    path = "/api/v1/projects/keep-the-north/withdraw"
    assert browser.post(path).status_code == 403
    token = form_token(browser.get("/apps").text)
    assert browser.post(path, headers={"x-csrf-token": token}).status_code == 200
    fresh = TestClient(town.app, base_url=PORTAL)
    assert fresh.post("/api/v1/projects/keep-the-north/withdraw", headers=town.token("lin-xia")).status_code == 409


def test_another_host_name_reaches_nothing(quiet_town: Town) -> None:
    browser = quiet_town.as_("david")
    for path in ("/", "/portfolio", "/api/v1/me"):
        assert browser.get(path, headers={"host": "rebound.evil.test"}).status_code == 421


@pytest.mark.parametrize("path", ["/", "/signin", "/portfolio", "/nope", "/api/v1/me", "/apps/none/x/thumbnail"])
def test_every_answer_carries_the_safe_headers(quiet_town: Town, path: str) -> None:
    headers = quiet_town.as_("bob").get(path).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy and "unsafe" not in policy
    assert "form-action 'self' http://apps.test;" in policy
    assert headers["x-content-type-options"] == "nosniff" and headers["referrer-policy"] == "strict-origin"
    assert headers["cache-control"] == "no-store" and headers["x-request-id"]


def test_pictures_of_apps_are_inert(quiet_town: Town) -> None:
    with quiet_town.services.registry.reading() as reading:
        version = reading.project("early-warning").live_version
    answer = quiet_town.as_("bob").get(f"/apps/early-warning/{version}/thumbnail")
    assert answer.status_code == 200 and answer.headers["content-type"].startswith("image/svg+xml")
    assert "sandbox" in answer.headers["content-security-policy"]
    assert "script-src" not in answer.headers["content-security-policy"]


EVIL = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'{{7*7}}{0.__class__}`<b>x</b>`"


def test_hostile_texts_stay_texts_on_every_page(town: Town) -> None:
    """Whatever a person or a notebook can write: projects, notes, reasons, findings, evidence, notebooks."""
    with town.services.registry.transaction("lin-xia") as tx:
        for slug in ("keep-the-north", "came-back", "early-warning"):
            project = tx.project(slug)
            kpi = replace(project.kpi, name=EVIL, unit=EVIL)
            tx.put_project(replace(project, title=EVIL, problem=EVIL, department=EVIL, kpi=kpi, lesson=EVIL))
            for submission in tx.submissions(project=slug):
                finding = Finding(EVIL, Level.FAIL, Message("“{x}”", {"x": EVIL}), Message("{x}", {"x": EVIL}), EVIL)
                evidence = json.loads(json.dumps(submission.evidence).replace("late_payments", "x"))
                evidence["app"] = {"worth": {"unit": EVIL}, "facts": [{"name": EVIL, "label": {"en": EVIL}}]}
                evidence["metrics"][0]["label"] = EVIL
                evidence["explanation"]["overall"][0]["factor"] = EVIL
                evidence["value"] = {"kpi": EVIL, "unit": EVIL, "expected": 1, "assumptions": {EVIL: EVIL}}
                evidence["tables"] = [{"title": EVIL, "columns": [EVIL], "rows": [[EVIL]]}]
                evidence["data"] = [{"dataset": EVIL, "version": EVIL, "columns": [EVIL]}]
                evidence["model"] = {"kind": EVIL}
                evidence["fairness"] = {
                    "label": {"en": EVIL},
                    "column": EVIL,
                    "counts": {EVIL: {"selection": [40, 80]}, "M": {"selection": [10, 80]}},
                }
                tx.put_submission(
                    replace(submission, note=EVIL, reasons=EVIL, findings=(finding.to_json(),), evidence=evidence)
                )
                folder = town.services.workspace.submission(slug, submission.number) / "files"
                cell = {"cell_type": EVIL, "id": EVIL, "source": [EVIL], "metadata": {"tags": [EVIL]}}
                (folder / "notebook.ipynb").write_text(json.dumps({"cells": [cell]}))
                (folder / "choices.json").write_text(json.dumps({EVIL: EVIL}))
        tx.record(EVIL, EVIL, town.services.now(), reasons=EVIL)
    pages = {
        "lin-xia": ["/", "/projects", "/projects/came-back", "/apps", "/apps/early-warning"],
        "zhao-min": ["/reviews", "/projects/keep-the-north/submissions/1", "/projects/came-back/submissions/1"],
        "david": ["/portfolio", "/audit", "/projects/early-warning", "/projects/early-warning/retire"],
    }
    for name, paths in pages.items():
        browser = town.as_(name)
        for path in [*paths, f"/apps?q={EVIL}&department={EVIL}", f"/{EVIL}"]:
            answer = browser.get(path)
            assert answer.status_code in (200, 404), path
            assert "<script>alert" not in answer.text and "<img src=x" not in answer.text, path
            assert "<b>x</b>" not in answer.text and ">49" not in answer.text, path
            if path in paths:
                assert html.escape("<script>alert(1)") in answer.text, path


def test_evidence_of_any_shape_cannot_break_a_page(town: Town) -> None:
    shapes = [
        [], {"metrics": 3}, {"metrics": [None, {"model": "x"}, {"model": True}, {"model": 1e400, "baseline": []}]},
        {"explanation": {"overall": [{"weight": -0.0}, {"weight": 0, "factor": {"en": None}}]}},
        {"value": {"expected": 5, "assumptions": [1]}}, {"tables": [{"columns": [1], "rows": [[{"a": 1}, [2]], 3]}]},
        {"data": [{"rows": 1e999, "columns": {"a": 1}}]}, {"model": "x", "value": 1},
        {"value": {"expected": 1}, "threshold": {"cases": "x", "warned": 1, "right": []}, "app": {"facts": [3, {}]}},
        {"value": {"expected": 1, "assumptions": {"cost": "a"}}, "threshold": {"cases": 1, "warned": 1, "right": 1}},
        {"fairness": {"label": [1], "column": {}, "counts": {"F": {"selection": [1e400, 3]}, "M": 3}}},
        {"fairness": {"label": None, "hidden": -1, "counts": {"F": {"found": [1, 20]}, "M": {"found": [1, 20]}}}},
    ]  # fmt: skip
    browser = town.as_("zhao-min")
    for shape in shapes:
        with town.services.registry.transaction("system") as tx:
            submission = tx.submission("keep-the-north", 1)
            tx.put_submission(replace(submission, evidence=shape if isinstance(shape, dict) else {"metrics": shape}))
        assert browser.get("/projects/keep-the-north/submissions/1").status_code == 200, shape


def test_a_body_that_is_too_large_is_refused_whatever_it_says_of_itself(town: Town) -> None:
    browser = town.as_("lin-xia")
    token = form_token(browser.get("/apps").text)
    body = f"csrf={token}&title=" + "x" * 400_000
    kind = {"content-type": "application/x-www-form-urlencoded"}
    assert browser.post("/templates/customer-churn", content=body, headers=kind).status_code == 413

    def chunks() -> object:
        yield from (body[i : i + 50_000].encode() for i in range(0, len(body), 50_000))

    assert browser.post("/templates/customer-churn", content=chunks(), headers=kind).status_code == 413
    limit = town.services.settings.submission_bytes
    answer = browser.post(
        "/api/v1/projects/first-idea/submissions", content=b"0" * (limit + 100_000), headers=town.token("lin-xia")
    )
    assert answer.status_code == 413


def test_what_was_not_foreseen_tells_the_visitor_a_number_and_the_log_the_cause(
    town: Town, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    browser = town.as_("david")
    monkeypatch.setattr("sandbox.portal.pages.portfolio.project_rows", lambda *_: 1 / 0)
    answer = browser.get("/portfolio")
    assert answer.status_code == 500
    assert answer.headers["x-request-id"] in answer.text
    assert "division" not in answer.text and "Traceback" not in answer.text
    record = next(r for r in caplog.records if r.message == "failure")
    line = json.loads(JsonLines("portal", EXTRAS).format(record))
    assert line["request"] == answer.headers["x-request-id"] and "ZeroDivisionError" in line["traceback"]


def test_logs_name_routes_and_hold_no_secret(town: Town, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "sandbox.portal")
    browser = town.as_("bob")
    browser.get("/signin", params={"link": "very-secret-link"})
    browser.get("/projects/first-idea", headers={"x-request-id": "bad id\n"})
    lines = [JsonLines("portal", EXTRAS).format(r) for r in caplog.records if r.name == "sandbox.portal"]
    assert any('"/projects/{slug}"' in line for line in lines)
    text = "\n".join(lines)
    assert "very-secret-link" not in text and "first-idea" not in text and "bad id" not in text


def test_answers_for_hidden_and_missing_things_are_the_same(quiet_town: Town) -> None:
    browser = quiet_town.as_("bob")
    for path in ("/projects/{}", "/projects/{}/submissions/1", "/projects/{}/submissions/1/progress",
                 "/api/v1/projects/{}", "/api/v1/projects/{}/grants", "/api/v1/projects/{}/submissions",
                 "/apps/{}", "/apps/{}/handoff"):  # fmt: skip
        hidden, missing = (browser.get(path.format(slug)) for slug in ("keep-the-north", "not-there-at-all"))
        assert hidden.status_code == missing.status_code == 404, path
    csrf = {"csrf": form_token(browser.get("/apps").text)}
    for path in ("/projects/{}/promote", "/projects/{}/rollback", "/projects/{}/retire", "/projects/{}/withdraw",
                 "/projects/{}/lab", "/projects/{}/submissions/1/decision", "/apps/{}/open"):  # fmt: skip
        data = {**csrf, "reasons": "x", "tried": "x", "learned": "x", "version": "x", "decision": "approve"}
        hidden, missing = (browser.post(path.format(slug), data=data) for slug in ("keep-the-north", "not-there"))
        assert hidden.status_code == missing.status_code == 404, path
