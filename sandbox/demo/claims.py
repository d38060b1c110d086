"""Expense claims of the staff, with planted duplicates, over-limit claims and claims split to stay below a limit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from sandbox.demo import identifiers, places, truths
from sandbox.demo.identifiers import Integers

_DEPARTMENTS = (
    "Sales 销售",
    "Service 客服",
    "Plant Suzhou 苏州工厂",
    "Plant Dongguan 东莞工厂",
    "R&D 研发",
    "Finance 财务",
)
_DEPARTMENT_SHARES = (0.28, 0.24, 0.16, 0.12, 0.14, 0.06)
_CATEGORY_SHARES = (0.34, 0.24, 0.10, 0.11, 0.06, 0.05, 0.10)
_TYPICAL = {"meals": 85, "taxi": 45, "hotel": 420, "train": 330, "flight": 1250, "client-gift": 220, "office": 160}
_MERCHANTS = {
    "meals": ("老街面馆", "Harbour Kitchen", "川味轩", "员工餐厅", "Blue Bean Coffee", "江南小厨"),
    "taxi": ("城市出租", "快行出行", "City Cab"),
    "hotel": ("如归酒店", "Lakeside Hotel", "商务之家"),
    "train": ("铁路客运",),
    "flight": ("东方翼航", "Northern Air"),
    "client-gift": ("礼品坊", "Tea House 茶舍"),
    "office": ("文具之家", "Office Point"),
}
_NOTES = ("", "", "客户拜访", "site visit", "月度会议", "trade fair", "加班", "training", "供应商会谈")
_DUPLICATE_NOTES = ("补交", "resubmitted", "发票补开", "second copy")


@dataclass(frozen=True)
class Claims:
    """The table and the ids of what was planted: pairs (original, duplicate), over the limit, pairs of a split."""

    table: pa.Table
    duplicates: tuple[tuple[str, str], ...]
    over_limit: tuple[str, ...]
    split: tuple[tuple[str, str], ...]


def make_claims(rng: np.random.Generator, count: int, employees: int) -> Claims:
    """``count`` claims of ``employees`` people over one year; ids follow the day of submission."""
    planted = {kind: max(2, round(count * share)) for kind, share in truths.CLAIM_SHARES.items()}
    copies = planted["duplicate"] + planted["split"]
    rows = _ordinary(rng, count - copies, employees)
    special = rng.permutation(count - copies)[: sum(planted.values())]
    doubled, over, halved = np.split(special, np.cumsum([planted["duplicate"], planted["over_limit"]]))
    limit = np.array(list(truths.CLAIM_LIMITS.values()))[rows["category"]]
    rows["amount"][over] = np.round(limit[over] * rng.uniform(1.05, 2.2, len(over)), 2)
    rows["amount"][halved] = np.round(limit[halved] * rng.uniform(0.86, 0.99, len(halved)), 2)
    source = np.concatenate([doubled, halved])
    extra = {name: values[source].copy() for name, values in rows.items()}
    extra["submitted"][: len(doubled)] += rng.integers(3, 35, len(doubled))
    extra["note"][: len(doubled)] = rng.choice(_DUPLICATE_NOTES, size=len(doubled))
    extra["amount"][len(doubled) :] = np.round(limit[halved] * rng.uniform(0.86, 0.99, len(halved)), 2)
    rows = {name: np.concatenate([values, extra[name]]) for name, values in rows.items()}
    order = np.argsort(rows["submitted"], kind="stable")
    number = np.empty(count, dtype=np.int64)
    number[order] = np.arange(1, count + 1)
    ids = np.char.add("E", np.char.zfill(number.astype(str), 6))
    first = ids[: count - copies]
    copied = ids[count - copies :]
    pairs = [(str(a), str(b)) for a, b in zip(first[source], copied, strict=True)]
    table = _table(rng, rows, ids, employees).take(order)
    return Claims(
        table, tuple(sorted(pairs[: len(doubled)])), tuple(sorted(first[over].tolist())),
        tuple(sorted(pairs[len(doubled) :])),
    )  # fmt: skip


def _ordinary(rng: np.random.Generator, count: int, employees: int) -> dict[str, Any]:
    """Claims within their limits, as columns: indexes into the lists above, days from the first day, amounts in CNY."""
    category = rng.choice(len(_CATEGORY_SHARES), size=count, p=_CATEGORY_SHARES)
    typical = np.array([_TYPICAL[name] for name in truths.CLAIM_LIMITS])[category]
    limit = np.array(list(truths.CLAIM_LIMITS.values()))[category]
    day = rng.integers(0, 365, count)
    amount = typical * rng.lognormal(0, 0.45, count)
    # Ordinary claims stay well below the limit, so that "just below" is a mark of the planted splits only.
    amount = np.where(amount > 0.85 * limit, limit * rng.uniform(0.5, 0.85, count), amount)
    merchants = np.array([len(_MERCHANTS[name]) for name in truths.CLAIM_LIMITS])[category]
    return {
        "employee": np.minimum((rng.beta(1, 2.2, count) * employees).astype(np.int64), employees - 1),
        "category": category,
        "merchant": rng.integers(0, merchants),
        "city": rng.integers(len(places.CITIES), size=count),
        "amount": np.round(amount, 2),
        "day": day,
        "submitted": day + rng.integers(0, 12, count),
        "note": rng.choice(_NOTES, size=count).astype("U16"),
    }


def _table(rng: np.random.Generator, rows: dict[str, Any], ids: np.ndarray, employees: int) -> pa.Table:
    staff = identifiers.people(rng, employees, western_share=0.15)
    department = rng.choice(_DEPARTMENTS, size=employees, p=_DEPARTMENT_SHARES)
    names = list(truths.CLAIM_LIMITS)
    start = np.datetime64(truths.AS_OF.date()) - 410
    merchant = [_MERCHANTS[names[c]][m] for c, m in zip(rows["category"], rows["merchant"], strict=True)]
    return pa.table(
        {
            "claim_id": ids,
            "employee_id": np.char.add("N", np.char.zfill((rows["employee"] + 1).astype(str), 5)),
            "employee_name": staff.name[rows["employee"]],
            "department": department[rows["employee"]],
            "expense_date": _days(start, rows["day"]),
            "submitted_on": _days(start, rows["submitted"]),
            "category": np.array(names)[rows["category"]],
            "amount": rows["amount"],
            "currency": np.full(len(ids), "CNY"),
            "merchant": merchant,
            "city": np.array([c.english for c in places.CITIES])[rows["city"]],
            "note": rows["note"],
        }
    )


def _days(start: np.datetime64, offsets: Integers) -> np.ndarray:
    return start + offsets * np.timedelta64(1, "D")
