"""People's names, by dictionary and by what stands around them: a surname alone proves nothing.

A name is believed after a label (“联系人：”, “Regards,”), before a title (先生), and beside a number that was marked
before. English names are also known by a dictionary of given names.
"""

from __future__ import annotations

from typing import Final

from sandbox.personal.detector import HAN, HAN_RANGE, Detector, Form, either, quoted
from sandbox.personal.words import (
    COMPOUND_SURNAMES,
    GIVEN_NAMES,
    NO_FAMILY_NAMES,
    NO_GIVEN_NAME,
    NO_NAMES,
    SURNAMES,
)

_HAN: Final = rf"(?:{either(COMPOUND_SURNAMES)}{HAN}{{1,2}}|[{SURNAMES}]{HAN}{{1,2}}|{HAN}{{2,5}}·{HAN}{{2,6}})"
_WORD: Final = r"(?:[A-Z]['’])?[A-Z][a-zà-öø-ÿ]+(?:['’-][A-Z]?[a-zà-öø-ÿ]+)?"
_OF: Final = either("de van von der di da la")
_LATIN: Final = rf"{_WORD}(?: [A-Z]\.)?(?: {_OF})?(?: {_WORD}){{1,2}}"
_END: Final = rf"(?:[^{HAN_RANGE}0-9A-Za-z]|$)"
_TITLE: Final = either(
    "先生 女士 小姐 太太 师傅 老师 医生 大夫 经理 主任 总监 律师 教授 同学 阿姨 叔叔 护士 工程师 主管"
)
_GOES_ON: Final = either(
    "的 ， , 在 为您 本人 来电 反映 反馈 投诉 咨询 表示 要求 申请 办理 预约 核实 确认 处理 跟进 回访 联系 收 电话 手机 "
    "身份证 邮箱 住 说"
)
_LABEL: Final = either(
    "姓名 名字 联系人 联络人 客户名称 客户名 客户姓名 客户 用户 收件人 收货人 寄件人 签收人 户主 持卡人 开户人 户名 "
    "经办人 机主 车主 申请人 投保人 被保险人 患者 病人 家属 负责人 投诉人 报修人 报案人 法定代表人 法人 业主 租客 房东 "
    "司机 乘客 学生 家长 监护人 员工 同事 我叫 我是 名叫 叫做 本人 找 联系 审核人 复核人 审批人 同住人 抄送 签字 签名 "
    "客服代表 转账给 转给 汇给 打给 孩子 儿子 女儿 妻子 丈夫 老公 老婆 母亲 父亲 妈妈 爸爸 配偶"
)
#: Words before a name that are too common without what follows them.
_CALLED: Final = r"(?:致[:：]|[Hh]i[, ]{0,2}|[Hh]ello[, ]{0,2}|@)"
_MARK: Final = r"(?:［[^］]{1,10}］|\[[A-Za-z -]{2,20}\])"
_ABOUT: Final = (
    "(?:的?(?:身份证号?码?|证件号?码?|联系电话|电话|手机号?码?|手机|邮箱|银行卡号?|卡号|地址|住址|车牌号?|护照号?)"
    "号?码?(?:是|为)?)"
)
_GREETING: Final = (
    "(?:Regards|regards|Sincerely|sincerely|Thanks|Thank you|Cheers|Yours|Best|Signed|Name|name is|I am|I'm|This is|"
    "this is|Mr|Mrs|Ms|Miss|Dr|Prof|Contact|contact|Attn|attn|Customer|customer|Patient|patient|Recipient|"
    "recipient|husband|wife|colleague|neighbour|neighbor|Dear|ask for|speak to|spoke with)"
)
_OR: Final = "(?:我是|我叫|姓名|联系人|户名|from |- )?"
_SPACE: Final = r"[ \t\r\n]"
_NO_NAME: Final = rf"^.[{NO_GIVEN_NAME}]|[{NO_GIVEN_NAME}]$|^{either(NO_NAMES)}|\b{either(NO_FAMILY_NAMES)}\b|^$"

_NO: Final = f"NOT regexp_matches({{text}}, {quoted(_NO_NAME)})"
#: SQL of whether the SQL of a text is a Chinese name and nothing else. Many a word looks the same.
ALONE: Final = f"(regexp_full_match({{text}}, {quoted(_HAN)}) AND {_NO})"
_LISTED: Final = f"list_filter(string_split_regex({{text}}, '[;；、]'), lambda one: {ALONE.replace('{text}', 'one')})"
#: Several names, one after the other: each must be one.
_ALL: Final = f"(len({_LISTED}) = len(string_split_regex({{text}}, '[;；、]')))"
#: The same for names in any language: only a whole column of such texts proves anything.
LIKE_A_NAME: Final = (
    f"({ALONE} OR regexp_full_match({{text}}, {quoted(_WORD + ',?(?: [A-Z][.])?(?: ' + _WORD + '){1,2}')}) AND {_NO})"
)

DETECTORS: Final = (
    Detector(
        "person_name",
        (
            Form(_HAN, rf"{_LABEL}[:：=是为叫 ]{{0,2}}[\"“'「]?", f"{_END}|{_TITLE}|{_GOES_ON}"),
            Form(_HAN, _CALLED, _END),
            Form(_HAN, rf"{_MARK}[，,。.、；;]?{_SPACE}{{0,2}}{_OR}[:：]?{_SPACE}?", f"{_END}|{_TITLE}"),
            Form(_HAN, after=rf"[，,、；;:：（( ]{{0,2}}{_ABOUT}?[:： ]{{0,2}}{_MARK}"),
            Form(_HAN, after=_TITLE),
            Form(_HAN, after="[，, ]{0,2}(?:家住|现住|住在|住址|住)"),
            Form(_HAN, rf"\b{_GREETING}[,:.!]?{_SPACE}{{1,3}}", _END),
            Form(_HAN, r"[A-Za-z.,;:!?][ \n]", r"[ ,.;:!?]{1,2}[A-Za-z]|[.!]?$"),
        ),
        "name", "姓名", ALONE.replace("{text}", "{v}"),
        number=False, excerpt=(1, 0),
    ),
    Detector(
        "western_name",
        (
            Form(_LATIN, rf"{_LABEL}[:：=是为叫 ]{{0,2}}[\"“'「]?", f"{_END}|{_TITLE}|{_GOES_ON}"),
            Form(_LATIN, rf"{_MARK}[，,。.、；;]?{_SPACE}{{0,2}}{_OR}[:：]?{_SPACE}?", f"{_END}|{_TITLE}"),
            Form(_LATIN, after=rf"[，,、；;:：（( ]{{0,2}}{_ABOUT}?[:： ]{{0,2}}{_MARK}"),
            Form(_LATIN, after="[，, ]{0,2}(?:家住|现住|住在|住址|住)"),
            Form(_LATIN, rf"\b{_GREETING}[,:.!]?{_SPACE}{{1,3}}", _END),
            Form(rf"\b{either(GIVEN_NAMES)}(?: [A-Z]\.)?(?: {_OF})? {_WORD}"),
        ),
        "name", "姓名", f"regexp_full_match({{v}}, {quoted(_LATIN)}) AND NOT regexp_matches({{v}}, {quoted(_NO_NAME)})",
        sure=False, number=False, excerpt=(1, 0),
    ),
)  # fmt: skip

#: The rest of a list (抄送：李娜;王强;赵敏), of which the first name has a mark by now. For redaction only, which is
#: not content with one hit; with the names themselves it would take as long as all of them.
FURTHER: Final = (
    Detector(
        "further_names",
        (Form(rf"{_HAN}(?:[;；、]{_HAN}){{0,9}}", r"［姓名］[;；、]", _END),),
        "name", "姓名", _ALL.replace("{text}", "{v}"),
        sure=False, number=False, labelled=True, early=True,
    ),
)  # fmt: skip
