"""Which encoding a text file has: declared, or found by reading all of it. Mixed files are an error with the line.

The whole file is read, because the line that is different may be the last one. Chinese office software writes UTF-8
with BOM, GB18030 (a superset of GBK and GB2312) and UTF-16; those are found, others must be declared.
"""

from __future__ import annotations

import codecs
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sandbox.core.errors import BadInput
from sandbox.snapshots.fingerprint import CHUNK, Fingerprint

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_GB = {"gbk", "gb2312", "cp936", "936", "ms936"}
# Of a thousand lines of GB text far fewer than one is also valid UTF-8 with three-byte characters by chance.
_CHANCE = 1e-3


@dataclass(frozen=True)
class TextFile:
    """A text file that was read to its end. ``plain``: DuckDB can read it as it is (UTF-8, one newline style)."""

    encoding: str
    plain: bool
    fingerprint: Fingerprint
    lines: int


def examine(path: Path, declared: str | None = None) -> TextFile:
    """Read all of ``path``, find or check its encoding, and take its fingerprint.

    Raises BadInput naming the line whose bytes do not fit.
    """
    encoding = _codec(declared, path.name) if declared else _by_mark(path)
    digest, size, newlines = hashlib.sha256(), 0, _Newlines()
    decoder = codecs.getincrementaldecoder(encoding or "utf-8")("strict")
    with path.open("rb") as file:
        broken = False
        while chunk := file.read(CHUNK):
            digest.update(chunk)
            size += len(chunk)
            newlines.feed(chunk)
            if not broken:
                broken = not _decodes(decoder, chunk)
        broken = broken or not _decodes(decoder, b"", final=True)
    if broken and encoding:
        raise _undecodable(path, encoding, bool(declared))
    if broken:
        encoding = _without_mark(path)
    encoding = encoding or "utf-8"
    plain = encoding in ("utf-8", "utf-8-sig") and not newlines.mixed
    return TextFile(encoding, plain, Fingerprint(path.name, size, digest.hexdigest()), newlines.lines)


def write_as_utf8(path: Path, encoding: str, target: Path) -> None:
    """Copy ``path`` to ``target`` (0600) as UTF-8 with line feeds only. The encoding has been examined before."""
    with path.open(encoding=encoding, newline=None) as text:
        target.touch(mode=0o600)
        with target.open("w", encoding="utf-8", newline="\n") as out:
            while block := text.read(CHUNK):
                out.write(block)


class _Newlines:
    """Counts newline styles over chunks; a style is mixed when line feeds occur with and without carriage return."""

    def __init__(self) -> None:
        self._crlf = self._lf = self._cr = 0
        self._last = b""

    def feed(self, chunk: bytes) -> None:
        joined = self._last + chunk
        self._crlf += joined.count(b"\r\n")
        self._lf += chunk.count(b"\n")
        self._cr += chunk.count(b"\r")
        self._last = chunk[-1:] if chunk.endswith(b"\r") else b""

    @property
    def lines(self) -> int:
        return self._lf + self._cr - self._crlf

    @property
    def mixed(self) -> bool:
        bare_lf, bare_cr = self._lf - self._crlf, self._cr - self._crlf
        return sum(count > 0 for count in (self._crlf, bare_lf, bare_cr)) > 1


def _codec(declared: str, file: str) -> str:
    try:
        name = codecs.lookup(declared).name
        "".encode(name)  # refuses codecs that are not text encodings, such as zip
    except LookupError:
        raise BadInput(
            "{file}: “{encoding}” is not a known encoding.",
            "Use utf-8, utf-16, gb18030 or another name that Python knows, or leave `encoding` out to have it found.",
            file=file,
            encoding=declared,
        ) from None
    if name in _GB:
        return "gb18030"
    return "utf-8-sig" if name == "utf-8" else name


def _by_mark(path: Path) -> str | None:
    """The encoding by byte order mark, or UTF-16 without mark by its zero bytes; None when neither says."""
    with path.open("rb") as file:
        head = file.read(4096)
    for mark, encoding in _BOMS:
        if head.startswith(mark):
            return encoding
    if b"\0" in head:
        even, odd = head[0::2].count(0), head[1::2].count(0)
        # The ASCII characters of a table (digits, delimiters, line ends) have a zero byte each, all on one side.
        if even + odd > 0.02 * len(head) and odd > 4 * even:
            return "utf-16-le"
        if even + odd > 0.02 * len(head) and even > 4 * odd:
            return "utf-16-be"
        raise BadInput(
            "{file} is not a text file (it holds zero bytes).",
            "Say the right kind: csv, parquet, excel or sqlite.",
            file=path.name,
        )
    return None


def _without_mark(path: Path) -> str:
    """The encoding of a file that is not UTF-8 and has no mark: GB18030, or an error that names the odd line."""
    utf8, other, first_other, first_utf8 = 0, 0, 0, 0
    for number, line in _lines(path):
        if line.isascii():
            continue
        try:
            text = line.decode()
        except UnicodeDecodeError:
            other += 1
            first_other = first_other or number
        else:
            if all(c.isascii() or c >= "\u0800" for c in text):
                utf8 += 1
                first_utf8 = first_utf8 or number
    if utf8 > other * _CHANCE and utf8:
        odd = first_other if utf8 >= other else first_utf8
        raise BadInput(
            "{file}, line {line}: the encodings are mixed; this line is not in the same encoding as the other lines.",
            "Export the table again in one encoding (UTF-8 is best), or correct that line in a text editor.",
            file=path.name,
            line=odd,
        )
    if _common_hanzi(path):
        return "gb18030"
    raise BadInput(
        "{file}, line {line}: this is not UTF-8, and the encoding cannot be told for certain.",
        "Declare it, for example gb18030, big5 or cp1252: `encoding:` in the source, or --encoding; or save as UTF-8.",
        file=path.name,
        line=first_other,
    )


def _common_hanzi(path: Path) -> bool:
    """Whether the file is GB18030 text in earnest: decodable, and most two-byte characters are of the common set.

    Western single-byte text often decodes as GB18030 too, but into rare characters whose second byte is ASCII.
    """
    common = pairs = 0
    for _, line in _lines(path):
        if line.isascii():
            continue
        try:
            text = line.decode("gb18030")
        except UnicodeDecodeError:
            return False
        for character in text:
            if character.isascii():
                continue
            code = character.encode("gb18030", "replace")
            pairs += 1
            common += len(code) == 2 and code[0] >= 0xA1 and code[1] >= 0xA1
    return pairs > 0 and common >= 0.8 * pairs


def _undecodable(path: Path, encoding: str, declared: bool) -> BadInput:
    fields = {"file": path.name, "line": _first_bad_line(path, encoding), "encoding": encoding.removesuffix("-sig")}
    if declared:
        return BadInput(
            "{file}, line {line}: the bytes are not {encoding}, which the spec declares.",
            "Export the table again in one encoding (UTF-8 is best), or correct `encoding` in the source.",
            **fields,
        )
    return BadInput(
        "{file}, line {line}: the bytes are not {encoding}, which the beginning of the file announces.",
        "Export the table again in one encoding (UTF-8 is best), or correct that line in a text editor.",
        **fields,
    )


def _first_bad_line(path: Path, encoding: str) -> int:
    line, decoder = 1, codecs.getincrementaldecoder(encoding)("strict")
    with path.open("rb") as file:
        # Small steps: what a step decoded before it failed is lost, and with it the count of its lines.
        while chunk := file.read(64):
            try:
                line += decoder.decode(chunk).count("\n")
            except UnicodeDecodeError as error:
                return line + bytes(error.object[: error.start]).count(b"\n")
    return line


def _decodes(decoder: codecs.IncrementalDecoder, chunk: bytes, final: bool = False) -> bool:
    try:
        decoder.decode(chunk, final)
    except UnicodeDecodeError:
        return False
    return True


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    with path.open("rb") as file:
        yield from enumerate(file, 1)
