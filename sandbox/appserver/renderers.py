"""Scripts that draw charts in an app's page, each at an address that names its text.

Nothing is loaded from outside. Who installs plotly gets plotly's charts, drawn by the script in its package; altair's
package has none, so the one for Vega and Vega-Lite is ours (``apppage/src/vega``). A page loads such a script only when
an output needs it, into a frame without an origin (``apppage/src/runtime/views/charts.ts``).
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
from sandbox.appserver.page import built

#: Name → package of the environment, and the file in it. "plotly-widget" is what every ``FigureWidget`` brings along as
#: its own script.
_BROUGHT = {
    "plotly": ("plotly", "package_data/plotly.min.js"),
    "plotly-widget": ("plotly", "package_data/widgetbundle.js"),
}
_SCRIPTS = (*_BROUGHT, "vega")
_ENDS = ("+json", ".json")
_VEGA_LITE: Mapping[int, str | None] = {1: None, 2: None, 3: "vegalite", 4: "vegalite", 5: "vegalite", 6: "vegalite"}
_VEGA: Mapping[int, str | None] = {3: None, 4: None, 5: "vega", 6: "vega"}
#: A type of output → what the page is told to draw; None: nobody here can, which is told in words. altair 6 writes
#: ".json" where everybody writes "+json".
CHARTS: Mapping[str, str | None] = {
    "application/vnd.plotly.v1+json": "plotly",
    **{f"application/vnd.vegalite.v{number}{end}": kind for number, kind in _VEGA_LITE.items() for end in _ENDS},
    **{f"application/vnd.vega.v{number}{end}": kind for number, kind in _VEGA.items() for end in _ENDS},
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
    """The script of that name, None when it is not here."""
    file = _file(name)
    try:
        text = file.read_text("utf-8") if file else None
    except OSError:
        return None
    return Script(text, hashlib.sha256(text.encode()).hexdigest()[:32]) if text else None


def _file(name: str) -> Path | None:
    if name == "vega":
        return built.FOLDER / built.VEGA
    package, file = _BROUGHT[name]
    found = find_spec(package)
    return Path(found.origin).parent / file if found and found.origin else None


@cache
def _packed(text: str) -> bytes:
    return gzip.compress(text.encode(), 6, mtime=0)


def addresses(base: str) -> dict[str, str]:
    """Where a page finds each script that is here."""
    known = {name: script(name) for name in _SCRIPTS}
    return {name: f"{base}voila/script/{name}-{each.digest}.js" for name, each in known.items() if each}


def brought(text: Any) -> str:
    """The name of the script that ``text`` is word for word, else ""."""
    if not isinstance(text, str) or len(text) < 100_000:
        return ""
    return next((name for name in _BROUGHT if (each := script(name)) and each.text == text), "")


def renderer_of(data: Mapping[str, Any]) -> tuple[str, str | None] | None:
    """(type, what to draw) of an output that is a chart; None for the second when nobody here can."""
    kind = next((kind for kind in data if kind in CHARTS), None)
    if kind is None:
        return None
    drawn = CHARTS[kind]
    return kind, drawn if drawn and script("vega" if drawn == "vegalite" else drawn) else None


class RendererScript(Sealed):
    """GET: a script that draws charts, for every page and kept for ever; nothing of an app or a viewer is in it."""

    async def get(self, name: str, digest: str) -> None:
        found = script(name) if name in _SCRIPTS else None
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
