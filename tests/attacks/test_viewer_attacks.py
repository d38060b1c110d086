"""An app's viewers share the process that their kernels are forked from, and nothing else: not even a hostile app in
one viewer's kernel reaches another viewer's.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.kernels.capability import capability
from tests.helpers.kernels import Session, viewer_kernel, warm_app

pytestmark = pytest.mark.skipif(
    not capability().confined, reason="this machine cannot confine kernels (sandbox doctor says why)"
)

#: What is of the other viewer: its folder, its process as numbered here.
Two = tuple[Session, Session, dict[str, str | int]]


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Two]:
    folder = tmp_path_factory.mktemp("app")
    with warm_app(folder, "import os, signal") as app, viewer_kernel(app) as hostile, viewer_kernel(app) as other:
        other.run("open(os.path.join(os.environ['HOME'], 'entered'), 'w').write('what the viewer typed')")
        facts = {
            "home": other.run("print(os.environ['HOME'], end='')"),
            "pid": int(other.run("print(os.getpid())")),
            "socket": f"{other.manager.ip}-{other.manager.shell_port}",
            "file": other.manager.connection_file,
            "zygote": int(other.run("print(os.getppid())")),
        }
        yield hostile, other, facts


ATTACKS = {
    "read what the other wrote": "open({home!r} + '/entered').read()",
    "list the other's folder": "os.listdir({home!r})",
    "list the viewers": "os.listdir(os.path.dirname(os.path.dirname({home!r})))",
    "put a file beside": "open(os.path.dirname(os.path.dirname({home!r})) + '/planted', 'w')",
    "take the other's socket away": "os.unlink({socket!r})",
    "connect to the other's socket": "__import__('socket').socket(1, 1).connect({socket!r})",
    "read the other's key": "open({file!r}).read()",
    "kill the other": "os.kill({pid}, signal.SIGKILL)",
    "interrupt the other": "os.kill({pid}, signal.SIGINT)",
    "kill the app's process": "os.kill({zygote}, signal.SIGKILL)",
    "kill the other by its descriptor": "signal.pidfd_send_signal(os.pidfd_open({pid}), signal.SIGKILL)",
    "read the other's environment": "open('/proc/{pid}/environ').read()",
    "read the other's memory": "open('/proc/{pid}/mem', 'rb').read(1)",
    "read the other's map": "open('/proc/{pid}/maps').read()",
    "follow the other's descriptors": "os.readlink('/proc/{pid}/fd/1')",
    "follow the other's folder": "os.listdir('/proc/{pid}/cwd')",
    "open a descriptor of the app's process": "open('/proc/{zygote}/fd/1')",
}


@pytest.mark.parametrize("name", ATTACKS)
def test_attack(name: str, two: Two) -> None:
    hostile, other, facts = two
    with pytest.raises(RuntimeError, match=r"PermissionError|ProcessLookupError"):
        hostile.run(ATTACKS[name].format(**facts))
    assert other.run("print('unhurt')") == "unhurt\n"


def test_the_same_works_on_oneself(two: Two) -> None:
    """The attacks are not refused because they are misspelt."""
    hostile, _, _ = two
    hostile.run("open(os.environ['HOME'] + '/entered', 'w').write('x')")
    own = {
        "home": hostile.run("print(os.environ['HOME'], end='')"), "pid": int(hostile.run("print(os.getpid())")),
    }  # fmt: skip
    hostile.run("os.kill(os.getpid(), 0)")
    for name in ("read what the other wrote", "list the other's folder", "read the other's map"):
        hostile.run(ATTACKS[name].format(**own))


def test_what_the_server_is_told_is_read_with_limits(tmp_path: Path) -> None:
    """The app's code can speak on the process's own channel: too much, nonsense, or nothing at all."""
    from sandbox.kernels.warmapp import Unfit

    find = """
import os, socket, json
for name in os.listdir("/proc/self/fd"):
    try:
        channel = socket.socket(fileno=os.dup(int(name)))
        if channel.family == socket.AF_UNIX and channel.type == socket.SOCK_STREAM:
            break
    except OSError:
        pass
"""
    for lie in (
        "channel.sendall(b'x' * 2_000_000)",
        "channel.sendall(b'[' * 500_000 + b'\\n')",
        "channel.sendall(b'[]\\n')",
        'channel.sendall(b\'{"cells": 1, "widgets": {}, "modules": []}\\n\')',
        "os._exit(0)",
        "channel.shutdown(socket.SHUT_RDWR)",
    ):
        with pytest.raises(Unfit), warm_app(tmp_path, find + lie):
            pass
