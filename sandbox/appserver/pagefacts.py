"""How the facts of one page reach Voilà's template: through its page-config hook, within the request's own context."""

from __future__ import annotations

import contextvars
from typing import Any

page_facts: contextvars.ContextVar[dict[str, Any] | None] = contextvars.ContextVar("page_facts", default=None)


def add_page_facts(page_config: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Voilà's ``page_config_hook``. The template takes ``sandbox`` out again before the browser gets the rest."""
    facts = page_facts.get()
    if facts is None:
        raise RuntimeError("an app page can only be made within its handler")
    return {**page_config, "sandbox": facts}
