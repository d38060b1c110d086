"""Our Jupyter servers read no configuration of the person, environment or machine, and leave no folder behind."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

SEEN = """
import json, os, sys, tempfile
from pathlib import Path
if sys.argv[1:]:
    from sandbox.kernels.own_jupyter import keep_to_own_jupyter
    keep_to_own_jupyter(Path(sys.argv[1]))
from jupyter_core.application import JupyterApp
from jupyter_core.paths import jupyter_config_path
app = JupyterApp()
app.config_file_name = "jupyter_server_config"
app.load_config_file()
print(json.dumps({"paths": jupyter_config_path(), "port": app.config.get("ServerApp", {}).get("port"),
                  "temporary": tempfile.gettempdir()}))
"""


@pytest.fixture
def person(tmp_path: Path) -> dict[str, str]:
    """The environment of somebody who has a Jupyter configuration of their own."""
    for folder in (".jupyter", "elsewhere", "temporary"):
        (tmp_path / folder).mkdir()
    (tmp_path / ".jupyter" / "jupyter_server_config.json").write_text('{"ServerApp": {"port": 7777}}')
    (tmp_path / "elsewhere" / "jupyter_server_config.json").write_text('{"ServerApp": {"port": 8888}}')
    return {
        "PATH": os.environ["PATH"], "HOME": str(tmp_path), "TMPDIR": str(tmp_path / "temporary"),
        "JUPYTER_CONFIG_PATH": str(tmp_path / "elsewhere"), "PYTHONPATH": str(Path(__file__).resolve().parents[2]),
    }  # fmt: skip


def seen(environment: dict[str, str], *folder: str) -> dict[str, object]:
    done = subprocess.run(
        [sys.executable, "-c", SEEN, *folder],
        env=environment, capture_output=True, text=True, timeout=60, cwd=environment["HOME"],
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


def test_configuration_of_the_person_is_read_by_jupyter_as_it_comes(person: dict[str, str]) -> None:
    assert seen(person)["port"] == 8888


def test_nothing_but_one_empty_folder_is_looked_at_and_nothing_is_left(person: dict[str, str], tmp_path: Path) -> None:
    folder = tmp_path / "run" / "jupyter"
    for _ in range(2):
        found = seen(person, str(folder))
        assert found["port"] is None
        (path,) = found["paths"]
        assert Path(path).parent == folder / "config" and not list(Path(path).iterdir())
        assert found["temporary"] == person["TMPDIR"], "for everything else it is as before"
        assert not list((tmp_path / "temporary").iterdir())
    assert list((folder / "config").iterdir()) == [Path(path)], "the next start clears away what the last one made"
