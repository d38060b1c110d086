from __future__ import annotations

import os

import pytest

from sandbox.i18n import catalogue
from sandbox.kernels.capability import capability, describe
from sandbox.kernels.confine import ConfinementReport, Layer


def test_it_tells_what_kernels_here_are_confined_with() -> None:
    found = capability()
    assert found.root == (os.getuid() == 0)
    assert found.confined == (found.landlock_abi > 0 and found.seccomp)
    assert capability() is found


def test_what_is_missing_comes_with_a_remedy_in_both_languages() -> None:
    nothing = ConfinementReport((Layer("landlock", False), Layer("seccomp", False)), 1.0)
    poor = describe(nothing)
    assert not poor.confined
    texts = [note.render() for note in poor.notes]
    assert any("NOT kept off the network" in text for text in texts)
    chinese = [catalogue("zh-CN").render(note) for note in poor.notes]
    assert all(a != b for a, b in zip(texts, chinese, strict=True))


def test_a_probe_that_did_not_run_is_no_confinement() -> None:
    assert not describe(None).confined


def test_a_machine_that_cannot_fork_kernels_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "pidfd_open")
    poor = describe(None)
    assert not poor.fork_server
    assert any("executed anew for every viewer" in note.render() for note in poor.notes)
