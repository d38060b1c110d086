"""Every model of the installed ipywidgets in one page, which is watched: it reads each of the traits that it is sent.

That a trait is read does not prove that it is obeyed (``test_widgets``, ``test_traits``, ``test_hands``, ``test_media``
do); one that is not read, when everything has been shown and touched, is surely ignored. So a new version of ipywidgets
says here what it brings.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import ipywidgets
import pytest
from ipywidgets import Layout, Widget

from tests.appserver.portal import Portal
from tests.appserver.site import THIRD, Hardened
from tests.appserver.test_page import come_from_portal
from tests.helpers.browser import new_context

pytestmark = pytest.mark.browser

#: Address a model; they are read by whoever makes the page (``page/widgets.py``).
ADDRESS = re.compile(r"_(?:model|view)_(?:module|name)(?:_version)?")
#: Trait → why a page reads it of no widget.
NOWHERE = {
    "_view_count": "tells the kernel how often a widget is shown, which is each viewer's own page",
}
#: (Model, trait) → why a page does not read it.
LEFT_OUT = {
    **{(f"{each}Model", "placeholder"): "there is nothing to type" for each in ("HTML", "HTMLMath", "Label")},
    **{(f"{each}Model", "description_allow_html"): "a text, in ipywidgets as well"
       for each in ("FileUpload", "Label", "Play", "ToggleButton")},
    **{(f"{each}Model", "box_style"): "ipywidgets' own page gives it to boxes only" for each in ("Accordion", "Tab")},
    ("StackModel", "titles"): "one child alone is shown; nobody chooses by a title",
    ("ValidModel", "disabled"): "there is nothing to do with it",
    ("FileUploadModel", "error"): "the page says it, to the kernel",
    ("ControllerModel", "mapping"): "the page says it, to the kernel",
    ("ControllerModel", "timestamp"): "the page says it, to the kernel",
}  # fmt: skip
#: Never in a page: the kernel makes them for a gamepad (``kernels/gamepads.py``) or nobody does.
NOT_SHOWN = {"ControllerAxisModel", "ControllerButtonModel", "DOMWidgetModel", "StyleModel", "WidgetModel"}

WATCH = """
const parse = JSON.parse;
self.readTraits = {};
JSON.parse = function (...given) {
  const found = parse.apply(this, given);
  for (const each of Object.values(found ?? {})) {
    if (!each?.model_name || !each.state) continue;
    const read = readTraits[each.model_name] ??= [];
    each.state = new Proxy(each.state, {
      get: (state, trait) => (read.push(trait), state[trait]),
      ownKeys: state => (read.push('*'), Reflect.ownKeys(state)) });
  }
  return found;
};
"""
#: What a viewer may do, to everything: buttons, fields, lists, folds, tabs.
TOUCH = """async () => {
  const tell = (field, ...names) => names.forEach(name => field.dispatchEvent(new Event(name, { bubbles: true })));
  const given = { number: '2', date: '2026-01-02', time: '08:30', 'datetime-local': '2026-01-02T08:30' };
  const wait = ms => new Promise(resolve => setTimeout(resolve, ms));
  for (const field of document.querySelectorAll('main input, main textarea, main select')) {
    if (field.type == 'file') continue;
    if (field.type == 'range') field.stepUp();
    else if (field.type == 'checkbox' || field.type == 'radio') { field.click(); continue; }
    else if (field.localName == 'select') field.selectedIndex = 1;
    else if (field.type == 'color') field.value = '#00ff00';
    else if (field.closest('.every-ColorsInput')) field.value = 'red';
    else field.value = given[field.type] ?? '3';
    tell(field, 'input', 'change');
    field.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true }));
  }
  for (const track of document.querySelectorAll('.widget-range')) {
    const { left, top, width, height } = track.getBoundingClientRect();
    const at = { clientX: left + width - 1, clientY: top + height / 2, pointerId: 1, bubbles: true };
    try { track.dispatchEvent(new PointerEvent('pointerdown', at)); } catch { /* no pointer to capture */ }
  }
  for (const fold of document.querySelectorAll('main summary')) fold.click();
  for (const button of [...document.querySelectorAll('main button')]) { button.click(); await wait(150); }
  await wait(500);
}"""


@pytest.fixture(scope="module")
def read(hands: Hardened, browser: Any, portal_server: Portal) -> Iterator[dict[str, set[str]]]:
    """Model → the traits that the page has read of it."""
    context = new_context(browser)
    page = context.new_page()
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.add_init_script(WATCH)
    come_from_portal(page, hands, portal_server, THIRD)
    page.wait_for_selector("body.sb-ready")
    page.evaluate(TOUCH)
    assert page.get_by_text("cannot be shown").count() == 0
    found = page.evaluate("readTraits")
    assert not problems
    yield {model: set(traits) for model, traits in found.items()}
    context.close()


def models() -> dict[str, set[str]]:
    """Model → what ipywidgets sends of it, by all classes that have it."""
    found: dict[str, set[str]] = {}
    for each in vars(ipywidgets).values():
        if not isinstance(each, type) or not issubclass(each, Widget) or "_model_name" not in each.class_traits():
            continue
        name = str(each.class_traits()["_model_name"].default_value)
        if name not in NOT_SHOWN and each.__module__.startswith("ipywidgets."):
            sent = {trait for trait in each.class_traits(sync=True) if not ADDRESS.fullmatch(trait)}
            found.setdefault(name, set()).update(sent)
    return found


def test_every_model_is_in_the_page(read: dict[str, set[str]]) -> None:
    assert len(models()) > 50
    assert not sorted(set(models()) - set(read))


def test_every_trait_is_read_or_left_out_for_a_reason(read: dict[str, set[str]]) -> None:
    ignored = {(model, trait) for model, traits in models().items() if "*" not in read.get(model, ())
               for trait in traits - read.get(model, set()) - set(NOWHERE)}  # fmt: skip
    assert sorted(ignored) == sorted(LEFT_OUT), "read it (see views/), or say in LEFT_OUT why a page leaves it out"
    assert not [trait for trait in NOWHERE if any(trait in traits for traits in read.values())]


def test_every_trait_of_a_layout_is_a_property_of_css(hands: Hardened, browser: Any, portal_server: Portal) -> None:
    """They are all read, as one; a name that CSS does not know would do nothing."""
    context = new_context(browser)
    page = context.new_page()
    names = [name.replace("_", "-") for name in Layout.class_traits(sync=True) if not name.startswith("_")]
    unknown = page.evaluate("names => names.filter(name => !CSS.supports(name, 'inherit'))", names)
    assert len(names) > 30 and unknown == []
    context.close()
