"""The road through the portal with every real part: start, submit, examine, approve, promote, download."""

from __future__ import annotations

import io
import time
import zipfile

from starlette.testclient import TestClient

from sandbox.core.ids import VersionId
from sandbox.kernels.warmapp import AVAILABLE
from sandbox.portal.app import create_app
from sandbox.publishing.archive import pack_project
from sandbox.publishing.shelf import read_manifest
from sandbox.workflows.examiner import Examiner

from .test_api import NEW
from .test_signin import form_token
from .town import PORTAL, Town


def test_a_project_walks_from_the_form_to_the_hand_off(town: Town) -> None:
    town.app = create_app(town.services, town.addresses, examiner=Examiner(town.services))
    with TestClient(town.app, base_url=PORTAL, headers=town.token("lin-xia")) as api:
        slug = api.post("/api/v1/projects", json={**NEW, "title": "Real one"}).json()["slug"]
        folder = town.services.workspace.project("lin-xia", slug)
        folder.mkdir(parents=True)
        starter = api.get(f"/api/v1/projects/{slug}/starter").content
        zipfile.ZipFile(io.BytesIO(starter)).extractall(folder)
        submissions = f"/api/v1/projects/{slug}/submissions"
        made = api.post(submissions, content=pack_project(folder), headers={"content-type": "application/zip"}).json()
        until = time.monotonic() + 120
        while made["examination"] in ("queued", "running") and time.monotonic() < until:
            time.sleep(0.3)
            made = api.get(f"{submissions}/1").json()
        assert made["examination"] == "done", made
        assert made["version"] and "fail" not in {f["level"] for f in made["findings"]}, made["findings"]
        manifest = read_manifest(town.services.workspace.app_version(slug, VersionId.parse(made["version"])))
        assert manifest.control, [f for f in made["findings"] if f["check"] == "opening"]
        assert set(manifest.first_views) == {"en", "zh-CN"} or not AVAILABLE
        assert {"sandbox.lab.app", "sandbox.lab.charts"} <= set(manifest.imports) or not AVAILABLE

        reviewer = town.as_("zhao-min")
        page = reviewer.get(f"/projects/{slug}/submissions/1").text
        data = {"csrf": form_token(page), "decision": "approve", "reasons": "证据充分"}
        assert reviewer.post(f"/projects/{slug}/submissions/1/decision", data=data).status_code == 303
        assert "Real one" in town.as_("bob").get("/apps").text

        lead = town.as_("david")
        data = {"csrf": form_token(lead.get(f"/projects/{slug}").text), "reasons": "Saves two days a week."}
        assert lead.post(f"/projects/{slug}/promote", data=data).status_code == 303
        bundle = lead.get(f"/apps/{slug}/handoff")
        names = zipfile.ZipFile(io.BytesIO(bundle.content)).namelist()
        assert any(name.endswith("rescore.py") for name in names)
        assert town.as_("bob").get(f"/apps/{slug}/handoff").status_code == 404
        assert town.services.registry.verify_audit() > 0
