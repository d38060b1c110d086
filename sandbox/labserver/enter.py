"""Coming in from the portal: a ticket becomes Jupyter's login cookie, and the project's files are there."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import jinja2
from jupyter_server.auth.decorator import allow_unauthenticated
from jupyter_server.auth.identity import User
from tornado import web

from sandbox.core.errors import NotAllowed, SandboxError
from sandbox.core.ids import check_slug
from sandbox.core.messages import Language, as_language
from sandbox.i18n import catalogue
from sandbox.identity.tickets import SpentTickets, Ticket, unseal
from sandbox.labserver.language import choose_language
from sandbox.labserver.places import NOTEBOOK, Places
from sandbox.labserver.portal import Portal
from sandbox.publishing.starter import unpack_starter

_PAGE = jinja2.Environment(autoescape=True).from_string(
    """<!DOCTYPE html>
<html lang="{{ language }}">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
{% if go_to %}<meta http-equiv="refresh" content="0;url={{ go_to }}">{% endif %}
<title>{{ title }}</title>
<style>
body { margin: 0; min-height: 100vh; display: grid; place-items: center; background: #f4f7f7; color: #1c2b33;
  font: 17px/1.65 system-ui, "PingFang SC", "Microsoft YaHei", "Noto Sans SC", "Noto Sans CJK SC", sans-serif; }
main { width: min(34rem, 86vw); padding: 2rem; background: #fff; border: 1px solid #dfe6e8; border-radius: 12px; }
h1 { margin: 0 0 .6rem; font-size: 1.3rem; } a { color: #0f5c5c; }
</style></head>
<body><main><h1>{{ title }}</h1><p>{{ remedy }}</p>
{% if go_to %}<p><a href="{{ go_to }}">{{ go_on }}</a></p>{% endif %}
<p><a href="{{ portal }}">{{ back }}</a></p></main></body></html>
"""
)


class _Page(web.RequestHandler):
    """A page before the log-in. Not one of Jupyter's handlers: those ask for the cookie that is only being made."""

    @property
    def places(self) -> Places:
        return self.settings["sandbox_places"]  # type: ignore[no-any-return]

    @property
    def base_url(self) -> str:
        return self.places.base_url

    def check_xsrf_cookie(self) -> None:
        """A ticket is a secret that another site does not have; no cookie of ours takes part."""

    def say(self, language: Language, title: str, remedy: str = "", *, go_to: str = "", status: int = 200) -> None:
        _ = catalogue(language).gettext
        self.set_status(status)
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.set_header("Cache-Control", "no-store")
        self.set_header("Referrer-Policy", "no-referrer")
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header(
            "Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
        )
        self.finish(
            _PAGE.render(
                language=language,
                title=title,
                remedy=remedy,
                go_to=go_to,
                go_on=_("Go on"),
                portal=self.places.portal_url,
                back=_("Back to the portal"),
            )
        )

    def ask_for_portal(self) -> None:
        language = as_language(self.request.headers.get("Accept-Language"))
        _ = catalogue(language).gettext
        title = _("Please open JupyterLab from the portal.")
        self.say(language, title, _("There you sign in and choose a micro-project."), status=401)


class SignIn(_Page):
    """Where Jupyter sends people who are not signed in."""

    @allow_unauthenticated
    def get(self) -> None:
        self.ask_for_portal()


class Enter(_Page):
    """POST with a portal's ticket whose target is a project (or nothing: the start page)."""

    def initialize(self, key: bytes, spent: SpentTickets, portal: Portal) -> None:
        self._key, self._spent, self._portal = key, spent, portal

    def get(self) -> None:
        """The address alone, from a history or a bookmark, brings nobody in."""
        self.ask_for_portal()

    async def post(self) -> None:
        language = as_language(self.request.headers.get("Accept-Language"))
        try:
            now = datetime.now(UTC)
            ticket = unseal(self.get_body_argument("ticket", ""), self._key, purpose="lab", now=now)
            language = ticket.language
            self._spent.spend(ticket, now)
            if ticket.person != self.places.owner:
                raise NotAllowed(
                    "This JupyterLab belongs to {owner}.", "Ask them to start yours.", owner=self.places.owner
                )
            choose_language(self.places, language)
            slug = await self._ready_project(ticket)
        except SandboxError as error:
            message, remedy = error.render(catalogue(language).gettext)
            self.say(language, message, remedy, status=error.status)
            return
        user = User(username=ticket.person, display_name=ticket.display_name)
        self.settings["identity_provider"].set_login_cookie(self, user)
        # A workspace for each project: JupyterLab brings back what was open in it, not what other projects had open.
        target = f"lab/workspaces/{slug}/tree/{slug}/{NOTEBOOK}" if slug else "lab"
        title = catalogue(language).gettext("JupyterLab is being opened…")
        self.say(language, title, go_to=f"{self.base_url}{target}")

    async def _ready_project(self, ticket: Ticket) -> str:
        """The ticket's project, with its files in place; empty when the ticket names none."""
        if not ticket.target:
            return ""
        slug = check_slug(ticket.target)
        folder = self.places.workspace.project(self.places.owner, slug)
        if not (folder / NOTEBOOK).exists():
            archive = await self._portal.starter(slug, ticket.language)
            await asyncio.to_thread(unpack_starter, archive, folder)
        return slug
