"""How the tests are dealt out to the workers of pytest-xdist: whole rooms, so that what a room shares is made once."""

from __future__ import annotations

from xdist.scheduler import LoadScopeScheduling

#: Folders whose tests share servers or data, which another worker would have to make again; the longest first.
ROOMS = ("tests/e2e/", "tests/appserver/", "tests/templates/", "tests/labserver/", "tests/portal/", "tests/demo/")
#: Files that take longest of the others: begun last, they would keep everybody waiting.
EARLY = ("tests/kernels/", "tests/publishing/", "tests/snapshots/")


class Rooms(LoadScopeScheduling):
    """Gives a worker a whole file, or a whole folder of ``ROOMS``, in the order of the collection."""

    def __init__(self, config, log):  # type: ignore[no-untyped-def]
        config.option.loadscopereorder = False
        super().__init__(config, log)

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return next((room for room in ROOMS if file.startswith(room)), file)


def turn(nodeid: str) -> int:
    """Sort key of a test among all: rooms first, long files next, the others as they were."""
    first = (*ROOMS, *EARLY)
    return next((number for number, place in enumerate(first) if nodeid.startswith(place)), len(first))
