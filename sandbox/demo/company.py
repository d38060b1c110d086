"""The demo company as a whole: every table in its own kind of file, written beside and renamed at the end."""

from __future__ import annotations

import json
import math
import os
import shutil
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sandbox.core.errors import BadInput, Conflict, Unavailable
from sandbox.demo import files
from sandbox.demo.campaign import make_campaign
from sandbox.demo.claims import Claims, make_claims
from sandbox.demo.contracts import Contracts, make_contracts, make_usage
from sandbox.demo.credit import make_credit
from sandbox.demo.customers import make_customers
from sandbox.demo.deliveries import make_deliveries
from sandbox.demo.inspections import make_inspections
from sandbox.demo.orders import make_orders
from sandbox.demo.retail import make_retail
from sandbox.demo.telemetry import Telemetry, make_telemetry
from sandbox.demo.tickets import make_tickets
from sandbox.demo.truths import Truths

#: Called with the table that is being made and the share of the work done so far (0 to 1).
Progress = Callable[[str, float], None]

#: 400,000 customers; memory grows with the scale, 1.4 GB at 10.
LARGEST_SCALE = 20.0
TICKETS_TABLE = "tickets"
CLAIMS_SHEET = "claims"
_FILES: Mapping[str, str] = {
    "customers": "customers.csv",
    "contracts": "contracts.parquet",
    "usage": "usage.parquet",
    "tickets": "tickets.sqlite",
    "telemetry": "telemetry.parquet",
    "claims": "claims.xlsx",
    "orders": "orders.csv",
    "retail": "retail.csv",
    "deliveries": "deliveries.parquet",
    "campaign": "campaign.csv",
    "credit": "credit.parquet",
    "inspections": "inspections.parquet",
    "truths": "truths.json",
}
#: Tables that took their chance from their place before there were others; the others take it from their name.
_FIRST = ("customers", "contracts", "usage", "tickets", "telemetry", "claims", "orders")


@dataclass(frozen=True)
class Sizes:
    """How many of each there are at a scale; small scales keep enough of everything to be believable."""

    customers: int
    orders: int
    machines: int
    claims: int
    employees: int
    shops: int
    deliveries: int
    tested: int
    applications: int
    parts: int

    @classmethod
    def at(cls, scale: float) -> Sizes:
        def scaled(full: int, least: int) -> int:
            return max(least, round(full * scale))

        return cls(
            customers=scaled(20_000, 200),
            orders=scaled(200_000, 2_000),
            machines=scaled(60, 24),
            claims=scaled(5_000, 300),
            employees=scaled(400, 80),
            shops=min(12, scaled(12, 6)),
            deliveries=scaled(9_000, 1_500),
            tested=scaled(12_000, 200),
            applications=scaled(7_500, 200),
            parts=scaled(12_000, 2_000),
        )


@dataclass(frozen=True)
class CompanyFiles:
    """Where the sources of a written company are, how many rows each has, and what is planted in them."""

    folder: Path
    customers: Path
    contracts: Path
    usage: Path
    tickets: Path
    telemetry: Path
    claims: Path
    orders: Path
    retail: Path
    deliveries: Path
    campaign: Path
    credit: Path
    inspections: Path
    truths_json: Path
    rows: Mapping[str, int]
    truths: Truths


def write_company(folder: Path, *, seed: int = 7, scale: float = 1.0, progress: Progress | None = None) -> CompanyFiles:
    """Write the company's raw sources into ``folder``, which is made, or replaced if a company was there before.

    The same seed and scale give the same content (the CSV files: the same bytes). Nothing half-written is ever seen
    under ``folder``. Raises BadInput for a scale out of range, Conflict if ``folder`` holds anything else.
    """
    if not (math.isfinite(scale) and 0 < scale <= LARGEST_SCALE):
        raise BadInput(
            "The scale {scale} cannot be used.",
            "Give a number above 0 and at most {largest}; 1 makes about 20,000 customers.",
            scale=scale,
            largest=LARGEST_SCALE,
        )
    if seed < 0:
        raise BadInput("The seed {seed} cannot be used.", "Give a whole number from 0 on.", seed=seed)
    folder = folder.resolve()
    _refuse_foreign(folder)
    aside = folder.with_name(f".{folder.name}.new-{os.getpid()}")
    try:
        aside.mkdir(mode=0o700, parents=True)
        rows, truths = _write_tables(aside, seed, scale, progress or _silent)
        _swap(aside, folder)
    except OSError as error:
        raise Unavailable(
            "The demo company cannot be written to {folder}: {reason}.",
            "Choose a folder that you may write to and that has enough space.",
            folder=folder,
            reason=error.strerror or error,
        ) from error
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    paths = {name: folder / file for name, file in _FILES.items() if name != "truths"}
    return CompanyFiles(folder, **paths, truths_json=folder / _FILES["truths"], rows=rows, truths=truths)


def _write_tables(folder: Path, seed: int, scale: float, progress: Progress) -> tuple[dict[str, int], Truths]:
    sizes = Sizes.at(scale)

    def chance(table: str) -> np.random.Generator:
        # One stream per table: a change in one table leaves the others as they are.
        place = _FIRST.index(table) if table in _FIRST else zlib.crc32(table.encode())
        return np.random.default_rng([seed, place])

    progress("customers", 0.0)
    customers = make_customers(chance("customers"), sizes.customers)
    files.write_csv(customers.table, folder / _FILES["customers"])
    progress("contracts", 0.10)
    contracts = make_contracts(chance("contracts"), customers)
    files.write_parquet(contracts.table, folder / _FILES["contracts"])
    progress("usage", 0.15)
    usage = make_usage(chance("usage"), customers, contracts.left)
    files.write_parquet(usage, folder / _FILES["usage"])
    progress("tickets", 0.25)
    tickets = make_tickets(chance("tickets"), customers, contracts.calls, contracts.left)
    files.write_sqlite(tickets, folder / _FILES["tickets"], TICKETS_TABLE)
    progress("telemetry", 0.50)
    telemetry = make_telemetry(chance("telemetry"), sizes.machines)
    files.write_parquet(telemetry.table, folder / _FILES["telemetry"])
    progress("claims", 0.60)
    claims = make_claims(chance("claims"), sizes.claims, sizes.employees)
    files.write_xlsx(claims.table, folder / _FILES["claims"], CLAIMS_SHEET)
    progress("orders", 0.80)
    orders = make_orders(chance("orders"), customers, sizes.orders)
    files.write_csv(orders, folder / _FILES["orders"])
    progress("retail", 0.95)
    retail = make_retail(chance("retail"), sizes.shops)
    files.write_csv(retail, folder / _FILES["retail"])
    deliveries = make_deliveries(chance("deliveries"), sizes.deliveries)
    files.write_parquet(deliveries, folder / _FILES["deliveries"])
    campaign = make_campaign(chance("campaign"), customers, sizes.tested)
    files.write_csv(campaign, folder / _FILES["campaign"])
    credit = make_credit(chance("credit"), customers, sizes.applications)
    files.write_parquet(credit, folder / _FILES["credit"])
    inspections = make_inspections(chance("inspections"), sizes.parts)
    files.write_parquet(inspections, folder / _FILES["inspections"])
    truths = _truths(seed, scale, contracts, telemetry, claims)
    text = json.dumps(truths.to_json(), ensure_ascii=False, indent=2, sort_keys=True)
    (folder / _FILES["truths"]).write_text(text + "\n", encoding="utf-8")
    progress("truths", 1.0)
    tables = {
        "customers": customers.table, "contracts": contracts.table, "usage": usage, "tickets": tickets,
        "telemetry": telemetry.table, "claims": claims.table, "orders": orders,
        "retail": retail, "deliveries": deliveries, "campaign": campaign,
        "credit": credit, "inspections": inspections,
    }  # fmt: skip
    return {name: table.num_rows for name, table in tables.items()}, truths


def _truths(seed: int, scale: float, contracts: Contracts, telemetry: Telemetry, claims: Claims) -> Truths:
    return Truths(
        seed=seed,
        scale=scale,
        churn_rate=round(float((contracts.table["churned"].to_numpy() == "yes").mean()), 4),
        failure_rate=round(float(telemetry.table["failure_24h"].to_numpy().mean()), 4),
        weak_machines=telemetry.weak,
        failures=telemetry.failures,
        duplicate_claims=claims.duplicates,
        over_limit_claims=claims.over_limit,
        split_claims=claims.split,
    )


def _silent(table: str, share: float) -> None:
    """The progress display of a caller who wants none."""


def _refuse_foreign(folder: Path) -> None:
    """An existing folder may only be replaced if all that is in it is an earlier company."""
    if not folder.exists():
        return
    strangers = (
        [folder.name] if not folder.is_dir() else [p.name for p in folder.iterdir() if p.name not in _FILES.values()]
    )
    if strangers:
        raise Conflict(
            "{folder} holds something that is not of the demo company: {name}.",
            "Choose another folder, or move that away first; the demo replaces only its own files.",
            folder=folder,
            name=min(strangers),
        )


def _swap(aside: Path, folder: Path) -> None:
    """The new folder takes the old one's name; the old one is removed last."""
    old = folder.with_name(f".{folder.name}.old-{os.getpid()}")
    if folder.exists():
        folder.rename(old)
    try:
        aside.rename(folder)
    except OSError:
        if old.exists():
            old.rename(folder)
        raise
    shutil.rmtree(old, ignore_errors=True)
