"""Addresses of databases with user and password: from the environment variable or the key file that a spec names.

They are never logged and never part of an error; whoever gets one passes it to the driver and forgets it.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from pathlib import Path

from sandbox.core.errors import BadInput, NotFound
from sandbox.core.source import Connection
from sandbox.store.workspace import Workspace

_MOST = 4096  # bytes; an address is much shorter


class Logins:
    """Called with a spec's ``connection``: the address that stands at that place, without blanks around it.

    Raises NotFound when nothing is there, BadInput when others could read the file or it cannot be an address.
    """

    def __init__(self, workspace: Workspace, environment: Mapping[str, str] | None = None) -> None:
        self._folder = workspace.keys / "sources"
        self._environment = os.environ if environment is None else environment

    def __repr__(self) -> str:
        return "Logins(…)"

    def __call__(self, connection: Connection) -> str:
        if connection.file is not None:
            return _read(self._folder / connection.file)
        text = self._environment.get(str(connection.env), "").strip()
        if not text:
            raise NotFound(
                "The environment variable {variable}, which should hold the address of the database, is not set.",
                "Set it for this command, or put the address into a file under keys/sources/ and name that:"
                " `connection: {{file: name}}`.",
                variable=connection.env,
            )
        return text


def _read(path: Path) -> str:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except FileNotFoundError:
        raise NotFound(
            "There is no key file “{file}”, which should hold the address of the database.",
            "Put the address, one line, into keys/sources/{file} in the workspace, and make it readable to you alone:"
            " chmod 600.",
            file=path.name,
        ) from None
    except OSError:
        raise _refused(path) from None
    found = os.fstat(descriptor)
    if not stat.S_ISREG(found.st_mode) or found.st_mode & 0o077 or found.st_uid != os.geteuid():
        os.close(descriptor)
        raise _refused(path)
    with os.fdopen(descriptor, "rb") as file:
        content = file.read(_MOST + 1)
    try:
        text = content.decode("utf-8").strip()
    except UnicodeDecodeError:
        text = ""
    if not text or len(content) > _MOST or "\n" in text or "\0" in text:
        raise BadInput(
            "The key file “{file}” does not hold the address of a database.",
            "It holds one line: postgresql://user:password@host/database or mysql://user:password@host/database.",
            file=path.name,
        )
    return text


def _refused(path: Path) -> BadInput:
    return BadInput(
        "The key file “{file}” is not safe to use: it must be an ordinary file that you own and that nobody else"
        " can read.",
        "chmod 600 keys/sources/{file}; if others could read it, change the password.",
        file=path.name,
    )
