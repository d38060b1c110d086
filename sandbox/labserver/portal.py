"""The portal's REST API as the Lab server uses it, in the name of the Lab's owner."""

from __future__ import annotations

import html
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from sandbox.core.errors import NotFound, NotSignedIn, SandboxError, Unavailable
from sandbox.core.messages import Language

_TIMEOUT = httpx.Timeout(30.0, connect=3.0)


@dataclass(frozen=True)
class Portal:
    """``url`` of the portal; the token is read anew each time, so that it can be replaced while Lab runs."""

    url: str
    token_file: Path

    async def grants(self, slug: str) -> dict[str, str]:
        """Dataset → snapshot version that kernels of the project may read now. Raises NotFound for no project."""
        answer = await self._send("GET", f"projects/{slug}/grants")
        return {str(dataset): str(version) for dataset, version in answer.json().items()}

    async def starter(self, slug: str, language: Language) -> bytes:
        """The zip of the files that the project begins with."""
        answer = await self._send("GET", f"projects/{slug}/starter", params={"language": language})
        return answer.content

    async def submit(self, slug: str, archive: bytes, note: str, language: Language) -> dict[str, Any]:
        headers = {
            "Content-Type": "application/zip",
            "Accept-Language": language,
            "X-Sandbox-Note": _in_header(note),
        }
        answer = await self._send("POST", f"projects/{slug}/submissions", content=archive, headers=headers)
        return dict(answer.json())

    async def submission(self, slug: str, number: int, language: Language) -> dict[str, Any]:
        headers = {"Accept-Language": language}
        answer = await self._send("GET", f"projects/{slug}/submissions/{number}", headers=headers)
        return dict(answer.json())

    async def _send(self, method: str, path: str, **request: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self._token()}", **request.pop("headers", {})}
        try:
            async with httpx.AsyncClient(timeout=_TIMEOUT, trust_env=False) as client:
                answer = await client.request(method, f"{self.url}/api/v1/{path}", headers=headers, **request)
        except httpx.TransportError as error:
            raise Unavailable(
                "The portal at {portal} does not answer.",
                "Check whether the sandbox is still running, then try again.",
                portal=self.url,
            ) from error
        if answer.is_error:
            raise _as_error(answer)
        return answer

    def _token(self) -> str:
        try:
            return self.token_file.read_text().strip()
        except OSError:
            raise NotSignedIn(
                "JupyterLab's key for the portal cannot be read.", "Start the sandbox again with `sandbox up`."
            ) from None


class PortalRefused(SandboxError):
    """What the portal answered; its texts are in the person's language already."""

    slug = "portal-refused"


def _as_error(answer: httpx.Response) -> SandboxError:
    try:
        problem = answer.json()
    except ValueError:
        problem = {}
    detail = str(problem.get("detail") or problem.get("title") or f"HTTP {answer.status_code}")
    kind = NotFound if answer.status_code == 404 else PortalRefused
    return kind("{detail}", "{advice}", detail=detail, advice=str(problem.get("remedy", "")))


def _in_header(text: str) -> str:
    """Headers carry one line of ASCII: the rest travels as character references, which the portal reads."""
    escaped = html.escape(text, quote=False).replace("\r", "").replace("\n", "&#10;")
    return escaped.encode("ascii", "xmlcharrefreplace").decode()
