"""What JupyterLab's start page and side panel show: made for one reader, in their language, in one answer each."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Body
from starlette.responses import FileResponse, Response

from sandbox.core.errors import SandboxError
from sandbox.core.findings import Finding, Level, gravest_first
from sandbox.core.ids import VersionId
from sandbox.core.messages import Language
from sandbox.core.project import Submission
from sandbox.core.roles import Person, Role
from sandbox.i18n import catalogue
from sandbox.learning.paths import learning_path
from sandbox.notebooks.templates import Template, load_templates
from sandbox.portal.api.learning import standing_json
from sandbox.portal.datasets import dataset_choices, locked_choices
from sandbox.portal.needs import ApiPerson, Reads, UsedServices
from sandbox.portal.pages.templates import show_thumbnail
from sandbox.portal.views import ProjectRow, display_names, project_rows
from sandbox.portal.words import word
from sandbox.snapshots.manifest import ColumnFacts, read_manifest
from sandbox.workflows.access import worked_project
from sandbox.workflows.learn import standings
from sandbox.workflows.reading import look
from sandbox.workflows.services import Services

router = APIRouter(prefix="/lab", tags=["lab"])


@router.get("/start")
def start_page(services: UsedServices, person: ApiPerson, language: Reads) -> dict[str, Any]:
    """My projects with what reviewers answered, the latest change first, and the templates to start another from."""
    with services.registry.reading() as reading:
        names = display_names(reading)
        rows = project_rows(reading, reading.worked_on(person.name), language)
    may_start = person.has(Role.STAFF)
    templates = load_templates(services.content, services.workspace.templates) if may_start else []
    return {
        "person": person.display_name,
        "projects": [_project(row, names, language, person) for row in rows],
        "templates": [_template(services, person, template, language) for template in templates],
        "learning": [standing_json(each, language) for each in standings(services, person)],
    }


@router.get("/projects/{slug}")
def project_panel(slug: str, services: UsedServices, person: ApiPerson, language: Reads) -> dict[str, Any]:
    """One of my projects: its pinned snapshots column by column, and what the last examination left to do."""
    with services.registry.reading() as reading:
        project = worked_project(reading, person, slug)
        row = project_rows(reading, [project], language)[0]
        names = display_names(reading)
    left = gravest_first(_open_findings(row.last)) if row.last else []
    return {
        **_project(row, names, language, person),
        "data": [_data(services, dataset, version, language) for dataset, version in sorted(project.pins.items())],
        "findings": [finding_json(finding, language) for finding in left],
    }


@router.post("/projects/{slug}/check")
def check(
    slug: str,
    services: UsedServices,
    person: ApiPerson,
    language: Reads,
    archive: Annotated[bytes, Body(media_type="application/zip")],
) -> dict[str, Any]:
    """What an examination of this zip would find by reading alone. Nothing of it runs and nothing is kept."""
    findings = look(services, person, slug, archive)
    return {"findings": [finding_json(finding, language) for finding in findings]}


@router.get("/templates/{name}/thumbnail", response_class=FileResponse)
def thumbnail(name: str, services: UsedServices, person: ApiPerson) -> Response:
    return show_thumbnail(name, services, person)


def finding_json(finding: Finding, language: Language) -> dict[str, Any]:
    translate = catalogue(language).gettext
    return {
        "check": word("check", finding.check, translate),
        "level": finding.level.value,
        "message": finding.message.render(translate),
        "remedy": finding.remedy.render(translate),
        "cell": finding.cell,
    }


def _open_findings(submission: Submission) -> list[Finding]:
    found = [Finding.from_json(raw) for raw in submission.findings]
    return [finding for finding in found if finding.level is not Level.PASS]


def _project(row: ProjectRow, names: Any, language: Language, person: Person) -> dict[str, Any]:
    project, last, translate = row.project, row.last, catalogue(language).gettext
    return {
        "slug": project.slug,
        "title": project.title,
        "of": "" if project.owner == person.name else row.owner,
        "problem": project.problem,
        "template": project.template,
        "stage": row.stage,
        "stage_text": word("state", row.stage, translate),
        "changed": project.changed.isoformat(),
        "last": last
        and {
            "number": last.number,
            "submitted": last.submitted.isoformat(),
            "examination": last.examination,
            "examination_text": word("examination", last.examination, translate),
            "open": len(_open_findings(last)),
            "decision": last.decision or "",
            "decision_text": word("decision", last.decision, translate) if last.decision else "",
            "reasons": last.reasons,
            "reviewer": names[last.reviewer] if last.reviewer else "",
        },
    }


def _template(services: Services, person: Person, template: Template, language: Language) -> dict[str, Any]:
    kpi, translate = template.kpi.get(language), catalogue(language).gettext
    choices = dataset_choices(services, person, template, language)
    return {
        "name": template.name,
        "title": template.title.get(language),
        "problem": template.problem.get(language),
        "summary": template.summary.get(language),
        "minutes": template.minutes,
        "kpi": kpi.to_json(),
        "department": person.department,
        "datasets": [{"name": c.name, "title": c.title, "suggested": c.suggested} for c in choices],
        "locked": [
            {"name": c.name, "title": c.title, "paths": [learning_path(p).title.render(translate) for p in c.missing]}
            for c in locked_choices(services, person, template, language)
        ],
    }


def _data(services: Services, dataset: str, version: str, language: Language) -> dict[str, Any]:
    """A pinned snapshot as its own manifest describes it; only its name when it cannot be read."""
    try:
        manifest = read_manifest(services.workspace.snapshot(dataset, VersionId.parse(version)))
    except SandboxError:
        return {"name": dataset, "title": dataset, "description": "", "version": version, "rows": None, "columns": []}
    return {
        "name": dataset,
        "title": manifest.title.get(language),
        "description": manifest.description.get(language),
        "version": version,
        "rows": manifest.rows.published,
        "columns": [_column(column, language) for column in manifest.columns],
    }


def _column(column: ColumnFacts, language: Language) -> dict[str, Any]:
    translate = catalogue(language).gettext
    return {
        "name": column.name,
        "description": column.description.get(language),
        "type": word("type", column.type, translate),
        "class": word("class", column.cls.value, translate),
        "rule": word("rule", str(column.rule.get("kind", "")), translate),
    }
