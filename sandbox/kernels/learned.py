"""What zygotes import ahead besides the usual: learned from what published apps imported when they were examined.

An app's word for it is hostile, and the zygote is not confined. So a name only counts when it leads to a file of this
environment (``installed``), and is imported ahead only after throw-away confined processes have imported it: no thread,
nothing slow or large, nothing changed that kernels would inherit. Apps take turns (``together``), so one that names
much takes no other's place.
"""

from __future__ import annotations

import hashlib
import json
import logging
import re
import sys
import sysconfig
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from importlib.machinery import PathFinder
from itertools import zip_longest
from pathlib import Path
from typing import Any

from sandbox.core.errors import SandboxError
from sandbox.core.messages import Message
from sandbox.kernels import forkserver
from sandbox.kernels.policy import KernelLimits, KernelPolicy
from sandbox.kernels.warmapp import Unfit, WarmApp
from sandbox.store.workspace import write_atomically

log = logging.getLogger(__name__)

#: Names of one app, and of all together, that are looked at.
MOST_OF_APP, MOST_NAMES = 60, 200
#: Trials in one round; what is left is tried in the next.
MOST_TRIALS = 40
#: Of one module: processor seconds of its import, and wall seconds of its trial. Resident bytes: one, all together.
MOST_SECONDS, TRIAL_SECONDS = 3.0, 20.0
MOST_BYTES, MOST_BYTES_TOGETHER = 48 * 2**20, 96 * 2**20

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,59}(\.[A-Za-z][A-Za-z0-9_]{0,59}){0,5}", re.ASCII)
_PACKAGE = Path(__file__).resolve().parents[1]
_OUTPUT_BYTES = 2 * 2**20

REASONS: Mapping[str, Message] = {
    "threads": Message("starts a thread, which a fork would not have"),
    "slow": Message("takes too long to import"),
    "large": Message("takes too much memory"),
    "changes": Message("changes what every kernel would inherit"),
    "fails": Message("cannot be imported in a confined process"),
    "full": Message("there is no room for more"),
}


@dataclass(frozen=True)
class Trial:
    """What came of importing one module: ``reason`` is a key of REASONS, "" when it is fit."""

    reason: str = ""
    seconds: float = 0.0
    bytes: int = 0
    brought: tuple[str, ...] = ()


@dataclass(frozen=True)
class Learned:
    """``modules`` are imported ahead, in this order; ``left_out``: name → key of REASONS. ``trials`` are kept so that
    nothing is tried twice in the same ``environment``.
    """

    modules: tuple[str, ...] = ()
    left_out: Mapping[str, str] = field(default_factory=dict)
    trials: Mapping[str, Trial] = field(default_factory=dict)
    environment: str = ""


def installed(names: Iterable[object]) -> list[str]:
    """Those of ``names`` that lead to a module of this environment's packages (or to ``sandbox.lab``), outermost first.

    Nothing is imported to find out. Private modules and programs (``__main__``) do not count.
    """
    found = [name for name in names if isinstance(name, str) and _NAME.fullmatch(name) and _leads_to_a_file(name)]
    return sorted(dict.fromkeys(found), key=lambda name: name.count("."))


def _leads_to_a_file(name: str) -> bool:
    parts = name.split(".")
    if parts[0] in sys.stdlib_module_names:
        return False
    roots = [Path(sysconfig.get_path(kind)) for kind in ("purelib", "platlib")]
    if parts[0] == _PACKAGE.name:
        if parts[1:2] != ["lab"]:
            return False
        roots = [_PACKAGE.parent]
    places: Sequence[str] = [str(root) for root in roots]
    spec = None
    for number in range(1, len(parts) + 1):
        spec = PathFinder.find_spec(".".join(parts[:number]), places)
        if spec is None:
            return False
        places = list(spec.submodule_search_locations or ())
    if spec is None or not spec.has_location or not spec.origin:
        return False
    origin = Path(spec.origin).resolve()
    return any(origin.is_relative_to(root.resolve()) for root in roots)


def together(apps: Iterable[Iterable[str]]) -> list[str]:
    """The names that apps want, in turns: the first of each, then the second of each."""
    turns = zip_longest(*(installed(names)[:MOST_OF_APP] for names in apps))
    return list(dict.fromkeys(name for turn in turns for name in turn if name))[:MOST_NAMES]


def learn(wanted: Sequence[str], known: Learned | None = None, go_on: Callable[[], bool] = lambda: True) -> Learned:
    """Try what is ``wanted`` and not ``known``, and choose. Blocks for a process's life for each new name, until
    ``go_on`` says no.
    """
    known = known if known is not None and known.environment == environment_key() else Learned()
    trials = {name: trial for name, trial in known.trials.items() if name in set(wanted)}
    chosen: list[str] = []
    left_out: dict[str, str] = {}
    there: set[str] = set()
    memory, tried = 0, 0
    with forkserver.trial():
        for name in wanted:
            if name in there:
                continue
            if name not in trials:
                if tried == MOST_TRIALS or not go_on():
                    left_out[name] = "full"
                    continue
                tried += 1
                trials[name] = try_import([name])
            trial = trials[name]
            reason = trial.reason or ("full" if memory + trial.bytes > MOST_BYTES_TOGETHER else "")
            if reason:
                left_out[name] = reason
                continue
            memory += trial.bytes
            chosen.append(name)
            there |= {name, *trial.brought}
        # One by one they are fit; what they do to each other shows here, if it did not before.
        anew = tuple(chosen) != known.modules
        if chosen and anew and try_import(chosen, most=MOST_BYTES_TOGETHER, seconds=len(chosen) * MOST_SECONDS).reason:
            left_out |= dict.fromkeys(chosen, "changes")
            chosen = []
    return Learned(tuple(chosen), left_out, trials, environment_key())


def try_import(names: Sequence[str], *, most: int = MOST_BYTES, seconds: float = MOST_SECONDS) -> Trial:
    """Import ``names`` in a confined process that has the usual modules, and let it end."""
    source = f"from sandbox.kernels.trial_import import tell\ntell({list(names)!r})"
    notebook = {"cells": [{"cell_type": "code", "source": source}], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    with tempfile.TemporaryDirectory(prefix="sandbox-import-") as folder:
        file = Path(folder) / "trial.ipynb"
        file.write_text(json.dumps(notebook))
        policy = KernelPolicy(readable=(file,), limits=KernelLimits(cpu_seconds=int(TRIAL_SECONDS)))
        try:
            app = WarmApp(policy, file, most=_OUTPUT_BYTES, timeout=TRIAL_SECONDS, trial=True, elsewhere=True)
            app.stop()
            lines = app.shown.cells[0][-1]["text"].strip().rsplit("\n", 1)
            return _judged(json.loads(lines[-1]), most, seconds)
        except Unfit as problem:
            return Trial("threads" if "thread" in str(problem) else "slow" if "longer" in str(problem) else "fails")
        except (SandboxError, ValueError, LookupError, TypeError):
            return Trial("fails")


def _judged(found: Mapping[str, Any], most: int, seconds: float) -> Trial:
    reasons = {
        "fails": found["problem"] != "", "threads": found["threads"] > 0, "changes": found["changed"] != [],
        "slow": found["seconds"] > seconds, "large": found["bytes"] > most,
    }  # fmt: skip
    reason = next((reason for reason, true in reasons.items() if true), "")
    brought = tuple(str(name) for name in found["brought"])
    return Trial(reason, round(float(found["seconds"]), 3), int(found["bytes"]), () if reason else brought)


def environment_key() -> str:
    """Changes when another Python or other packages are installed."""
    folders = {Path(sysconfig.get_path(kind)) for kind in ("purelib", "platlib")}
    packages = sorted(path.name for folder in folders for path in folder.glob("*.dist-info"))
    return hashlib.sha256("\n".join([sys.version, sys.prefix, *packages]).encode()).hexdigest()[:16]


def begin(file: Path) -> None:
    """Start this process's fork server with what ``file`` remembers, if it runs not yet. Blocks for seconds."""
    known = remembered(file)
    fit = known.environment == environment_key() and installed(known.modules)
    try:
        if fit and set(fit) == set(known.modules):
            forkserver.learn(known.modules)
        forkserver.current()
    except forkserver.Unfit as problem:
        log.info("kernels are started as processes", extra={"reason": str(problem)})


def remembered(file: Path) -> Learned:
    """What ``remember`` wrote; nothing learned when there is no such file, or it cannot be read."""
    try:
        raw = json.loads(file.read_bytes())
        trials = {
            str(name): Trial(str(each["reason"]), float(each["seconds"]), int(each["bytes"]), tuple(each["brought"]))
            for name, each in raw["trials"].items()
        }
        left_out = {str(name): str(reason) for name, reason in raw["left_out"].items() if reason in REASONS}
        return Learned(tuple(map(str, raw["modules"])), left_out, trials, str(raw["environment"]))
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return Learned()


def remember(file: Path, learned: Learned) -> None:
    """Raises OSError when the disk cannot be written."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_atomically(file, json.dumps(asdict(learned)).encode())
