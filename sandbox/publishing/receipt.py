"""The receipt: what binds notebook, app, model, snapshots, environment and examination of one version by hash.

``receipt.json`` lies beside the files that it covers. Its ``digest`` covers all its other lines, the version's name
carries the digest's beginning, and the audit chain can hold it whole: so a change shows in the file, in the receipt, in
the name of the folder or in the chain. ``verify_receipt`` names every line that does not hold.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import stat
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from sandbox.core.errors import BadInput, Damaged
from sandbox.core.ids import VersionId

FORMAT = 1
RECEIPT = "receipt.json"


@dataclass(frozen=True)
class PinnedSnapshot:
    """One line of lineage: which build of a dataset the app stands on. Hashes are hexadecimal, "" if unknown."""

    version: str
    content_hash: str = ""
    file_sha256: str = ""
    spec_hash: str = ""
    rows: int | None = None
    units: int | None = None

    @classmethod
    def from_manifest(cls, manifest: Mapping[str, Any]) -> PinnedSnapshot:
        """The line for a snapshot's ``manifest.json``; facts that a manifest does not state stay empty."""
        file, rows, units = (manifest.get(key) or {} for key in ("file", "rows", "units"))
        return cls(
            version=str(manifest["version"]),
            content_hash=str(manifest.get("content_hash", "")),
            file_sha256=str(file.get("sha256", "")),
            spec_hash=str(manifest.get("spec_hash", "")),
            rows=rows.get("published"),
            units=units.get("published"),
        )


@dataclass(frozen=True)
class Receipt:
    """``files``: name → SHA-256 of every file of the version but the receipt itself. ``trusted_types`` is what skops
    must be told to trust for the model. ``submission``: number, SHA-256. ``examination``: level, SHA-256 of findings.
    """

    app: str
    created: str
    files: Mapping[str, str]
    snapshots: Mapping[str, PinnedSnapshot]
    submission: Mapping[str, Any]
    examination: Mapping[str, Any]
    trusted_types: tuple[str, ...] = ()
    versions: Mapping[str, str] = field(default_factory=dict)

    def lines(self) -> dict[str, Any]:
        """The receipt as JSON, without its digest."""
        return {"format": FORMAT, **asdict(self), "trusted_types": list(self.trusted_types)}

    @property
    def digest(self) -> str:
        """Hexadecimal SHA-256 over all lines."""
        text = json.dumps(self.lines(), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()

    def render(self) -> bytes:
        text = json.dumps({**self.lines(), "digest": self.digest}, ensure_ascii=False, sort_keys=True, indent=2)
        return text.encode() + b"\n"

    @classmethod
    def parse(cls, data: bytes) -> Receipt:
        """Raises Damaged when ``data`` is no receipt or its digest does not cover its lines."""
        try:
            raw = json.loads(data)
            digest, found_format = raw.pop("digest"), raw.pop("format")
            snapshots = {name: PinnedSnapshot(**line) for name, line in raw.pop("snapshots").items()}
            receipt = cls(snapshots=snapshots, trusted_types=tuple(raw.pop("trusted_types")), **raw)
            holds = found_format == FORMAT and hmac.compare_digest(receipt.digest, digest)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            holds = False
        if not holds:
            raise Damaged("The receipt was changed or cannot be read.",
                          "Publish the project again, or restore the version from a backup.")  # fmt: skip
        return receipt


def sha256_of(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def read_receipt(folder: Path) -> Receipt:
    """The receipt of the version in ``folder``. Raises Damaged when there is none or it was changed."""
    try:
        data = (folder / RECEIPT).read_bytes()
    except OSError:
        data = b""
    return Receipt.parse(data)


def verify_receipt(folder: Path) -> list[str]:
    """The lines of the version in ``folder`` that do not hold, each named; an empty list means that all do.

    A line is a file that was changed, is missing, or was added, the receipt itself, or the version's name.
    """
    try:
        receipt = read_receipt(folder)
    except Damaged:
        return [f"{RECEIPT} (changed or missing)"]
    broken = []
    if not _named_after(folder.name, receipt):
        broken.append("version (its name is not that of this receipt)")
    for name, expected in sorted(receipt.files.items()):
        found = _file_hash(folder / name)
        if found is None:
            broken.append(f"{name} (missing)")
        elif not hmac.compare_digest(found, expected):
            broken.append(f"{name} (changed)")
    present = {str(path.relative_to(folder)) for path in folder.rglob("*") if not _is_folder(path)}
    broken += [f"{name} (added)" for name in sorted(present - set(receipt.files) - {RECEIPT})]
    return broken


def _named_after(name: str, receipt: Receipt) -> bool:
    try:
        return VersionId.parse(name).prefix == receipt.digest[:12]
    except BadInput:  # a folder of another name, such as an unpacked bundle, is judged by its content alone
        return not name[:8].isdigit()


def _file_hash(path: Path) -> str | None:
    """None unless ``path`` is a regular file; a link to good content does not hold, because its target can change."""
    try:
        if not stat.S_ISREG(path.lstat().st_mode):
            return None
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError:
        return None


def _is_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()
