"""A version is opened only while it is what its receipt says."""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path

import pytest

from sandbox.appserver import receipts
from sandbox.appserver.receipts import Receipts
from sandbox.core.errors import Damaged
from tests.appserver.conftest import publish
from tests.appserver.site import Hardened

APP = "changed-app"


def check(kept: Receipts, folder: Path) -> None:
    asyncio.run(kept.check(folder, "incident"))


def version(home: Path) -> Path:
    return home / "apps" / APP / publish(home, APP, "http://127.0.0.1:1", "controls")


def test_it_is_recomputed_once_and_again_after_a_change(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, computed = version(tmp_path), []
    real = receipts.verify_receipt
    monkeypatch.setattr(receipts, "verify_receipt", lambda path: computed.append(path) or real(path))
    kept = Receipts()
    for _ in range(3):
        check(kept, folder)
    assert computed == [folder], "once, as long as nothing changes"
    notebook = folder / "app.ipynb"
    before, content = notebook.stat(), notebook.read_text()
    notebook.write_text(content.replace("12", "13"))
    os.utime(notebook, ns=(before.st_atime_ns, before.st_mtime_ns))  # same size, and the time set back
    with pytest.raises(Damaged):
        check(kept, folder)
    with pytest.raises(Damaged):
        check(kept, folder)
    notebook.write_text(content)
    check(kept, folder)
    (folder / "extra.py").write_text("")
    with pytest.raises(Damaged):
        check(kept, folder)


def test_a_changed_version_is_refused_with_a_page_and_an_incident(ours: Hardened) -> None:
    folder = version(ours.home)
    ours = Hardened(ours.base, {APP: folder.name}, home=ours.home, log=ours.log)
    viewer = ours.viewer("owner", APP)
    viewer.open(APP)
    notebook = folder / "app.ipynb"
    notebook.write_text(notebook.read_text().replace("slider.value", "slider.max"))
    answer = viewer.request("GET", viewer.path(APP))
    incident = answer.headers["X-Request-Id"]
    assert answer.status_code == 500 and "kernelId" not in answer.text
    assert "changed after it was examined" in answer.text and incident in answer.text
    lines = [json.loads(line) for line in ours.log.read_text().splitlines() if incident in line]
    assert any(line.get("lines") == ["app.ipynb (changed)"] for line in lines), lines
