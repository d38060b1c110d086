"""What a column's values look like, whatever its name says: resident IDs, mobile numbers, e-mail, names, free text.

The detectors are those of ``sandbox/personal``; all columns of a table are looked at together, because making the
detectors ready takes longer than using them. What their hits mean for a column is decided in ``classify``.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sandbox.personal import DETECTORS, Look, look

_CODE: Final = re.compile(r"(?=.*\d)[A-Za-z0-9][A-Za-z0-9_./#-]*")
_DATE: Final = re.compile(r"(19|20)\d{2}[-/.年]\d{1,2}([-/.月]\d{1,2}.*)?")
_NUMBER: Final = re.compile(r"\s*[+-]?\d+([.,]\d+)?([eE][+-]?\d+)?\s*")
#: Texts that are this long on average, and hardly ever repeat, were written by people.
_LONG_TEXT: Final = 16
#: Values of a column that are looked at closely; evenly spread over the sample.
_CLOSELY: Final = 1000
#: Nothing shorter is a number that names a person; the detectors need not look at it, unless it may be a name.
_SHORTEST: Final = 6
#: Detectors that are certain about a part of a text. A name in it is no such certainty: many a word looks like one.
_CERTAIN: Final = frozenset(kind for kind, one in DETECTORS.items() if one.sure) - {"person_name"}


@dataclass(frozen=True)
class Signs:
    """Shares (0 to 1) of the sampled values that have a form. ``inside`` counts personal data anywhere in a text."""

    resident_id: float = 0.0
    mobile: float = 0.0
    email: float = 0.0
    card: float = 0.0
    ip: float = 0.0
    plate: float = 0.0
    passport: float = 0.0
    address: float = 0.0
    person_name: float = 0.0
    code: float = 0.0
    date: float = 0.0
    number: float = 0.0
    free_text: bool = False
    inside: float = 0.0
    different: float = 0.0
    running: bool = False


def recognise(columns: Sequence[Sequence[str]]) -> list[Signs]:
    """The signs in each of ``columns``, given by its non-empty values as text (a sample will do)."""
    filled = [[v.strip() for v in values if v.strip()] for values in columns]
    samples = [texts[:: -(-len(texts) // _CLOSELY) or 1] for texts in filled]
    wanted = set(filter(_worth_a_look, set().union(*samples)))
    looks = dict(zip(wanted, look(list(wanted)), strict=True))
    return [_signs(texts, sample, looks) for texts, sample in zip(filled, samples, strict=True)]


_NOTHING: Final = Look(frozenset(), None, False)


def _worth_a_look(text: str) -> bool:
    return (len(text) >= _SHORTEST and not text.isalpha()) or not text.isascii() or " " in text


def _signs(texts: Sequence[str], sample: Sequence[str], looks: Mapping[str, Look]) -> Signs:
    if not texts:
        return Signs()
    repeated = Counter(sample)
    seen = [(looks.get(text, _NOTHING), count) for text, count in repeated.items()]
    wholes: Counter[str | None] = Counter()
    for one, count in seen:
        wholes[one.whole] += count
    shares = {n: sum(c for t, c in repeated.items() if test(t)) / len(sample) for n, test in _FORMS.items()}
    shares |= {n: sum(wholes[kind] for kind in kinds) / len(sample) for n, kinds in _WHOLE.items()}
    different = len(set(texts)) / len(texts)
    long_words = sum(len(t) * (2 if not t.isascii() else 1) for t in sample) / len(sample) >= _LONG_TEXT
    spoken = sum(" " in t or not t.isascii() for t in sample) / len(sample) >= 0.5
    return Signs(
        **shares,
        person_name=sum(count for one, count in seen if one.like_a_name) / len(sample),
        free_text=long_words and spoken and different > 0.3 and shares["date"] < 0.5,
        inside=sum(count for one, count in seen if not _CERTAIN.isdisjoint(one.kinds)) / len(sample),
        different=different,
        running=_running(texts),
    )


def _running(texts: Sequence[str]) -> bool:
    """Whether the values are consecutive whole numbers: a row's number."""
    if len(texts) < 20 or not all(t.isdecimal() for t in texts):
        return False
    numbers = sorted({int(t) for t in texts})
    return len(numbers) == len(texts) and numbers[-1] - numbers[0] == len(numbers) - 1


#: Sign → the detectors whose hit must be the whole value.
_WHOLE: Final[Mapping[str, frozenset[str]]] = {
    "resident_id": frozenset({"resident_id", "residence_card"}),
    "mobile": frozenset({"mobile"}),
    "email": frozenset({"email"}),
    "card": frozenset({"bank_card", "iban"}),
    "ip": frozenset({"ip_address"}),
    "plate": frozenset({"plate"}),
    "passport": frozenset({"passport"}),
    "address": frozenset({"address"}),
}
_FORMS: Final[Mapping[str, Callable[[str], bool]]] = {
    "code": lambda t: bool(_CODE.fullmatch(t)) and not _NUMBER.fullmatch(t) and not _DATE.fullmatch(t),
    "date": lambda t: bool(_DATE.fullmatch(t)),
    "number": lambda t: bool(_NUMBER.fullmatch(t)),
}
