"""Personal data in text: patterns with the checks that keep ordinary figures out. China first.

To add a detector: add a row to ``DETECTORS`` with a ``verify`` that rejects look-alikes, its words in
``sandbox/i18n/zh-CN/checks.po``, and its true and false examples in ``tests/checks/test_detectors.py``.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date

# Not inside a longer number, word or decimal fraction.
_START, _END = r"(?<![0-9A-Za-z_.])(?<![0-9A-Za-z]-)", r"(?![0-9A-Za-z_])(?!\.[0-9])"
_ZERO_WIDTH = re.compile("[\u200b-\u200f\u2060\ufeff\u00ad]")


@dataclass(frozen=True)
class Detector:
    """``kind`` is what it finds, in the words of a message; ``verify`` decides on the characters that were matched."""

    kind: str
    pattern: re.Pattern[str]
    verify: Callable[[str], bool]
    mask: Callable[[str], str]


@dataclass(frozen=True)
class Hit:
    """One finding in a text; ``excerpt`` is masked and may be shown, ``value`` must not leave the examination."""

    kind: str
    excerpt: str
    value: str


def detect(text: str) -> Iterator[Hit]:
    """Every distinct hit in ``text``, full-width digits and invisible characters notwithstanding."""
    plain = _ZERO_WIDTH.sub("", unicodedata.normalize("NFKC", text))
    seen: set[str] = set()
    for detector in DETECTORS:
        for found in detector.pattern.finditer(plain):
            value = found["value"]
            digest = re.sub(r"[\s-]", "", value)
            if digest not in seen and detector.verify(digest):
                seen.add(digest)
                yield Hit(detector.kind, detector.mask(digest), digest)


def is_resident_id(text: str) -> bool:
    """GB 11643: region, birth date and check character (ISO 7064 MOD 11-2) of 18 characters must all hold."""
    if not re.fullmatch(r"[1-9]\d{16}[\dXx]", text):
        return False
    try:
        born = date(int(text[6:10]), int(text[10:12]), int(text[12:14]))
    except ValueError:
        return False
    if not 1880 <= born.year <= 2100:
        return False
    total = sum(int(digit) * pow(2, 17 - place, 11) for place, digit in enumerate(text[:17]))
    return "10X98765432"[total % 11] == text[17].upper()


def is_bank_card(text: str) -> bool:
    """16 to 19 digits of a known issuer range (UnionPay, Visa, Mastercard) with a right check digit (Luhn)."""
    if not re.fullmatch(r"(?:62\d{14,17}|4\d{15}|5[1-5]\d{14}|2[2-7]\d{14})", text) or len(set(text)) < 4:
        return False
    doubled = [int(d) * (1 + place % 2) for place, d in enumerate(reversed(text))]
    return sum(d - 9 if d > 9 else d for d in doubled) % 10 == 0


def _is_mobile(text: str) -> bool:
    return len(set(text)) > 3  # 13333333333 and the like are made up


def _is_address(text: str) -> bool:
    return not text.lower().endswith((".png", ".svg", ".jpg", ".css", ".js"))


def _is_chinese_name(text: str) -> bool:
    return text[0] in _SURNAMES


def _keep_ends(text: str, first: int = 3, last: int = 2) -> str:
    return text[:first] + "*" * (len(text) - first - last) + text[-last:]


def _mask_address(text: str) -> str:
    name, _, domain = text.partition("@")
    return f"{name[:1]}***@***.{domain.rpartition('.')[2]}"


_SURNAMES = frozenset(
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚沈钟姜崔谭陆范汪廖"
    "石金韦贾夏付方邹熊白孟秦邱侯江尹薛闫段雷龙黎史陶贺毛郝顾龚邵万覃武钱戴严莫孔向常汤"
)

DETECTORS: tuple[Detector, ...] = (
    Detector(
        "resident ID number",
        re.compile(_START + r"(?P<value>[1-9]\d{5}[ -]?\d{8}[ -]?\d{3}[\dXx])" + _END),
        is_resident_id,
        _keep_ends,
    ),
    Detector(
        "bank card number",
        re.compile(_START + r"(?P<value>[2456]\d{3}(?:[ -]?\d{4}){3}(?:[ -]?\d{1,3})?)" + _END),
        is_bank_card,
        _keep_ends,
    ),
    Detector(
        "mobile number",
        re.compile(r"(?:(?<![0-9A-Za-z_.])|(?<=\+86)|(?<=\+86[ -]))(?<![0-9A-Za-z]-)"
                   r"(?P<value>1[3-9]\d[ -]?\d{4}[ -]?\d{4})" + _END),
        _is_mobile,
        _keep_ends,
    ),
    Detector(
        "e-mail address",
        re.compile(r"(?<![A-Za-z0-9.+_-])(?P<value>[A-Za-z0-9.+_-]{1,64}@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,24})"),
        _is_address,
        _mask_address,
    ),
    Detector(
        "person's name",
        re.compile(r"(?:姓名|联系人|客户名)\s*[:：=]\s*[\"“']?(?P<value>[\u4e00-\u9fff]{2,3})(?![\u4e00-\u9fff])"),
        _is_chinese_name,
        lambda text: text[0] + "*" * (len(text) - 1),
    ),
)  # fmt: skip
