"""A submission as an archive: packed from a project folder, and read back as hostile data.

``read_archive`` is the door of rule 5: sizes, structure, names and contents are judged in memory; only what passed all
of it is ever written. ``pack_project`` runs unconfined on folders that a kernel could write to, so it follows no link.
"""

from __future__ import annotations

import hashlib
import os
import stat
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

from sandbox.core.errors import BadInput, TooLarge
from sandbox.publishing.contents import NOTEBOOK, check_content
from sandbox.publishing.names import MAX_DEPTH, check_distinct, check_name, folded, shown
from sandbox.publishing.staging import staged, write_file
from sandbox.publishing.zipreader import read_zip

MAX_BYTES = 20 * 2**20
MAX_FILES = 200

#: What a run leaves in a project folder: made again by the examination, so never submitted.
GENERATED = frozenset({"evidence.json", "sample.json", "model.skops", "outputs", "__pycache__"})

_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest time that a zip can say; the same files give the same bytes


@dataclass(frozen=True)
class SubmissionFiles:
    """The files of a submission by name, all checked. ``sha256`` addresses names and contents, not the archive."""

    files: Mapping[str, bytes] = field(repr=False)
    sha256: str

    @classmethod
    def of(cls, files: Mapping[str, bytes]) -> SubmissionFiles:
        """Check ``files`` as parts of a submission. Raises BadInput naming the file that cannot be one."""
        for name, content in files.items():
            check_name(name)
            if not GENERATED.isdisjoint(folded(name).split("/")):
                raise BadInput(
                    "“{file}” is made by the examination itself.",
                    "Take the file out of the project folder and submit again.",
                    file=shown(name),
                )
            check_content(name, content)
        check_distinct(files)
        if NOTEBOOK not in files:
            raise BadInput("The submission has no “notebook.ipynb”.",
                           "Submit the whole project folder, with the notebook that the template made.")  # fmt: skip
        return cls(dict(sorted(files.items())), content_address(files))


def content_address(files: Mapping[str, bytes]) -> str:
    """Hexadecimal SHA-256 over names and contents in order of name; each name carries its length, so none can blur."""
    digest = hashlib.sha256()
    for name in sorted(files):
        encoded = name.encode()
        digest.update(len(encoded).to_bytes(4, "big") + encoded + hashlib.sha256(files[name]).digest())
    return digest.hexdigest()


def read_archive(data: bytes, *, max_bytes: int = MAX_BYTES, max_files: int = MAX_FILES) -> SubmissionFiles:
    """The files in zip ``data``, which is believed in nothing. Nothing is written.

    ``max_bytes`` bounds the archive and, apart from that, what it unpacks to. Raises TooLarge or BadInput, both naming
    the file and the remedy.
    """
    return SubmissionFiles.of(read_zip(data, max_bytes=max_bytes, max_files=max_files))


def pack_project(folder: Path, *, max_bytes: int = MAX_BYTES, max_files: int = MAX_FILES) -> bytes:
    """What is submitted of the project in ``folder``, as a zip; the same files always give the same bytes.

    Left out are hidden files, other notebooks, and what a run generates. Raises BadInput for links and for what the
    other side would refuse anyway, TooLarge beyond ``max_bytes`` (contents together) or ``max_files``.
    """
    files = read_folder(folder, max_bytes=max_bytes, max_files=max_files).files
    return pack_files(files)


def pack_files(files: Mapping[str, bytes]) -> bytes:
    """A zip of ``files``, in order of name, without times or owners: equal files, equal bytes."""
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(files):
            info = zipfile.ZipInfo(name, _EPOCH)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.create_system = 3
            info.external_attr = (stat.S_IFREG | 0o644) << 16
            archive.writestr(info, files[name])
    return buffer.getvalue()


def read_folder(folder: Path, *, max_bytes: int = MAX_BYTES, max_files: int = MAX_FILES) -> SubmissionFiles:
    """The files of the project in ``folder`` as a submission would hold them; errors as of ``pack_project``."""
    files: dict[str, bytes] = {}
    left = max_bytes
    try:
        root = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except OSError:
        raise BadInput("There is no project folder “{file}”.", "Choose the folder of a project.",
                       file=folder.name) from None  # fmt: skip
    try:
        for name, content in _walk(root, "", max_bytes):
            left -= len(content)
            if left < 0 or len(files) == max_files:
                raise TooLarge(
                    "With “{file}” the project has more than {files} files or {limit} MB.",
                    "Clear the notebook's outputs, remove files that are not needed, and submit again.",
                    file=shown(name), files=max_files, limit=f"{max_bytes / 2**20:g}")  # fmt: skip
            files[name] = content
    finally:
        os.close(root)
    return SubmissionFiles.of(files)


def write_files(submission: SubmissionFiles, folder: Path) -> None:
    """Write the files into ``folder``, which must not exist yet: all of them are there afterwards, or none."""
    with staged(folder) as beside:
        for name, content in submission.files.items():
            write_file(beside / check_name(name), content)


def _walk(directory: int, prefix: str, limit: int) -> Iterator[tuple[str, bytes]]:
    """(name, content) of the regular files below an open directory. A kernel may swap a file for a link at any moment:

    every step goes through the descriptor of its folder and follows no link.
    """
    for entry in sorted(os.listdir(directory)):
        name = prefix + entry
        if entry.startswith(".") or entry in GENERATED or (entry.endswith(".ipynb") and name != NOTEBOOK):
            continue
        try:
            descriptor = os.open(entry, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=directory)
        except OSError:
            raise BadInput("“{file}” is a link, or cannot be read.", "Replace it by the file itself, or remove it.",
                           file=shown(name)) from None  # fmt: skip
        try:
            mode = os.fstat(descriptor).st_mode
            if stat.S_ISDIR(mode):
                if name.count("/") >= MAX_DEPTH:
                    check_name(name + "/x")
                yield from _walk(descriptor, name + "/", limit)
            elif stat.S_ISREG(mode):
                yield name, _read(descriptor, name, limit)
            else:
                raise BadInput("“{file}” is no ordinary file.", "Remove it and submit again.", file=shown(name))
        finally:
            os.close(descriptor)


def _read(descriptor: int, name: str, limit: int) -> bytes:
    """All bytes, but never more than ``limit`` + 1 in memory, whatever size the file claims or grows to."""
    chunks, size = [], 0
    while chunk := os.read(descriptor, min(2**20, limit + 1 - size)):
        chunks.append(chunk)
        size += len(chunk)
        if size > limit:
            raise TooLarge("“{file}” is larger than {limit} MB.",
                           "Clear the notebook's outputs or remove the file, and submit again.",
                           file=shown(name), limit=f"{limit / 2**20:g}")  # fmt: skip
    return b"".join(chunks)
