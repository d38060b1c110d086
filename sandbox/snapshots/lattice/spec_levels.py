"""Levels written into the text of a spec file: only the numbers change, comments and layout stay."""

from __future__ import annotations

from collections.abc import Mapping

import yaml

from sandbox.core.errors import BadInput


def with_levels(text: str, levels: Mapping[str, int], file: str) -> str:
    """``text`` with the ``level`` of the rules of these columns. Raises BadInput where a rule has no level."""
    columns = _child(yaml.compose(text, Loader=yaml.SafeLoader), "columns")
    edits = []
    for column, level in levels.items():
        rule = _child(_child(columns, column), "rule")
        node = _child(_child(rule, "generalise"), "level") or _child(rule, "level")
        if not isinstance(node, yaml.ScalarNode):
            raise BadInput(
                "{file}: the level of “{column}” cannot be changed, as it is not written there.",
                "Write the rule as {{generalise: {{…, level: 1}}}} and try again, or set level {level} by hand.",
                file=file,
                column=column,
                level=level,
            )
        edits.append((node.start_mark.index, node.end_mark.index, str(level)))
    for start, end, written in sorted(edits, reverse=True):
        text = text[:start] + written + text[end:]
    return text


def _child(node: yaml.Node | None, key: str) -> yaml.Node | None:
    if not isinstance(node, yaml.MappingNode):
        return None
    return next((child for name, child in node.value if name.value == key), None)
