"""The customers: who they are, where they live, how to reach them. The other customer tables take from here."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from sandbox.demo import identifiers, names, places
from sandbox.demo.identifiers import Booleans, Integers, People, Strings
from sandbox.demo.truths import AS_OF

_SEGMENTS = ("household", "home-office", "small-business")
_EDUCATION = ("secondary", "vocational", "bachelor", "master", "doctor")
_INCOME = ("<5k", "5k-10k", "10k-20k", "20k-40k", ">40k")
_DAY = np.timedelta64(1, "D")


@dataclass(frozen=True)
class Customers:
    """Equally long columns, one entry per customer; ``district`` indexes ``places.DISTRICTS``, ``age`` is in years."""

    ids: Strings
    people: People
    birth: NDArray[np.datetime64]
    age: Integers
    district: Integers
    mobile: Strings
    email: Strings
    resident_id: Strings
    joined: NDArray[np.datetime64]
    table: pa.Table

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def region(self) -> Strings:
        return np.array([d.region for d in places.DISTRICTS])[self.district]

    @property
    def speaks_english(self) -> Booleans:
        foreign: Booleans = self.people.country != 156
        return foreign


def make_customers(rng: np.random.Generator, count: int) -> Customers:
    """``count`` customers with ids C000001…; every resident ID agrees with birth date, gender and district."""
    people = identifiers.people(rng, count)
    today = np.datetime64(AS_OF.date())
    age_days = np.clip(rng.gamma(2.6, 9.0, count) + 18, 18, 88) * 365.25
    birth = today - age_days.astype(np.int64) * _DAY
    age = (age_days / 365.25).astype(np.int64)
    weights = np.array([d.weight for d in places.DISTRICTS])
    district = rng.choice(len(weights), size=count, p=weights / weights.sum())
    code = np.array([d.code for d in places.DISTRICTS], dtype=np.int64)[district]
    foreign = people.country != 156
    area = np.where(foreign, 900_000 + code // 10_000 * 1000 + people.country, code)
    resident_id = identifiers.resident_ids(area, birth, people.male, rng.integers(0, 500, count))
    mailbox = np.char.add(people.mailbox, "@")
    email = np.char.add(mailbox, np.array(names.MAIL_DOMAINS)[rng.integers(len(names.MAIL_DOMAINS), size=count)])
    # Nobody can have joined as a minor, nor before the company existed (2016).
    oldest = np.minimum((age - 18) * 365 + 30, 3900)
    joined = today - (rng.beta(1.1, 1.7, count) * oldest).astype(np.int64) * _DAY
    ids = np.char.add("C", np.char.zfill(np.arange(1, count + 1).astype(str), 6))
    mobile = identifiers.mobiles(rng, count)
    table = _table(rng, ids, people, birth, district, mobile, email, resident_id, joined)
    return Customers(ids, people, birth, age, district, mobile, email, resident_id, joined, table)


def _table(
    rng: np.random.Generator,
    ids: Strings,
    people: People,
    birth: NDArray[np.datetime64],
    district: Integers,
    mobile: Strings,
    email: Strings,
    resident_id: Strings,
    joined: NDArray[np.datetime64],
) -> pa.Table:
    count = len(ids)

    def place(attribute: str) -> Strings:
        return np.array([getattr(d, attribute) for d in places.DISTRICTS])[district]

    postcode = place("postcode").astype(np.int64) + rng.integers(0, 10, count)
    education = rng.choice(_EDUCATION, size=count, p=[0.30, 0.27, 0.33, 0.08, 0.02])
    income = rng.choice(_INCOME, size=count, p=[0.18, 0.36, 0.29, 0.13, 0.04])
    return pa.table(
        {
            "customer_id": ids,
            "name": people.name,
            "gender": np.where(people.male, "M", "F"),
            "birth_date": birth,
            "mobile": mobile,
            "email": pa.array(email, mask=rng.random(count) < 0.06),
            "resident_id": resident_id,
            "province": place("province"),
            "city": place("city"),
            "district": place("name"),
            "address": _addresses(rng, people, district),
            "postcode": np.char.zfill(postcode.astype(str), 6),
            "segment": rng.choice(_SEGMENTS, size=count, p=[0.78, 0.14, 0.08]),
            "education": pa.array(education, mask=rng.random(count) < 0.08),
            "income_band": pa.array(income, mask=rng.random(count) < 0.12),
            "joined_on": joined,
        }
    )


def _addresses(rng: np.random.Generator, people: People, district: Integers) -> list[str]:
    count = len(people)
    street = rng.integers(len(names.STREETS), size=count)
    number, building, floor, door = (rng.integers(1, top, count) for top in (400, 30, 28, 5))
    rows = zip(
        people.country.tolist(), district.tolist(), street.tolist(), number.tolist(), building.tolist(),
        (floor * 100 + door).tolist(), strict=True,
    )  # fmt: skip
    written = []
    for country, where, road, house, block, room in rows:
        place, (chinese, english) = places.DISTRICTS[where], names.STREETS[road]
        if country == 156:
            written.append(f"{place.name}{chinese}{house}号{block}栋{room}室")
        else:
            written.append(f"Room {room}, Block {block}, {house} {english}, {place.english}, {place.city_english}")
    return written
