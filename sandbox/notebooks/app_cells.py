"""The app inside a notebook: only what a viewer uses. Pure."""

from __future__ import annotations

import copy

from nbformat import NotebookNode

from sandbox.core.messages import LANGUAGES, Language, as_language
from sandbox.core.notebook import APP, SETUP, tags
from sandbox.notebooks.templates import Template
from sandbox.notebooks.translate import translate_notebook

_KERNEL = {"name": "python3", "display_name": "Python 3", "language": "python"}
_ABOUT = ("template", "template_version", "project")


def app_notebook(notebook: NotebookNode, language: Language, template: Template | None) -> NotebookNode:
    """The cells tagged ``setup`` or ``app``, without outputs, in ``language`` as far as the template has their texts.

    Of the metadata only what the sandbox itself reads is kept: the rest is a stranger's instructions to Jupyter.
    """
    about = notebook.metadata.get("sandbox")
    about = about if isinstance(about, dict) else {}
    written_in = as_language(about.get("language") if isinstance(about.get("language"), str) else None)
    app = copy.deepcopy(notebook)
    if template is not None and written_in != language and written_in in LANGUAGES:
        app = translate_notebook(app, template.texts(written_in), template.texts(language))
    app.cells = [_bare(cell) for cell in app.cells if tags(cell) & {APP, SETUP} and cell.cell_type != "raw"]
    kept = {key: about[key] for key in _ABOUT if isinstance(about.get(key), str)}
    app["metadata"] = NotebookNode(kernelspec=NotebookNode(_KERNEL), sandbox=NotebookNode(kept, language=language))
    return app


def _bare(cell: NotebookNode) -> NotebookNode:
    cell["metadata"] = NotebookNode(tags=sorted(tags(cell) & {APP, SETUP}))
    if cell.cell_type == "code":
        cell["outputs"], cell["execution_count"] = [], None
    return cell
