"""Every page, in both languages, for every role."""

from __future__ import annotations

import os
import re
import sqlite3
from dataclasses import replace
from datetime import date
from html import unescape

import pytest
from starlette.testclient import TestClient

from sandbox.core.messages import LANGUAGES, Language
from sandbox.core.usage import Opening
from sandbox.i18n import catalogue
from sandbox.kernels.capability import describe
from sandbox.portal.pages import health
from sandbox.workflows.build_dataset import build_dataset
from sandbox.workflows.keys import rotate_key
from sandbox.workflows.usage import keep_openings

from .town import PEOPLE, PORTAL, Town

OPEN = {"/", "/apps", "/apps/early-warning", "/apps/early-warning?x=1", "/datasets", "/datasets/leavers", "/templates",
        "/templates/customer-churn", "/projects", "/learn", "/learn/first-steps", "/learn/judging-a-result",
        "/learn/making-your-own", "/me"}  # fmt: skip
JUDGES = {"/reviews", "/projects/keep-the-north/submissions/1", "/projects/old-try", "/projects/line-watch",
          "/projects/came-back/submissions/1"}  # fmt: skip
LEADS = {"/portfolio", "/portfolio?state=draft", "/projects/early-warning/retire"}
OVERSEERS = {"/audit", "/audit?subject=keep-the-north", "/health"}
OWN = {"/projects/first-idea", "/projects/keep-the-north", "/projects/came-back", "/projects/early-warning",
       "/projects/keep-the-north/submissions/1", "/projects/came-back/submissions/1"}  # fmt: skip

MAY: dict[str, set[str]] = {
    "lin-xia": OPEN | OWN,
    "bob": OPEN | {"/projects/line-watch", "/projects/old-try"},
    "zhao-min": OPEN | OWN | JUDGES,
    "david": OPEN | OWN | JUDGES | LEADS | OVERSEERS,
    "sun-li": OPEN | OWN | (JUDGES - {"/reviews"}) | OVERSEERS,
}
ALL = set().union(*MAY.values())


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", PEOPLE)
def test_every_page_opens_for_whom_it_is_meant_and_for_nobody_else(
    quiet_town: Town, name: str, language: Language
) -> None:
    browser = quiet_town.as_(name, language)
    for path in sorted(ALL):
        answer = browser.get(path)
        expected = {200} if path in MAY[name] else {403, 404}
        assert answer.status_code in expected, (path, answer.status_code)
        assert f'lang="{language}"' in answer.text
        assert "Traceback" not in answer.text and "jinja2" not in answer.text
        if path.startswith("/projects/") and path not in MAY[name] and not path.endswith("/retire"):
            assert answer.status_code == 404, f"{path} betrays that it exists"


def test_a_dataset_says_in_one_language_what_its_proposal_said_in_two(town: Town) -> None:
    """As ``dataset add`` writes a reason and a coarser date; free text that a steward wrote alone stays as it is."""
    file = town.services.workspace.datasets / "leavers.yaml"
    written = file.read_text(encoding="utf-8")
    written = written.replace("reason: few large regions", "reason: known to people / 身边的人知道")
    more = (
        "columns:\n  born: {class: quasi, rule: {generalise: {dates: [year, decade], level: 2}},"
        " description: {en: Born, zh-CN: 出生}}\n"
        "  note: {class: sensitive, rule: redact, description: {en: Note, zh-CN: 备注}}"
    )
    file.write_text(written.replace("columns:", more), encoding="utf-8")
    english, chinese = (town.as_("sun-li", language).get("/datasets/leavers").text for language in LANGUAGES)
    assert "known to people" in english and "身边的人知道" not in english and "the unit" in english
    assert "身边的人知道" in chinese and "known to people" not in chinese and "the unit" in chinese
    assert "parts of dates year, decade" in re.sub(r"\s+", " ", english) and "blacked out" in english
    assert "年代" in chinese and "decade" not in chinese and "redact" not in chinese


def test_nothing_but_the_way_in_opens_for_strangers(quiet_town: Town) -> None:
    browser = quiet_town.browser()
    assert browser.get("/").headers["location"] == "/signin"
    assert browser.get("/signin").status_code == 200
    for path in sorted(ALL - {"/"}):
        assert browser.get(path).status_code == 401, path


def test_pages_in_chinese_hold_no_english_sentence(quiet_town: Town) -> None:
    """Names, hashes and file names stay as they are; running English text of ours must not."""
    content = ("Too many customers", "Please look at the table", "Monthly churn", "Take the phone number", "We tried",
               "An output shows", "A table shows", "Take the column", "Join small groups", "The model is better",
               "Watch the packing", "Group of people to check for")  # fmt: skip
    for name in ("lin-xia", "david", "sun-li"):
        browser = quiet_town.as_(name, "zh-CN")
        for path in sorted(MAY[name]):
            source = browser.get(path).text
            text = re.sub(r"<(script|style|code|pre|div class=\"diff).*?</\1>|<[^>]+>", " ", source, flags=re.S)
            for sentence in re.findall(r"(?:\b[A-Za-z]+\b[ ,.;:]+){6,}", text):
                assert any(c in sentence for c in content), (path, sentence)


@pytest.mark.parametrize("base", ["", "/services/portal"])
def test_every_address_on_a_page_stays_below_the_base(town: Town, base: str) -> None:
    behind = Town(town.services, base)
    browser = behind.as_("david")
    for path in ("/", "/apps", "/apps/early-warning", "/reviews", "/portfolio", "/projects/early-warning"):
        answer = browser.get(base + path)
        assert answer.status_code == 200, path
        for address in re.findall(r'(?:href|src|action)="([^"#]+)"', answer.text):
            assert address.startswith(base + "/"), address


def test_a_page_loads_nothing_from_elsewhere_and_nothing_inline(quiet_town: Town) -> None:
    for name in PEOPLE:
        browser = quiet_town.as_(name)
        for path in sorted(MAY[name]):
            text = browser.get(path).text
            assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=", text), path
            assert not re.search(r'(?:src|href)="(?:https?:)?//', text), path


def test_search_finds_by_all_words_and_says_so_when_nothing_fits(quiet_town: Town) -> None:
    browser = quiet_town.as_("bob")
    assert "客户流失预警" in browser.get("/apps", params={"q": "流失 林夏"}).text
    assert "No app fits." in browser.get("/apps", params={"q": "流失 nobody"}).text
    assert "客户流失预警" not in browser.get("/apps", params={"department": "Plant 2"}).text


def test_a_returned_project_shows_the_reasons_with_cell_and_remedy(quiet_town: Town) -> None:
    text = quiet_town.as_("lin-xia").get("/projects/came-back").text
    for expected in ("Take the phone number out", "cell peek", "Take the column out of the table", "Returned"):
        assert expected in text


def test_a_submission_shows_what_changed_and_the_evidence(quiet_town: Town) -> None:
    text = quiet_town.as_("zhao-min").get("/projects/keep-the-north/submissions/1").text
    for expected in ("against the template", "# tried again, 1", "0.83", "Late payments", "29,480", "by region"):
        assert expected in text
    assert "against submission 1" in quiet_town.as_("zhao-min").get("/projects/early-warning/submissions/2").text


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_fairness_is_worked_out_from_counts_and_silence_is_called_silence(town: Town, language: Language) -> None:
    path, english = "/projects/keep-the-north/submissions/1", language == "en"
    silent = "Nothing is recorded about whether groups" if english else "没有记录不同人群是否得到同等对待"
    unequal, equal = ("not alike", "no clear difference") if english else ("不一致", "无明显差别")
    counts = {"F": {"selection": [200, 500], "wrongly": [90, 400]}, "M": {"selection": [80, 500], "wrongly": [40, 400]}}

    def shown(**recorded: object) -> str:
        with town.services.registry.transaction("system") as tx:
            submission = tx.submission("keep-the-north", 1)
            tx.put_submission(replace(submission, evidence={**submission.evidence, **recorded}))
        return town.as_("zhao-min", language).get(path).text

    assert silent in shown()
    flattering = {"label": {"en": "Gender", "zh-CN": "性别"}, "counts": counts, "gaps": [], "verdict": "fair"}
    text = shown(fairness=flattering)
    assert unequal in text and equal not in text and silent not in text
    assert ("By “Gender”" in text) == english and "40" in text and "16" in text
    assert equal in shown(fairness={**flattering, "counts": {g: {"selection": [100, 500]} for g in "FM"}})
    assert silent in shown(fairness={"label": "Fair!", "counts": {"all": {"selection": [1, 2]}}})


def test_the_audit_page_names_the_line_that_does_not_hold(town: Town) -> None:
    steward = town.as_("sun-li")
    assert "The chain is whole" in steward.get("/audit").text
    with sqlite3.connect(town.services.workspace.registry_file) as database:
        database.execute("UPDATE audit_events SET actor = 'nobody' WHERE seq = 3")
    assert "The audit chain breaks at line 3" in steward.get("/audit").text


def test_probes_answer_without_a_session_and_name_nothing(quiet_town: Town) -> None:
    browser = quiet_town.browser()
    assert browser.get("/healthz").json() == {"status": "ok"}
    assert browser.get("/metrics").status_code == 404, "for programs of this machine"
    text = TestClient(quiet_town.app, base_url=PORTAL, client=("127.0.0.1", 1)).get("/metrics").text
    assert 'sandbox_projects{state="draft"} 2' in text
    assert "early-warning" not in text and "lin-xia" not in text


def test_a_dataset_says_what_it_joins_with_and_how_each_rule_is_set(town: Town) -> None:
    """All rules of the second pass, a sample, a reference and a rotated key, in words of both languages."""
    home = town.services.workspace.home
    spec = (home / "datasets" / "leavers.yaml").read_text(encoding="utf-8")
    changes = (
        ("name: leavers", "name: again\nsample: 0.9"),
        ("{band: {width: 20}}", "{generalise: {bands: [20, 40], level: 1}}"),
        ("{round: {to: 5}}", "{noise: {sd: 2.5, low: 0}}"),
        (
            "rule: {pseudonym: customer}",
            "rule: {pseudonym: customer}, references: {dataset: leavers, column: customer}",
        ),
    )
    for old, new in changes:
        assert old in spec
        spec = spec.replace(old, new)
    (home / "datasets" / "again.yaml").write_text(spec, encoding="utf-8")
    build_dataset(town.services, "again", actor="sun-li")
    rotate_key(town.services, "customer", "for the test", actor="sun-li")
    english, chinese = (unescape(town.as_("sun-li", language).get("/datasets/again").text) for language in LANGUAGES)
    for said in ("100.0% of", "are found in leavers.customer", "key version 1, the newest is 2", "a sample of 90 %",
                 "blurred by random noise", "bands of 20, 40"):  # fmt: skip
        assert said in english, said
    for said in ("能在 leavers.customer 中找到", "最新为第 2 版", "抽样 90 %", "加入随机噪声"):
        assert said in chinese, said


def test_what_changed_between_two_versions_is_told(town: Town) -> None:
    town_person = town.as_("sun-li")
    assert town_person.get("/datasets/leavers/diff").status_code == 404  # there is one version only
    folder = town.services.workspace.sources / "leavers.csv"
    folder.write_text("\n".join(folder.read_text().splitlines()[:-60]) + "\n")
    build_dataset(town.services, "leavers", actor="sun-li")
    assert "/datasets/leavers/diff" in town_person.get("/datasets/leavers").text
    english, chinese = (
        unescape(town.as_("sun-li", language).get("/datasets/leavers/diff").text) for language in LANGUAGES
    )
    assert "0 came, 60 left" in english and "KS" in english
    assert "新增 0 个，离开 60 个" in chinese
    wrong = town_person.get("/datasets/leavers/diff?older=20200101T000000Z-aaaaaaaaaaaa")
    assert wrong.status_code == 404


def test_a_dataset_says_who_may_use_it_why_and_what_holds_of_its_rows(town: Town) -> None:
    file = town.services.workspace.home / "datasets" / "leavers.yaml"
    said = file.read_text(encoding="utf-8") + (
        "refresh: {every: month, words: after the books are closed}\n"
        "quality: [{row_count: {least: 500, severity: warn}}]\n"
        "access: {roles: [staff], departments: [Plant 2], reasons: {Plant 2: plans the line with it}}\n"
    )
    file.write_text(said, encoding="utf-8")
    build_dataset(town.services, "leavers", actor="sun-li")
    english, chinese = (unescape(town.as_("sun-li", language).get("/datasets/leavers").text) for language in LANGUAGES)
    for words in ("every month; after the books", "Plant 2", "plans the line with it", "no reason given",
                  "the table has 400 rows, which is not", "For review", 'class="spark"'):  # fmt: skip
        assert words in english, words
    for words in ("每月; after the books", "未说明原因", "表共 400 行，不符合要求"):
        assert words in chinese, words


def test_how_an_app_is_used_is_told_once_and_shown(town: Town) -> None:
    today = town.services.now().date()
    told = [
        Opening(f"{n:032x}", "early-warning", "v", today, viewer, ready)
        for n, (viewer, ready) in enumerate([("a" * 16, 200), ("a" * 16, 400), ("b" * 16, None)])
    ]
    others = [
        Opening("f" * 32, "no-such-app", "v", today, "a" * 16),
        replace(told[0], id="e" * 32, day=date(2001, 1, 1)),
    ]
    for _ in range(2):
        keep_openings(town.services, told + others)
    page = town.as_("bob").get("/apps/early-warning").text
    assert "openings: 3 · most people a day: 2 · usually there after 0.3 s" in page
    assert "failed" not in page
    assert "openings: 3" in town.as_("david").get("/portfolio").text
    assert "打开 3 次" in town.as_("david", "zh-CN").get("/portfolio").text


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_the_health_page_says_what_this_machine_cannot_do(
    quiet_town: Town, monkeypatch: pytest.MonkeyPatch, language: Language
) -> None:
    """As it would be on macOS, or where neither Landlock nor fork servers are to be had: never in silence."""
    with monkeypatch.context() as patch:
        patch.delattr(os, "pidfd_open")
        poor = describe(None)
    monkeypatch.setattr(health, "capability", lambda: poor)
    text = unescape(quiet_town.as_("david", language).get("/health").text)
    notes = [catalogue(language).render(note) for note in poor.notes]
    assert not poor.fork_server and len(notes) >= 4
    assert all(note in text for note in notes)
    assert ("NOT kept off the network" if language == "en" else "内核【没有】与网络隔开") in text
