"""The dataset specification: where a table comes from, what each column means, how it is made safe, who may use it.

One YAML file per dataset (``datasets/<name>.yaml``). Models are frozen and refuse unknown keys, so that a typing error
is an error and not a rule that silently does not run. ``specfile.py`` reads the text and says file, line and remedy.

Masking rules are in ``rules.py``, kinds of sources in ``source.py``. To add a gate: add its model here (with a literal
``kind``), put it into ``Gate``, measure it in ``sandbox/snapshots/gates.py`` and give it a row in ``docs/steward.md``.
Raise FORMAT only when an old file would mean something else.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator

from sandbox.core.errors import BadInput, WrongValue
from sandbox.core.ids import check_dataset_name
from sandbox.core.messages import Language, Message
from sandbox.core.model import FrozenModel
from sandbox.core.policy import ColumnClass, refusal
from sandbox.core.quality import ColumnQuality, DatasetQuality, ForeignKey, Freshness, UniqueTogether, long_rules
from sandbox.core.rules import (
    ENTITY,
    MAIN,
    DateShift,
    Drop,
    Keep,
    Microaggregate,
    Noise,
    Pseudonym,
    Rule,
    Sample,
    long_form,
)
from sandbox.core.schema import with_short_forms
from sandbox.core.source import Source
from sandbox.core.upkeep import Access, Refresh, Retain

FORMAT = 1


def _dataset_name(value: str) -> str:
    try:
        return check_dataset_name(value)
    except BadInput as error:  # pydantic passes it on with its place in the file
        raise WrongValue.of(error) from None


class Text(FrozenModel):
    """A text in both languages of the product."""

    en: str
    zh: str = Field(alias="zh-CN")

    def get(self, language: Language) -> str:
        return self.zh if language == "zh-CN" else self.en


class Reference(FrozenModel):
    """A foreign key: the values are those of ``column`` in the newest snapshot of ``dataset``, but for ``tolerance``.

    Gates leave units out, so that a share of the values may be missing without any fault. ``otherwise``: what a build
    does when more is missing.
    """

    dataset: str
    column: str = Field(min_length=1)
    tolerance: float = Field(default=0.05, ge=0, le=1, description="share of the values that may be missing")
    otherwise: Literal["warn", "stop"] = "warn"

    @field_validator("dataset")
    @classmethod
    def _name(cls, value: str) -> str:
        return _dataset_name(value)


class Column(FrozenModel):
    """One column of the source. ``reason`` says why it has its class; ``rule`` is how it is made safe."""

    cls: ColumnClass = Field(alias="class")
    rule: Rule
    description: Text
    reason: str = ""
    type: str | None = Field(default=None, description="DuckDB type to read the source column as; found if absent")

    references: Reference | None = Field(default=None, description="the column of another dataset that it points at")
    quality: tuple[ColumnQuality, ...] = Field(default=(), description="what must hold of its masked values")

    @field_validator("quality", mode="before")
    @classmethod
    def _short_quality(cls, value: Any) -> Any:
        return long_rules(value)

    @field_validator("rule", mode="before")
    @classmethod
    def _short_forms(cls, value: Any) -> Any:
        return long_form(value)


class Unit(FrozenModel):
    """The person or thing that the dataset protects; every count that matters counts units."""

    column: str
    entity: str = Field(pattern=ENTITY)
    personal: bool = Field(default=True, description="false for machines and the like: no gate is then required")


class KAnonymity(FrozenModel):
    """Every combination of the quasi-identifiers is shared by at least ``k`` units; NULL is a value of its own.

    ``suppress`` is the largest share of units (0–1) that may be left out to reach this.
    """

    kind: Literal["k_anonymity"] = "k_anonymity"
    k: int = Field(ge=2, le=1000)
    suppress: float = Field(default=0.05, ge=0, le=1)


class LDiversity(FrozenModel):
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
            raise WrongValue("`c` belongs to `variant: recursive`, which needs it, e.g. `c: 2`")
        return self


class TCloseness(FrozenModel):
    """In every class the sensitive ``column`` is distributed as in the whole table, but for at most ``t``.

    The distance is the earth mover's, 0–1. equal: any two values are equally far apart; ordered: as far as their ranks
    (numbers, dates and times). NULL is a value of its own, the last one.
    """

    kind: Literal["t_closeness"] = "t_closeness"
    column: str = Field(min_length=1)
    t: float = Field(ge=0, le=1)
    distance: Literal["equal", "ordered"] = "equal"
    suppress: float = Field(default=0.05, ge=0, le=1)


class BetaLikeness(FrozenModel):
    """In no class does any value of the sensitive ``column`` become more likely than in the whole table by more than
    ``beta`` times its share there: (share in the class - share) / share ≤ beta.

    enhanced: nor by more than -ln(share), so that frequent values cannot become certain. NULL is a value of its own.
    """

    kind: Literal["beta_likeness"] = "beta_likeness"
    column: str = Field(min_length=1)
    beta: float = Field(gt=0, allow_inf_nan=False)
    variant: Literal["basic", "enhanced"] = "enhanced"
    suppress: float = Field(default=0.05, ge=0, le=1)


class DeltaDisclosure(FrozenModel):
    """In no class is any value of the sensitive ``column`` that is there ``delta`` or more bits more or less likely
    than in the whole table: abs(log2(share in the class / share)) < delta. NULL is a value of its own."""

    kind: Literal["delta_disclosure"] = "delta_disclosure"
    column: str = Field(min_length=1)
    delta: float = Field(gt=0, allow_inf_nan=False)
    suppress: float = Field(default=0.05, ge=0, le=1)


Gate = Annotated[KAnonymity | LDiversity | TCloseness | BetaLikeness | DeltaDisclosure, Field(discriminator="kind")]


class Population(FrozenModel):
    """Those among whom somebody looks for a person, if they are more than the table has: all customers, a country."""

    size: int = Field(ge=2, le=10**11, description="units of the population that the table is a part of")


class DatasetSpec(FrozenModel):
    """A dataset as its steward describes it."""

    format: Literal[1] = 1
    name: str
    title: Text
    description: Text
    owner: str = Field(min_length=1, description="who answers for the data: a person or a department")
    classification: Literal["public", "internal", "confidential", "restricted"] = "internal"
    refresh: Refresh = Field(default=Refresh(), description="how often a new snapshot is wanted")
    retain: Retain | None = Field(default=None, description="which old snapshots `prune` leaves; all if absent")
    source: Source
    unit: Unit
    sample: Sample | None = Field(default=None, description="keep a share of the units only, chosen by key")
    population: Population | None = Field(default=None, description="how many there are of whom the table is a part")
    columns: dict[str, Column] = Field(min_length=1)
    gates: tuple[Gate, ...] = ()
    quality: tuple[DatasetQuality, ...] = Field(default=(), description="what must hold of the table as a whole")
    access: Access = Access()

    @field_validator("quality", mode="before")
    @classmethod
    def _short_quality(cls, value: Any) -> Any:
        return long_rules(value)

    @field_validator("name")
    @classmethod
    def _name(cls, value: str) -> str:
        return _dataset_name(value)

    @field_validator("sample", mode="before")
    @classmethod
    def _short_sample(cls, value: Any) -> Any:
        return {"rate": value} if isinstance(value, int | float) and not isinstance(value, bool) else value

    @field_validator("population", mode="before")
    @classmethod
    def _short_population(cls, value: Any) -> Any:
        return {"size": value} if isinstance(value, int) and not isinstance(value, bool) else value

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
            raise WrongValue(
                "unit.column “{column}” is not among the columns", column=self.unit.column, at=("unit", "column")
            )
        unit_rule, unit_rule_at = self.columns[self.unit.column].rule, ("columns", self.unit.column, "rule")
        if self.unit.personal and not isinstance(unit_rule, Pseudonym):
            raise WrongValue(
                "the unit column “{column}” of a personal dataset must have the rule pseudonym",
                column=self.unit.column,
                at=unit_rule_at,
            )
        if isinstance(unit_rule, Pseudonym) and unit_rule.entity != self.unit.entity:
            raise WrongValue(
                "the unit column's pseudonym must be of the entity “{entity}”", entity=self.unit.entity, at=unit_rule_at
            )
        if all(isinstance(c.rule, Drop) for c in self.columns.values()):
            raise WrongValue("every column is dropped; nothing would be left")
        problems = [
            WrongValue(
                "column “{name}” is of class {cls}: {why}",
                name=name,
                cls=column.cls.value,
                why=why.message,
                at=("columns", name, "rule"),
            )
            for name, column in self.columns.items()
            if (why := refusal(column.cls, column.rule.kind, personal=self.unit.personal))
        ]
        if self.unit.personal and self.quasi_identifiers and not any(isinstance(g, KAnonymity) for g in self.gates):
            problems.append(
                WrongValue(
                    "a personal dataset with quasi-identifiers needs a gate, e.g. {example}",
                    example="`k_anonymity: {k: 5}`",
                )
            )
        problems += self._blurred_in_vain()
        problems += [
            WrongValue(
                "“{name}” refers to another dataset, so it must be a pseudonym of its entity or be kept",
                name=name,
                at=("columns", name, "rule"),
            )
            for name, column in self.columns.items()
            if column.references and not isinstance(column.rule, Pseudonym | Keep)
        ]
        problems += [
            WrongValue(
                "“{name}” refers to this very dataset; references are to others",
                name=name,
                at=("columns", name, "references", "dataset"),
            )
            for name, column in self.columns.items()
            if column.references and column.references.dataset == self.name
        ]
        problems += [
            WrongValue(
                "the gate {gate} looks at “{column}”: it must name a column of class sensitive that is kept",
                gate=gate.kind,
                column=gate.column,
                at=("gates", number),
            )
            for number, gate in enumerate(self.gates)
            if not isinstance(gate, KAnonymity) and not self._is_sensitive(gate.column)
        ]
        problems += self._unmeasurable()
        if problems:
            raise WrongValue.together(problems)
        return self

    def _unmeasurable(self) -> list[WrongValue]:
        """Quality rules about what is not in the masked table, or cannot be compared."""
        named = {c for r in self.quality if isinstance(r, UniqueTogether) for c in r.columns}
        named |= {r.column for r in self.quality if isinstance(r, Freshness)}
        named |= {name for name, column in self.columns.items() if column.quality}
        gone = {n for n in named if n not in self.columns or isinstance(self.columns[n].rule, Drop)}
        problems = [
            WrongValue("`quality` speaks of “{name}”, which is not in the snapshot", name=n) for n in sorted(gone)
        ]
        for name, column in self.columns.items():
            at = ("columns", name, "quality")
            for rule in column.quality:
                if isinstance(rule, ForeignKey) and rule.dataset == self.name:
                    problems.append(
                        WrongValue("“{name}” refers to this very dataset; foreign keys are to others", name=name, at=at)
                    )
                if isinstance(rule, ForeignKey) and not isinstance(column.rule, Pseudonym | Keep):
                    problems.append(
                        WrongValue(
                            "“{name}” is a foreign key, so it must be a pseudonym of its entity or be kept",
                            name=name,
                            at=at,
                        )
                    )
        return problems

    def _blurred_in_vain(self) -> list[WrongValue]:
        """Rules that need the unit in the table, and rules that would make a gate see variety where there is none."""
        needy = [n for n, c in self.columns.items() if isinstance(c.rule, Noise | DateShift | Microaggregate)]
        unit_rule = self.columns[self.unit.column].rule
        problems, at = [], ("columns", self.unit.column, "rule")
        if self.unit.column in needy:
            problems.append(
                WrongValue(
                    "the unit column “{column}” may be kept, a pseudonym or dropped", column=self.unit.column, at=at
                )
            )
        elif isinstance(unit_rule, Drop) and (needy or self.sample):
            what = Message("the rule of “{column}”", {"column": needy[0]}) if needy else "`sample`"
            problems.append(
                WrongValue(
                    "{what} works per unit, so the unit column “{column}” may not be dropped",
                    what=what,
                    column=self.unit.column,
                    at=at,
                )
            )
        looked_at = {column for gate in self.gates if (column := getattr(gate, "column", None))}
        return problems + [
            WrongValue(
                "a gate counts the values of “{name}”, and {rule} makes every value another: give it a coarser rule",
                name=name,
                rule=rule.kind,
                at=("columns", name, "rule"),
            )
            for name in sorted(looked_at & set(needy))
            if isinstance(rule := self.columns[name].rule, Noise | DateShift)
        ]

    def _is_sensitive(self, name: str) -> bool:
        column = self.columns.get(name)
        return column is not None and column.cls is ColumnClass.SENSITIVE and not isinstance(column.rule, Drop)

    @property
    def quasi_identifiers(self) -> tuple[str, ...]:
        """Columns that the gates look at: class quasi, not dropped."""
        return tuple(n for n, c in self.columns.items() if c.cls is ColumnClass.QUASI and not isinstance(c.rule, Drop))


def json_schema() -> dict[str, Any]:
    """JSON Schema of a spec file, for editors that complete and check YAML."""
    schema = with_short_forms(DatasetSpec.model_json_schema(by_alias=True), MAIN)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
