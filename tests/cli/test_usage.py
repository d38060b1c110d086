"""What a mistake in a command line is told like."""

from __future__ import annotations

import click
import pytest

from sandbox.cli.main import cli
from sandbox.cli.usage import told
from sandbox.i18n import catalogue


@pytest.mark.parametrize(
    ("arguments", "english", "chinese"),
    [
        (("dataset", "add", "x.csv"), "This is missing: --name", "缺少：--name"),
        (("dataset", "bild"), "There is no command “bild”", "没有命令“bild”"),
        (("dataset", "build", "--al"), "is --all meant?", "是否想写 --all"),
        (("dataset", "build"), "Give the name of a dataset", "请写数据集名称"),
        (("dataset", "attack", "x", "--knowledge", "nix.csv"), "“nix.csv” does not exist", "“nix.csv”不存在"),
        (("dataset", "add", "x.csv", "--name", "x", "--skip-last", "ten"), "“ten” is not a whole", "“ten”不是整数"),
        (("dataset", "add", "x.csv", "--name", "x", "--skip-last", "101"), "101 is not within", "101 不在"),
        (("dataset", "build", "a", "b"), "This is too much: b", "多余的内容：b"),
        (("dataset", "show", "x", "--version"), "needs a value", "需要一个值"),
    ],
)
def test_a_mistake_in_a_command_line_is_told_in_the_readers_language(
    arguments: tuple[str, ...], english: str, chinese: str
) -> None:
    with pytest.raises(click.UsageError) as caught:
        cli.main(list(arguments), standalone_mode=False)
    assert english in told(caught.value, catalogue("en"))
    said = told(caught.value, catalogue("zh-CN"))
    assert chinese in said and "--help" in said and "Error" not in said and "Usage" not in said
