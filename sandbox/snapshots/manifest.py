"""What a snapshot says about itself: ``manifest.json``, written once and never changed.

Numbers, hashes and words only: no raw value, no key, no path of the machine that built it. Readers keep fields that
they do not know, so that a newer manifest survives a round trip. Raise FORMAT only when an old reader would misread it;
``tests/compat`` keeps an old one as a fixture (``tests/snapshots/test_verify.py``).
"""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

from sandbox.core.errors import BadInput, Damaged, NotFound, Unavailable
from sandbox.core.ids import VersionId
from sandbox.core.policy import ColumnClass
from sandbox.core.spec import DatasetSpec, Gate, Text

FORMAT = 2  # 1: another content hash (``content.py``)
MANIFEST = "manifest.json"
DATA = "data.duckdb"
TABLE = "data"
_GATE: TypeAdapter[Gate] = TypeAdapter(Gate)


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="allow", populate_by_name=True)


class LinkFacts(_Model):
    """How records without a common key were linked: ``links`` of at least ``threshold`` (``linkage.py``).

    ``records`` are the people in each table, ``on`` the columns that were compared. ``false_share`` of the links and
    ``missed_share`` of the pairs that are the same person among those compared are what the model itself expects, 0–1.
    """

    tables: tuple[str, ...]
    records: tuple[int, ...]
    on: tuple[str, ...]
    threshold: float
    links: int
    false_share: float
    missed_share: float
    splink: str


class SourceFacts(_Model):
    """The raw table that was read: ``name`` without folder, ``columns`` in its order and ``unlisted`` in the spec."""

    kind: str
    name: str
    bytes: int
    sha256: str
    encoding: str | None = None
    columns: tuple[str, ...] = ()
    unlisted: tuple[str, ...] = ()
    linkage: LinkFacts | None = None


class Counts(_Model):
    """``entered`` = ``published`` + ``left_out`` for rows. A unit counts as left out when any of its rows is."""

    entered: int
    published: int
    left_out: int


class ClassCounts(_Model):
    """Classes of rows that agree on all quasi-identifiers; ``smallest`` in units, ``small`` those that do not pass.

    ``worst`` is the worst class in the gate's own unit (``sandbox/snapshots/criteria.py``).
    """

    count: int
    smallest: int
    small: int
    worst: float | None = None


class GateResult(_Model):
    """A gate that was passed, with all that is needed to measure it again; parameters of other gates are None."""

    kind: Literal["k_anonymity", "l_diversity", "t_closeness", "beta_likeness", "delta_disclosure"]
    k: int | None = None
    column: str | None = None
    l: int | None = None  # noqa: E741 - as in the spec
    variant: str | None = None
    c: float | None = None
    t: float | None = None
    distance: str | None = None
    beta: float | None = None
    delta: float | None = None
    suppress: float
    unit: str
    quasi_identifiers: tuple[str, ...]
    before: ClassCounts
    after: ClassCounts
    rows_left_out: int
    units_left_out: int
    share_left_out: float

    @model_validator(mode="after")
    def _is_a_gate(self) -> GateResult:
        self.gate  # noqa: B018 - raises when the parameters are not those of its kind
        return self

    @property
    def gate(self) -> Gate:
        """The gate as the spec says it."""
        parameters = ("kind", "k", "column", "l", "variant", "c", "t", "distance", "beta", "delta", "suppress")
        found = {p: v for p in parameters if (v := getattr(self, p)) is not None}
        return _GATE.validate_python(found)


class RiskReading(_Model):
    """Chance to pick the right unit for a known person, 0–1: for the worst class, and on average."""

    highest: float
    average: float


class ColumnRisk(_Model):
    """A quasi-identifier by itself: distinct values per record, and share of pairs of records that differ in it."""

    name: str
    distinction: float
    separation: float


class PopulationRisk(_Model):
    """What the table says about the ``size`` units of which it is a part; ``sandbox/snapshots/population.py``.

    ``sampled``: the size is that of the table before a sample was taken; else the spec declares it. ``unique_share`` of
    the population is alone, as ``model`` estimates; None where nothing had to be estimated. ``models``: what each says,
    None where it has no answer. ``journalist`` is expected, not measured; None where nothing better than the
    prosecutor's risk is known.
    """

    size: int
    sampled: bool
    unique_share: float
    model: str | None = None
    models: dict[str, float | None] = Field(default_factory=dict)
    journalist: RiskReading | None = None


class RiskFacts(_Model):
    """What is left of the risk, measured on the published rows; ``sandbox/snapshots/risk.py`` defines the words.

    ``prosecutor`` bounds the journalist's risk, which ``population`` estimates; None where the table is everybody, as
    far as is known. ``wildcard`` is the prosecutor's when an empty value may be any value; None where it was too long
    to compute.
    """

    unit: str
    quasi_identifiers: tuple[str, ...]
    classes: int
    records: int
    units: int
    unique: int
    unique_share: float
    prosecutor: RiskReading
    wildcard: RiskReading | None = None
    marketer: float
    separation: float
    columns: tuple[ColumnRisk, ...] = ()
    population: PopulationRisk | None = None


class Value(_Model):
    """A frequent value and the rounded share of rows that have it."""

    value: str
    share: float


class ColumnProfile(_Model):
    """Statistics that are safe to show in the catalogue; None or empty where a number would say too much.

    ``bins``: rounded shares of the rows in bands of equal width from ``low`` to ``high``, None for a band of few units.
    """

    nulls: float
    distinct: int | None = None
    low: str | None = None
    middle: str | None = None
    high: str | None = None
    values: tuple[Value, ...] = ()
    bins: tuple[float | None, ...] = ()


class ColumnFacts(_Model):
    """A column of the snapshot; ``type`` is its DuckDB type there, ``rule`` how it was made safe."""

    name: str
    type: str
    cls: ColumnClass = Field(alias="class")
    rule: dict[str, Any]
    description: Text
    profile: ColumnProfile | None = None


class ReferenceFacts(_Model):
    """A foreign key: ``share`` of the distinct ``values`` of ``column`` that are in the ``referenced`` column.

    ``version`` is the snapshot of ``dataset`` that was compared. ``problem`` says why nothing was: no snapshot, no
    column, other key.
    """

    column: str
    dataset: str
    referenced: str
    version: str | None = None
    values: int = 0
    share: float = 0.0
    share_of_rows: float = 0.0
    tolerance: float
    ok: bool
    problem: str | None = None


class QualityFacts(_Model):
    """A declared quality rule: how many of ``rows`` broke it before the gates; of values for a foreign key.

    ``broken`` is None for a few rows of a table about persons: fewer than ``few``. ``rule`` is as the spec says it;
    ``problem`` says why nothing could be compared.
    """

    column: str | None = None
    rule: dict[str, Any]
    ok: bool
    rows: int
    broken: int | None = None
    few: int | None = None
    problem: str | None = None


class SampleFacts(_Model):
    """The share of units that were to stay, and what there was before: counted in the source."""

    rate: float
    rows: int
    units: int


class FileFacts(_Model):
    name: str = DATA
    bytes: int
    sha256: str


class Manifest(_Model):
    """One immutable build of a dataset.

    ``content_hash`` covers names, types and rows, whatever their order; ``file.sha256`` the bytes of the database.
    ``entities`` are the names of the keys that were used with a check value that tells keys apart and betrays nothing,
    ``key_versions`` their versions in the workspace; ``hierarchies`` are files of the spec with their sha256;
    ``sample`` is None where all units stayed; counts of rows and units begin after it.
    ``risk`` is None where there is nobody to point at, and in snapshots of versions that did not measure it.
    """

    format: int = FORMAT
    dataset: str
    version: str
    built: datetime
    title: Text
    description: Text
    owner: str
    classification: str
    personal: bool
    unit: str
    entity: str
    entities: dict[str, str] = Field(default_factory=dict)
    key_versions: dict[str, int] = Field(default_factory=dict)
    spec_hash: str
    hierarchies: dict[str, str] = Field(default_factory=dict)
    sample: SampleFacts | None = None
    source: SourceFacts
    rows: Counts
    units: Counts | None
    columns: tuple[ColumnFacts, ...]
    dropped: tuple[str, ...] = ()
    gates: tuple[GateResult, ...] = ()
    references: tuple[ReferenceFacts, ...] = ()
    quality: tuple[QualityFacts, ...] = ()
    risk: RiskFacts | None = None
    content_hash: str
    file: FileFacts
    versions: dict[str, str]

    def complete(self) -> Manifest:
        """The same with every field said, also those that were left at their defaults: what a build writes."""
        return Manifest.model_validate(self.model_dump(by_alias=True))

    @property
    def version_id(self) -> VersionId:
        return VersionId.parse(self.version)

    def render(self) -> bytes:
        """Canonical JSON text: the same manifest always gives the same bytes.

        One that was read gives what it was read from: fields that its version did not know stay away, or certificates
        of older snapshots would no longer agree with them.
        """
        data = self.model_dump(mode="json", by_alias=True, exclude_unset=True)
        return (json.dumps(data, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()


def parse_manifest(text: bytes, place: str) -> Manifest:
    """Raises Damaged when ``text`` is not a manifest, Unavailable when it is of a newer format."""
    try:
        data = json.loads(text)
        if isinstance(data, dict) and isinstance(data.get("format"), int) and data["format"] > FORMAT:
            raise Unavailable(
                "The snapshot {place} was made by a newer version of the sandbox (format {format}).",
                "Update the sandbox, or use an older snapshot.",
                place=place,
                format=data["format"],
            )
        return Manifest.model_validate(data)
    except (ValueError, ValidationError):
        raise Damaged(
            "The manifest of the snapshot {place} cannot be read.",
            "Build the dataset again and delete this version, or restore it from a backup.",
            place=place,
        ) from None


def read_manifest(folder: Path) -> Manifest:
    """The manifest of the snapshot in ``folder``; NotFound when there is no snapshot."""
    place = f"{folder.parent.name}/{folder.name}"
    try:
        text = (folder / MANIFEST).read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        raise NotFound(
            "There is no snapshot {place}.", "List the snapshots with `sandbox dataset list`.", place=place
        ) from None
    return parse_manifest(text, place)


def published_versions(folder: Path) -> tuple[VersionId, ...]:
    """Versions of the snapshots in ``folder`` (``snapshots/<dataset>``), newest first; no staging folders."""
    found = []
    for child in folder.iterdir() if folder.is_dir() else ():
        try:
            version = VersionId.parse(child.name)
        except BadInput:
            continue
        if (child / MANIFEST).is_file():
            found.append(version)
    return tuple(sorted(found, reverse=True))


def spec_hash(spec: DatasetSpec) -> str:
    """sha256 of what the spec says, whatever its comments, order of keys and layout."""
    data = spec.model_dump(mode="json", by_alias=True)
    return hashlib.sha256(json.dumps(data, ensure_ascii=False, sort_keys=True).encode()).hexdigest()
