"""Who has to make room for a page when there is none left, and who is told to wait, and for how long."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sandbox.appserver.kernels import ABANDONED, LEFT_BEHIND, PAGES_PER_PERSON, AppKernels
from sandbox.appserver.sessions import Admission
from sandbox.core.errors import TooBusy


def visit(person: str, app: str = "app") -> Admission:
    return Admission(person, "signin", app, "version")


class Pages(AppKernels):
    """Kernels by name, without a process."""

    def list_kernel_ids(self) -> list[str]:
        return list(self._admissions)

    def __contains__(self, kernel_id: object) -> bool:
        return kernel_id in self._admissions

    async def shutdown_kernel(self, kernel_id: str, **_: Any) -> None:  # type: ignore[override]
        del self._admissions[kernel_id], self._alone[kernel_id]

    def add(self, kernel_id: str, person: str, alone: timedelta | None, app: str = "app") -> None:
        """``alone``: for so long nobody has looked at it."""
        self._admissions[kernel_id] = visit(person, app)
        if alone is not None:
            self._alone[kernel_id] = datetime.now(UTC) - alone

    def refusal(self, person: str, app: str = "app") -> int | None:
        """In how many seconds ``person`` may try again."""
        with pytest.raises(TooBusy) as refused:
            asyncio.run(self.make_room(visit(person, app)))
        return refused.value.retry_after


def test_the_longest_left_of_ones_own_pages_goes_as_soon_as_it_cannot_come_back() -> None:
    """Its browser is there, as one more page shows, and would have connected again: nobody waits for it for long."""
    pages = Pages()
    for number in range(PAGES_PER_PERSON - 1):
        pages.add(f"watched {number}", "rita", None)
    pages.add("left", "rita", LEFT_BEHIND - timedelta(seconds=3))
    assert pages.refusal("rita") == 3
    pages.add("left", "rita", LEFT_BEHIND)
    asyncio.run(pages.make_room(visit("rita")))
    assert "left" not in pages and len(pages.viewed()) == PAGES_PER_PERSON - 1
    pages.add("eighth", "rita", None)
    assert pages.refusal("rita") is None, "who looks at all of them closes one; nobody can say when"


def test_another_persons_page_has_its_time_to_come_back() -> None:
    pages = Pages(most_kernels=2)
    pages.add("lost", "bob", ABANDONED - timedelta(seconds=8))
    pages.add("lost later", "bob", timedelta())
    assert pages.refusal("rita") == 8
    pages.add("lost", "bob", ABANDONED)
    asyncio.run(pages.make_room(visit("rita")))
    assert pages.viewed() == ["lost later"]


def test_a_page_that_was_left_is_no_longer_there_because_it_prints_for_ever() -> None:
    pages = Pages(most_kernels=1)
    pages.add("loud", "bob", ABANDONED)
    pages.get_kernel = lambda _: pytest.fail("what a kernel says does not count")  # type: ignore[method-assign]
    asyncio.run(pages.make_room(visit("rita")))
    assert not pages.viewed()


def test_one_app_that_everybody_opens_leaves_room_for_the_others() -> None:
    pages = Pages(most_kernels=4, most_kernels_each=2)
    pages.add("lost", "bob", ABANDONED - timedelta(seconds=4), "popular")
    pages.add("watched", "mei", None, "popular")
    pages.add("quiet", "tom", ABANDONED, "other")
    assert pages.refusal("rita", "popular") == 4
    asyncio.run(pages.make_room(visit("rita", "other")))
    assert len(pages.viewed()) == 3, "nobody had to go for it, not even who left the other app"
    pages.add("lost", "bob", ABANDONED, "popular")
    asyncio.run(pages.make_room(visit("rita", "popular")))
    assert pages.viewed() == ["watched", "quiet"]
