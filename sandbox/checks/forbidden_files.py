"""Refuses files that could run something when they are opened or loaded, or that hide others: pickles, programs,
archives, pages with scripts, saved models. A name says little, so the first bytes are looked at as well.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import PurePosixPath

from sandbox.checks.facts import Facts
from sandbox.checks.html import read_html
from sandbox.core.findings import Finding, Level
from sandbox.core.messages import Message

PHASE, NAME = "read", "forbidden_files"

_PICKLES = frozenset({".pkl", ".pickle", ".joblib", ".dill", ".cloudpickle", ".pt", ".pth", ".npy", ".npz"})
_MODELS = frozenset({".skops", ".onnx", ".h5", ".keras", ".safetensors", ".pmml"})
_PROGRAMS = frozenset({".exe", ".dll", ".so", ".dylib", ".sh", ".bash", ".bat", ".cmd", ".ps1", ".vbs", ".js", ".mjs",
                       ".jar", ".msi", ".com", ".scr", ".pyc", ".pyd", ".pth", ".whl", ".egg", ".desktop", ".lnk",
                       ".docm", ".xlsm", ".xlam", ".hta", ".wasm"})  # fmt: skip
_ARCHIVES = frozenset({".zip", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".7z", ".rar", ".zst", ".lz4", ".iso"})
_PAGES = frozenset({".html", ".htm", ".xhtml", ".svg", ".xml"})

_PROGRAM_STARTS = (b"\x7fELF", b"MZ", b"\xfe\xed\xfa", b"\xce\xfa\xed\xfe", b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe",
                   b"#!", b"\0asm")  # fmt: skip
_ARCHIVE_STARTS = (b"PK\x03\x04", b"PK\x05\x06", b"\x1f\x8b", b"BZh", b"\xfd7zXZ\0", b"7z\xbc\xaf\x27\x1c", b"Rar!",
                   b"\x28\xb5\x2f\xfd", b"\x04\x22\x4d\x18")  # fmt: skip
_PICKLE_STARTS = tuple(b"\x80" + bytes([version]) for version in range(2, 6))
# Office files and notebooks' databases are zip files too; the check of data files judges those.
_ZIPPED_DATA = frozenset({".xlsx", ".ods", ".docx", ".pptx"})


def check(facts: Facts) -> Iterable[Finding]:
    found = [finding for name, data in sorted(facts.files.items()) if (finding := _judge(name, data))]
    yield from found
    if not found:
        count = {"files": len(facts.files), "kb": sum(map(len, facts.files.values())) / 1024}
        yield Finding(
            NAME, Level.PASS, Message("{files} files, {kb:.0f} KB: none is a program, a pickle or an archive.", count)
        )


def _judge(name: str, data: bytes) -> Finding | None:
    ending, fields = PurePosixPath(name.lower()).suffix, {"file": name}
    if ending in _PICKLES or data.startswith(_PICKLE_STARTS):
        reason = Message("{file} is a pickle or a file of its kind: loading it would run whatever is inside.", fields)
    elif ending in _MODELS:
        reason = Message("{file} is a saved model; the examination fits the model afresh, so it is not needed.", fields)
    elif ending in _PROGRAMS or data.startswith(_PROGRAM_STARTS):
        reason = Message("{file} is a program or a script.", fields)
    elif ending in _ARCHIVES or (data.startswith(_ARCHIVE_STARTS) and ending not in _ZIPPED_DATA):
        reason = Message("{file} is an archive: what is inside cannot be examined.", fields)
    elif ending in _PAGES and (what := read_html(data.decode("utf-8", "replace")).active):
        reason = Message("{file} holds a script or an active element ({what}).", {**fields, "what": what})
    else:
        return None
    return Finding(NAME, Level.FAIL, reason, Message("Delete {file} from the project folder and submit again.", fields))
