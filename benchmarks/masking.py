"""What it costs to mask ids that repeat, beside ids that are all distinct: ``python benchmarks/masking.py [ROWS …]``.

The tables are those of ``snapshot_build``: persons with distinct ids, and orders with ten rows per customer in random
order. Prints processor microseconds a row for the build's own steps, taken alone: pseudonyms of the ids (counting and
hashing distinct ones, where that pays, included), and all rules of the example spec with what is read and written.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.snapshot_build import KEY, RULES, example_spec, make_tables
from sandbox.core.spec import DatasetSpec
from sandbox.snapshots.build import MEMORY_LIMIT
from sandbox.snapshots.duck import connect_staging
from sandbox.snapshots.plan import make_plan, source_types
from sandbox.snapshots.repeated import hash_once
from sandbox.snapshots.source import open_source
from sandbox.snapshots.source_database import no_logins

EVERY = tuple(RULES)


def mask(name: str, columns: Sequence[str], folder: Path) -> float:
    """Processor seconds from an opened source to the masked table; columns that are not named are dropped."""
    spec = DatasetSpec.model_validate(example_spec(name, "parquet", columns))
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        staging = Path(scratch)
        connection = connect_staging(staging, memory_limit=MEMORY_LIMIT)
        with open_source(spec.source, folder, connection, staging, source_types(spec), no_logins) as source:
            plan = make_plan(spec, source.columns)
            started = time.process_time()
            hashed = hash_once(connection, source, plan.pseudonyms, lambda entity: KEY)
            query = "CREATE TABLE masked AS " + plan.select(source.query, lambda entity: KEY, hashed)
            connection.execute(query.text, query.parameters)
            used = time.process_time() - started
        connection.close()
    return used


def main(counts: Sequence[int]) -> None:
    for rows in counts:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            make_tables(folder, rows, ["orders"])
            for what, columns in (("pseudonyms alone", ("id",)), ("all rules", EVERY)):
                persons, orders = (1e6 * mask(table, columns, folder) / rows for table in ("persons", "orders"))
                print(f"{rows:>12,} rows, {what:<17} distinct ids {persons:.2f}, ten rows per id {orders:.2f} µs/row: "
                      f"{persons / orders:.2f}×", flush=True)  # fmt: skip


if __name__ == "__main__":
    main([int(argument) for argument in sys.argv[1:]] or [1_000_000, 10_000_000])
