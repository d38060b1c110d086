"""What kinds of files a submission may hold, judged by their bytes as well as by their names.

A submission is a notebook, its choices and a few texts and pictures. Code lives in the notebook, where the reviewer
reads it; data lives in snapshots, which are safe; models are made by the examination. So archives, programs, data files
and everything that Python would unpickle are refused at the door, under whatever name they come.
"""

from __future__ import annotations

import pickletools
from dataclasses import dataclass
from pathlib import PurePosixPath

from sandbox.core.errors import BadInput
from sandbox.publishing.names import shown

NOTEBOOK = "notebook.ipynb"
TEXTS = frozenset({".json", ".toml", ".md", ".txt", ".csv", ".svg", ".po"})
PICTURES = {".png": b"\x89PNG\r\n\x1a\n", ".jpg": b"\xff\xd8\xff", ".jpeg": b"\xff\xd8\xff"}

_USE_SNAPSHOTS = "Take the data from a dataset of the catalogue; a steward can add one."
_LEAVE_OUT = "Take the file out of the project folder and submit again."
_NO_PICKLE = "Save the model with `lab.save_model(…)`: it writes a format that can be read without running anything."


@dataclass(frozen=True)
class _Refused:
    """A kind of content that is recognised by ``mark`` at ``offset``."""

    mark: bytes
    message: str
    remedy: str
    offset: int = 0


_ARCHIVE = "“{file}” is an archive inside the archive."
_PROGRAM = "“{file}” is a program."
_DATA = "“{file}” is a data file."
_PICKLE = "“{file}” is a pickle: reading it would run whatever its author put inside."

_SCRIPT = b"#!"

_REFUSED: tuple[_Refused, ...] = (
    *(_Refused(mark, _ARCHIVE, _LEAVE_OUT) for mark in (
        b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08", b"\x1f\x8b", b"BZh", b"\xfd7zXZ\x00", b"7z\xbc\xaf\x27\x1c",
        b"Rar!\x1a\x07", b"\x28\xb5\x2f\xfd", b"\x04\x22\x4d\x18", b"MSCF", b"!<arch>")),
    _Refused(b"ustar", _ARCHIVE, _LEAVE_OUT, 257),
    *(_Refused(mark, _PROGRAM, _LEAVE_OUT) for mark in (
        b"\x7fELF", b"MZ", b"\xca\xfe\xba\xbe", b"\xfe\xed\xfa", b"\xcf\xfa\xed\xfe", b"\xce\xfa\xed\xfe", _SCRIPT,
        b"\x00asm")),
    *(_Refused(mark, _DATA, _USE_SNAPSHOTS) for mark in (
        b"PAR1", b"SQLite format 3\x00", b"\x89HDF\r\n\x1a\n", b"ARROW1", b"Obj\x01",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")),
    _Refused(b"DUCK", _DATA, _USE_SNAPSHOTS, 8),
    # NumPy arrays and joblib files carry pickles; the second line is joblib's own frame around a zlib stream.
    *(_Refused(mark, _PICKLE, _NO_PICKLE) for mark in (b"\x93NUMPY", b"ZF", b"\x80\x02", b"\x80\x03", b"\x80\x04",
        b"\x80\x05", b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda")),
)  # fmt: skip

_PICKLE_NAMES = frozenset(
    {".pkl", ".pickle", ".joblib", ".npy", ".npz", ".dill", ".cloudpickle", ".pt", ".pth", ".bin"}
)
_MODEL_NAMES = frozenset({".skops", ".onnx", ".h5", ".keras", ".safetensors"})
_DATA_NAMES = frozenset({".xlsx", ".xls", ".parquet", ".feather", ".arrow", ".db", ".sqlite", ".sqlite3", ".duckdb"})

#: Operations of a pickle that import or call something; a text that merely parses as a pickle has none of them.
_CALLS = frozenset({"GLOBAL", "INST", "OBJ", "NEWOBJ", "NEWOBJ_EX", "REDUCE", "STACK_GLOBAL", "BUILD", "EXT1", "EXT2",
                    "EXT4", "PERSID", "BINPERSID"})  # fmt: skip


def check_content(name: str, content: bytes) -> None:
    """Raise BadInput unless ``content`` is what a submission may hold and what ``name`` says that it is."""
    suffix = PurePosixPath(name).suffix.lower()
    for kind in _REFUSED:
        # Some marks also begin ordinary texts ("BZh", "x^2 + 1"); the real thing has bytes that no text has.
        harmless = kind.mark.isascii() and kind.mark.decode().isprintable() and kind.mark != _SCRIPT
        if content.startswith(kind.mark, kind.offset) and not (harmless and _is_text(content)):
            raise BadInput(kind.message, kind.remedy, file=shown(name))
    if suffix in _PICKLE_NAMES or is_pickle(content):
        raise BadInput(_PICKLE, _NO_PICKLE, file=shown(name))
    if suffix in _MODEL_NAMES:
        raise BadInput("“{file}” is a model; a submission holds none.",
                       "Leave it out: the examination runs the notebook and makes the model itself.",
                       file=shown(name))  # fmt: skip
    if suffix in _DATA_NAMES:
        raise BadInput(_DATA, _USE_SNAPSHOTS, file=shown(name))
    if suffix == ".py":
        raise BadInput("“{file}” is code outside the notebook.",
                       "Move its functions into a cell of the notebook, where a reviewer can read them.",
                       file=shown(name))  # fmt: skip
    if suffix == ".ipynb" and name != NOTEBOOK:
        raise BadInput("“{file}” is a second notebook.", "A submission has one, “notebook.ipynb”; take the others out.",
                       file=shown(name))  # fmt: skip
    _check_form(name, suffix, content)


def _check_form(name: str, suffix: str, content: bytes) -> None:
    if suffix in PICTURES:
        if not content.startswith(PICTURES[suffix]):
            raise BadInput("“{file}” is not the picture that its name says.", _LEAVE_OUT, file=shown(name))
    elif suffix in TEXTS or name == NOTEBOOK:
        if not _is_text(content):
            raise BadInput("“{file}” is not a text in UTF-8.", "Save it with the encoding UTF-8 and submit again.",
                           file=shown(name))  # fmt: skip
    else:
        raise BadInput("Files like “{file}” are not part of a submission.", _LEAVE_OUT, file=shown(name))


def _is_text(content: bytes) -> bool:
    try:
        return "\x00" not in content.decode("utf-8")
    except UnicodeDecodeError:
        return False


def is_pickle(content: bytes) -> bool:
    """True if ``content`` begins with a complete pickle, of any protocol, that would import or call something.

    Pickles of protocol 0 are printable text, so the bytes are parsed as operations; nothing of them is carried out.
    """
    calls = False
    try:
        for operation, _, _ in pickletools.genops(content):
            calls = calls or operation.name in _CALLS
            if operation.name == "STOP":
                return calls
    except Exception:  # pickletools raises whatever the bytes lead it to; then they are no pickle
        return False
    return False
