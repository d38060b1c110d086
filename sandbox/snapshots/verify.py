"""Verification of a snapshot from its files alone: is it what was built, and do its gates still hold?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb

from sandbox.core.errors import SandboxError
from sandbox.core.messages import Message
from sandbox.core.policy import ColumnClass
from sandbox.snapshots.content import content_hash, table_columns
from sandbox.snapshots.fingerprint import file_sha256
from sandbox.snapshots.gate_texts import finding
from sandbox.snapshots.gates import measure
from sandbox.snapshots.manifest import DATA, TABLE, Manifest, read_manifest
from sandbox.snapshots.open import connect_locked
from sandbox.snapshots.risk_facts import agree, percent, risk_facts
from sandbox.snapshots.sql import identifier


@dataclass(frozen=True)
class Checked:
    """One line. ``name``: manifest, version, file, opens, columns, content, rows, gates, a gate's kind, or risk."""

    name: str
    ok: bool
    detail: Message


def verify_snapshot(folder: Path) -> list[Checked]:
    """Check everything that can be recomputed from ``folder``; never raises for a damaged snapshot.

    The gates are measured on the data; the hashes do not vouch for them.
    """
    try:
        manifest = read_manifest(folder)
    except SandboxError as error:
        return [Checked("manifest", False, error.message)]
    lines = [Checked("manifest", True, Message("format {format}", {"format": manifest.format}))]
    named = manifest.version == folder.name and manifest.dataset == folder.parent.name
    named = named and manifest.content_hash.startswith(manifest.version_id.prefix)
    lines.append(Checked("version", named, Message("{version}", {"version": f"{manifest.dataset}/{manifest.version}"})))
    lines.append(_file(folder / DATA, manifest))
    try:
        with connect_locked(folder / DATA) as connection:
            lines.append(Checked("opens", True, Message("DuckDB {version}", {"version": duckdb.__version__})))
            lines.extend(_contents(connection, manifest))
    except SandboxError as error:
        lines.append(Checked("opens", False, error.message))
    except duckdb.Error as error:
        text = str(error).splitlines()[0]
        lines.append(Checked("content", False, Message("cannot be read: {problem}", {"problem": text})))
    return lines


def _file(path: Path, manifest: Manifest) -> Checked:
    try:
        found = file_sha256(path)
    except OSError as error:
        return Checked("file", False, Message("cannot be read: {problem}", {"problem": error.strerror}))
    if found == manifest.file.sha256:
        return Checked("file", True, Message("sha256 {hash}…", {"hash": found[:12]}))
    fields = {"found": found[:12], "expected": manifest.file.sha256[:12]}
    return Checked("file", False, Message("sha256 is {found}…, the manifest says {expected}…", fields))


def _contents(connection: duckdb.DuckDBPyConnection, manifest: Manifest) -> Iterator[Checked]:
    table = identifier(TABLE)
    columns = table_columns(connection, table)
    same = columns == [(c.name, c.type) for c in manifest.columns]
    yield Checked("columns", same, Message("{count} columns", {"count": len(columns)}))
    digest, rows = content_hash(connection, table)
    same = digest == manifest.content_hash
    yield Checked("content", same, Message("content hash {hash}…", {"hash": digest[:12]}))
    fields = {"rows": rows, "expected": manifest.rows.published}
    yield Checked("rows", rows == manifest.rows.published, Message("{rows} rows of {expected}", fields))
    quasi = {c.name for c in manifest.columns if c.cls is ColumnClass.QUASI}
    if manifest.personal and quasi:
        covered = any(gate.kind == "k_anonymity" for gate in manifest.gates)
        covered = covered and all(quasi <= set(gate.quasi_identifiers) for gate in manifest.gates)
        yield Checked(
            "gates", covered, Message("{count} gates cover every quasi-identifier", {"count": len(manifest.gates)})
        )
    for gate in manifest.gates:
        found = measure(connection, table, gate.gate, gate.quasi_identifiers, gate.unit)
        said = finding(gate.gate, found.count, found.smallest, found.worst)
        yield Checked(gate.kind, found.small == 0 and found.count > 0, said)
    if manifest.risk:
        now = risk_facts(connection, table, manifest.risk.quasi_identifiers, manifest.risk.unit)
        covered = set(manifest.risk.quasi_identifiers) == quasi
        said = Message(
            "average risk {average}, {unique} units alone in their class",
            {"average": percent(now.prosecutor.average), "unique": now.unique},
        )
        yield Checked("risk", covered and agree(now, manifest.risk), said)
