"""Postal addresses, by dictionary (provinces, cities), by the words of roads and buildings, and by the words before."""

from __future__ import annotations

from typing import Final

from sandbox.personal.detector import HAN, Detector, Form
from sandbox.personal.words import CITIES, PROVINCES

_REGION: Final = "(?:" + "|".join([*PROVINCES, *CITIES]) + ")"
_ROAD: Final = "(?:大街|大道|胡同|街道|路|街|巷|弄|道)"
_PLACE: Final = (
    "(?:小区|花园|家园|公寓|大厦|大廈|广场|廣場|新村|嘉园|苑|村|里|坊|庄|城|园|園|湾|灣|府|院|庭|墅|寓|楼|樓|厂"
    "|镇|鎮|乡|鄉)"
)
_NUMBER: Final = "[0-9一二三四五六七八九十百]{1,6}(?:-[0-9]{1,5})*"
_UNIT: Final = "(?:号楼|號樓|号院|号|號|弄|栋|棟|幢|座|单元|單元|室|层|層|楼|樓|房|户|戶|门|组|队)"
_DOOR: Final = rf"(?:[A-Za-z]?{_NUMBER} ?{_UNIT}|[A-Za-z][座栋区])"
# Road with number, or estate with building, and whatever follows of both down to the door.
_TAIL: Final = (
    rf"(?:{_ROAD}(?:[东南西北中]段?|[0-9一二三四五六七八九十]+段)? ?{_DOOR}|{_PLACE} ?[A-Za-z]?{_DOOR})"
    rf"(?:[,， ]?(?:{HAN}{{2,10}}{_PLACE})? ?{_DOOR})*(?:[0-9]{{3,4}})?"
)
_LABEL: Final = (
    "(?:地址|住址|家住|现住|住在|居住于|居住在|寄到|寄往|寄至|送到|送至|邮寄到|户籍地|籍贯|家在|上门到|搬到|搬至|住)"
    r"(?:[:：是为在于 ]{0,2})"
)

_ROOM: Final = "(?i:flat|apt\\.?|room|unit|suite)"
_STREET: Final = (
    "(?:Road|Rd|Street|St|Avenue|Ave|Lane|Ln|Drive|Boulevard|Blvd|Square|Terrace|Close|Crescent|Way|Court|Place)"
)
# What no address is without: a road or an estate and a door; or a label and a region; or the name of a street.
_HINT: Final = (
    rf"{_ROAD}(?:[东南西北中]段?|[0-9一二三四五六七八九十]+段)? ?{_DOOR}|{_PLACE} ?[A-Za-z]?{_DOOR}"
    rf"|{_LABEL}{HAN}{{2,20}}?[区县市镇區縣鎮]|{_LABEL}{_DOOR}{_DOOR}|[a-z] {_STREET}\b"
)

DETECTORS: Final = (
    Detector(
        "address",
        (
            Form(rf"{HAN}{{0,30}}?{_TAIL}", before=_LABEL),
            Form(rf"(?:{_DOOR}){{2,5}}(?:[0-9]{{3,4}})?", before=_LABEL),
            Form(
                rf"{_REGION}(?:省|市|自治区)?(?:{_REGION}市?)?{HAN}{{1,6}}(?:新区|区|區|县|縣|市|镇|鎮)", before=_LABEL
            ),
            Form(rf"{_REGION}{HAN}{{0,30}}?{_TAIL}"),
            Form(rf"{HAN}{{2,6}}(?:区|區|县|縣|市|镇|鎮|乡|鄉){HAN}{{1,16}}?{_TAIL}"),
            Form(rf"{HAN}{{2,4}}{_ROAD}(?:[一二三四五六七八九十]段)? ?{_NUMBER} ?(?:号|號|弄)(?:{_DOOR})*"),
            Form(
                rf"\b(?:{_ROOM} [0-9A-Z]{{1,5}},? )?\d{{1,5}}[A-Z]?,? (?:[A-Z][a-z]+ ){{1,3}}{_STREET}\b\.?"
                rf"(?:,? (?:{_ROOM} ?#?[0-9A-Z]{{1,5}}|#[0-9A-Z]{{1,5}}))?"
            ),
        ),
        "address", "地址", sure=False, number=False, hint=_HINT, excerpt=(3, 0),
    ),
)  # fmt: skip
