"""Identifiers: each kind parses from text and renders to the same text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from sandbox.core.errors import BadInput

_SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,60}[a-z0-9])?")
_DATASET = re.compile(r"[a-z][a-z0-9_]{0,62}")
_VERSION = re.compile(r"(\d{8}T\d{6}Z)-([0-9a-f]{12})")
_TIME = "%Y%m%dT%H%M%SZ"


@dataclass(frozen=True, order=True)
class VersionId:
    """``<UTC time>-<first 12 hex digits of a content hash>``: sorts by time, tells contents apart."""

    time: datetime
    prefix: str

    @classmethod
    def of(cls, time: datetime, content_hash: str) -> VersionId:
        """``time`` must be aware; it is cut to seconds. ``content_hash`` is hexadecimal, 12 digits or more."""
        return cls(time.astimezone(UTC).replace(microsecond=0), content_hash[:12])

    @classmethod
    def parse(cls, text: str) -> VersionId:
        found = _VERSION.fullmatch(text)
        if not found:
            raise BadInput(
                "“{text}” is not a version.",
                "A version looks like 20261121T093000Z-1a2b3c4d5e6f; list the versions to copy one.",
                text=text,
            )
        return cls(datetime.strptime(found[1], _TIME).replace(tzinfo=UTC), found[2])

    def __str__(self) -> str:
        return f"{self.time.strftime(_TIME)}-{self.prefix}"


def check_slug(text: str, what: str = "name") -> str:
    """A project's, app's or person's short name, safe in paths and addresses; returned unchanged."""
    if not _SLUG.fullmatch(text):
        raise BadInput(
            "“{text}” cannot be used as a {what}.",
            "Use small letters a–z, digits and hyphens, at most 62, beginning and ending with a letter or digit.",
            text=text,
            what=what,
        )
    return text


def check_dataset_name(text: str) -> str:
    """A dataset's name, safe as a file name and as an SQL table name; returned unchanged."""
    if not _DATASET.fullmatch(text):
        raise BadInput(
            "“{text}” cannot be used as a dataset name.",
            "Begin with a small letter, then small letters, digits and underscores, at most 63.",
            text=text,
        )
    return text


def slugify(text: str, fallback: str) -> str:
    """A slug from a title in any script; titles without Latin letters or digits give ``fallback``."""
    slug = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:48].strip("-")
    return slug if slug and _SLUG.fullmatch(slug) else fallback
