"""Message catalogues: English text → 简体中文. Plain gettext PO files, one per room, read once per process.

To add texts: mark them (``_("…")``, ``Message("…")``, an error's message and remedy), then add the pair to the room's
``sandbox/i18n/zh-CN/<room>.po``; ``tests/test_texts.py`` names what is missing.
Where a number may be 1, English says ``{n} {n:day|days}`` (``core.messages.fill``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from babel.messages.pofile import read_po

from sandbox.core.messages import Language, Message

_FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Catalogue:
    """Texts of one language; ``gettext`` gives the English text back where no translation is known."""

    language: Language
    texts: Mapping[str, str] = field(default_factory=dict, repr=False)

    def gettext(self, text: str) -> str:
        return self.texts.get(text, text)

    def render(self, message: Message) -> str:
        return message.render(self.gettext)


@cache
def catalogue(language: Language) -> Catalogue:
    """The product's catalogue for ``language``; English needs none."""
    texts: dict[str, str] = {}
    for file in sorted((_FOLDER / language).glob("*.po")):
        texts.update(read_catalogue(file))
    return Catalogue(language, texts)


def read_catalogue(file: Path, context: bool = False) -> dict[str, str]:
    """Translated entries of one PO file: message id → text, or msgctxt → text when ``context`` is true."""
    with file.open("rb") as stream:
        entries = read_po(stream)
    return {
        str(entry.context if context else entry.id): str(entry.string)
        for entry in entries
        if entry.id and entry.string and bool(entry.context) == context
    }
