"""Labelled texts: tickets, forms and logs in Chinese and English with personal data, and with what only looks like it.

Everything is drawn at random from a seed; numbers have right check digits, which are worked out here independently of
the detectors. Given names, streets and surnames are not taken from the detectors' dictionaries.
"""

from __future__ import annotations

# ruff: noqa: E501 - a sentence a line
import random
from collections.abc import Callable
from dataclasses import dataclass, field

_SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马胡朱郭何罗高林郑梁谢唐许冯宋韩邓彭曹曾田于肖潘袁董叶杜丁蒋程余吕魏蔡苏任卢沈姜廖仝郜逯禤"
)
_GIVEN = (
    "伟芳娜敏静丽强磊军洋艳勇杰涛明超秀英霞平刚桂兰玉梅鑫宇浩然子涵梓萱雨桐欣怡一诺佳琪思远博文志国建华俊熙皓轩沐辰若曦"
)
_WESTERN = [
    "Emma",
    "Olivia",
    "James",
    "Robert",
    "Linda",
    "Thomas",
    "Laura",
    "Pierre",
    "Marco",
    "Ingrid",
    "Aaliyah",
    "Dmitri",
    "Keiko",
    "Siobhan",
    "Rohan",
]
_FAMILY = [
    "Smith",
    "Johnson",
    "Dubois",
    "Rossi",
    "Schmidt",
    "Lindberg",
    "Kowalski",
    "O'Brien",
    "Tanaka",
    "Okafor",
    "Novak",
    "Meyer-Lange",
]
_CITIES = ["浙江省杭州市", "北京市", "上海市", "广东省深圳市", "四川省成都市", "湖北武汉", "西安市", "江苏省苏州市"]
_DISTRICTS = ["西湖区", "海淀区", "浦东新区", "南山区", "武侯区", "江岸区", "雁塔区", "吴中区"]
_ROADS = ["文三路", "中关村大街", "世纪大道", "科苑南路", "天府二街", "解放大道", "小寨东路", "人民北路", "和平里一巷"]


@dataclass(frozen=True)
class Labelled:
    """``truths`` are pairs (kind, value as written) that stand in ``text``."""

    text: str
    truths: tuple[tuple[str, str], ...] = field(default=())


def digits(rng: random.Random, count: int) -> str:
    return "".join(rng.choice("0123456789") for _ in range(count))


def resident_id(rng: random.Random, first: str = "") -> str:
    body = (first or rng.choice(["110105", "310115", "440305", "510107", "330106"])) + (
        f"{rng.randint(1940, 2012)}{rng.randint(1, 12):02}{rng.randint(1, 28):02}{digits(rng, 3)}"
    )
    rest = 0  # ISO 7064 in its recursive form
    for digit in body:
        rest = (rest + int(digit)) * 2 % 11
    check = (12 - rest) % 11
    return body + ("X" if check == 10 else str(check))


def bank_card(rng: random.Random) -> str:
    start, length = rng.choice([("62", 16), ("62", 19), ("4", 16), ("53", 16), ("34", 15), ("3530", 16)])
    body = start + digits(rng, length - len(start) - 1)
    for last in "0123456789":
        total = 0
        for place, digit in enumerate(reversed(body + last)):
            total += sum(map(int, str(int(digit) * (2 if place % 2 else 1))))
        if total % 10 == 0:
            return body + last
    raise AssertionError


def credit_code(rng: random.Random) -> str:
    alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"
    body = "91" + rng.choice(["110108", "440300", "330100"]) + "".join(rng.choice(alphabet) for _ in range(9))
    total = sum(alphabet.index(sign) * pow(3, place, 31) for place, sign in enumerate(body))
    return body + alphabet[-total % 31]


def iban(rng: random.Random) -> str:
    country, length = rng.choice([("DE", 18), ("NL", 0), ("FR", 23), ("ES", 20)])
    account = "ABNA" + digits(rng, 10) if country == "NL" else digits(rng, length)
    number = "".join(str(int(sign, 36)) for sign in account + country + "00")
    whole = f"{country}{98 - int(number) % 97:02}{account}"
    return rng.choice([whole, " ".join(whole[i : i + 4] for i in range(0, len(whole), 4))])


def mobile(rng: random.Random) -> str:
    number = rng.choice(["138", "139", "150", "177", "186", "199"]) + digits(rng, 8)
    return rng.choice(
        [number, number, f"{number[:3]} {number[3:7]} {number[7:]}", f"{number[:3]}-{number[3:7]}-{number[7:]}",
         f"+86 {number}", " ".join(number)]
    )  # fmt: skip


def landline(rng: random.Random) -> str:
    code, length = rng.choice([("010", 8), ("021", 8), ("0571", 8), ("0755", 8), ("0931", 7)])
    number = rng.choice("2345678") + digits(rng, length - 1)
    return rng.choice(
        [f"{code}-{number}", f"({code}){number}", f"{code} {number}", f"{code}-{number}-{digits(rng, 3)}"]
    )


def phone(rng: random.Random) -> str:
    return rng.choice(
        [f"+49 30 {digits(rng, 7)}", f"+1 415-555-{digits(rng, 4)}", f"+44 20 7946 {digits(rng, 4)}",
         f"(212) 555-{digits(rng, 4)}", f"+81 3-{digits(rng, 4)}-{digits(rng, 4)}", f"+852 {digits(rng, 4)} {digits(rng, 4)}"]
    )  # fmt: skip


def plate(rng: random.Random) -> str:
    head = rng.choice("京沪粤浙苏鲁") + rng.choice("ABCDE")
    tail = rng.choice([digits(rng, 5), "D" + digits(rng, 5), f"{digits(rng, 3)}{rng.choice('KQX')}{digits(rng, 1)}"])
    return head + rng.choice(["", "·"]) + tail


def chinese_name(rng: random.Random) -> str:
    return rng.choice(_SURNAMES) + "".join(rng.choice(_GIVEN) for _ in range(rng.choice([1, 2, 2])))


def western_name(rng: random.Random) -> str:
    return f"{rng.choice(_WESTERN)} {rng.choice(_FAMILY)}"


def address(rng: random.Random) -> str:
    region = rng.choice(["", rng.choice(_CITIES)]) + rng.choice(_DISTRICTS)
    door = rng.choice([f"{rng.randint(1, 40)}栋{rng.randint(101, 2800)}室", f"{rng.randint(1, 9)}号楼2单元501", ""])
    return f"{region}{rng.choice(_ROADS)}{rng.randint(1, 999)}号{door}"


def ip_address(rng: random.Random) -> str:
    v4 = ".".join(str(rng.randint(1, 254)) for _ in range(4))
    v6 = "2408:" + ":".join(f"{rng.randrange(1, 65536):x}" for _ in range(7))
    return rng.choice(
        [v4 if not v4.startswith("127.") else "10.1.2.3", v6, f"2001:db8::{rng.randrange(4096, 65536):x}:1"]
    )


def email(rng: random.Random) -> str:
    return f"{rng.choice(['li.wei', 'zhang_', 'emma+x', 'w'])}{digits(rng, 3)}@{rng.choice(['qq.com', 'mail.example.com.cn'])}"


def _old_id(rng: random.Random) -> str:
    return f"{rng.choice(['110105', '310115', '440305'])}{rng.randint(40, 98)}{rng.randint(1, 12):02}{rng.randint(1, 28):02}{digits(rng, 3)}"


def _document(rng: random.Random) -> str:
    """Numbers without a check digit, and resident IDs in which a clerk has one digit wrong."""
    right = resident_id(rng)
    mistaken = right[:16] + str((int(right[16]) + 1) % 10) + right[17:]
    return rng.choice(
        [mistaken, rng.choice("HM") + digits(rng, 10), "3" + digits(rng, 11), rng.choice("AZ") + digits(rng, 8)]
    )


def _account(rng: random.Random) -> str:
    return rng.choice([f"lilei_{digits(rng, 4)}", f"wxid-{digits(rng, 8)}", "zhang" + digits(rng, 3)])


def _birth_date(rng: random.Random) -> str:
    year, month, day = rng.randint(1940, 2012), rng.randint(1, 12), rng.randint(1, 28)
    return rng.choice(
        [
            f"{year}-{month:02}-{day:02}",
            f"{year}年{month}月{day}日",
            f"{year}/{month}/{day}",
            f"{year}{month:02}{day:02}",
        ]
    )


#: Kind → how a value is drawn, and the sentences that people write around it.
WRITTEN: dict[str, tuple[Callable[[random.Random], str], tuple[str, ...]]] = {
    "resident_id": (resident_id, ("身份证号{}，请核对。", "My ID number is {}.", "idcard={}&lang=zh", "证件：{}")),
    "residence_card": (lambda rng: resident_id(rng, "931156"), ("永居证 {} 已核验", "card {} on file")),
    "old_resident_id": (_old_id, ("旧身份证{}", "id {};")),
    "credit_code": (credit_code, ("开票信息：税号{}", "Tax code {} please")),
    "bank_card": (bank_card, ("退款到{}，谢谢", "Refund to card {}.", "卡号:{}")),
    "iban": (iban, ("Please pay to {}.", "IBAN {} 收款")),
    "mobile": (mobile, ("请打{}联系我", "Call me on {}.", "tel:{}", "电话{}转告", "2026-5-12 {} 来电")),
    "landline": (landline, ("单位电话{}。", "Office: {}, mornings")),
    "phone": (phone, ("Call {} please", "海外号码 {}")),
    "email": (email, ("邮箱{}，", "write to {}.", "<{}>")),
    "ip_address": (ip_address, ("login from {} failed", "来源IP：{}")),
    "ssn": (lambda rng: f"{rng.randint(101, 665)}-{rng.randint(10, 99)}-{rng.randint(1000, 9999)}", ("SSN {}", "my social is {}.")),
    "passport": (lambda rng: rng.choice("EG") + digits(rng, 8), ("护照{}", "passport number {}")),
    "document": (_document, ("身份证号{}有误", "驾驶证档案编号：{}", "证件号码为{}，", "Driving licence no. {} expired", "社保卡号 {}")),
    "account": (_account, ("微信号{}加不上", "加我微信：{}", "WeChat: {} please", "vx:{}")),
    "birth_date": (_birth_date, ("出生日期：{}，女", "生日{} 送券", "DOB {}", "1班学生，出生于{}。")),
    "plate": (plate, ("车牌{}占了我的车位", "The car {} blocks my drive")),
    "person_name": (
        chinese_name,
        ("联系人：{}，明天上门", "我叫{}，宽带断了", "{}先生来电投诉", "请联系{}核实", "姓名:{} 性别:男", "客户{}反映网速慢",
         "经办人 {}", "Regards, {}"),
    ),
    "western_name": (western_name, ("Regards, {}", "My name is {}.", "联系人：{}，", "Mr {} called", "{} wants a refund")),
    "address": (
        address, ("收货地址：{}，请放门口", "我住在{}，没有网", "请到{}上门安装", "寄到{}。", "地址 {}"),
    ),
}  # fmt: skip

_DECOYS: tuple[Callable[[random.Random], str], ...] = (
    lambda rng: f"订单号{rng.randint(2020, 2026)}{rng.randint(1, 12):02}{rng.randint(1, 28):02}{digits(rng, 10)}，金额{rng.randint(1, 9999)}.{digits(rng, 2)}元",
    lambda rng: f"order no. {digits(rng, rng.randint(8, 14))}, {rng.randint(1, 90)} pieces",
    lambda rng: f"commit {rng.randbytes(20).hex()} at {rng.randint(1_600_000_000, 1_800_000_000)}",
    lambda rng: f"2026-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}T{rng.randint(0, 23):02}:30:{digits(rng, 2)}.{digits(rng, 6)} took {digits(rng, 3)} ms",
    lambda rng: f"SKU-{digits(rng, 6)}-{digits(rng, 4)}, firmware v{rng.randint(1, 9)}.{rng.randint(0, 20)}.{rng.randint(0, 9)}.{rng.randint(0, 99)}",
    lambda rng: f"lat 39.{digits(rng, 7)}, lon 116.{digits(rng, 7)}",
    lambda rng: f"{rng.randbytes(4).hex()}-{rng.randbytes(2).hex()}-4{rng.randbytes(2).hex()[1:]}-a{rng.randbytes(2).hex()[1:]}-{digits(rng, 12)}",
    lambda rng: f"0.{digits(rng, 11)} of {digits(rng, 3)},{digits(rng, 3)}",
    lambda rng: "高峰时段方便安排上门，客户满意，联系方式不变，周末常常断网。",
    lambda rng: "请联系客服核实账单，用户申请退订，找师傅处理一下，温度很高，安全第一。",
    lambda rng: "朝阳区的网络路由器坏了三天，东路信号差，五号楼没问题。",
    lambda rng: "The Random Forest beats Logistic Regression; Customer Service called back on Monday.",
    lambda rng: f"流水号 {digits(rng, 20)}，批次 {digits(rng, 6)}-{digits(rng, 2)}，端口 {digits(rng, 5)}",
    lambda rng: f"ratio 12:30:45 std::vector icon@2x.png @property {digits(rng, 4)}/{digits(rng, 3)}",
    lambda rng: f"微信支付 {rng.randint(10, 9999)} 元失败，QQ音乐会员未到账，证件照 {rng.randint(2, 9)} 寸，卡号栏为空",
    lambda rng: f"身份证有效期至20{rng.randint(26, 40)}0{rng.randint(1, 9)}11，账号登录异常 {digits(rng, 4)}，已在 2026-0{rng.randint(1, 9)}-12 处理",
    lambda rng: f"IMEI 86{digits(rng, 13)} 型号 HG{digits(rng, 4)}",
)  # fmt: skip


def corpus(seed: int, each: int) -> list[Labelled]:
    """``each`` texts of every kind, among twice as many decoys for each of them; shuffled."""
    rng = random.Random(seed)
    made = []
    for kind, (draw, sentences) in WRITTEN.items():
        for _ in range(each):
            value = draw(rng)
            decoys = [rng.choice(_DECOYS)(rng) for _ in range(2)]
            parts = [decoys[0], rng.choice(sentences).format(value), decoys[1]]
            rng.shuffle(parts)
            made.append(Labelled(rng.choice([" ", "\n", " | "]).join(parts), ((kind, value),)))
    rng.shuffle(made)
    return made


def plain_tickets(seed: int, count: int) -> list[str]:
    """Texts of the corpus as a helpdesk has them: two in three hold nothing personal."""
    rng = random.Random(seed)
    texts = [one.text for one in corpus(seed, max(1, count // 50))]
    return [
        rng.choice(texts) if rng.random() < 0.33 else f"{rng.choice(_DECOYS)(rng)} {rng.choice(_DECOYS)(rng)}"
        for _ in range(count)
    ]
