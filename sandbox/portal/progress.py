"""How far an examination is, in words."""

from __future__ import annotations

import json

from sandbox.core.messages import Message, Translate

_STEPS = {
    "reading": Message("Reading the submission"),
    "running": Message("Running cell {done} of {total}"),
    "app": Message("Trying the app part: cell {done} of {total}"),
    "building": Message("Building the candidate app"),
}


def progress_text(progress: str, translate: Translate) -> str:
    """The examiner's progress (JSON: step, done, total, title) in the reader's language; empty when unknown."""
    try:
        state = json.loads(progress)
        step = _STEPS[state["step"]]
    except (ValueError, KeyError, TypeError):
        return ""
    text = Message(step.template, state).render(translate)
    title = str(state.get("title", "")).strip()
    return f"{text} · {title}" if title else text
