"""How fast texts are scanned for personal data: tickets in SQL, beside Python's ``re`` with the same patterns.

Run: python benchmarks/detectors.py [ROWS]. Prints MB/s (UTF-8) of the scan (``scanned``: every hit with its kind), of
redaction (``redacted``), and of ``re`` finding candidates by the same patterns on a part of the rows, without their
check digits. Two threads; two in three tickets hold nothing personal.
"""

from __future__ import annotations

import re
import sys
import time
from pathlib import Path

import duckdb
import pyarrow as pa

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from sandbox.personal import redacted, scanned
from sandbox.personal.sql import STEPS, search_patterns
from tests.helpers.personal_corpus import plain_tickets

DIFFERENT, PYTHON_ROWS = 20_000, 5_000


def main(rows: int) -> None:
    texts = plain_tickets(1, DIFFERENT)
    with duckdb.connect(config={"threads": 2, "memory_limit": "2GB"}) as connection:
        connection.register("drawn", pa.table({"raw": texts, "n": range(DIFFERENT)}))
        connection.execute(
            "CREATE TABLE tickets AS SELECT i AS id, raw || ' #' || i AS raw"
            " FROM range(?) r(i) JOIN drawn ON n = i * 7919 % ?",
            [rows, DIFFERENT],
        )
        size = _one(connection, "SELECT sum(strlen(raw)) / 1e6 FROM tickets")
        scan = scanned("SELECT id, raw FROM tickets")
        found = _timed("scan", size, lambda: _one(connection, f"SELECT sum(len(hits)) FROM ({scan})"))
        redact = f"SELECT sum(length({redacted('raw')})) FROM tickets"
        _timed("redact", size, lambda: _one(connection, redact))
    some = texts[:PYTHON_ROWS]
    patterns = [re.compile(_for_python(one)) for step in STEPS for one in search_patterns(step)]
    small = sum(len(t.encode()) for t in some) / 1e6
    beside = _timed("Python re", small, lambda: sum(len(p.findall(t)) for t in some for p in patterns))
    print(f"scan / Python re: {found / beside:.1f}×  ({rows:,} rows, {size:.0f} MB)")


def _for_python(pattern: str) -> str:
    return re.sub(r"\\x\{([0-9A-F]+)\}", lambda found: chr(int(found[1], 16)), pattern)


def _timed(name: str, megabytes: float, work: object) -> float:
    wall, cpu = time.perf_counter(), time.process_time()
    work()  # type: ignore[operator]
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    print(f"{name:10} {megabytes / wall:6.1f} MB/s   {megabytes / cpu:6.1f} MB per second of one core", flush=True)
    return megabytes / wall


def _one(connection: duckdb.DuckDBPyConnection, query: str) -> float:
    row = connection.execute(query).fetchone()
    assert row is not None
    return float(row[0])


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
