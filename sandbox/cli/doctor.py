"""``sandbox doctor``: what this machine can do for the sandbox, and what to do about what it cannot."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import click
from rich.markup import escape

from sandbox.cli.options import console, home_option, json_option, load_settings, print_json
from sandbox.core.errors import SandboxError
from sandbox.core.messages import Message, as_language
from sandbox.i18n import Catalogue, catalogue
from sandbox.kernels.capability import capability
from sandbox.kernels.forkserver import PRELOAD
from sandbox.kernels.learned import REASONS, remembered
from sandbox.store.workspace import Workspace

MARKS = {"good": "[green]✓[/]", "weak": "[yellow]![/]", "bad": "[red]✗[/]"}
LOW_DISK_BYTES = 5 * 2**30


@dataclass(frozen=True)
class Diagnosis:
    """One line: ``state`` is good, weak (works, but less safely or less well) or bad (something will not work)."""

    what: Message
    state: str
    detail: Message
    remedies: tuple[Message, ...] = ()

    def to_json(self, words: Catalogue) -> dict[str, str]:
        """``what`` is a name that programs look for, in English; the rest is for reading."""
        return {
            "what": str(self.what), "state": self.state, "detail": words.render(self.detail),
            "remedy": "\n    → ".join(map(words.render, self.remedies)),
        }  # fmt: skip


@click.command()
@home_option
@json_option
def doctor(home: Path | None, as_json: bool) -> None:
    """Say what this machine can do. JSON: what, state (good, weak, bad), detail, remedy."""
    words = catalogue(as_language(load_settings(home).language))
    lines = [*_kernels(), _preloaded(home, words), _workspace(home), _disk(home), _fonts(), _content()]
    if as_json:
        print_json([line.to_json(words) for line in lines])
    else:
        for line in lines:
            told = line.to_json(words)
            console.print(f"{MARKS[line.state]} [bold]{words.render(line.what)}[/]: {escape(told['detail'])}")
            if told["remedy"]:
                console.print(f"    → {escape(told['remedy'])}")
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
    state = "bad" if not found.confined else "weak" if found.notes else "good"
    detail = (
        Message("confined by {means}", {"means": ", ".join(means)})
        if found.confined
        else Message("NOT confined: run trusted notebooks only")
    )
    start = (
        Diagnosis(Message("Fork server"), "good", Message("kernels are forked from a warm process"))
        if found.fork_server
        else Diagnosis(
            Message("Fork server"),
            "weak",
            Message("kernels start as ordinary processes, slower"),
            (Message("Linux with pidfd (5.3 or newer) is needed for it."),),
        )
    )
    apps = (
        Diagnosis(Message("Apps"), "good", Message("wait executed for their viewers"))
        if found.apps_kept
        else Diagnosis(Message("Apps"), "weak", Message("are executed anew for every viewer: pages open in seconds"))
    )
    return [Diagnosis(Message("Kernels"), state, detail, found.notes), start, apps]


def _preloaded(home: Path | None, words: Catalogue) -> Diagnosis:
    """What the app server of this workspace imports ahead of its apps, and what it does not and why."""
    found = remembered(Workspace.at(load_settings(home).home).preload)
    left_out = "; ".join(f"{name} {words.render(REASONS[reason])}" for name, reason in sorted(found.left_out.items()))
    detail = Message(
        "{n} {n:module that is|modules that are} always wanted, and of published apps: {modules}",
        {"n": len(PRELOAD), "modules": ", ".join(found.modules) or "–"},
    )
    remedies = (Message("Not imported ahead: {modules}", {"modules": left_out}),) if left_out else ()
    return Diagnosis(Message("Imported ahead"), "good", detail, remedies)


def _workspace(home: Path | None) -> Diagnosis:
    what = Message("Workspace")
    try:
        workspace = Workspace.at(load_settings(home).home).ensure()
    except SandboxError as error:
        return Diagnosis(what, "bad", error.message, (error.remedy,))
    return Diagnosis(what, "good", Message("{place}", {"place": workspace.home}))


def _disk(home: Path | None) -> Diagnosis:
    folder = Workspace.at(load_settings(home).home).home
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    what = Message("Disk")
    detail = Message("{n} GB free at {folder}", {"n": f"{free / 2**30:.1f}", "folder": folder})
    if free < LOW_DISK_BYTES:
        remedy = Message("Snapshots and submissions are kept; give the workspace 5 GB or more.")
        return Diagnosis(what, "weak", detail, (remedy,))
    return Diagnosis(what, "good", detail)


def _fonts() -> Diagnosis:
    """Charts keep their text as text, so the reader's browser draws 中文 with its own fonts."""
    what = Message("Fonts")
    if not shutil.which("fc-list"):
        return Diagnosis(what, "good", Message("none needed on the server: charts are drawn with the reader's fonts"))
    listed = subprocess.run(["fc-list", ":lang=zh", "family"], capture_output=True, text=True, check=False).stdout
    families = sorted({line.split(",")[0].strip() for line in listed.splitlines() if line.strip()})
    if families:
        found = {"fonts": ", ".join(families[:3])}
        return Diagnosis(what, "good", Message("Chinese fonts on this machine: {fonts}", found))
    return Diagnosis(
        what,
        "weak",
        Message("no Chinese font here; charts show 中文 with the reader's fonts, pictures (PNG) cannot"),
        (Message(
            "Install one if people look at the sandbox on this very machine, e.g. Debian's fonts-noto-cjk."
        ),),
    )  # fmt: skip


def _content() -> Diagnosis:
    what, folder = Message("Content"), load_settings().content_dir()
    missing = [name for name in ("datasets", "templates", "apps") if not (folder / name).is_dir()]
    if missing:
        return Diagnosis(
            what,
            "bad",
            Message("{names} missing in {folder}", {"names": ", ".join(missing), "folder": folder}),
            (Message("Set SANDBOX_CONTENT, or reinstall."),),
        )
    return Diagnosis(what, "good", Message("{place}", {"place": folder}))
