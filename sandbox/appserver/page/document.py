"""The whole page: a title bar that can be sent before the app has been executed, and the app."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import jinja2
from markupsafe import Markup
from nbformat import NotebookNode

from sandbox.appserver.page import built
from sandbox.appserver.page.cells import cells_html, markup_in
from sandbox.appserver.page.inline import inline_json
from sandbox.appserver.page.widgets import texts_of_widgets, widget_states
from sandbox.appserver.pages import TEMPLATES
from sandbox.appserver.renderers import addresses

_environment = jinja2.Environment(
    loader=jinja2.FileSystemLoader(TEMPLATES / "app"), autoescape=True, trim_blocks=True, lstrip_blocks=True
)


def head(facts: Mapping[str, Any], *, waiting: bool) -> str:
    """Everything above the app; ``waiting``: with a sign that it is being prepared."""
    style = Markup(built.text_of(built.STYLE))  # noqa: S704 - built from our own source
    return _environment.get_template("head.html").render(app=facts, style=style, waiting=waiting)


class Parts(NamedTuple):
    """What is the same for all viewers of one first view: the cells as HTML; the widgets' states, and the fragments for
    texts in them, as JSON ("" if there are none)."""

    cells: str
    widgets: str
    made: str


def texts_in(notebook: NotebookNode, facts: Mapping[str, Any]) -> list[tuple[str, str]]:
    """(kind, source) of everything that has to be made inert before ``app_parts``."""
    return [*markup_in(notebook, facts["texts"]), *texts_of_widgets(notebook)]


def app_parts(notebook: NotebookNode, facts: Mapping[str, Any], made: Mapping[tuple[str, str], str]) -> Parts:
    """``made``: (kind, source) → inert fragment, for all ``texts_in``."""
    cells = "\n".join(cells_html(notebook, facts["texts"], lambda kind, source: made[kind, source]))
    drawn = [(kind, source, made[kind, source]) for kind, source in texts_of_widgets(notebook)]
    return Parts(cells, inline_json(widget_states(notebook)), inline_json(drawn) if drawn else "")


def body(parts: Parts, facts: Mapping[str, Any], kernel_id: str, key: str, base: str) -> str:
    """The app itself. The script comes first: it opens the websocket while the browser reads the rest."""
    page = {"kernelId": kernel_id, "key": key, "base": base, "texts": facts["texts"],
            "scripts": addresses(base)}  # fmt: skip
    return _environment.get_template("body.html").render(
        app=facts,
        page=Markup(inline_json(page)),  # noqa: S704 - made safe for a script element there
        runtime=Markup(built.text_of(built.RUNTIME)),  # noqa: S704 - built from our own source
        cells=Markup(parts.cells),  # noqa: S704 - each part was made inert
        widgets=Markup(parts.widgets),  # noqa: S704 - made safe by inline_json
        made=Markup(parts.made),  # noqa: S704 - likewise
    )


def failure(facts: Mapping[str, Any], incident: str) -> str:
    """What ends a page whose title bar was sent already."""
    return _environment.get_template("failure.html").render(app=facts, incident=incident)
