"""Refuses data from anywhere but the pinned snapshots: only they are masked, gated and known to the steward.

Three looks: the files that came along, what the code calls with which path or address, and what the kernel tried to
reach while it ran (its log is evidence; the kernel's confinement is what stops).
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath

from sandbox.checks.code import Code, all_code, calls
from sandbox.checks.facts import Facts
from sandbox.checks.paths import foreign_paths
from sandbox.core.findings import Finding, Level
from sandbox.core.messages import Message

PHASE, NAME = "run", "data_access"

_DATA_FILES = frozenset({".csv", ".tsv", ".psv", ".parquet", ".feather", ".arrow", ".orc", ".avro", ".xls", ".xlsx",
                         ".xlsb", ".ods", ".sqlite", ".sqlite3", ".db", ".duckdb", ".mdb", ".accdb", ".jsonl",
                         ".ndjson", ".dta", ".sav", ".sas7bdat", ".rds", ".rdata", ".hdf5", ".dbf"})  # fmt: skip
_DATA_STARTS = (b"PAR1", b"SQLite format 3\0", b"ARROW1", b"\xd0\xcf\x11\xe0")
_OWN_JSON = frozenset({"choices.json", "evidence.json", "sample.json"})
_LARGE_TEXT_FILE = 100 * 1024
_LARGE_LITERAL = 5_000  # characters in one text
_MANY_ITEMS = 200  # values written out in one list, tuple, set or dict

_READERS = re.compile(
    r"(?:^|\.)(?:read_\w+|open|fopen|loadtxt|genfromtxt|fromfile|memmap|read_text|read_bytes|connect|scan_\w+|ATTACH|"
    r"from_(?:csv|parquet)\w*|load_workbook|create_engine|urlopen|urlretrieve)$"
)
_NETWORK = frozenset({"requests", "httpx", "aiohttp", "urllib3", "socket", "ftplib", "smtplib", "paramiko", "telnetlib",
                      "imaplib", "poplib", "websocket", "websockets", "pymysql", "psycopg", "psycopg2", "pymongo",
                      "redis", "cx_Oracle", "oracledb", "pyodbc", "boto3", "xmlrpc"})  # fmt: skip
_NETWORK_MODULES = ("urllib.request", "http.client")
_PROGRAMS = re.compile(r"^(?:subprocess\.\w+|os\.(?:system|popen|exec\w+|spawn\w+|posix_spawn\w*)|pty\.spawn|"
                       r"get_ipython\(?\)?\.?\w*|\.(?:system|getoutput|run_cell_magic))$")  # fmt: skip
_SHELL_MAGICS = frozenset({"bash", "sh", "script", "system", "sx", "perl", "ruby", "cmd"})
_ADDRESS = re.compile(r"^(?:https?|ftps?|s3|gs|hdfs|postgres(?:ql)?|mysql|mongodb|redis|jdbc)[+\w]*:", re.IGNORECASE)
_SQL_FILE = re.compile(
    r"\bread_(?:csv|parquet|json|text|blob)\w*\s*\(\s*'|\b(?:from|join)\s+'[^']+'|\battach\b\s+(?:database\s+)?'",
    re.IGNORECASE,
)
_MOST = 15


def check(facts: Facts) -> Iterable[Finding]:
    findings = [*_files(facts), *_code(facts), *_log(facts), *_recorded(facts)]
    yield from findings[:_MOST]
    if not findings:
        pins = ", ".join(f"{name} {pin.get('version', '')}".strip() for name, pin in sorted(facts.pins.items()))
        fields = {"count": len(facts.pins), "pins": pins}
        yield Finding(NAME, Level.PASS, Message("Data came from the {count} pinned snapshots only: {pins}.", fields))


def _files(facts: Facts) -> Iterator[Finding]:
    for name, data in sorted(facts.files.items()):
        ending = PurePosixPath(name.lower()).suffix
        large = ending in (".json", ".txt", ".xml", ".yaml") and len(data) > _LARGE_TEXT_FILE and name not in _OWN_JSON
        if ending in _DATA_FILES or data.startswith(_DATA_STARTS) or large:
            yield Finding(
                NAME,
                Level.FAIL,
                Message("{file} is a data file of its own ({kb:.0f} KB).", {"file": name, "kb": len(data) / 1024}),
                Message("Delete it, and ask a data steward to make a dataset of that table, so that it can be pinned."),
            )


def _code(facts: Facts) -> Iterator[Finding]:
    for code in all_code(facts):
        foreign = set(foreign_paths(code))
        for name, call in calls(code):
            finding = _call(code, name, call, foreign)
            if finding:
                yield finding
        for module in sorted(_imports(code)):
            yield Finding(
                NAME,
                Level.REVIEW,
                Message("The code imports {module}, which is for reaching other machines.", {"module": module}),
                Message('A notebook has no network; take data with lab.data("…") and remove the import.'),
                code.cell,
            )
        if _holds_data(code):
            yield Finding(
                NAME,
                Level.REVIEW,
                Message("The code of {place} contains a large amount of data written out.", {"place": code.place}),
                Message("Take data from a pinned snapshot; ask a data steward if a table is missing."),
                code.cell,
            )


def _call(code: Code, name: str, call: ast.Call, foreign: set[str]) -> Finding | None:
    texts = [n.value for n in ast.walk(call) if isinstance(n, ast.Constant) and isinstance(n.value, str)]
    if _PROGRAMS.match(name) and _runs_program(name, texts):
        return Finding(
            NAME,
            Level.REVIEW,
            Message("The code starts another program ({call}).", {"call": name.strip(".")}),
            Message("Do it in Python, or leave it out; programs cannot be examined."),
            code.cell,
        )
    if not name.endswith((".sql", ".execute", ".query")) and not _READERS.search(name):
        return None
    outside = next((t for t in texts if t in foreign or _ADDRESS.match(t)), None)
    if outside is None and not any(_SQL_FILE.search(text) for text in texts):
        return None
    fields = {"call": name.strip("."), "target": _without_secrets(outside or "")[:120]}
    if outside is None:
        message = Message("An SQL text in this cell reads a file by its name.")
    else:
        message = Message("The code reads {target} with {call}(…), outside the pinned snapshots.", fields)
    remedy = Message('Use lab.data("…") with a pinned dataset; ask a data steward if a table is missing.')
    return Finding(NAME, Level.FAIL, message, remedy, code.cell)


def _runs_program(name: str, texts: list[str]) -> bool:
    if name.endswith("run_cell_magic"):
        return bool(texts) and texts[0].split()[0] in _SHELL_MAGICS if texts and texts[0].split() else False
    return not name.startswith("get_ipython") or name.endswith((".system", ".getoutput"))


def _without_secrets(address: str) -> str:
    """An address without the user and password that may stand in it."""
    return re.sub(r"//[^/@\s]*@", "//***@", address)


def _imports(code: Code) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(code.tree) if code.tree else ():
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return {n.partition(".")[0] for n in names if n.partition(".")[0] in _NETWORK} | (names & set(_NETWORK_MODULES))


def _holds_data(code: Code) -> bool:
    for node in ast.walk(code.tree) if code.tree else ():
        if isinstance(node, ast.Constant) and isinstance(node.value, str | bytes) and len(node.value) > _LARGE_LITERAL:
            return True
        if isinstance(node, ast.List | ast.Tuple | ast.Set) and len(node.elts) > _MANY_ITEMS:
            return True
        if isinstance(node, ast.Dict) and len(node.keys) > _MANY_ITEMS:
            return True
    return False


def _log(facts: Facts) -> Iterator[Finding]:
    for line in facts.access_log:
        try:
            entry = json.loads(line)
            event, target = str(entry["event"]), str(entry["target"])[:200]
        except (ValueError, KeyError, TypeError):
            continue
        connects = event.startswith("socket") or "connect" in event
        is_data = PurePosixPath(target.lower()).suffix in _DATA_FILES
        yield Finding(
            NAME,
            Level.FAIL if connects or is_data else Level.REVIEW,
            Message(
                "While it ran, the notebook tried to reach {target} ({event}).", {"target": target, "event": event}
            ),
            Message("It was refused. Remove that access; data comes with lab.data(…) from the pinned snapshots."),
        )


def _recorded(facts: Facts) -> Iterator[Finding]:
    """Datasets that the evidence names must be the pinned ones, in the pinned version."""
    recorded = facts.evidence.get("data")
    for entry in recorded if isinstance(recorded, list) else ():
        if not isinstance(entry, dict):
            continue
        dataset, version = str(entry.get("dataset", ""))[:80], str(entry.get("version", ""))[:60]
        pin = facts.pins.get(dataset)
        if pin is None or (version and version != str(pin.get("version", version))):
            yield Finding(
                NAME,
                Level.FAIL,
                Message("The evidence names data that is not pinned: {dataset} {version}.",
                        {"dataset": dataset, "version": version}),
                Message("Run all cells again with the project's own data, then submit again."),
            )  # fmt: skip
