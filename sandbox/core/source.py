"""Where a dataset's rows come from, as the spec says it. Log-in data are never part of it, only their place.

To add a kind: give it a row in ``_NEEDS``, a module ``sandbox/snapshots/source_<kind>.py`` with its opener, and an
example in ``docs/steward.md``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import PurePath
from typing import Any, Literal

from pydantic import Field, ValidationError, field_validator, model_validator

from sandbox.core.errors import BadInput, WrongValue
from sandbox.core.linking import Link
from sandbox.core.messages import Message
from sandbox.core.model import FrozenModel
from sandbox.core.wrong_values import in_words

SourceKind = Literal["csv", "parquet", "excel", "jsonl", "sqlite", "postgresql", "mysql", "tables", "linked"]
DATABASES = ("postgresql", "mysql")
#: kind → (keys that it needs, further keys of which it needs exactly one); other keys of _PLACES are refused.
_NEEDS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "csv": (("path",), ()),
    "parquet": (("path",), ()),
    "excel": (("path",), ()),
    "jsonl": (("path",), ()),
    "sqlite": (("path", "table"), ()),
    "postgresql": (("connection",), ("table", "query")),
    "mysql": (("connection",), ("table", "query")),
    "tables": (("tables", "sql"), ()),
    "linked": (("tables", "link"), ()),
}
#: keys about how a file is written → kinds that know them
_ONLY = {"skip_rows": ("csv", "excel"), "skip_last": ("csv", "excel"), "sheet": ("excel",)} | dict.fromkeys(
    ("encoding", "delimiter", "quote", "escape"), ("csv",)
)
_PLACES = ("path", "table", "connection", "query", "tables", "sql", "link")
_SECRET = re.compile(r"://[^/\s:@]*:[^@\s]*@|\b(password|passwd|pwd)\s*=", re.IGNORECASE)
_LOGIN_REMEDY = Message(
    "log-in data must not be in a spec: put the address into an environment variable or into a file under"
    " keys/sources/ and name it: {one} or {other}."
    " A password that was written here should be changed",
    {"one": "`connection: {env: CRM_DSN}`", "other": "`connection: {file: crm}`"},
)


class Connection(FrozenModel):
    """Where a database's address with user and password is: an environment variable, or a file in ``keys/sources/``."""

    env: str | None = None
    file: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _a_place(cls, value: Any) -> Any:
        if isinstance(value, str):
            raise WrongValue("{remedy}", remedy=_LOGIN_REMEDY)
        return value

    # The patterns are checked here and not by pydantic, whose message would quote a password put here by mistake.
    @field_validator("env")
    @classmethod
    def _variable(cls, value: str | None) -> str | None:
        if value is not None and not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]{0,127}", value):
            raise WrongValue("`env` is the name of an environment variable; {remedy}", remedy=_LOGIN_REMEDY)
        return value

    @field_validator("file")
    @classmethod
    def _name(cls, value: str | None) -> str | None:
        if value is not None and not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}", value):
            raise WrongValue(
                "`file` is a name of letters, digits, - and _ without a path; {remedy}", remedy=_LOGIN_REMEDY
            )
        return value

    @model_validator(mode="after")
    def _one(self) -> Connection:
        if (self.env is None) == (self.file is None):
            raise WrongValue("say either `env: VARIABLE` or `file: name`")
        return self


class Source(FrozenModel):
    """A raw table. ``path`` is relative to the workspace (``SANDBOX_HOME``) unless absolute."""

    kind: SourceKind
    path: str | None = Field(default=None, min_length=1, description="file of csv, parquet, excel, jsonl, sqlite")
    table: str | None = Field(default=None, min_length=1, description="table of a database; `schema.table` is allowed")
    sheet: str | None = Field(default=None, description="Excel sheet; the first if absent")
    encoding: str | None = Field(default=None, description="CSV encoding; found if absent")
    delimiter: str | None = Field(default=None, description="CSV delimiter; found if absent", max_length=1)
    quote: str | None = Field(
        default=None, description="what stands around texts in CSV; found if absent, empty for nothing", max_length=1
    )
    escape: str | None = Field(
        default=None, description="what stands before a quotation mark within a CSV text; found if absent", max_length=1
    )
    header: bool = Field(default=True, description="whether the first CSV line names the columns")
    skip_rows: int = Field(
        default=0, ge=0, le=1000, description="lines of a CSV file, or rows of a sheet, above the table"
    )
    skip_last: int | None = Field(
        default=None, ge=0, le=100, description="rows of a CSV file or sheet below the table, such as a total"
    )
    connection: Connection | None = Field(default=None, description="where the log-in of a database is")
    query: str | None = Field(default=None, min_length=1, description="one SELECT of a database, instead of `table`")
    tables: dict[str, Source] | None = Field(
        default=None, min_length=1, description="name → source, for `sql` or `link`"
    )
    sql: str | None = Field(default=None, min_length=1, description="one SELECT over `tables`, in DuckDB's SQL")
    link: Link | None = Field(default=None, description="how records of one or two `tables` are linked without a key")
    number_rows: str | None = Field(
        default=None,
        min_length=1,
        description="add a column of this name that numbers the rows: for one row per unit, no id",
    )

    @model_validator(mode="after")
    def _fits_its_kind(self) -> Source:
        given = {place for place in _PLACES if getattr(self, place) is not None}
        if any(_SECRET.search(str(getattr(self, place))) for place in given - {"tables", "connection", "link"}):
            raise WrongValue("{remedy}", remedy=_LOGIN_REMEDY)
        needed, one_of = _NEEDS[self.kind]
        if missing := [place for place in needed if place not in given]:
            raise WrongValue("a source of kind {kind} needs `{key}:`", kind=self.kind, key=missing[0])
        if one_of and len(given & set(one_of)) != 1:
            raise WrongValue(
                "a source of kind {kind} needs either `{one}:` or `{other}:`",
                kind=self.kind,
                one=one_of[0],
                other=one_of[1],
            )
        for key, kinds in _ONLY.items():
            if getattr(self, key) and self.kind not in kinds:
                raise WrongValue("a source of kind {kind} knows no `{key}:`", kind=self.kind, key=key, at=(key,))
        if strange := sorted(given - set(needed) - set(one_of)):
            raise WrongValue(
                "a source of kind {kind} knows no `{key}:`", kind=self.kind, key=strange[0], at=(strange[0],)
            )
        for name, part in (self.tables or {}).items():
            if not re.fullmatch(r"[^\W\d]\w{0,62}", name):
                raise WrongValue(
                    "“{name}” cannot name a table: use letters, digits and _", name=name, at=("tables", name)
                )
            if part.tables is not None:
                raise WrongValue(
                    "“{name}”: `tables` cannot hold `tables`; write one `sql` over all of them",
                    name=name,
                    at=("tables", name),
                )
        if self.link and len(self.tables or {}) != len(self.link.ids):
            raise WrongValue("`link` needs one of `ids` for each of one or two `tables`")
        return self

    @classmethod
    def said(cls, **fields: Any) -> Source:
        """A source as somebody's command says it. Raises BadInput, which never repeats what may be a password."""
        try:
            return cls.model_validate(fields)
        except ValidationError as error:
            place, problem = in_words(error.errors()[0], cls)[0]
            where = {"place": ".".join(map(str, place)), "problem": problem}
            raise BadInput(
                "The table cannot be read as asked: {problem}.",
                "`sandbox dataset add --help` says what may be asked.",
                problem=Message("{place}: {problem}", where) if place else problem,
            ) from None

    @property
    def label(self) -> str:
        """What people call it: the file's name without its folder, the table, “query”, or the parts of several."""
        if self.path is not None:
            return PurePath(self.path).name
        if self.tables is not None:
            return " + ".join(part.label for part in self.tables.values())
        return self.table or "query"
