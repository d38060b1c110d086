"""Identifiers that look like the real thing, made column-wise: resident IDs, mobile numbers, names, e-mail addresses.

Resident IDs follow GB 11643: six digits of region, eight of birth date, three of sequence (odd for men), one check
character by ISO 7064 MOD 11-2. Foreign permanent residents carry the same 18 characters beginning with 9, then the
province and the ISO 3166-1 numeric country code.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from sandbox.demo import names

Strings: TypeAlias = NDArray[np.str_]
Integers: TypeAlias = NDArray[np.int64]
Booleans: TypeAlias = NDArray[np.bool_]

_WEIGHTS = np.array([pow(2, 17 - place, 11) for place in range(17)], dtype=np.int64)
_CHECK_CHARACTERS = np.array([str((12 - rest) % 11).replace("10", "X") for rest in range(11)])


def check_characters(bodies: Integers) -> Strings:
    """The 18th characters of resident IDs whose first 17 digits are `bodies` (ISO 7064 MOD 11-2)."""
    places = 10 ** np.arange(16, -1, -1, dtype=np.int64)
    digits = bodies[:, None] // places[None, :] % 10
    found: Strings = _CHECK_CHARACTERS[(digits @ _WEIGHTS) % 11]
    return found


def resident_ids(region: Integers, birth: NDArray[np.datetime64], male: Booleans, sequence: Integers) -> Strings:
    """Eighteen characters each: `region` has six digits; `sequence`, 0..499, becomes odd for men, even for women."""
    days = birth.astype("datetime64[D]")
    months = days.astype("datetime64[M]")
    year = days.astype("datetime64[Y]").astype(np.int64) + 1970
    month = months.astype(np.int64) % 12 + 1
    day = (days - months.astype("datetime64[D]")).astype(np.int64) + 1
    bodies = ((region * 10_000 + year) * 10_000 + month * 100 + day) * 1000 + sequence * 2 + male
    return np.char.add(bodies.astype(str), check_characters(bodies))


def mobiles(rng: np.random.Generator, count: int) -> Strings:
    """Distinct Chinese mobile numbers of eleven digits."""
    prefix = rng.choice(np.array(names.MOBILE_PREFIXES, dtype=np.int64), size=count)
    # A multiplier without the factors 2 and 5 permutes 0..10^8-1: the last eight digits never repeat.
    tails = (np.arange(count, dtype=np.int64) * 61_803_399 + int(rng.integers(10**8))) % 10**8
    return (prefix * 10**8 + tails).astype(str)


@dataclass(frozen=True)
class People:
    """Equally long columns about people; `country` is 156 (China) or the country of a foreign permanent resident."""

    name: Strings
    male: Booleans
    country: Integers
    mailbox: Strings

    def __len__(self) -> int:
        return len(self.name)


def people(rng: np.random.Generator, count: int, *, western_share: float = 0.12) -> People:
    """Draw `count` people, Chinese and Western, with the part of their e-mail address before the @."""
    male = rng.random(count) < 0.5
    western = rng.random(count) < western_share
    chinese_name, chinese_mail = _chinese(rng, male)
    western_name, western_mail, country = _western(rng, male)
    mailbox = np.char.add(np.where(western, western_mail, chinese_mail), rng.integers(10, 999, count).astype(str))
    return People(
        name=np.where(western, western_name, chinese_name),
        male=male,
        country=np.where(western, country, 156),
        mailbox=mailbox,
    )


def _chinese(rng: np.random.Generator, male: Booleans) -> tuple[Strings, Strings]:
    count = len(male)
    weights = np.array([weight for *_, weight in names.SURNAMES])
    surname = rng.choice(len(weights), size=count, p=weights / weights.sum())
    signs = [np.array([sign for sign, _ in pool]) for pool in (names.GIVEN_FEMALE, names.GIVEN_MALE)]
    sounds = [np.array([sound for _, sound in pool]) for pool in (names.GIVEN_FEMALE, names.GIVEN_MALE)]
    first, second = rng.integers(len(signs[0]), size=(2, count))
    two = rng.random(count) < 0.78

    def given(pools: list[Strings]) -> Strings:
        women, men = (np.char.add(pool[first], np.where(two, pool[second], "")) for pool in pools)
        return np.where(male, men, women)

    family = np.array([sign for sign, *_ in names.SURNAMES])[surname]
    family_sound = np.array([sound for _, sound, _ in names.SURNAMES])[surname]
    return np.char.add(family, given(signs)), np.char.add(family_sound, given(sounds))


def _western(rng: np.random.Generator, male: Booleans) -> tuple[Strings, Strings, Integers]:
    count = len(male)
    women = np.array(names.WESTERN_FEMALE)[rng.integers(len(names.WESTERN_FEMALE), size=count)]
    men = np.array(names.WESTERN_MALE)[rng.integers(len(names.WESTERN_MALE), size=count)]
    first = np.where(male, men, women)
    chosen = rng.integers(len(names.WESTERN_SURNAMES), size=count)
    last = np.array([surname for surname, _ in names.WESTERN_SURNAMES])[chosen]
    country = np.array([code for _, code in names.WESTERN_SURNAMES], dtype=np.int64)[chosen]
    mailbox = np.char.add(np.char.add(np.char.lower(first), "."), np.char.lower(last))
    return np.char.add(np.char.add(first, " "), last), mailbox, country
