"""The page's script names every widget of the installed ipywidgets, and each of the traits that a front end is sent.

That a name occurs does not prove that it is obeyed (``test_widgets`` and ``test_traits`` do, in a browser); one that
does not occur is surely ignored. So a new version of ipywidgets says here what it brings.
"""

from __future__ import annotations

import re
from pathlib import Path

import ipywidgets
from ipywidgets import DOMWidget, Layout, Style, Widget

SOURCES = Path(__file__).parents[2] / "apppage" / "src" / "runtime"
#: What a page does not do, and why.
LEFT_OUT = {
    "_view_count": "tells the kernel how often a widget is shown, which is each viewer's own page",
    "autoplay": "sound that nobody asked for",
    "behavior": "how a click beside the handle moves it: a browser's own slider jumps there",
}
#: Address a model; they are read by whoever makes the page (``widgets.py``).
ADDRESS = re.compile(r"_(?:model|view)_(?:module|name)(?:_version)?")


def classes() -> list[type[Widget]]:
    found = [each for each in vars(ipywidgets).values() if isinstance(each, type) and issubclass(each, DOMWidget)]
    return [
        each for each in found if each.__module__.startswith("ipywidgets.") and "_model_name" in each.class_traits()
    ]


def test_every_widget_and_every_trait() -> None:
    script = "\n".join(file.read_text("utf-8") for file in SOURCES.rglob("*.ts"))
    words = set(re.findall(r"\w+", script))
    shown = [each for each in classes() if each.class_traits()["_model_name"].default_value != "DOMWidgetModel"]
    assert len(shown) > 50
    assert not [each.__name__ for each in shown if each.class_traits()["_model_name"].default_value not in words]
    traits = {trait for each in shown for trait in each.class_traits(sync=True) if not ADDRESS.fullmatch(trait)}
    assert not sorted(traits - words - set(LEFT_OUT)), "see views/, or say in LEFT_OUT why a page leaves it out"
    assert not sorted(set(LEFT_OUT) - traits - {"_view_count"}), "gone from ipywidgets"


def test_every_style() -> None:
    view = (SOURCES / "views" / "view.ts").read_text("utf-8")
    found = [*Style.__subclasses__(), *(more for each in Style.__subclasses__() for more in each.__subclasses__())]
    traits = {trait for each in found for trait in each.class_traits(sync=True)} - set(Layout.class_traits(sync=True))
    own = {trait for trait in traits if not trait.startswith("_")} - {"button_width"}  # of `ToggleButtons` alone
    assert own and not sorted(trait for trait in own if not re.search(rf"\b{trait}\b", view))
