"""What database sources have in common: one SELECT, rows as Arrow batches, and errors that hold no secret and no value.

The guard against changing anything is the read-only transaction (and an account that may only read); the check of the
query is there so that a mistake is told early. Drivers' own texts are never passed on when a connection fails: they may
quote parts of the address.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import duckdb
import pyarrow as pa

from sandbox.core.errors import BadInput, NotAllowed, SandboxError, Unavailable
from sandbox.core.source import Connection, Source
from sandbox.snapshots.fingerprint import Fingerprint

LoginOf = Callable[[Connection], str]
"""A spec's ``connection`` → the database's address with user and password (``store.logins.Logins``)."""
CONNECT_SECONDS = 10
BATCH = 20_000


def no_logins(connection: Connection) -> str:
    """For callers that read files only."""
    raise NotAllowed("A database cannot be opened here.", "Use the command `sandbox dataset`.")


def selected(source: Source, quote: Callable[[str], str]) -> str:
    """The rows of ``source`` as text that may stand after FROM; ``quote`` quotes one name.

    Raises BadInput for a query that is not a single SELECT.
    """
    if source.table is not None:
        return ".".join(quote(part) for part in source.table.split(".", 1))
    query = str(source.query).strip().rstrip(";").rstrip()
    # Without a semicolon no second statement can follow, whatever quotes and comments a database knows.
    single = ";" not in query and "\0" not in query
    if not single or not re.match(r"(select|with|\()", query, re.IGNORECASE) or _writes(query):
        raise BadInput(
            "The `query` of the source is not a single SELECT.",
            "Write one SELECT without semicolons (also none in texts), or make it a view in the database and name"
            " that as `table`.",
        )
    return "(\n" + query + "\n) AS source"


def _writes(query: str) -> bool:
    """MySQL can write a file on its server from within a SELECT, even in a read-only transaction."""
    return bool(re.search(r"\binto\s+(outfile|dumpfile)\b", query, re.IGNORECASE))


@dataclass
class Stream:
    """Batches on their way into DuckDB: hashed as they pass, and the reason kept when they stop too early.

    DuckDB tells an exception of a reader only as text, which may quote values.
    """

    name: str
    tell: Callable[[Exception], SandboxError]
    failed: SandboxError | None = None
    _digest: hashlib._Hash = field(default_factory=hashlib.sha256)
    _bytes: int = 0

    def reader(self, schema: pa.Schema, batches: Iterator[pa.RecordBatch]) -> pa.RecordBatchReader:
        return pa.RecordBatchReader.from_batches(schema, self._watched(batches))

    def _watched(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        while True:
            try:
                batch = next(batches, None)
            except Exception as error:
                self.failed = self.tell(error)
                raise RuntimeError("the source failed") from None
            if batch is None:
                return
            data = batch.serialize()
            self._digest.update(data)
            self._bytes += data.size
            yield batch

    def fingerprint(self) -> Fingerprint:
        """Of the rows as they came; another order of the same rows is another fingerprint."""
        return Fingerprint(self.name, self._bytes, self._digest.hexdigest())

    def explain(self, error: duckdb.Error) -> SandboxError | None:
        return self.failed


def not_an_address(kind: str) -> BadInput:
    return BadInput(
        "What the spec's `connection` names is not the address of a {kind} database.",
        "It looks like this: {kind}://user:password@host/database; special characters in it are written as %XX.",
        kind=kind,
    )


def login_refused() -> NotAllowed:
    return NotAllowed(
        "The database refused the user name or password.",
        "Correct the address in the place that the spec's `connection` names.",
    )


def no_database() -> BadInput:
    return BadInput(
        "The database server has no database of that name, or this account may not use it.",
        "Correct the address in the place that the spec's `connection` names.",
    )


def no_answer() -> Unavailable:
    return Unavailable(
        "The database server does not answer.",
        "Check host and port in the place that the spec's `connection` names, and that the server runs and can be"
        " reached from here.",
    )


def connection_failed(code: str) -> Unavailable:
    return Unavailable(
        "The connection to the database failed ({code}).",
        "Check the address in the place that the spec's `connection` names, encryption settings included.",
        code=code or "–",
    )


def query_refused(place: str, code: str, problem: str) -> BadInput:
    """``problem`` must come from an error class whose texts speak of names and syntax, not of values."""
    return BadInput(
        "{place}: the database cannot run this: {problem} ({code}).",
        "Correct `table` or `query` in the source, or have the account allowed to read it.",
        place=place,
        code=code,
        problem=problem,
    )


def reading_failed(place: str, code: str) -> Unavailable:
    return Unavailable(
        "{place}: the database stopped while its rows were read ({code}).",
        "Nothing was built. Try again; if it happens twice, ask whoever runs the database about that code.",
        place=place,
        code=code or "–",
    )
