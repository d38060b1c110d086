"""People who leave: their account is closed at once, and their projects go on with somebody else."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import timedelta

import pytest
from starlette.testclient import TestClient

from sandbox.core.errors import BadInput, Conflict, NotAllowed, NotFound
from sandbox.core.messages import Language
from sandbox.core.project import Project
from sandbox.core.roles import Person
from sandbox.identity import accounts
from sandbox.identity.tickets import Ticket
from sandbox.publishing.archive import pack_files
from sandbox.workflows.access import require_outsider
from sandbox.workflows.hand_over import hand_over
from sandbox.workflows.people import disable_person, enable_person
from sandbox.workflows.publish import grant_app, renew_app
from sandbox.workflows.share import ask_turn, load_text, save_text, share
from sandbox.workflows.start_project import project_starter

from .town import PEOPLE, Town

LEAD, LIN, BOB = PEOPLE["david"], PEOPLE["lin-xia"], PEOPLE["bob"]
PROJECT = "first-idea"


def post(browser: TestClient, path: str, **data: str) -> int:
    token = re.search(r'name="csrf" value="([^"]+)"', browser.get("/apps").text)
    assert token
    return browser.post(path, data={"csrf": token[1], **data}).status_code


def events(town: Town, subject: str) -> list[str]:
    with town.services.registry.reading() as reading:
        return [event.action for event in reading.audit(subject=subject)]


@pytest.mark.parametrize(
    ("language", "disabled", "open_again"),
    [("en", "Disabled", "Open the account again"), ("zh-CN", "已停用", "重新启用账户")],
)
def test_a_lead_closes_an_account_and_opens_it_again(
    town: Town, language: Language, disabled: str, open_again: str
) -> None:
    lead, leaver = town.as_("david", language), town.as_("bob", language)
    assert leaver.get("/projects").status_code == 200
    assert disabled not in lead.get("/health").text
    assert post(lead, "/people/bob/disable") == 303
    assert leaver.get("/projects").status_code != 200, "signed out at once"
    page = lead.get("/health").text
    assert disabled in page and open_again in page and "Bob Field" in page
    assert post(lead, "/people/bob/disable") == 404
    assert post(lead, "/people/bob/enable") == 303
    assert disabled not in lead.get("/health").text
    assert leaver.get("/projects").status_code != 200, "the session that ended does not come back"
    assert events(town, "bob")[-2:] == ["person.disabled", "person.enabled"]


def test_everything_that_vouched_for_a_person_ends_with_the_account(town: Town) -> None:
    services, registry, now = town.services, town.services.registry, town.services.now()
    hour = timedelta(hours=1)
    link, other = (
        accounts.make_signin_secret(registry, "bob", actor="operator", now=now, lifetime=hour) for _ in range(2)
    )
    session = accounts.sign_in(registry, other, now=now, lifetime=hour).secret
    token = accounts.make_api_token(registry, "bob", actor="operator", now=now, lifetime=hour)
    opened = grant_app(services, BOB, "early-warning", signin=accounts.session_mark(session))
    assert renew_app(services, opened) == "open"
    disable_person(services, "bob", by=None)
    for again in (False, True):
        assert accounts.session_person(registry, session, now) is None
        assert accounts.api_person(registry, token, now) is None
        assert accounts.peek_signin(registry, link, now) is None
        assert renew_app(services, Ticket(**vars(opened))) == "signed-out", "an open app closes at its next renewal"
        if not again:
            with pytest.raises(Conflict, match="disabled"):
                accounts.put_person(registry, BOB, actor="operator", now=now)
            with pytest.raises(NotFound, match="disabled"):
                accounts.make_signin_secret(registry, "bob", actor="operator", now=now, lifetime=hour)
            enable_person(services, "bob", by=None)


@pytest.mark.parametrize("name", ["lin-xia", "zhao-min", "sun-li"])
def test_only_leads_disable_and_hand_over(town: Town, name: str) -> None:
    for path in ("/people/bob/disable", "/people/bob/enable", f"/projects/{PROJECT}/hand-over"):
        assert post(town.as_(name), path, person="bob", reasons="x") in (403, 404), path
    with town.services.registry.reading() as reading:
        assert reading.person("bob") and reading.project(PROJECT).owner == "lin-xia"


def test_nobody_closes_their_own_account_nor_one_that_is_not_there(town: Town) -> None:
    with pytest.raises(BadInput):
        disable_person(town.services, "david", by=LEAD)
    for name in ("nobody", "bob"):
        with pytest.raises((NotFound, Conflict)):
            enable_person(town.services, name, by=LEAD)
    with pytest.raises(NotFound):
        disable_person(town.services, "nobody", by=LEAD)


def given(town: Town, to: Person = BOB) -> Project:
    return hand_over(town.services, PROJECT, to.name, "She moved to another department.", by=LEAD)


def test_a_project_is_handed_over_from_its_page(town: Town) -> None:
    lead, new = town.as_("david"), town.as_("bob")
    page = f"/projects/{PROJECT}"
    assert new.get(page).status_code == 404
    assert post(lead, f"{page}/hand-over", person="bob", reasons=" ") == 422
    assert post(lead, f"{page}/hand-over", person="bob", reasons="She left the company.") == 303
    assert post(lead, f"{page}/hand-over", person="bob", reasons="twice") == 422
    seen = new.get(page).text
    assert "Handed over to another owner" in seen and "She left the company." in seen
    assert page in new.get("/projects").text and page not in town.as_("lin-xia").get("/projects").text
    assert page in lead.get("/portfolio?owner=bob").text and page not in lead.get("/portfolio?owner=lin-xia").text


def test_the_last_owner_has_worked_on_it_and_never_judges_it(town: Town) -> None:
    share(town.services, LIN, PROJECT, "bob")
    given(town)
    with town.services.registry.reading() as reading:
        assert [c.ended is None for c in reading.colleagues(PROJECT)] == [False, False], "the new owner is no colleague"
        with pytest.raises(NotAllowed, match="worked on this project"):
            require_outsider(reading, LIN, PROJECT)


def test_the_new_owner_begins_with_the_newest_text(town: Town) -> None:
    """The shared text, else what lies in the last owner's folder; what a kernel may have put there is not followed."""
    services = town.services
    folder = services.workspace.project("lin-xia", PROJECT)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "choices.json").unlink(missing_ok=True)
    (folder / "choices.json").symlink_to(services.workspace.keys / "ticket.key")
    (folder / "notebook.ipynb").write_bytes(b'{"mine": 1}')
    given(town)
    assert load_text(services, BOB, PROJECT)[1] == pack_files({"notebook.ipynb": b'{"mine": 1}'})
    assert b'{"mine": 1}' in _unpacked(project_starter(services, BOB, PROJECT))["notebook.ipynb"]
    turn = ask_turn(services, BOB, PROJECT, "w1")
    assert turn and turn.mine and turn.owner
    written = pack_files({"notebook.ipynb": b'{"mine": 2}'})
    save_text(services, BOB, PROJECT, "w1", turn.text, written)
    given(town, LIN)
    assert load_text(services, LIN, PROJECT)[1] == written


def _unpacked(archive: bytes) -> dict[str, bytes]:

    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        return {name: opened.read(name) for name in opened.namelist()}


def test_a_project_goes_only_to_somebody_who_can_go_on_with_it(town: Town) -> None:
    services = town.services
    for name, wrong in (("lin-xia", BadInput), ("zhao-min", NotAllowed), ("nobody", NotFound)):
        with pytest.raises(wrong):
            hand_over(services, PROJECT, name, "x", by=LEAD)
    spec = services.workspace.datasets / "leavers.yaml"
    spec.write_text(spec.read_text() + "access: {roles: [], departments: [客户服务部]}\n")
    with pytest.raises(NotAllowed, match="Bob Field may not use the dataset leavers"):
        given(town)
    with pytest.raises(NotAllowed, match="Bob Field may not use the dataset leavers"):
        share(services, LIN, PROJECT, "bob")
