"""``python -m sandbox.appserver``: the program that ``sandbox up`` starts."""

from __future__ import annotations

import os
import sys
import threading


def main() -> int:
    from sandbox.kernels import learned
    from sandbox.kernels.own_jupyter import keep_to_own_jupyter
    from sandbox.logs import log_to_stderr
    from sandbox.settings import Settings
    from sandbox.store.workspace import Workspace

    os.umask(0o077)
    settings = Settings()
    log_to_stderr("appserver", settings.log_level)
    keep_to_own_jupyter(settings.home / "run" / "apps-jupyter")
    # What the first viewer would wait for longest goes on while the server itself is imported.
    file = Workspace.at(settings.home).preload
    threading.Thread(target=learned.begin, args=(file,), name="fork-server", daemon=True).start()
    # Imported late: Jupyter reads the environment when it is imported.
    from sandbox.appserver.places import Places
    from sandbox.appserver.server import AppServer
    from sandbox.core.errors import SandboxError
    from sandbox.i18n import catalogue

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
