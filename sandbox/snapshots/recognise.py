"""What a column's values look like, whatever its name says: resident IDs, mobile numbers, e-mail, names, free text.

Patterns with a check digit are trusted from a few values on, because chance does not make them; patterns without one
(mobile numbers, names) only when most values have them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

_RESIDENT_ID: Final = re.compile(r"(?<![0-9A-Za-z])\d{17}[\dXx](?![0-9A-Za-z])")
_MOBILE: Final = re.compile(r"(?<![\dA-Za-z.])(?:\+?86[- ]?)?1[3-9]\d[- ]?\d{4}[- ]?\d{4}(?![\dA-Za-z])")
_EMAIL: Final = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)*\.[A-Za-z]{2,}")
_CARD: Final = re.compile(r"(?<![0-9A-Za-z])[3-6]\d{3}(?:[- ]?\d{4}){2}[- ]?\d{3,7}(?![0-9A-Za-z])")
_IP: Final = re.compile(r"(?:\d{1,3}\.){3}\d{1,3}")
_CODE: Final = re.compile(r"(?=.*\d)[A-Za-z0-9][A-Za-z0-9_./#-]*")
_DATE: Final = re.compile(r"(19|20)\d{2}[-/.年]\d{1,2}([-/.月]\d{1,2}.*)?")
_NUMBER: Final = re.compile(r"\s*[+-]?\d+([.,]\d+)?([eE][+-]?\d+)?\s*")
_WESTERN_NAME: Final = re.compile(r"[A-Z][a-zà-ÿ'’-]+,?( [A-Z]\.)?( [A-Z][A-Za-zà-ÿ'’-]+){1,2}")
_HAN_NAME: Final = re.compile(r"[\u4e00-\u9fff]{2,4}")
_SURNAMES: Final = frozenset(
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩冯邓曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚沈钟姜崔谭陆范汪廖石金韦贾夏付方邹熊白孟秦邱侯江尹薛闫段雷龙史陶贺毛郝顾龚邵万覃武钱戴严莫孔向常汤康易乔赖文欧"
)
_ID_WEIGHTS: Final = tuple(pow(2, 17 - place, 11) for place in range(17))
#: Texts that are this long on average, and hardly ever repeat, were written by people.
_LONG_TEXT: Final = 16


@dataclass(frozen=True)
class Signs:
    """Shares (0 to 1) of the sampled values that have a form. ``inside`` counts personal data anywhere in a text."""

    resident_id: float = 0.0
    mobile: float = 0.0
    email: float = 0.0
    card: float = 0.0
    ip: float = 0.0
    person_name: float = 0.0
    code: float = 0.0
    date: float = 0.0
    number: float = 0.0
    free_text: bool = False
    inside: float = 0.0
    different: float = 0.0
    running: bool = False


def recognise(values: Sequence[str]) -> Signs:
    """The signs in ``values``, the non-empty values of a column as text (a sample will do)."""
    texts = [v.strip() for v in values if v.strip()]
    if not texts:
        return Signs()
    shares = {name: sum(map(test, texts)) / len(texts) for name, test in _WHOLE.items()}
    different = len(set(texts)) / len(texts)
    long_words = sum(len(t) * (2 if not t.isascii() else 1) for t in texts) / len(texts) >= _LONG_TEXT
    spoken = sum(" " in t or not t.isascii() for t in texts) / len(texts) >= 0.5
    return Signs(
        **shares,
        free_text=long_words and spoken and different > 0.3 and shares["date"] < 0.5,
        inside=sum(map(holds_personal_data, texts)) / len(texts),
        different=different,
        running=_running(texts),
    )


def holds_personal_data(text: str) -> bool:
    """Whether a resident ID, mobile number, e-mail address or bank card number stands anywhere in ``text``."""
    return bool(
        _EMAIL.search(text)
        or _MOBILE.search(text)
        or any(is_resident_id(found) for found in _RESIDENT_ID.findall(text))
        or any(is_card(found) for found in _CARD.findall(text))
    )


def is_resident_id(text: str) -> bool:
    """18 characters by GB 11643: a real date of birth and the check character of ISO 7064 MOD 11-2."""
    if not _RESIDENT_ID.fullmatch(text):
        return False
    try:
        date(int(text[6:10]), int(text[10:12]), int(text[12:14]))
    except ValueError:
        return False
    total = sum(int(digit) * weight for digit, weight in zip(text[:17], _ID_WEIGHTS, strict=True))
    return "10X98765432"[total % 11] == text[17].upper()


def is_card(text: str) -> bool:
    """A bank card number of 15 to 19 digits that satisfies the Luhn check."""
    digits = re.sub(r"[ -]", "", text)
    if not _CARD.fullmatch(text) or not 15 <= len(digits) <= 19 or len(set(digits)) < 3:
        return False
    doubled = (int(d) * (2 if place % 2 else 1) for place, d in enumerate(reversed(digits)))
    return sum(d - 9 if d > 9 else d for d in doubled) % 10 == 0


def is_person_name(text: str) -> bool:
    """The form of a name: two to four Chinese characters beginning with a common surname, or capitalised words."""
    if _HAN_NAME.fullmatch(text):
        return text[0] in _SURNAMES or text[:2] in ("欧阳", "司马", "上官", "诸葛")
    return bool(_WESTERN_NAME.fullmatch(text))


def _running(texts: Sequence[str]) -> bool:
    """Whether the values are consecutive whole numbers: a row's number."""
    if len(texts) < 20 or not all(t.isdecimal() for t in texts):
        return False
    numbers = sorted({int(t) for t in texts})
    return len(numbers) == len(texts) and numbers[-1] - numbers[0] == len(numbers) - 1


_WHOLE: Final[Mapping[str, Callable[[str], bool]]] = {
    "resident_id": is_resident_id,
    "mobile": lambda t: bool(_MOBILE.fullmatch(t)),
    "email": lambda t: bool(_EMAIL.fullmatch(t)),
    "card": is_card,
    "ip": lambda t: bool(_IP.fullmatch(t)),
    "person_name": is_person_name,
    "code": lambda t: bool(_CODE.fullmatch(t)) and not _NUMBER.fullmatch(t) and not _DATE.fullmatch(t),
    "date": lambda t: bool(_DATE.fullmatch(t)),
    "number": lambda t: bool(_NUMBER.fullmatch(t)),
}
