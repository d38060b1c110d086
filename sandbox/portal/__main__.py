"""``python -m sandbox.portal``: the portal on 127.0.0.1, stopped within two seconds by SIGTERM or Ctrl-C."""

from __future__ import annotations

import os
import socket
import sys

import uvicorn

from sandbox.core.errors import SandboxError, Unavailable
from sandbox.i18n import catalogue
from sandbox.logs import log_to_stderr
from sandbox.portal.addresses import Addresses
from sandbox.portal.app import create_app
from sandbox.portal.observe import EXTRAS
from sandbox.settings import Settings
from sandbox.workflows.examiner import Examiner
from sandbox.workflows.services import Services

HOST = "127.0.0.1"


def main() -> int:
    """Serve until stopped; 0 after an orderly stop, 1 with a message on stderr when it cannot start."""
    os.umask(0o077)
    settings = Settings()
    try:
        listening = _listen(settings.portal_port)
        services = Services.open(settings)
    except SandboxError as error:
        message, remedy = error.render(catalogue(settings.language).gettext)
        print(message, remedy, sep="\n", file=sys.stderr)  # noqa: T201 - nothing else can tell yet
        return 1
    log_to_stderr("portal", settings.log_level, EXTRAS)
    addresses = Addresses.from_environment(os.environ, listening.getsockname()[1])
    app = create_app(services, addresses, examiner=Examiner(services))
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=1,
        timeout_keep_alive=15,
        limit_concurrency=200,
        h11_max_incomplete_event_size=64 * 1024,
    )
    try:
        uvicorn.Server(config).run(sockets=[listening])
    finally:
        services.close()
    return 0


def _listen(port: int) -> socket.socket:
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((HOST, port))
    except OSError as error:
        listening.close()
        raise Unavailable(
            "The portal cannot use port {port}: {problem}.",
            "Stop the program that has it, or choose another with SANDBOX_PORTAL_PORT (0 takes a free one).",
            port=port,
            problem=error.strerror or str(error),
        ) from None
    return listening


if __name__ == "__main__":
    sys.exit(main())
