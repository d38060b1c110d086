"""altair's charts as data.

By itself altair shows each chart as a page of scripts from elsewhere, which nothing without a network can run; as data,
JupyterLab and an app's page draw it with what they have.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping
from typing import Any

#: altair's renderers that write such a page; whoever chose another one (a picture, a widget) gets it.
_PAGES = ("default", "html", "colab", "kaggle", "zeppelin")
#: What a notebook file takes as JSON, and JupyterLab 4 draws: nothing newer than version 5, but version 6 as well as 5.
_NEWER = re.compile(r"(application/vnd\.vega(?:lite)?)\.v6[.+]json")

Bundle = tuple[dict[str, Any], dict[str, Any]]


def printers() -> dict[tuple[str, str], Callable[[Any], Bundle]]:
    """For IPython's ``MimeBundleFormatter.deferred_printers``: by name, so that nobody imports altair for it."""
    return {(f"altair.vegalite.v{version}.api", "TopLevelMixin"): altair_bundle for version in (4, 5, 6)}


def altair_bundle(chart: Any) -> Bundle:
    """(data, metadata) of a chart of altair's, as its own formatter would give them."""
    renderers = sys.modules["altair"].renderers
    if renderers.active in _PAGES:
        options = {name: value for name, value in renderers.options.items() if name == "embed_options"}
        with renderers.enable("mimetype", **options):
            found = chart._repr_mimebundle_()
    else:
        found = chart._repr_mimebundle_()
    data, metadata = found if isinstance(found, tuple) else (found or {}, {})
    return _known(data), _known(metadata)


def _known(bundle: Mapping[str, Any]) -> dict[str, Any]:
    return {_NEWER.sub(r"\1.v5+json", kind): value for kind, value in bundle.items()}
