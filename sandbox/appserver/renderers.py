"""Scripts that draw charts in an app's page: those that the environment brings, each at an address that names its text.

Nothing is loaded from outside and nothing is shipped by us: who installs plotly gets plotly's charts. A page loads such
a script only when an output needs it, into a frame without an origin (``apppage/src/runtime/views/charts.ts``).
"""

from __future__ import annotations

import asyncio
import gzip
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from tornado import web

from sandbox.appserver.handlers import Sealed

#: Name → package, and the file in it. "plotly-widget" is what every ``FigureWidget`` brings along as its own script.
_BROUGHT = {
    "plotly": ("plotly", "package_data/plotly.min.js"),
    "plotly-widget": ("plotly", "package_data/widgetbundle.js"),
}
#: A type of output → who draws it; None: nobody here, which is told in words.
CHARTS: Mapping[str, str | None] = {"application/vnd.plotly.v1+json": "plotly"} | {
    f"application/vnd.{kind}.v{version}+json": None
    for kind, versions in {"vega": (3, 4, 5, 6), "vegalite": (1, 2, 3, 4, 5, 6)}.items()
    for version in versions
}
NAME = r"(?P<name>[a-z-]{1,40})-(?P<digest>[0-9a-f]{32})\.js"


@dataclass(frozen=True)
class Script:
    """``packed``: gzip, made once, because to do it for everybody would take a fifth of a second each time."""

    text: str
    digest: str

    @property
    def packed(self) -> bytes:
        return _packed(self.text)


@cache
def script(name: str) -> Script | None:
    """The script of that name, None when the environment does not have it."""
    package, file = _BROUGHT[name]
    found = find_spec(package)
    if found is None or found.origin is None:
        return None
    try:
        text = (Path(found.origin).parent / file).read_text("utf-8")
    except OSError:
        return None
    return Script(text, hashlib.sha256(text.encode()).hexdigest()[:32])


@cache
def _packed(text: str) -> bytes:
    return gzip.compress(text.encode(), 6, mtime=0)


def addresses(base: str) -> dict[str, str]:
    """Where a page finds each script that is here."""
    known = {name: script(name) for name in _BROUGHT}
    return {name: f"{base}voila/script/{name}-{each.digest}.js" for name, each in known.items() if each}


def brought(text: Any) -> str:
    """The name of the script that ``text`` is word for word, else ""."""
    if not isinstance(text, str) or len(text) < 100_000:
        return ""
    return next((name for name in _BROUGHT if (each := script(name)) and each.text == text), "")


def renderer_of(data: Mapping[str, Any]) -> tuple[str, str | None] | None:
    """(type, who draws it) of an output that is a chart; None for the second when nobody here does."""
    kind = next((kind for kind in data if kind in CHARTS), None)
    if kind is None:
        return None
    name = CHARTS[kind]
    return kind, name if name and script(name) else None


class RendererScript(Sealed):
    """GET: a script of the environment, for every page and kept for ever; nothing of an app or a viewer is in it."""

    async def get(self, name: str, digest: str) -> None:
        found = script(name) if name in _BROUGHT else None
        if found is None or found.digest != digest:
            raise web.HTTPError(404)
        packed = await asyncio.to_thread(lambda: found.packed)
        self.set_header("Content-Type", "text/javascript; charset=utf-8")
        self.set_header("Content-Encoding", "gzip")
        self.set_header("Cache-Control", "public, max-age=31536000, immutable")
        # A page of an app has an origin of its own and must be let read it.
        self.set_header("Access-Control-Allow-Origin", "*")
        self.set_header("Cross-Origin-Resource-Policy", "cross-origin")
        self.finish(packed)
