"""The version history by itself: bounded, content-addressed, readable after a restart; and the lock's memory."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from sandbox.core.errors import Conflict, NotFound
from sandbox.labserver import history
from sandbox.labserver.editing import SILENT, Editing
from sandbox.labserver.history import Contents, History, Version, thinned

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


def test_equal_contents_lie_there_once(tmp_path: Path) -> None:
    kept = History(tmp_path / "h")
    for second, text in enumerate((b"a", b"b", b"a")):
        kept.keep(Contents(text, b"{}"), "saved", "lin", NOW + timedelta(seconds=second))
    assert len(kept.versions()) == 3
    assert len(list((tmp_path / "h").glob("*.gz"))) == 3  # a, b and the choices
    again = History(tmp_path / "h")
    assert again.contents(1) == again.contents(3) == Contents(b"a", b"{}")
    with pytest.raises(NotFound):
        again.contents(9)


def test_a_damaged_content_is_told_in_words(tmp_path: Path) -> None:
    kept = History(tmp_path / "h")
    kept.keep(Contents(b"a"), "saved", "lin", NOW)
    next((tmp_path / "h").glob("*.gz")).write_bytes(b"no gzip")
    with pytest.raises(NotFound):
        kept.contents(1)


def test_a_day_of_autosaves_stays_small_and_keeps_its_ends(tmp_path: Path) -> None:
    kept = History(tmp_path / "h")
    for minute in range(0, 8 * 60, 2):
        reason = "aside" if minute == 10 else "saved"
        kept.keep(Contents(str(minute).encode()), reason, "lin", NOW + timedelta(minutes=minute))
    versions = kept.versions()
    assert len(versions) < 80
    assert kept.contents(versions[0].number).notebook == b"478"
    assert any(v.reason == "aside" for v in versions), "a text kept aside is not thinned away"
    gaps = [newer.time - older.time for newer, older in pairwise(versions)]
    assert max(gaps) <= timedelta(minutes=20)
    assert len(list((tmp_path / "h").glob("*.gz"))) == len(versions)


def test_the_oldest_go_when_there_is_no_room(monkeypatch: pytest.MonkeyPatch) -> None:
    versions = [Version(n, NOW + timedelta(hours=n), "saved", "x", f"{n}", size=10) for n in range(1, 40)]
    monkeypatch.setattr(history, "MOST_BYTES", 100)
    assert [v.number for v in thinned(versions, NOW + timedelta(hours=40))] == list(range(30, 40))
    huge = [Version(1, NOW, "saved", "x", "1", size=10**9)]
    assert thinned(huge, NOW) == huge, "the newest always stays"


def test_a_silent_window_loses_the_lock_and_its_stale_text_is_recognised_after_a_restart(tmp_path: Path) -> None:
    editing = Editing(tmp_path)
    assert editing.ask("one", "Lin", NOW).window == "one"
    editing.has("one", "v1")
    later = NOW + SILENT + timedelta(seconds=1)
    assert Editing(tmp_path).ask("two", "Lin", NOW + SILENT / 2).window == "one"
    restarted = Editing(tmp_path)
    assert restarted.ask("two", "Wang", later).window == "two"
    restarted.has("two", "v1")
    restarted.check("two", "v1", later)
    restarted.has("two", "v2")
    restarted.release("two")
    with pytest.raises(Conflict):
        Editing(tmp_path).check("one", "v2", later)
    Editing(tmp_path).check("two", "v2", later)
