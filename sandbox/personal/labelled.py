"""What only the word before it tells: numbers of documents and accounts, and dates of birth.

A clerk's mistake in a digit, or a document whose number has no check digit, is no reason to show it: after “身份证号” a
number is somebody's, whatever it looks like. Read after ``numbers``, which knows what it is by itself.
"""

from __future__ import annotations

from typing import Final

from sandbox.personal.detector import GAP, HAN, Detector, Form

_IS: Final = "[:：=#是为 ]{0,3}"
_NUMBER_OF: Final = rf"(?:正面|反面|档案|登记)?(?:编号|号码|卡号|证号|号)?(?:有误|错误)?{_IS}"
_CERTIFICATE: Final = (
    "(?:身份证|身份證|证件|居民证|通行证|台胞证|回乡证|军官证|士兵证|警官证|驾驶证|驾照|行驶证|居住证|居留证|学生证|"
    "残疾证|结婚证|房产证|社保卡|医保卡|户口本|(?:住院|病历|病案|门诊|就诊卡|社保|医保|学籍|个人编)号)"
)
_CERTIFICATE_EN: Final = (
    r"\b(?i:(?:id|identity)(?: card)?|driv(?:ing|er'?s?) licen[cs]e|health card|medical record|patient)"
    r" (?i:number|no\.?)"
)
_BANK: Final = "(?:银行卡|信用卡|储蓄卡|借记卡|卡号|账号|帐号|账户|帐户|开户行)"
_BANK_EN: Final = r"\b(?i:(?:bank )?account|acct|(?:credit |debit |bank )?card)(?: (?i:number|no\.?))?"
_CHAT: Final = (
    r"(?:微信号码?|(?:微信|\b(?i:wechat|weixin|wx|vx))(?:[:：]|(?i: ?id[:： ]))|支付宝账号|抖音号|旺旺号?[:：])"
)
_QQ: Final = r"\b(?i:qq)(?:号码?)?"
_BORN: Final = (
    "(?:出生日期|出生年月日?|出生时间|出生于|出生|生日|生于"
    r"|\b(?i:dob|date of birth|birth ?date|birthday|born(?: on)?)\b)"
)
_YEAR: Final = r"(?:18|19|20)\d\d"
_DAY: Final = (
    rf"{_YEAR} ?[-/.年] ?\d{{1,2}}(?: ?[-/.月] ?\d{{1,2}} ?[日号]?|月)?|{_YEAR}[01]\d[0-3]\d"
    rf"|\d{{1,2}}[-/. ]\d{{1,2}}[-/. ]\d{{2,4}}|\d{{1,2}}月\d{{1,2}}[日号]"
    r"|\d{1,2} [A-Z][a-z]{2,8}\.? \d{4}|[A-Z][a-z]{2,8}\.? \d{1,2},? \d{4}"
)
#: A text without any of these words is not read further.
_HINT: Final = (
    "证|卡号|账|帐|本|院号|病历号|病案号|门诊号|社保号|医保号|学籍号|编号|開戶|身份證|微信|支付宝|抖音|旺旺|(?i:qq|wechat|weixin|wx|vx|"
    "licen[cs]e|card|account|acct|identity|id num|id no|record n|patient n)|出生|生日|生于|(?i:dob|birth|born)"
)

DETECTORS: Final = (
    Detector(
        "document",
        (
            Form(
                r"[A-Za-z]{0,3}\d[0-9A-Za-z-]{4,19}(?:[(（][0-9A-Z][)）])?",
                rf"{_CERTIFICATE}{_NUMBER_OF}(?:{HAN}{{1,3}}字第)?|{_CERTIFICATE_EN}{_IS}",
            ),
            Form(r"[A-Z]{1,2}\d{6}[(（][0-9A][)）]"),  # Hong Kong; nothing else is written like this
        ),
        "ID number", "证件号",
        # At least five digits; and no date, such as the one until which a card holds.
        "length(regexp_replace({v}, '[^0-9]', '', 'g')) >= 5"
        rf" AND NOT regexp_full_match({{v}}, '{_YEAR}-?[01][0-9]-?[0-3][0-9]')",
        sure=False, number=False, labelled=True, early=True, hint=_HINT,
    ),
    Detector(
        "account",
        (
            Form(
                rf"\d{{12,21}}|\d{{4}}(?:{GAP}\d{{4}}){{2,3}}(?:{GAP}\d{{1,4}})?",
                rf"{_BANK}{_IS}|{_BANK_EN}[:# ]{{1,3}}",
            ),
            Form(r"[A-Za-z0-9][A-Za-z0-9_-]{4,19}", rf"{_CHAT}{_IS}"),
            Form(r"[1-9]\d{4,11}", rf"{_QQ}{_IS}"),
        ),
        "account", "账号", sure=False, number=False, labelled=True, early=True, hint=_HINT,
    ),
    Detector(
        "birth_date", (Form(rf"(?:{_DAY})", rf"{_BORN}{_IS}"),),
        "date of birth", "出生日期", sure=False, number=False, labelled=True, early=True, hint=_HINT, excerpt=(4, 0),
    ),
)  # fmt: skip
