"""Make and check templates of one's own: what a lab lead does before others are offered a notebook."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

import tomli_w

from sandbox.catalog import Catalog
from sandbox.core.errors import Conflict, NotFound, SandboxError
from sandbox.core.findings import Finding, Level, worst
from sandbox.core.ids import check_slug
from sandbox.core.messages import LANGUAGES, Language, Message
from sandbox.core.run import RunReport
from sandbox.core.spec import Text
from sandbox.notebooks.app_cells import app_notebook
from sandbox.notebooks.curation import inspect_template
from sandbox.notebooks.execute import run_notebook
from sandbox.notebooks.templates import Template, load_template, read_template
from sandbox.notebooks.translate import translate_notebook
from sandbox.workflows.grants import Grant
from sandbox.workflows.services import Services

LONGEST = 60.0  # seconds that a template may take on its dataset, and its app to open
_PROJECT = {"title": "Try 试验", "problem": "?", "kpi": {"name": "?", "unit": "%", "baseline": 2.0, "target": 1.0}}


def new_template(services: Services, slug: str, *, origin: str, title: Text) -> Path:
    """A copy of the template ``origin`` under a new name and title, in the workspace; its folder.

    Raises Conflict when there is such a template already, NotFound when there is no ``origin``.
    """
    check_slug(slug, "template")
    source = load_template(services.content, origin, services.workspace.templates)
    folder = services.workspace.templates / slug
    if folder.exists() or (services.content / "templates" / slug).is_dir():
        raise Conflict(
            "There is already a template “{name}”.", "Choose another name, or remove that folder first.", name=slug
        )
    services.workspace.templates.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=services.workspace.templates, prefix=".new-") as beside:
        made = Path(beside) / slug
        shutil.copytree(source.folder, made)
        about = made / "template.toml"
        about.write_text(_retitled(about.read_text("utf-8"), title), "utf-8")
        notebook = made / "notebook.ipynb"
        started = f'lab.start(\\"{origin}\\")'
        notebook.write_text(notebook.read_text("utf-8").replace(started, f'lab.start(\\"{slug}\\")'), "utf-8")
        read_template(made)
        made.rename(folder)
    return folder


def check_template(
    services: Services,
    name: str,
    *,
    datasets: Mapping[str, Path] | None = None,
    run: bool = True,
    progress: Callable[[str], None] | None = None,
) -> list[Finding]:
    """What speaks against offering the template: by reading it, then by running it in a confined kernel.

    ``name`` is a template's or a folder's. ``datasets`` (name → snapshot folder) are those that it suggests if not
    given. Raises NotFound, or Damaged naming the file that cannot be read.
    """
    own = services.workspace.templates
    is_folder = "/" in name and (Path(name) / "template.toml").is_file()
    template = read_template(Path(name).resolve()) if is_folder else load_template(services.content, name, own)
    findings = inspect_template(template)
    if not run or worst(findings) is Level.FAIL:
        return findings
    pins = datasets or _suggested(services, template)
    if not pins:
        said = Message("It was not run: none of its datasets has a snapshot.")
        remedy = Message("Build one of the datasets that it suggests, or name another with --dataset.")
        return [*findings, Finding("run", Level.REVIEW, said, remedy)]
    with tempfile.TemporaryDirectory(prefix="sandbox-template-") as place:
        for language in LANGUAGES:
            if progress:
                progress(language)
            findings += _tried(services, template, pins, Path(place) / language, language)
    return findings


def _tried(
    services: Services, template: Template, pins: Mapping[str, Path], folder: Path, language: Language
) -> list[Finding]:
    """Run the notebook, then its app, in one language."""
    settings = services.settings
    grant = Grant(language, settings.kernel_memory, settings.small_cell, pins, settings.kernel_disk)
    folder.mkdir()
    (folder / "project.toml").write_text(tomli_w.dumps(_PROJECT), "utf-8")
    for texts in template.folder.glob("*.po"):
        shutil.copy(texts, folder)
    notebook = translate_notebook(template.notebook, template.texts("en"), template.texts(language))
    limit = settings.output_bytes
    ran = run_notebook(
        notebook, policy=grant.examination(folder, 2 * LONGEST), cwd=folder, timeout=2 * LONGEST, output_limit=limit
    )
    findings = [_judged("run", ran, language)]
    if ran.ok:
        app = app_notebook(template.notebook, language, template)
        opened = run_notebook(app, policy=grant.app(folder), cwd=folder, timeout=LONGEST, output_limit=limit)
        findings.append(_judged("app", opened, language))
    return findings


def _judged(check: str, report: RunReport, language: Language) -> Finding:
    fields = {"language": language, "seconds": f"{report.seconds:.1f}", "most": f"{LONGEST:g}"}
    if report.error is not None:
        fields["problem"] = f"{report.error.name}: {report.error.value}"[:300]
        said = Message("It stopped in {language}: {problem}", fields)
        return Finding(check, Level.FAIL, said, Message("Mend the cell and check again."), report.error.cell_id)
    if report.seconds > LONGEST:
        said = Message("It took {seconds} s in {language}; {most} s are the most.", fields)
        return Finding(check, Level.FAIL, said, Message("Sample the data, or choose a smaller model."))
    return Finding(check, Level.PASS, Message("It ran through in {language} in {seconds} s.", fields))


def _suggested(services: Services, template: Template) -> dict[str, Path]:
    catalog, found = Catalog(services.workspace, services.content), {}
    for name in template.datasets:
        try:
            found[name] = catalog.snapshot(name)
        except (NotFound, SandboxError):
            continue
    return found


def _retitled(text: str, title: Text) -> str:
    """``template.toml`` with another title; its comments and everything else stay."""
    lines = {"en": title.en, '"zh-CN"': title.zh}
    head, found, rest = text.partition("[title]\n")
    for key, value in lines.items():
        line = tomli_w.dumps({key.strip('"'): value}).strip()
        rest = re.sub(rf"^{re.escape(key)} = .*$", line.replace("\\", r"\\"), rest, count=1, flags=re.M)
    return head + found + rest
