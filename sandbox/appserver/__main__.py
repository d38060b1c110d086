"""``python -m sandbox.appserver``: the program that ``sandbox up`` starts."""

from __future__ import annotations

import os
import sys


def main() -> int:
    from sandbox.kernels.own_jupyter import keep_to_own_jupyter
    from sandbox.settings import Settings

    os.umask(0o077)
    settings = Settings()
    keep_to_own_jupyter(settings.home / "run" / "apps-jupyter")
    # Imported late: Jupyter reads the environment when it is imported.
    from sandbox.appserver.places import Places
    from sandbox.appserver.server import AppServer
    from sandbox.core.errors import SandboxError
    from sandbox.i18n import catalogue
    from sandbox.logs import log_to_stderr

    log_to_stderr("appserver", settings.log_level)
    try:
        server = AppServer(Places.from_environment(settings), settings)
        server.initialize()
        server.start()
    except SandboxError as error:
        print(*error.render(catalogue(settings.language).gettext), sep="\n", file=sys.stderr)  # noqa: T201 - for `up`
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
