"""Inspected parts of four processes: how far a measure is off, and whether the part failed its final test."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from sandbox.demo import truths

_DAYS = 182
_PROCESSES = ("moulding", "soldering", "coating", "assembly")
_SUPPLIERS = {"Anda": 0.45, "Huaxin": 0.20, "Jinfeng": 0.35}
#: Micrometres: how much parts of one process differ when nothing is wrong.
_SPREAD = 8.0


def make_inspections(rng: np.random.Generator, count: int) -> pa.Table:
    """``count`` parts in order of time, each measured once and tested at the end of the line."""
    end = np.datetime64(truths.AS_OF.date(), "s")
    when = np.sort(end - rng.integers(0, _DAYS * 86_400, count) * np.timedelta64(1, "s"))
    process = rng.choice(_PROCESSES, size=count)
    supplier = rng.choice(list(_SUPPLIERS), size=count, p=list(_SUPPLIERS.values()))
    humidity = np.round(np.clip(rng.normal(52, 10, count), 25, 85), 1)
    tool = np.round(rng.uniform(0, 120, count), 1)
    drift, causes = truths.INSPECTION_DRIFT, truths.DEFECT_CAUSES
    since = (when - np.datetime64(drift["from"], "s")).astype(float) / 86_400
    span = float((end - np.datetime64(drift["from"], "s")).astype(float)) / 86_400
    grown = np.where(process == drift["process"], np.clip(since / span, 0, 1) * drift["sigmas"] * _SPREAD, 0.0)
    off = rng.normal(0, _SPREAD, count) + grown
    score = (
        -3.7
        + causes["supplier"]["effect"] * (supplier == causes["supplier"]["value"])
        + causes["humidity"]["effect"] * ((process == causes["humidity"]["process"])
                                          & (humidity > causes["humidity"]["above"]))
        + causes["tool_hours"]["effect"] * (tool > causes["tool_hours"]["above"])
        + causes["deviation_um"]["effect"] * (np.abs(off) > causes["deviation_um"]["above"])
    )  # fmt: skip
    failed = rng.random(count) < 1 / (1 + np.exp(-score))
    return pa.table(
        {
            "part_id": np.char.add("P", np.char.zfill(np.arange(1, count + 1).astype(str), 6)),
            "inspected_at": when,
            "process": process,
            "supplier": supplier,
            "shift": rng.choice(["early", "late", "night"], size=count, p=[0.4, 0.35, 0.25]),
            "humidity": humidity,
            "tool_hours": tool,
            "deviation_um": np.round(off, 1),
            "defect": np.where(failed, "yes", "no"),
        }
    )
