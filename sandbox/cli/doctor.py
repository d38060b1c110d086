"""``sandbox doctor``: what this machine can do for the sandbox, and what to do about what it cannot."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import asdict, dataclass
from pathlib import Path

import click
from rich.markup import escape

from sandbox.cli.options import console, home_option, json_option, load_settings, print_json
from sandbox.core.errors import SandboxError
from sandbox.kernels.capability import capability
from sandbox.kernels.forkserver import PRELOAD
from sandbox.kernels.learned import REASONS, remembered
from sandbox.store.workspace import Workspace

MARKS = {"good": "[green]✓[/]", "weak": "[yellow]![/]", "bad": "[red]✗[/]"}
LOW_DISK_BYTES = 5 * 2**30


@dataclass(frozen=True)
class Diagnosis:
    """One line: ``state`` is good, weak (works, but less safely or less well) or bad (something will not work)."""

    what: str
    state: str
    detail: str
    remedy: str = ""


@click.command()
@home_option
@json_option
def doctor(home: Path | None, as_json: bool) -> None:
    """Say what this machine can do. JSON: what, state (good, weak, bad), detail, remedy."""
    lines = [*_kernels(), _preloaded(home), _workspace(home), _disk(home), _fonts(), _content()]
    if as_json:
        print_json([asdict(line) for line in lines])
    else:
        for line in lines:
            console.print(f"{MARKS[line.state]} [bold]{line.what}[/]: {escape(line.detail)}")
            if line.remedy:
                console.print(f"    → {escape(line.remedy)}")
    if any(line.state == "bad" for line in lines):
        raise click.exceptions.Exit(1)


def _kernels() -> list[Diagnosis]:
    found = capability()
    means = [
        name
        for name, there in (
            (f"Landlock (ABI {found.landlock_abi})", found.landlock_abi > 0),
            ("seccomp", found.seccomp),
            ("user namespaces", found.user_namespaces),
            ("process namespace", found.process_namespace),
            ("network namespace", found.network_namespace),
        )
        if there
    ]
    notes = [str(note) for note in found.notes]
    state = "bad" if not found.confined else "weak" if notes else "good"
    detail = ("confined by " + ", ".join(means)) if found.confined else "NOT confined: run trusted notebooks only"
    start = Diagnosis(
        "Fork server",
        "good" if found.fork_server else "weak",
        "kernels are forked from a warm process"
        if found.fork_server
        else "kernels start as ordinary processes, slower",
        "" if found.fork_server else "Linux with pidfd (5.3 or newer) is needed for it.",
    )
    return [Diagnosis("Kernels", state, detail, "\n    → ".join(notes)), start]


def _preloaded(home: Path | None) -> Diagnosis:
    """What the app server of this workspace imports ahead of its apps, and what it does not and why."""
    found = remembered(Workspace.at(load_settings(home).home).preload)
    usual = f"{len(PRELOAD)} modules that are always wanted"
    left_out = "; ".join(f"{name} {REASONS[reason]}" for name, reason in sorted(found.left_out.items()))
    detail = f"{usual}, and of published apps: {', '.join(found.modules) or 'none yet'}"
    return Diagnosis("Imported ahead", "good", detail + (f" (not: {left_out})" if left_out else ""))


def _workspace(home: Path | None) -> Diagnosis:
    try:
        workspace = Workspace.at(load_settings(home).home).ensure()
    except SandboxError as error:
        return Diagnosis("Workspace", "bad", str(error), str(error.remedy))
    return Diagnosis("Workspace", "good", str(workspace.home))


def _disk(home: Path | None) -> Diagnosis:
    folder = Workspace.at(load_settings(home).home).home
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    detail = f"{free / 2**30:.1f} GB free at {folder}"
    if free < LOW_DISK_BYTES:
        return Diagnosis("Disk", "weak", detail, "Snapshots and submissions are kept; give the workspace 5 GB or more.")
    return Diagnosis("Disk", "good", detail)


def _fonts() -> Diagnosis:
    """Charts keep their text as text, so the reader's browser draws 中文 with its own fonts."""
    if not shutil.which("fc-list"):
        return Diagnosis("Fonts", "good", "none needed on the server: charts are drawn with the reader's fonts")
    listed = subprocess.run(["fc-list", ":lang=zh", "family"], capture_output=True, text=True, check=False).stdout
    families = sorted({line.split(",")[0].strip() for line in listed.splitlines() if line.strip()})
    if families:
        return Diagnosis("Fonts", "good", f"Chinese fonts on this machine: {', '.join(families[:3])}")
    return Diagnosis(
        "Fonts",
        "weak",
        "no Chinese font here; charts show 中文 with the reader's fonts, pictures (PNG) cannot",
        "Install one if people look at the sandbox on this very machine, e.g. Debian's fonts-noto-cjk.",
    )


def _content() -> Diagnosis:
    folder = load_settings().content_dir()
    missing = [name for name in ("datasets", "templates", "apps") if not (folder / name).is_dir()]
    if missing:
        return Diagnosis(
            "Content", "bad", f"{', '.join(missing)} missing in {folder}", "Set SANDBOX_CONTENT, or reinstall."
        )
    return Diagnosis("Content", "good", str(folder))
