"""Commands that need nothing running, and how mistakes are told: in two sentences, never as a traceback."""

from __future__ import annotations

import contextlib
import io
import json
import os
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from sandbox.cli.main import main
from sandbox.kernels.capability import describe
from tests.cli.conftest import Run


@dataclass(frozen=True)
class Ended:
    returncode: int
    stdout: str
    stderr: str


def program(home: Path, *arguments: str, **environment: str) -> Ended:
    """``sandbox …`` from its words to its exit code, in this process: a new one costs a second each."""
    out, err = io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        patch.setattr(sys, "argv", ["sandbox", *arguments])
        for name, value in {"SANDBOX_HOME": str(home), "COLUMNS": "200", **environment}.items():
            patch.setenv(name, value)
        with pytest.raises(SystemExit) as end:
            main()
    return Ended(int(end.value.code or 0), out.getvalue(), err.getvalue())


@contextlib.contextmanager
def registry(home: Path) -> Iterator[sqlite3.Connection]:
    """The registry's database, past the sandbox; nothing of what is done stays in a log beside it."""
    with contextlib.closing(sqlite3.connect(home / "registry.sqlite")) as connection:
        yield connection
        connection.commit()
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def told(done: Ended, code: int = 1) -> str:
    """What standard error says of a mistake that ended with ``code``; without traceback, and nothing half-printed."""
    assert done.returncode == code, done.stderr + done.stdout
    assert "Traceback" not in done.stderr + done.stdout
    assert done.stdout == ""
    return done.stderr


# Nonsense and help


def test_nonsense_as_a_process_of_its_own(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "sandbox.cli.main", "nonsense"],
        env={**os.environ, "SANDBOX_HOME": str(tmp_path / "home")},
        capture_output=True,
        text=True,
        timeout=60,
    )
    said = told(Ended(done.returncode, done.stdout, done.stderr), code=2)
    assert "nonsense" in said and "--help" in said


@pytest.mark.parametrize("words", ["nonsense", "dataset fly", "people list --nonsense", "dataset show"])
def test_words_that_are_not_known_end_with_2_and_show_the_way(words: str, tmp_path: Path) -> None:
    said = told(program(tmp_path / "home", *words.split()), code=2)
    assert "→" in said and "--help" in said
    assert not (tmp_path / "home").exists()


def test_help_and_version_touch_nothing(tmp_path: Path) -> None:
    for words in (["--help"], ["--version"], ["dataset", "build", "-h"]):
        done = program(tmp_path / "home", *words)
        assert done.returncode == 0 and done.stdout and not done.stderr
    assert not (tmp_path / "home").exists()


# Mistakes around the workspace


def test_a_setting_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    said = told(program(tmp_path / "home", "people", "list", SANDBOX_PORTAL_PORT="many"))
    assert "SANDBOX_PORTAL_PORT" in said and "→" in said


def test_a_home_that_is_a_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("not a folder")
    for words in (["people", "list"], ["audit", "verify", "--json"]):
        assert str(tmp_path / "home") in told(program(tmp_path / "home", *words))
    assert (tmp_path / "home").read_text() == "not a folder"


def test_a_home_made_by_a_newer_version_is_refused_and_left_alone(home: Path) -> None:
    with registry(home) as database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
    before = (home / "registry.sqlite").read_bytes()
    assert "newer" in told(program(home, "people", "list"))
    assert (home / "registry.sqlite").read_bytes() == before


def test_a_registry_that_is_no_database_is_told(home: Path) -> None:
    (home / "registry.sqlite").write_bytes(b"garbage " * 200)
    assert "damaged" in told(program(home, "people", "list"))


def test_mistakes_are_told_in_chinese_to_those_who_read_it(home: Path) -> None:
    said = told(program(home, "project", "list", SANDBOX_LANGUAGE="zh-CN"))
    assert "sandbox up" in said and any("\u4e00" <= c <= "\u9fff" for c in said)


# What needs a running sandbox


@pytest.mark.parametrize(
    "words",
    [
        ["project", "list"],
        ["project", "list", "--json"],
        ["project", "show", "early-warning"],
        ["project", "submit", "early-warning"],
        ["project", "new", "--title", "t", "--problem", "p", "--template", "customer-churn", "--dataset", "leavers",
         "--kpi", "k", "--baseline", "1", "--target", "2"],
        ["people", "link", "lin-xia"],
    ],
    ids=lambda words: " ".join(words[:3]),
)  # fmt: skip
def test_without_a_running_sandbox_the_remedy_is_to_start_it(words: list[str], home: Path) -> None:
    said = told(program(home, *words))
    assert str(home) in said and "`sandbox up`" in said


def test_word_of_a_sandbox_that_is_gone_is_not_believed(home: Path) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]  # nobody listens there, and nobody else gets it
        state = {"pid": 1, "portal": f"http://127.0.0.1:{port}", "owner": "lin-xia"}
        (home / "run" / "up.json").write_text(json.dumps(state))
        (home / "run" / "api-token-lin-xia").write_text("gone")
        said = told(program(home, "project", "list"))
    assert "does not answer" in said and "`sandbox up`" in said


def test_word_that_is_cut_off_is_told(home: Path) -> None:
    (home / "run" / "up.json").write_text('{"pid": 1, "por')
    assert "`sandbox up`" in told(program(home, "project", "list"))


def test_what_the_portal_refuses_is_told_with_its_remedy(home: Path, portal: str) -> None:
    assert "no-such-project" in told(program(home, "project", "show", "no-such-project"))
    (home / "run" / "api-token-lin-xia").write_text("forged")
    assert "→" in told(program(home, "project", "list"))


def test_a_project_without_files_cannot_be_submitted(home: Path, portal: str) -> None:
    said = told(program(home, "project", "submit", "first-idea"))
    assert "first-idea" in said and "JupyterLab" in said


# People, audit, templates, doctor


def test_an_account_is_made_changed_and_listed(home: Path, sandbox: Run) -> None:
    add = ("people", "add", "wang-fang", "--display-name", "王芳")
    assert sandbox(*add, "--role", "staff", "--language", "zh-CN").exit_code == 0
    assert sandbox(*add, "--role", "reviewer", "--role", "lead", "--department", "销售部").exit_code == 0
    listed = {p["name"]: p for p in json.loads(sandbox("people", "list", "--json").stdout)}
    assert listed["wang-fang"] == {
        "name": "wang-fang", "display_name": "王芳", "roles": ["lead", "reviewer"], "department": "销售部",
        "language": "en", "disabled": False,
    }  # fmt: skip
    assert "王芳" in sandbox("people", "list").stdout
    actors = [
        (e["actor"], e["action"])
        for e in json.loads(sandbox("audit", "list", "--subject", "wang-fang", "--json").stdout)
    ]
    assert len(actors) == 2 and {actor for actor, _ in actors} == {"operator"}


def test_who_leaves_is_shut_out_and_their_project_goes_on(home: Path, sandbox: Run) -> None:
    left = sandbox("people", "disable", "lin-xia")
    assert left.exit_code == 0 and "sandbox project hand-over first-idea NAME" in left.stdout
    listed = {p["name"]: p["disabled"] for p in json.loads(sandbox("people", "list", "--json").stdout)}
    assert listed.pop("lin-xia") and not any(listed.values())
    assert "is disabled" in str(sandbox("people", "link", "lin-xia").exception)
    assert sandbox("project", "hand-over", "first-idea", "bob", "--reason", "She left.").exit_code == 0
    with_bob = json.loads(sandbox("audit", "list", "--subject", "first-idea", "--json").stdout)[-1]
    assert (with_bob["actor"], with_bob["action"]) == ("operator", "project.handed-over")
    assert sandbox("people", "enable", "lin-xia").exit_code == 0
    assert "hand-over first-idea" not in sandbox("people", "disable", "lin-xia").stdout


def test_an_account_that_cannot_be_is_refused(home: Path) -> None:
    assert "Not A Name" in told(program(home, "people", "add", "Not A Name", "--display-name", "x", "--role", "staff"))
    assert "--role" in told(program(home, "people", "add", "x", "--display-name", "x", "--role", "king"), code=2)
    assert "--limit" in told(program(home, "audit", "list", "--limit", "0"), code=2)


def test_a_sign_in_link_works_once(home: Path, portal: str, sandbox: Run) -> None:
    link = json.loads(sandbox("people", "link", "bob", "--json").stdout)["link"]
    assert link.startswith(f"{portal}/signin?link=")
    with httpx.Client(trust_env=False) as browser:
        assert browser.get(link).status_code == 200
    assert "nobody" in told(program(home, "people", "link", "nobody"))


def test_the_audit_chain_holds_until_somebody_changes_it(home: Path, sandbox: Run) -> None:
    events = json.loads(sandbox("audit", "list", "--json", "--limit", "1000").stdout)
    whole = json.loads(sandbox("audit", "verify", "--json").stdout)
    assert whole == {"ok": True, "events": len(events)}
    newest = json.loads(sandbox("audit", "list", "--json", "--limit", "2").stdout)
    assert sorted(e["seq"] for e in newest) == [len(events) - 1, len(events)]
    with registry(home) as database:
        for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            database.execute(f'DROP TRIGGER "{name}"')
        database.execute("UPDATE audit_events SET actor = 'somebody-else' WHERE seq = 2")
    assert "2" in told(program(home, "audit", "verify"))


def test_templates_come_in_the_language_of_the_settings(home: Path) -> None:
    english, chinese = (
        json.loads(program(home, "template", "list", "--json", SANDBOX_LANGUAGE=language).stdout)
        for language in ("en", "zh-CN")
    )
    names = [t["name"] for t in english]
    assert names == [t["name"] for t in chinese] and {"customer-churn", "machine-failure"} <= set(names)
    assert all(e["title"] != c["title"] for e, c in zip(english, chinese, strict=True))


def test_doctor_says_what_is_bad_and_ends_with_1(tmp_path: Path) -> None:
    done = program(tmp_path / "home", "doctor", "--json", SANDBOX_CONTENT=str(tmp_path))
    lines = {line["what"]: line for line in json.loads(done.stdout)}
    assert done.returncode == 1 and lines["Content"]["state"] == "bad" and lines["Content"]["remedy"]
    assert {"Kernels", "Fork server", "Workspace", "Disk", "Fonts"} <= set(lines)
    assert {line["state"] for line in lines.values()} <= {"good", "weak", "bad"}


def test_doctor_says_that_kernels_are_neither_confined_nor_forked(
    home: Path, sandbox: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As it would be on macOS or in a container that forbids everything."""
    with monkeypatch.context() as patch:
        patch.delattr(os, "pidfd_open")
        poor = describe(None)
    monkeypatch.setattr("sandbox.cli.doctor.capability", lambda: poor)
    done = sandbox("doctor", "--json")
    lines = {line["what"]: line for line in json.loads(done.stdout)}
    assert done.exit_code == 1
    kernels = next(line for line in lines.values() if "NOT confined" in line["detail"])
    assert kernels["state"] == "bad" and "seccomp" in kernels["remedy"]
    assert lines["Fork server"]["state"] == "weak" and "ordinary processes" in lines["Fork server"]["detail"]
    assert lines["Apps"]["state"] == "weak" and "executed anew" in lines["Apps"]["detail"]
    monkeypatch.setenv("SANDBOX_LANGUAGE", "zh-CN")
    chinese = sandbox("doctor").output
    assert "【没有】隔离" in chinese and "重新执行" in chinese and "NOT" not in chinese and "executed" not in chinese


def test_doctor_finds_nothing_bad_on_a_settled_workspace(home: Path) -> None:
    done = program(home, "doctor")
    assert done.returncode == 0 and str(home) in done.stdout and "Traceback" not in done.stderr
