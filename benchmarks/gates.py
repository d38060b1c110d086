"""How fast gates and risks are measured: rows × 9 quasi-identifiers, one sensitive column; beside pandas, in one run.

Run: python benchmarks/gates.py [ROWS]. Prints seconds and the ratio to pandas, which counts distinct units per class
(the least that any gate needs), and the peak memory before and after pandas.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sandbox.core.spec import Gate, KAnonymity, LDiversity, TCloseness
from sandbox.snapshots.duck import connect_staging
from sandbox.snapshots.gates import apply_gates, measure
from sandbox.snapshots.risk import measure_risk
from sandbox.snapshots.sql import identifier

VALUES = (2, 8, 5, 7, 16, 6, 7, 14, 10)
QUASI = tuple(f"q{n}" for n in range(len(VALUES)))
GATES: dict[str, Gate] = {
    "k": KAnonymity(k=5, suppress=1),
    "l distinct": LDiversity(column="ill", l=3, suppress=1),
    "l entropy": LDiversity(column="ill", l=3, variant="entropy", suppress=1),
    "l recursive": LDiversity(column="ill", l=3, variant="recursive", c=3, suppress=1),
    "t equal": TCloseness(column="ill", t=0.5, suppress=1),
    "t ordered": TCloseness(column="ill", t=0.3, distance="ordered", suppress=1),
}
# Squared uniform numbers are skewed as real columns are: large classes and many small ones.
COLUMNS = ", ".join(
    f"'v' || (pow((hash(i * 31 + {n}) % 100000) / 1e5, 3) * {v})::INT AS q{n}" for n, v in enumerate(VALUES)
)


def timed(what: str, work: Callable[[], Any]) -> float:
    started = time.perf_counter()
    work()
    seconds = time.perf_counter() - started
    print(f"{what}: {seconds:.2f} s", flush=True)
    return seconds


def peak() -> int:
    """MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def main(rows: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        connection = connect_staging(Path(name), memory_limit="1GB", threads=2)
        table = identifier("t")
        connection.execute(
            f"CREATE TABLE t AS SELECT i AS id, {COLUMNS}, (hash(i) % 12)::INT AS ill FROM range(?) r(i)",
            [rows],
        )
        risk = measure_risk(connection, table, QUASI, "id")
        print(f"{rows:,} rows, {len(QUASI)} quasi-identifiers, {risk.classes:,} classes, {risk.unique:,} uniques")
        work: dict[str, Callable[[], Any]] = {
            "risk": lambda: measure_risk(connection, table, QUASI, "id"),
            **{name: lambda gate=gate: measure(connection, table, gate, QUASI, "id") for name, gate in GATES.items()},
        }
        connection.execute("CREATE TABLE work AS FROM t")
        work["all gates together, applied"] = lambda: apply_gates(
            connection, "work", list(GATES.values()), QUASI, "id", "benchmark"
        )
        seconds = {name: timed(name, job) for name, job in work.items()}
        print(f"peak {peak()} MB")
        frame = connection.execute("FROM t").df()
        plain = timed("pandas, units per class", lambda: frame.groupby(list(QUASI), dropna=False)["id"].nunique())
        print(f"peak with pandas {peak()} MB")
        for name, spent in seconds.items():
            print(f"{name}: {plain / spent:.1f} times as fast as pandas' count of units")
        connection.close()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_200_000)
