"""Spec text → DatasetSpec, with errors that say file, line, what is wrong and what to do. Pure: text in, value out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import yaml
from pydantic import ValidationError

from sandbox.core.errors import BadInput
from sandbox.core.messages import Message, in_lines
from sandbox.core.spec import DatasetSpec
from sandbox.core.wrong_values import in_words
from sandbox.core.yaml_words import GivenTwice, yaml_in_words

_SCHEMA_HINT = "See docs/steward.md for the format; `sandbox dataset schema` prints a JSON Schema for your editor."


def parse_spec(text: str, file: str) -> DatasetSpec:
    """The dataset specification in ``text``; ``file`` is only named in errors. Raises BadInput with file and line."""
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        data = yaml.load(text, Loader=_UniqueKeys)  # noqa: S506 - a SafeLoader
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise BadInput(
            "{file}, line {line}: this is not readable YAML: {problem}.",
            "Check indentation (spaces, not tabs), colons (“:” and a blank, not “：”) and quotes near that line.",
            file=file,
            line=line,
            problem=yaml_in_words(error),
        ) from None
    except yaml.YAMLError as error:
        raise BadInput(
            "{file}, line {line}: this is not readable YAML: {problem}.",
            _SCHEMA_HINT,
            file=file,
            line=1,
            problem=yaml_in_words(error),
        ) from None
    if not isinstance(data, dict):
        raise BadInput("{file}, line 1: the file holds no dataset.", _SCHEMA_HINT, file=file)
    try:
        return DatasetSpec.model_validate(data)
    except ValidationError as error:
        raise _located(error, root, file) from None


def _located(error: ValidationError, root: yaml.Node | None, file: str) -> BadInput:
    """One line for every place; what a value may be in several ways (a number or a date) is one problem."""
    found: dict[tuple[int, str], list[Message]] = {}
    for problem in error.errors():
        for path, message in in_words(problem, DatasetSpec):
            line, written = _find(root, [p for p in path if not str(p).startswith("function-")])
            found.setdefault((line, ".".join(map(str, written))), []).append(message)
    lines = [_line(file, line, place, messages) for (line, place), messages in sorted(found.items())]
    return BadInput("{problems}", _SCHEMA_HINT, problems=in_lines(lines))


def _line(file: str, line: int, place: str, messages: Sequence[Message]) -> Message:
    problem, *others = messages
    for other in (m for m in others if m != messages[0]):
        problem = Message("{one}; or: {other}", {"one": problem, "other": other})
    fields = {"file": file, "line": line, "place": place, "problem": problem}
    if not place:
        return Message("{file}, line {line}: {problem}", fields)
    return Message("{file}, line {line}: {place}: {problem}", fields)


def _find(node: yaml.Node | None, path: Sequence[Any]) -> tuple[int, list[Any]]:
    """(line counted from 1, the part of ``path`` that is written in the file)."""
    line, written = (node.start_mark.line + 1 if node else 1), list[Any]()
    for index, step in enumerate(path):
        found: yaml.Node | None = None
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                if key.value == str(step):
                    line, found = key.start_mark.line + 1, value
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
            found = node.value[step]
            line = found.start_mark.line + 1
        if found is None:
            # A missing key is named although it is not written; tags of unions and the like are not.
            if index == len(path) - 1 and isinstance(node, yaml.MappingNode):
                written.append(step)
            break
        written.append(step)
        node = found
    return line, written


class _UniqueKeys(yaml.SafeLoader):
    """YAML keeps the last of two equal keys in silence; a column described twice must be an error."""


def _no_duplicates(loader: _UniqueKeys, node: yaml.MappingNode) -> dict[Any, Any]:
    seen: set[Any] = set()
    for key_node, _ in node.value:
        key = loader.construct_object(key_node)
        if key in seen:
            raise GivenTwice(key, key_node.start_mark)
        seen.add(key)
    loader.flatten_mapping(node)
    return dict(loader.construct_pairs(node, deep=True))


_UniqueKeys.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _no_duplicates)
