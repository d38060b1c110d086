"""Where the demo company's customers live: districts with their administrative codes (GB/T 2260) and sales regions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class City:
    """A city: its districts as (name, English name, GB/T 2260 code), its postcode area and its share of customers."""

    province: str
    name: str
    english: str
    region: str
    postcode: int
    weight: float
    districts: tuple[tuple[str, str, int], ...]


@dataclass(frozen=True)
class District:
    """One district with everything that a customer's address and resident ID take from it."""

    province: str
    city: str
    city_english: str
    name: str
    english: str
    code: int
    postcode: int
    region: str
    weight: float


REGIONS: Final[tuple[str, ...]] = ("north", "northeast", "east", "central", "south", "southwest", "northwest")

CITIES: Final[tuple[City, ...]] = (
    City("北京市", "北京市", "Beijing", "north", 100000, 9, (
        ("东城区", "Dongcheng", 110101), ("西城区", "Xicheng", 110102), ("朝阳区", "Chaoyang", 110105),
        ("丰台区", "Fengtai", 110106), ("海淀区", "Haidian", 110108))),
    City("天津市", "天津市", "Tianjin", "north", 300000, 3, (
        ("和平区", "Heping", 120101), ("河西区", "Hexi", 120103), ("南开区", "Nankai", 120104))),
    City("辽宁省", "沈阳市", "Shenyang", "northeast", 110000, 3, (
        ("和平区", "Heping", 210102), ("沈河区", "Shenhe", 210103), ("铁西区", "Tiexi", 210106))),
    City("辽宁省", "大连市", "Dalian", "northeast", 116000, 3, (
        ("中山区", "Zhongshan", 210202), ("西岗区", "Xigang", 210203), ("沙河口区", "Shahekou", 210204))),
    City("上海市", "上海市", "Shanghai", "east", 200000, 11, (
        ("黄浦区", "Huangpu", 310101), ("徐汇区", "Xuhui", 310104), ("长宁区", "Changning", 310105),
        ("静安区", "Jing'an", 310106), ("闵行区", "Minhang", 310112), ("浦东新区", "Pudong", 310115))),
    City("江苏省", "南京市", "Nanjing", "east", 210000, 5, (
        ("玄武区", "Xuanwu", 320102), ("秦淮区", "Qinhuai", 320104), ("鼓楼区", "Gulou", 320106),
        ("江宁区", "Jiangning", 320115))),
    City("江苏省", "苏州市", "Suzhou", "east", 215000, 5, (
        ("虎丘区", "Huqiu", 320505), ("吴中区", "Wuzhong", 320506), ("姑苏区", "Gusu", 320508))),
    City("浙江省", "杭州市", "Hangzhou", "east", 310000, 7, (
        ("上城区", "Shangcheng", 330102), ("西湖区", "Xihu", 330106), ("滨江区", "Binjiang", 330108),
        ("萧山区", "Xiaoshan", 330109))),
    City("浙江省", "宁波市", "Ningbo", "east", 315000, 3, (
        ("海曙区", "Haishu", 330203), ("江北区", "Jiangbei", 330205), ("鄞州区", "Yinzhou", 330212))),
    City("山东省", "济南市", "Jinan", "north", 250000, 3, (
        ("历下区", "Lixia", 370102), ("市中区", "Shizhong", 370103), ("历城区", "Licheng", 370112))),
    City("山东省", "青岛市", "Qingdao", "north", 266000, 4, (
        ("市南区", "Shinan", 370202), ("市北区", "Shibei", 370203), ("崂山区", "Laoshan", 370212))),
    City("河南省", "郑州市", "Zhengzhou", "central", 450000, 4, (
        ("中原区", "Zhongyuan", 410102), ("二七区", "Erqi", 410103), ("金水区", "Jinshui", 410105))),
    City("湖北省", "武汉市", "Wuhan", "central", 430000, 6, (
        ("江岸区", "Jiang'an", 420102), ("江汉区", "Jianghan", 420103), ("武昌区", "Wuchang", 420106),
        ("洪山区", "Hongshan", 420111))),
    City("湖南省", "长沙市", "Changsha", "central", 410000, 4, (
        ("芙蓉区", "Furong", 430102), ("岳麓区", "Yuelu", 430104), ("雨花区", "Yuhua", 430111))),
    City("广东省", "广州市", "Guangzhou", "south", 510000, 8, (
        ("越秀区", "Yuexiu", 440104), ("海珠区", "Haizhu", 440105), ("天河区", "Tianhe", 440106),
        ("白云区", "Baiyun", 440111))),
    City("广东省", "深圳市", "Shenzhen", "south", 518000, 8, (
        ("罗湖区", "Luohu", 440303), ("福田区", "Futian", 440304), ("南山区", "Nanshan", 440305),
        ("宝安区", "Bao'an", 440306))),
    City("福建省", "厦门市", "Xiamen", "south", 361000, 3, (
        ("思明区", "Siming", 350203), ("湖里区", "Huli", 350206), ("集美区", "Jimei", 350211))),
    City("四川省", "成都市", "Chengdu", "southwest", 610000, 7, (
        ("锦江区", "Jinjiang", 510104), ("青羊区", "Qingyang", 510105), ("武侯区", "Wuhou", 510107),
        ("成华区", "Chenghua", 510108))),
    City("重庆市", "重庆市", "Chongqing", "southwest", 400000, 5, (
        ("渝中区", "Yuzhong", 500103), ("江北区", "Jiangbei", 500105), ("渝北区", "Yubei", 500112))),
    City("陕西省", "西安市", "Xi'an", "northwest", 710000, 5, (
        ("碑林区", "Beilin", 610103), ("未央区", "Weiyang", 610112), ("雁塔区", "Yanta", 610113))),
)  # fmt: skip

DISTRICTS: Final[tuple[District, ...]] = tuple(
    District(
        city.province, city.name, city.english, name, english, code, city.postcode + 10 * (order + 1), city.region,
        city.weight / len(city.districts),
    )
    for city in CITIES
    for order, (name, english, code) in enumerate(city.districts)
)  # fmt: skip
