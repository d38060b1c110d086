"""Numbers and codes that name or reach one person, China first: a row for each.

Where two begin at the same place the first row counts, so long numbers stand before short ones. Groups of digits must
be separated as people do it, or a number would swallow another that stands beside it.
"""

from __future__ import annotations

from typing import Final

from sandbox.personal import checksums
from sandbox.personal.detector import GAP, HAN, Detector, Form

# GB/T 2260: the first two digits of a region.
_PROVINCES: Final = (
    "11 12 13 14 15 21 22 23 31 32 33 34 35 36 37 41 42 43 44 45 46 50 51 52 53 54 61 62 63 64 65 71 81 82 83"
).split()
_IN_PROVINCE: Final = "left({d}, 2) IN (" + ", ".join(f"'{p}'" for p in _PROVINCES) + ")"
_BORN: Final = checksums.date_at(7) + " AND {d}[7:8] IN ('18', '19', '20')"
_COUNTRIES: Final = (
    "AFG AGO ALB ARE ARG ARM AUS AUT AZE BEL BGD BGR BLR BOL BRA CAN CHE CHL CIV CMR COD COL CRI CUB CYP CZE DEU "
    "DNK DOM DZA ECU EGY ESP EST ETH FIN FRA GBR GEO GHA GRC GTM HKG HND HRV HUN IDN IND IRL IRN IRQ ISL ISR ITA "
    "JAM JOR JPN KAZ KEN KGZ KHM KOR KWT LAO LBN LBY LKA LTU LUX LVA MAC MAR MDA MDG MEX MKD MLI MLT MMR MNG MOZ "
    "MUS MYS NER NGA NLD NOR NPL NZL OMN PAK PAN PER PHL PNG POL PRK PRT PRY QAT ROU RUS RWA SAU SDN SEN SGP SLV "
    "SRB SVK SVN SWE SYR TCD THA TJK TKM TTO TUN TUR TWN TZA UGA UKR URY USA UZB VEN VNM YEM ZAF ZMB ZWE"
)
_BIRTH: Final = r"(?:18|19|20)\d\d[01]\d[0-3]\d"
_UNIFIED: Final = "0-9A-HJ-NP-RTUW-Y"
_PLATE: Final = "A-HJ-NP-Z0-9"
_OCTET: Final = r"(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)"

# UnionPay and two older Chinese ranges, Visa, Mastercard, JCB, American Express, Diners.
_ISSUERS: Final = (
    r"62\d{14,17}|955[89]\d{15}|4\d{15}(?:\d{3})?|5[1-5]\d{14}|2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)\d{12}"
    r"|35(?:2[89]|[3-8]\d)\d{12}|3[47]\d{13}|3[068]\d{12}"
)
# ITU-T E.164.
_COUNTRY_CODES: Final = (
    r"[17]|2[07]|2[1-689]\d|3[0-469]|3[578]\d|4[013-9]|42\d|5[1-8]|5[09]\d|6[0-6]|6[789]\d|8[1246]|8[058]\d|"
    r"9[0-58]|9[679]\d"
)

DETECTORS: Final = (
    Detector(
        "email",
        (Form(r"[0-9A-Za-z.%+_-]*[0-9A-Za-z_+-]@[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*\.[A-Za-z]{2,24}"),),
        "e-mail", "邮箱",
        r"contains({v}, '@') AND NOT regexp_matches(lower({v}), '\.(?:png|svg|jpg|jpeg|gif|css|js)$')",
        number=False, excerpt=(1, 0), early=True,
    ),
    Detector(
        "iban", (Form(r"\b[A-Z]{2}\d{2}(?: ?[0-9A-Z]{4}){2,7}(?: ?[0-9A-Z]{1,4})?"),),
        "IBAN", "国际银行账号", checksums.IBAN, early=True, length=(12, 36),
    ),
    Detector(
        "resident_id",
        (
            Form(rf"\b[1-8]\d{{5}}{GAP}?{_BIRTH}{GAP}?\d{{3}}[\dXx]"),
            Form(rf"\b[1-8]\d{{5}}{GAP}\d{{4}}{GAP}\d{{4}}{GAP}\d{{3}}[\dXx]"),
            Form(rf"\b[1-8]\d{{2}}(?:{GAP}\d{{3}}){{4}}{GAP}\d\d[\dXx]"),
            Form(rf"\b[1-8]\d{{3}}(?:{GAP}\d{{4}}){{3}}{GAP}\d[\dXx]"),
            Form(rf"\b[1-8](?:{GAP}\d){{16}}{GAP}[\dXx]"),
        ),
        "resident ID", "身份证号", f"{_IN_PROVINCE} AND {_BORN} AND {checksums.RESIDENT_ID}", length=(18, 18),
    ),
    Detector(
        "residence_card", (Form(rf"\b9\d{{5}}{GAP}?{_BIRTH}{GAP}?\d{{3}}[\dXx]"),),
        "residence card", "永久居留证号", f"{_BORN} AND {checksums.RESIDENT_ID}", length=(18, 18),
    ),
    Detector(
        "credit_code", (Form(rf"\b(?:[159][1239]|3[1-59]|[67][129]|N[1239]|[248A][19]|Y1)\d{{6}}[{_UNIFIED}]{{10}}"),),
        "social credit code", "统一社会信用代码",
        f"{{d}}[3:4] IN ({', '.join(map(repr, [*_PROVINCES, '10']))}) AND {checksums.CREDIT_CODE}",
        sure=False, early=True, length=(18, 18),
    ),
    Detector(
        "bank_card",
        (
            Form(r"\b[2-69]\d{13,18}"),
            Form(rf"\b[2-69]\d{{3}}(?:{GAP}\d{{4}}){{3}}(?:{GAP}?\d{{1,3}})?"),
            Form(rf"\b3[47]\d\d{GAP}\d{{6}}{GAP}\d{{5}}"),
            Form(rf"\b[2-69](?:{GAP}\d){{15,18}}"),
        ),
        "bank card", "银行卡号",
        f"regexp_full_match({{d}}, '{_ISSUERS}') AND {checksums.different(4)} AND {checksums.LUHN}", length=(14, 19),
    ),
    Detector(
        "ip_address",
        (
            Form(rf"(?:\b(?i:v|ver|version|build)[ .:]?)?\b{_OCTET}(?:\.{_OCTET}){{3}}"),
            Form(r"\b[0-9A-Fa-f]{1,4}(?::[0-9A-Fa-f]{1,4}){7}"),
            Form(r"\b[0-9A-Fa-f]{1,4}(?::[0-9A-Fa-f]{1,4}){0,5}::[0-9A-Fa-f]{1,4}(?::[0-9A-Fa-f]{1,4}){0,5}"),
        ),
        "IP address", "IP地址",
        # Versions are written alike; the addresses of the machine itself and of no machine tell nothing.
        r"NOT regexp_matches(lower({v}), '^[a-z]{1,8}[ .:]?[0-9]+\.|^(?:127\.|0\.|255\.255\.)')"
        r" AND (contains({v}, '.') OR length({v}) - length(replace({v}, ':', '')) >= 3)", sure=False, early=True,
    ),
    Detector(
        "mobile",
        (
            Form(
                rf"(?:\+86{GAP}?|\b0086{GAP}?|\b86{GAP}?|\b)1[3-9]\d(?:{GAP}?\d{{4}}{GAP}?\d{{4}}|{GAP}\d{{3}}{GAP}\d{{5}}"
                rf"|\d{GAP}\d{{3}}{GAP}\d{{4}}|{GAP}\d{{2}}{GAP}\d{{3}}{GAP}\d{{3}})"
            ),
            Form(r"\b1[3-9]\d\.\d{4}\.\d{4}"),
            Form(rf"\b1{GAP}[3-9](?:{GAP}\d){{9}}"),
        ),
        "mobile", "手机", "right({d}, 8) <> repeat(right({d}, 1), 8)",  # 13800000000 and the like are made up
        length=(11, 15),
    ),
    Detector(
        "phone",
        (
            Form(
                rf"\+(?:{_COUNTRY_CODES})(?:{GAP}|\.|\b|{GAP}?\(0?\d{{1,4}}\){GAP}?)?"
                rf"\d{{1,4}}(?:[ .-]?\d{{2,4}}){{1,4}}"
            ),
            Form(rf"\b(?:00)?85[23]{GAP}[2-9]\d{{3}}{GAP}?\d{{4}}"),  # Hong Kong and Macao without a plus sign
            Form(r"\b09\d{2}-\d{3}-?\d{3}"),  # a mobile number of Taiwan
            Form(r"\([2-9]\d{2}\) ?[2-9]\d{2}[ .-]\d{4}"),
            Form(r"\b(?:1-)?[2-9]\d{2}[.-][2-9]\d{2}[.-]\d{4}"),
        ),
        "phone", "电话", sure=False, length=(9, 15),
    ),
    Detector(
        "landline",
        (
            Form(
                rf"(?:[(（]0(?:10|2\d|[3-9]\d{{2}})[)）]|\b0(?:10|2\d|[3-9]\d{{2}})){GAP}?[2-8]\d{{2,3}}{GAP}?\d{{4}}"
                rf"(?:(?:-|转|{GAP}?ext\.? ?)\d{{1,5}})?"
            ),
        ),
        "landline", "固定电话",
        # Eleven digits in one piece that begin with a distant area code are more often an order number.
        f"NOT regexp_full_match({{v}}, '0[3-9][0-9]+') AND {checksums.different(3)}",
        sure=False, length=(10, 20),
    ),
    Detector(
        "ssn",
        (
            Form(r"\b\d{3}-\d{2}-\d{4}"),
            Form(r"\b\d{3} \d{2} \d{4}"),
            Form(r"\d{9}", before=r"\b(?i:ssn|social security (?:number|no\.?))[:# ]{0,3}"),
        ),
        "US SSN", "美国社保号",
        "right({d}, 9)[1:3] NOT IN ('000', '666') AND right({d}, 9)[1] <> '9' AND right({d}, 6)[1:2] <> '00'"
        " AND right({d}, 4) <> '0000' AND right({d}, 9) NOT IN ('123456789', '078051120')", sure=False,
    ),
    Detector(
        "old_resident_id", (Form(r"\b[1-8]\d{14}"),), "resident ID", "身份证号",
        f"{_IN_PROVINCE} AND {{d}}[3:4] <> '00' AND {checksums.date_at(7, '%y%m%d')} AND {checksums.different(4)}",
        sure=False, length=(15, 15),
    ),
    Detector(
        "old_residence_card", (Form(r"\b(?:" + _COUNTRIES.replace(" ", "|") + r")\d{12}"),),
        "residence card", "永久居留证号", checksums.date_at(8, "%y%m%d"), sure=False, early=True,
        length=(15, 15),
    ),
    Detector(
        "passport",
        (
            Form(r"\b[EG]\d{8}"),
            Form(r"\bE[A-HJ-NP-Z]\d{7}"),
            Form(
                r"[A-Z]{1,2}\d{6,9}|\d{9}",
                before=r"(?:护照|通行证|(?i:passport))[^0-9A-Za-z]{0,4}"
                r"(?:(?i:number|no\.?|is)[ :]{0,2}|号码?[:：是为 ]{0,2}){0,2}",
            ),
        ),
        "passport", "护照号", checksums.different(4), sure=False, early=True,
    ),
    Detector(
        "plate",
        (
            Form(
                rf"[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][A-HJ-NP-Z][·•・. -]?"
                rf"(?:[DF][{_PLATE}]\d{{4}}|\d{{5}}[DF]|[{_PLATE}]{{5}}\b|[{_PLATE}]{{4}}[挂学警港澳领])"
            ),
        ),
        "licence plate", "车牌号", rf"regexp_matches({{v}}, '^{HAN}.*\d.*\d')",
        sure=False, number=False, excerpt=(2, 1), early=True,
    ),
)  # fmt: skip
