"""How apps are used: what a page may say about itself, what the portal keeps, and who may read the figures."""

from __future__ import annotations

import json
import re
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from sandbox.appserver.measures import Measures
from sandbox.appserver.openings import MOST, PATIENCE, Openings
from sandbox.appserver.sessions import Admission
from sandbox.core.usage import LONGEST_READY_MS, Opening, Usage, usage
from sandbox.identity.probes import may_measure
from tests.appserver.portal import Portal
from tests.appserver.site import APP, Hardened
from tests.appserver.test_page import come_from_portal

NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)
LIN, MEI = (Admission(person, "signin", APP, "v1") for person in ("lin", "mei"))


class Clock:
    now, seconds = NOW, 100.0

    def openings(self) -> Openings:
        return Openings(b"key", lambda: self.now, lambda: self.seconds)


def test_a_mark_is_one_persons_on_one_day() -> None:
    clock = Clock()
    notes = clock.openings()
    for who in (LIN, LIN, MEI):
        notes.failed(notes.begin(who))
    clock.now += timedelta(days=1)
    notes.failed(notes.begin(LIN))
    one, again, other, later = (opening.viewer for opening in notes.settled(9))
    assert one == again and len({one, other, later}) == 3
    assert "lin" not in json.dumps([vars(opening) for opening in notes.settled(9)], default=str)


@pytest.mark.parametrize("said", [0, -5, 10**9, LONGEST_READY_MS + 1, 60_000])
def test_what_cannot_be_true_is_not_believed(said: int) -> None:
    clock = Clock()
    notes = clock.openings()
    notes.given(notes.begin(LIN), "kernel")
    clock.seconds += 5
    assert not notes.ready("kernel", said) and not notes.ready("another", 300)
    assert notes.ready("kernel", 300) and not notes.ready("kernel", 400), "once"
    assert [opening.ready_ms for opening in notes.settled(9)] == [300]


def test_notes_wait_for_the_page_for_a_while_and_never_without_end() -> None:
    clock = Clock()
    notes = clock.openings()
    notes.given(notes.begin(LIN), "kernel")
    assert not notes.settled(9)
    clock.seconds += PATIENCE + 1
    (silent,) = notes.settled(9)
    assert silent.ready_ms is None and not silent.failed
    for _ in range(MOST + 10):
        notes.failed(notes.begin(MEI))
    assert len(notes.settled(10**6)) == MOST
    assert not notes.ready("kernel", 300), "forgotten with its note"
    notes.told(notes.settled(10**6))
    assert not notes.settled(9) and not notes._of_kernels


def test_usage_counts_people_by_the_day() -> None:
    def opened(day: int, viewer: str, ready: int | None = None, failed: bool = False) -> Opening:
        return Opening(f"{day}{viewer}", APP, "v1", NOW.date() + timedelta(days=day), viewer, ready, failed)

    found = usage([opened(0, "a", 200), opened(0, "a", 400), opened(0, "b", 900), opened(1, "c", failed=True)])
    assert found == {APP: Usage(opens=4, failed=1, most_viewers=2, ready_ms=400)}
    assert usage([]) == {}


def test_people_of_the_day_are_measured_once_each() -> None:
    now = datetime(2026, 11, 21, 23, 50, tzinfo=UTC)
    measures = Measures(dict, dict, lambda: now)

    def opened(viewer: str) -> bytes:
        measures.count(Opening("x", APP, "v", now.date(), viewer, 200))
        return measures.render()

    opened("a")
    opened("b")
    assert b"sandbox_app_viewers_today 2.0" in opened("a")
    now += timedelta(minutes=20)
    assert b"sandbox_app_viewers_today 0.0" in measures.render()
    assert b"sandbox_app_viewers_today 1.0" in opened("c")


def test_only_the_pages_own_viewer_speaks_for_it(ours: Hardened) -> None:
    rita, bob = ours.viewer("rita"), ours.viewer("bob")
    kernel = rita.open()
    address = f"/voila/api/ready/{kernel}"
    assert bob.request("POST", address, content=b"5").status_code == 404
    assert ours.anonymous().request("POST", address, content=b"5").status_code == 401
    assert rita.request("POST", address, content=b"5", headers={"Origin": "http://evil.example"}).status_code == 404
    for said in (b"", b"-1", b"0", b"1e9", b"99999999", b"\xff\xfe", b"NaN", b"x" * 5000):
        assert rita.request("POST", address, content=said).status_code == 404, said
    assert rita.request("POST", address, content=b"5").status_code == 204
    assert rita.request("POST", address, content=b"6").status_code == 404


def test_metrics_are_for_programs_of_this_machine(ours: Hardened) -> None:
    text = httpx.get(f"{ours.base}/metrics", trust_env=False).text
    assert 'sandbox_app_kernels{use="spare"}' in text and "sandbox_app_ready_seconds_bucket" in text
    assert "rita" not in text and APP not in text
    assert ours.viewer("rita").request("GET", "/metrics").status_code == 404
    forwarded = httpx.get(f"{ours.base}/metrics", headers={"X-Forwarded-For": "10.0.0.9"}, trust_env=False)
    assert forwarded.status_code == 404


def test_with_a_token_metrics_are_for_who_has_it() -> None:
    assert may_measure({}, "127.0.0.1", "") and not may_measure({}, "10.0.0.9", "")
    assert not may_measure({}, "127.0.0.1", "t0ken")
    assert not may_measure({"Authorization": "Bearer other"}, "127.0.0.1", "t0ken")
    assert may_measure({"Authorization": "Bearer t0ken"}, "10.0.0.9", "t0ken")


@pytest.mark.browser
def test_a_page_says_when_it_answers(page: Any, ours: Hardened, portal_server: Portal) -> None:
    def told() -> float:
        text = httpx.get(f"{ours.base}/metrics", trust_env=False).text
        return float(re.search(r"sandbox_app_ready_seconds_count ([0-9.]+)", text)[1])  # type: ignore[index]

    before = told()
    with page.expect_request("**/voila/api/ready/*") as said:
        come_from_portal(page, ours, portal_server)
    assert 0 < int(said.value.post_data.splitlines()[-1]) < LONGEST_READY_MS
    deadline = time.monotonic() + 30
    while told() == before and time.monotonic() < deadline:
        time.sleep(0.1)
    assert told() == before + 1
