"""The app server's own pages (entering, errors) and the texts of the title bar, in the reader's language."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

import jinja2
from markupsafe import Markup

from sandbox.appserver.gate import Page
from sandbox.appserver.places import Places
from sandbox.core.errors import SandboxError
from sandbox.core.ids import VersionId
from sandbox.core.messages import Language
from sandbox.i18n import catalogue
from sandbox.publishing.shelf import AppManifest

TEMPLATES = Path(__file__).parent / "templates"
ASSETS = Path(__file__).parent / "static"

_environment = jinja2.Environment(loader=jinja2.FileSystemLoader(TEMPLATES / "pages"), autoescape=True)


@dataclass(frozen=True)
class GoOn:
    """Where a page leads by itself, after ``wait`` seconds."""

    href: str
    wait: int = 0


def message_page(places: Places, language: Language, title: str, remedy: str = "", *, go_on: GoOn | None = None,
                 request_id: str = "") -> str:  # fmt: skip
    """A page that says one thing. ``title`` and ``remedy`` are in the reader's language already."""
    _ = catalogue(language).gettext
    return _environment.get_template("message.html").render(
        language=language,
        title=title,
        remedy=remedy,
        icon=_icon(),
        style=Markup(_style()),  # noqa: S704 - our own file
        go_to=go_on.href if go_on else "",
        wait=go_on.wait if go_on else 0,
        go_on=_("Go on"),
        portal=places.portal_url,
        portal_text=_("Back to the portal"),
        request_text=_("For questions, name this number:"),
        request_id=request_id,
    )


def error_page(places: Places, language: Language, error: SandboxError, request_id: str, go_on: GoOn | None) -> str:
    message, remedy = error.render(catalogue(language).gettext)
    return message_page(places, language, message, remedy, go_on=go_on, request_id=request_id)


def title_bar(
    places: Places, page: Page, app: AppManifest, author: str, nonce: str, leave_key: str = ""
) -> dict[str, Any]:
    """What the templates in ``templates/app`` show around the app; plain values only."""
    _ = catalogue(page.language).gettext
    other: Language = "zh-CN" if page.language == "en" else "en"
    other_page = Page(page.app, page.version, other)
    return {
        "language": page.language,
        "title": app.title,
        "owner": author or app.owner,
        "version": _day(app.version.time),
        "data": ", ".join(f"{name} ({_day(VersionId.parse(pin).time)})" for name, pin in sorted(app.pins.items())),
        "nonce": nonce,
        "icon": _icon(),
        "leave": f"{places.base_url}leave",
        "leave_key": leave_key,
        "portal": places.portal_url,
        "other_language": other,
        "other_name": {"en": "English", "zh-CN": "中文"}[other] if other in app.languages else "",
        "other_href": f"{places.base_url}voila/render/{other_page.path}",
        "how": [
            _("Choose or enter values in the controls; everything below them follows at once."),
            _("The figures come from a snapshot in which people cannot be recognised, not from live systems."),
            _("What you enter here is not kept and nobody else sees it."),
            _("The app supports a decision; it does not take it. If a result surprises you, ask the owner."),
        ],
        "texts": _texts(_),
    }


def _texts(_: Callable[[str], str]) -> dict[str, str]:
    """What the page and its script say."""
    return {
        "owner": _("By"),
        "version": _("Version of"),
        "data": _("Data:"),
        "how": _("How to read this"),
        "nav": _("Where to go"),
        "skip": _("Go to the app"),
        "portal": _("Portal"),
        "leave": _("Sign out"),
        "loading": _("The app is being prepared…"),
        "again": _("Open again"),
        "gone": _("This app page was closed because it was idle or had a problem."),
        "closed": _("This app was closed: it was retired or replaced, or you may no longer open it."),
        "lost": _("The connection to the app is lost. It will be tried again."),
        "expired": _("Your sign-in has ended. Open the app again from the portal."),
        "failed": _("The app could not be prepared."),
        "incident": _("For questions, name this number:"),
        "newer": _("A different version of this app is live now. You can finish here; the portal opens that one."),
        "reopened": _("The connection was lost for too long, so the app was opened anew; what was entered is gone."),
        "working": _("Calculating…"),
        "followed": _("The results have been updated."),
        "mistake": _("That did not work: the app has a mistake at this place. You can go on; please tell its owner."),
        "step_failed": _("This part of the app did not work. Its owner can see why in the micro-project."),
        "unknown": _("This part of the app cannot be shown here. Tell its owner."),
        "from": _("from"),
        "to": _("to"),
        "choice": _("Choice"),
        "play": _("Play"),
        "pause": _("Pause"),
        "stop": _("Stop"),
        "repeat": _("Repeat"),
        "remove": _("Remove"),
        "move_tag": _("Drag it to another place, or press Shift and an arrow key."),
        "type_value": _("Type a value"),
        "type_range": _("Type from and to, such as 2 – 5"),
        "elsewhere": _(
            "This picture, sound or film is at an address elsewhere; an app's page loads none. Tell its owner."
        ),
        "undrawable": _(
            "This picture, sound or film cannot be shown here: its data or its kind is not right. Tell its owner."
        ),
        "upload": _("Choose a file"),
        "too_large": _("These files are too large: at most 8 MB together."),
        "no_renderer": _("This chart cannot be drawn here: what draws it is not installed. Tell the app's owner."),
        "not_loaded": _("This chart wants data or pictures from an address; an app's page loads none. Tell its owner."),
        "chart": _("Chart"),
        "pad_wanted": _("Connect a gamepad and press one of its buttons."),
        "pad_unknown": _("This browser does not know gamepads."),
        "pad_button": _("Gamepad button"),
        "pad_axis": _("Gamepad axis"),
        "colour": _("Name or code of the colour"),
        "too_long": _(
            "This is too long: at most one million letters, or 350,000 Chinese characters. "
            "It still stands here, but the app has not received it."
        ),
        "making": _("The file is being made…"),
        "saved": _("The file was saved."),
        "not_saved": _("The file could not be fetched. Please try again in a minute."),
        "foot": _("Innovation Sandbox · a prototype under review, not a service of IT"),
    }


@cache
def _icon() -> str:
    """The icon as part of the page, so that nothing else has to be fetched for it."""
    return f"data:image/svg+xml,{quote((ASSETS / 'icon.svg').read_text('utf-8').strip())}"


@cache
def _style() -> str:
    """The same for the style: nothing is painted before it is there, and these pages only say one thing."""
    return (TEMPLATES / "pages" / "message.css").read_text("utf-8")


def _day(time: Any) -> str:
    return str(time.strftime("%Y-%m-%d"))
