"""What JupyterLab's start page and side panel ask the portal for."""

from __future__ import annotations

import io
import json
import zipfile

import nbformat
import pytest
from starlette.testclient import TestClient

from .test_api import NEW, client
from .town import Town


@pytest.fixture
def mine(town: Town) -> tuple[TestClient, str]:
    api = client(town, "lin-xia")
    return api, api.post("/api/v1/projects", json=NEW).json()["slug"]


def packed(notebook: nbformat.NotebookNode | None, **files: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        if notebook is not None:
            archive.writestr("notebook.ipynb", nbformat.writes(notebook))
        for name, text in files.items():
            archive.writestr(name, text)
    return buffer.getvalue()


def look(api: TestClient, slug: str, archive: bytes, language: str = "en") -> list[dict[str, str]]:
    answer = api.post(
        f"/api/v1/lab/projects/{slug}/check",
        content=archive,
        headers={"content-type": "application/zip", "accept-language": language},
    )
    assert answer.status_code == 200, answer.text
    return list(answer.json()["findings"])


def test_the_start_page_has_my_projects_and_the_templates_in_my_language(mine: tuple[TestClient, str]) -> None:
    api, slug = mine
    english = api.get("/api/v1/lab/start", headers={"accept-language": "en"}).json()
    chinese = api.get("/api/v1/lab/start", headers={"accept-language": "zh-CN"}).json()
    project = next(p for p in english["projects"] if p["slug"] == slug)
    assert (project["stage"], project["stage_text"], project["last"]) == ("draft", "Draft", None)
    assert next(p for p in chinese["projects"] if p["slug"] == slug)["stage_text"] == "草稿"
    churn = next(t for t in chinese["templates"] if t["name"] == "customer-churn")
    assert churn["title"] == "客户流失预警" and churn["kpi"]["name"] == "年客户流失率"
    assert {"name": "leavers", "title": "合同与流失", "suggested": False} in churn["datasets"]
    picture = api.get("/api/v1/lab/templates/customer-churn/thumbnail")
    assert picture.headers["content-type"] == "image/svg+xml"


def test_what_reviewers_answered_is_on_the_start_page(town: Town) -> None:
    projects = client(town, "lin-xia").get("/api/v1/lab/start").json()["projects"]
    returned = [p for p in projects if p["stage"] == "returned"]
    assert returned and returned[0]["last"]["reasons"] and returned[0]["last"]["reviewer"] == "赵敏"


def test_reviewers_start_nothing(town: Town) -> None:
    start = client(town, "zhao-min").get("/api/v1/lab/start").json()
    assert start["templates"] == [] and start["projects"] == []


def test_the_panel_explains_every_column_of_the_pinned_snapshots(mine: tuple[TestClient, str]) -> None:
    api, slug = mine
    (data,) = api.get(f"/api/v1/lab/projects/{slug}", headers={"accept-language": "zh-CN"}).json()["data"]
    assert (data["name"], data["title"]) == ("leavers", "合同与流失")
    columns = {column["name"]: column for column in data["columns"]}
    assert columns["fee"]["description"] == "月费" and "phone" not in columns
    assert data["rows"] > 0


def test_only_the_owner_has_a_panel(mine: tuple[TestClient, str], town: Town) -> None:
    _, slug = mine
    for other in ("bob", "zhao-min"):
        assert client(town, other).get(f"/api/v1/lab/projects/{slug}").status_code == 404
        refused = client(town, other).post(
            f"/api/v1/lab/projects/{slug}/check", content=b"x", headers={"content-type": "application/zip"}
        )
        assert refused.status_code == 404


def test_a_check_finds_by_reading_what_an_examination_would(mine: tuple[TestClient, str]) -> None:
    api, slug = mine
    code = nbformat.v4.new_code_cell("import pandas as pd\npd.read_csv('/etc/customers.csv')", id="peek")
    shown = nbformat.v4.new_code_cell("1", id="shown", outputs=[nbformat.v4.new_output("stream", text="13912345678")])
    findings = look(api, slug, packed(nbformat.v4.new_notebook(cells=[code, shown])), "zh-CN")
    by_cell = {f["cell"]: f for f in findings if f["level"] != "pass"}
    assert {"peek", "shown"} <= by_cell.keys(), findings
    assert "手机号" in by_cell["shown"]["message"] and by_cell["shown"]["remedy"]
    clean = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1 + 1", id="sum")])
    assert {f["level"] for f in look(api, slug, packed(clean))} == {"pass"}


def test_a_check_runs_nothing_and_keeps_nothing(mine: tuple[TestClient, str], town: Town) -> None:
    api, slug = mine
    home = town.services.workspace.home
    trap = nbformat.v4.new_code_cell(f"open({str(home / 'ran')!r}, 'w')", id="trap")
    before = sorted(path for path in (home / "submissions").rglob("*"))
    look(api, slug, packed(nbformat.v4.new_notebook(cells=[trap])))
    assert not (home / "ran").exists() and before == sorted((home / "submissions").rglob("*"))
    assert api.get(f"/api/v1/projects/{slug}").json()["state"] == "draft"


def test_hostile_archives_are_refused_in_words(mine: tuple[TestClient, str]) -> None:
    api, slug = mine
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("notebook.ipynb", b"\0" * (40 * 2**20))
    for content in (b"no zip", bomb.getvalue(), packed(None, **{"../x": "y"})):
        answer = api.post(
            f"/api/v1/lab/projects/{slug}/check", content=content, headers={"content-type": "application/zip"}
        )
        assert answer.status_code in (413, 422) and answer.json()["remedy"], answer.text
    broken = look(api, slug, packed(None, **{"notebook.ipynb": json.dumps({"cells": 1})}))
    assert [f["level"] for f in broken if f["check"] == "Form of the notebook"] == ["fail"]
