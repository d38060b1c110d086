"""The dataset specification: where a table comes from, what each column means, how it is made safe, who may use it.

One YAML file per dataset (``datasets/<name>.yaml``). Models are frozen and refuse unknown keys, so that a typing error
is an error and not a rule that silently does not run. ``specfile.py`` reads the text and says file, line and remedy.

To add a masking rule: add its model here (with a literal ``kind``), put it into ``Rule``, write its expression in
``sandbox/snapshots/masking.py`` and its row in ``docs/steward.md``. To add a gate: the same with ``Gate`` and
``sandbox/snapshots/gates.py``. Raise FORMAT only when an old file would mean something else.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from sandbox.core.errors import BadInput
from sandbox.core.ids import check_dataset_name
from sandbox.core.messages import Language
from sandbox.core.policy import ColumnClass, refusal
from sandbox.core.roles import Role

FORMAT = 1


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Text(_Model):
    """A text in both languages of the product."""

    en: str
    zh: str = Field(alias="zh-CN")

    def get(self, language: Language) -> str:
        return self.zh if language == "zh-CN" else self.en


class Keep(_Model):
    kind: Literal["keep"] = "keep"


class Drop(_Model):
    kind: Literal["drop"] = "drop"


class Pseudonym(_Model):
    """Keyed HMAC-SHA256 of the value, per ``entity``: the same person has the same pseudonym in every table."""

    kind: Literal["pseudonym"] = "pseudonym"
    entity: str = Field(pattern=r"^[a-z][a-z0-9_]{0,31}$")


class Band(_Model):
    """Numbers to half-open bands of ``width`` starting at ``start``: the text “20–29” for integers."""

    kind: Literal["band"] = "band"
    width: float = Field(gt=0)
    start: float = 0
    top: float | None = None
    bottom: float | None = None


class Round(_Model):
    """Numbers to the nearest multiple of ``to``."""

    kind: Literal["round"] = "round"
    to: float = Field(gt=0)


class TruncateDate(_Model):
    """Dates and times to the first moment of their period."""

    kind: Literal["truncate_date"] = "truncate_date"
    to: Literal["year", "quarter", "month", "week", "day"]


class Prefix(_Model):
    """Texts to their first ``length`` characters."""

    kind: Literal["prefix"] = "prefix"
    length: int = Field(ge=1, le=64)


Rule = Annotated[Keep | Drop | Pseudonym | Band | Round | TruncateDate | Prefix, Field(discriminator="kind")]


class Column(_Model):
    """One column of the source. ``reason`` says why it has its class; ``rule`` is how it is made safe."""

    cls: ColumnClass = Field(alias="class")
    rule: Rule
    description: Text
    reason: str = ""
    type: str | None = Field(default=None, description="DuckDB type to read the source column as; found if absent")

    @field_validator("rule", mode="before")
    @classmethod
    def _short_forms(cls, value: Any) -> Any:
        """``keep`` and ``band: {width: 10}`` are the written forms of ``{kind: …}``."""
        if isinstance(value, str):
            return {"kind": value}
        if isinstance(value, dict) and len(value) == 1 and "kind" not in value:
            kind, parameters = next(iter(value.items()))
            if isinstance(parameters, dict):
                return {"kind": kind, **parameters}
            main = {"pseudonym": "entity", "band": "width", "round": "to", "truncate_date": "to", "prefix": "length"}
            if kind in main and parameters is not None:
                return {"kind": kind, main[kind]: parameters}
        return value


class Source(_Model):
    """A raw table. ``path`` is relative to the workspace (``SANDBOX_HOME``) unless absolute."""

    kind: Literal["csv", "parquet", "excel", "sqlite"]
    path: str = Field(min_length=1)
    table: str | None = Field(default=None, description="SQLite table")
    sheet: str | None = Field(default=None, description="Excel sheet; the first if absent")
    encoding: str | None = Field(default=None, description="CSV encoding; found if absent")
    delimiter: str | None = Field(default=None, description="CSV delimiter; found if absent", max_length=1)
    header: bool = Field(default=True, description="whether the first CSV line names the columns")
    number_rows: str | None = Field(
        default=None,
        min_length=1,
        description="add a column of this name that numbers the rows: for one row per unit, no id",
    )

    @model_validator(mode="after")
    def _table_for_sqlite(self) -> Source:
        if self.kind == "sqlite" and not self.table:
            raise ValueError("a SQLite source needs `table:`")
        return self


class Unit(_Model):
    """The person or thing that the dataset protects; every count that matters counts units."""

    column: str
    entity: str = Field(pattern=r"^[a-z][a-z0-9_]{0,31}$")
    personal: bool = Field(default=True, description="false for machines and the like: no gate is then required")


class KAnonymity(_Model):
    """Every combination of the quasi-identifiers is shared by at least ``k`` units; NULL is a value of its own.

    ``suppress`` is the largest share of units (0–1) that may be left out to reach this.
    """

    kind: Literal["k_anonymity"] = "k_anonymity"
    k: int = Field(ge=2, le=1000)
    suppress: float = Field(default=0.05, ge=0, le=1)


class LDiversity(_Model):
    """In every class the sensitive ``column`` has at least ``l`` well-represented values; see ``variant``.

    distinct: ``l`` different values. entropy: as varied as ``l`` equally frequent values. recursive: the most frequent
    value is held by fewer units than ``c`` times all from the ``l``-th most frequent on. NULL is not a value: it
    protects nobody. In no variant may all units of a class share one value.
    """

    kind: Literal["l_diversity"] = "l_diversity"
    column: str = Field(min_length=1)
    l: int = Field(ge=2, le=1000)  # noqa: E741 - the field's own name
    variant: Literal["distinct", "entropy", "recursive"] = "distinct"
    c: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    suppress: float = Field(default=0.05, ge=0, le=1)

    @model_validator(mode="after")
    def _c_for_recursive(self) -> LDiversity:
        if (self.variant == "recursive") != (self.c is not None):
            raise ValueError("`c` belongs to `variant: recursive`, which needs it, e.g. `c: 2`")
        return self


class TCloseness(_Model):
    """In every class the sensitive ``column`` is distributed as in the whole table, but for at most ``t``.

    The distance is the earth mover's, 0–1. equal: any two values are equally far apart; ordered: as far as their ranks
    (numbers, dates and times). NULL is a value of its own, the last one.
    """

    kind: Literal["t_closeness"] = "t_closeness"
    column: str = Field(min_length=1)
    t: float = Field(ge=0, le=1)
    distance: Literal["equal", "ordered"] = "equal"
    suppress: float = Field(default=0.05, ge=0, le=1)


Gate = Annotated[KAnonymity | LDiversity | TCloseness, Field(discriminator="kind")]


class Access(_Model):
    """Who may pin the dataset: any of the roles, departments or persons; an empty entry grants nobody."""

    roles: tuple[Role, ...] = (Role.STAFF,)
    departments: tuple[str, ...] = ()
    persons: tuple[str, ...] = ()


class DatasetSpec(_Model):
    """A dataset as its steward describes it."""

    format: Literal[1] = 1
    name: str
    title: Text
    description: Text
    owner: str = Field(min_length=1, description="who answers for the data: a person or a department")
    classification: Literal["public", "internal", "confidential", "restricted"] = "internal"
    refresh: str = Field(default="", description="how often a new snapshot is wanted, in words")
    source: Source
    unit: Unit
    columns: dict[str, Column] = Field(min_length=1)
    gates: tuple[Gate, ...] = ()
    access: Access = Access()

    @field_validator("name")
    @classmethod
    def _name(cls, value: str) -> str:
        try:
            return check_dataset_name(value)
        except BadInput as error:  # as a ValueError it gets its line in the file
            raise ValueError(" ".join(error.render())) from None

    @field_validator("gates", mode="before")
    @classmethod
    def _short_gates(cls, value: Any) -> Any:
        if not isinstance(value, list):
            return value
        return [
            {"kind": next(iter(g)), **next(iter(g.values()))}
            if isinstance(g, dict) and len(g) == 1 and isinstance(next(iter(g.values())), dict)
            else g
            for g in value
        ]

    @model_validator(mode="after")
    def _consistent(self) -> DatasetSpec:
        if self.unit.column not in self.columns:
            raise ValueError(f"unit.column “{self.unit.column}” is not among the columns")
        unit_rule = self.columns[self.unit.column].rule
        if self.unit.personal and not isinstance(unit_rule, Pseudonym):
            raise ValueError(f"the unit column “{self.unit.column}” of a personal dataset must have the rule pseudonym")
        if isinstance(unit_rule, Pseudonym) and unit_rule.entity != self.unit.entity:
            raise ValueError(f"the unit column's pseudonym must be of the entity “{self.unit.entity}”")
        if all(isinstance(c.rule, Drop) for c in self.columns.values()):
            raise ValueError("every column is dropped; nothing would be left")
        problems = [
            f"column “{name}” is of class {column.cls.value}: {why}"
            for name, column in self.columns.items()
            if (why := refusal(column.cls, column.rule.kind, personal=self.unit.personal))
        ]
        if self.unit.personal and self.quasi_identifiers and not any(isinstance(g, KAnonymity) for g in self.gates):
            problems.append("a personal dataset with quasi-identifiers needs a gate, e.g. `k_anonymity: {k: 5}`")
        problems += [
            f"the gate {gate.kind} looks at “{gate.column}”: it must name a column of class sensitive that is kept"
            for gate in self.gates
            if not isinstance(gate, KAnonymity) and not self._is_sensitive(gate.column)
        ]
        if problems:
            raise ValueError("; ".join(problems))
        return self

    def _is_sensitive(self, name: str) -> bool:
        column = self.columns.get(name)
        return column is not None and column.cls is ColumnClass.SENSITIVE and not isinstance(column.rule, Drop)

    @property
    def quasi_identifiers(self) -> tuple[str, ...]:
        """Columns that the gates look at: class quasi, not dropped."""
        return tuple(n for n, c in self.columns.items() if c.cls is ColumnClass.QUASI and not isinstance(c.rule, Drop))


def json_schema() -> dict[str, Any]:
    """JSON Schema of a spec file, for editors that complete and check YAML."""
    schema = DatasetSpec.model_json_schema(by_alias=True)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
