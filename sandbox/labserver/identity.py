"""Jupyter's log-in with the portal's tickets instead of tokens and passwords."""

from __future__ import annotations

from typing import Any

from jupyter_server.auth.identity import IdentityProvider, User


class OwnerIdentity(IdentityProvider):
    """Only Jupyter's own signed cookie counts; ``enter.Enter`` sets it."""

    @property
    def auth_enabled(self) -> bool:
        return True

    @property
    def login_available(self) -> bool:
        return False

    @property
    def logout_available(self) -> bool:
        return False

    def get_handlers(self) -> list[Any]:
        from sandbox.labserver.enter import SignIn

        return [("/login", SignIn)]

    def get_user_token(self, handler: Any) -> User | None:
        return None

    def is_token_authenticated(self, handler: Any) -> bool:
        return False
