"""Archives that lie, built byte by byte: no library would write them."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass, field

DEFLATED, STORED = 8, 0


@dataclass
class Part:
    """One entry. Everything that a header can claim may be claimed wrongly; None means the truth."""

    name: bytes
    content: bytes = b""
    method: int = DEFLATED
    flags: int = 0
    mode: int = 0o100644
    size: int | None = None
    crc: int | None = None
    local_name: bytes | None = None
    local_size: int | None = None
    extra: bytes = b""
    packed: bytes | None = None
    offset: int | None = None
    before: bytes = field(default=b"", repr=False)

    def body(self) -> bytes:
        if self.packed is not None:
            return self.packed
        if self.method == STORED:
            return self.content
        deflater = zlib.compressobj(9, zlib.DEFLATED, -15)
        return deflater.compress(self.content) + deflater.flush()


def build(*parts: Part, start: bytes = b"", tail: bytes = b"", comment: bytes = b"", count: int | None = None) -> bytes:
    """A zip of ``parts``; ``count`` is how many its end claims."""
    data, directory = bytearray(start), bytearray()
    for part in parts:
        data += part.before
        body = part.body()
        crc = zlib.crc32(part.content) if part.crc is None else part.crc
        size = len(part.content) if part.size is None else part.size
        local_size = size if part.local_size is None else part.local_size
        name = part.name if part.local_name is None else part.local_name
        offset = len(data) if part.offset is None else part.offset
        data += struct.pack("<4s5H3L2H", b"PK\x03\x04", 20, part.flags, part.method, 0, 0x21, crc, len(body),
                            local_size, len(name), 0) + name + body  # fmt: skip
        directory += struct.pack(
            "<4s6H3L5H2L", b"PK\x01\x02", 0x0314, 20, part.flags, part.method, 0, 0x21, crc, len(body), size,
            len(part.name), len(part.extra), 0, 0, 0, part.mode << 16, offset) + part.name + part.extra  # fmt: skip
    number = len(parts) if count is None else count
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, number, number, len(directory), len(data), len(comment))
    return bytes(data + directory) + end + comment + tail
