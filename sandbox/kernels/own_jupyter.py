"""A Jupyter server of ours keeps to this installation: nothing of the person's own Jupyter takes part."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path


def keep_to_own_jupyter(folder: Path) -> None:
    """Point this process's Jupyter at ``folder`` (made if missing); call it before anything of Jupyter is used.

    Configuration is read from one empty folder in it and from nowhere else: not from the person's home, the
    environment or the machine. ``folder`` alone is named for data, settings and what runs.
    """
    for name in [name for name in os.environ if name.startswith(("JUPYTER", "IPYTHON", "VOILA"))]:
        del os.environ[name]
    os.environ["JUPYTER_NO_CONFIG"] = "1"
    os.environ["JUPYTER_PREFER_ENV_PATH"] = "1"
    for kind in ("CONFIG", "DATA", "RUNTIME"):
        path = (folder / kind.lower()).absolute()
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.environ[f"JUPYTER_{kind}_DIR"] = str(path)
    os.environ["IPYTHONDIR"] = str((folder / "ipython").absolute())
    _choose_empty_configuration(folder / "config")


def _choose_empty_configuration(folder: Path) -> None:
    """With JUPYTER_NO_CONFIG, Jupyter makes itself a temporary folder and leaves it behind: let it be in ``folder``,
    where the next start removes it. Without, it would look in the environment and in /etc as well.
    """
    from jupyter_core.paths import jupyter_config_dir

    for left in folder.glob("jupyter-clean-cfg-*"):
        shutil.rmtree(left, ignore_errors=True)
    before, tempfile.tempdir = tempfile.tempdir, str(folder.absolute())
    try:
        jupyter_config_dir()
    finally:
        tempfile.tempdir = before
