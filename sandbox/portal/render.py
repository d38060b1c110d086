"""Pages: Jinja2 templates with the visitor's language, form token and addresses; everything is escaped by default."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache, partial
from pathlib import Path
from typing import Any

from babel.dates import format_datetime, format_timedelta
from babel.numbers import format_decimal
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from sandbox.core.messages import LANGUAGES, Language, Message
from sandbox.portal import words
from sandbox.portal.access import sections
from sandbox.portal.titles import title_of
from sandbox.portal.visitor import CSRF_FIELD, Cookies, Visitor, visitor_of

_FOLDER = Path(__file__).parent
STATIC = _FOLDER / "static"
_BABEL = {"en": "en_GB", "zh-CN": "zh_CN"}
_TIMES = {"en": "d MMM yyyy, HH:mm", "zh-CN": "yyyy-MM-dd HH:mm"}


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_FOLDER / "html"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["code"] = _with_code
    return environment


def _with_code(text: str) -> Markup:
    """``text`` escaped, with what stands in back quotes set as code."""
    return Markup(re.sub(r"`([^`]{1,200})`", r"<code>\1</code>", str(escape(text))))  # noqa: S704 - escaped before


def page(request: Request, name: str, status: int = 200, **context: Any) -> HTMLResponse:
    """The page ``name`` (a file of ``html/``) for the request's visitor."""
    visitor = visitor_of(request)
    html = _environment().get_template(name).render(**_common(request, visitor), **context)
    response = HTMLResponse(html, status, headers={"Content-Language": visitor.language, "Vary": "Cookie"})
    if visitor.new_visit:
        cookies: Cookies = request.app.state.cookies
        cookies.put(response, cookies.visit, visitor.secret)
    return response


def go(request: Request, name: str, /, **parameters: Any) -> Response:
    """Go on to a page after a change (303, so that a reload does not repeat it)."""
    return RedirectResponse(link(request, name, **parameters), 303)


def link(request: Request, name: str, /, **parameters: Any) -> str:
    """The path of a route under the portal's base; never an absolute address, which a proxy would make wrong."""
    return str(request.scope.get("root_path", "")) + str(request.app.url_path_for(name, **parameters))


def texts_of(language: Language, now: datetime) -> dict[str, Any]:
    """What templates use to write in ``language``: texts, figures, times, words of the vocabulary."""
    translate = Visitor(None, language, "", "nobody").texts.gettext
    locale = _BABEL[language]

    def text(template: str, **fields: Any) -> str:
        return Message(template, fields).render(translate)

    return {
        "_": text,
        "word": lambda kind, key: words.word(kind, key, translate),
        "message": lambda m: m.render(translate),
        "number": lambda v, digits=None: _number(v, digits, locale),
        "when": lambda t: format_datetime(t.astimezone(), _TIMES[language], locale=locale),
        "ago": lambda t: format_timedelta(t - now, add_direction=True, locale=locale),
        "days": lambda t: (now - t).days,
    }


def _number(value: Any, digits: int | None, locale: str) -> str:
    if isinstance(value, tuple):
        return ", ".join(_number(item, digits, locale) for item in value)
    if value is None or isinstance(value, bool) or not isinstance(value, int | float):
        return "–" if value is None else str(value)
    if value != value or abs(value) == float("inf"):
        return "–"
    pattern = "#,##0." + "#" * (digits if digits is not None else (0 if abs(value) >= 1000 else 3))
    return format_decimal(value, format=pattern.rstrip("."), locale=locale)


def _common(request: Request, visitor: Visitor) -> dict[str, Any]:
    services = request.app.state.services
    now = services.now() if services else datetime.now(UTC)
    here = request.url.path
    texts: Mapping[str, Callable[..., Any]] = texts_of(visitor.language, now)
    return {
        **texts,
        "titled": partial(title_of, services, visitor.language),
        "me": visitor.person,
        "nav": sections(visitor.person),
        "language": visitor.language,
        "languages": LANGUAGES,
        "csrf": visitor.csrf,
        "csrf_field": CSRF_FIELD,
        "url": partial(link, request),
        "static": lambda file: f"{link(request, 'static', path=file)}?v={_mark(file)}",
        "here": here + (f"?{request.url.query}" if request.url.query else "") if request.method == "GET" else "",
        "section": _section(here, request.scope.get("root_path", "")),
        "request_id": request.state.request_id,
    }


def _section(path: str, root: str) -> str:
    return path.removeprefix(root).strip("/").split("/")[0]


@cache
def _mark(file: str) -> str:
    """Changes with the file's content: browsers may keep static files for long."""
    return hashlib.sha256((STATIC / file).read_bytes()).hexdigest()[:10]
