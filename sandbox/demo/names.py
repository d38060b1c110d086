"""Names of the demo company's people: short built-in lists, each entry with what else must agree with it.

Chinese names carry their pinyin, because e-mail addresses are made from it. No list comes from a real register:
they are common surnames and given-name characters put together at random.
"""

from __future__ import annotations

from typing import Final

#: (surname, pinyin, weight): the commonest surnames, weighted roughly as in the population.
SURNAMES: Final[tuple[tuple[str, str, float], ...]] = (
    ("王", "wang", 7.2), ("李", "li", 7.2), ("张", "zhang", 6.8), ("刘", "liu", 5.2), ("陈", "chen", 4.6),
    ("杨", "yang", 3.2), ("黄", "huang", 2.3), ("赵", "zhao", 2.1), ("吴", "wu", 2.0), ("周", "zhou", 2.0),
    ("徐", "xu", 1.5), ("孙", "sun", 1.4), ("马", "ma", 1.3), ("朱", "zhu", 1.3), ("胡", "hu", 1.2),
    ("郭", "guo", 1.2), ("何", "he", 1.1), ("林", "lin", 1.1), ("高", "gao", 1.0), ("罗", "luo", 1.0),
    ("郑", "zheng", 0.9), ("梁", "liang", 0.9), ("谢", "xie", 0.8), ("宋", "song", 0.8), ("唐", "tang", 0.7),
    ("许", "xu", 0.7), ("韩", "han", 0.7), ("冯", "feng", 0.6), ("邓", "deng", 0.6), ("曹", "cao", 0.6),
    ("彭", "peng", 0.5), ("曾", "zeng", 0.5), ("肖", "xiao", 0.5), ("田", "tian", 0.5), ("董", "dong", 0.5),
    ("潘", "pan", 0.5), ("袁", "yuan", 0.5), ("蔡", "cai", 0.5), ("蒋", "jiang", 0.5), ("余", "yu", 0.5),
    ("叶", "ye", 0.4), ("程", "cheng", 0.4), ("魏", "wei", 0.4), ("苏", "su", 0.4), ("吕", "lv", 0.4),
    ("丁", "ding", 0.4), ("沈", "shen", 0.4), ("任", "ren", 0.4), ("姚", "yao", 0.4), ("欧阳", "ouyang", 0.1),
)  # fmt: skip

#: Given-name characters, by the gender they are mostly given to, with their pinyin.
GIVEN_FEMALE: Final[tuple[tuple[str, str], ...]] = (
    ("芳", "fang"), ("娜", "na"), ("敏", "min"), ("静", "jing"), ("丽", "li"), ("艳", "yan"), ("娟", "juan"),
    ("霞", "xia"), ("婷", "ting"), ("雪", "xue"), ("慧", "hui"), ("颖", "ying"), ("琳", "lin"), ("欣", "xin"),
    ("怡", "yi"), ("梦", "meng"), ("佳", "jia"), ("倩", "qian"), ("玲", "ling"), ("萍", "ping"), ("洁", "jie"),
    ("蕾", "lei"), ("薇", "wei"), ("雅", "ya"), ("思", "si"), ("雨", "yu"), ("晨", "chen"), ("悦", "yue"),
)  # fmt: skip
GIVEN_MALE: Final[tuple[tuple[str, str], ...]] = (
    ("伟", "wei"), ("强", "qiang"), ("磊", "lei"), ("军", "jun"), ("洋", "yang"), ("勇", "yong"), ("杰", "jie"),
    ("涛", "tao"), ("明", "ming"), ("超", "chao"), ("刚", "gang"), ("平", "ping"), ("辉", "hui"), ("鹏", "peng"),
    ("浩", "hao"), ("宇", "yu"), ("轩", "xuan"), ("博", "bo"), ("文", "wen"), ("志", "zhi"), ("建", "jian"),
    ("俊", "jun"), ("峰", "feng"), ("凯", "kai"), ("嘉", "jia"), ("子", "zi"), ("天", "tian"), ("海", "hai"),
)  # fmt: skip

WESTERN_FEMALE: Final[tuple[str, ...]] = (
    "Emma", "Olivia", "Sophie", "Anna", "Laura", "Julia", "Marie", "Sarah", "Claire", "Helen", "Ingrid", "Chiara",
    "Elena", "Nina", "Rachel", "Grace", "Alice", "Hannah", "Lucia", "Amelia",
)  # fmt: skip
WESTERN_MALE: Final[tuple[str, ...]] = (
    "James", "Thomas", "Daniel", "Lukas", "Pierre", "Marco", "David", "Peter", "Michael", "Andrew", "Oscar", "Felix",
    "Robert", "Martin", "Hugo", "Samuel", "Paul", "Simon", "Erik", "Antonio",
)  # fmt: skip
#: (surname, ISO 3166-1 numeric country code): the code is part of a foreign permanent resident's ID number.
WESTERN_SURNAMES: Final[tuple[tuple[str, int], ...]] = (
    ("Smith", 840), ("Johnson", 840), ("Miller", 840), ("Carter", 840), ("Brown", 826), ("Taylor", 826),
    ("Wright", 826), ("Walker", 124), ("Tremblay", 124), ("Campbell", 36), ("Harris", 36), ("Dubois", 250),
    ("Moreau", 250), ("Laurent", 250), ("Schmidt", 276), ("Weber", 276), ("Fischer", 276), ("Rossi", 380),
    ("Bianchi", 380), ("Garcia", 724), ("Jansen", 528), ("Lindberg", 752), ("Nielsen", 208), ("Kowalski", 616),
)  # fmt: skip

#: Reserved for examples (RFC 2606): a message to any of these addresses reaches nobody.
MAIL_DOMAINS: Final[tuple[str, ...]] = ("mail.example.com", "post.example.net", "qmail.example.com", "work.example.org")

#: Three-digit beginnings of Chinese mobile numbers that are in public use.
MOBILE_PREFIXES: Final[tuple[int, ...]] = (
    130, 131, 132, 133, 134, 135, 136, 137, 138, 139, 150, 151, 152, 153, 155, 156, 157, 158, 159,
    173, 175, 176, 177, 178, 180, 181, 182, 183, 185, 186, 187, 188, 189, 191, 198, 199,
)  # fmt: skip

STREETS: Final[tuple[tuple[str, str], ...]] = (
    ("人民路", "Renmin Road"), ("中山路", "Zhongshan Road"), ("解放路", "Jiefang Road"), ("建设路", "Jianshe Road"),
    ("和平路", "Heping Road"), ("新华路", "Xinhua Road"), ("长江路", "Changjiang Road"), ("文化路", "Wenhua Road"),
    ("学院路", "Xueyuan Road"), ("科技路", "Keji Road"), ("滨河路", "Binhe Road"), ("花园路", "Huayuan Road"),
    ("青年路", "Qingnian Road"), ("东风路", "Dongfeng Road"), ("朝阳路", "Chaoyang Road"), ("湖滨路", "Hubin Road"),
)  # fmt: skip
