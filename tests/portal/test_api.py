"""The REST API: what Lab and the command line rely on; every error is problem details with a remedy."""

from __future__ import annotations

import io
import zipfile

import nbformat
import pytest
from starlette.testclient import TestClient

from sandbox.publishing.archive import pack_project

from .town import PORTAL, Town

NEW = {"title": "Keep the south", "problem": "They leave.", "template": "customer-churn", "datasets": ["leavers"],
       "kpi": {"name": "Churn", "unit": "%", "baseline": 2.4, "target": 1.8}, "language": "zh-CN"}  # fmt: skip


def client(town: Town, name: str) -> TestClient:
    return TestClient(town.app, base_url=PORTAL, headers=town.token(name))


def test_a_project_is_made_opened_and_submitted_over_the_api(town: Town, tmp_path: object) -> None:
    api = client(town, "lin-xia")
    made = api.post("/api/v1/projects", json=NEW)
    assert made.status_code == 201
    slug = made.json()["slug"]
    assert api.get(f"/api/v1/projects/{slug}/grants").json() == made.json()["pins"]
    starter = api.get(f"/api/v1/projects/{slug}/starter", params={"language": "zh-CN"})
    assert starter.headers["content-type"] == "application/zip"
    folder = town.services.workspace.project("lin-xia", slug)
    folder.mkdir(parents=True)
    zipfile.ZipFile(io.BytesIO(starter.content)).extractall(folder)
    assert nbformat.read(folder / "notebook.ipynb", 4).metadata["sandbox"]["language"] == "zh-CN"
    sent = api.post(
        f"/api/v1/projects/{slug}/submissions",
        content=pack_project(folder),
        headers={"content-type": "application/zip", "x-sandbox-note": "&#35831;&#30475;"},
    )
    assert sent.status_code == 201, sent.text
    assert (sent.json()["number"], sent.json()["examination"], sent.json()["note"]) == (1, "queued", "请看")
    assert api.get(f"/api/v1/projects/{slug}/submissions/1").json()["number"] == 1
    assert [s["number"] for s in api.get(f"/api/v1/projects/{slug}/submissions").json()] == [1]
    assert slug in {p["slug"] for p in api.get("/api/v1/projects").json()}
    assert client(town, "zhao-min").get("/api/v1/projects").json() == []
    assert api.post(f"/api/v1/projects/{slug}/withdraw").json()["state"] == "draft"


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "slug"),
    [
        ("GET", "/api/v1/projects/none", None, 404, "not-found"),
        ("GET", "/api/v1/nothing", None, 404, "not-found"),
        ("GET", "/api/v1/audit", None, 403, "not-allowed"),
        ("GET", "/api/v1/projects?everybody=true", None, 403, "not-allowed"),
        ("POST", "/api/v1/projects", {}, 400, "bad-request"),
        ("POST", "/api/v1/projects", {**NEW, "title": ""}, 422, "bad-input"),
        ("POST", "/api/v1/projects", {**NEW, "template": "../../etc"}, 404, "not-found"),
        ("POST", "/api/v1/projects", {**NEW, "datasets": []}, 422, "bad-input"),
        ("POST", "/api/v1/projects/first-idea/withdraw", None, 409, "conflict"),
        ("POST", "/api/v1/projects/first-idea/promote", {"reasons": "x"}, 409, "conflict"),
        ("POST", "/api/v1/projects/keep-the-north/submissions/1/decision", {"decision": "maybe"}, 400, "bad-request"),
        ("DELETE", "/api/v1/projects", None, 405, "bad-request"),
        ("GET", "/api/v1/apps/first-idea", None, 404, "not-found"),
    ],
)  # fmt: skip
def test_errors_are_problem_details(town: Town, method: str, path: str, body: object, status: int, slug: str) -> None:
    answer = client(town, "lin-xia").request(method, path, json=body)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == status and problem["type"] == f"urn:sandbox:{slug}"
    assert problem["detail"] and problem["remedy"] and problem["instance"].endswith(answer.headers["x-request-id"])


def test_problems_are_told_in_the_persons_language(town: Town) -> None:
    town.as_("lin-xia", "zh-CN")
    assert "没有项目" in client(town, "lin-xia").get("/api/v1/projects/none").json()["detail"]


def test_nothing_is_told_without_a_token_or_with_a_wrong_one(quiet_town: Town) -> None:
    for headers in ({}, {"authorization": "Bearer wrong"}, {"authorization": "Basic bGluOng="}):
        api = TestClient(quiet_town.app, base_url=PORTAL, headers=headers)
        for path in ("me", "datasets", "projects", "apps", "templates", "audit"):
            answer = api.get(f"/api/v1/{path}")
            assert answer.status_code == 401 and answer.headers["www-authenticate"] == "Bearer", (headers, path)


def test_a_submission_that_is_no_archive_is_refused_and_leaves_nothing(town: Town) -> None:
    api = client(town, "lin-xia")
    before = sorted(p.name for p in town.services.workspace.submissions.rglob("*"))
    for content in (b"", b"not a zip", b"PK\x03\x04" + b"\0" * 400):
        answer = api.post("/api/v1/projects/first-idea/submissions", content=content)
        assert answer.status_code in (400, 413, 422), content
        assert answer.headers["content-type"] == "application/problem+json"
    assert sorted(p.name for p in town.services.workspace.submissions.rglob("*")) == before


def test_catalogue_templates_and_apps_are_listed(quiet_town: Town) -> None:
    api = client(quiet_town, "bob")
    assert api.get("/api/v1/me").json()["roles"] == ["staff"]
    leavers = api.get("/api/v1/datasets/leavers").json()
    assert leavers["usable"] and leavers["manifest"]["rows"]["published"] == 400
    assert "phone" not in {c["name"] for c in leavers["manifest"]["columns"]}
    assert "customer-churn" in {t["name"] for t in api.get("/api/v1/templates").json()}
    apps = {a["slug"]: a for a in api.get("/api/v1/apps").json()}
    assert set(apps) == {"early-warning", "line-watch"}
    assert api.get("/api/v1/apps/early-warning").json()["versions"]
    assert api.get("/api/v1/apps/early-warning/thumbnail").headers["content-type"].startswith("image/svg")
    assert api.get("/api/v1/apps/line-watch/handoff").status_code == 403


def test_a_finding_has_its_text_in_the_persons_language(quiet_town: Town) -> None:
    finding = client(quiet_town, "lin-xia").get("/api/v1/projects/came-back/submissions/1").json()["findings"][0]
    assert finding["level"] == "fail" and finding["cell"] == "peek"
    assert finding["text"]["message"] == "An output shows what looks like a mobile number."


def test_the_description_of_the_api_names_every_path(quiet_town: Town) -> None:
    paths = client(quiet_town, "bob").get("/api/v1/openapi.json").json()["paths"]
    for path in ("me", "datasets/{name}", "projects/{slug}/starter", "projects/{slug}/submissions/{number}/decision"):
        assert f"/api/v1/{path}" in paths
    assert not any(not p.startswith("/api/v1") for p in paths)
