"""Learning paths: ask a person's questions, judge answers, give and take badges.

A badge opens data, so nothing of a notebook is believed. Questions are drawn here from a secret, answers are judged
here, and neither questions nor answers are known to a kernel. Three wrong answers end a round: after a pause, longer
each time, another question comes.
"""

from __future__ import annotations

import io
import json
import tempfile
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import nbformat
import pyarrow as pa

from sandbox.core.errors import NotFound, TooBusy
from sandbox.core.learning import Badge, Tried
from sandbox.core.messages import Language, Message, Translate
from sandbox.core.roles import Person, Role
from sandbox.learning.paths import PATHS, LearningPath, learning_path
from sandbox.learning.practice import COLUMNS, SCORE, Practice
from sandbox.learning.question import Asked, chance_of
from sandbox.notebooks.learning import learning_notebook
from sandbox.store.registry import Reading, Transaction
from sandbox.workflows.services import Services

WRONG_IN_A_ROUND = 3
_LONGEST_WAIT = timedelta(hours=24)


@dataclass(frozen=True)
class Standing:
    """How far a person is with a path. ``badge`` is there while it holds."""

    path: LearningPath
    solved: frozenset[str]
    tried: int
    badge: Badge | None

    @property
    def total(self) -> int:
        return len(self.path.exercises)


@dataclass(frozen=True)
class Reaction:
    """``said`` is the hint after a wrong answer, the confirmation after a right one; ``left`` answers remain until a
    pause, which lasts until ``waits_until``. ``badge``: this answer completed the path."""

    right: bool
    said: Message
    left: int
    waits_until: datetime | None
    badge: bool


def standings(services: Services, person: Person) -> list[Standing]:
    """How far ``person`` is, path by path."""
    with services.registry.reading() as reading:
        return [_standing(services, reading, person.name, path) for path in PATHS.values()]


def standing(services: Services, person: Person, path: str) -> Standing:
    with services.registry.reading() as reading:
        return _standing(services, reading, person.name, learning_path(path))


def ask(services: Services, person: Person, path: str, exercise: str, translate: Translate) -> dict[str, Any]:
    """The question of ``exercise`` as ``person`` gets it now, and how far they are with it.

    ``said`` confirms what is solved, and helps ``again`` after a wrong answer; ``left`` answers remain until a pause.
    """
    known = learning_path(path)
    known.exercise(exercise)
    now = services.now()
    with services.registry.reading() as reading:
        tried = _tried(services, reading, person.name, path, exercise, now)
    asked = _asked(services, tried)
    waits = tried.waits_until if tried.waits_until and now < tried.waits_until else None
    again = tried.wrong > 0 or (asked.question.kind == "done" and tried.tries > 0)
    said = asked.question.why if tried.solved else asked.question.hint if again else None
    return {
        **asked.to_json(translate),
        "name": exercise,
        "title": asked.exercise.title.render(translate),
        "solved": tried.solved is not None,
        "again": again and tried.solved is None,
        "said": said.render(translate) if said else "",
        "left": WRONG_IN_A_ROUND - tried.wrong,
        "waits_until": waits.isoformat() if waits else "",
    }


def answer(services: Services, person: Person, path: str, exercise: str, given: Mapping[str, Any]) -> Reaction:
    """Judge ``given`` ({question, marks | number}); the last right answer of a path earns its badge.

    Raises TooBusy during a pause, Conflict for an answer to another question, BadInput for one that cannot be read.
    """
    learning_path(path).exercise(exercise)
    now = services.now()
    with services.registry.transaction(person.name) as tx:
        tx.one_at_a_time()  # two answers at the same moment count as two
        tried = _tried(services, tx, person.name, path, exercise, now)
        asked = _asked(services, tried)
        if tried.solved:
            return Reaction(True, asked.question.why, WRONG_IN_A_ROUND, None, False)
        if tried.waits_until and now < tried.waits_until:
            raise TooBusy(
                "Another question comes at {time} UTC.",
                "Read the part above in peace until then.",
                time=f"{tried.waits_until:%H:%M}",
            )
        right = _has_submitted(tx, person) if asked.question.kind == "done" else asked.check(given)
        tried = replace(tried, tries=tried.tries + 1, waits_until=None)
        if right:
            tx.put_tried(replace(tried, solved=now))
            return Reaction(
                True, asked.question.why, WRONG_IN_A_ROUND, None, _complete(services, tx, person, path, now)
            )
        tried = tried if asked.question.kind == "done" else _wrong(services, tried, now)
        tx.put_tried(tried)
        return Reaction(False, asked.question.hint, WRONG_IN_A_ROUND - tried.wrong, tried.waits_until, False)


def take_badge(services: Services, actor: str, name: str, badge: str) -> None:
    """Take a badge away from the person ``name``; the path begins anew with other questions. Raises NotFound."""
    path, now = learning_path(badge), services.now()
    with services.registry.transaction(actor) as tx:
        tx.person(name)
        if not tx.drop_badge(name, badge):
            raise NotFound(
                "{person} does not have the badge {badge}.",
                "List the badges with `sandbox people badges`.",
                person=name,
                badge=badge,
            )
        tried = tx.tried(name, path.name)
        for each in tried.values():
            tx.put_tried(replace(each, round=each.round + 1, wrong=0, waits_until=None, solved=None))
        tx.record("badge.taken", name, now, badge=badge)


def learning_starter(services: Services, person: Person, path: str, language: Language) -> bytes:
    """A zip of the files that the path's notebook needs: itself, its texts, the person's own practice table."""
    known = learning_path(path)
    notebook = learning_notebook(services.content, known.name, language)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("notebook.ipynb", nbformat.writes(notebook))  # type: ignore[no-untyped-call]
        for texts in (services.content / "learning" / known.name).glob("*.po"):
            archive.write(texts, texts.name)
        if known.table:
            for name, data in _practice_files(_practice(services, person.name), known.table == "scored").items():
                archive.writestr(name, data)
    return buffer.getvalue()


def _standing(services: Services, reading: Reading, person: str, path: LearningPath) -> Standing:
    now = services.now()
    each = [_tried(services, reading, person, path.name, e.name, now) for e in path.exercises]
    held = next((b for b in reading.badges(person) if b.badge == path.name and b.holds(now)), None)
    return Standing(path, frozenset(t.exercise for t in each if t.solved), sum(t.tries > 0 for t in each), held)


def _tried(services: Services, reading: Reading, person: str, path: str, exercise: str, now: datetime) -> Tried:
    """How far the person is. What was solved as long ago as a badge holds is asked anew."""
    tried = reading.tried(person, path).get(exercise) or Tried(person, path, exercise)
    days = services.settings.badge_days
    if tried.solved and days and tried.solved + timedelta(days=days) <= now:
        return replace(tried, round=tried.round + 1, wrong=0, waits_until=None, solved=None)
    return tried


def _asked(services: Services, tried: Tried) -> Asked:
    exercise = learning_path(tried.path).exercise(tried.exercise)
    chance = chance_of(services.keys.learning_key(), "question", tried.person, tried.path, tried.exercise, tried.round)
    return Asked(exercise, chance, _practice(services, tried.person))


def _practice(services: Services, person: str) -> Practice:
    return Practice(chance_of(services.keys.learning_key(), "practice", person))


def _wrong(services: Services, tried: Tried, now: datetime) -> Tried:
    if tried.wrong + 1 < WRONG_IN_A_ROUND:
        return replace(tried, wrong=tried.wrong + 1)
    wait = timedelta(minutes=services.settings.learning_wait_minutes) * (tried.round + 1)
    return replace(tried, round=tried.round + 1, wrong=0, waits_until=now + min(wait, _LONGEST_WAIT))


def _complete(services: Services, tx: Transaction, person: Person, path: str, now: datetime) -> bool:
    """Give the badge if nothing of the path is left to do."""
    all_of_it = _standing(services, tx, person.name, learning_path(path))
    if len(all_of_it.solved) < all_of_it.total:
        return False
    days = services.settings.badge_days
    tx.put_badge(Badge(person.name, path, now, now + timedelta(days=days) if days else None))
    tries = sum(tried.tries for tried in tx.tried(person.name, path).values())
    tx.record("badge.earned", person.name, now, badge=path, tries=tries)
    return True


def _has_submitted(reading: Reading, person: Person) -> bool:
    """Whether something of the person's was ever submitted. Who is not staff has no projects and need not."""
    if not person.has(Role.STAFF):
        return True
    return any(reading.submissions(project=project.slug) for project in reading.projects(owner=person.name))


def _frame(practice: Practice) -> pa.Table:
    facts = [{**vars(contract), "left": "yes" if contract.left else "no"} for contract in practice.contracts]
    return pa.Table.from_pylist(facts)


def _practice_files(practice: Practice, scored: bool) -> dict[str, bytes]:
    """The table as a snapshot is laid out, so that the form and `lab.data` read it like any other."""
    names = [*COLUMNS, *(["score"] if scored else [])]
    said = {**COLUMNS, "score": SCORE}
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "data.duckdb"
        with duckdb.connect(str(file)) as connection:
            connection.register("frame", _frame(practice).select(names))
            connection.execute("CREATE TABLE data AS SELECT * FROM frame")
        data = file.read_bytes()
    manifest = {
        "dataset": "practice",
        "version": "practice",
        "title": {"en": "Practice: contracts of an invented shop", "zh-CN": "练习：虚构商店的合同"},
        "unit": "customer",
        "rows": {"out": len(practice.contracts)},
        "columns": [
            {"name": name, "class": said[name][0], "description": {"en": said[name][1], "zh-CN": said[name][2]}}
            for name in names
        ],
    }
    return {"data.duckdb": data, "manifest.json": json.dumps(manifest, ensure_ascii=False).encode()}
