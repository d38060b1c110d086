"""The certificate: what a publisher signs, so that nobody has to take the publisher's machine on trust.

``certificate.json`` lies beside the manifest and repeats what a data protection officer puts a name to: the hashes, the
rule of every column, the gates with their numbers, what is left of the risk, the grade (``grade.py``) and the record of
the treatment. Everything in it can be recomputed from the snapshot's folder; the signature (Ed25519, RFC 8032) says
that it was this workspace that stated it. The signature covers the canonical JSON of everything else in the file.

The record is what SATRE 2.0.1 recommends to trusted research environments in its statement 3.3.09: all criteria of
disclosure control that were applied to what is released, with parameters, thresholds, rules of suppression and versions
of the tools, for machines to read and tied to the package that it speaks of. (Known from the change that brought it in,
https://github.com/sa-tre/satre-specification/pull/584; SATRE 1 has no such statement.)

To add a statement: add it here, recompute it in ``statements``, and never take it from the certificate itself. To
change one: raise FORMAT and keep saying what the older formats say, as of old snapshots they are recomputed as well.
"""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from sandbox.core.errors import BadInput, WrongValue
from sandbox.core.messages import LANGUAGES, Message
from sandbox.core.policy import ColumnClass
from sandbox.i18n import catalogue
from sandbox.snapshots.gate_texts import finding
from sandbox.snapshots.grade import STANDARD, THRESHOLD, grade_of
from sandbox.snapshots.linkage_texts import tell_linkage
from sandbox.snapshots.manifest import Manifest
from sandbox.snapshots.profile import MIN_UNITS
from sandbox.snapshots.risk_facts import tell_risk

FORMAT = 2
"""1 had a record of the treatment alone."""
CERTIFICATE = "certificate.json"
SIGNATURE = "signature"
_REQUIRED = ("dataset", "version", "manifest_sha256", "content_hash", "file_sha256", "spec_hash", "source_sha256")


@dataclass(frozen=True)
class Signer:
    """A workspace's signing key. Never shown: neither ``repr`` nor an error holds it."""

    key: Ed25519PrivateKey

    @classmethod
    def of(cls, secret: bytes) -> Signer:
        """From 32 secret bytes (``Keys.signing_key``)."""
        return cls(Ed25519PrivateKey.from_private_bytes(secret))

    def __repr__(self) -> str:
        return f"Signer({key_id(self.public)})"

    @property
    def public(self) -> bytes:
        """32 bytes."""
        return self.key.public_key().public_bytes_raw()


def issue(manifest: Manifest, signer: Signer) -> bytes:
    """The text of the certificate for a finished manifest. The same manifest and key always give the same bytes."""
    said = {**statements(manifest), "text": _text(manifest), "public_key": encode_key(signer.public)}
    signature = {"algorithm": "Ed25519", "value": base64.b64encode(signer.key.sign(_signed(said))).decode()}
    return (json.dumps({**said, SIGNATURE: signature}, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()


def statements(manifest: Manifest, threshold: float = THRESHOLD, form: int = FORMAT) -> dict[str, Any]:
    """What a certificate of this snapshot states, but for the key: JSON values only, no words that may change."""
    return {
        "format": form,
        "dataset": manifest.dataset,
        "version": manifest.version,
        "issued": manifest.built.isoformat(),
        "manifest_sha256": hashlib.sha256(manifest.render()).hexdigest(),
        "content_hash": manifest.content_hash,
        "file_sha256": manifest.file.sha256,
        "spec_hash": manifest.spec_hash,
        "source_sha256": manifest.source.sha256,
        "rows": manifest.rows.model_dump(mode="json", exclude_unset=True),
        "units": manifest.units.model_dump(mode="json", exclude_unset=True) if manifest.units else None,
        "rules": {c.name: {"class": c.cls.value, **c.rule} for c in manifest.columns},
        "keys": dict(manifest.entities),
        "gates": [gate.model_dump(mode="json", exclude_unset=True) for gate in manifest.gates],
        "quality": [facts.model_dump(mode="json", exclude_unset=True) for facts in manifest.quality],
        "risk": manifest.risk.model_dump(mode="json", exclude_unset=True) if manifest.risk else None,
        "grade": _grade(manifest, threshold),
        "record": _record(manifest, threshold) if form > 1 else _treatment(manifest),
        "versions": dict(manifest.versions),
    }


def disagreements(found: dict[str, Any], manifest: Manifest) -> list[str]:
    """Names of the statements in a certificate that the manifest does not bear out, in their order.

    The grade is judged by the threshold that the certificate names. A statement that an older version did not make is
    not missed, but for the hashes. ``text`` is for reading and follows from the rest.
    """
    grade = found.get("grade")
    threshold = grade.get("threshold") if isinstance(grade, dict) else None
    threshold = float(threshold) if isinstance(threshold, int | float) else THRESHOLD
    expected = statements(manifest, threshold, 1 if found.get("format") == 1 else FORMAT)
    made = [name for name in expected if name in found or name in _REQUIRED]
    return [name for name in made if found.get(name) != expected[name]]


def read_certificate(folder: Path) -> dict[str, Any] | None:
    """The certificate in a snapshot's folder; None when there is none. Raises WrongValue when it cannot be read."""
    try:
        data = json.loads((folder / CERTIFICATE).read_bytes())
    except FileNotFoundError:
        return None
    except json.JSONDecodeError as error:
        raise WrongValue("line {line} is not written as JSON is", line=error.lineno) from None
    except (OSError, ValueError):
        raise WrongValue("this is no text file") from None
    if not isinstance(data, dict):
        raise WrongValue("this is no certificate")
    return data


def read_text(folder: Path) -> bytes | None:
    """The certificate as it was signed; None when there is none."""
    try:
        return (folder / CERTIFICATE).read_bytes()
    except OSError:
        return None


def signed_by(found: dict[str, Any], public: bytes) -> bool:
    """Whether ``public`` (32 bytes) signed everything that the certificate says."""
    signature = found.get(SIGNATURE)
    if not isinstance(signature, dict) or signature.get("algorithm") != "Ed25519":
        return False
    said = {name: value for name, value in found.items() if name != SIGNATURE}
    try:
        value = base64.b64decode(str(signature.get("value")), validate=True)
        Ed25519PublicKey.from_public_bytes(public).verify(value, _signed(said))
    except (InvalidSignature, ValueError):
        return False
    return True


def encode_key(public: bytes) -> str:
    """A public key as people keep it: ``ed25519:`` and 43 characters."""
    return "ed25519:" + base64.urlsafe_b64encode(public).decode().rstrip("=")


def parse_key(text: str) -> bytes:
    """The 32 bytes of ``encode_key``. Raises BadInput."""
    kind, _, value = text.strip().partition(":")
    try:
        public = base64.b64decode(value + "=" * (-len(value) % 4), altchars=b"-_", validate=True)
    except ValueError:
        public = b""
    if kind != "ed25519" or len(public) != 32:
        raise BadInput(
            "This is not a public key of a workspace: it begins with “{start}”.",
            "A public key looks like ed25519:… and 43 characters; `sandbox dataset public-key` prints it.",
            start=text.strip()[:16],
        )
    return public


def key_id(public: bytes) -> str:
    """Twelve digits by which people compare public keys."""
    return hashlib.sha256(public).hexdigest()[:12]


def _signed(said: dict[str, Any]) -> bytes:
    return json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def _grade(manifest: Manifest, threshold: float) -> dict[str, Any] | None:
    grade = grade_of(manifest, threshold)
    if grade is None:
        return None
    return {"standard": STANDARD, "grade": grade.number, "threshold": threshold, "highest_risk": grade.risk}


def _treatment(manifest: Manifest) -> dict[str, Any]:
    """The record of format 1."""
    return {
        "standard": "SATRE 3.3.09",
        "responsible": manifest.owner,
        "treated": manifest.built.isoformat(),
        "classification": manifest.classification,
        "source": manifest.source.name,
        "treatment": {c.name: str(c.rule.get("kind")) for c in manifest.columns},
        "left_behind": [*manifest.dropped, *manifest.source.unlisted],
    }


def _record(manifest: Manifest, threshold: float) -> dict[str, Any]:
    rules = {c.name: {name: v for name, v in c.rule.items() if v is not None} for c in manifest.columns}
    units = manifest.units
    return {
        **_treatment(manifest),
        "standard": "SATRE 2.0.1, 3.3.09",
        "treatment": rules,
        "criteria": {
            "gates": [gate.gate.model_dump(mode="json", exclude_none=True) for gate in manifest.gates],
            "highest_risk_below": threshold if manifest.personal else None,
            "least_units_in_statistics": MIN_UNITS if manifest.personal else None,
        },
        "suppressed": {"rows": manifest.rows.left_out, "units": units.left_out if units else None},
        "tools": dict(manifest.versions),
        "package": {
            "dataset": manifest.dataset,
            "version": manifest.version,
            "content_hash": manifest.content_hash,
            "file_sha256": manifest.file.sha256,
        },
    }


def _text(manifest: Manifest) -> dict[str, list[str]]:
    """Who answers for what, grade, gates and risk in words, and what these do not cover, for whoever reads the file
    without the sandbox and is to sign."""
    said = [_responsible(manifest)]
    if grade := grade_of(manifest):
        fields = {"standard": STANDARD, "grade": grade.number, "reason": grade.reason}
        said.append(Message("grade {grade} of {standard}: {reason}", fields))
    said += [finding(g.gate, g.after.count, g.after.smallest, g.after.worst) for g in manifest.gates]
    said += tell_risk(manifest.risk) if manifest.risk else ()
    said += tell_linkage(manifest.source.linkage) if manifest.source.linkage else ()
    said += _not_covered(manifest) if manifest.personal else ()
    return {language: [message.render(catalogue(language).gettext) for message in said] for language in LANGUAGES}


def _responsible(manifest: Manifest) -> Message:
    left = ", ".join([*manifest.dropped, *manifest.source.unlisted])
    fields = {
        "owner": manifest.owner,
        "source": manifest.source.name,
        "time": f"{manifest.built:%Y-%m-%d %H:%M}",
        "left": left or Message("nothing"),
    }
    return Message("{owner} answers for it; treated on {time} (UTC) from {source}. Left behind there: {left}.", fields)


def _not_covered(manifest: Manifest) -> list[Message]:
    """What neither the gates nor the risk look at; a reader who is not told takes the grade for more than it is."""
    free = [c.name for c in manifest.columns if c.rule.get("kind") == "redact"]
    # An identifier is a pseudonym here; quasi-identifiers are what the risk is about.
    counted = (ColumnClass.IDENTIFIER, ColumnClass.QUASI)
    others = [c.name for c in manifest.columns if c.cls not in counted and c.name not in free]
    said = []
    if others:
        columns = {"columns": ", ".join(others)}
        text = Message("Gates and risk do not count {columns}: who knows a person's values may find them.", columns)
        said.append(text)
    if free:
        columns = {"columns": ", ".join(free)}
        said.append(Message("{columns}: free text without what was recognised; no detector finds everything.", columns))
    return said
