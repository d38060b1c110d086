"""Learning paths in Lab: a folder of its own, a kernel without data, answers that are handed on and nothing else."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.appserver.site import Viewer, execute

from .site import Lab

FOLDER = "learning.first-steps"


@pytest.fixture
def owner(lab: Lab) -> Iterator[Viewer]:
    yield lab.owner()
    lab.enter(language="en")


def test_opening_a_path_brings_its_files_once(lab: Lab, owner: Viewer) -> None:
    answer = lab.post(owner, "/sandbox/learning", {"path": "first-steps"})
    assert answer.json() == {"notebook": f"{FOLDER}/notebook.ipynb"}, answer.text
    file = lab.home / "projects" / "lin" / FOLDER / "notebook.ipynb"
    file.write_text(file.read_text().replace("1 + 1", "2 + 2"))
    assert lab.post(owner, "/sandbox/learning", {"path": "first-steps"}).status_code == 200
    assert "2 + 2" in file.read_text()
    lab.enter(language="zh-CN")
    assert lab.post(owner, "/sandbox/learning", {"path": "first-steps"}).status_code == 200
    assert "# 第一步" in json.loads(file.read_text())["cells"][0]["source"][0], "in the language chosen since"
    assert "2 + 2" in file.read_text(), "what the person wrote stays"


def test_paths_that_are_none(lab: Lab, owner: Viewer) -> None:
    for path in ("second", "../bob", "", "first-steps/../../bob"):
        assert lab.post(owner, "/sandbox/learning", {"path": path}).status_code in (404, 422), path
    stranger = Viewer(lab.base)
    assert stranger.request("GET", "/sandbox/exercise?exercise=first-steps/units").status_code in (302, 403)
    assert stranger.request("POST", "/sandbox/exercise", json={}).status_code in (302, 403)


def test_questions_and_answers_are_handed_on_and_nothing_else(lab: Lab, owner: Viewer) -> None:
    asked = owner.request("GET", "/sandbox/exercise?exercise=first-steps/units").json()
    assert asked == {"question": "q1", "asked": "en"}
    given = {"exercise": "first-steps/units", "question": "q1", "number": "7", "person": "bob", "right": True}
    answer = lab.post(owner, "/sandbox/exercise", given).json()
    assert answer == {"right": False, "given": {"question": "q1", "number": "7"}}
    for odd in ("units", "../projects/x", "first-steps/..", None, 7):
        refused = lab.post(owner, "/sandbox/exercise", {**given, "exercise": odd})
        assert refused.status_code in (404, 422) and refused.json()["detail"], odd


def test_its_kernel_has_its_folder_and_no_data(lab: Lab, owner: Viewer) -> None:
    lab.post(owner, "/sandbox/learning", {"path": "first-steps"})
    folder = lab.home / "projects" / "lin" / FOLDER
    (folder / "data.duckdb").unlink(missing_ok=True)
    (folder / "data.duckdb").symlink_to(lab.home / "projects" / "bob" / "other" / "notes.txt")
    kernel = lab.kernel(owner, f"{FOLDER}/notebook.ipynb")
    code = f"""
import json, os, pathlib
print("PINS", {{name: pathlib.Path(at).name for name, at in json.loads(os.environ["SANDBOX_PINS"]).items()}})
pathlib.Path("note.txt").write_text("x")
for path in ("data.duckdb", {str(lab.home / "projects" / "lin" / "churn" / "notebook.ipynb")!r}):
    try: open(path).read(); print("LE" + "AK")
    except OSError as error: print(type(error).__name__)
print("E" + "ND")
"""
    output = owner.send(kernel, execute(code), sign="END")
    assert f"PINS {{'practice': '{FOLDER}'}}" in output and "LEAK" not in output, output
    (folder / "data.duckdb").unlink()


def test_a_link_in_place_of_the_folder_is_not_followed(lab: Lab, owner: Viewer) -> None:
    link = lab.home / "projects" / "lin" / "learning.making-your-own"
    link.symlink_to(lab.home / "projects" / "bob")
    body = {"path": "learning.making-your-own/other/notebook.ipynb", "name": "n", "type": "notebook"}
    refused = lab.post(owner, "/api/sessions", {**body, "kernel": {"name": "python3"}})
    assert refused.status_code >= 400 and "leads out of your folder" in refused.text
    link.unlink()
