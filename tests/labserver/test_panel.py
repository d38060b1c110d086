"""The addresses behind the start page and the side panel, and the preview of the app."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import nbformat
import pytest

from sandbox.labserver.history import Contents, History
from tests.appserver.site import Viewer, execute

from .site import Lab


@pytest.fixture
def owner(lab: Lab) -> Viewer:
    return lab.owner()


def test_the_start_page_and_the_panel_come_from_the_portal(lab: Lab, owner: Viewer) -> None:
    assert owner.request("GET", "/sandbox/start").json()["asked"] == "en"
    panel = owner.request("GET", "/sandbox/panel?project=churn").json()
    assert panel["slug"] == "churn" and panel["url"].endswith("/projects/churn/submissions/2")
    assert owner.request("GET", "/sandbox/panel?project=none").status_code == 404
    picture = owner.request("GET", "/sandbox/thumbnail?template=churn")
    assert (
        picture.headers["content-type"] == "image/svg+xml" and "sandbox" in picture.headers["content-security-policy"]
    )
    assert owner.request("GET", "/sandbox/thumbnail?template=..%2Fx").status_code in (400, 404, 422)


def test_a_project_started_here_has_its_files_at_once(lab: Lab, owner: Viewer) -> None:
    made = lab.post(owner, "/sandbox/open", {"new": {"title": "T"}})
    assert made.json() == {"project": "second"}
    assert (lab.home / "projects" / "lin" / "second" / "notebook.ipynb").is_file()
    assert lab.post(owner, "/sandbox/open", {"project": "../bob"}).status_code == 422


def test_a_check_sends_the_saved_project_to_be_read(lab: Lab, owner: Viewer) -> None:
    found = lab.post(owner, "/sandbox/check", {"project": "churn"}).json()["findings"]
    assert "notebook.ipynb" in found[0]["message"]
    assert lab.post(owner, "/sandbox/check", {"project": "nothing"}).status_code == 404


def test_nobody_else_is_answered(lab: Lab) -> None:
    stranger = Viewer(lab.base)
    for path in ("start", "panel?project=churn", "thumbnail?template=churn", "versions?project=churn"):
        assert stranger.request("GET", f"/sandbox/{path}").status_code in (302, 403), path
    for path in ("open", "check", "versions", "presence"):
        assert stranger.request("POST", f"/sandbox/{path}", json={}).status_code in (302, 403), path


def test_the_preview_is_the_app_part_alone_and_cannot_write(lab: Lab, owner: Viewer) -> None:
    folder = lab.home / "projects" / "lin" / "preview"
    folder.mkdir(exist_ok=True)
    cell = nbformat.v4.new_code_cell
    studio, app = cell("secret = 1", metadata={"tags": ["studio"]}), cell("print(1)", metadata={"tags": ["app"]})
    (folder / "notebook.ipynb").write_text(nbformat.writes(nbformat.v4.new_notebook(cells=[studio, app])))
    model = owner.request("GET", "/api/contents/preview/app-preview.ipynb?content=1&type=notebook").json()
    assert [c["source"] for c in model["content"]["cells"]] == ["print(1)"] and model["writable"] is False
    assert lab.send(owner, "PUT", "/api/contents/preview/app-preview.ipynb", {"type": "notebook"}).status_code == 403
    assert not (folder / "app-preview.ipynb").exists()
    kernel = lab.kernel(owner, "churn/app-preview.ipynb")
    code = (
        "import os, json; print('MO' + 'DE', os.environ['SANDBOX_MODE'], os.path.basename(os.environ['SANDBOX_APP']), "
        "sorted(json.loads(os.environ['SANDBOX_PINS'])))\n"
        "try: open(os.environ['SANDBOX_APP'] + '/written', 'w'); print('WROTE')\n"
        "except OSError: print('REFUSED')\n"
        "print('EN' + 'D')"
    )
    output = owner.send(kernel, execute(code), sign="END")
    assert "MODE app churn ['contracts']" in output or "MODE app churn ['contracts']" in output, output
    assert "REFUSED" in output and not (lab.home / "projects" / "lin" / "churn" / "written").exists()


class Page:
    """A window of Lab at work on a project of its own."""

    def __init__(self, lab: Lab, owner: Viewer, project: str, window: str) -> None:
        self.lab, self.owner, self.project, self.window = lab, owner, project, window

    def load(self) -> dict[str, object]:
        path = f"/api/contents/{self.project}/notebook.ipynb?type=notebook&content=1"
        answer = self.owner.request("GET", path, headers={"X-Sandbox-Window": self.window})
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def save(self, text: str) -> int:
        content = json.loads(nbformat.writes(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(text, id="a")])))
        body = {"type": "notebook", "format": "json", "content": content}
        path = f"/api/contents/{self.project}/notebook.ipynb"
        self.answer = self.lab.send(self.owner, "PUT", path, body, self.window)
        return self.answer.status_code

    def ask(self, **more: object) -> dict[str, object]:
        answer = self.lab.post(self.owner, "/sandbox/presence", {"project": self.project, **more}, self.window)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def versions(self) -> list[dict[str, object]]:
        return list(self.owner.request("GET", f"/sandbox/versions?project={self.project}").json()["versions"])

    def restore(self, number: object) -> int:
        body = {"project": self.project, "number": number}
        return self.lab.post(self.owner, "/sandbox/versions", body, self.window).status_code


@pytest.fixture
def pages(lab: Lab, owner: Viewer, request: pytest.FixtureRequest) -> tuple[Page, Page]:
    name = f"p{abs(hash(request.node.name)) % 10**8}"
    folder = lab.home / "projects" / "lin" / name
    folder.mkdir()
    (folder / "notebook.ipynb").write_text(nbformat.writes(nbformat.v4.new_notebook()))
    return Page(lab, owner, name, "one"), Page(lab, owner, name, "two")


def test_every_save_is_a_version_and_restoring_loses_nothing(pages: tuple[Page, Page], lab: Lab) -> None:
    page, _ = pages
    page.load()
    choices = lab.home / "projects" / "lin" / page.project / "choices.json"
    choices.write_text('{"dataset": "first"}')
    for text in ("first", "second", "second"):
        assert page.save(text) == 200
    newest, first = page.versions()
    assert newest["current"] and not first["current"] and first["by"] == "lin"
    choices.write_text('{"dataset": "second"}')
    compared = page.owner.request("GET", f"/sandbox/versions?project={page.project}&number={first['number']}").json()
    assert compared["choices"] == [{"name": "dataset", "now": "second", "then": "first"}]
    assert [(line["mark"], line["text"]) for line in compared["cells"][0]["lines"]] == [("-", "second"), ("+", "first")]
    assert page.restore(first["number"]) == 200
    assert json.loads(choices.read_text()) == {"dataset": "first"}
    assert page.load()["content"]["cells"][0]["source"] == "first"  # type: ignore[index]
    assert [v["reason"] for v in page.versions()] == ["restored", "before", "saved", "saved"]
    # The state before, choices and all, can be brought back as well.
    assert page.restore(page.versions()[1]["number"]) == 200
    assert json.loads(choices.read_text()) == {"dataset": "second"}
    assert page.save("third") == 200
    assert page.restore(999) == 404


def test_two_windows_cannot_overwrite_each_other(pages: tuple[Page, Page]) -> None:
    one, two = pages
    assert one.load()["writable"] is True and two.load()["writable"] is False
    assert one.ask()["mine"] is True
    told = two.ask()
    assert told["mine"] is False and told["person"] == "lin" and told["since"]
    assert two.save("from two") == 409 and "another window" in two.answer.json()["message"]
    assert one.save("from one") == 200
    kept = [v for v in one.versions() if v["reason"] == "aside"]
    assert len(kept) == 1, "the refused text is kept"
    assert two.restore(kept[0]["number"]) == 409


def test_taking_over_makes_the_other_window_read_only(pages: tuple[Page, Page]) -> None:
    one, two = pages
    one.load()
    one.save("from one")
    two.load()
    assert two.ask(take=True)["mine"] is True
    assert two.load()["writable"] is True and two.save("from two") == 200
    content = {"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    lost = one.ask(text=content)
    assert lost["mine"] is False and lost["kept"], "what the other window had not saved is kept"
    assert one.load()["writable"] is False and one.save("late") == 409
    two.ask(leave=True)
    assert one.ask()["mine"] is True


def test_a_save_with_a_stale_base_is_refused_and_kept(pages: tuple[Page, Page]) -> None:
    one, two = pages
    one.load()
    one.save("of one")
    one.ask(leave=True)
    two.load()
    assert two.save("of two") == 200
    two.ask(leave=True)
    # The first window slept meanwhile; nobody holds the lock, but its text is older than what lies there.
    assert one.save("of one, later") == 409 and "changed elsewhere" in one.answer.json()["message"]
    assert one.load()["content"]["cells"][0]["source"] == "of two"  # type: ignore[index]
    assert one.save("of one, after reading") == 200


def test_a_file_that_the_kernel_changed_is_not_overwritten_unseen(pages: tuple[Page, Page], lab: Lab) -> None:
    page, _ = pages
    page.load()
    page.save("mine")
    file = lab.home / "projects" / "lin" / page.project / "notebook.ipynb"
    file.write_text(nbformat.writes(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("other")])))
    assert page.save("mine again") == 409


def test_a_kernels_link_is_not_read_into_the_history(pages: tuple[Page, Page], lab: Lab) -> None:
    page, _ = pages
    page.load()
    folder = lab.home / "projects" / "lin" / page.project
    (folder / "choices.json").symlink_to(lab.home / "keys" / "ticket.key")
    assert page.save("x") == 200
    history = History(lab.home / "history" / "lin" / page.project)
    assert history.contents(history.versions()[0].number).choices == b""


def test_choices_are_never_written_through_a_link(lab: Lab) -> None:
    folder = lab.home / "projects" / "lin" / "linked"
    folder.mkdir()
    target = lab.home / "target.json"
    target.write_text("untouched")
    (folder / "choices.json").symlink_to(target)
    Contents(b"{}", b"{}").put(folder)
    assert target.read_text() == "untouched" and not (folder / "choices.json").is_symlink()


def test_times_carry_their_zone(pages: tuple[Page, Page]) -> None:
    page, _ = pages
    page.load()
    page.save("x")
    when = datetime.fromisoformat(str(page.versions()[0]["time"]))
    assert abs((datetime.now(UTC) - when).total_seconds()) < 600
