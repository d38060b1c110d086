"""A strict reader for zip data that somebody else made: everything is bounded, nothing in a header is believed.

The standard reader is made to be lenient; a door must be strict. Accepted is the plain subset that ordinary tools
write: stored or deflated regular files, one disk, no encryption, no ZIP64. The entries must tile the data exactly, from
the first byte to the directory, so that there is no hidden, overlapping or prepended data that another reader would
see differently. Inflation stops at the limit, whatever the headers say (a bomb costs at most ``max_bytes`` of memory).
"""

from __future__ import annotations

import stat
import struct
import zlib
from dataclasses import dataclass

from sandbox.core.errors import BadInput, TooLarge
from sandbox.publishing.names import shown

_END = struct.Struct("<4s4H2LH")
_CENTRAL = struct.Struct("<4s4B4HL2L5H2L")
_LOCAL = struct.Struct("<4s2B4HL2L2H")
_DESCRIPTOR = struct.Struct("<3L")
_DESCRIPTOR_MARK = b"PK\x07\x08"
_ZIP64_LOCATOR = b"PK\x06\x07"

_ENCRYPTED = 0x0001 | 0x0040 | 0x2000
_STREAMED = 0x0008
_UTF8 = 0x0800
_STORED, _DEFLATED = 0, 8
_EXTRA_ZIP64, _EXTRA_UNICODE_PATH = 0x0001, 0x7075
_ENTRY_HEADERS = 1024  # most directory bytes per file: a name, an extra field and a comment of ordinary length

_REPACK = "Make the archive again with the Submit button or `sandbox project submit`."


@dataclass(frozen=True)
class _Entry:
    """One line of the directory, as it claims. ``mode`` is the Unix mode, 0 if there is none."""

    name: str
    raw_name: bytes
    flags: int
    method: int
    crc: int
    packed: int
    size: int
    offset: int
    mode: int


def read_zip(data: bytes, *, max_bytes: int, max_files: int) -> dict[str, bytes]:
    """The regular files in zip ``data`` by name, in the order of the directory; folders are left out.

    Names are decoded but not judged. Raises TooLarge when there are more than ``max_files`` or they unpack to more than
    ``max_bytes`` together, BadInput for everything else that is not a plain, honest zip.
    """
    if len(data) > max_bytes:
        raise _too_large("", max_bytes)
    count, directory, end = _end_record(data)
    if count > max_files or end - directory > max_files * _ENTRY_HEADERS:
        raise TooLarge("The archive holds more than {files} files.", "Submit fewer files.", files=max_files)
    entries = _directory(data, directory, end, count)
    places = _places(data, entries, directory)
    files: dict[str, bytes] = {}
    left = max_bytes
    for entry, (start, stop) in zip(entries, places, strict=True):
        content = _content(entry, memoryview(data)[start:stop], left, max_bytes)
        left -= len(content)
        if entry.name.endswith("/"):
            continue
        if entry.name in files:
            raise _bad("The archive cannot be used: the file “{file}” is in it twice.", entry.name)
        files[entry.name] = content
    return files


def _end_record(data: bytes) -> tuple[int, int, int]:
    """(number of entries, where the directory begins, where it ends)."""
    end = len(data) - _END.size
    if end < 0 or data[end : end + 4] != b"PK\x05\x06":
        raise _bad("The archive cannot be used: it is no zip file, is cut off, or has something behind its end.")
    _, disk, first_disk, here, count, size, directory, comment = _END.unpack_from(data, end)
    if disk or first_disk or here != count or comment:
        raise _bad("The archive cannot be used: it is split over several files, or has a comment.")
    if data[end - 20 : end - 16] == _ZIP64_LOCATOR or count == 0xFFFF or 0xFFFFFFFF in (size, directory):
        raise _bad("The archive cannot be used: it is of the kind ZIP64.")
    if directory + size != end:
        raise _bad("The archive cannot be used: its directory is not where it says.")
    return count, directory, end


def _directory(data: bytes, position: int, end: int, count: int) -> list[_Entry]:
    entries = []
    for _ in range(count):
        if position + _CENTRAL.size > end:
            raise _bad("The archive cannot be used: its directory is cut off.")
        (mark, _, _, _, _, flags, method, _, _, crc, packed, size, name, extra, comment, disk, _, attributes,
         offset) = _CENTRAL.unpack_from(data, position)  # fmt: skip
        start = position + _CENTRAL.size
        position = start + name + extra + comment
        if mark != b"PK\x01\x02" or position > end or disk:
            raise _bad("The archive cannot be used: its directory is damaged.")
        raw = data[start : start + name]
        _check_extra(data[start + name : start + name + extra], raw)
        text = _decoded(raw, bool(flags & _UTF8))
        entries.append(_Entry(text, raw, flags, method, crc, packed, size, offset, attributes >> 16))
        _check_kind(entries[-1])
    if position != end:
        raise _bad("The archive cannot be used: its directory has more lines than it says.")
    return entries


def _check_kind(entry: _Entry) -> None:
    if entry.flags & _ENCRYPTED:
        raise _bad("The archive cannot be used: the file “{file}” is encrypted.", entry.name)
    if entry.method not in (_STORED, _DEFLATED):
        raise _bad(
            "The archive cannot be used: the file “{file}” is packed by a method that is not read here.", entry.name
        )
    kind = stat.S_IFMT(entry.mode)
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise _bad("The archive cannot be used: “{file}” is a link or a device, not a file.", entry.name)
    if (kind == stat.S_IFDIR) and not entry.name.endswith("/"):
        raise _bad("The archive cannot be used: “{file}” says that it is a folder and a file.", entry.name)
    if entry.name.endswith("/") and entry.size:
        raise _bad("The archive cannot be used: the folder “{file}” has content of its own.", entry.name)


def _check_extra(extra: bytes, name: bytes) -> None:
    """Extra fields may hold times and the like; never a second name or second sizes, which readers disagree about."""
    while extra:
        if len(extra) < 4:
            return  # padding, as some tools align with
        tag, size = struct.unpack_from("<2H", extra)
        if tag in (_EXTRA_ZIP64, _EXTRA_UNICODE_PATH):
            raise _bad(
                "The archive cannot be used: the file “{file}” carries a second name or size.",
                name.decode("utf-8", "replace"),
            )
        extra = extra[4 + size :]


def _decoded(raw: bytes, utf8: bool) -> str:
    if not raw.isascii() and not utf8:
        raise _bad(
            "The archive cannot be used: the name “{file}” is written in an old encoding.",
            raw.decode("gb18030", "replace"),
        )
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        raise _bad(
            "The archive cannot be used: the name “{file}” is not valid Unicode.", raw.decode("utf-8", "replace")
        ) from None


def _places(data: bytes, entries: list[_Entry], directory: int) -> list[tuple[int, int]]:
    """Where each entry's packed bytes begin and end. Together with their headers they must tile the data exactly."""
    places: dict[int, tuple[int, int]] = {}
    position = 0
    for entry in sorted(entries, key=lambda e: e.offset):
        if entry.offset != position or position + _LOCAL.size > directory:
            raise _bad(
                "The archive cannot be used: the file “{file}” overlaps another, or something is hidden before it.",
                entry.name,
            )
        start = _local_end(data, entry)
        stop = start + entry.packed
        position = stop + (_descriptor_size(data, entry, stop) if entry.flags & _STREAMED else 0)
        if position > directory:
            raise _bad("The archive cannot be used: the file “{file}” is longer than the archive.", entry.name)
        places[entry.offset] = (start, stop)
    if position != directory:
        raise _bad("The archive cannot be used: something is hidden between its files and its directory.")
    return [places[entry.offset] for entry in entries]


def _local_end(data: bytes, entry: _Entry) -> int:
    mark, _, _, flags, method, _, _, crc, packed, size, name, extra = _LOCAL.unpack_from(data, entry.offset)
    start = entry.offset + _LOCAL.size
    claimed = (crc, packed, size)
    honest = claimed == (entry.crc, entry.packed, entry.size) or (entry.flags & _STREAMED and claimed == (0, 0, 0))
    same = mark == b"PK\x03\x04" and flags == entry.flags and method == entry.method
    if not (same and honest and data[start : start + name] == entry.raw_name):
        raise _bad("The archive cannot be used: the file “{file}” is described differently in two places.", entry.name)
    _check_extra(data[start + name : start + name + extra], entry.raw_name)
    return start + int(name) + int(extra)


def _descriptor_size(data: bytes, entry: _Entry, position: int) -> int:
    marked = data[position : position + 4] == _DESCRIPTOR_MARK
    start = position + 4 if marked else position
    values = data[start : start + _DESCRIPTOR.size]
    if values != _DESCRIPTOR.pack(entry.crc, entry.packed, entry.size):
        raise _bad("The archive cannot be used: the file “{file}” is described differently in two places.", entry.name)
    return start + _DESCRIPTOR.size - position


def _content(entry: _Entry, packed: memoryview, left: int, max_bytes: int) -> bytes:
    """The unpacked bytes, never more than ``left`` of them in memory; size and checksum must be what was claimed."""
    if entry.size > left:
        raise _too_large(entry.name, max_bytes)
    if entry.method == _STORED:
        content = bytes(packed)
    else:
        inflater = zlib.decompressobj(-zlib.MAX_WBITS)
        try:
            content = inflater.decompress(packed, entry.size + 1)
        except zlib.error:
            raise _bad("The archive cannot be used: the file “{file}” is damaged.", entry.name) from None
        if (not inflater.eof and len(content) <= entry.size) or inflater.unused_data:
            raise _bad("The archive cannot be used: the file “{file}” is damaged.", entry.name)
    if len(content) != entry.size:
        raise _bad("The archive cannot be used: the file “{file}” is not as large as it says.", entry.name)
    if zlib.crc32(content) != entry.crc:
        raise _bad("The archive cannot be used: the file “{file}” is damaged.", entry.name)
    return content


def _bad(message: str, file: str = "") -> BadInput:
    return BadInput(message, _REPACK, file=shown(file))


def _too_large(file: str, limit: int) -> TooLarge:
    return TooLarge(
        "With “{file}” the archive is larger than {limit} MB." if file else "The archive is larger than {limit} MB.",
        "Clear the notebook's outputs, remove files that are not needed, and submit again.",
        file=shown(file),
        limit=f"{limit / 2**20:g}",
    )
