"""Refuses personal data in anything that others will see: outputs, values of controls, texts, code, small files.

The detectors are those of ``sandbox/personal``; what only looks like personal data is put to a reviewer instead.
A finding shows a masked excerpt only. Pictures cannot be read, so a person is asked to look at them.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sandbox.checks.facts import Facts
from sandbox.checks.html import read_html
from sandbox.core.findings import Finding, Level
from sandbox.core.messages import Message
from sandbox.core.notebook import ShownText, cell_id, cells, iter_outputs, iter_texts, source
from sandbox.personal import DETECTORS, Hit, detect

PHASE, NAME = "run", "personal_data"

_MARKUP = frozenset({"text/html", "image/svg+xml", "text/markdown"})
_TEXT_FILES = (".csv", ".json", ".md", ".po", ".py", ".svg", ".toml", ".tsv", ".txt", ".xml", ".yaml", ".yml")
_PICTURES = ("image/png", "image/jpeg", "image/gif", "image/webp")
_MOST = 20
_SAMPLE = "sample.json"
_MAX_SAMPLE = 2**20

# One text per kind: grammar differs between languages, so a kind is never pasted into a sentence.
_SHOWN = {
    "resident_id": Message("This cell shows {count} resident ID number(s), for example {excerpt}."),
    "old_resident_id": Message(
        "This cell shows {count} old resident ID number(s), of 15 digits, for example {excerpt}."
    ),
    "residence_card": Message("This cell shows {count} permanent residence card number(s), for example {excerpt}."),
    "old_residence_card": Message(
        "This cell shows {count} old permanent residence card number(s), for example {excerpt}."
    ),
    "credit_code": Message("This cell shows {count} unified social credit code(s), for example {excerpt}."),
    "bank_card": Message("This cell shows {count} bank card number(s), for example {excerpt}."),
    "iban": Message("This cell shows {count} international bank account number(s), for example {excerpt}."),
    "mobile": Message("This cell shows {count} mobile number(s), for example {excerpt}."),
    "phone": Message("This cell shows {count} international phone number(s), for example {excerpt}."),
    "landline": Message("This cell shows {count} landline number(s), for example {excerpt}."),
    "email": Message("This cell shows {count} e-mail address(es), for example {excerpt}."),
    "ip_address": Message("This cell shows {count} IP address(es), for example {excerpt}."),
    "ssn": Message("This cell shows {count} US social security number(s), for example {excerpt}."),
    "passport": Message("This cell shows {count} passport number(s), for example {excerpt}."),
    "document": Message("This cell shows {count} number(s) of ID documents, for example {excerpt}."),
    "account": Message("This cell shows {count} account(s) of persons, for example {excerpt}."),
    "birth_date": Message("This cell shows {count} date(s) of birth, for example {excerpt}."),
    "plate": Message("This cell shows {count} licence plate(s), for example {excerpt}."),
    "address": Message("This cell shows {count} postal address(es), for example {excerpt}."),
    "person_name": Message("This cell shows the names of {count} person(s), for example {excerpt}."),
    "western_name": Message("This cell shows the names of {count} person(s), for example {excerpt}."),
}
_WRITTEN = {
    "resident_id": Message("{place} holds {count} resident ID number(s), for example {excerpt}."),
    "old_resident_id": Message("{place} holds {count} old resident ID number(s), of 15 digits, for example {excerpt}."),
    "residence_card": Message("{place} holds {count} permanent residence card number(s), for example {excerpt}."),
    "old_residence_card": Message(
        "{place} holds {count} old permanent residence card number(s), for example {excerpt}."
    ),
    "credit_code": Message("{place} holds {count} unified social credit code(s), for example {excerpt}."),
    "bank_card": Message("{place} holds {count} bank card number(s), for example {excerpt}."),
    "iban": Message("{place} holds {count} international bank account number(s), for example {excerpt}."),
    "mobile": Message("{place} holds {count} mobile number(s), for example {excerpt}."),
    "phone": Message("{place} holds {count} international phone number(s), for example {excerpt}."),
    "landline": Message("{place} holds {count} landline number(s), for example {excerpt}."),
    "email": Message("{place} holds {count} e-mail address(es), for example {excerpt}."),
    "ip_address": Message("{place} holds {count} IP address(es), for example {excerpt}."),
    "ssn": Message("{place} holds {count} US social security number(s), for example {excerpt}."),
    "passport": Message("{place} holds {count} passport number(s), for example {excerpt}."),
    "document": Message("{place} holds {count} number(s) of ID documents, for example {excerpt}."),
    "account": Message("{place} holds {count} account(s) of persons, for example {excerpt}."),
    "birth_date": Message("{place} holds {count} date(s) of birth, for example {excerpt}."),
    "plate": Message("{place} holds {count} licence plate(s), for example {excerpt}."),
    "address": Message("{place} holds {count} postal address(es), for example {excerpt}."),
    "person_name": Message("{place} holds the names of {count} person(s), for example {excerpt}."),
    "western_name": Message("{place} holds the names of {count} person(s), for example {excerpt}."),
}
# A colleague's address or name in an author's own text may be meant; what an output shows comes from data.
_MAY_BE_MEANT = frozenset({"email", "person_name"})


@dataclass(frozen=True)
class _Place:
    """Where a text stands: ``shown`` by a run, or written by the author in ``name``."""

    cell: str | None
    name: str
    shown: bool


def check(facts: Facts) -> Iterable[Finding]:
    hits: dict[tuple[_Place, str], dict[str, Hit]] = defaultdict(dict)
    texts = list(_all_texts(facts))
    for (place, _), found in zip(texts, detect([text for _, text in texts]), strict=True):
        for hit in found:
            hits[place, hit.kind].setdefault(hit.value, hit)
    findings = [_finding(place, kind, found) for (place, kind), found in hits.items()]
    yield from sorted(findings, key=lambda f: f.level is not Level.FAIL)[:_MOST]
    pictures = _pictures(facts)
    for cell, count in pictures.items():
        yield Finding(
            NAME,
            Level.REVIEW,
            Message("This cell shows {count} picture(s), which no check can read.", {"count": count}),
            Message("Look whether a person can be recognised; charts made by the lab are text and are read."),
            cell,
        )
    if not findings:
        yield Finding(
            NAME, Level.PASS, Message("{texts} texts were read; none holds personal data.", {"texts": len(texts)})
        )


def visible(shown: ShownText) -> str:
    """The text that a reader sees; markup is read as a browser would."""
    return read_html(shown.text).text if shown.kind in _MARKUP else shown.text


def _finding(place: _Place, kind: str, found: dict[str, Hit]) -> Finding:
    fields = {"count": len(found), "excerpt": next(iter(found.values())).excerpt, "place": place.name}
    if place.shown:
        return Finding(
            NAME,
            Level.FAIL if DETECTORS[kind].sure else Level.REVIEW,
            Message(_SHOWN[kind].template, fields),
            Message("Leave that column or text out, or show counts of groups instead of single people."),
            place.cell,
        )
    return Finding(
        NAME,
        Level.REVIEW if kind in _MAY_BE_MEANT or not DETECTORS[kind].sure else Level.FAIL,
        Message(_WRITTEN[kind].template, fields),
        Message("Delete it; examples can be made up, such as 13800000000."),
        place.cell,
    )


def _all_texts(facts: Facts) -> Iterator[tuple[_Place, str]]:
    reports = [facts.run, *facts.app_runs.values()]
    for report in reports:
        for shown in iter_texts(report.notebook) if report else ():
            yield _Place(shown.cell, "", True), visible(shown)
    yield from _written(facts)
    yield _Place(None, "evidence.json", True), json.dumps(facts.evidence, ensure_ascii=False, default=str)
    sample = facts.run_folder / _SAMPLE if facts.run_folder else None
    if sample and sample.is_file() and not sample.is_symlink():
        with sample.open("rb") as stream:
            yield _Place(None, _SAMPLE, True), stream.read(_MAX_SAMPLE).decode("utf-8", "replace")


def _written(facts: Facts) -> Iterator[tuple[_Place, str]]:
    project = facts.project
    yield _Place(None, "project", False), f"{project.title}\n{project.problem}\n{project.kpi.name}"
    for cell in cells(facts.notebook) if facts.notebook is not None else ():
        text = source(cell)
        if cell.get("cell_type") != "code":
            text = read_html(text).text
        yield _Place(cell_id(cell), cell_id(cell), False), text
    for shown in iter_texts(facts.notebook) if facts.notebook is not None else ():
        yield _Place(shown.cell, shown.cell or "notebook.ipynb", True), visible(shown)
    for name, data in sorted(facts.files.items()):
        if name.lower().endswith(_TEXT_FILES):
            yield _Place(None, name, False), data.decode("utf-8", "replace")


def _pictures(facts: Facts) -> dict[str | None, int]:
    count: dict[str | None, int] = {}
    for cell, output in iter_outputs(facts.run.notebook) if facts.run else ():
        data = output.get("data")
        inline = str(data.get("text/html", "")).count("data:image/") if isinstance(data, dict) else 0
        found = inline + sum(kind in data for kind in _PICTURES) if isinstance(data, dict) else 0
        if found:
            count[cell] = count.get(cell, 0) + found
    return count
