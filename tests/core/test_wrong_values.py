"""Whatever can be wrong in a spec file is told in both languages, with its place and with what is allowed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from sandbox.core.errors import BadInput
from sandbox.core.spec import DatasetSpec
from sandbox.core.specfile import parse_spec
from sandbox.core.wrong_values import LIMITS, PATTERNS, PLAIN, TOLD, keys_at
from sandbox.i18n import catalogue
from tests.core.test_specfile import GOOD

CHINESE = catalogue("zh-CN").gettext
#: What a node of pydantic's schema may find wrong, besides what its limits do. A schema with a node that is not here
#: fails the test: look up its errors, and give each a message.
ERRORS_OF = {
    "str": {"string_type", "string_unicode", "string_sub_type"},
    "int": {"int_type", "int_parsing", "int_parsing_size", "int_from_float"},
    "float": {"float_type", "float_parsing", "finite_number"},
    "bool": {"bool_type", "bool_parsing"},
    "date": {"date_type", "date_parsing", "date_from_datetime_parsing", "date_from_datetime_inexact"},
    "literal": {"literal_error"},
    "enum": {"enum"},
    "dict": {"dict_type", "invalid_key"},
    "tuple": {"tuple_type"},
    "model": {"model_type", "model_attributes_type"},
    "model-fields": {"extra_forbidden"},
    "model-field": {"missing"},
    "tagged-union": {"union_tag_invalid", "union_tag_not_found", "model_attributes_type"},
    "definitions": {"recursion_loop"},
    "function-after": {"value_error"},
    "function-before": {"value_error"},
} | {node: set() for node in ("no-info", "default", "nullable", "union", "definition-ref")}
ERRORS_OF_LIMIT = {
    "gt": "greater_than", "ge": "greater_than_equal", "lt": "less_than", "le": "less_than_equal",
    "pattern": "string_pattern_mismatch",
}  # fmt: skip


def nodes(schema: Any) -> Iterator[dict[str, Any]]:
    if isinstance(schema, dict):
        if isinstance(schema.get("type"), str):
            yield schema
        schema = list(schema.values())
    if isinstance(schema, list | tuple):
        for part in schema:
            yield from nodes(part)


def possible(node: dict[str, Any]) -> set[str]:
    """The types of errors that the node may raise."""
    found = ERRORS_OF[node["type"]] | {error for limit, error in ERRORS_OF_LIMIT.items() if limit in node}
    text = node["type"] == "str"
    found |= {"string_too_short" if text else "too_short"} if "min_length" in node else set()
    return found | ({"string_too_long" if text else "too_long"} if "max_length" in node else set())


def test_every_type_of_error_that_a_specification_can_raise_has_a_message() -> None:
    schema = list(nodes(DatasetSpec.__pydantic_core_schema__))
    assert len(schema) > 300
    raised = set().union(*map(possible, schema))
    told = {*PLAIN, *LIMITS, *TOLD}
    assert not raised - told
    assert {node["pattern"] for node in schema if "pattern" in node} == set(PATTERNS)


def broken(place: str, value: Any) -> BadInput:
    """What is said when GOOD has ``value`` at ``place``."""
    data = yaml.safe_load(GOOD)
    *steps, last = [int(step) if step.isdigit() else step for step in place.split(".")]
    node = data
    for step in steps:
        node = node[step]
    node[last] = value
    with pytest.raises(BadInput) as caught:
        parse_spec(yaml.safe_dump(data, allow_unicode=True, sort_keys=False), "customers.yaml")
    return caught.value


@pytest.mark.parametrize(
    ("place", "value", "english", "chinese"),
    [
        ("owner", 12, "owner: this must be a text", "owner：这里必须是文字"),
        ("owner", "", "owner: this needs 1 character or more", "owner：至少要有 1 个字符"),
        ("acces", {}, "acces: this key is not known here; is “access” meant?", "是否想写“access”？"),
        ("title.fr", "x", "title.fr: this key is not known here; allowed are: en, zh-CN", "可用的键有：en, zh-CN"),
        ("title", "Customers", "this must hold keys with values; allowed are: en, zh-CN", "可用的键有：en, zh-CN"),
        ("columns", [], "columns: this must hold keys with values", "columns：这里必须写成“键: 值”"),
        ("columns.age.kind", 1, "allowed are: class, rule, description", "可用的键有：class, rule, description"),
        ("columns.age.class", "quas", "“quas” is not known here; is “quasi” meant?", "是否想写“quasi”？"),
        ("columns.age.rule", "kep", "is “keep” meant? Allowed are: keep, drop, pseudonym, band", "是否想写“keep”？"),
        ("columns.age.rule", {}, "say which of these", "请写明是哪一种"),
        ("columns.age.rule", {"band": {"wdth": 1}}, "is “width” meant?", "是否想写“width”？"),
        ("columns.age.rule", {"band": "wide"}, "this must be a number", "这里必须是数字"),
        ("columns.age.rule", {"noise": -1}, "this must be more than 0", "必须大于 0"),
        ("columns.age.rule", {"noise": 11}, "this must be 10 or less", "不得大于 10"),
        ("columns.age.rule", {"prefix": 1.5}, "this must be a whole number", "这里必须是整数"),
        ("columns.age.rule", {"noise": {"sd": float("inf")}}, "this must be a number", "这里必须是数字"),
        ("columns.age.rule", {"pseudonym": "Kunde"}, "must begin with a small letter", "必须以小写字母开头"),
        ("columns.age.rule", {"truncate_date": "hour"}, "allowed are: year, quarter, month, week, day", "“hour”"),
        ("columns.age.rule", {"top_bottom": {"top": 1, "bottom": 3}}, "`bottom` (3) must be", "`bottom`（3）必须小于"),
        ("columns.age.rule", {"top_bottom": {}}, "e.g. `{bottom: 18, top: 90}`", "例如 `{bottom: 18, top: 90}`"),
        ("columns.name.rule", "keep", "columns.name.rule: column “name” is of class direct", "必须丢弃（不能用“keep”"),
        ("columns.age.quality", "not_null", "this must be a list", "这里必须是列表"),
        ("columns.age.quality", [{"range": {"low": "x"}}], "a number; or: this must be a date", "或者：这里必须是日期"),
        ("columns.age.quality", [{"pattern": "a["}], "from character 2 on", "从第 2 个字符起"),
        ("columns.age.quality", [{"values": []}], "this needs 1 entry or more", "至少要有 1 项"),
        ("columns.age.quality", [{"values": [True]}], "YAML reads yes", "YAML 会把 yes"),
        ("columns.age.references", {"dataset": "A B", "column": "x"}, "A B", "A B"),
        ("gates", [{"k_anonymity": {"k": 1}}], "this must be 2 or more", "不得小于 2"),
        ("gates", ["k_anonymity"], "gates.0: say which of these", "gates.0：请写明是哪一种及其参数"),
        ("gates", [], "a personal dataset with quasi-identifiers needs a gate", "需要门槛，例如 `k_anonymity: {k: 5}`"),
        ("sample", 1.5, "this must be less than 1", "必须小于 1"),
        ("format", 2, "format: “2” is not known here; allowed are: 1", "可用的有：1"),
        ("unit.column", "nobody", "unit.column: unit.column “nobody” is not among", "“nobody”不在各列之中"),
        ("unit.personal", "maybe", "this must be true or false", "必须是 true 或 false"),
        ("source.kind", "cvs", "is “csv” meant?", "是否想写“csv”？"),
        ("source.table", "t", "source.table: a source of kind csv knows no `table:`", "csv 类数据源没有 `table:`"),
        ("source.delimiter", "ab", "1 character at most", "最多 1 个字符"),
        ("source", {"kind": "mysql", "table": "t", "connection": "mysql://a:geheim@b/c"}, "log-in", "登录信息"),
        ("access", {"badges": ["x"]}, "there is no badge “x”", "没有徽章“x”"),
        ("access", {"reasons": {"boss": "y"}}, "access.reasons: `reasons` names “boss”", "但这里没有授权给它"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_in_both_languages(place: str, value: Any, english: str, chinese: str) -> None:
    error = broken(place, value)
    for told, wanted in ((error.render(), english), (error.render(CHINESE), chinese)):
        assert wanted in told[0] and "geheim" not in told[0]
    assert error.render(CHINESE)[0].startswith("customers.yaml 第 ")
    for english_words in ("Input should", "valid", "this must", "must be"):
        assert english_words not in error.render(CHINESE)[0]


def test_columns_named_like_keys_of_the_specification_are_told_apart() -> None:
    assert "rule" in keys_at(DatasetSpec, ("columns", "type"))
    assert keys_at(DatasetSpec, ("columns", "type", "description")) == ["en", "zh-CN"]
    assert keys_at(DatasetSpec, ("columns", "rule", "rule", "band")) == ["width", "start", "top", "bottom"]
    assert "path" in keys_at(DatasetSpec, ("source", "tables", "kind"))


@pytest.mark.parametrize(
    ("change", "chinese"),
    [
        (("owner: Customer Service", "owner: [a"), "缺少逗号或右括号"),
        (("owner: Customer", "\towner: Customer"), "有制表符"),
        (("owner: Customer", "owner: a: Customer"), "多了一个冒号"),
        (("owner: Customer Service", "owner：Customer Service"), "缺少英文冒号和空格"),
        (("owner: Customer Service", 'owner: "Customer'), "没有配对"),
        (("owner: Customer Service", "owner: *her"), "特殊含义"),
        (("owner: Customer Service", "owner: @her"), "不能以这个字符开头"),
        (("owner: Customer Service", 'owner: "C:\\data"'), "反斜杠"),
        (("  id:", " id:"), "缩进"),
        (("  name:", "  id:"), "“id”写了两次"),
        (("owner: Customer Service", "owner: a\0b"), "不会出现的字符"),
        (("gates:", "---\ngates:"), "整个文件"),
    ],
)
def test_what_is_no_yaml_is_told_without_its_grammar(change: tuple[str, str], chinese: str) -> None:
    assert change[0] in GOOD
    with pytest.raises(BadInput) as caught:
        parse_spec(GOOD.replace(*change, 1), "customers.yaml")
    told = caught.value.render(CHINESE)[0]
    assert chinese in told and "found" not in told and "expected" not in told
