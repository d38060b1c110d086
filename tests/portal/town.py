"""A small workspace with life in it: people of every role, a snapshot, projects in every state.

Projects, submissions and versions are written into the registry as the workflows would leave them, so that pages can
be tested without running notebooks; what moves them on in the tests are the workflows themselves.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import nbformat
from starlette.testclient import TestClient

from sandbox.core.findings import Finding, Level
from sandbox.core.ids import VersionId
from sandbox.core.lifecycle import State
from sandbox.core.messages import Language, Message
from sandbox.core.project import AppVersion, Kpi, Project, Submission
from sandbox.core.roles import Person, Role
from sandbox.identity import accounts
from sandbox.notebooks.templates import load_template, starter_notebook
from sandbox.portal.addresses import Addresses
from sandbox.portal.app import create_app
from sandbox.settings import Settings
from sandbox.store.registry import Transaction
from sandbox.workflows.build_dataset import build_dataset
from sandbox.workflows.services import Services

PORTAL = "http://portal.test"
APPS = "http://apps.test"
LAB = "http://lab.test"
NOW = datetime.now(UTC).replace(microsecond=0)

PEOPLE = {
    "lin-xia": Person("lin-xia", "林夏", frozenset({Role.STAFF}), "客户服务部"),
    "bob": Person("bob", "Bob Field", frozenset({Role.STAFF}), "Plant 2"),
    "zhao-min": Person("zhao-min", "赵敏", frozenset({Role.REVIEWER}), "数据办公室"),
    "david": Person("david", "David Chen", frozenset({Role.LEAD}), "Innovation Lab"),
    "sun-li": Person("sun-li", "孙丽", frozenset({Role.STEWARD}), "数据办公室"),
}

SPEC = """
format: 1
name: leavers
title: {en: Contracts and churn, zh-CN: 合同与流失}
description: {en: One row per contract and whether the customer left., zh-CN: 每份合同一行，含客户是否流失。}
owner: Sales 销售部
classification: confidential
source: {kind: csv, path: sources/leavers.csv}
unit: {column: customer, entity: customer}
population: 40000
gates: [{k_anonymity: {k: 5, suppress: 0.2}}]
columns:
  customer: {class: identifier, rule: {pseudonym: customer}, description: {en: Customer, zh-CN: 客户}, reason: the unit}
  phone: {class: direct, rule: drop, description: {en: Mobile number, zh-CN: 手机号}, reason: points at one person}
  region: {class: quasi, rule: keep, description: {en: Region, zh-CN: 大区}, reason: few large regions}
  age: {class: quasi, rule: {band: {width: 20}}, description: {en: Age band, zh-CN: 年龄段}}
  fee: {class: measure, rule: {round: {to: 5}}, description: {en: Monthly fee, zh-CN: 月费}}
  calls: {class: measure, rule: keep, description: {en: Calls to the support, zh-CN: 致电客服次数}}
  left: {class: measure, rule: keep, description: {en: Has left, zh-CN: 是否流失}}
"""

BARS = "".join(
    f'<rect x="{90 + i * 80}" y="{330 - h}" width="46" height="{h}" fill="{"#d79a3d" if i == 4 else "#1f5c57"}"/>'
    for i, h in enumerate((70, 110, 96, 150, 240, 190))
)
PICTURE = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 640 400"><rect width="640" height="400" fill="#fbfaf6"/>'
    f'{BARS}<path d="M70 331h500" stroke="#cbc6b8" stroke-width="2"/></svg>'
)

EVIDENCE = {
    "format": 1,
    "metrics": [
        {"name": "roc_auc", "model": 0.83,
         "label": {"en": "Tells leavers from stayers (ROC AUC)", "zh-CN": "区分流失与留存的能力（ROC AUC）"},
         "baseline": 0.5, "higher_is_better": True, "rows": 1234, "units": 1180},
        {"name": "precision", "label": {"en": "Right among the warned", "zh-CN": "预警命中率"}, "model": 0.62,
         "baseline": 0.21, "higher_is_better": True, "units": 1180},
    ],
    "explanation": {
        "method": "coefficients",
        "overall": [
            {"factor": "late_payments", "direction": "+", "weight": 0.9},
            {"factor": "support_calls", "direction": "+", "weight": 0.55},
            {"factor": "months_with_us", "direction": "-", "weight": 0.4},
        ],
    },
    "threshold": {"value": 0.3, "cases": 1180, "happened": 240, "warned": 200, "right": 124},
    "value": {"kpi": "Monthly churn", "unit": "%", "expected": 1.95,
              "assumptions": {"cost": 20, "value": 900, "success": 0.3, "threshold": 0.3}},
    "app": {"worth": {"unit": {"en": "CNY", "zh-CN": "元"}},
            "facts": [{"name": "late_payments", "label": {"en": "Late payments", "zh-CN": "逾期次数"}}]},
    "data": [{"dataset": "leavers", "version": "-", "rows": 300, "columns": ["age", "fee", "left"]}],
    "model": {"file": "model.skops", "kind": "LogisticRegression", "features": ["age", "fee"]},
    "tables": [{"title": {"en": "Leavers by region", "zh-CN": "各大区流失"}, "columns": ["region", "share"],
                "rows": [["north", 0.31], ["south", 0.12]]}],
}  # fmt: skip

FINDINGS = (
    Finding("small_cells", Level.REVIEW, Message("A table shows {n} units in one cell.", {"n": 4}),
            Message("Join small groups before showing them."), "show-table"),
    Finding("baseline", Level.PASS, Message("The model is better than its baseline.")),
    Finding("kpi", Level.PASS, Message("The KPI is stated.")),
)  # fmt: skip
FAILED = (
    Finding("personal_data", Level.FAIL, Message("An output shows what looks like a mobile number."),
            Message("Take the column out of the table."), "peek"),
)  # fmt: skip


def settle(home: Path) -> None:
    """Fill the empty ``home``."""
    services = Services.open(Settings(home=home))
    folder = services.workspace.sources
    regions = ("north", "south", "east")
    rows = [
        f"C{i:04d},1380000{i:04d},{regions[i % 3]},{25 + i % 40},{40 + i % 90},{i % 7},"
        f"{'yes' if i * 37 % 101 < 6 + 42 * (i % 90 > 45) + 42 * (i % 7 > 3) else 'no'}"
        for i in range(400)
    ]
    (folder / "leavers.csv").write_text("customer,phone,region,age,fee,calls,left\n" + "\n".join(rows) + "\n")
    services.workspace.datasets.mkdir(mode=0o700, exist_ok=True)
    (services.workspace.datasets / "leavers.yaml").write_text(SPEC, encoding="utf-8")
    pin = build_dataset(services, "leavers", actor="operator").manifest.version
    with services.registry.transaction("operator") as tx:
        for person in PEOPLE.values():
            tx.put_person(person, NOW)
        _projects(services, tx, pin)
    services.close()


def _projects(services: Services, tx: Transaction, pin: str) -> None:
    kpi = Kpi("Monthly churn", "%", 2.4, 1.8)
    plan = [
        ("keep-the-north", "Keep customers in the north", State.SUBMITTED, "lin-xia"),
        ("early-warning", "客户流失预警", State.PUBLISHED, "lin-xia"),
        ("line-watch", "Watch the packing line", State.PROMOTED, "bob"),
        ("first-idea", "A first idea", State.DRAFT, "lin-xia"),
        ("came-back", "Came back once", State.DRAFT, "lin-xia"),
        ("old-try", "An old try", State.RETIRED, "bob"),
    ]
    for index, (slug, title, state, owner) in enumerate(plan):
        created = NOW - timedelta(days=40 - index * 5)
        project = Project(
            slug, owner, title, "Too many customers leave before we notice.", kpi, PEOPLE[owner].department,
            "customer-churn", {"leavers": pin}, state, "zh-CN" if owner == "lin-xia" else "en", created, created,
            lesson="We tried calls.\n\nCalls come too late." if state is State.RETIRED else "",
        )  # fmt: skip
        tx.add_project(project)
        tx.record("project.started", slug, created, template="customer-churn")
        if slug == "first-idea":
            continue
        live = state in (State.PUBLISHED, State.PROMOTED)
        if live:
            _submission(services, tx, project, 1, "approved", superseded=True)
        decision = {"came-back": "returned", "keep-the-north": None}.get(slug, "approved")
        _submission(services, tx, project, 2 if live else 1, decision)


def _submission(
    services: Services, tx: Transaction, project: Project, number: int, decision: str | None, superseded: bool = False
) -> None:
    when = project.created + timedelta(days=number)
    version = VersionId.of(when, f"{hash((project.slug, number)) & (2**64 - 1):016x}")
    findings = FAILED if decision == "returned" else FINDINGS
    reasons = {"returned": "Take the phone number out, then I will approve it.", "approved": "Good evidence.", None: ""}
    submission = Submission(
        project.slug, number, "ab" * 32, 20480, when, project.owner, project.pins, "Please look at the table.", "done",
        findings=tuple(f.to_json() for f in findings), evidence=EVIDENCE,
        version=str(version) if decision != "returned" else None, decision=decision, reasons=reasons[decision],
        reviewer="zhao-min" if decision else None, decided=when if decision else None,
    )  # fmt: skip
    tx.add_submission(submission)
    tx.record("project.submitted", project.slug, when, number=number)
    folder = services.workspace.submission(project.slug, number) / "files"
    folder.mkdir(parents=True)
    notebook = starter_notebook(load_template(services.content, project.template), "en", project)
    code = next(c for c in notebook.cells if c.cell_type == "code")
    code.source += f"\n# tried again, {number}"
    (folder / "notebook.ipynb").write_text(nbformat.writes(notebook))
    (folder / "choices.json").write_text(json.dumps({"dataset": "leavers", "threshold": 0.4 + number / 10}))
    if decision == "returned":
        return
    app = services.workspace.app_version(project.slug, version)
    app.mkdir(parents=True)
    (app / "thumbnail.svg").write_text(PICTURE)
    status = "candidate" if decision is None else "superseded" if superseded else "live"
    if project.state is State.RETIRED:
        status = "retired"
    tx.put_app_version(AppVersion(project.slug, str(version), number, status, when, when if decision else None))
    if status == "live":
        tx.put_project(replace(tx.project(project.slug), live_version=str(version)))


@dataclass
class Town:
    """The portal on a settled workspace; ``browser()`` is a visitor, ``as_(name)`` one who has signed in."""

    services: Services
    base: str = ""
    labs: str = "http://127.0.0.1:9"

    def __post_init__(self) -> None:
        self.addresses = Addresses(PORTAL + self.base, APPS, self.labs)
        self.app = create_app(self.services, self.addresses)

    def browser(self, language: Language = "en") -> TestClient:
        return TestClient(
            self.app, base_url=PORTAL, follow_redirects=False, raise_server_exceptions=True,
            headers={"accept-language": language, "accept": "text/html"},
        )  # fmt: skip

    def as_(self, name: str, language: Language = "en") -> TestClient:
        now = self.services.now()
        with self.services.registry.reading() as reading:
            person = reading.person(name)
        accounts.set_language(self.services.registry, person, language, now)
        link = accounts.make_signin_secret(
            self.services.registry, name, actor="operator", now=now, lifetime=timedelta(minutes=5)
        )
        session = accounts.sign_in(self.services.registry, link, now=now, lifetime=timedelta(hours=1))
        browser = self.browser(language)
        browser.cookies.set(self.app.state.cookies.session, session.secret, domain="portal.test")
        return browser

    def token(self, name: str) -> dict[str, str]:
        secret = accounts.make_api_token(
            self.services.registry, name, actor="operator", now=self.services.now(), lifetime=timedelta(hours=1)
        )
        return {"authorization": f"Bearer {secret}"}
