"""Readings of the milling machines in the two plants, every four hours, and whether they failed within a day.

Wear, fouling of the coolant and looseness of the bearing grow from reading to reading and are reset by a repair; load
belongs to a job that lasts three days. A failure needs a day of the conditions in ``truths.FAILURE_MODES``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from sandbox.demo import truths
from sandbox.demo.identifiers import Booleans, Strings

READINGS: int = 500
HOURS_BETWEEN: int = 4
_DAY_OF_READINGS = 24 // HOURS_BETWEEN
_JOB = 18
_COLUMNS = ("air_temp_k", "process_temp_k", "rotational_speed_rpm", "torque_nm", "tool_wear_min", "vibration_mm_s")
_DUTY_SHARES = {"L": 0.5, "M": 0.3, "H": 0.2}

Reals = NDArray[np.float64]


@dataclass(frozen=True)
class Telemetry:
    """The table with one row per reading; which machines have a defect; the failures of each machine (time, mode)."""

    table: pa.Table
    weak: Mapping[str, str]
    failures: Mapping[str, tuple[tuple[str, str], ...]]


@dataclass
class _Shop:
    """The machines' changing state while they are simulated, one entry per machine."""

    duty: Strings
    foul_rate: Reals
    loose_rate: Reals
    wear: Reals
    change_at: Reals
    load: Reals
    foul: Reals
    loose: Reals
    stress: dict[str, Reals]

    def conditions(self, reading: Mapping[str, Reals]) -> dict[str, Booleans]:
        """Which machines are in which bad condition at this reading."""
        power = reading["torque_nm"] * reading["rotational_speed_rpm"] * 2 * np.pi / 60
        strain = reading["tool_wear_min"] * reading["torque_nm"]
        limit = np.select([self.duty == d for d in truths.STRAIN_LIMIT], list(truths.STRAIN_LIMIT.values()))
        heat = reading["process_temp_k"] - reading["air_temp_k"] > truths.HEAT_LIMIT_K
        low, high = truths.POWER_RANGE_W
        return {
            "tool_wear": reading["tool_wear_min"] > truths.WEAR_LIMIT_MIN,
            "heat": heat & (reading["rotational_speed_rpm"] < truths.HEAT_SPEED_RPM),
            "power": (power < low) | (power > high),
            "overstrain": strain > limit,
            "bearing": reading["vibration_mm_s"] > truths.VIBRATION_LIMIT,
        }

    def repair(self, failed: Booleans, fresh_change_at: Reals, fresh_load: Reals) -> None:
        """A failed machine gets a new tool, clean coolant, a tight bearing and another job."""
        for state in (self.wear, self.foul, self.loose, *self.stress.values()):
            state[failed] = 0.0
        self.change_at[failed] = fresh_change_at[failed]
        self.load[failed] = fresh_load[failed]


def make_telemetry(rng: np.random.Generator, machines: int) -> Telemetry:
    """`machines` x 500 readings. A tenth of the machines foul quickly, another tenth has a loose bearing."""
    ids = np.char.add("M-", np.char.zfill(np.arange(1, machines + 1).astype(str), 3))
    weak = _weak(rng, ids)
    shop = _open(rng, ids, weak)
    readings = {name: np.empty((READINGS, machines)) for name in _COLUMNS}
    modes = np.full((READINGS, machines), "", dtype="U12")
    air = 298 + 2 * np.sin(np.arange(READINGS) * 2 * np.pi / _DAY_OF_READINGS)[:, None]
    air = air + np.cumsum(rng.normal(0, 0.12, (READINGS, 1)), axis=0) + rng.normal(0, 0.3, (READINGS, machines))
    for step in range(READINGS):
        reading = _read(rng, shop, air[step])
        for name, values in reading.items():
            readings[name][step] = values
        modes[step] = _fail(rng, shop, reading)
        shop.repair(modes[step] != "", rng.uniform(160, 260, machines), rng.normal(40, 8, machines))
        _advance(rng, shop, step)
    start = np.datetime64(truths.AS_OF) - np.timedelta64(READINGS * HOURS_BETWEEN, "h")
    times = start + np.arange(READINGS) * np.timedelta64(HOURS_BETWEEN, "h")
    failures = {
        str(machine): tuple((str(times[t]), str(modes[t, m])) for t in np.flatnonzero(modes[:, m] != ""))
        for m, machine in enumerate(ids)
    }
    return Telemetry(_table(ids, shop.duty, times, readings, modes != ""), weak, failures)


def _weak(rng: np.random.Generator, ids: Strings) -> dict[str, str]:
    each = max(1, len(ids) // 10)
    chosen = rng.permutation(len(ids))[: 2 * each]
    return {str(ids[m]): "coolant" if n < each else "bearing" for n, m in enumerate(chosen)}


def _open(rng: np.random.Generator, ids: Strings, weak: Mapping[str, str]) -> _Shop:
    count = len(ids)
    defect = np.array([weak.get(str(machine), "") for machine in ids])
    return _Shop(
        duty=rng.choice(list(_DUTY_SHARES), size=count, p=list(_DUTY_SHARES.values())),
        foul_rate=np.where(defect == "coolant", 0.055, 0.004),
        loose_rate=np.where(defect == "bearing", 0.035, 0.002),
        wear=rng.uniform(0, 180, count),
        change_at=rng.uniform(160, 260, count),
        load=rng.normal(40, 8, count),
        foul=rng.uniform(0, 0.5, count),
        loose=rng.uniform(0, 0.5, count),
        stress={mode: np.zeros(count) for mode in truths.FAILURE_MODES if mode != "random"},
    )


def _read(rng: np.random.Generator, shop: _Shop, air: Reals) -> dict[str, Reals]:
    count = len(air)
    torque = np.clip(shop.load + rng.normal(0, 1.5, count), 4, 85)
    speed = 1540 - 14 * (torque - 40) + rng.normal(0, 25, count)
    process = air + 10 + shop.foul + rng.normal(0, 0.25, count)
    vibration = 1.8 + shop.loose + 0.003 * shop.wear + rng.normal(0, 0.15, count)
    values = (air, process, speed, torque, shop.wear.copy(), vibration)
    return dict(zip(_COLUMNS, values, strict=True))


def _fail(rng: np.random.Generator, shop: _Shop, reading: Mapping[str, Reals]) -> Strings:
    """The mode in which each machine fails right after this reading; empty for those that run on."""
    mode = np.full(len(shop.duty), "", dtype="U12")
    mode[rng.random(len(mode)) < truths.FAILURE_MODES["random"].chance] = "random"
    for name, bad in shop.conditions(reading).items():
        stress = shop.stress[name]
        stress[:] = np.where(bad, stress + 1, np.maximum(stress - 1, 0))
        draw = rng.random(len(mode)) < truths.FAILURE_MODES[name].chance
        mode[(stress >= _DAY_OF_READINGS) & draw & (mode == "")] = name
    return mode


def _advance(rng: np.random.Generator, shop: _Shop, step: int) -> None:
    count = len(shop.wear)
    shop.wear += rng.uniform(1.5, 5.0, count)
    shop.foul += shop.foul_rate * rng.uniform(0, 2, count)
    shop.loose += shop.loose_rate * rng.uniform(0, 2, count)
    worn = shop.wear > shop.change_at
    shop.wear[worn] = 0.0
    shop.change_at[worn] = rng.uniform(160, 260, count)[worn]
    due = (step + np.arange(count)) % _JOB == 0
    shop.load[due] = rng.normal(40, 10.5, count)[due]
    if step % 120 == 119:  # maintenance every twenty days, which healthy machines do not need
        shop.foul *= 0.3
        shop.loose *= 0.3


def _table(
    ids: Strings, duty: Strings, times: NDArray[np.datetime64], readings: Mapping[str, Reals], events: Booleans
) -> pa.Table:
    """Rows ordered by time, then machine. A row is labelled if a failure follows within the next 24 hours."""
    ahead = np.zeros_like(events)
    for shift in range(_DAY_OF_READINGS):
        ahead[: len(events) - shift] |= events[shift:]
    steps, machines = events.shape
    digits = {"rotational_speed_rpm": 0, "tool_wear_min": 0, "vibration_mm_s": 2}
    columns = {name: np.round(values.ravel(), digits.get(name, 1)) for name, values in readings.items()}
    for whole in ("rotational_speed_rpm", "tool_wear_min"):
        columns[whole] = columns[whole].astype(np.int64)
    plant = np.where(np.arange(machines) % 5 < 3, "Suzhou", "Dongguan")
    line = np.char.add("line-", (np.arange(machines) % 4 + 1).astype(str))
    return pa.table(
        {
            "machine_id": np.tile(ids, steps),
            "recorded_at": np.repeat(times, machines).astype("datetime64[s]"),
            "plant": np.tile(plant, steps),
            "line": np.tile(line, steps),
            "type": np.tile(duty, steps),
            **columns,
            "failure_24h": ahead.ravel().astype(np.int64),
        }
    )
