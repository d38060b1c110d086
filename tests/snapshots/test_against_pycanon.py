"""Gates beside pycanon, an independent implementation: figures that it gave for random tables.

Recorded by ``scripts/record_pycanon.py``, because pycanon pins versions of numpy and pandas that are not ours.
"""

from __future__ import annotations

import json
from math import floor, log
from typing import Any

import duckdb
import pytest

from sandbox.core.spec import BetaLikeness, DeltaDisclosure, KAnonymity, LDiversity, TCloseness
from sandbox.snapshots.gates import measure_all
from sandbox.snapshots.sql import identifier
from tests.conftest import ROOT

TABLES = json.loads((ROOT / "tests" / "compat" / "pycanon.json").read_text(encoding="utf-8"))
GATES = (
    KAnonymity(k=2, suppress=1.0),
    LDiversity(column="s", l=2, variant="distinct", suppress=1.0),
    LDiversity(column="s", l=2, variant="entropy", suppress=1.0),
    TCloseness(column="s", t=0.2, distance="equal", suppress=1.0),
    TCloseness(column="s", t=0.2, distance="ordered", suppress=1.0),
    BetaLikeness(column="s", beta=1.0, variant="basic", suppress=1.0),
    DeltaDisclosure(column="s", delta=1.0, suppress=1.0),
)


@pytest.mark.parametrize("recorded", TABLES, ids=lambda recorded: f"{len(recorded['rows'])}-rows")
def test_every_criterion_says_what_pycanon_says(recorded: dict[str, Any]) -> None:
    with duckdb.connect(config={"threads": 1}) as connection:
        connection.execute("CREATE TABLE t (p VARCHAR, q VARCHAR, s INTEGER, unit INTEGER)")
        rows = [[*row, number] for number, row in enumerate(recorded["rows"])]
        connection.executemany("INSERT INTO t VALUES (?, ?, ?, ?)", rows)
        k, distinct, entropy, equal, ordered, beta, delta = measure_all(
            connection, identifier("t"), GATES, ("p", "q"), "unit"
        )
    theirs = recorded["figures"]
    assert k.smallest == theirs["k"]
    assert distinct.worst == theirs["distinct_l"]
    assert equal.worst == pytest.approx(theirs["t_equal"])
    assert ordered.worst == pytest.approx(theirs["t_ordered"])
    assert beta.worst == pytest.approx(theirs["basic_beta"])
    assert delta.worst is not None and delta.worst * log(2) == pytest.approx(theirs["delta_nats"])
    # pycanon cuts 1.9999999999999998 to 1: a whole number is the one or the one below.
    assert entropy.worst is not None
    assert floor(entropy.worst - 1e-9) <= theirs["entropy_l_floored"] <= floor(entropy.worst + 1e-9)
