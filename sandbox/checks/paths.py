"""Refuses file names that lead out of the project or hide, and points at paths in the code that exist on one machine
only: such a notebook works for its author and for nobody else.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable

from sandbox.checks.code import Code, all_code
from sandbox.checks.facts import Facts
from sandbox.core.findings import Finding, Level
from sandbox.core.messages import Message

PHASE, NAME = "read", "paths"

_FOREIGN = re.compile(
    r"^(?:~/|(?:\.\./)+|/(?:home|root|Users|mnt|media|tmp|var|etc|proc|sys|dev|opt|data|srv|usr|run)(?:/|$)|"
    r"[A-Za-z]:[\\/](?![\\/])\S|\\\\\w)|^file:/"
)
_MOST = 10


def check(facts: Facts) -> Iterable[Finding]:
    bad_names = [name for name in sorted(facts.files) if _leads_out(name)]
    for name in bad_names[:_MOST]:
        yield Finding(
            NAME,
            Level.FAIL,
            Message("The file name {file} is hidden, absolute or leads out of the project.", {"file": name}),
            Message("Rename or delete the file in the project folder and submit again."),
        )
    found = [(code, path) for code in all_code(facts) for path in foreign_paths(code)]
    for code, path in found[:_MOST]:
        yield Finding(
            NAME,
            Level.REVIEW,
            Message("The code names the path {path}, which is outside the project.", {"path": path[:120]}),
            Message('Take data with lab.data("…") and keep small files of your own beside the notebook.'),
            code.cell,
        )
    if not bad_names and not found:
        yield Finding(
            NAME,
            Level.PASS,
            Message("No path leads out of the project ({files} file names looked at).", {"files": len(facts.files)}),
        )


def foreign_paths(code: Code) -> Iterable[str]:
    """Texts in the code that are absolute paths, home paths, or climb out of the folder; each once."""
    texts = (n.value for n in ast.walk(code.tree) if isinstance(n, ast.Constant)) if code.tree else ()
    return dict.fromkeys(t for t in texts if isinstance(t, str) and "\n" not in t and _FOREIGN.match(t))


def _leads_out(name: str) -> bool:
    parts = name.replace("\\", "/").split("/")
    return name.startswith(("/", "\\")) or ":" in name or any(p in ("", ".", "..") or p.startswith(".") for p in parts)
