"""A proposed spec as the YAML text that people read and correct: one block per column, questions as comments on top."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import yaml

from sandbox.core.quality import written_rule
from sandbox.core.rules import short_form
from sandbox.core.spec import Column, DatasetSpec, Text

_AS_EVER = (("header", True), ("skip_rows", 0))
_HEAD = """\
# Proposed from the data for a person to check; nothing is final. 由数据自动建议，请人工核对后使用。
# 1. owner, title, description: say who answers for the data and what it is. 填写负责人、标题与说明。
# 2. columns: read every reason; when in doubt drop. 逐列阅读理由；拿不准就丢弃。
# 3. sandbox dataset build {name}
"""


def render_yaml(spec: DatasetSpec, notes: Sequence[Text] = ()) -> str:
    """YAML from which ``parse_spec`` reads an equal spec; ``notes`` become comments in both languages."""
    plain = spec.model_dump(mode="json", by_alias=True, exclude_none=True)
    parts = [_HEAD.format(name=spec.name)]
    if notes:
        parts.append("# Look at this first 请先看这里:\n")
        parts += [_comment(f"- {note.en} {note.zh}") for note in notes]
    for key in ("format", "name", "title", "description", "owner", "classification"):
        parts.append(_line(key, plain[key]))
    parts.append(_line("source", {k: v for k, v in plain["source"].items() if (k, v) not in _AS_EVER}))
    parts.append(_line("unit", plain["unit"]))
    parts += [_line(key, plain[key]) for key in ("sample", "retain") if plain.get(key)]
    parts += [_line("refresh", spec.refresh.model_dump(exclude_defaults=True))] if spec.refresh else []
    if access := spec.access.model_dump(mode="json", exclude_defaults=True):
        parts.append(_line("access", access))
    if spec.quality:
        parts.append("quality:\n")
        parts += [f"  - {_flow(written_rule(rule))}\n" for rule in spec.quality]
    if spec.gates:
        parts.append("gates:\n")
        for gate in plain["gates"]:
            parts.append(f"  - {_flow({gate.pop('kind'): gate})}\n")
    parts.append("columns:\n")
    parts += [_column(name, column) for name, column in spec.columns.items()]
    return "".join(parts)


def _column(name: str, column: Column) -> str:
    lines = [f"  {_flow(name)}:", f"    class: {column.cls.value}", f"    rule: {_flow(short_form(column.rule))}"]
    if column.type:
        lines.append(f"    type: {_flow(column.type)}")
    lines.append(f"    description: {_flow(column.description.model_dump(by_alias=True))}")
    lines.append(f"    reason: {_flow(column.reason)}")
    if column.references:
        lines.append(f"    references: {_flow(column.references.model_dump(mode='json', exclude_defaults=True))}")
    if column.quality:
        lines.append(f"    quality: {_flow([written_rule(rule) for rule in column.quality])}")
    return "\n".join(lines) + "\n"


def _line(key: str, value: Any) -> str:
    return f"{key}: {_flow(value)}\n"


def _flow(value: Any) -> str:
    """``value`` on one line, quoted where YAML needs it."""
    # Only double quotes keep a line break within a column's name on one line.
    style = '"' if isinstance(value, str) and not value.isprintable() else None
    written = yaml.safe_dump(
        value, default_flow_style=True, default_style=style, allow_unicode=True, sort_keys=False, width=10**9
    )
    return written.removesuffix("\n").removesuffix("...").rstrip()


def _comment(line: str) -> str:
    """A comment stays one even if a column's name holds a line break."""
    return "# " + " ".join(line.split()) + "\n"
