"""Verification of a snapshot from its files alone: is it what was built, and do its gates still hold?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import duckdb

import sandbox
from sandbox.core.errors import SandboxError, WrongValue
from sandbox.core.messages import Message
from sandbox.core.policy import ColumnClass
from sandbox.snapshots.certificate import CERTIFICATE, disagreements, key_id, read_certificate, signed_by
from sandbox.snapshots.content import digest_of, table_columns
from sandbox.snapshots.fingerprint import file_sha256
from sandbox.snapshots.gate_texts import finding
from sandbox.snapshots.gates import measure_all
from sandbox.snapshots.grade import STANDARD, grade_of
from sandbox.snapshots.manifest import DATA, MANIFEST, TABLE, Manifest, read_manifest
from sandbox.snapshots.open import connect_locked
from sandbox.snapshots.profile import other_statistics
from sandbox.snapshots.risk_facts import agree, measure_all_and_risk, people_told, percent
from sandbox.snapshots.sql import identifier


@dataclass(frozen=True)
class Checked:
    """One line. ``name``: manifest, version, folder, file, certificate, signature, opens, columns, content, rows,
    statistics, gates, a gate's kind, or risk."""

    name: str
    ok: bool
    detail: Message


def verify_snapshot(folder: Path, public_key: bytes | None = None, *, moved: bool = False) -> list[Checked]:
    """Check everything that can be recomputed from ``folder``; never raises for a damaged snapshot.

    The gates are measured on the data; the hashes do not vouch for them. With a ``public_key`` (32 bytes) the
    certificate must be there and be signed by it; without one, a certificate must only say what the manifest says.
    ``moved``: somebody was handed the folder and may call it anything; within a workspace its name is what people pin.
    """
    try:
        manifest = read_manifest(folder)
    except SandboxError as error:
        return [Checked("manifest", False, error.message)]
    lines = [Checked("manifest", True, Message("format {format}", {"format": manifest.format}))]
    named = moved or (manifest.version == folder.name and manifest.dataset == folder.parent.name)
    named = named and manifest.content_hash.startswith(manifest.version_id.prefix)
    lines.append(Checked("version", named, Message("{version}", {"version": f"{manifest.dataset}/{manifest.version}"})))
    lines.append(_folder(folder))
    lines.append(_file(folder / DATA, manifest))
    lines.extend(_certificate(folder, manifest, public_key))
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


def _certificate(folder: Path, manifest: Manifest, public_key: bytes | None) -> Iterator[Checked]:
    try:
        found = read_certificate(folder)
    except WrongValue as error:
        yield Checked("certificate", False, Message("cannot be read: {problem}", {"problem": error.message}))
        return
    if found is None:
        if public_key is not None:
            yield Checked("certificate", False, Message("there is none, so nobody vouches for this snapshot"))
        return
    wrong = disagreements(found, manifest)
    said = Message("says otherwise than the snapshot: {statements}", {"statements": ", ".join(wrong)})
    grade = grade_of(manifest)
    if not wrong and grade:
        fields = {"grade": grade.number, "standard": STANDARD, "reason": grade.reason}
        said = Message("grade {grade} of {standard}: {reason}", fields)
    elif not wrong:
        said = Message("agrees with the snapshot")
    yield Checked("certificate", not wrong, said)
    if public_key is not None:
        good = signed_by(found, public_key)
        text = "signed with the key {key}" if good else "not signed with the key {key}"
        yield Checked("signature", good, Message(text, {"key": key_id(public_key)}))


def _folder(folder: Path) -> Checked:
    """Nothing but what a snapshot consists of: the certificate speaks of nothing else, and of no other place."""
    known = {DATA, MANIFEST, CERTIFICATE}
    strange = [f.name for f in sorted(folder.iterdir()) if f.name not in known or f.is_symlink() or not f.is_file()]
    if strange:
        return Checked("folder", False, Message("nobody vouches for: {names}", {"names": ", ".join(strange)}))
    return Checked("folder", True, Message("holds nothing else"))


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
    digest, rows = digest_of(connection, table, manifest.format)
    same = digest == manifest.content_hash
    yield Checked("content", same, Message("content hash {hash}…", {"hash": digest[:12]}))
    fields = {"rows": rows, "expected": manifest.rows.published}
    yield Checked("rows", rows == manifest.rows.published, Message("{rows} rows of {expected}", fields))
    if columns == [(c.name, c.type) for c in manifest.columns]:
        yield _statistics(connection, manifest)
    quasi = {c.name for c in manifest.columns if c.cls is ColumnClass.QUASI}
    if manifest.personal and quasi:
        covered = any(gate.kind == "k_anonymity" for gate in manifest.gates)
        covered = covered and all(quasi <= set(gate.quasi_identifiers) for gate in manifest.gates)
        # Said of the gates as they should be: a line that begins with BAD says that it is not so.
        names = ", ".join(gate.kind for gate in manifest.gates) or "–"
        yield Checked("gates", covered, Message("every quasi-identifier is covered by: {gates}", {"gates": names}))
    yield from _risks(connection, manifest, quasi)


def _statistics(connection: duckdb.DuckDBPyConnection, manifest: Manifest) -> Checked:
    """What the catalogue shows of each column: shares, quantiles, frequent values, the bands of its plot."""
    made = (manifest.versions.get("sandbox"), manifest.versions.get("duckdb"))
    exact = made == (sandbox.__version__, duckdb.__version__)
    other = other_statistics(connection, identifier(TABLE), manifest, exact=exact)
    if other:
        return Checked(
            "statistics", False, Message("the data say otherwise of: {columns}", {"columns": ", ".join(other)})
        )
    return Checked(
        "statistics", True, Message("as the data have them, of {count} columns", {"count": len(manifest.columns)})
    )


def _risks(connection: duckdb.DuckDBPyConnection, manifest: Manifest, quasi: set[str]) -> Iterator[Checked]:
    """Every gate with what is found now, then the risk. Those that look at the same columns share one look."""
    table, risk, now = identifier(TABLE), manifest.risk, None
    for (columns, unit), alike in groupby(manifest.gates, key=lambda g: (g.quasi_identifiers, g.unit)):
        same = list(alike)
        gates = [g.gate for g in same]
        if risk and (columns, unit) == (risk.quasi_identifiers, risk.unit):
            counted, now = measure_all_and_risk(connection, table, gates, columns, unit, people_told(risk))
        else:
            counted = measure_all(connection, table, gates, columns, unit)
        for gate, found in zip(gates, counted, strict=True):
            said = finding(gate, found.count, found.smallest, found.worst)
            yield Checked(gate.kind, found.small == 0 and found.count > 0, said)
    if risk:
        if now is None:
            _, now = measure_all_and_risk(connection, table, [], risk.quasi_identifiers, risk.unit, people_told(risk))
        said = Message(
            "average risk {average}, {unique} units alone in their class",
            {"average": percent(now.prosecutor.average), "unique": now.unique},
        )
        yield Checked("risk", set(risk.quasi_identifiers) == quasi and agree(now, risk) and _whole(manifest), said)


def _whole(manifest: Manifest) -> bool:
    """Whether the population before a sample is what the manifest says of the sample."""
    people = people_told(manifest.risk)
    return not (people and people.sampled) or (manifest.sample is not None and people.size == manifest.sample.units)
