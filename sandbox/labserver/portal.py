"""The portal's REST API as the Lab server uses it, in the name of the Lab's owner."""

from __future__ import annotations

import html
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from sandbox.core.errors import Conflict, NotFound, NotSignedIn, SandboxError, Unavailable
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
        answer = await self._send(
            "GET", f"projects/{slug}/starter", params={"language": language}, headers={"Accept-Language": language}
        )
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

    async def start_page(self, language: Language) -> dict[str, Any]:
        """The person's projects and the templates, as the start page shows them."""
        return dict((await self._read("lab/start", language)).json())

    async def panel(self, slug: str, language: Language) -> dict[str, Any]:
        """A project's pinned data and open findings. Raises NotFound for no project of the person."""
        return dict((await self._read(f"lab/projects/{slug}", language)).json())

    async def thumbnail(self, template: str) -> bytes:
        return (await self._read(f"lab/templates/{template}/thumbnail", "en")).content

    async def look(self, slug: str, archive: bytes, language: Language) -> dict[str, Any]:
        """What an examination of ``archive`` would find by reading alone."""
        headers = {"Content-Type": "application/zip", "Accept-Language": language}
        answer = await self._send("POST", f"lab/projects/{slug}/check", content=archive, headers=headers)
        return dict(answer.json())

    async def start_project(self, new: dict[str, Any]) -> dict[str, Any]:
        """Make a micro-project; ``new`` as the API's body for it."""
        headers = {"Accept-Language": str(new.get("language", "en"))}
        return dict((await self._send("POST", "projects", json=new, headers=headers)).json())

    async def learning_starter(self, path: str, language: Language) -> bytes:
        """The zip of a learning path's notebook with the person's practice table. Raises NotFound."""
        return (await self._read(f"learning/{path}/starter", language)).content

    async def exercise(self, path: str, name: str, language: Language) -> dict[str, Any]:
        """The person's own question, and how far they are with it."""
        return dict((await self._read(f"learning/{path}/exercises/{name}", language)).json())

    async def answer(self, path: str, name: str, given: dict[str, Any], language: Language) -> dict[str, Any]:
        """The portal's judgement of an answer."""
        headers = {"Accept-Language": language}
        answer = await self._send("POST", f"learning/{path}/exercises/{name}", json=given, headers=headers)
        return dict(answer.json())

    async def turn(
        self, slug: str, window: str, language: Language, *, take: bool = False, leave: bool = False
    ) -> dict[str, Any]:
        """Whose turn it is to edit a shared project, after ``window`` asked for it."""
        headers = {"Accept-Language": language, "X-Sandbox-Window": window}
        body = {"take": take, "leave": leave}
        return dict((await self._send("POST", f"projects/{slug}/turn", json=body, headers=headers)).json())

    async def shared_text(self, slug: str, language: Language) -> bytes:
        """The zip of the newest text that several people share."""
        return (await self._read(f"projects/{slug}/text", language)).content

    async def save_text(self, slug: str, window: str, base: str, archive: bytes, language: Language) -> str:
        """Save the shared text that began from ``base``; its SHA-256."""
        headers = {
            "Content-Type": "application/zip",
            "Accept-Language": language,
            "X-Sandbox-Window": window,
            "If-Match": f'"{base}"',
        }
        answer = await self._send("PUT", f"projects/{slug}/text", content=archive, headers=headers)
        return str(answer.json()["text"])

    async def _read(self, path: str, language: Language) -> httpx.Response:
        return await self._send("GET", path, headers={"Accept-Language": language})

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
    kind = {404: NotFound, 409: Conflict}.get(answer.status_code, PortalRefused)
    return kind("{detail}", "{advice}", detail=detail, advice=str(problem.get("remedy", "")))


def _in_header(text: str) -> str:
    """Headers carry one line of ASCII: the rest travels as character references, which the portal reads."""
    escaped = html.escape(text, quote=False).replace("\r", "").replace("\n", "&#10;")
    return escaped.encode("ascii", "xmlcharrefreplace").decode()
