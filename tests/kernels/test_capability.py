from __future__ import annotations

import errno
import os

import pytest

from sandbox.i18n import catalogue
from sandbox.kernels.capability import capability, describe
from sandbox.kernels.confine import ConfinementReport, Layer
from sandbox.kernels.forkserver import ForkServer, Unfit


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


def test_forking_is_tried_and_not_guessed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Python has the call; a kernel before 5.3, or a container's filter, has not."""

    def refused(*_: object) -> int:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))

    monkeypatch.setattr(os, "pidfd_open", refused)
    poor = describe(None)
    assert not poor.fork_server and not poor.apps_kept
    with pytest.raises(Unfit):
        ForkServer()


def test_apps_that_are_not_kept_without_landlock_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Kernels can still be forked there: that alone does not make pages open at once."""
    monkeypatch.setattr("sandbox.kernels.warmapp.AVAILABLE", False)
    poor = describe(None)
    assert poor.fork_server and not poor.apps_kept
    assert any("executed anew for every viewer" in note.render() for note in poor.notes)
