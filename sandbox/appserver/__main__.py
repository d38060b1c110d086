"""``python -m sandbox.appserver``: the program that ``sandbox up`` starts."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def main() -> int:
    from sandbox.settings import Settings

    settings = Settings()
    _keep_to_own_installation(settings.home / "run" / "apps-jupyter")
    # Imported late: Jupyter reads the environment when it is imported.
    from sandbox.appserver.places import Places
    from sandbox.appserver.server import AppServer
    from sandbox.core.errors import SandboxError
    from sandbox.i18n import catalogue
    from sandbox.logs import log_to_stderr

    log_to_stderr("appserver", settings.log_level)
    os.umask(0o077)
    try:
        server = AppServer(Places.from_environment(settings), settings)
        server.initialize()
        server.start()
    except SandboxError as error:
        print(*error.render(catalogue(settings.language).gettext), sep="\n", file=sys.stderr)  # noqa: T201 - for `up`
        return 1
    return 0


def _keep_to_own_installation(folder: Path) -> None:
    """No file of the person's own Jupyter (extensions, templates, configuration) takes part in serving apps."""
    for name in [name for name in os.environ if name.startswith(("JUPYTER", "VOILA"))]:
        del os.environ[name]
    os.environ["JUPYTER_NO_CONFIG"] = "1"
    os.environ["JUPYTER_PREFER_ENV_PATH"] = "1"
    for kind in ("CONFIG", "DATA", "RUNTIME"):
        os.environ[f"JUPYTER_{kind}_DIR"] = str(folder.absolute())


if __name__ == "__main__":
    sys.exit(main())
