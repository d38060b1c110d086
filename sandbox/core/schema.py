"""JSON Schema of what people write: rules and gates in their short forms beside the long ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.core.quality import MAIN as QUALITY


def with_short_forms(schema: dict[str, Any], main: Mapping[str, str]) -> dict[str, Any]:
    """``schema`` of a spec in which ``keep``, ``{band: 10}``, ``{band: {width: 10}}``, ``sample: 0.1`` and
    ``population: 5000`` are right, too.

    ``main`` is kind → the parameter that may stand alone.
    """
    definitions = schema["$defs"]
    rule = definitions["Column"]["properties"]["rule"]
    definitions["Column"]["properties"]["rule"] = _written(rule, definitions, main)
    gates = schema["properties"]["gates"]
    gates["items"] = _written(gates["items"], definitions, {})
    refresh = schema["properties"]["refresh"]
    refresh["anyOf"] = [{"$ref": refresh.pop("$ref")}, {"type": "string"}]
    for place in (schema, definitions["Column"]):
        quality = place["properties"]["quality"]
        quality["items"] = _written(quality["items"], definitions, QUALITY)
    definitions["Column"]["properties"]["quality"]["items"]["anyOf"] += [{"const": "not_null"}, {"const": "unique"}]
    schema["properties"]["sample"]["anyOf"].append(definitions["Sample"]["properties"]["rate"])
    schema["properties"]["population"]["anyOf"].append(definitions["Population"]["properties"]["size"])
    return schema


def _written(union: Mapping[str, Any], definitions: dict[str, Any], main: Mapping[str, str]) -> dict[str, Any]:
    forms: list[Any] = []
    for reference in union["oneOf"]:
        name = reference["$ref"].rpartition("/")[2]
        long = definitions[name]
        kind = long["properties"]["kind"]["const"]
        parameters = {key: value for key, value in long["properties"].items() if key != "kind"}
        forms.append({**long, "required": ["kind", *long.get("required", [])]})
        if not parameters:
            forms.append({"const": kind})
            continue
        short: dict[str, Any] = {**long, "properties": parameters, "title": f"{name} in short"}
        values = [short, *([parameters[main[kind]]] if kind in main else [])]
        forms.append(
            {
                "type": "object",
                "properties": {kind: {"anyOf": values}},
                "required": [kind],
                "additionalProperties": False,
            }
        )
    return {"anyOf": forms}
