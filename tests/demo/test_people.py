"""Personal data of the demo has the form of the real thing, so that masking and detection are tried in earnest."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing

import numpy as np
import pandas as pd
import pytest

from sandbox.demo import CompanyFiles, identifiers, places

# Published specimens: the example in GB 11643-1999 and the specimen of the foreign permanent resident's card.
SPECIMENS = ("11010519491231002X", "440524188001010014", "911124198108030024")


@pytest.fixture(scope="module")
def customers(demo_files: CompanyFiles) -> pd.DataFrame:
    return pd.read_csv(demo_files.customers, dtype=str)


def check_character(body: str) -> str:
    """GB 11643, written out once more: weights from the standard's table, not from the code under test."""
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return "10X98765432"[sum(int(d) * w for d, w in zip(body, weights, strict=True)) % 11]


def test_check_characters_agree_with_published_specimens() -> None:
    bodies = np.array([int(s[:17]) for s in SPECIMENS])
    assert identifiers.check_characters(bodies).tolist() == [s[17] for s in SPECIMENS]


def test_every_resident_id_is_valid_and_agrees_with_the_person(customers: pd.DataFrame) -> None:
    codes = {(d.city, d.name): str(d.code) for d in places.DISTRICTS}
    for row in customers.itertuples():
        number = row.resident_id
        assert number[17] == check_character(number[:17])
        assert number[6:14] == row.birth_date.replace("-", "")
        assert (int(number[16]) % 2 == 1) == (row.gender == "M")
        home = codes[row.city, row.district]
        assert number[:6] == home or (number[0] == "9" and number[1:3] == home[:2])


def test_contact_data_has_the_right_form(customers: pd.DataFrame) -> None:
    assert customers.mobile.str.fullmatch(r"1[3-9]\d{9}").all() and customers.mobile.is_unique
    known = customers.email.dropna()
    assert known.str.fullmatch(r"[a-z.]+\d+@[a-z]+\.example\.(com|net|org)").all()
    assert 0.02 < customers.email.isna().mean() < 0.12
    assert customers.postcode.str.fullmatch(r"\d{6}").all()


def test_names_come_in_both_languages(customers: pd.DataFrame) -> None:
    chinese = customers.name.str.fullmatch(r"[\u4e00-\u9fff]{2,4}")
    western = customers.name.str.fullmatch(r"[A-Z][a-z]+ [A-Z][a-z]+")
    assert (chinese ^ western).all()
    assert 0.05 < western.mean() < 0.2


def test_nobody_joined_before_growing_up(customers: pd.DataFrame) -> None:
    born, joined = pd.to_datetime(customers.birth_date), pd.to_datetime(customers.joined_on)
    assert ((joined - born).dt.days >= 17.9 * 365).all()


def test_tickets_carry_personal_data_of_their_own_customer(demo_files: CompanyFiles, customers: pd.DataFrame) -> None:
    with closing(sqlite3.connect(demo_files.tickets)) as connection:
        tickets = pd.read_sql_query("SELECT * FROM tickets", connection)
    people = customers.set_index("customer_id")
    assert set(tickets.language) == {"zh-CN", "en"}
    assert not tickets.body.str.contains(r"[{}]").any()
    found = {"mobile": 0, "resident_id": 0, "email": 0}
    for ticket in tickets.itertuples():
        for mobile in re.findall(r"(?<!\d)1[3-9]\d{9}(?!\d)", ticket.body):
            assert mobile == people.mobile[ticket.customer_id]
            found["mobile"] += 1
        for number in re.findall(r"(?<!\d)\d{17}[\dX](?!\d)", ticket.body):
            assert number == people.resident_id[ticket.customer_id]
            found["resident_id"] += 1
        found["email"] += "@" in ticket.body
    assert min(found.values()) > 100
