"""Building a front end while a server sends it: nothing is missing meanwhile, and a failed build changes nothing."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[1]
NODE = "#!/bin/sh\necho v22.1.0\n"
#: In place of npm: "build" writes beside, and says what stands where servers read at that moment.
NPM = """#!/bin/sh
[ "$1" = run ] || exit 0
cat {output}/runtime.js > seen-by-a-server
mkdir -p building/static && echo new > building/runtime.js && echo new > building/static/b.js
exit $(cat exit-code)
"""


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("build_frontend", ROOT / "scripts" / "build_frontend.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "build_frontend", module)  # its dataclasses look it up
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "ROOT", tmp_path)
    return module


def project(script: ModuleType, folder: Path, monkeypatch: pytest.MonkeyPatch, exit_code: int) -> object:
    programs, source, output = folder / "bin", folder / "source", folder / "output"
    for each in (programs, source, output / "static"):
        each.mkdir(parents=True)
    for name, text in (("node", NODE), ("npm", NPM.format(output=output))):
        (programs / name).write_text(text)
        (programs / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:/usr/bin:/bin")
    (source / "package.json").write_text("{}")
    (source / "exit-code").write_text(str(exit_code))
    for name in ("runtime.js", "static/a.js", ".source-sha256"):
        (output / name).write_text("old\n")
    return script.Project("a front end", source, output, ())


def test_a_server_finds_the_old_files_until_the_new_ones_are_whole(
    script: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    it = project(script, tmp_path, monkeypatch, 0)
    assert script.make(it) == 0
    assert (tmp_path / "source" / "seen-by-a-server").read_text() == "old\n"
    found = {str(path.relative_to(it.output)) for path in it.output.rglob("*") if path.is_file()}  # type: ignore[attr-defined]
    assert found == {"runtime.js", "static/b.js", ".source-sha256"}
    assert (it.output / "runtime.js").read_text() == "new\n"  # type: ignore[attr-defined]


def test_a_build_that_fails_leaves_what_is_served(
    script: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    it = project(script, tmp_path, monkeypatch, 3)
    assert script.make(it) == 1
    assert (it.output / "runtime.js").read_text() == "old\n"  # type: ignore[attr-defined]
    assert (it.output / "static" / "a.js").is_file()  # type: ignore[attr-defined]


def test_no_file_is_missing_at_any_step_of_the_swap(
    script: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After each single change that the swap makes, everything that ``package.json`` then names is there."""
    beside, output = tmp_path / "beside", tmp_path / "output"
    for folder, name in ((beside, "new.js"), (output, "old.js")):
        folder.mkdir()
        (folder / name).write_text(name)
        (folder / "package.json").write_text(json.dumps({"main": name}))
    seen: list[str] = []

    def look() -> None:
        main = json.loads((output / "package.json").read_text())["main"]
        assert (output / main).read_text() == main
        seen.append(main)

    for change in ("replace", "unlink"):
        real = getattr(Path, change)
        monkeypatch.setattr(Path, change, lambda path, *to, real=real: (real(path, *to), look()))
    script.swap_in(beside, output)
    assert seen == ["old.js", "new.js", "new.js"]
    assert not (output / "old.js").exists() and not beside.exists()


def test_both_front_ends_are_built_beside() -> None:
    """Their own builds must write where ``Project.beside`` says."""
    lab = json.loads((ROOT / "labextension" / "package.json").read_text())
    assert Path(lab["jupyterlab"]["outputDir"]).parts[0] == "building"
    assert "output = 'building'" in (ROOT / "apppage" / "build.mjs").read_text()
