"""A notebook gets its pinned snapshots, read-only, and nothing else."""

from __future__ import annotations

import duckdb
import pytest

from sandbox import lab
from sandbox.core.errors import Damaged, NotFound
from tests.lab.conftest import people


def test_data_is_the_pinned_snapshot(pin):
    pin(contracts=people(200))
    assert lab.datasets() == ["contracts"]
    assert len(lab.data("contracts").df()) == 200
    assert lab.data("contracts").filter("tenure > 1000").df().empty


def test_an_unknown_dataset_names_the_pinned_ones(pin):
    pin(contracts=people(50), orders=people(50))
    with pytest.raises(NotFound) as caught:
        lab.data("salaries")
    assert "salaries" in str(caught.value) and "contracts, orders" in str(caught.value)


def test_the_connection_cannot_write_or_read_other_files(pin, tmp_path):
    pin(contracts=people(50))
    secret = tmp_path / "secret.csv"
    secret.write_text("a\n1\n")
    connection = lab.data("contracts") and __import__("sandbox.lab.pins", fromlist=["x"]).connection("contracts")
    assert duckdb.sql(f"SELECT * FROM '{secret}'").fetchall() == [(1,)]  # the attack works elsewhere
    for attack in ("DELETE FROM data", f"SELECT * FROM '{secret}'", "SET enable_external_access = true"):
        with pytest.raises(duckdb.Error):
            connection.execute(attack)


def test_a_damaged_snapshot_says_what_to_do(pin, monkeypatch, tmp_path):
    (tmp_path / "data.duckdb").write_bytes(b"not a database, whatever its name says" * 10)
    monkeypatch.setenv("SANDBOX_PINS", f'{{"contracts": "{tmp_path}"}}')
    with pytest.raises(Damaged) as caught:
        lab.data("contracts")
    assert "sandbox dataset verify contracts" in caught.value.render()[1]


def test_unreadable_pins_are_an_error_in_words(pin, monkeypatch):
    for text in ("{", "[1, 2]", "7"):
        monkeypatch.setenv("SANDBOX_PINS", text)
        with pytest.raises(Damaged):
            lab.datasets()
