"""The command line as a client of the portal's REST API: what staff do goes the same way as in the browser."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx

from sandbox.cli.people import running
from sandbox.core.errors import NotSignedIn, SandboxError, Unavailable
from sandbox.store.workspace import Workspace


class Api:
    """Requests to the portal of the sandbox that is up, with the token of the account that owns its JupyterLab."""

    def __init__(self, workspace: Workspace) -> None:
        state = running(workspace)
        self.portal = str(state["portal"])
        self.owner = str(state["owner"])
        self._token = _read_token(workspace.run / f"api-token-{self.owner}")

    def get(self, path: str) -> Any:
        return self._send("GET", path).json()

    def get_bytes(self, path: str) -> bytes:
        return self._send("GET", path).content

    def post(
        self, path: str, json: Any = None, *, content: bytes | None = None, headers: dict[str, str] | None = None
    ) -> Any:
        return self._send("POST", path, json=json, content=content, headers=headers or {}).json()

    def _send(self, method: str, path: str, **request: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self._token}", **request.pop("headers", {})}
        try:
            answer = httpx.request(
                method, f"{self.portal}/api/v1/{path}", headers=headers, timeout=60, trust_env=False, **request
            )
        except httpx.TransportError as error:
            raise Unavailable(
                "The portal at {portal} does not answer: {problem}.",
                "Start the sandbox again with `sandbox up`.",
                portal=self.portal,
                problem=str(error),
            ) from None
        if answer.is_error:
            raise _as_error(answer)
        return answer


def _read_token(file: Path) -> str:
    try:
        return file.read_text().strip()
    except OSError:
        raise NotSignedIn(
            "The API token {file} cannot be read.", "Run this as the user who started `sandbox up`.", file=str(file)
        ) from None


def _as_error(answer: httpx.Response) -> SandboxError:
    """Problem details (RFC 9457) → the error that the portal meant; its texts are rendered already."""
    try:
        problem = answer.json()
    except ValueError:
        problem = {}
    return SandboxError(
        "{detail}",
        "{advice}",
        detail=problem.get("detail") or problem.get("title") or f"HTTP {answer.status_code}",
        advice=problem.get("remedy", ""),
    )
