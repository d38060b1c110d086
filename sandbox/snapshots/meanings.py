"""What column names mean, in both languages: one table of phrases, with the class that follows and why.

An English phrase matches when its words stand side by side in the name (``birthDate``, ``date_of_birth (d/m/y)``), a
Chinese phrase when the name contains it. The first match counts: special meanings stand before general ones. To add a
meaning, add a row here and a case to ``tests/snapshots/test_propose.py``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from sandbox.core.policy import ColumnClass
from sandbox.core.spec import Text


class Kind(StrEnum):
    """What the proposal does beyond the class; ``OTHER`` does nothing special."""

    ID = "id"
    AGE = "age"
    BIRTH = "birth"
    GENDER = "gender"
    PLACE = "place"
    FINE_PLACE = "fine_place"
    POSTCODE = "postcode"
    TEXT = "text"
    SINCE = "since"
    OTHER = "other"


@dataclass(frozen=True)
class Meaning:
    """``person``: the column is about a person, so the table is personal. ``varied``: only if values hardly repeat."""

    cls: ColumnClass
    phrases: tuple[str, ...]
    description: Text
    why: Text
    kind: Kind = Kind.OTHER
    person: bool = False
    varied: bool = False


def text(en: str, zh: str) -> Text:
    return Text.model_validate({"en": en, "zh-CN": zh})


def _phrases(written: str) -> tuple[str, ...]:
    return tuple(written.split("; "))


_DIRECT, _QUASI, _SENSITIVE, _MEASURE = (
    ColumnClass.DIRECT, ColumnClass.QUASI, ColumnClass.SENSITIVE, ColumnClass.MEASURE,
)  # fmt: skip
_REACHES = text("reaches or names one person by itself", "凭它本身即可找到或指明一个人")
_KNOWN = text(
    "known to people around the person; combined with others it may point at one",
    "身边的人知道；与其他列组合可能指向一个人",
)
_PRIVATE = text("what people may not want to be known about them", "本人可能不愿被他人知道的情况")
_WRITTEN = text("people write names and numbers into free text", "自由文本里常写有姓名和号码")

# fmt: off
MEANINGS: Final[tuple[Meaning, ...]] = (
    Meaning(
        _DIRECT,
        _phrases("password; passwd; pwd; secret; token; api key; 密码; 口令"),
        text("Password", "密码"), text("a secret is no data for analysis", "密码不是分析数据"),
    ),
    Meaning(
        _DIRECT,
        _phrases(
            "resident id; id card; idcard; id card no; national id; identity card; identity no; ssn; "
            "social security; passport; 身份证; 证件号; 护照; 社保号"
        ),
        text("Identity document number", "证件号码"), _REACHES, person=True, varied=True,
    ),
    Meaning(
        _DIRECT,
        _phrases(
            "mobile; mobile phone; cellphone; cell phone; phone; phone no; phone number; telephone; tel; 手机; 电话; "
            "联系方式"
        ),
        text("Phone number", "电话号码"), _REACHES, person=True, varied=True,
    ),
    Meaning(
        _DIRECT,
        _phrases("email; e mail; mail address; 邮箱; 电子邮件"),
        text("E-mail address", "电子邮箱"), _REACHES, person=True, varied=True,
    ),
    Meaning(
        _DIRECT,
        _phrases("bank account; account no; account number; card no; card number; iban; 银行卡; 卡号; 账号"),
        text("Account or card number", "账号或卡号"), _REACHES, person=True, varied=True,
    ),
    Meaning(
        _DIRECT,
        _phrases("wechat; wechat id; qq; weibo; 微信号; 微信"),
        text("Social media account", "社交账号"), _REACHES, person=True, varied=True,
    ),
    Meaning(
        _DIRECT,
        _phrases("license plate; licence plate; plate no; 车牌"),
        text("Licence plate", "车牌号"), _REACHES, person=True, varied=True,
    ),
    Meaning(
        _DIRECT,
        _phrases("ip; ip address; mac address; imei; imsi; device fingerprint"),
        text("Device address", "设备地址"), _REACHES, person=True, varied=True,
    ),
    Meaning(
        _DIRECT,
        _phrases("latitude; longitude; lat; lng; lon; gps; 经度; 纬度"),
        text("Position", "位置坐标"), text("a position is a person's home", "坐标就是住处"), varied=True,
    ),
    Meaning(
        _DIRECT,
        _phrases("address; street; home address; addr; 地址; 住址; 门牌"),
        text("Address", "地址"), _REACHES, person=True, varied=True,
    ),
    Meaning(
        _DIRECT,
        _phrases(
            "first name; last name; full name; surname; given name; family name; firstname; lastname; customer name; "
            "employee name; patient name; contact name; client name; user name; username; person name; student name; "
            "member name; contact person; 姓名; 名字; 联系人; 客户名称"
        ),
        text("Name", "姓名"), _REACHES, person=True, varied=True,
    ),
    Meaning(
        _DIRECT,
        _phrases(
            "note; notes; comment; comments; remark; remarks; message; feedback; body; memo; complaint text; 备注; "
            "留言; 说明; 正文; 意见; 反馈"
        ),
        text("Free text", "自由文本"), _WRITTEN, Kind.TEXT, varied=True,
    ),
    Meaning(
        _QUASI,
        _phrases("gender; sex; 性别"),
        text("Gender", "性别"), _KNOWN, Kind.GENDER, person=True,
    ),
    Meaning(
        _QUASI,
        _phrases("birth date; date of birth; birthdate; birthday; dob; birth; birth year; year of birth; 出生; 生日"),
        text("Date of birth", "出生日期"), _KNOWN, Kind.BIRTH, person=True,
    ),
    Meaning(
        _QUASI,
        _phrases("senior citizen; senior"),
        text("Senior citizen", "是否老年"), _KNOWN, person=True,
    ),
    Meaning(
        _QUASI,
        _phrases("age; 年龄; 年纪"),
        text("Age", "年龄"), _KNOWN, Kind.AGE, person=True,
    ),
    Meaning(
        _QUASI,
        _phrases("race; ethnicity; ethnic; nationality; native country; citizenship; 民族; 国籍; 籍贯"),
        text("Origin", "民族或国籍"), _KNOWN, person=True,
    ),
    Meaning(
        _QUASI,
        _phrases(
            "marital; marital status; partner; dependents; children; relationship; household size; 婚姻; 婚否; 子女; "
            "家庭人数"
        ),
        text("Family", "家庭情况"), _KNOWN, person=True,
    ),
    Meaning(
        _QUASI,
        _phrases("education; degree; school; 学历; 学位; 毕业院校"),
        text("Education", "学历"), _KNOWN, person=True,
    ),
    Meaning(
        _QUASI,
        _phrases(
            "occupation; profession; job title; job; workclass; employer; position title; 职业; 职位; 岗位; "
            "工作单位"
        ),
        text("Occupation", "职业"), _KNOWN, person=True,
    ),
    Meaning(
        _QUASI,
        _phrases("department; dept; team; 部门; 科室; 班组"),
        text("Department", "部门"), _KNOWN,
    ),
    Meaning(
        _QUASI,
        _phrases("zip; zip code; zipcode; postcode; postal code; post code; 邮编; 邮政编码"),
        text("Postcode", "邮政编码"), _KNOWN, Kind.POSTCODE,
    ),
    Meaning(
        _QUASI,
        _phrases("district; county; town; village; neighborhood; neighbourhood; 区县; 街道; 乡镇; 社区; 小区"),
        text("District", "区县"), _KNOWN, Kind.FINE_PLACE,
    ),
    Meaning(
        _QUASI,
        _phrases("city; 城市; 地市"),
        text("City", "城市"), _KNOWN, Kind.FINE_PLACE,
    ),
    Meaning(
        _QUASI,
        _phrases("province; state; region; country; 省份; 省; 大区; 地区; 国家; 区域"),
        text("Region", "地区"), _KNOWN, Kind.PLACE,
    ),
    Meaning(
        _QUASI,
        _phrases("language; mother tongue; 语言; 母语"),
        text("Language", "语言"), _KNOWN,
    ),
    Meaning(
        _MEASURE,
        _phrases(
            "joined; join date; hire date; hired; signup; sign up; registered; registration date; opened on; "
            "start date; since; 入职; 注册; 开户; 入网; 加入"
        ),
        text("Since", "起始日期"),
        text("the month is enough for cohorts; a day singles people out", "月份足以分组；具体日期会帮助指向个人"),
        Kind.SINCE,
    ),
    Meaning(
        _SENSITIVE,
        _phrases("salary; income; wage; pay grade; earnings; bonus; 工资; 薪资; 薪酬; 收入; 奖金"),
        text("Income", "收入"), _PRIVATE, person=True,
    ),
    Meaning(
        _SENSITIVE,
        _phrases(
            "diagnosis; disease; icd; medication; blood type; blood pressure; disability; pregnant; 诊断; 疾病; "
            "病史; 用药; 血型; 残疾"
        ),
        text("Health", "健康情况"), _PRIVATE, person=True,
    ),
    Meaning(
        _SENSITIVE,
        _phrases("religion; political; party member; union member; sexual orientation; criminal; 宗教; 政治面貌; 犯罪"),
        text("Belief or record", "信仰或记录"), _PRIVATE, person=True,
    ),
    Meaning(
        _SENSITIVE,
        _phrases(
            "credit score; credit rating; debt; overdue; default; late payments; balance; 征信; 信用分; 欠款; 逾期; "
            "余额"
        ),
        text("Financial standing", "财务状况"), _PRIVATE,
    ),
    Meaning(
        _SENSITIVE,
        _phrases("churn; churned; attrition; resigned; 流失; 离职; 退订"),
        text("Has left", "是否流失"),
        text("an outcome that must not be learned about one person", "不应从中得知某个人的结果"),
    ),
)
# fmt: on

#: Words that say that a column is about a thing, so that its "age" or "name" is not a person's.
THINGS: Final = frozenset(
    _phrases(
        "asset; brand; campaign; category; color; colour; column; device; domain; equipment; event; file; host; "
        "item; line; machine; merchant; model; page; plant; process; product; sensor; shop; sku; store; table; "
        "tool; type; vehicle; warehouse"
    )
)
#: Words of a column name → the entity whose pseudonym is shared between tables (the same word everywhere: OneID).
ENTITIES: Final[Mapping[str, str]] = {
    word: entity
    for entity, aliases in {
        "customer": "customer cust client subscriber 客户",
        "user": "用户 user uid",
        "employee": "employee emp staff 员工 职工 工号",
        "patient": "patient 患者 病人",
        "student": "student 学生 学号",
        "member": "member 会员",
        "person": "person resident citizen applicant respondent passenger driver 人员",
        "household": "household",
        "machine": "machine equipment 设备 机器",
        "product": "product 产品 商品",
        "order": "order 订单",
        "contract": "contract 合同",
        "ticket": "ticket 工单",
        "device": "device",
        "vehicle": "vehicle 车辆",
        "store": "store",
    }.items()
    for word in aliases.split()
}
PERSONS: Final = frozenset({"customer", "user", "employee", "patient", "student", "member", "person", "household"})
_ID_WORDS: Final = frozenset(
    ("id", "no", "nr", "num", "number", "code", "key", "uuid", "guid", "udi", "uid", "serial", "pk", "rowid")
)
_ID_SIGNS: Final = ("编号", "号码", "单号", "订单号", "工号", "学号", "代码", "编码", "序号", "标识", "号", "ID")


#: Characters of headings in traditional writing, and how the phrases here have them.
_SIMPLIFIED: Final = str.maketrans(
    "戶編號證機別備註電話碼職業學歷婚姻國籍稱務門帳銀歲齡體區縣鎮樓層聯絡單費額餘產員車牌護駕駛簽發醫療診斷銷點詳細費資薪處見與於當現標題訊臺廣東",
    "户编号证机别备注电话码职业学历婚姻国籍称务门帐银岁龄体区县镇楼层联络单费额余产员车牌护驾驶签发医疗诊断销点详细费资薪处见与于当现标题讯台广东",
)


def words(name: str) -> tuple[str, ...]:
    """The words of a column name in small letters: ``customerID`` and ``Customer-Id [x]`` begin alike."""
    split = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", name)
    return tuple(re.findall(r"[a-z]+|\d+", split.lower()))


def meaning_of(name: str, *, few: bool = False) -> Meaning | None:
    """The first meaning whose phrase occurs in ``name``; none if the name says that it is about a thing.

    ``few``: the column has few values, so it holds no names or numbers of single people, whatever it is called. Of a
    field within another (``address.city``) its own name counts before that of what it is in.
    """
    outer, _, own = name.rpartition(".")
    if outer and own:
        return meaning_of(own, few=few) or meaning_of(outer, few=few)
    name = name.translate(_SIMPLIFIED)
    tokens = words(name)
    about_a_thing = not THINGS.isdisjoint(tokens)
    for meaning in MEANINGS:
        if not (few and meaning.varied) and any(_occurs(phrase, name, tokens) for phrase in meaning.phrases):
            return None if about_a_thing and meaning.cls is not ColumnClass.SENSITIVE else meaning
    if not few and (tokens in (("name",), ("names",)) or name.strip() == "名称"):
        return next(m for m in MEANINGS if "full name" in m.phrases)
    return None


def names_an_id(name: str) -> bool:
    """Whether the name ends in a word for a number that names something, such as ``order_no`` or 订单号."""
    name = name.translate(_SIMPLIFIED)
    tokens = words(name)
    if tokens and tokens[-1] in _ID_WORDS:
        return True
    if not name.isascii():
        return name.strip().endswith(_ID_SIGNS)
    # Names without any separation, such as “customerid”.
    return any(name.lower() in (word + "id", word + "no") for word in ENTITIES)


def entity_of(name: str) -> str | None:
    """The entity that an id column is about, from its name; None when the name does not say."""
    name = name.translate(_SIMPLIFIED)
    tokens = words(name)
    for word, entity in ENTITIES.items():
        if word in tokens or (not word.isascii() and word in name) or name.lower() in (word + "id", word + "no"):
            return entity
    return None


def _occurs(phrase: str, name: str, tokens: Sequence[str]) -> bool:
    if not phrase.isascii():
        return phrase in name
    wanted = phrase.split()
    return any(list(tokens[i : i + len(wanted)]) == wanted for i in range(len(tokens) - len(wanted) + 1))
