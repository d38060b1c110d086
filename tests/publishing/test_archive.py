"""The door of rule 5: what is submitted round-trips; everything that lies is refused, naming file and remedy."""

from __future__ import annotations

import io
import os
import pickle
import stat
import struct
import tarfile
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path

import joblib
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.core.errors import BadInput, Conflict, SandboxError, TooLarge
from sandbox.publishing.archive import SubmissionFiles, pack_files, pack_project, read_archive, write_files
from sandbox.publishing.contents import is_pickle
from sandbox.publishing.names import check_distinct, check_name
from tests.publishing.conftest import notebook_bytes
from tests.publishing.hostile import STORED, Part, build

NOTEBOOK = Part(b"notebook.ipynb", notebook_bytes())
MIB = 2**20


def refused(data: bytes, words: str, kind: type[SandboxError] = BadInput, **limits: int) -> None:
    with pytest.raises(kind, match=words) as caught:
        read_archive(data, **{"max_bytes": MIB, "max_files": 20, **limits})
    assert caught.value.remedy.render()


def test_the_builder_builds_good_archives() -> None:
    data = build(
        NOTEBOOK, Part(b"notes/", mode=0o040755, method=STORED), Part("notes/说明.md".encode(), b"x", flags=0x800)
    )
    assert list(read_archive(data).files) == ["notebook.ipynb", "notes/说明.md"]
    assert zipfile.ZipFile(io.BytesIO(data)).testzip() is None


_LETTERS = st.characters(codec="utf-8", exclude_categories=["C", "Z", "M"])
_NAMES = st.text(_LETTERS, min_size=1, max_size=20).map(lambda stem: f"notes/{stem}.md")


@given(st.dictionaries(_NAMES, st.text(st.characters(codec="utf-8", exclude_characters="\0")), max_size=8))
@settings(max_examples=80, deadline=None)
def test_round_trip(texts: dict[str, str]) -> None:
    files = {name: text.encode() for name, text in texts.items()} | {"notebook.ipynb": notebook_bytes()}
    try:
        expected = SubmissionFiles.of(files)
    except BadInput:
        return  # such a name or text would be refused at either end
    packed = pack_files(files)
    found = read_archive(packed)
    assert found == expected and dict(found.files) == files
    assert pack_files(found.files) == packed


@given(st.text(max_size=60))
@settings(max_examples=400, deadline=None)
def test_an_accepted_name_stays_in_its_folder(name: str) -> None:
    try:
        check_name(name)
    except BadInput:
        return
    landed = os.path.normpath("/base/" + name)
    assert landed == "/base/" + name
    assert not set(name) & set('\\:\0\n*?"<>|') and not name.startswith("/")


HOSTILE_NAMES = [
    "../evil.md", "notes/../../evil.md", "/etc/evil.md", "..\\evil.md", "C:evil.md", "C:/evil.md", "notes//evil.md",
    "./evil.md", "evil.md\0.png", "a\nb.md", "a\u202etxt.md", "a\u200b.md", ".bashrc", "notes/.git/config.md",
    "con.md", "NUL", "com1.txt", "evil.md.", "evil.md ", " evil.md", "\uff0e\uff0e/evil.md", "a\uff0fb.md",
    "e\u0301.md",
    "x" * 300 + ".md", "a/b/c/d/e/f/g.md", "notes/\u00a0.md", "a|b.md", "\ud800.md", "",
]  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_hostile_names_are_refused_by_name(name: str) -> None:
    with pytest.raises(BadInput):
        check_name(name)


@pytest.mark.parametrize("name", [n for n in HOSTILE_NAMES if n.isprintable() and n])
def test_hostile_names_are_refused_in_an_archive(name: str, tmp_path: Path) -> None:
    flags = 0 if name.isascii() else 0x800
    refused(build(NOTEBOOK, Part(name.encode(), b"x", flags=flags)), "cannot be used")


def test_zip_slip_would_have_worked_with_a_careless_reader(tmp_path: Path) -> None:
    data = build(NOTEBOOK, Part(b"../evil.md", b"x"))
    inside = tmp_path / "inside"
    inside.mkdir()
    with zipfile.ZipFile(io.BytesIO(data)) as careless:
        for info in careless.infolist():
            Path(inside / info.filename).write_bytes(careless.read(info))
    assert (tmp_path / "evil.md").exists()
    refused(data, "leads? out of the folder|dots")


@pytest.mark.parametrize(
    ("names", "clash"),
    [(["Notes.md", "notes.md"], True), (["straße.md", "STRASSE.md"], True), (["ﬁn.md", "fin.md"], True),
     (["a", "a/b.md"], True), (["a/b.md", "A"], True), (["a/b.md", "a/c.md"], False)],
)  # fmt: skip
def test_names_that_one_disk_would_merge(names: list[str], clash: bool) -> None:
    if clash:
        with pytest.raises(BadInput, match="one file on another computer"):
            check_distinct(names)
    else:
        check_distinct(names)


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ([Part(b"link.md", b"/etc/passwd", mode=stat.S_IFLNK | 0o777)], "link or a device"),
        ([Part(b"pipe.md", mode=stat.S_IFIFO | 0o644)], "link or a device"),
        ([Part(b"a.md", b"x" * 100, size=10)], "not as large as it says"),
        ([Part(b"a.md", b"x" * 10, size=100)], "not as large as it says"),
        ([Part(b"a.md", b"x" * 10, method=STORED, size=9)], "not as large as it says"),
        ([Part(b"a.md", b"x", crc=1)], "damaged"),
        ([Part(b"a.md", b"x" * 99, packed=b"\xff\xff\xff")], "damaged"),
        ([Part(b"a.md", b"secret", flags=1)], "encrypted"),
        ([Part(b"a.md", b"secret", flags=0x2000)], "encrypted"),
        ([Part(b"a.md", b"x", method=12)], "method that is not read"),
        ([Part(b"a.md", b"x", local_name=b"b.md")], "described differently"),
        ([Part(b"a.md", b"x", local_size=5)], "described differently"),
        ([Part(b"a.md", b"x"), Part(b"a.md", b"y")], "in it twice"),
        ([Part(b"a.md", b"x", before=b"hidden")], "overlaps another|hidden"),
        ([Part(b"a.md", b"x", offset=0)], "overlaps another|hidden"),
        ([Part(b"folder/", b"content", method=STORED)], "content of its own"),
        ([Part(b"a.md", b"x", extra=struct.pack("<2HQ", 1, 8, 5))], "second name or size"),
        ([Part(b"a.md", b"x", extra=struct.pack("<2H", 0x7075, 9) + b"\x01\0\0\0\0b.md")], "second name or size"),
        ([Part("说明.md".encode("gbk"), b"x")], "old encoding"),
        ([Part(b"\xff\xfe.md", b"x", flags=0x800)], "not valid Unicode"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_archives_that_lie(parts: list[Part], words: str) -> None:
    refused(build(NOTEBOOK, *parts), words)


def test_frames_that_lie() -> None:
    good = build(NOTEBOOK)
    refused(b"", "no zip file")
    refused(b"%PDF-1.7 nothing of the kind", "no zip file")
    refused(good[:-1], "no zip file")
    refused(build(NOTEBOOK, tail=b"x"), "no zip file")
    refused(build(NOTEBOOK, comment=b"x"), "no zip file|comment")
    refused(build(NOTEBOOK, start=b"#!/bin/sh\n"), "hidden")
    refused(build(NOTEBOOK, count=2), "cut off|damaged")
    refused(build(NOTEBOOK, Part(b"a.md", b"x"), count=1), "more lines")
    refused(build(), "no “notebook.ipynb”")
    refused(build(Part(b"notes.md", b"x")), "no “notebook.ipynb”")


def test_overlapping_bomb() -> None:
    """Many directory lines that all point at the same packed bytes: a small file that unpacks to a large one."""
    kernel = Part(b"a0.md", b"\0" * 50_000)
    shared = [Part(f"a{i}.md".encode(), b"\0" * 50_000, offset=0) for i in range(1, 15)]
    refused(build(kernel, *shared), "overlaps|described differently|hidden")


def test_a_bomb_costs_no_memory() -> None:
    bomb = build(NOTEBOOK, Part(b"zeros.md", b"\0" * (60 * MIB)))
    assert len(bomb) < MIB
    lying = build(NOTEBOOK, Part(b"zeros.md", b"\0" * (60 * MIB), size=10, crc=0))
    assert _peak(lambda: zipfile.ZipFile(io.BytesIO(bomb)).read("zeros.md")) > 60 * MIB, "a careless reader would pay"
    assert _peak(lambda: refused(bomb, "larger than 1 MB", TooLarge)) < 4 * MIB
    assert _peak(lambda: refused(lying, "not as large")) < 4 * MIB


def _peak(action: Callable[[], object]) -> int:
    """Most bytes that ``action`` held at a time."""
    tracemalloc.start()
    try:
        action()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_limits_name_the_file() -> None:
    refused(build(NOTEBOOK, Part(b"big.md", os.urandom(9000))), "archive is larger", TooLarge, max_bytes=8000)
    refused(build(NOTEBOOK, Part(b"big.md", b"x" * 9000)), "“big.md”", TooLarge, max_bytes=8000)
    refused(build(*[Part(f"{i}.md".encode()) for i in range(30)]), "more than 20 files", TooLarge)


class _Runs:
    def __reduce__(self):  # type: ignore[no-untyped-def]
        return os.getenv, ("HOME",)


def _tar() -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        tar.addfile(tarfile.TarInfo("x"))
    return buffer.getvalue()


def _joblib(compress: int) -> bytes:
    buffer = io.BytesIO()
    joblib.dump({"a": np.zeros(3)}, buffer, compress=compress)
    return buffer.getvalue()


def _object_array() -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, np.array([_Runs()], dtype=object), allow_pickle=True)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        *[(f"p{i}.txt", pickle.dumps(_Runs(), protocol=i), "pickle") for i in range(6)],
        ("notes.md", _joblib(0), "pickle"),
        ("notes.csv", _joblib(3), "pickle"),
        ("photo.png", _object_array(), "pickle"),
        ("model.pkl", b"text", "pickle"),
        ("inner.md", build(NOTEBOOK), "archive inside"),
        ("data.txt", _tar(), "archive inside"),
        ("data.json", b"\x1f\x8b\x08\0", "archive inside"),
        ("table.xlsx", build(NOTEBOOK), "archive inside"),
        ("readme.md", b"\x7fELF\x02", "program"),
        ("readme.txt", b"MZ\x90\0\x03", "program"),
        ("readme.txt", b"#!/bin/sh\necho", "program"),
        ("notes.txt", b"SQLite format 3\0", "data file"),
        ("notes.txt", b"PAR1\x15\x04\xff", "data file"),
        ("x.parquet", b"x", "data file"),
        ("helpers.py", b"import os", "outside the notebook"),
        ("second.ipynb", b"{}", "second notebook"),
        ("evidence.json", b"{}", "made by the examination"),
        ("Outputs/sample.json", b"{}", "made by the examination"),
        ("model.skops", b"x", "made by the examination"),
        ("other.skops", b"x", "is a model"),
        ("photo.png", b"no picture", "not the picture"),
        ("notes.md", "说明".encode("gbk"), "not a text in UTF-8"),
        ("page.html", b"<p>", "not part of a submission"),
        ("Makefile", b"all:", "not part of a submission"),
    ],
)
def test_contents_that_do_not_belong(name: str, content: bytes, words: str) -> None:
    refused(build(NOTEBOOK, Part(name.encode(), content)), words)


@pytest.mark.parametrize(
    "text", ["BZh is a word", "x^2 + 1", "MZ", "PAR1 is nice", "N.", "(I1\n.", "ZF Friedrichshafen"]
)
def test_texts_that_only_begin_like_something_else(text: str) -> None:
    assert "a.txt" in read_archive(build(NOTEBOOK, Part(b"a.txt", text.encode()))).files
    assert not is_pickle(text.encode())


@given(st.data())
@settings(max_examples=250, deadline=None)
def test_changed_bytes_are_refused_or_harmless(data: st.DataObject) -> None:
    """Whatever is changed in an archive: our errors, never another exception, never another content under a name."""
    files = {"notebook.ipynb": notebook_bytes(), "notes.md": b"some words " * 20}
    packed = bytearray(pack_files(files))
    for _ in range(data.draw(st.integers(1, 4))):
        packed[data.draw(st.integers(0, len(packed) - 1))] = data.draw(st.integers(0, 255))
    try:
        found = read_archive(bytes(packed))
    except SandboxError:
        return
    assert sorted(found.files.values()) == sorted(files.values())


def test_streamed_archives_of_other_tools_are_read() -> None:
    class Pipe(io.RawIOBase):
        data = b""

        def writable(self) -> bool:
            return True

        def write(self, data) -> int:  # type: ignore[no-untyped-def,override]
            self.data += bytes(data)
            return len(data)

    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as archive:  # type: ignore[arg-type]
        archive.writestr("notebook.ipynb", notebook_bytes())
    assert list(read_archive(pipe.data).files) == ["notebook.ipynb"]


def test_pack_leaves_out_what_a_run_makes(tmp_path: Path) -> None:
    (tmp_path / "notebook.ipynb").write_bytes(notebook_bytes())
    (tmp_path / "choices.json").write_text("{}")
    for name in ("model.skops", "evidence.json", ".secret", "Untitled.ipynb"):
        (tmp_path / name).write_text("x")
    (tmp_path / ".ipynb_checkpoints").mkdir()
    (tmp_path / ".ipynb_checkpoints" / "a.ipynb").write_text("x")
    packed = pack_project(tmp_path)
    assert list(read_archive(packed).files) == ["choices.json", "notebook.ipynb"]
    os.utime(tmp_path / "choices.json", (0, 0))
    assert pack_project(tmp_path) == packed


@pytest.mark.parametrize("trick", ["link", "folder link", "pipe", "large", "pickle"])
def test_pack_follows_nothing_that_a_kernel_planted(tmp_path: Path, trick: str) -> None:
    project, secret = tmp_path / "project", tmp_path / "secret"
    project.mkdir()
    secret.mkdir()
    (secret / "key.md").write_text("secret")
    (project / "notebook.ipynb").write_bytes(notebook_bytes())
    match trick:
        case "link":
            (project / "notes.md").symlink_to(secret / "key.md")
        case "folder link":
            (project / "notes").symlink_to(secret)
        case "pipe":
            os.mkfifo(project / "notes.md")
        case "large":
            with (project / "notes.md").open("wb") as file:
                file.truncate(2**34)
        case "pickle":
            (project / "notes.md").write_bytes(pickle.dumps(_Runs()))
    with pytest.raises(TooLarge if trick == "large" else BadInput):
        pack_project(project, max_bytes=MIB)


def test_write_files_writes_all_or_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = read_archive(build(NOTEBOOK, Part(b"notes/a.md", b"x")))
    folder = tmp_path / "deep" / "files"
    write_files(files, folder)
    assert (folder / "notes" / "a.md").read_bytes() == b"x"
    assert stat.S_IMODE((folder / "notes" / "a.md").stat().st_mode) == 0o600
    with pytest.raises(Conflict):
        write_files(files, folder)
    monkeypatch.setattr(os, "fsync", lambda _: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    with pytest.raises(SandboxError, match="No space left"):
        write_files(files, tmp_path / "deep" / "other")
    assert [p.name for p in (tmp_path / "deep").iterdir()] == ["files"]
