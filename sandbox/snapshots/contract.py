"""A dataset as a data contract of the Open Data Contract Standard (ODCS) v3.1, for tools that know nothing of us.

What the standard has a word for stands there: schema, quality, owner, roles, service levels. What only the sandbox
knows (class, masking rule, gates, 中文) goes along as custom properties, so that a contract that was exported gives the
same specification when it is read again. Where the raw table is, is never part of it: it is about the snapshot.
"""

from __future__ import annotations

from typing import Any

import yaml

from sandbox.core.quality import (
    ForeignKey,
    Freshness,
    NotNull,
    Pattern,
    QualityRule,
    RowCount,
    Unique,
    Values,
    written_rule,
)
from sandbox.core.rules import Drop, short_form
from sandbox.core.spec import Column, DatasetSpec
from sandbox.snapshots.manifest import ColumnFacts, Manifest

API_VERSION = "v3.1.0"
ENGINE = "innovation-sandbox"
#: Custom properties; the standard wants camel case.
TITLE, TEXT, CLASS, RULE, REASON, REFERENCE, QUALITY = (
    "title", "descriptions", "columnClass", "maskingRule", "reason", "reference", "qualityRule")  # fmt: skip
#: Top-level keys of a specification for which the standard has no word, or not all of it.
KEPT = ("classification", "unit", "gates", "sample", "refresh", "retain", "access", "quality")
_LOGICAL = (("BOOL", "boolean"), ("DATE", "date"), ("TIMESTAMP", "timestamp"), ("TIME", "time"), ("DECIMAL", "number"),
            ("DOUBLE", "number"), ("FLOAT", "number"), ("INT", "integer"), ("LIST", "array"))  # fmt: skip


def export_contract(spec: DatasetSpec, manifest: Manifest | None = None) -> dict[str, Any]:
    """The contract as plain values; types of columns are those of the snapshot, or of the spec where there is none."""
    built = {c.name: c for c in manifest.columns} if manifest else {}
    plain = spec.model_dump(mode="json", by_alias=True, exclude_none=True)
    contract: dict[str, Any] = {
        "apiVersion": API_VERSION,
        "kind": "DataContract",
        "id": f"{ENGINE}-{spec.name.replace('_', '-')}",
        "name": spec.name,
        "version": manifest.version if manifest else "0",
        "status": "active" if manifest else "draft",
        "description": {"purpose": spec.description.en},
        "team": {"name": spec.owner},
        "roles": _roles(spec),
        "slaProperties": _service_levels(spec),
        "schema": [_table(spec, built)],
        "customProperties": [
            _custom(TITLE, plain["title"]),
            _custom(TEXT, plain["description"]),
            *(_custom(key, plain[key]) for key in KEPT if plain.get(key)),
        ],
    }
    return {key: value for key, value in contract.items() if value}


def render_contract(contract: dict[str, Any]) -> str:
    return yaml.safe_dump(contract, allow_unicode=True, sort_keys=False, width=120)


def _table(spec: DatasetSpec, built: dict[str, ColumnFacts]) -> dict[str, Any]:
    table: dict[str, Any] = {
        "name": spec.name,
        "logicalType": "object",
        "physicalType": "table",
        "businessName": spec.title.en,
        "description": spec.description.en,
        "dataGranularityDescription": f"unit: {spec.unit.entity}",
        "properties": [_property(spec, name, column, built.get(name)) for name, column in spec.columns.items()],
    }
    if checks := [_check(rule) for rule in spec.quality]:
        table["quality"] = checks
    return table


def _property(spec: DatasetSpec, name: str, column: Column, built: ColumnFacts | None) -> dict[str, Any]:
    kind = built.type if built else column.type
    described: dict[str, Any] = {
        "name": name,
        "logicalType": logical_type(kind),
        "physicalType": kind,
        "description": column.description.en,
        "classification": spec.classification,
        "required": any(isinstance(r, NotNull) and not r.tolerance for r in column.quality),
        "unique": any(isinstance(r, Unique) and not r.tolerance for r in column.quality),
        "transformLogic": yaml.safe_dump(short_form(column.rule), default_flow_style=True).split("\n")[0],
        "transformDescription": column.reason,
        "tags": ["not-in-snapshot"] if isinstance(column.rule, Drop) else None,
        "quality": [_check(rule) for rule in column.quality],
        "relationships": _relationships(column),
        "customProperties": [
            _custom(TEXT, column.description.model_dump(by_alias=True)),
            _custom(CLASS, column.cls.value),
            _custom(RULE, short_form(column.rule)),
            *([_custom("type", column.type)] if column.type else []),
            *([_custom(REFERENCE, column.references.model_dump(mode="json"))] if column.references else []),
        ],
    }
    return {key: value for key, value in described.items() if value not in (None, "", [], False)}


def logical_type(kind: str | None) -> str | None:
    """A DuckDB type in the words of the standard."""
    if kind is None:
        return None
    return next((logical for part, logical in _LOGICAL if part in kind.upper()), "string")


def _relationships(column: Column) -> list[dict[str, Any]]:
    to = [f"{r.dataset}.{r.column}" for r in column.quality if isinstance(r, ForeignKey)]
    if column.references:
        to.append(f"{column.references.dataset}.{column.references.column}")
    return [{"type": "foreignKey", "to": target} for target in dict.fromkeys(to)]


def _check(rule: QualityRule) -> dict[str, Any]:
    severity = "error" if rule.severity == "stop" else "warning"
    check: dict[str, Any] = {"name": rule.kind, "severity": severity, **_library(rule)}
    if "type" not in check:
        check |= {"type": "custom", "engine": ENGINE, "implementation": yaml.safe_dump(written_rule(rule))}
    return {**check, "customProperties": [_custom(QUALITY, written_rule(rule))]}


def _library(rule: QualityRule) -> dict[str, Any]:
    """The check in the standard's own metrics, where they can say it."""
    most = getattr(rule, "tolerance", 0.0) * 100
    limit = {"mustBeLessOrEqualTo": most, "unit": "percent"} if most else {"mustBe": 0}
    match rule:
        case NotNull():
            return {"type": "library", "metric": "nullValues", "dimension": "completeness", **limit}
        case Unique():
            named = {"arguments": {"properties": list(columns)}} if (columns := getattr(rule, "columns", ())) else {}
            return {"type": "library", "metric": "duplicateValues", "dimension": "uniqueness", **named, **limit}
        case Values():
            arguments = {"validValues": list(rule.set)}
            return {"type": "library", "metric": "invalidValues", "arguments": arguments, **limit}
        case Pattern():
            return {"type": "library", "metric": "invalidValues", "arguments": {"pattern": rule.regex}, **limit}
        case RowCount(change=None):
            return {"type": "library", "metric": "rowCount", **_between(rule)}
    return {}


def _between(rule: RowCount) -> dict[str, Any]:
    if rule.least is not None and rule.most is not None and rule.least < rule.most:
        return {"mustBeBetween": [rule.least, rule.most]}
    if rule.least is not None and rule.most is not None:
        return {"mustBe": rule.least}
    if rule.least is not None:
        return {"mustBeGreaterOrEqualTo": rule.least}
    return {"mustBeLessOrEqualTo": rule.most}


def _roles(spec: DatasetSpec) -> list[dict[str, Any]]:
    granted = [*spec.access.roles, *spec.access.departments, *spec.access.persons]
    return [
        {"role": str(name), "access": "read"}
        | ({"description": spec.access.reasons[name]} if name in spec.access.reasons else {})
        for name in granted
    ]


def _service_levels(spec: DatasetSpec) -> list[dict[str, Any]]:
    levels: list[dict[str, Any]] = []
    if spec.refresh.every:
        said = {"description": spec.refresh.words} if spec.refresh.words else {}
        levels.append({"property": "frequency", "value": 1, "unit": spec.refresh.every, **said})
    if spec.retain:
        levels.append({"property": "retention", "value": spec.retain.days, "unit": "d"})
    levels += [
        {"property": "latency", "value": rule.days, "unit": "d", "element": f"{spec.name}.{rule.column}"}
        for rule in spec.quality
        if isinstance(rule, Freshness)
    ]
    return levels


def _custom(name: str, value: Any) -> dict[str, Any]:
    return {"property": name, "value": value}
