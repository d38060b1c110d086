"""How fast a snapshot is built, beside pandas and polars doing the same work, each in a process of its own.

Run: python benchmarks/snapshot_build.py [ROWS …] [ENGINE …]. Engines: csv, parquet, orders (these are builds of ours;
orders has ten rows per customer in random order), pandas, polars. Prints wall and processor seconds, rows a second,
peak memory and, for ours, the processor seconds of every step; for each number of rows the ratios; for several of them
the curve. PEERS names the Python that has pandas and polars (``make bench``). A hundred million rows need 40 GB of disk
in TMPDIR, and memory for a build only.

The work: a table of persons with distinct ids → HMAC-SHA256 pseudonym, two columns dropped, dates to year and month,
ages to bands, amounts rounded; k-anonymity with k = 5 on four quasi-identifiers, small classes left out; sorted
by pseudonym; written and closed; opened again, gate and risks measured on the file; a hash over all rows; column
statistics; SHA-256 of the source and of the finished file.
pandas and polars do a little less than a build (a hash that is not cryptographic, statistics that do not ask how many
units are behind a value, no check that the source stayed the same): the ratios are lower bounds.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import duckdb

TEXT = {"en": "Benchmark", "zh-CN": "基准"}
KEY = bytes(range(32))
PEERS = ("pandas", "polars")
K = 5
QUASI = ("gender", "city", "born", "age")
RULES: dict[str, tuple[str, Any, str]] = {
    "id": ("identifier", {"pseudonym": "customer"}, "VARCHAR"),
    "name": ("direct", "drop", "VARCHAR"),
    "email": ("direct", "drop", "VARCHAR"),
    "gender": ("quasi", "keep", "VARCHAR"),
    "city": ("quasi", "keep", "VARCHAR"),
    "born": ("quasi", {"truncate_date": "year"}, "DATE"),
    "age": ("quasi", {"band": {"width": 10, "bottom": 20, "top": 80}}, "BIGINT"),
    "visits": ("measure", "keep", "BIGINT"),
    "spent": ("measure", {"round": 10}, "DOUBLE"),
    "seen": ("measure", {"truncate_date": "month"}, "TIMESTAMP"),
}
ROWS = """
    SELECT 'C' || lpad((%s)::VARCHAR, 10, '0') AS id, 'Name ' || i AS name, 'p' || i || '@example.org' AS email,
           CASE WHEN hash(i) %% 2 = 0 THEN 'F' ELSE 'M' END AS gender, 'city ' || hash(i + 1) %% 20 AS city,
           DATE '1950-01-01' + (hash(i + 2) %% 18000)::INT AS born, 18 + hash(i + 3) %% 70 AS age,
           hash(i + 4) %% 100 AS visits, round((hash(i + 5) %% 1000000) / 100, 2) AS spent,
           TIMESTAMP '2024-01-01' + to_seconds((hash(i + 6) %% 60000000)::BIGINT) AS seen
    FROM range(?) t(i)
"""


def make_tables(folder: Path, rows: int, engines: list[str]) -> None:
    with duckdb.connect(config={"temp_directory": str(folder), "memory_limit": "2GB"}) as connection:
        for name, ids in (("persons", "i"), ("orders", f"hash(i + 7) % {max(1, rows // 10)}")):
            if name == "orders" and "orders" not in engines:
                continue
            relation = f"COPY ({ROWS % ids.replace('%', '%')}) TO '{folder / name}"
            connection.execute(relation + ".parquet'", [rows])
            if name == "persons" and "csv" in engines:
                connection.execute(relation + ".csv'", [rows])


def example_spec(name: str, kind: str, columns: Iterable[str] = RULES) -> dict[str, Any]:
    """The spec of table ``name`` in a file of ``kind``; columns that are not among ``columns`` are dropped."""
    rules = {n: (c, r, t) if n in columns else ("direct", "drop", t) for n, (c, r, t) in RULES.items()}
    described = {n: {"class": c, "rule": r, "description": TEXT, "type": t} for n, (c, r, t) in rules.items()}
    gated = any(c == "quasi" for c, _, _ in rules.values())
    return {
        "name": f"{name}_{kind}", "title": TEXT, "description": TEXT, "owner": "benchmark",
        "source": {"kind": kind, "path": f"{name}.{kind}"}, "unit": {"column": "id", "entity": "customer"},
        "columns": described, "gates": [{"k_anonymity": {"k": K, "suppress": 0.5}}] if gated else [],
    }  # fmt: skip


def build(kind: str, folder: Path) -> dict[str, float]:
    """Processor seconds of every step."""
    from sandbox.core.spec import DatasetSpec
    from sandbox.snapshots.build import build_snapshot

    name = "orders" if kind == "orders" else "persons"
    kind = "parquet" if kind == "orders" else kind
    spec = DatasetSpec.model_validate(example_spec(name, kind))
    begun: list[tuple[str, float]] = []

    def progress(step: str, share: float) -> None:
        begun.append((step, time.process_time()))

    build_snapshot(spec, base=folder, parent=folder / f"{name}_{kind}", key_of=lambda entity: KEY,
                   now=datetime.now(UTC), progress=progress)  # fmt: skip
    return {step: ended - started for (step, started), (_, ended) in pairwise(begun)}


def pseudonym(text: str) -> str:
    return hmac.digest(KEY, text.encode(), "sha256").hex()[:32]


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def with_pandas(folder: Path) -> None:
    import pandas as pd

    frame = pd.read_parquet(folder / "persons.parquet", columns=[n for n, (_, r, _) in RULES.items() if r != "drop"])
    frame["id"] = [pseudonym(v.strip()) for v in frame["id"]]
    frame["born"] = pd.to_datetime(frame["born"]).dt.to_period("Y").dt.to_timestamp()
    frame["seen"] = frame["seen"].dt.to_period("M").dt.to_timestamp()
    frame["spent"] = (frame["spent"] / 10).round() * 10
    edges = [-1, *range(20, 81, 10), 1000]
    labels = ["<20", *(f"{low}–{low + 9}" for low in range(20, 80, 10)), "80+"]
    frame["age"] = pd.cut(frame["age"], edges, right=False, labels=labels).astype(str)
    result = {"units": frame["id"].nunique(), "source": sha256_of(folder / "persons.parquet")}
    units = frame.groupby(list(QUASI), dropna=False)["id"].transform("nunique")
    frame = frame[units >= K].sort_values("id")
    frame.to_parquet(folder / "pandas.parquet", index=False)
    frame = pd.read_parquet(folder / "pandas.parquet")
    sizes = frame.groupby(list(QUASI), dropna=False)["id"].nunique()
    assert sizes.min() >= K
    result |= {"risk": len(sizes) / len(frame), "units left": frame["id"].nunique()}
    for name in QUASI:  # how well each column alone tells people apart
        alike = frame.groupby(name, dropna=False)["id"].nunique()
        result["alike " + name] = int((alike * (alike - 1)).sum())
    result["hash"] = int(pd.util.hash_pandas_object(frame, index=False).sum())
    for name in frame:
        result[name] = [int(frame[name].isna().sum()), frame[name].nunique() if name != "id" else 0]
        if frame[name].dtype.kind in "iufM":
            result[name] += frame[name].quantile([0.05, 0.5, 0.95]).tolist()
        elif name != "id":
            result[name] += frame[name].value_counts().head(8).tolist()
    result["file"] = sha256_of(folder / "pandas.parquet")


def with_polars(folder: Path) -> None:
    import polars as pl

    frame = pl.read_parquet(folder / "persons.parquet", columns=[n for n, (_, r, _) in RULES.items() if r != "drop"])
    ids = pl.Series("id", [pseudonym(v.strip()) for v in frame["id"]])
    age = pl.col("age").cut(list(range(20, 81, 10)), left_closed=True).cast(pl.String)
    frame = frame.with_columns(
        ids, pl.col("born").dt.truncate("1y"), pl.col("seen").dt.truncate("1mo"),
        (pl.col("spent") / 10).round() * 10, age,
    )  # fmt: skip
    frame["id"].n_unique()
    sha256_of(folder / "persons.parquet")
    frame = frame.filter(pl.col("id").n_unique().over(QUASI) >= K).sort("id")
    frame.write_parquet(folder / "polars.parquet")
    frame = pl.read_parquet(folder / "polars.parquet")
    sizes = frame.group_by(QUASI).agg(pl.col("id").n_unique())
    assert int(sizes["id"].min()) >= K  # type: ignore[arg-type]
    frame["id"].n_unique()
    for name in QUASI:
        frame.group_by(name).agg(pl.col("id").n_unique())
    frame.hash_rows().sum()
    for name in frame.columns:
        frame[name].null_count()
        if name != "id":
            frame[name].n_unique()
            if frame[name].dtype.is_numeric() or frame[name].dtype.is_temporal():
                [frame[name].quantile(q) for q in (0.05, 0.5, 0.95)]
            else:
                frame[name].value_counts(sort=True).head(8)
    sha256_of(folder / "polars.parquet")


def work(engine: str, folder: Path) -> None:
    """The work of one engine, in this process; prints what it took as JSON."""
    started, used, steps = time.perf_counter(), time.process_time(), {}
    if engine == "pandas":
        with_pandas(folder)
    elif engine == "polars":
        with_polars(folder)
    else:
        steps = build(engine, folder)
    wall, cpu = time.perf_counter() - started, time.process_time() - used
    print(json.dumps({"wall": wall, "cpu": cpu, "peak": _peak(), "steps": steps}))


def _peak() -> float:
    """MB. The rusage of a process also counts its parent's memory, from before it became itself."""
    with contextlib.suppress(OSError, StopIteration), open("/proc/self/status") as status:
        return int(next(line for line in status if line.startswith("VmHWM")).split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main(rows: int, engines: list[str]) -> dict[str, dict[str, Any]]:
    results: dict[str, dict[str, Any]] = {}
    print(f"{rows:,} rows, {os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory() as name:
        subprocess.run([sys.executable, __file__, "--make", name, str(rows), *engines], check=True)
        for engine in engines:
            python = os.environ.get("PEERS", sys.executable) if engine in PEERS else sys.executable
            if engine in PEERS and subprocess.run([python, "-c", f"import {engine}"], capture_output=True).returncode:
                print(f"{engine:<9} not installed")
                continue
            done = subprocess.run(
                [python, __file__, "--work", engine, name], stdout=subprocess.PIPE, text=True, check=True
            )
            found = results[engine] = json.loads(done.stdout)
            times = f"{found['wall']:8.1f} s wall {found['cpu']:8.1f} s cpu"
            print(f"{engine:<9} {times} {rows / found['wall']:>12,.0f} rows/s {found['peak']:8.0f} MB", flush=True)
            if found["steps"]:
                print("          " + ", ".join(f"{step} {cpu:.1f}" for step, cpu in found["steps"].items()), flush=True)
    for other in PEERS:
        for ours in ("parquet", "csv"):
            if other in results and ours in results:
                ratio = {m: results[other][m] / results[ours][m] for m in ("wall", "cpu", "peak")}
                print(f"{other} / {ours}: wall {ratio['wall']:.2f}, cpu {ratio['cpu']:.2f}, memory {ratio['peak']:.2f}")
    if "orders" in results and "parquet" in results:
        ratio = {m: results["parquet"][m] / results["orders"][m] for m in ("wall", "cpu")}
        print(f"whole build, distinct ids / ten rows per id: wall {ratio['wall']:.2f}, cpu {ratio['cpu']:.2f}")
        masking = results["parquet"]["steps"]["read"] / results["orders"]["steps"]["read"]
        print(f"masking alone, distinct ids / ten rows per id: cpu {masking:.2f}")
    return results


def curve(found: dict[int, dict[str, dict[str, Any]]]) -> None:
    """What a row costs as tables grow: a straight line through the origin has the same figure everywhere."""
    for engine in next(iter(found.values())):
        costs = [f"{rows:,}: {1e6 * r[engine]['cpu'] / rows:.2f} µs/row, {r[engine]['peak']:.0f} MB"
                 for rows, r in found.items() if engine in r]  # fmt: skip
        print(f"{engine:<9} {'; '.join(costs)}")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--work"]:
        work(sys.argv[2], Path(sys.argv[3]))
    elif sys.argv[1:2] == ["--make"]:
        make_tables(Path(sys.argv[2]), int(sys.argv[3]), sys.argv[4:])
    else:
        given = [a for a in sys.argv[1:] if not a.isdigit()]
        counts = [int(a) for a in sys.argv[1:] if a.isdigit()] or [1_000_000]
        curve({n: main(n, given or ["csv", "parquet", "orders", "pandas", "polars"]) for n in counts})
