"""What people call templates and datasets: their titles, for pages that know only their names."""

from __future__ import annotations

from collections.abc import Mapping

from sandbox.catalog import Catalog
from sandbox.core.errors import SandboxError
from sandbox.core.messages import Language
from sandbox.i18n import catalogue, read_catalogue
from sandbox.learning.paths import learning_path
from sandbox.notebooks.form_titles import setting_titles
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


def choice_titles(services: Services, language: Language, template: str) -> Mapping[str, str]:
    """A choice (``columns.<key>``, ``settings.<key>``) → how the template's form names it in ``language``."""
    try:
        found = load_template(services.content, template, services.workspace.templates)
    except SandboxError:
        return {}
    own = read_catalogue(found.folder / f"{language}.po") if language != "en" else {}
    columns = {f"columns.{need.key}": need.title.get(language) for need in found.needs}
    settings = {
        f"settings.{key}": own.get(title) or catalogue(language).gettext(title)
        for key, title in setting_titles(found.notebook).items()
    }
    return columns | settings


def choice_title(titles: Mapping[str, str], choice: str) -> str:
    """The title of ``choice``, or of the setting that has one number for each value (``settings.<key>/<value>``)."""
    key, _, value = choice.partition("/")
    if value and key in titles:
        return f"{titles[key]}: {value}"
    return titles.get(choice, choice)
