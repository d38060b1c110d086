"""How far an examination is, in words."""

from __future__ import annotations

import json

from sandbox.core.messages import Message, Translate


def progress_text(progress: str, translate: Translate) -> str:
    """The examiner's progress (a message as JSON, or a plain text) in the reader's language; empty when unknown."""
    try:
        return Message.from_json(json.loads(progress)).render(translate)
    except (ValueError, KeyError, TypeError, AttributeError):
        return progress if progress and not progress.startswith(("{", "[")) else ""
