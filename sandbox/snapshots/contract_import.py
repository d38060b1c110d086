"""Read a data contract (ODCS v3) into a proposed specification: the contract's words over what the table itself says.

The contract says who owns the data, what columns mean and what must hold of them; where the rows come from and which
columns could point at somebody, the table says. A contract of our own says that, too, and then gives back the same
specification. Nothing that cannot be used is dropped in silence: every such part becomes a note on top of the file.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import yaml
from pydantic import ValidationError

from sandbox.core.errors import BadInput
from sandbox.core.quality import long_rules
from sandbox.core.roles import Role
from sandbox.core.spec import DatasetSpec, Text
from sandbox.core.wrong_values import in_words
from sandbox.snapshots.contract import CLASS, KEPT, QUALITY, REFERENCE, RULE, TEXT, TITLE
from sandbox.snapshots.meanings import text
from sandbox.snapshots.propose import Proposal

_EVERY = {"d": "day", "day": "day", "days": "day", "w": "week", "week": "week", "m": "month", "month": "month",
          "q": "quarter", "quarter": "quarter", "y": "year", "year": "year"}  # fmt: skip
_CLASSIFICATIONS = ("public", "internal", "confidential", "restricted")


def read_contract(content: str, file: str) -> dict[str, Any]:
    """Raises BadInput when ``content`` is no data contract of version 3."""
    try:
        contract = yaml.safe_load(content)
    except yaml.YAMLError:
        contract = None
    said: dict[str, Any] = contract if isinstance(contract, dict) else {}
    if said.get("kind") != "DataContract" or not str(said.get("apiVersion", "")).startswith("v3."):
        raise BadInput(
            "{file} is not a data contract of the Open Data Contract Standard, version 3.",
            "Check that it begins with `kind: DataContract` and `apiVersion: v3.1.0`; convert older contracts first.",
            file=file,
        )
    return said


def apply_contract(proposal: Proposal, contract: dict[str, Any], file: str) -> Proposal:
    """``proposal`` with what the contract says. Raises BadInput when the two cannot be one specification."""
    notes: list[Text] = []
    plain = proposal.spec.model_dump(mode="json", by_alias=True)
    table = _table(contract, proposal.spec.name, notes)
    _top(plain, contract, table, notes)
    for said in table.get("properties") or ():
        if said.get("name") in plain["columns"]:
            _column(plain["columns"][said["name"]], said, notes)
        else:
            notes.append(text(f"The contract's column “{said.get('name')}” is not in the table.",
                              f"合约中的列“{said.get('name')}”不在表中。"))  # fmt: skip
    try:
        spec = DatasetSpec.model_validate(plain)
    except ValidationError as error:
        place, problem = in_words(error.errors()[0], DatasetSpec)[0]
        raise BadInput(
            "The contract {file} and the table do not make a specification: {place}: {problem}",
            "Correct the contract, or add the dataset without it and edit the specification.",
            file=file,
            place=".".join(map(str, place)) or "–",
            problem=problem,
        ) from None
    return replace(proposal, spec=spec, notes=(*notes, *proposal.notes))


def _table(contract: dict[str, Any], name: str, notes: list[Text]) -> dict[str, Any]:
    tables = [t for t in contract.get("schema") or () if isinstance(t, dict)]
    found = next((t for t in tables if t.get("name") == name), tables[0] if tables else {})
    if len(tables) > 1:
        others = ", ".join(str(t.get("name")) for t in tables if t is not found)
        notes.append(text(f"Of the contract's tables “{found.get('name')}” was taken; left alone: {others}.",
                          f"采用了合约中的表“{found.get('name')}”；未用：{others}。"))  # fmt: skip
    return found


def _top(plain: dict[str, Any], contract: dict[str, Any], table: dict[str, Any], notes: list[Text]) -> None:
    own = _customs(contract)
    plain |= {key: own[key] for key in KEPT if key in own}
    purpose = contract.get("description") or {}
    purpose = purpose.get("purpose") if isinstance(purpose, dict) else purpose
    plain["description"] = own.get(TEXT) or _both(purpose) or plain["description"]
    plain["title"] = own.get(TITLE) or _both(table.get("businessName")) or plain["title"]
    team = contract.get("team")
    if isinstance(team, dict) and team.get("name"):
        plain["owner"] = str(team["name"])
    if "access" not in own and contract.get("roles"):
        plain["access"] = _access(contract["roles"], notes)
    for level in contract.get("slaProperties") or ():
        every = _EVERY.get(str(level.get("unit", "")).casefold())
        if "refresh" not in own and level.get("property") == "frequency" and every and level.get("value") in (1, "1"):
            plain["refresh"] = {"every": every}
    if "quality" not in own:
        plain["quality"] = list(_checks(table, notes))


def _access(roles: list[dict[str, Any]], notes: list[Text]) -> dict[str, Any]:
    known = [r for r in roles if r.get("role") in set(Role)]
    for other in roles:
        if other not in known:
            notes.append(text(f"The contract's role “{other.get('role')}” is not one of the sandbox; nobody got it.",
                              f"合约中的角色“{other.get('role')}”不是沙箱角色，未授予任何人。"))  # fmt: skip
    reasons = {r["role"]: r["description"] for r in known if r.get("description")}
    return {"roles": [r["role"] for r in known], "reasons": reasons}


def _column(plain: dict[str, Any], said: dict[str, Any], notes: list[Text]) -> None:
    own = _customs(said)
    plain["description"] = own.get(TEXT) or _both(said.get("description")) or plain["description"]
    for key, name in (("class", CLASS), ("rule", RULE), ("references", REFERENCE), ("type", "type")):
        if name in own:
            plain[key] = own[name]
    if CLASS in own:
        plain["reason"] = said.get("transformDescription", "")
        plain["type"] = own.get("type")
    plain["quality"] = list(_checks(said, notes))
    kinds = {rule.get("kind") for rule in long_rules(plain["quality"])}
    for flag, kind in (("required", "not_null"), ("unique", "unique")):
        if said.get(flag) and kind not in kinds:
            plain["quality"].append(kind)


def _checks(said: dict[str, Any], notes: list[Text]) -> Iterator[Any]:
    for check in said.get("quality") or ():
        rule = _customs(check).get(QUALITY) or _rule(check)
        if rule is None:
            name = check.get("name") or check.get("metric") or check.get("type")
            notes.append(text(f"The contract's check “{name}” of “{said.get('name')}” has no counterpart here.",
                              f"合约中“{said.get('name')}”的检查“{name}”在此没有对应规则。"))  # fmt: skip
        else:
            yield rule


def _rule(check: dict[str, Any]) -> Any:
    """The rule of a check in the standard's own metrics; None when there is none."""
    arguments = check.get("arguments") or {}
    more: dict[str, Any] = {} if check.get("severity") in (None, "error") else {"severity": "warn"}
    most = check.get("mustBeLessOrEqualTo", check.get("mustBeLessThan"))
    if most and check.get("unit") == "percent":
        more["tolerance"] = most / 100
    elif check.get("metric") != "rowCount" and check.get("mustBe", 0) != 0:
        return None
    match check.get("metric"):
        case "nullValues" | "missingValues":
            return {"not_null": more} if more else "not_null"
        case "duplicateValues":
            return {"unique": {**more, **({"columns": arguments["properties"]} if "properties" in arguments else {})}}
        case "invalidValues" if "validValues" in arguments:
            return {"values": {"set": arguments["validValues"], **more}}
        case "invalidValues" if "pattern" in arguments:
            return {"pattern": {"regex": arguments["pattern"], **more}}
        case "rowCount":
            between = check.get("mustBeBetween") or (check.get("mustBeGreaterOrEqualTo"), most)
            limits = {k: v for k, v in zip(("least", "most"), between, strict=True) if v is not None}
            return {"row_count": {**limits, **more}} if limits else None
    return None


def _customs(said: dict[str, Any]) -> dict[str, Any]:
    return {c["property"]: c.get("value") for c in said.get("customProperties") or () if "property" in c}


def _both(words: Any) -> dict[str, str] | None:
    """A text of one language stands for both until somebody translates it."""
    return {"en": str(words), "zh-CN": str(words)} if words else None
