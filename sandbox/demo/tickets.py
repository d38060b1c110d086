"""Support tickets: free text in Chinese and English, with personal data inside it as customers really write it."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from sandbox.demo import places, ticket_texts
from sandbox.demo.customers import Customers
from sandbox.demo.identifiers import Booleans, Integers
from sandbox.demo.truths import AS_OF, TICKET_SLIPS, TICKET_WORDS

_OLDER_PER_CUSTOMER = 0.25
_MINUTES_90_DAYS = 90 * 24 * 60
_MINUTES_YEAR = 365 * 24 * 60
_CATEGORIES = tuple(TICKET_WORDS)
_SHARES = np.array([0.26, 0.19, 0.20, 0.19, 0.10, 0.06])
#: Who is about to leave says so: their tickets of the last 90 days ask to cancel far more often.
_SHARES_LEAVING = np.array([0.24, 0.18, 0.18, 0.12, 0.04, 0.24])
_HOURS = np.array([10.0, 5.0, 18.0, 30.0, 48.0, 8.0])
_PRODUCTS = ("fibre", "dsl", "gateway", "camera", "television")
_CHANNELS = ("hotline", "app", "wechat", "email")
_PRIORITIES = ("low", "normal", "high")
#: How urgent tickets are by category, in the order of ``_PRIORITIES``: no connection is, an invoice seldom.
_URGENCY = np.array([[0.40, 0.50, 0.10], [0.05, 0.45, 0.50], [0.25, 0.55, 0.20], [0.25, 0.50, 0.25],
                     [0.50, 0.40, 0.10], [0.20, 0.60, 0.20]])  # fmt: skip


def make_tickets(rng: np.random.Generator, customers: Customers, calls: Integers, left: Booleans) -> pa.Table:
    """One ticket for each of the `calls` of the last 90 days, and older ones; ordered by time."""
    recent = np.repeat(np.arange(len(customers)), calls)
    older = rng.integers(len(customers), size=round(len(customers) * _OLDER_PER_CUSTOMER))
    owner = np.concatenate([recent, older])
    minutes = np.concatenate(
        [
            rng.integers(60, _MINUTES_90_DAYS, len(recent)),
            rng.integers(_MINUTES_90_DAYS, _MINUTES_YEAR, len(older)),
        ]
    )
    is_recent = np.arange(len(owner)) < len(recent)
    category = _categories(rng, left[owner] & is_recent)
    order = np.argsort(-minutes, kind="stable")
    owner, minutes, category, is_recent = owner[order], minutes[order], category[order], is_recent[order]
    count = len(owner)
    english = np.where(rng.random(count) < 0.95, customers.speaks_english[owner], ~customers.speaks_english[owner])
    said = rng.spawn(1)[0]  # a stream of its own: what is said more leaves everything else as it was
    priority = (said.random(count)[:, None] > np.cumsum(_URGENCY, axis=1)[category][:, :-1]).sum(axis=1)
    vague = said.random(count) < TICKET_SLIPS["vague"]
    subject, body = _texts(rng, said, customers, owner, np.where(vague, -1, category), priority, english)
    hours = np.round(rng.lognormal(0, 0.7, count) * _HOURS[category], 1)
    channel = rng.choice(_CHANNELS[1:], size=count, p=[0.5, 0.35, 0.15])
    return pa.table(
        {
            "ticket_id": np.char.add("T", np.char.zfill(np.arange(1, count + 1).astype(str), 7)),
            "customer_id": customers.ids[owner],
            "opened_at": np.datetime64(AS_OF) - minutes * np.timedelta64(60, "s"),
            "channel": np.where(is_recent, "hotline", channel),
            "product": rng.choice(_PRODUCTS, size=count, p=[0.4, 0.2, 0.2, 0.1, 0.1]),
            "language": np.where(english, "en", "zh-CN"),
            "subject": subject,
            "body": body,
            "category": np.array(_CATEGORIES)[_slipped(said, category, TICKET_SLIPS["category"])],
            "priority": np.array(_PRIORITIES)[_slipped(said, priority, TICKET_SLIPS["priority"])],
            # A ticket younger than its own handling time is still open.
            "resolved_hours": pa.array(hours, mask=hours * 60 > minutes),
        }
    )


def _categories(rng: np.random.Generator, leaving: Booleans) -> Integers:
    usual, parting = np.cumsum(_SHARES), np.cumsum(_SHARES_LEAVING)
    draw = rng.random(len(leaving))[:, None]
    category: Integers = (draw > np.where(leaving[:, None], parting, usual)[:, :-1]).sum(axis=1)
    return category


def _slipped(rng: np.random.Generator, right: Integers, share: float) -> Integers:
    """What was written down: in this share of the cases what another ticket has, as happens by hand."""
    return np.where(rng.random(len(right)) < share, rng.permutation(right), right)


def _texts(
    rng: np.random.Generator, said: np.random.Generator, customers: Customers, owner: Integers, category: Integers,
    priority: Integers, english: Booleans,
) -> tuple[list[str], list[str]]:  # fmt: skip
    """Subjects and bodies; a category of -1 gives a vague one. Two in three bodies carry a signature with personal
    data, as hotline notes do."""
    count = len(owner)
    variant, signature = rng.integers(0, 1000, (2, count)).tolist()
    opening, closing = said.integers(0, 1000, (2, count)).tolist()
    subjects, bodies = [], []
    rows = zip(owner.tolist(), category.tolist(), priority.tolist(), english.tolist(), variant, signature, opening,
               closing, strict=True)  # fmt: skip
    for who, kind, urgent, in_english, pick, sign, start, end in rows:
        texts = ticket_texts.ENGLISH if in_english else ticket_texts.CHINESE
        wording = texts.wordings[_CATEGORIES[kind]] if kind >= 0 else texts.vague
        signatures, urging = texts.signatures, texts.urgency[_PRIORITIES[urgent]]
        subject, body = wording[pick % len(wording)]
        body = texts.openings[start % len(texts.openings)] + body + urging[end % len(urging)]
        place = places.DISTRICTS[customers.district[who]]
        facts = {
            "name": customers.people.name[who],
            "mobile": customers.mobile[who],
            "email": customers.email[who],
            "resident_id": customers.resident_id[who],
            "city": place.city_english if in_english else place.city,
            "district": place.english if in_english else place.name,
            "days": pick % 6 + 2,
            "amount": 20 + pick % 180,
        }
        if sign % 3:
            body += signatures[sign % len(signatures)]
        subjects.append(subject)
        bodies.append(body.format_map(facts))
    return subjects, bodies
