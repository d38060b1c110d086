"""Every path's notebook from beginning to end, in both languages, in a confined kernel as JupyterLab starts it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pandas as pd
import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

from sandbox.core.learning import EXERCISE
from sandbox.core.messages import LANGUAGES, Language
from sandbox.core.roles import Person, Role
from sandbox.learning.paths import PATHS
from sandbox.notebooks.execute import run_notebook
from sandbox.publishing.starter import unpack_starter
from sandbox.settings import Settings
from sandbox.workflows import learn
from sandbox.workflows.grants import Grant
from sandbox.workflows.services import Services

from .answering import asked

ANN = Person("ann", "Ann", frozenset({Role.STAFF}))
# What a careful coder would write instead of the None of each cell.
SOLUTIONS = {
    "units": 'answer = table["customer"].nunique()',
    "baseline": 'answer = 100 * table["left"].value_counts(normalize=True).iloc[0]',
    "precision": 'answer = 100 * (table[table["score"] >= LEVEL]["left"] == "yes").mean()',
    "threshold": "answer = max(brings(place / 10, COST, VALUE, SUCCESS) for place in range(1, 10))",
    "small": 'answer = table.groupby("region")["customer"].nunique().min()',
}
ATTACK = """
import os, pathlib
def read(path):
    try:
        return pathlib.Path(path).read_bytes().hex()
    except OSError as error:
        return type(error).__name__
print(read({key!r}), read({registry!r}), sorted(os.environ))
import socket
try:
    socket.create_connection(("127.0.0.1", {port}), 2)
    print("reached the portal")
except OSError:
    print("no network")
"""


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    opened = Services.open(Settings(home=tmp_path_factory.mktemp("learning") / "home"))
    with opened.registry.transaction("operator") as tx:
        tx.put_person(ANN, opened.now())
    yield opened
    opened.close()


def opened_notebook(services: Services, path: str, language: Language, folder: Path) -> NotebookNode:
    unpack_starter(learn.learning_starter(services, ANN, path, language), folder)
    return nbformat.read(folder / "notebook.ipynb", as_version=4)


def shown(notebook: NotebookNode) -> dict[str, dict[str, str]]:
    """Exercise → what its place was told."""
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", ())]
    places = [output["data"][EXERCISE] for output in outputs if EXERCISE in output.get("data", {})]
    return {place["exercise"].partition("/")[2]: dict(place) for place in places}


def run(notebook: NotebookNode, language: Language, folder: Path) -> NotebookNode:
    policy = Grant(language, 2 * 2**30, 10).learning(folder)
    report = run_notebook(notebook, policy=policy, cwd=folder, timeout=120, output_limit=2**22)
    assert report.ok, report.error
    return report.notebook


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("path", PATHS)
def test_a_path_runs_from_beginning_to_end(services: Services, path: str, language: Language, tmp_path: Path) -> None:
    notebook = opened_notebook(services, path, language, tmp_path / "work")
    assert list(shown(notebook)) == [e.name for e in PATHS[path].exercises], "in place before anything runs"
    done = run(notebook, language, tmp_path / "work")
    assert list(shown(done)) == [e.name for e in PATHS[path].exercises]
    assert not any("number" in place for place in shown(done).values()), "no exercise begins with an answer"
    if path == "first-steps":
        text = json.dumps(done, ensure_ascii=False)  # what steps show is in the state of widgets
        practice = asked(services, ANN, path, "customers").practice
        assert f"{practice.customers:,}" in text, "the figures that the exercises ask for can be read"
        assert f"{100 * practice.leavers:.0f}%" in text
        assert "错误" not in text and "Error" not in text.replace("ErrorBar", "")


def test_the_coders_path_can_be_solved_with_code_and_earns_its_badge(services: Services, tmp_path: Path) -> None:
    path = "making-your-own"
    notebook = opened_notebook(services, path, "en", tmp_path / "work")
    fields = {name: asked(services, ANN, path, name).question.text.fields for name in ("precision", "threshold")}
    values = {**fields["precision"], **fields["threshold"]}
    for cell in notebook.cells:
        if cell.id in SOLUTIONS:
            code = SOLUTIONS[cell.id]
            for name in ("level", "cost", "value", "success"):
                code = code.replace(name.upper(), str(values[name]))
            cell.source = "\n".join(
                code if line.startswith("answer = None") else line for line in cell.source.split("\n")
            )
    figures = shown(run(notebook, "en", tmp_path / "work"))
    for name in SOLUTIONS:
        question = asked(services, ANN, path, name)
        given = {"question": question.id, "number": figures[name]["number"]}
        assert learn.answer(services, ANN, path, name, given).right, name
    for name in ("split", "app-part"):
        question = asked(services, ANN, path, name)
        marks = [mark for mark, option in question.options if option.right]
        reaction = learn.answer(services, ANN, path, name, {"question": question.id, "marks": marks})
    assert reaction.badge


def test_a_kernel_finds_neither_questions_nor_answers(services: Services, tmp_path: Path) -> None:
    folder = tmp_path / "work"
    notebook = opened_notebook(services, "making-your-own", "en", folder)
    question = asked(services, ANN, "making-your-own", "threshold")
    attack = ATTACK.format(
        key=str(services.workspace.keys / "learning.key"), registry=str(services.workspace.registry_file), port=9
    )
    notebook.cells = [new_code_cell(attack)]
    [cell] = run(notebook, "en", folder).cells
    said = "".join(output.get("text", "") for output in cell.outputs)
    assert services.keys.learning_key().hex() not in said
    assert "no network" in said and "Error" in said.split()[0] and "Error" in said.split()[1]
    held = b"".join(file.read_bytes() for file in folder.rglob("*") if file.is_file())
    for secret in (question.id, *(mark for mark, _ in asked(services, ANN, "making-your-own", "split").options)):
        assert secret.encode() not in held


def test_a_practice_table_put_elsewhere_by_a_link_opens_nothing(services: Services, tmp_path: Path) -> None:
    """A kernel may write in its folder: what it puts there must not widen what the next kernel may read."""
    secret = tmp_path / "of-others"
    secret.mkdir()
    (secret / "data.duckdb").write_bytes(b"secret of others")
    folder = tmp_path / "work"
    notebook = opened_notebook(services, "making-your-own", "en", folder)
    (folder / "data.duckdb").unlink()
    (folder / "data.duckdb").symlink_to(secret / "data.duckdb")
    notebook.cells = [
        new_code_cell("try:\n    print(open('data.duckdb', 'rb').read())\nexcept OSError as e:\n    print(type(e))")
    ]
    [cell] = run(notebook, "en", folder).cells
    said = "".join(output.get("text", "") for output in cell.outputs)
    assert "PermissionError" in said and "secret" not in said


def test_the_table_is_the_one_that_is_judged(services: Services, tmp_path: Path) -> None:
    import duckdb

    opened_notebook(services, "making-your-own", "en", tmp_path / "work")
    with duckdb.connect(str(tmp_path / "work" / "data.duckdb"), read_only=True) as connection:
        table: pd.DataFrame = connection.table("data").df()
    practice = asked(services, ANN, "making-your-own", "units").practice
    assert len(table) == len(practice.contracts)
    assert table["customer"].nunique() == practice.customers
    assert (table["left"] == "yes").mean() == pytest.approx(practice.leavers)
    unpack_starter(learn.learning_starter(services, ANN, "first-steps", "en"), tmp_path / "first")
    with duckdb.connect(str(tmp_path / "first" / "data.duckdb"), read_only=True) as connection:
        assert "score" not in connection.table("data").columns
