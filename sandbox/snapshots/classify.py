"""One column: what it is, by its name and its values, and which rule makes it safe.

The name is looked up in ``meanings``; the values are looked at by ``recognise``. What values show with certainty (a
resident ID, an e-mail address) weighs more than any name; a name that values contradict (a column “phone service” that
says yes or no) counts for nothing. When in doubt a column is proposed as dangerous: the steward can relax it.
"""

from __future__ import annotations

import math
import re
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from sandbox.core.generalise import Generalise
from sandbox.core.policy import ColumnClass
from sandbox.core.rules import Band, Drop, Keep, Prefix, Pseudonym, Redact, Round, Rule, TruncateDate
from sandbox.core.spec import Text
from sandbox.snapshots.meanings import Kind, Meaning, entity_of, meaning_of, names_an_id, text
from sandbox.snapshots.recognise import Signs
from sandbox.snapshots.source import ColumnFacts

_LEADING_ZERO = re.compile(r"0\d+$")
_ISO_DATE = re.compile(r"(19|20)\d\d-\d\d-\d\d")
_ISO_TIME = re.compile(r"(19|20)\d\d-\d\d-\d\d[ T]\d\d:\d\d(:\d\d)?")
_DAY_AS_NUMBER = re.compile(r"(19|20)\d\d(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])")
_NUMBERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "FLOAT", "DOUBLE", "DECIMAL", "U")

# Measured on 600 people with 2 to 8 days in two years: who knows all of them finds 100% by day or week, 99% by month,
# 83% by quarter; shifted dates 99%, by their intervals.
_DAYS = text(
    "one known day would point at the person, a month does not; who knows many of a person's dates finds them even so"
    " (`sandbox dataset attack` measures it): quarter is safer, week or day only where a template needs it",
    "知道某一天就可能认出本人，按月则不会；但知道其许多日期的人仍能认出（可用 `sandbox dataset attack` 测量）："
    "按季度更安全；只有模板确实需要时才改为 week 或 day",
)


@dataclass(frozen=True)
class ProposedColumn:
    """A column as found and as proposed. ``type`` is to be declared, or None when the found one is right."""

    facts: ColumnFacts
    signs: Signs
    kind: Kind
    person: bool
    cls: ColumnClass
    rule: Rule
    description: Text
    reason: Text
    type: str | None = None


def look_at(facts: ColumnFacts, signs: Signs, rows: int) -> ProposedColumn:
    """Name and values of one column together, before anything about the table is known."""
    few = facts.distinct <= 20 and facts.distinct < 0.5 * max(rows, 1)
    agreed = signs.person_name >= 0.8  # few, but names all the same: those of a small team in a long table
    meaning = meaning_of(facts.name, few=not agreed and (few or not facts.values))
    if found := _unmistakable(signs, few):
        return _with(facts, signs, found)
    if not few and (signs.free_text or signs.inside >= 0.02):
        # Only redacted if it is prose, and not called a name or an address, whatever its values look like.
        prose = signs.free_text and facts.type == "VARCHAR" and (meaning is None or meaning.kind is Kind.TEXT)
        return _with(facts, signs, _written(signs, ColumnClass.SENSITIVE if prose else ColumnClass.DIRECT))
    if meaning:
        return _with(facts, signs, meaning)
    if found := _by_digits(facts):
        return _with(facts, signs, found)
    unique = facts.distinct >= 0.9 * max(rows - facts.nulls, 1) and rows >= 2
    if (names_an_id(facts.name) and not few) or signs.running or (unique and signs.code > 0.95 and rows >= 20):
        why = text("tells single things or people apart", "用来逐个区分人或物")
        return _with(facts, signs, Meaning(ColumnClass.IDENTIFIER, (), described(facts.name), why, Kind.ID))
    if signs.code < 0.5 and signs.number < 0.5 and signs.date < 0.5 and signs.different > 0.6 and facts.distinct > 50:
        why = text("texts that hardly repeat may hold names", "几乎不重复的文字里可能有姓名")
        return _with(facts, signs, Meaning(ColumnClass.DIRECT, (), described(facts.name), why, Kind.TEXT))
    why = text("nothing in its name or values points at a person", "名称和取值都不指向个人")
    return _with(facts, signs, Meaning(ColumnClass.MEASURE, (), described(facts.name), why))


def _by_digits(facts: ColumnFacts) -> Meaning | None:
    """Numbers that count nothing: too long for an amount, or days written as 19800307 over more years than a business
    has records of."""
    values = [v.strip() for v in facts.values if v.strip()]
    if not values or not facts.type.startswith(_NUMBERS):
        return None
    if sum(abs(_number(v)) >= 1e15 for v in values) >= 0.5 * len(values):
        why = text("numbers of 16 digits and more name single people or things", "16 位及以上的数字指向单个的人或物")
        return Meaning(ColumnClass.DIRECT, (), described(facts.name), why, Kind.ID)
    years = sorted(int(v[:4]) for v in values if _DAY_AS_NUMBER.fullmatch(v))
    if len(years) < max(20, 0.95 * len(values)) or years[-1 - len(years) // 20] - years[len(years) // 20] < 20:
        return None
    why = text("days over many years, as of birth; combined with others they may point at one",
               "跨越多年的日期，像是出生日期；与其他列组合可能指向一个人")  # fmt: skip
    return Meaning(ColumnClass.QUASI, (), described(facts.name), why, Kind.BIRTH, person=True)


def _unmistakable(signs: Signs, few: bool) -> Meaning | None:
    """What the values show by themselves; check digits convince early, mere forms only when nearly all have them."""

    def direct(en: str, zh: str, share: float, kind: Kind = Kind.OTHER) -> Meaning:
        why = text(f"{share:.0%} of the values are {en}", f"{share:.0%} 的取值是{zh}")
        return Meaning(ColumnClass.DIRECT, (), text(en[0].upper() + en[1:], zh), why, kind, person=True)

    if signs.resident_id >= 0.05:
        return direct("resident ID numbers", "身份证号", signs.resident_id)
    if signs.email >= 0.05:
        return direct("e-mail addresses", "电子邮箱", signs.email)
    if signs.mobile >= 0.8 and not few:
        return direct("mobile numbers", "手机号", signs.mobile)
    if signs.card >= 0.9 and not few:
        return direct("bank card numbers", "银行卡号", signs.card)
    if signs.ip >= 0.8:
        return direct("IP addresses", "IP 地址", signs.ip)
    if signs.plate >= 0.8 and not few:
        return direct("licence plates", "车牌号", signs.plate)
    if signs.passport >= 0.8 and not few:
        return direct("passport numbers", "护照号", signs.passport)
    if signs.address >= 0.3 and not few:
        return direct("postal addresses", "地址", signs.address)
    if signs.person_name >= 0.8 and not few and signs.different > 0.2:
        return direct("people's names", "人名", signs.person_name)
    return None


def _written(signs: Signs, cls: ColumnClass) -> Meaning:
    """What people wrote in their own words; ``cls`` says whether it is of use without what is personal in it."""
    why = text("people write names and numbers into free text", "自由文本里常写有姓名和号码")
    if signs.inside >= 0.02:
        share = f"{signs.inside:.0%}"
        why = text(f"{share} of the values are texts with personal data inside", f"{share} 的取值是含个人信息的文字")
    if cls is ColumnClass.SENSITIVE:
        why = text(
            f"{why.en}; read a sample of what is left after redaction before you grant it",
            f"{why.zh}；授权前请抽读隐去之后的文字",
        )
    return Meaning(cls, (), text("Free text", "自由文本"), why, Kind.TEXT, person=signs.inside >= 0.02)


def _with(facts: ColumnFacts, signs: Signs, meaning: Meaning) -> ProposedColumn:
    named = described(facts.name)
    # What the name does not say in the other language, the meaning does.
    ascii_name = facts.name.isascii()
    description = text(named.en, meaning.description.zh) if ascii_name else text(meaning.description.en, named.zh)
    return ProposedColumn(
        facts, signs, meaning.kind, meaning.person, meaning.cls, Keep(), description, meaning.why
    )  # fmt: skip


def described(name: str) -> Text:
    """The column's name made readable; a steward's own words are better in either language."""
    name = " ".join(name.split())
    if not name.isascii():
        return text(name, name)
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|[_-]+", " ", name).strip()
    return text(spaced[:1].upper() + spaced[1:], spaced[:1].upper() + spaced[1:])


def decide(column: ProposedColumn, unit: str, entity: str, personal: bool, rows: int) -> ProposedColumn:
    """The rule, now that it is known what the table is about."""
    name = column.facts.name
    if name == unit:
        why = text("the unit: whom or what the dataset protects", "统计单元：数据集所保护的人或物")
        rule: Rule = Pseudonym(entity=entity) if personal else Keep()
        return replace(column, cls=ColumnClass.IDENTIFIER, kind=Kind.ID, rule=rule, reason=why)
    if column.cls is ColumnClass.DIRECT:
        return replace(column, rule=Drop())
    if column.cls is ColumnClass.SENSITIVE and column.kind is Kind.TEXT:
        return replace(column, rule=Redact())
    if not personal:
        if column.cls in (ColumnClass.QUASI, ColumnClass.SENSITIVE):
            why = text("the table is about things, not people", "此表描述的是物，不是人")
            return replace(column, cls=ColumnClass.MEASURE, reason=why)
        return replace(column, type=_declared(column))
    if column.cls is ColumnClass.IDENTIFIER:
        return _other_id(column, rows)
    if column.cls is ColumnClass.MEASURE:
        return _measure(column)
    return replace(column, type=_declared(column))


def _other_id(column: ProposedColumn, rows: int) -> ProposedColumn:
    entity = entity_of(column.facts.name)
    if column.facts.distinct < 0.9 * rows and entity:
        why = text(
            f"refers to another {entity}; a pseudonym keeps tables joinable", f"指向另一个{entity}；假名使各表仍可关联"
        )
        return replace(column, rule=Pseudonym(entity=entity), reason=why)
    why = text("a number of its own for nearly every row; not needed for analysis", "几乎每行都不同的编号；分析不需要")
    return replace(column, rule=Drop(), reason=why)


def _measure(column: ProposedColumn) -> ProposedColumn:
    facts, declared = column.facts, _declared(column)
    kind = declared or facts.type
    if column.kind is Kind.SINCE and kind.startswith(("DATE", "TIMESTAMP")):
        return replace(column, rule=TruncateDate(to="month"), type=declared)
    if kind.startswith(("DATE", "TIMESTAMP")):
        return replace(column, rule=TruncateDate(to="month"), reason=_DAYS, type=declared)
    if kind in ("FLOAT", "DOUBLE") or kind.startswith("DECIMAL"):
        sizes = [abs(v) for v in map(_number, facts.values) if v]
        if sizes and column.signs.different > 0.6:
            to = 10.0 ** (math.floor(math.log10(statistics.median(sizes))) - 2)
            why = text("an amount that hardly repeats is as good as a number plate", "几乎不重复的金额等于一个车牌号")
            return replace(column, rule=Round(to=to), reason=why, type=declared)
    return replace(column, type=declared)


def _number(value: str) -> float:
    try:
        found = float(value)
    except ValueError:
        return 0.0
    return found if math.isfinite(found) else 0.0


def _declared(column: ProposedColumn) -> str | None:
    """The type to read a text column as, if all its values say so: numbers with blanks, ISO dates and times."""
    values = [v.strip() for v in column.facts.values if v.strip()]
    if column.facts.type != "VARCHAR" or not values:
        return None
    if all(_ISO_TIME.fullmatch(v) for v in values):
        return "TIMESTAMP"
    if _are_dates(values):
        return "DATE"
    if any(_LEADING_ZERO.match(v) for v in values) or not all(_parses(v) for v in values):
        return None
    return "DOUBLE"


def _are_dates(values: Sequence[str]) -> bool:
    try:
        return all(_ISO_DATE.fullmatch(v) and date.fromisoformat(v) for v in values)
    except ValueError:
        return False


def _parses(value: str) -> bool:
    try:
        return math.isfinite(float(value))
    except ValueError:
        return False


def rules_to_try(column: ProposedColumn) -> tuple[tuple[Rule, ...], str | None]:
    """Rules for a quasi-identifier, finest first, and the type that they need."""
    numeric = column.facts.type.startswith(_NUMBERS)
    match column.kind:
        case Kind.AGE if numeric:
            return (Band(width=10, bottom=20, top=80), Band(width=20, bottom=20, top=80)), None
        case Kind.BIRTH if not numeric or all(map(_DAY_AS_NUMBER.fullmatch, column.facts.values)):
            declared = _declared(column)
            if (declared or column.facts.type).startswith(("DATE", "TIMESTAMP")):
                return (Generalise(dates=("year", "decade"), level=2),), declared
            # The first three digits of a year are its decade.
            decade: tuple[Rule, ...] = (Prefix(length=3),) if _iso(column.facts.values) else ()
            return decade, "VARCHAR"
        case Kind.BIRTH:
            return (Band(width=10),), None
        case Kind.POSTCODE:
            return (Prefix(length=2), Prefix(length=1)), "VARCHAR"
    if column.facts.type.startswith(("TIMESTAMP", "DATE")):
        return (TruncateDate(to="month"), TruncateDate(to="year")), None
    if numeric and column.facts.distinct > 20:
        values = [v for v in map(_number, column.facts.values) if v]
        spread = (max(values) - min(values)) if values else 0.0
        width = 10.0 ** math.floor(math.log10(spread)) if spread > 0 else 1.0
        return (Band(width=width), Band(width=2 * width)), None
    return (Keep(),), None


def _iso(values: Sequence[str]) -> bool:
    return bool(values) and all(re.match(r"(19|20)\d\d([-/.年]|\d{4}$|$)", v) for v in values)
