"""Which names a file in a submission may have: safe on every system that will ever unpack it.

A name is judged as text, before anything is written. Two names that any usual file system would merge (other case,
other Unicode form) count as one, because the second would overwrite the first after the first was checked.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from sandbox.core.errors import BadInput

MAX_NAME_BYTES = 200
MAX_PART_BYTES = 120
MAX_DEPTH = 5

_RESERVED = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])(\..*)?", re.IGNORECASE)
_FORBIDDEN = frozenset('\\:*?"<>|')
# Control, format (bidi overrides, zero width), surrogate, private and unassigned characters; line and paragraph ends.
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})

_REMEDY = "Rename the file: letters, digits, spaces, hyphens and dots, in plain folders, then submit again."


def check_name(name: str) -> str:
    """``name`` unchanged, a relative path with ``/`` between parts. Raises BadInput naming what is wrong with it."""
    problem = _problem(name)
    if problem:
        raise BadInput(problem, _REMEDY, file=shown(name))
    return name


def check_distinct(names: Iterable[str]) -> None:
    """Raise BadInput if two of ``names`` would be one file, or a file and a folder of one name, on any usual system."""
    files: dict[str, str] = {}
    folders: dict[str, str] = {}
    for name in names:
        parts = folded(name).split("/")
        parents = {"/".join(parts[:depth]): name for depth in range(1, len(parts))}
        clash = files.get("/".join(parts)) or folders.get("/".join(parts))
        clash = clash or next((files[parent] for parent in parents if parent in files), None)
        if clash is not None:
            raise BadInput(
                "The names “{file}” and “{other}” would be one file on another computer.",
                "Give the two files names that differ in more than case or accents, then submit again.",
                file=shown(name),
                other=shown(clash),
            )
        files["/".join(parts)] = name
        folders.update(parents)


def folded(name: str) -> str:
    """The form in which names are compared: compatibility-normalised, without case."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())


def shown(name: str) -> str:
    """``name`` for a message: invisible characters written out, cut to 80 characters."""
    text = "".join(c if unicodedata.category(c) not in _INVISIBLE else f"\\u{ord(c):04x}" for c in name[:200])
    return text if len(text) <= 80 else text[:79] + "…"


def _problem(name: str) -> str:
    if not name:
        return "The file name “{file}” cannot be used: it is empty."
    try:
        size = len(name.encode())
    except UnicodeEncodeError:
        return "The file name “{file}” cannot be used: it is not valid Unicode."
    if size > MAX_NAME_BYTES:
        return "The file name “{file}” cannot be used: it is too long."
    if any(unicodedata.category(c) in _INVISIBLE for c in name):
        return "The file name “{file}” cannot be used: it has invisible characters."
    if name.startswith("/") or "\\" in name or ":" in name:
        return "The file name “{file}” cannot be used: it is not a relative path with / between folders."
    if unicodedata.normalize("NFC", name) != name:
        return "The file name “{file}” cannot be used: its accents are not in the usual form (NFC)."
    parts = name.split("/")
    if len(parts) > MAX_DEPTH:
        return "The file name “{file}” cannot be used: it lies too many folders deep."
    return next((reason for part in parts if (reason := _problem_of_part(part))), "")


def _problem_of_part(part: str) -> str:
    plain = unicodedata.normalize("NFKC", part)
    if part in ("", ".", "..") or not plain.strip(". "):
        return "The file name “{file}” cannot be used: it has an empty part or dots that lead out of the folder."
    if "/" in plain or "\\" in plain:
        return "The file name “{file}” cannot be used: it has a character that looks like a slash."
    if part.startswith("."):
        return "The file name “{file}” cannot be used: it is a hidden file."
    if part != part.strip() or part.endswith("."):
        return "The file name “{file}” cannot be used: a part of it begins or ends with a space, or ends with a dot."
    if any(c in _FORBIDDEN for c in part):
        return "The file name “{file}” cannot be used: it has a character that other systems forbid."
    if any(unicodedata.category(c) == "Zs" and c != " " for c in part):
        return "The file name “{file}” cannot be used: it has an unusual kind of space."
    if _RESERVED.fullmatch(part):
        return "The file name “{file}” cannot be used: the name is reserved on Windows."
    if len(part.encode()) > MAX_PART_BYTES:
        return "The file name “{file}” cannot be used: it is too long."
    return ""
