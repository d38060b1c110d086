"""Voilà's and Jupyter's own handlers ask here who is calling; the answer comes from the gate."""

from __future__ import annotations

from typing import Any

from jupyter_server.auth.authorizer import Authorizer
from jupyter_server.auth.identity import IdentityProvider, User

from sandbox.appserver.gate import Gate
from sandbox.appserver.pagekeys import LEAVE, PROTOCOL
from sandbox.appserver.sessions import Viewer

COOKIE = "sandbox-apps"


#: What browsers send as Origin from a page that has one of its own.
NO_ORIGIN = "null"


def viewer_of(handler: Any) -> Viewer | None:
    """The viewer who sent the request: by the key of the page that it comes from, else by the cookie."""
    gate: Gate = handler.settings["sandbox_gate"]
    if handler.request.headers.get("Origin") == NO_ORIGIN:
        return gate.viewer_with(page_key(handler), str(handler.path_kwargs.get("kernel_id", LEAVE)))
    return gate.viewer(handler.get_cookie(COOKIE))


def page_key(handler: Any) -> str:
    """What a page shows as its key: among its websocket's protocols, in its form, or as the first line of a post."""
    for offered in offered_protocols(handler):
        if offered.startswith(PROTOCOL):
            return offered.removeprefix(PROTOCOL)
    if handler.request.headers.get("Content-Type", "").startswith("application/x-www-form-urlencoded"):
        return str(handler.get_body_argument("key", ""))
    return str(handler.request.body.decode("ascii", "replace").partition("\n")[0])


def offered_protocols(handler: Any) -> list[str]:
    """What a websocket's request says that it speaks."""
    return [each.strip() for each in handler.request.headers.get("Sec-WebSocket-Protocol", "").split(",")]


class ViewerIdentity(IdentityProvider):
    """Sessions only: no token, no password, no login page of Jupyter's."""

    @property
    def auth_enabled(self) -> bool:
        return True

    @property
    def login_available(self) -> bool:
        return False

    def get_handlers(self) -> list[Any]:
        return []

    def is_token_authenticated(self, handler: Any) -> bool:
        return False

    def get_user(self, handler: Any) -> User | None:
        viewer = viewer_of(handler)
        return User(username=viewer.person, display_name=viewer.display_name) if viewer else None


class OwnKernelsOnly(Authorizer):
    """A second look behind the gate: whatever of Jupyter's handlers asks, only the viewer's own kernel is allowed."""

    def is_authorized(self, handler: Any, user: User, action: str, resource: str) -> bool:
        gate: Gate = handler.settings["sandbox_gate"]
        kernel_id = str(handler.path_kwargs.get("kernel_id", ""))
        return resource == "kernels" and action == "execute" and gate.owns(viewer_of(handler), kernel_id)
