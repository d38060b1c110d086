"""Keys have versions: rotated, kept, forgotten; a damaged or exposed file is named."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from sandbox.core.errors import BadInput, Conflict, Damaged, NotFound
from sandbox.store.keys import EntityKeys, Keys, check_value
from sandbox.store.workspace import Workspace


@pytest.fixture
def keys(tmp_path: Path) -> Keys:
    return Keys(Workspace.at(tmp_path).ensure())


def test_a_rotation_keeps_the_old_key(keys: Keys, tmp_path: Path) -> None:
    first = keys.entity_key("customer")
    made = keys.rotate("customer")
    second = keys.entity_key("customer")
    assert first != second
    assert made.version == 2
    assert [v.check for v in keys.versions("customer")] == [check_value(first), check_value(second)]
    assert keys.entities() == ["customer"]
    for number in range(3, 12):
        assert keys.rotate("customer").version == number, "ten comes after nine"
    for file in (tmp_path / "keys").glob("entity-*"):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert first.hex() not in repr(made) and second.hex() not in repr(keys.versions("customer"))


def test_one_build_never_mixes_two_versions(keys: Keys) -> None:
    build = EntityKeys(keys)
    before = build("customer")
    keys.rotate("customer")
    assert (build("customer"), build.version("customer")) == (before, 1)
    assert EntityKeys(keys).version("customer") == 2
    assert before.hex() not in repr(build)


def test_an_old_key_is_forgotten_and_the_newest_is_not(keys: Keys) -> None:
    keys.entity_key("customer")
    keys.rotate("customer")
    with pytest.raises(Conflict, match="newest"):
        keys.forget("customer", 2)
    with pytest.raises(NotFound, match="no key version 3"):
        keys.forget("customer", 3)
    keys.forget("customer", 1)
    assert [v.version for v in keys.versions("customer")] == [2]
    assert keys.rotate("customer").version == 3


def test_entities_whose_names_begin_alike_are_apart(keys: Keys) -> None:
    keys.entity_key("customer")
    keys.entity_key("customer_group")
    keys.rotate("customer_group")
    assert [len(keys.versions(e)) for e in keys.entities()] == [1, 2]


def test_mistakes_are_told(keys: Keys, tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="no key yet"):
        keys.rotate("customer")
    assert keys.entities() == []
    with pytest.raises(BadInput, match="cannot be used"):
        keys.rotate("../x")
    keys.entity_key("customer")
    file = tmp_path / "keys" / "entity-customer.key"
    file.chmod(0o640)
    with pytest.raises(Damaged, match="read by others"):
        keys.entity_key("customer")
    file.chmod(0o600)
    file.write_bytes(b"short")
    with pytest.raises(Damaged, match="does not hold 32 bytes"):
        keys.versions("customer")
