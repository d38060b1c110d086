"""Projects that several people work on: whose turn it is, as the portal says, and the newest text brought and sent.

Each person has a copy in their own Lab; the portal has the newest text. It is brought when a window opens the notebook
and sent after every save. Which text the copy here stems from is kept beside the versions, where no kernel can write.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sandbox.core.errors import Conflict, NotFound, SandboxError
from sandbox.core.messages import Language
from sandbox.labserver.history import CHOICES, NOTEBOOK, Contents
from sandbox.labserver.language import chosen_language
from sandbox.labserver.notebooks import Projects
from sandbox.labserver.portal import Portal
from sandbox.publishing.archive import content_address, pack_files, read_archive
from sandbox.store.workspace import write_atomically


@dataclass(frozen=True)
class Turn:
    """Whose turn it is: ``mine`` this window's, ``me`` another window of this person. ``text`` is the newest text."""

    mine: bool
    me: bool
    person: str
    since: str
    text: str
    owner: bool


class Sharing:
    """``projects`` are this Lab's; every call asks the portal anew."""

    def __init__(self, projects: Projects, portal: Portal) -> None:
        self._projects, self._portal = projects, portal

    async def ask(self, slug: str, window: str, *, take: bool = False) -> Turn | None:
        """The turn after ``window`` asked for it; None for a project that nobody shares.

        Without an answer of the portal a project of one person goes on; one that is shared raises what happened.
        """
        try:
            told = await self._portal.turn(slug, window, self._language, take=take)
        except NotFound:  # no project any more, or shared no more: the copy here is this person's alone
            return None
        except SandboxError:
            if self._base(slug) is None:
                return None
            raise
        if not told.get("shared"):
            return None
        turn = Turn(**{key: told[key] for key in Turn.__dataclass_fields__})
        if turn.mine and turn.owner and not turn.text:  # the first text is the owner's
            self._note(slug, "")
            return Turn(**{**vars(turn), "text": await self.send(slug, window)})
        return turn

    async def bring(self, slug: str, by: str, turn: Turn) -> None:
        """Put the newest text in place; what stood here before is kept as a version."""
        if not turn.text or self._base(slug) == turn.text:
            return
        here = await asyncio.to_thread(self._files, slug)
        if content_address(here) != turn.text:
            archive = await self._portal.shared_text(slug, self._language)
            files = (await asyncio.to_thread(read_archive, archive)).files
            if here:
                await self._projects.keep(slug, by, "before")
            contents = Contents(files[NOTEBOOK], files.get(CHOICES, b""))
            await asyncio.to_thread(contents.put, self._projects.folder(slug))
        self._note(slug, turn.text)

    async def check(self, slug: str, window: str) -> Turn | None:
        """Raise Conflict unless ``window`` may save now. None for a project that nobody shares."""
        turn = await self.ask(slug, window)
        if turn is None or (turn.mine and turn.text == self._base(slug)):
            return turn
        if not turn.mine:
            time = datetime.fromisoformat(turn.since) if turn.since else datetime.now(UTC)
            raise Conflict(
                "{person} has been working on this project since {time}.",
                "Your text is kept among the versions. To go on here, take the project over.",
                person=turn.person,
                time=time.astimezone().strftime("%H:%M"),
            )
        raise Conflict(
            "A colleague changed the notebook after this window opened it.",
            "Your text is kept among the versions. Reload the notebook, then bring back what you need from there.",
        )

    async def send(self, slug: str, window: str) -> str:
        """Send what lies in the project's folder as the newest text; its SHA-256."""
        files = await asyncio.to_thread(self._files, slug)
        base = self._base(slug) or ""
        sent = await self._portal.save_text(slug, window, base, pack_files(files), self._language)
        self._note(slug, sent)
        return sent

    async def leave(self, slug: str, window: str) -> None:
        if self._base(slug) is not None:
            await self._portal.turn(slug, window, self._language, leave=True)

    @property
    def _language(self) -> Language:
        return chosen_language(self._projects.places)

    def _files(self, slug: str) -> dict[str, bytes]:
        contents = Contents.of(self._projects.folder(slug))
        files = {NOTEBOOK: contents.notebook, CHOICES: contents.choices}
        return {name: content for name, content in files.items() if content}

    def _base(self, slug: str) -> str | None:
        """The shared text that the copy here stems from; "" before the first one, None for a project of one person."""
        try:
            return str(json.loads(self._place(slug).read_bytes())["text"])
        except (OSError, ValueError, TypeError, KeyError):
            return None

    def _note(self, slug: str, text: str) -> None:
        place = self._place(slug)
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_atomically(place, json.dumps({"text": text}).encode())

    def _place(self, slug: str) -> Path:
        places = self._projects.places
        return places.workspace.history(places.owner, slug) / "shared.json"
