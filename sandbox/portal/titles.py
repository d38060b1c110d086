"""What people call templates and datasets: their titles, for pages that know only their names."""

from __future__ import annotations

from sandbox.catalog import Catalog
from sandbox.core.errors import SandboxError
from sandbox.core.messages import Language
from sandbox.i18n import catalogue
from sandbox.learning.paths import learning_path
from sandbox.notebooks.templates import load_template
from sandbox.workflows.services import Services


def title_of(services: Services, language: Language, kind: str, name: str) -> str:
    """The title of the template, dataset or learning path (``kind``) called ``name``; the name where there is none."""
    try:
        if kind == "path":
            return learning_path(name).title.render(catalogue(language).gettext)
        if kind == "template":
            return load_template(services.content, name, services.workspace.templates).title.get(language)
        return Catalog(services.workspace, services.content).entry(name).spec.title.get(language)
    except SandboxError:
        return name


def choice_title(services: Services, language: Language, template: str, choice: str) -> str:
    """How the form names the column behind ``columns.<key>``; the choice itself where the template does not know it."""
    key = choice.removeprefix("columns.")
    try:
        needs = load_template(services.content, template, services.workspace.templates).needs
    except SandboxError:
        return choice
    return next((need.title.get(language) for need in needs if need.key == key and key != choice), choice)
