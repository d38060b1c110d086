"""README and docs are held to the code: commands, options, settings, paths, links and masking rules exist."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest

from sandbox.cli.main import cli
from sandbox.core.quality import QualityRule
from sandbox.core.rules import Rule
from sandbox.core.spec import KAnonymity
from sandbox.settings import Settings
from tests.cli.reference import PAGE, commands, options, sections

ROOT = Path(__file__).resolve().parent.parent
DOCS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
HOSTS = re.compile(r"pypi\.|pythonhosted|registry\.npm|deb\.debian|cdn\.|cdnjs|unpkg|jsdelivr")


def commands_in(text: str) -> list[str]:
    """Every ``sandbox …`` in code spans and code blocks."""
    spans = re.findall(r"`(sandbox [^`\n]+)`", text)
    blocks = [line.strip().removeprefix("$ ") for block in re.findall(r"```(?:bash|sh|console)\n(.*?)```", text, re.S)
              for line in block.splitlines()]  # fmt: skip
    return spans + [line for line in blocks if line.startswith("sandbox ")]


def unknown_part(command: str) -> str | None:
    """The first word of ``command`` that the command line does not know; None when all is known."""
    words = shlex.split(command.split("#")[0].replace("…", ""), posix=True)[1:]
    found: click.Command = cli
    for word in words:
        if word.startswith("--"):
            known = {o for c in (cli, found) for p in c.params for o in (*p.opts, *p.secondary_opts)} | {
                "--help",
                "--version",
            }
            if word.split("=")[0].strip("[]") not in known:
                return word
        elif isinstance(found, click.Group):
            if word.startswith("-"):
                continue
            inner = found.get_command(click.Context(found), word)
            if inner is None:
                return word
            found = inner
    return None


@pytest.mark.parametrize("file", DOCS, ids=lambda f: f.name)
def test_commands_exist(file: Path) -> None:
    wrong = [f"{c!r}: {part}" for c in commands_in(file.read_text(encoding="utf-8")) if (part := unknown_part(c))]
    assert not wrong, "\n".join(wrong)


def test_the_command_check_can_fail() -> None:
    assert unknown_part("sandbox dataset fly") == "fly"
    assert unknown_part("sandbox up --nonsense") == "--nonsense"
    assert unknown_part("sandbox dataset build customers --json") is None


def undocumented(page: str, command_line: click.Command) -> list[str]:
    """Commands and options in which ``page`` and the command line differ."""
    parts, known = sections(page), dict(commands(command_line))
    found = [f"sandbox {name}" for name in sorted(parts.keys() ^ known.keys())]
    for name in parts.keys() & known.keys():
        taken = {
            o for p in known[name].params if p.name not in ("home", "as_json") for o in (*p.opts, *p.secondary_opts)
        }
        differs = {o for o in taken if o.startswith("--")} ^ options(parts[name])
        found += [f"sandbox {name} {option}" for option in sorted(differs)]
    return found


def test_the_command_page_has_every_command_with_its_options() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert not undocumented(page, cli)
    assert undocumented(page.replace("## sandbox audit verify", "## sandbox audit fly"), cli) == [
        "sandbox audit fly",
        "sandbox audit verify",
    ]
    assert undocumented(page.replace("| `--all-versions` |", "| `--every-version` |"), cli) == [
        "sandbox dataset verify --all-versions",
        "sandbox dataset verify --every-version",
    ]


@pytest.mark.parametrize("file", DOCS, ids=lambda f: f.name)
def test_links_and_pictures_are_there(file: Path) -> None:
    targets = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", file.read_text(encoding="utf-8"))
    missing = [
        t for t in targets if not t.startswith(("http:", "https:", "mailto:")) and not (file.parent / t).exists()
    ]
    assert not missing


@pytest.mark.parametrize("file", DOCS, ids=lambda f: f.name)
def test_paths_named_in_code_spans_exist(file: Path) -> None:
    top = "sandbox|tests|templates|learning|apps|datasets|docs|labextension|apppage|scripts|requirements|benchmarks"
    named = re.findall(rf"`((?:{top})/[\w./-]*)`", file.read_text(encoding="utf-8"))
    missing = [path for path in named if not (ROOT / path).exists()]
    assert not missing


def test_every_setting_is_documented_with_its_default() -> None:
    text = (ROOT / "docs" / "operator.md").read_text(encoding="utf-8")
    missing = [f"SANDBOX_{name.upper()}" for name in Settings.model_fields if f"`SANDBOX_{name.upper()}`" not in text]
    assert not missing


def test_every_rule_and_gate_is_documented() -> None:
    text = (ROOT / "docs" / "steward.md").read_text(encoding="utf-8")
    models = (*Rule.__origin__.__args__, KAnonymity, *QualityRule.__args__)
    kinds = [model.model_fields["kind"].default for model in models]
    assert not [kind for kind in kinds if f"`{kind}`" not in text]


def test_every_check_has_a_row_for_staff() -> None:
    from sandbox.checks import CHECKS

    text = (ROOT / "docs" / "staff.md").read_text(encoding="utf-8")
    names = [check.__name__.rsplit(".", 1)[-1] for check in CHECKS]
    assert names and not [name for name in names if f"`{name}`" not in text]


def test_every_attack_row_names_tests_that_exist() -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", (ROOT / "docs" / "security.md").read_text(encoding="utf-8"))
    missing = [
        f"{file}::{name}"
        for file, name in named
        if not (ROOT / file).is_file() or (name and f"def {name}(" not in (ROOT / file).read_text(encoding="utf-8"))
    ]
    assert len(named) > 20 and not missing


def test_no_registry_or_cdn_is_named_anywhere() -> None:
    found = []
    for file in ROOT.rglob("*"):
        parts = file.relative_to(ROOT).parts
        if not file.is_file() or any(p in {".git", "node_modules", ".sandbox"} or p.startswith(".venv") for p in parts):
            continue
        if file.suffix in {".py", ".md", ".toml", ".txt", ".json", ".html", ".css", ".js", ".ts", ".yaml", ".ipynb"}:
            text = file.read_text(encoding="utf-8", errors="ignore")
            if file != Path(__file__) and (hit := HOSTS.search(text)) and "labextension/" not in str(file):
                found.append(f"{file.relative_to(ROOT)}: {hit[0]}")
    assert not found, "\n".join(found)
