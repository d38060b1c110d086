"""How fast a snapshot is built: synthetic customers, one pseudonym, a k-anonymity gate, from CSV and from Parquet.

Run: python benchmarks/snapshot_build.py [ROWS]. Prints seconds, rows a second, and peak memory in MB; one line a kind.
"""

from __future__ import annotations

import resource
import secrets
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from sandbox.core.spec import DatasetSpec
from sandbox.snapshots.build import build_snapshot

TEXT = {"en": "Benchmark", "zh-CN": "基准"}
RULES = {
    "id": ("identifier", {"pseudonym": "customer"}),
    "segment": ("quasi", "keep"),
    "city": ("quasi", "keep"),
    "joined": ("quasi", {"truncate_date": "year"}),
    "visits": ("measure", "keep"),
    "spent": ("measure", {"round": 10}),
    "points": ("measure", {"band": 100}),
    "active": ("measure", "keep"),
    "seen": ("measure", {"truncate_date": "month"}),
    "score": ("measure", "keep"),
}
ROWS = """
    SELECT 'C' || lpad((i % (? // 5))::VARCHAR, 9, '0') AS id, 'segment ' || i % 7 AS segment,
           'city ' || i % 50 AS city, DATE '2015-01-01' + (hash(i) % 4000)::INT AS joined, hash(i) % 100 AS visits,
           round((hash(i + 1) % 100000) / 100, 2) AS spent, hash(i + 2) % 5000 AS points, i % 2 = 0 AS active,
           TIMESTAMP '2026-01-01' + to_seconds(i) AS seen, (hash(i + 3) % 1000000) / 1e6 AS score
    FROM range(?) t(i)
"""


def spec(kind: str) -> DatasetSpec:
    columns = {n: {"class": c, "rule": r, "description": TEXT} for n, (c, r) in RULES.items()}
    return DatasetSpec.model_validate(
        {
            "name": f"benchmark_{kind}",
            "title": TEXT,
            "description": TEXT,
            "owner": "benchmark",
            "source": {"kind": kind, "path": f"rows.{kind}"},
            "unit": {"column": "id", "entity": "customer"},
            "columns": columns,
            "gates": [{"k_anonymity": {"k": 5}}],
        }
    )


def main(rows: int) -> None:
    key = secrets.token_bytes(32)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with duckdb.connect() as connection:
            connection.execute("CREATE TABLE t AS " + ROWS, [rows, rows])
            connection.table("t").write_csv(str(folder / "rows.csv"))
            connection.table("t").write_parquet(str(folder / "rows.parquet"))
        for kind in ("csv", "parquet"):
            started = time.perf_counter()
            build_snapshot(
                spec(kind), base=folder, parent=folder / kind, key_of=lambda entity: key, now=datetime.now(UTC)
            )
            seconds = time.perf_counter() - started
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
            print(f"{kind}: {seconds:.2f} s, {rows / seconds:,.0f} rows/s, peak {peak} MB")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
