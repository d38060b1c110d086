"""A real JupyterLab of ours with a portal that answers as the REST API does: coming in, kernels, files, submitting."""

from __future__ import annotations

import json
from pathlib import Path

import httpx

from sandbox.labserver.language import choose_language, chosen_language
from sandbox.labserver.places import Places
from sandbox.publishing.archive import read_archive
from sandbox.publishing.starter import unpack_starter
from sandbox.store.workspace import Workspace
from tests.appserver.site import Viewer, execute

from .site import Lab, starter


def test_coming_in_brings_the_files_and_the_cookie(lab: Lab) -> None:
    answer = lab.enter()
    assert answer.status_code == 200
    assert "/lab/workspaces/churn/tree/churn/notebook.ipynb" in answer.text and "token" not in answer.text.lower()
    cookie = answer.headers["Set-Cookie"].lower()
    assert "httponly" in cookie and "samesite=strict" in cookie
    assert (lab.home / "projects" / "lin" / "churn" / "notebook.ipynb").is_file()
    assert lab.owner().request("GET", "/api/contents/churn").status_code == 200


def test_nobody_else_comes_in(lab: Lab) -> None:
    assert lab.enter(person="bob").status_code == 403
    assert httpx.post(f"{lab.base}/sandbox/enter", data={"ticket": "x.y"}, trust_env=False).status_code == 401
    stranger = Viewer(lab.base)
    for path in (
        "/api/contents",
        "/api/kernels",
        "/sandbox/status?project=churn&number=1",
        "/files/churn/notebook.ipynb",
    ):
        answer = stranger.request("GET", path)
        assert answer.status_code in (302, 403), path
    assert stranger.request("GET", "/lab?token=").status_code == 302


def test_a_kernel_has_its_project_and_what_the_portal_grants(lab: Lab) -> None:
    owner = lab.owner()
    kernel = lab.kernel(owner, "churn/notebook.ipynb")
    code = f"""
import json, os, pathlib
pins = json.loads(os.environ["SANDBOX_PINS"])
print("DATA", pathlib.Path(pins["contracts"], "manifest.json").read_text())
pathlib.Path("note.txt").write_text("x"); print("CWD", os.path.basename(os.getcwd()))
for path in ({str(lab.home / "projects" / "bob" / "other" / "notes.txt")!r}, {str(lab.home / "registry.sqlite")!r}):
    try: open(path).read(); print("LEAK")
    except OSError: print("REFUSED")
print("ENV", any("TOKEN" in name for name in os.environ))
"""
    output = owner.send(kernel, execute(code), sign="ENV False")
    for sign in ("DATA granted", "CWD churn", "REFUSED", "ENV False"):
        assert sign in output, output
    assert "LEAK\\n" not in output


def test_outside_of_a_project_there_is_no_data(lab: Lab) -> None:
    owner = lab.owner()
    (lab.home / "projects" / "lin" / "scratch").mkdir(exist_ok=True)
    kernel = lab.kernel(owner, "scratch/any.ipynb")
    code = (
        "import json, os; print('P' + 'INS', json.loads(os.environ['SANDBOX_PINS']), 'SANDBOX_PROJECT' in os.environ)"
    )
    assert "PINS {} False" in owner.send(kernel, execute(code), sign="PINS {")


def test_links_do_not_lead_out_of_the_folder(lab: Lab) -> None:
    owner = lab.owner()
    project = lab.home / "projects" / "lin" / "churn"
    (project / "out").symlink_to(lab.home / "projects" / "bob")
    (project / "key.txt").symlink_to(lab.home / "keys" / "ticket.key")
    for path in ("/api/contents/churn/out/other/notes.txt", "/files/churn/out/other/notes.txt", "/files/churn/key.txt"):
        answer = owner.request("GET", path, headers={"Referer": f"{lab.base}/lab"})
        assert answer.status_code == 404 and "of bob" not in answer.text, path
    own = owner.request("GET", "/files/churn/project.toml", headers={"Referer": f"{lab.base}/lab"})
    assert own.status_code == 200
    (project / "out").unlink()
    (project / "key.txt").unlink()


def test_submit_and_follow(lab: Lab) -> None:
    owner = lab.owner()
    answer = lab.post(owner, "/sandbox/submit", {"project": "churn", "note": "请看\n<b>"})
    assert answer.status_code == 200, answer.text
    assert answer.json()["url"] == f"{lab.portal.url}/projects/churn/submissions/1"
    archive, note = lab.portal.received[-1]
    assert note == "请看\n<b>"
    assert "notebook.ipynb" in read_archive(archive, max_bytes=2**20, max_files=50).files
    found = owner.request("GET", "/sandbox/status?project=churn&number=1").json()
    assert [f["level"] for f in found["findings"]] == ["fail", "pass"]
    refused = lab.post(owner, "/sandbox/submit", {"project": "../bob/other", "note": ""})
    assert refused.status_code == 404 and refused.json()["remedy"]


def test_no_terminal_and_no_foreign_kernel(lab: Lab) -> None:
    owner = lab.owner()
    assert owner.request("GET", "/api/terminals").status_code == 404
    assert list(owner.request("GET", "/api/kernelspecs").json()["kernelspecs"]) == ["python3"]


def test_the_starter_overwrites_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "churn"
    folder.mkdir()
    (folder / "project.toml").write_text("mine")
    unpack_starter(starter(), folder)
    assert (folder / "project.toml").read_text() == "mine"
    assert (folder / "notebook.ipynb").is_file()
    assert [path.name for path in tmp_path.iterdir()] == ["churn"]


def test_language_follows_the_ticket_but_not_over_the_persons_choice(tmp_path: Path) -> None:
    places = Places(
        Workspace.at(tmp_path), 8002, "lin", "http://127.0.0.1:8002", "http://127.0.0.1:8000", tmp_path / "t"
    )
    choose_language(places, "zh-CN")
    settings = places.private / "user-settings" / "@jupyterlab/translation-extension" / "plugin.jupyterlab-settings"
    assert chosen_language(places) == "zh-CN" and json.loads(settings.read_text())["locale"] == "zh_CN"
    settings.write_text("{}")
    choose_language(places, "zh-CN")
    assert settings.read_text() == "{}"
