"""How fast gates, risks and the lattice are, beside the same in plain SQL and in pandas, each in a process of its own.

Run: python benchmarks/gates.py [ROWS] [WORK …]. Prints wall and processor seconds and the peak memory of every work,
and at the end the ratios. PEERS names the Python that has pandas, as for ``snapshot_build.py``.

The table has nine quasi-identifiers that are skewed and independent of each other, which is harder than real tables
are: most classes have one unit. ``gates``: k, l (distinct, entropy, recursive), t (equal, ordered), beta and delta, in
one pass; ``gates-risk``: these and all risks, as a build measures them; ``gates-applied``: rows are removed until all
hold. ``sql`` and ``pandas`` count what fails k, the three l, t (equal), beta and delta, one after another, as one would
write it: without t (ordered), so that the ratios to ``gates`` are lower bounds.

``lattice``: the best of 51,840 nodes for k = 5 that leaves nobody out, by entropy; with the time that it takes to code
the rows. ``adult-…``: the best of the 12,960 nodes of Adult (SANDBOX_SHARED_DATA), after load, by the percentage that
may be left out, the median of five runs and their range; by entropy, or by the metric that is named, as in
``adult-5-discernibility``; for k = 5, or the k that is named, as in ``adult-10-entropy-2``.
``lattice-2``: 2 % of the table may be left out; not among the works that run unasked, as it takes minutes.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

import duckdb

VALUES = (2, 8, 5, 7, 16, 6, 7, 14, 10)
LEVELS = (2, 4, 3, 3, 5, 3, 3, 4, 4)
QUASI = tuple(f"q{n}" for n in range(len(VALUES)))
PEERS = ("sql", "pandas")
OURS = ("gates", "gates-risk", "gates-applied", "lattice", "adult-0", "adult-2", "adult-5", "adult-10")
SHARED = Path(os.environ.get("SANDBOX_SHARED_DATA") or Path(__file__).resolve().parents[2] / "shared" / "data")
K, L, C, T, T_ORDERED, BETA, DELTA = 5, 3, 3.0, 0.5, 0.3, 2.0, 2.0
REPEATS = 3


def make_table(folder: Path, rows: int) -> None:
    # Cubed uniform numbers are skewed as real columns are: large classes and many small ones.
    columns = ", ".join(
        f"'v' || lpad(((pow((hash(i * 31 + {n}) % 100000) / 1e5, 3) * {v})::INT)::VARCHAR, 2, '0') AS q{n}"
        for n, v in enumerate(VALUES)
    )
    with duckdb.connect(folder / "t.duckdb") as connection:
        made = f"CREATE TABLE t AS SELECT i AS id, {columns}, (hash(i) % 12)::INT AS ill FROM range(?) r(i)"
        connection.execute(made, [rows])
        connection.execute(f"COPY t TO '{folder}/t.parquet'")


def gates() -> list[Any]:
    from sandbox.core.spec import BetaLikeness, DeltaDisclosure, KAnonymity, LDiversity, TCloseness

    return [
        KAnonymity(k=K, suppress=1),
        LDiversity(column="ill", l=L, suppress=1),
        LDiversity(column="ill", l=L, variant="entropy", suppress=1),
        LDiversity(column="ill", l=L, variant="recursive", c=C, suppress=1),
        TCloseness(column="ill", t=T, suppress=1),
        TCloseness(column="ill", t=T_ORDERED, distance="ordered", suppress=1),
        BetaLikeness(column="ill", beta=BETA, variant="basic", suppress=1),
        DeltaDisclosure(column="ill", delta=DELTA, suppress=1),
    ]


def with_gates(work: str, folder: Path) -> dict[str, Any]:
    from sandbox.snapshots.duck import connect_staging
    from sandbox.snapshots.gates import apply_gates, measure_all
    from sandbox.snapshots.risk_facts import measure_all_and_risk
    from sandbox.snapshots.sql import identifier

    connection = connect_staging(Path(tempfile.mkdtemp(dir=folder)), memory_limit="1GB", threads=2)
    connection.execute(f"ATTACH '{folder}/t.duckdb' AS source (READ_ONLY)")
    if work == "gates-applied":
        connection.execute("CREATE TABLE work AS FROM source.t")
        return timed(lambda: apply_gates(connection, "work", gates(), QUASI, "id", "benchmark"), repeats=1)
    table = identifier("source") + "." + identifier("t")
    if work == "gates-risk":
        return timed(lambda: measure_all_and_risk(connection, table, gates(), QUASI, "id"))
    found: list[Any] = []
    spent = timed(lambda: found.append(measure_all(connection, table, gates(), QUASI, "id")))
    return spent | {"failing": [g.small for n, g in enumerate(found[-1]) if n != 5], "classes": found[-1][0].count}


def with_lattice(folder: Path, limit: float) -> dict[str, Any]:
    from sandbox.snapshots.coded import KEY, coded
    from sandbox.snapshots.duck import connect_staging
    from sandbox.snapshots.lattice.domain import domain
    from sandbox.snapshots.sql import identifier

    connection = connect_staging(Path(tempfile.mkdtemp(dir=folder)), memory_limit="1GB", threads=2)
    connection.execute(f"ATTACH '{folder}/t.duckdb' AS source (READ_ONLY)")
    started = time.process_time()
    with coded(connection, identifier("source") + "." + identifier("t"), QUASI, "id") as rows:
        keys, records = rows.count(KEY)
        steps, sizes = rows.steps or {}, [rows.ranks[c].count for c in QUASI]
    codes = [(keys // steps[c] % n).astype("int32") for c, n in zip(QUASI, sizes, strict=True)]
    del keys
    coding = time.process_time() - started
    domains = [
        domain(c, [*([v >> level for v in range(n)] for level in range(levels - 1)), [0] * n])
        for c, n, levels in zip(QUASI, sizes, LEVELS, strict=True)
    ]
    return timed(lambda: search(domains, codes, records, limit), repeats=1) | {"coding": round(coding, 2)}


def with_adult(percent: str, metric: str = "entropy", k: str = str(K)) -> dict[str, Any]:
    import numpy as np

    from sandbox.snapshots.hierarchies.table_file import read_hierarchy
    from sandbox.snapshots.lattice.domain import domain

    folder, domains, codes = SHARED / "adult", [], []
    table = duckdb.sql(f"FROM read_csv('{folder}/adult.csv', delim = ';', all_varchar = true)")
    assert table
    for name, column in table.fetchnumpy().items():
        values, code = np.unique(column.astype(str), return_inverse=True)
        hierarchy = read_hierarchy(folder / f"adult_hierarchy_{name}.csv")
        labels = [hierarchy.labels(values.tolist(), level) for level in range(hierarchy.height + 1)]
        domains.append(domain(name, labels))
        codes.append(code)
    ones = np.ones(codes[0].size, dtype=np.int64)
    return spread(lambda: search(domains, codes, ones, int(percent) / 100, metric, int(k)))


def search(
    domains: list[Any], codes: list[Any], records: Any, limit: float, metric: Any = "entropy", k: int = K
) -> str:
    from sandbox.snapshots.lattice.metrics import Loss
    from sandbox.snapshots.lattice.rollup import Rollup
    from sandbox.snapshots.lattice.search import Search

    rollup = Rollup(domains, codes, records)
    found = Search(rollup, Loss(metric, rollup, codes, records), k, widest=limit).best(limit)
    assert found.best
    return f"{found.best.node}, {found.counted} of {found.nodes} nodes counted"


def with_sql(folder: Path) -> dict[str, Any]:
    connection = duckdb.connect(folder / "t.duckdb", read_only=True, config={"threads": 2, "memory_limit": "1GB"})
    quasi = ", ".join(QUASI)
    cells = f"SELECT {quasi}, ill, count(DISTINCT id) AS n FROM t GROUP BY ALL"
    shares = f"SELECT *, n / sum(n) OVER (PARTITION BY {quasi}) AS p FROM ({cells})"
    whole = "SELECT ill, count(DISTINCT id) / (SELECT count(DISTINCT id) FROM t) AS w FROM t GROUP BY ill"
    compared = f"SELECT * FROM ({shares}) JOIN ({whole}) USING (ill)"
    ranked = f"SELECT *, row_number() OVER (PARTITION BY {quasi} ORDER BY n DESC) AS place FROM ({cells})"
    by_class = {
        f"count(DISTINCT id) < {K}": "t",
        f"count(DISTINCT ill) < {L}": "t",
        f"exp(-sum(p * ln(p))) < {L} - 1e-9": shares,
        f"coalesce(max(n) >= {C} * sum(n) FILTER (place >= {L}), true)": ranked,
        f"(sum(abs(p - w) - w) + 1) / 2 > {T} + 1e-9": compared,
        f"max((p - w) / w) > {BETA} + 1e-9": compared,
        f"max(abs(log2(p / w))) >= {DELTA} - 1e-9": compared,
    }
    failing: list[int] = []

    def count() -> None:
        failing.clear()
        for fails, source in by_class.items():
            source = source if source == "t" else f"({source})"
            query = f"SELECT count(*) FILTER (fails) FROM (SELECT {fails} AS fails FROM {source} GROUP BY {quasi})"
            failing.append(int((connection.execute(query).fetchone() or (0,))[0]))

    return timed(count, repeats=1) | {"failing": failing}


def with_pandas(folder: Path) -> dict[str, Any]:
    import numpy as np
    import pandas as pd

    frame = pd.read_parquet(folder / "t.parquet")
    quasi = list(QUASI)
    failing: list[int] = []

    def count() -> None:
        by_class = frame.groupby(quasi, dropna=False)
        failing.append(int((by_class["id"].nunique() < K).sum()))
        failing.append(int((by_class["ill"].nunique() < L).sum()))
        cells = frame.groupby([*quasi, "ill"], dropna=False)["id"].nunique().rename("n").reset_index()
        number = cells.groupby(quasi, dropna=False).ngroup()
        p = cells["n"] / cells["n"].groupby(number).transform("sum")
        failing.append(int((np.exp((-p * np.log(p)).groupby(number).sum()) < L - 1e-9).sum()))
        place = cells["n"].groupby(number).rank(method="first", ascending=False)
        rare = cells["n"].where(place >= L, 0).groupby(number).sum()
        failing.append(int((~(cells["n"].groupby(number).max() < C * rare)).sum()))
        units = frame.groupby("ill")["id"].nunique()
        w = cells["ill"].map(units / frame["id"].nunique())
        failing.append(int(((((p - w).abs() - w).groupby(number).sum() + 1) / 2 > T + 1e-9).sum()))
        failing.append(int((((p - w) / w).groupby(number).max() > BETA + 1e-9).sum()))
        failing.append(int((np.log2(p / w).abs().groupby(number).max() >= DELTA - 1e-9).sum()))

    return timed(count, repeats=1) | {"failing": failing}


def timed(job: Any, repeats: int = REPEATS) -> dict[str, Any]:
    """The least of ``repeats``, and what the job said last."""
    wall, cpu, said = runs(job, repeats)
    return {"wall": min(wall), "cpu": min(cpu)} | ({"said": said} if isinstance(said, str) else {})


def spread(job: Any, repeats: int = 5) -> dict[str, Any]:
    """The median of ``repeats`` and their range, and what the job said last."""
    wall, cpu, said = runs(job, repeats)
    ranges = ", ".join(f"{min(t):.3f}–{max(t):.3f} {name}" for t, name in ((wall, "wall"), (cpu, "cpu")))
    return {"wall": median(wall), "cpu": median(cpu), "said": f"{ranges}; {said}"}


def runs(job: Any, repeats: int) -> tuple[list[float], list[float], Any]:
    wall, cpu, said = [], [], None
    for _ in range(repeats):
        started, used = time.perf_counter(), time.process_time()
        said = job()
        wall.append(time.perf_counter() - started)
        cpu.append(time.process_time() - used)
    return wall, cpu, said


def work(name: str, folder: Path) -> None:
    """The work, in this process; prints what it took as JSON."""
    if name == "sql":
        found = with_sql(folder)
    elif name == "pandas":
        found = with_pandas(folder)
    elif name.startswith("adult"):
        found = with_adult(*name.split("-")[1:])
    elif name.startswith("lattice"):
        found = with_lattice(folder, 0.02 if name == "lattice-2" else 0.0)
    else:
        found = with_gates(name, folder)
    print(json.dumps(found | {"peak": peak()}))


def peak() -> float:
    """MB. Not what the system tells of a process: there a child begins with the peak of its parent."""
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    [line] = [line for line in status.read_text().splitlines() if line.startswith("VmHWM")]
    return int(line.split()[1]) / 1024


def main(rows: int, works: list[str]) -> None:
    results: dict[str, dict[str, Any]] = {}
    print(f"{rows:,} rows, {len(QUASI)} quasi-identifiers, {os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory() as folder:
        make_table(Path(folder), rows)
        for name in works:
            python = os.environ.get("PEERS", sys.executable) if name == "pandas" else sys.executable
            if name == "pandas" and subprocess.run([python, "-c", "import pandas"], capture_output=True).returncode:
                print(f"{name:<14} not installed")
                continue
            if name.startswith("adult") and not (SHARED / "adult").is_dir():
                print(f"{name:<14} no data (SANDBOX_SHARED_DATA)")
                continue
            done = subprocess.run(
                [python, __file__, "--work", name, folder], stdout=subprocess.PIPE, text=True, check=True
            )
            found = results[name] = json.loads(done.stdout)
            times = f"{found.pop('wall'):7.3f} s wall {found['cpu']:7.3f} s cpu {found.pop('peak'):6.0f} MB"
            said = ", ".join(f"{k} {v}" if k != "said" else str(v) for k, v in found.items() if k != "cpu")
            print(f"{name:<14} {times}  {said}", flush=True)
    for other in PEERS:
        if other in results and "gates" in results:
            same = results[other]["failing"] == results["gates"]["failing"]
            ratio = results[other]["cpu"] / results["gates"]["cpu"]
            print(f"{other} / gates: cpu {ratio:.1f}; the same classes fail: {same}")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--work"]:
        work(sys.argv[2], Path(sys.argv[3]))
    else:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_200_000, sys.argv[2:] or [*OURS, *PEERS])
