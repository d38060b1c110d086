from __future__ import annotations

from pathlib import Path

import pytest

from sandbox.core.errors import BadInput
from sandbox.kernels.policy import KernelLimits, KernelPolicy


def test_a_policy_survives_the_way_to_the_kernel(tmp_path: Path) -> None:
    policy = KernelPolicy((tmp_path / "p",), (tmp_path / "s",), {"SANDBOX_MODE": "app"}, KernelLimits(cpu_seconds=5))
    assert KernelPolicy.from_json(policy.to_json()) == policy


def test_its_repr_shows_no_environment(tmp_path: Path) -> None:
    assert "token" not in repr(KernelPolicy((tmp_path,), env={"X": "token"}))


def test_a_read_only_folder_inside_a_writable_one_is_refused(tmp_path: Path) -> None:
    (tmp_path / "project" / "data").mkdir(parents=True)
    with pytest.raises(BadInput, match="read-only"):
        KernelPolicy((tmp_path / "project",), (tmp_path / "project" / "data",))
    (tmp_path / "link").symlink_to(tmp_path / "project" / "data")
    with pytest.raises(BadInput):
        KernelPolicy((tmp_path / "project",), (tmp_path / "link",))


def test_relative_paths_are_refused() -> None:
    with pytest.raises(BadInput, match="absolute"):
        KernelPolicy((Path("project"),))


@pytest.mark.parametrize("name", ["LD_PRELOAD", "HOME", "PYTHONPATH", "PATH", "TMPDIR"])
def test_what_the_launcher_sets_cannot_be_given(name: str) -> None:
    with pytest.raises(BadInput, match=name):
        KernelPolicy(env={name: "x"})


def test_missing_names_what_is_not_there(tmp_path: Path) -> None:
    assert KernelPolicy((), (tmp_path, tmp_path / "gone")).missing() == (tmp_path / "gone",)
