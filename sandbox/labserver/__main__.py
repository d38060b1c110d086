"""``python -m sandbox.labserver``: the program that ``sandbox up`` starts."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def main() -> int:
    from sandbox.core.errors import SandboxError
    from sandbox.i18n import catalogue
    from sandbox.labserver.places import Places
    from sandbox.logs import log_to_stderr
    from sandbox.settings import Settings

    settings = Settings()
    log_to_stderr("labserver", settings.log_level)
    os.umask(0o077)
    try:
        places = Places.from_environment(settings)
        _keep_to_own_installation(places.private)
        # Imported late: Jupyter reads the environment when it is imported.
        from sandbox.labserver.server import make_server, serve

        serve(make_server(places, settings))
    except SandboxError as error:
        print(*error.render(catalogue(settings.language).gettext), sep="\n", file=sys.stderr)  # noqa: T201 - for `up`
        return 1
    return 0


def _keep_to_own_installation(folder: Path) -> None:
    """The person's own Jupyter configuration and extensions are neither read nor changed."""
    for name in [name for name in os.environ if name.startswith(("JUPYTER", "IPYTHON"))]:
        del os.environ[name]
    os.environ["JUPYTER_NO_CONFIG"] = "1"
    os.environ["JUPYTER_PREFER_ENV_PATH"] = "1"
    for kind in ("CONFIG", "DATA", "RUNTIME"):
        path = folder / kind.lower()
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.environ[f"JUPYTER_{kind}_DIR"] = str(path)
    os.environ["IPYTHONDIR"] = str(folder / "ipython")


if __name__ == "__main__":
    sys.exit(main())
