"""The language of this Lab: the person's, as the last ticket told it; kept for the next start."""

from __future__ import annotations

import json

from sandbox.core.messages import Language, as_language
from sandbox.labserver.places import Places
from sandbox.store.workspace import write_atomically

_LOCALES: dict[Language, str] = {"en": "en", "zh-CN": "zh_CN"}
_PLUGIN = "@jupyterlab/translation-extension"


def chosen_language(places: Places, default: Language = "en") -> Language:
    file = places.private / "language"
    return as_language(file.read_text().strip()) if file.is_file() else default


def choose_language(places: Places, language: Language) -> None:
    """Make ``language`` the user interface's, unless it was already: what a person then sets in Lab itself stays."""
    places.private.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = places.private / "language"
    if file.is_file() and file.read_text().strip() == language:
        return
    settings = places.private / "user-settings" / _PLUGIN
    settings.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_atomically(settings / "plugin.jupyterlab-settings", json.dumps({"locale": _LOCALES[language]}).encode())
    write_atomically(file, language.encode())
