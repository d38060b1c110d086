"""Places that stand alone are taken out of free text, and of nothing else."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence

import duckdb

from sandbox.personal import DETECTORS, detect, redacted
from sandbox.personal.places import DETECTORS as PLACES
from tests.helpers.personal_corpus import plain_tickets
from tests.personal.test_scores import DOCS

WRITTEN = (
    "天河区", "广州市", "广东省", "深圳", "杭州", "北京市朝阳区", "浦东新区", "上海", "成都市",
    "广东省佛山市", "海淀区", "中山市", "四川省", "武汉", "重庆市",
)  # fmt: skip
FRAMES = (
    "我在{}，没有信号", "人在{}这边，宽带断了", "从{}到家里要两天", "{}的用户反映很慢", "客户来自{}。",
    "老家{}，想销户",
)  # fmt: skip
#: What only looks like a place, or is none of somebody's.
PLAIN = (
    "以上海关资料已提交", "西安装师傅未到", "每天津贴未发", "变成都不能用", "隆重庆祝开业", "小区宽带断了", "社区活动",
    "三明治套餐", "日照充足", "办公区域没有信号", "大厦门口", "服务区停电", "该区无覆盖", "长春花", "黄山烟一条",
    "中山装一套", "南通道关闭", "海南航空", "上海银行卡被拒", "光明牛奶", "和平解决", "The district manager called",
)  # fmt: skip


def redact(texts: Sequence[str]) -> list[str]:
    with duckdb.connect() as connection:
        query = f"SELECT {redacted('t')} FROM (SELECT unnest($1) AS t)"
        return [text for (text,) in connection.execute(query, [list(texts)]).fetchall()]


def test_the_row_in_the_docs_is_what_is_measured() -> None:
    rng = random.Random(8)
    made = [(place, frame.format(place)) for place in WRITTEN for frame in FRAMES]
    rng.shuffle(made)
    found = redact([text for _, text in made])
    right = sum(place not in text and "［地点］" in text for (place, _), text in zip(made, found, strict=True))
    # One sentence of these tickets has a place in it, and rightly loses it.
    plain = redact([*PLAIN, *(text.replace("朝阳区的网络", "这里的网络") for text in plain_tickets(4, 300))])
    wrong = sum(text.count("［地点］") + text.count("[place]") for text in plain)
    [(precision, recall)] = re.findall(
        r"^\| `place` \|.*\| – \| ([\d.]+) \| ([\d.]+) \|$", DOCS.read_text(encoding="utf-8"), re.M
    )
    assert abs(right / (right + wrong) - float(precision)) <= 0.02, (right, wrong, [t for t in plain if "地点" in t])
    assert abs(right / len(made) - float(recall)) <= 0.03, [t for (p, _), t in zip(made, found, strict=True) if p in t]


def test_words_with_a_place_in_them_stay_and_an_address_is_one_mark() -> None:
    written = [
        "请到广州市天河区体育西路103号维多利广场上门",
        "I moved to Guangzhou last week, from Tianhe District, Guangzhou.",
        "和平区、广州市天河区都没有信号",
    ]
    *stayed, address, english, two = redact([*PLAIN, *written])
    assert stayed == list(PLAIN)
    assert address.count("［") == 1
    assert "［地址］" in address
    assert english == "I moved to [place] last week, from [place]."
    assert two == "［地点］、［地点］都没有信号"


def test_elsewhere_a_place_is_nothing_personal() -> None:
    assert not {one.kind for one in PLACES} & set(DETECTORS)
    assert detect(["广州市", "天河区", "我在深圳，没有信号"]) == [(), (), ()]
