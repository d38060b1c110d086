"""What is suggested does not depend on how the classes were read: by their keys alone, or by places of the columns."""

from __future__ import annotations

import pytest

from sandbox.snapshots import coded
from sandbox.snapshots.lattice.suggest import Suggestion, suggest
from tests.snapshots.conftest import KEYS, Builder, people_rows, spec_of, write_csv


@pytest.mark.parametrize("rows_each", [1, 3])
def test_long_keys_give_the_same_levels(build: Builder, monkeypatch: pytest.MonkeyPatch, rows_each: int) -> None:
    rows = [[row[0], row[1], row[2], int(row[3]) + n, row[4]] for row in people_rows() for n in range(rows_each)]
    write_csv(build.folder / "people.csv", rows)
    columns = spec_of().model_dump(mode="json", by_alias=True)["columns"]
    columns["age"]["rule"] = {"generalise": {"bands": [5, 10, 20], "level": 0}}
    spec = spec_of(columns=columns)

    def found() -> Suggestion:
        return suggest(spec, base=build.folder, beside=build.folder, key_of=KEYS.__getitem__)

    by_key = found()
    monkeypatch.setattr(coded, "_ROOM", 5)
    by_place = found()
    assert by_key.units == 121
    assert by_key.levels["age"] > 0
    assert (by_key.levels, by_key.best.left_out, by_key.trade_off) == (
        by_place.levels,
        by_place.best.left_out,
        by_place.trade_off,
    )
