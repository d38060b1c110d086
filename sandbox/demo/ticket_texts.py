"""The wordings of the support tickets: per language and category, with the signatures that carry personal data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Texts:
    """``wordings``: category to (subject, body) pairs; ``signatures`` are appended to a body. Both are templates.

    ``vague`` are pairs that tell nothing; ``openings`` come before a body, ``urgency`` (by priority) after it.
    """

    wordings: Mapping[str, tuple[tuple[str, str], ...]]
    signatures: tuple[str, ...]
    vague: tuple[tuple[str, str], ...]
    openings: tuple[str, ...]
    urgency: Mapping[str, tuple[str, ...]]


ENGLISH: Final = Texts(
    wordings={
        "billing": (
            ("Wrong amount", "I was charged {amount} yuan twice this month. Please check my bill."),
            ("Invoice missing", "I still have not received the invoice for the last {days} months."),
            ("Bill higher than agreed", "My bill went up by {amount} yuan although I changed nothing."),
        ),
        "outage": (
            ("No connection", "There has been no connection in {district} for {days} days. I work from home!"),
            ("Outage again", "Another outage at my flat in {city}, the third one this month."),
        ),
        "speed": (
            ("Very slow", "Every evening the line is so slow that video calls break off."),
            ("Speed not as promised", "I pay for 500 Mbit/s and measure a speed of {amount}. Since {days} days."),
        ),
        "device": (
            ("Gateway restarts", "The gateway restarts every {days} hours, its light turns red."),
            ("Router defective", "The router you sent does not switch on. I need a replacement."),
            ("Camera offline", "The camera at the door goes offline although the gateway is one metre away."),
        ),
        "moving": (
            ("Moving house", "I am moving within {city} in {days} weeks. Can the contract come along?"),
            ("New address", "Please note my new address in {district} and book a technician."),
        ),
        "cancellation": (
            ("Cancel my contract", "I want to cancel at the end of the month, a rival offers {amount} yuan."),
            ("I am going to leave", "If this is not solved within {days} days I will leave and take my number along."),
        ),
    },
    signatures=(
        " Call me on {mobile}. {name}",
        " Regards, {name}, {email}",
        " My ID number for verification is {resident_id}, {name}.",
        " You can reach my wife on +86 {mobile} or write to {email}.",
        " {name}, {district}, {city}",
    ),
    vague=(
        ("Question", "It is the same as last time, please get back to me."),
        ("Please help", "I am not satisfied with how this is going. What happens next?"),
    ),
    openings=("", "", "Hello, ", "Good morning. ", "I have written before: "),
    urgency={
        "high": (" This is urgent.", " My old mother depends on it.", " Please do something right away!"),
        "normal": ("", "", " Thank you.", " Please let me know."),
        "low": (" There is no hurry.", " Some time this month is fine.", " No hurry, thank you."),
    },
)

CHINESE: Final = Texts(
    wordings={
        "billing": (
            ("账单有误", "本月账单重复扣费{amount}元，请核实。"),
            ("发票问题", "最近{days}个月的发票一直没有收到，麻烦尽快开具。"),
            ("资费变高", "套餐没有变，扣费却多了{amount}元，请解释。"),
        ),
        "outage": (
            ("家里断网", "{district}这边已经断网{days}天了，影响在家办公，请尽快处理。"),
            ("又连不上网", "{city}的家里又连不上了，这个月第三次。"),
        ),
        "speed": (
            ("网速慢", "每天晚上网速特别慢，视频会议总是卡顿。"),
            ("速率不达标", "办的是500兆，实测网速只有{amount}兆，已经{days}天了。"),
        ),
        "device": (
            ("网关重启", "网关每隔{days}小时自动重启，指示灯变红。"),
            ("路由器坏了", "寄来的路由器开不了机，需要更换。"),
            ("摄像头离线", "门口的摄像头总是离线，离网关只有一米。"),
        ),
        "moving": (
            ("搬家移机", "{days}周后在{city}市内搬家，想办理移机。"),
            ("更改地址", "新地址在{district}，请安排师傅上门安装。"),
        ),
        "cancellation": (
            ("申请退订", "月底想退订，别家只要{amount}元。"),
            ("要求注销", "{days}天内不解决就注销，携号转网。"),
        ),
    },
    signatures=(
        "我的电话{mobile}，{name}。",
        "请联系{name}，邮箱{email}。",
        "身份证号{resident_id}，姓名{name}，请核对。",
        "联系人：{name}，手机：{mobile}，邮箱：{email}。",
        "{name}，住{city}{district}。",
    ),
    vague=(
        ("咨询", "还是上次那件事，请给个答复。"),
        ("请帮忙", "对处理结果不满意，接下来怎么办？"),
    ),
    openings=("", "", "您好，", "你好！", "之前反映过："),
    urgency={
        "high": ("情况紧急。", "家里老人急用。", "请立刻处理！"),
        "normal": ("", "", "谢谢。", "请回复。"),
        "low": ("不急，慢慢来。", "有空时处理即可。", "这事不急，谢谢。"),
    },
)
