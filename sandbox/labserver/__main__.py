"""``python -m sandbox.labserver``: the program that ``sandbox up`` starts."""

from __future__ import annotations

import os
import sys


def main() -> int:
    from sandbox.core.errors import SandboxError
    from sandbox.i18n import catalogue
    from sandbox.kernels.own_jupyter import keep_to_own_jupyter
    from sandbox.labserver.places import Places
    from sandbox.logs import log_to_stderr
    from sandbox.settings import Settings

    settings = Settings()
    log_to_stderr("labserver", settings.log_level)
    os.umask(0o077)
    try:
        places = Places.from_environment(settings)
        keep_to_own_jupyter(places.private)
        # Imported late: Jupyter reads the environment when it is imported.
        from sandbox.labserver.server import make_server, serve

        serve(make_server(places, settings))
    except SandboxError as error:
        print(*error.render(catalogue(settings.language).gettext), sep="\n", file=sys.stderr)  # noqa: T201 - for `up`
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
