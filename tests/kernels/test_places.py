from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from sandbox.core.errors import Unavailable
from sandbox.kernels import places
from sandbox.kernels.places import KernelPlace, ServerPlace, remove_tree


def test_sockets_fit_and_folders_are_private() -> None:
    place = ServerPlace.get().new_kernel()
    try:
        assert len(f"{place.address}-99") <= 107
        for folder in (place.root, place.sockets, place.home, place.temporary):
            assert folder.stat().st_mode & 0o777 == 0o700
    finally:
        place.remove()
    assert not place.root.exists()


def test_a_restart_finds_an_empty_home(tmp_path: Path) -> None:
    place = KernelPlace(tmp_path / "k")
    place.prepare()
    (place.home / "left").touch()
    (place.sockets / "kept").touch()
    place.prepare()
    assert not (place.home / "left").exists()
    assert (place.sockets / "kept").exists()


def test_very_deep_and_linked_trees_are_removed_without_following(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "precious").touch()
    top = tmp_path / "top"
    top.mkdir()
    (top / "link").symlink_to(outside)
    here = os.getcwd()
    try:
        os.chdir(top)
        for _ in range(1500):
            os.mkdir("d")
            os.chdir("d")
    finally:
        os.chdir(here)
    remove_tree(top)
    assert not top.exists()
    assert (outside / "precious").exists()


def test_folders_of_dead_servers_are_removed_and_of_living_ones_kept(tmp_path: Path) -> None:
    code = (
        "import sys, os; from pathlib import Path; from sandbox.kernels.places import ServerPlace;"
        "p = ServerPlace(Path(sys.argv[1])); p.new_kernel(); print(p.root, flush=True); sys.stdin.read(); os._exit(1)"
    )
    server = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert server.stdout is not None
    root = Path(server.stdout.readline().strip())
    places.remove_abandoned(tmp_path)
    assert root.is_dir()
    server.communicate("", timeout=60)
    assert root.is_dir(), "it died without tidying"
    places.remove_abandoned(tmp_path)
    assert not root.exists()


def test_a_folder_that_others_may_change_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with tempfile.TemporaryDirectory(dir="/tmp") as short:
        folder = Path(short) / "innovation-sandbox"
        folder.mkdir()
        folder.chmod(0o777)
        monkeypatch.setenv("XDG_RUNTIME_DIR", short)
        with pytest.raises(Unavailable, match="changed by others"):
            places._user_folder()
