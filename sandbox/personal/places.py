"""Places that stand alone in a text, without road or door: provinces, cities, districts. For redaction only.

A place is no personal data by itself: a column of regions must stay, and a chart has their names on its axis. In what
somebody wrote about themselves it helps to find them, so the rule ``redact`` takes it out as well. Names of places hide
in ordinary words (以上海关, 西安装, 每天津贴), so a bare name counts only between a word or sign that places follow and
one that follows places; with 省, 市 or 区 behind it the dictionary is enough.
"""

from __future__ import annotations

from typing import Final

from sandbox.personal.detector import HAN, Detector, Form, either
from sandbox.personal.words import CITIES, PROVINCES

#: Names that are ordinary words as well, or begin one: only with 市 behind them.
_WORDS_TOO: Final = frozenset(
    "朝阳 中山 大同 长治 白银 日照 安康 保定 吉安 安顺 南通 大理 红河 文山 百色 来宾 四平 白山 通化 "
    "东营 德州 新乡 南平 三明 黄石 黄山 阳泉 海东 山南 武威 中卫 北海 宁德 德宏 怀化 孝感 平凉 天水 "
    "巴中 广安 内江 长春 清远 永州 本溪 大庆 延安 吴忠 安庆 新余 泰安 信阳 江门 阳江 河源 海口 浦东".split()
)
#: Districts whose names are no ordinary words once 区 or 县 stands behind them; of the largest cities.
_DISTRICTS: Final = (
    "东城 西城 朝阳 海淀 丰台 石景山 门头沟 房山 通州 顺义 昌平 大兴 怀柔 平谷 密云 延庆 黄浦 徐汇 长宁 "
    "静安 普陀 虹口 杨浦 闵行 宝山 嘉定 浦东新 金山 松江 青浦 奉贤 崇明 越秀 荔湾 海珠 天河 白云 黄埔 "
    "番禺 花都 南沙 从化 增城 福田 罗湖 南山 盐田 宝安 龙岗 龙华 坪山 光明 和平 河东 河西 南开 河北 "
    "红桥 东丽 西青 津南 北辰 武清 宝坻 滨海新 渝中 江北 南岸 沙坪坝 九龙坡 大渡口 渝北 巴南 北碚 锦江 "
    "青羊 金牛 武侯 成华 龙泉驿 青白江 新都 温江 双流 郫都 上城 拱墅 西湖 滨江 萧山 余杭 临平 钱塘 富阳 "
    "临安 江岸 江汉 硚口 汉阳 武昌 青山 洪山 蔡甸 江夏 黄陂 新洲 玄武 秦淮 建邺 鼓楼 栖霞 雨花台 江宁 "
    "浦口 六合 溧水 高淳 新城 碑林 莲湖 灞桥 未央 雁塔 阎良 临潼 长安 姑苏 虎丘 吴中 相城 吴江 岳麓 "
    "芙蓉 天心 开福 雨花 望城 市南 市北 李沧 崂山 城阳 即墨 思明 湖里 集美 海沧 同安 翔安 禅城 南海 "
    "顺德 三水 高明 海曙 鄞州 镇海 北仑 中原 二七 金水 惠济 历下 历城 槐荫 沈河 铁西 皇姑 浑南 道里 "
    "南岗 香坊 台江 仓山 晋安 马尾 蜀山 庐阳 瑶海 包河 五华 盘龙 官渡 西山 呈贡"
).split()
_BARE: Final = either([name for name in [*PROVINCES, *CITIES] if name not in _WORDS_TOO])
_CITY: Final = either([*CITIES, "北京", "上海", "天津", "重庆"])
_PROVINCE: Final = rf"{either(PROVINCES)}(?:省|自治区|特别行政区)"
_DISTRICT: Final = rf"{either(_DISTRICTS)}[区县]"
_BEFORE: Final = (
    r"(?:[\s,，。；;、：:！!？?（(“\"]|在|到|去|从|往|回|来自|位于|飞|赴|离开|老家|家住|寄往|发往|搬到|我是|是|^)"
)
_AFTER: Final = (
    r"(?:$|[\s,，。；;、！!？?）)”\"]|的|人|这边|那边|这里|那里|出差|工作|上班|旅游|分公司|分店|机场|站|本地|地区"
    r"|户籍|来的|和|与|到)"
)
_PINYIN: Final = either(
    "Beijing Shanghai Guangzhou Shenzhen Chengdu Hangzhou Wuhan Nanjing Tianjin Chongqing Suzhou "
    "Qingdao Xiamen Dongguan Foshan Changsha Zhengzhou Ningbo Kunming Dalian Harbin Shenyang Jinan "
    "Fuzhou Hefei Guangdong Jiangsu Zhejiang Sichuan"
)

DETECTORS: Final = (
    Detector(
        "place",
        (
            Form(rf"(?:{_PROVINCE})?{_CITY}市(?:{_DISTRICT}|{HAN}{{2,3}}[区县])?"),
            Form(rf"(?:{_BARE})?{_DISTRICT}"),
            Form(rf"{_PROVINCE}(?:{_BARE})?"),
            # Before the next one: what stands before that may be nothing, which would be taken off in its stead.
            Form(
                rf"(?:[A-Z][a-z]+ (?:District|County)|{_PINYIN})(?:, {_PINYIN})?",
                before=r"\b(?:in|from|to|at|near|of) ",
            ),
            Form(rf"{_BARE}{{1,2}}", before=_BEFORE, after=_AFTER),
        ),
        "place", "地点", sure=False, number=False, excerpt=(1, 0),
    ),
)  # fmt: skip
