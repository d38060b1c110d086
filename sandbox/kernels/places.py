"""Private folders on disk: one per server process, and below it one per kernel (sockets, home, temporary files).

The path of a unix socket holds at most 107 bytes: this is not in the workspace but in a short path of the user's own.
A server's folder is locked while the server lives; folders of servers that died are removed by the next one.
"""

from __future__ import annotations

import atexit
import contextlib
import fcntl
import os
import shutil
import subprocess
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path

from sandbox.core.errors import Unavailable
from sandbox.kernels import linux

_LONGEST_SOCKET = 107
_LOCK = "lock"
#: Matplotlib's configuration folder within a home.
FONTS = ".matplotlib"
#: Files and folders that one kernel may have.
MOST_FILES = 20_000


@dataclass(frozen=True)
class KernelPlace:
    """A kernel's private folder. Everything below ``root`` belongs to one kernel and goes with it."""

    root: Path
    #: Of a viewer's kernel: its folder for files, within its app's. Its sockets are below ``root``, for the server.
    scratch: Path | None = None

    @property
    def sockets(self) -> Path:
        """Connection file and ipc sockets; kept over a restart."""
        return self.root / "s"

    @property
    def connection_file(self) -> Path:
        return self.sockets / "c.json"

    @property
    def address(self) -> str:
        """What jupyter_client calls ``ip`` for the ipc transport: sockets are ``<address>-<port>``."""
        return str(self.sockets / "k")

    @property
    def home(self) -> Path:
        return self.scratch or self.root / "h"

    @property
    def temporary(self) -> Path:
        return self.home / ".tmp"

    @property
    def modules(self) -> Path:
        """On the kernel's module path: leads to this package where it is not installed among the others."""
        return self.root / "m"

    @property
    def viewers(self) -> Path:
        """Private folders of the kernels that an app zygote forks; there is none in a kernel's own place."""
        return self.root / "v"

    @property
    def log(self) -> Path:
        """What the process writes to its real stdout and stderr (not the notebook's output)."""
        return (self.scratch or self.root) / "log"

    def prepare(self) -> None:
        """Make the folders; home and temporary files of an earlier run (a restart) are removed. May run twice."""
        for folder in (self.home, self.modules):
            remove_tree(folder)
        for folder in (self.root, self.sockets, self.home, self.temporary, self.modules):
            folder.mkdir(mode=0o700, exist_ok=True)
        package = Path(__file__).resolve().parents[1]
        (self.modules / package.name).symlink_to(package)
        self._copy_font_list()

    def _copy_font_list(self) -> None:
        """Matplotlib looks for the machine's fonts once (seconds); a kernel gets what the zygote has found."""
        target = self.home / FONTS
        target.mkdir(mode=0o700)
        with contextlib.suppress(OSError, Unavailable):
            for found in (cache_folder() / FONTS).glob("fontlist-*.json"):
                shutil.copyfile(found, target / found.name)

    def log_tail(self, size: int = 2000) -> str:
        """The end of the process's own log, for the message of a failed start; empty when there is none."""
        try:
            return self.log.read_bytes()[-size:].decode(errors="replace").strip()
        except OSError:
            return ""

    def mount_scratch(self, size: int) -> None:
        """In a kernel with mounts of its own: home and temporary files move to memory, at most ``size`` bytes.

        It ends with the kernel, and what it holds is bounded whatever is done with it: also files that were deleted
        while they are open, which nobody outside could count.
        """
        fonts = {file.name: file.read_bytes() for file in (self.home / FONTS).glob("*")}
        linux.mount("tmpfs", str(self.home), "tmpfs", linux.MS_NOSUID | linux.MS_NODEV,
                    f"size={size},nr_inodes={MOST_FILES},mode=0700")  # fmt: skip
        for folder in (self.temporary, self.home / FONTS):
            folder.mkdir(mode=0o700)
        for name, content in fonts.items():
            (self.home / FONTS / name).write_bytes(content)

    def hold_viewers(self) -> None:
        """Make this an app zygote's place. What is below ``viewers`` only its kernels touch, never the server."""
        self.viewers.mkdir(mode=0o700, exist_ok=True)

    def viewer(self, name: str) -> KernelPlace:
        return KernelPlace(self.viewers / name, self.temporary / name)

    def remove(self) -> None:
        remove_tree(self.root)


def remove_tree(path: Path) -> None:
    """Remove a folder that a kernel may have filled as it liked (very deep, unreadable); links are not followed."""
    if not os.path.lexists(path):
        return
    try:
        shutil.rmtree(path)
    except (OSError, RecursionError):
        quiet = subprocess.DEVNULL
        subprocess.run(["chmod", "-R", "u+rwx", "--", str(path)], stdout=quiet, stderr=quiet, check=False)
        subprocess.run(["rm", "-rf", "--one-file-system", "--", str(path)], stdout=quiet, stderr=quiet, check=False)


class ServerPlace:
    """The folder of this server process. ``get()`` gives the one of the current process, also after a fork."""

    _lock = threading.Lock()
    _current: ServerPlace | None = None

    def __init__(self, parent: Path) -> None:
        self.pid = os.getpid()
        remove_abandoned(parent)
        self.root = Path(tempfile.mkdtemp(prefix="s", dir=parent))
        self._held = os.open(self.root / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(self._held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.getuid() == 0:
            self.root.chmod(0o711)  # kernels that run as another user pass through to their own 0700 folder
        self._count = 0

    @classmethod
    def get(cls) -> ServerPlace:
        with cls._lock:
            if cls._current is None or cls._current.pid != os.getpid():
                cls._current = ServerPlace(_user_folder())
                atexit.register(cls._current.remove)
            return cls._current

    def new_connection_file(self) -> Path:
        """A name for a connection file that only the server sees; its key is told to the kernel by message."""
        folder = self.root / "c"
        folder.mkdir(mode=0o700, exist_ok=True)
        with self._lock:
            self._count += 1
            return folder / f"{self._count}.json"

    def new_kernel(self) -> KernelPlace:
        """A fresh, empty place. Raises Unavailable when its sockets could not have a path that short."""
        with self._lock:
            self._count += 1
            place = KernelPlace(self.root / str(self._count))
        if len(os.fsencode(f"{place.address}-99")) > _LONGEST_SOCKET:
            raise Unavailable(
                "The folder {folder} has too long a path for the sockets of a kernel.",
                "Set XDG_RUNTIME_DIR to a folder with a short path.", folder=str(self.root),
            )  # fmt: skip
        place.prepare()
        return place

    def remove(self) -> None:
        """Remove everything (at the end of the process that made it; a forked copy does nothing)."""
        if os.getpid() == self.pid:
            remove_tree(self.root)


def cache_folder() -> Path:
    """Home of our own helper programs, kept between servers (Matplotlib's list of fonts). No kernel can write it."""
    folder = _user_folder() / "cache"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def _user_folder() -> Path:
    """``$XDG_RUNTIME_DIR/innovation-sandbox`` or ``/tmp/sandbox-<uid>``, ours alone."""
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    if runtime and Path(runtime).is_dir() and os.access(runtime, os.W_OK) and len(runtime) < 50:
        folder = Path(runtime) / "innovation-sandbox"
    else:
        folder = Path("/tmp") / f"sandbox-{os.getuid()}"  # noqa: S108 - owner and mode are checked below
    folder.mkdir(mode=0o700, exist_ok=True)
    status = folder.lstat()
    if folder.is_symlink() or status.st_uid != os.getuid() or status.st_mode & 0o022:
        raise Unavailable(
            "The folder {folder} belongs to somebody else or can be changed by others.",
            "Remove it, or set XDG_RUNTIME_DIR to a folder of your own.", folder=str(folder),
        )  # fmt: skip
    if os.getuid() == 0:
        folder.chmod(0o711)
    return folder


def remove_abandoned(parent: Path) -> None:
    """Remove folders whose server has ended: its lock can be taken."""
    for folder in parent.glob("s*"):
        try:
            descriptor = os.open(folder / _LOCK, os.O_RDWR | os.O_CLOEXEC)
        except OSError:
            continue  # another server is just making it
        try:
            with contextlib.suppress(OSError):
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                remove_tree(folder)
        finally:
            os.close(descriptor)
