"""How rules are written: ``keep``, ``band: 10`` and ``band: {width: 10}`` for ``{kind: band, width: 10}``.

Masking rules and quality rules share this. ``main`` is, by kind, the parameter that may stand alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel


def long_form(written: Any, main: Mapping[str, str]) -> Any:
    """As pydantic reads it. What is no short form is left as it is, for pydantic to say what is wrong with it."""
    if isinstance(written, str):
        return {"kind": written}
    if isinstance(written, dict) and len(written) == 1 and "kind" not in written:
        kind, parameters = next(iter(written.items()))
        if isinstance(parameters, dict):
            return {"kind": kind, **parameters}
        if kind in main and parameters is not None:
            return {"kind": kind, main[kind]: parameters}
    return written


def short_form(rule: BaseModel, main: Mapping[str, str]) -> Any:
    """The shortest written form of ``rule``, without what is left at its default: what ``long_form`` reads."""
    given = rule.model_dump(mode="json", exclude_none=True, exclude_defaults=True)
    given.pop("kind", None)
    given = {k: int(v) if isinstance(v, float) and v.is_integer() else v for k, v in given.items()}
    kind: str = rule.model_dump(include={"kind"})["kind"]
    if not given:
        return kind
    return {kind: given[main[kind]] if set(given) == {main.get(kind)} else given}
