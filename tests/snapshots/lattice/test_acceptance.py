"""Whether gates hold at a node is the same from rows coded once as from the node's own table."""

from __future__ import annotations

from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.core.spec import BetaLikeness, DeltaDisclosure, Gate, KAnonymity, LDiversity, TCloseness
from sandbox.snapshots.gates import would_leave_out
from sandbox.snapshots.lattice import acceptance
from sandbox.snapshots.lattice.domain import Domain, domain
from sandbox.snapshots.sql import Sql

LEVELS = {"a": [lambda v: v, lambda v: v // 2, lambda v: 0], "b": [lambda v: v, lambda v: 0]}
rows = st.lists(
    st.tuples(st.integers(0, 7), st.integers(0, 3) | st.none(), st.integers(0, 3) | st.none(), st.integers(0, 30)),
    min_size=1,
    max_size=60,
)
share = st.sampled_from([0.0, 0.1, 0.3, 0.7, 1.0])
gate = st.one_of(
    st.builds(KAnonymity, k=st.integers(2, 4), suppress=share),
    st.builds(LDiversity, column=st.just("ill"), l=st.integers(2, 3), suppress=share),
    st.builds(
        TCloseness,
        column=st.just("ill"),
        t=st.sampled_from([0.2, 0.5, 0.8]),
        distance=st.sampled_from(["equal", "ordered"]),
        suppress=share,
    ),
    st.builds(BetaLikeness, column=st.just("ill"), beta=st.sampled_from([0.5, 2.0]), suppress=share),
    st.builds(DeltaDisclosure, column=st.just("ill"), delta=st.sampled_from([0.5, 2.0]), suppress=share),
)


@pytest.fixture(scope="module")
def connection() -> Any:
    with duckdb.connect(config={"threads": 1}) as opened:
        yield opened


def by_table(connection: duckdb.DuckDBPyConnection, node: tuple[int, int], gates: list[Gate]) -> bool:
    labels = {"a": ["a", "a // 2", "0"], "b": ["b", "0"]}
    at = [labels[name][level] for name, level in zip(labels, node, strict=True)]
    connection.execute(f"CREATE OR REPLACE TABLE node AS SELECT {at[0]} AS a, {at[1]} AS b, ill, unit FROM t")
    found = connection.execute("SELECT count(DISTINCT unit) FROM t").fetchone()
    units = found[0] if found else 0
    left_out = would_leave_out(connection, Sql("node"), gates, ["a", "b"], "unit")
    within = all(n <= g.suppress * units for n, g in zip(left_out, gates, strict=True))
    return within and sum(left_out) < units


def domains_of(data: list[tuple[Any, ...]]) -> list[Domain]:
    found = []
    for number, (name, levels) in enumerate(LEVELS.items()):
        values = sorted({row[number] for row in data}, key=lambda v: (v is None, v or 0))
        labels = [[None if v is None else level(v) for v in values] for level in levels[:-1]]
        found.append(domain(name, [*labels, [0] * len(values)]))
    return found


@settings(max_examples=25, deadline=None)
@given(data=rows, gates=st.lists(gate, min_size=1, max_size=3), single=st.booleans(), long=st.booleans())
def test_every_node_is_judged_as_its_table_would_be(
    connection: duckdb.DuckDBPyConnection,
    data: list[tuple[Any, ...]],
    gates: list[Gate],
    single: bool,
    long: bool,
) -> None:
    if single:
        data = [(*row[:3], number) for number, row in enumerate(data)]
    connection.execute("CREATE OR REPLACE TABLE t(a INTEGER, b INTEGER, ill INTEGER, unit INTEGER)")
    connection.executemany("INSERT INTO t VALUES (?, ?, ?, ?)", data)
    domains = domains_of(data)
    with pytest.MonkeyPatch.context() as patch:
        if long:  # as if the labels of all columns together were too many for one number
            patch.setattr(acceptance, "_ROOM", 5)
        found = acceptance.Acceptance(connection, Sql("t"), domains, "unit", gates)
        for node in ((0, 0), (1, 0), (0, 1), (1, 1), (2, 1)):
            assert found.holds(node) == by_table(connection, node, gates), node
