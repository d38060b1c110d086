"""The templates, and the form that makes a micro-project from one."""

from __future__ import annotations

from dataclasses import dataclass, field

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import FileResponse, Response

from sandbox.core.errors import BadInput, NotAllowed, NotFound, SandboxError
from sandbox.core.messages import Language, Message
from sandbox.core.project import MAX_PROBLEM, MAX_TITLE, Kpi, NewProject
from sandbox.core.roles import Person, Role
from sandbox.notebooks.templates import Template, load_template, load_templates
from sandbox.portal.datasets import DatasetChoice, dataset_choices, locked_choices
from sandbox.portal.forms import Form, parse_number
from sandbox.portal.needs import Me, Posted, Reads, UsedServices
from sandbox.portal.pages.apps import PICTURE_HEADERS
from sandbox.portal.render import go, page
from sandbox.portal.visitor import visitor_of
from sandbox.workflows.start_project import start_project

router = APIRouter(include_in_schema=False)


@dataclass
class Entered:
    """What was typed into the new-project form, and what is wrong with it, by field."""

    title: str = ""
    problem: str = ""
    kpi_name: str = ""
    kpi_unit: str = ""
    kpi_baseline: str = ""
    kpi_target: str = ""
    department: str = ""
    datasets: tuple[str, ...] = ()
    errors: dict[str, Message] = field(default_factory=dict)

    @classmethod
    def of_form(cls, form: Form) -> Entered:
        return cls(
            title=form.text("title"),
            problem=form.text("problem"),
            kpi_name=form.text("kpi_name"),
            kpi_unit=form.text("kpi_unit"),
            kpi_baseline=form.text("kpi_baseline"),
            kpi_target=form.text("kpi_target"),
            department=form.text("department"),
            datasets=form.texts("datasets"),
        )

    @classmethod
    def of_template(
        cls, template: Template, person: Person, language: Language, choices: list[DatasetChoice]
    ) -> Entered:
        kpi = template.kpi
        return cls(
            title=template.title.get(language),
            problem=template.problem.get(language),
            kpi_name=kpi.name.get(language),
            kpi_unit=kpi.unit.get(language),
            kpi_baseline=f"{kpi.baseline:g}",
            kpi_target=f"{kpi.target:g}",
            department=person.department,
            datasets=tuple(c.name for c in choices if c.suggested)[:1],
        )

    def check(self) -> None:
        """Fill ``errors``; the domain's own checks come on top when the project is made."""
        if not self.title.strip():
            self.errors["title"] = Message("Give it a title that colleagues will recognise.")
        elif len(self.title) > MAX_TITLE:
            self.errors["title"] = Message("At most {n} characters, please.", {"n": MAX_TITLE})
        if not self.problem.strip():
            self.errors["problem"] = Message("Say in one sentence what goes wrong today and for whom.")
        elif len(self.problem) > MAX_PROBLEM:
            self.errors["problem"] = Message("At most {n} characters, please.", {"n": MAX_PROBLEM})
        if not self.kpi_name.strip():
            self.errors["kpi_name"] = Message("Name the business figure that the project wants to move.")
        for name in ("kpi_baseline", "kpi_target"):
            if parse_number(getattr(self, name)) is None:
                self.errors[name] = Message("Enter a figure like 12.5.")
        if not self.datasets:
            self.errors["datasets"] = Message("Choose at least one dataset.")

    def project(self, template: str, language: Language) -> NewProject:
        baseline, target = parse_number(self.kpi_baseline), parse_number(self.kpi_target)
        if baseline is None or target is None:
            raise BadInput("The KPI's baseline and target must be ordinary numbers.", "Enter figures like 12.5.")
        kpi = Kpi(self.kpi_name.strip()[:120], self.kpi_unit.strip()[:40], baseline, target)
        return NewProject(
            self.title, self.problem, kpi, self.department.strip()[:120], template, self.datasets, language
        )


@router.get("/templates", name="templates")
def show_templates(request: Request, services: UsedServices, me: Me) -> Response:
    return page(request, "templates.html", templates=load_templates(services.content, services.workspace.templates))


@router.get("/templates/{name}/thumbnail", name="template_thumbnail")
def show_thumbnail(name: str, services: UsedServices, me: Me) -> Response:
    path = load_template(services.content, name, services.workspace.templates).folder / "thumbnail.svg"
    if not path.is_file():
        raise NotFound("The template “{name}” has no picture.", "", name=name)
    return FileResponse(path, media_type="image/svg+xml", headers=PICTURE_HEADERS)


@router.get("/templates/{name}", name="new_project")
def show_form(request: Request, name: str, services: UsedServices, me: Me, language: Reads) -> Response:
    template = load_template(services.content, name, services.workspace.templates)
    choices = dataset_choices(services, me, template, language)
    return _form(request, template, choices, Entered.of_template(template, me, language, choices), None)


@router.post("/templates/{name}", name="start_project")
def start(request: Request, name: str, form: Posted, services: UsedServices, me: Me, language: Reads) -> Response:
    me.require(Role.STAFF)
    template = load_template(services.content, name, services.workspace.templates)
    choices = dataset_choices(services, me, template, language)
    entered = Entered.of_form(form)
    entered.check()
    if entered.errors:
        return _form(request, template, choices, entered, None, 422)
    try:
        project = start_project(services, me, entered.project(name, language))
    except (BadInput, NotFound, NotAllowed) as error:
        return _form(request, template, choices, entered, error, error.status)
    return go(request, "project", slug=project.slug)


def _form(
    request: Request, template: Template, choices: list[DatasetChoice], entered: Entered, error: SandboxError | None,
    status: int = 200,
) -> Response:  # fmt: skip
    visitor, services = visitor_of(request), request.app.state.services
    locked = locked_choices(services, visitor.signed_in(), template, visitor.language)
    return page(
        request, "new_project.html", status, template=template, choices=choices, entered=entered, error=error,
        locked=locked,
        most={"title": MAX_TITLE, "problem": MAX_PROBLEM},
    )  # fmt: skip
