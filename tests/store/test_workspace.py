"""The workspace: private folders, clear errors, keys that only one process makes."""

from __future__ import annotations

import multiprocessing
import os
import stat
from pathlib import Path

import pytest

from sandbox.core.errors import BadInput, Damaged, Unavailable
from sandbox.store.keys import Keys
from sandbox.store.workspace import Workspace, write_atomically


def test_folders_and_secrets_are_private(tmp_path: Path) -> None:
    workspace = Workspace.at(tmp_path / "home").ensure().ensure()
    Keys(workspace).entity_key("customer")
    for folder in (workspace.home, workspace.keys, workspace.run):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    for key in workspace.keys.iterdir():
        assert stat.S_IMODE(key.stat().st_mode) == 0o600


def test_a_home_that_is_a_file_is_refused_in_words(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("x")
    with pytest.raises(Unavailable, match="cannot be used"):
        Workspace.at(tmp_path / "home").ensure()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_an_unwritable_home_is_refused_in_words(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(Unavailable, match="cannot be used"):
        Workspace.at(tmp_path / "home").ensure()


@pytest.mark.parametrize(("marker", "says"), [('{"format": 99}', "newer version"), ("{}", "cannot be read")])
def test_a_foreign_or_newer_home_is_refused(tmp_path: Path, marker: str, says: str) -> None:
    (tmp_path / "workspace.json").write_text(marker)
    with pytest.raises(Unavailable, match=says):
        Workspace.at(tmp_path).ensure()


@pytest.mark.parametrize("name", ["..", "a/b", "", "A", "a" * 80, ".hidden"])
def test_names_cannot_leave_their_folder(tmp_path: Path, name: str) -> None:
    workspace = Workspace.at(tmp_path)
    for path in (
        lambda: workspace.app(name),
        lambda: workspace.project("ann", name),
        lambda: workspace.submission(name, 1),
    ):
        with pytest.raises(BadInput):
            path()


def _entity_key(home: Path) -> bytes:
    return Keys(Workspace.at(home)).entity_key("customer")


def test_processes_that_make_a_key_at_once_get_the_same(tmp_path: Path) -> None:
    with multiprocessing.get_context("spawn").Pool(4) as pool:
        keys = pool.map(_entity_key, [tmp_path] * 8)
    assert len(set(keys)) == 1 and len(keys[0]) == 32


def test_entities_have_different_keys_and_a_damaged_one_is_named(tmp_path: Path) -> None:
    keys = Keys(Workspace.at(tmp_path))
    assert keys.entity_key("customer") != keys.entity_key("employee")
    (tmp_path / "keys" / "entity-customer.key").write_bytes(b"short")
    with pytest.raises(Damaged, match="entity-customer"):
        keys.entity_key("customer")
    assert "customer" not in repr(keys)


def test_a_failed_write_leaves_the_old_file(tmp_path: Path) -> None:
    file = tmp_path / "x"
    write_atomically(file, b"old")
    with pytest.raises(TypeError):
        write_atomically(file, "not bytes")  # type: ignore[arg-type]
    assert file.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [file]
