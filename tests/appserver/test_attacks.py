"""What a hostile viewer tries. Each attack must work on Voilà as it comes (or it proves nothing) and fail on ours.

As it comes means two servers: standalone Voilà, as its manual recommends it, where a part works (shutting kernels down,
other viewers' kernels, listings, forged tokens), and for the rest Voilà as an extension of a Jupyter Server without
log-in.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import ExitStack, closing
from datetime import UTC, datetime, timedelta

import httpx
import psutil
import pytest
import websocket

from tests.appserver.site import (
    APP,
    FORGED,
    OTHER,
    Conversation,
    Hardened,
    Site,
    Viewer,
    comm_msg,
    execute,
    message,
    receive,
    send,
)

Attack = Callable[[Site], bool]

SECRET = "print('P' + 'WNED-' + str(6 * 7) + SECRET)"


#: For a kernel that waits and answers nothing meanwhile.
NO_FENCE = "no message has this id"


def _execute(encoding: str, channel: str) -> Attack:
    def attack(site: Site) -> bool:
        viewer, kernel = site.opened()
        sign = "PWNED-42kernel-secret"
        return sign in viewer.send(kernel, execute(SECRET, channel), sign, encoding)

    return attack


def _ask(kind: str, content: dict, channel: str, sign: str) -> Attack:
    def attack(site: Site) -> bool:
        viewer, kernel = site.opened()
        return sign in viewer.send(kernel, message(kind, content, channel), sign)

    return attack


def _shut_down(channel: str, *, restart: bool = False) -> Attack:
    def attack(site: Site) -> bool:
        viewer, kernel = site.opened()
        reply = viewer.send(kernel, message("shutdown_request", {"restart": restart}, channel), "shutdown_reply")
        ended = "shutdown_reply" in reply or not viewer.alive(kernel)
        if ended:
            site.kept = None
        return ended

    return attack


def _by_address(action: str) -> Attack:
    """The viewer has the own kernel restarted or interrupted over HTTP, as Lab's menu does."""

    def attack(site: Site) -> bool:
        viewer, kernel = site.opened()
        return viewer.request("POST", f"/api/kernels/{kernel}/{action}", **FORGED).status_code < 300

    return attack


def _subshell(kind: str) -> Attack:
    """The viewer makes a subshell, and then what ``kind`` says by its name."""

    def attack(site: Site) -> bool:
        viewer, kernel = site.opened()
        reply = viewer.send(kernel, message("create_subshell_request", {}, "control"), "create_subshell_reply")
        made = re.search(r'"subshell_id": ?"([^"]+)"', reply)
        name = made[1] if made else "no-such-subshell"
        if kind == "execute":
            within = execute(SECRET)
            within["header"]["subshell_id"] = name
            return "PWNED-42kernel-secret" in viewer.send(kernel, within, "PWNED-42kernel-secret")
        asked = message(f"{kind}_subshell_request", {"subshell_id": name}, "control")
        return f"{kind}_subshell_reply" in viewer.send(kernel, asked, f"{kind}_subshell_reply")

    return attack


def _answered_by(person: str) -> Attack:
    """A callback of the app asks something, and ``person`` answers on the channel for answers.

    Whoever answers is attached before: Jupyter's server lets nobody attach to a kernel that waits.
    """

    def attack(site: Site) -> bool:
        rita = site.viewer()
        kernel = rita.open()
        with Conversation(rita, kernel) as page, ExitStack() as others:
            try:
                socket = page.socket
                if person != "rita":
                    socket = others.enter_context(closing(site.viewer(person).connect(kernel)))
                    send(socket, message("kernel_info_request", {}), "json")
                    receive(socket, "kernel_info_reply", NO_FENCE, 0)
                click = {"method": "custom", "content": {"event": "click"}}
                page.say(comm_msg(page.widgets["ButtonModel"][-1], click))
                asked = receive(page.socket, "input_request", NO_FENCE, 0)
                assert "input_request" in asked, "the app's code has not asked"
                send(socket, message("input_reply", {"value": "forged", "status": "ok"}, "stdin"), "json")
                heard = receive(page.socket, "answered: forged", NO_FENCE, 0, seconds=5 * rita.quiet)
            except websocket.WebSocketException:
                heard = ""
        return "answered: forged" in heard

    return attack


def _after_sign_out(site: Site) -> bool:
    """A page that its viewer has left attaches to its kernel again. Voilà knows no way to sign out."""
    viewer = site.viewer("leaver")
    kernel = viewer.open()
    viewer.request("POST", "/leave", **FORGED)
    return viewer.attached(kernel)


def _foreign_socket(site: Site) -> bool:
    """Another viewer attaches to a kernel whose id leaked."""
    return "comm_info_reply" in site.viewer("bob").send(
        site.opened()[1], message("kernel_info_request", {}), "comm_info_reply"
    )


def _foreign_state(site: Site) -> bool:
    """Another viewer reads what somebody entered: all widgets' states, through the widgets' own control channel."""
    header = {"comm_id": "0" * 32, "target_name": "jupyter.widget.control", "data": {}}
    opening = message("comm_open", header) | {"metadata": {"version": "1.0.0"}}
    asking = message("comm_msg", {"comm_id": "0" * 32, "data": {"method": "request_states"}})
    bob = site.viewer("bob")
    kernel = site.opened()[1]
    bob.send(kernel, opening, "comm_info_reply")
    return "IntSliderModel" in bob.send(kernel, asking, "IntSliderModel")


def _foreign_model(site: Site) -> bool:
    return site.viewer("bob").alive(site.opened()[1])


def _anonymous_socket(site: Site) -> bool:
    return "_reply" in site.anonymous().send(site.opened()[1], message("kernel_info_request", {}), "_reply")


def _anonymous_page(site: Site) -> bool:
    viewer = site.anonymous()
    return "kernelId" in viewer.request("GET", viewer.path()).text


def _ended(method: str, address: str, person: str | None) -> Attack:
    """Somebody else, or nobody (None), ends a viewer's kernel with a made-up token, sent as cookie and as header."""

    def attack(site: Site) -> bool:
        rita, kernel = site.opened()
        attacker = site.viewer(person) if person else site.anonymous()
        attacker.request(method, address.format(kernel), **FORGED)
        return not rita.alive(kernel)

    return attack


def _start_kernel(site: Site) -> bool:
    return site.viewer().request("POST", "/api/kernels", json={}, **FORGED).status_code == 201


def _read(path: str, sign: str) -> Attack:
    def attack(site: Site) -> bool:
        viewer, _ = site.opened()
        return sign in viewer.request("GET", path.format(APP=f"{APP}/{site.versions[APP]}",
                                                         OTHER=f"{OTHER}/{site.versions[OTHER]}")).text  # fmt: skip

    return attack


def _foreign_app(site: Site) -> bool:
    viewer, _ = site.opened()
    return "kernelId" in viewer.request("GET", viewer.path(OTHER)).text


def _other_template(site: Site) -> bool:
    """Another page template by query string: without our policy, title bar and nonces."""
    viewer = site.viewer()
    return "theme-dark" in viewer.request("GET", f"{viewer.path()}?template=lab&theme=dark").text


def _foreign_origin(site: Site) -> bool:
    """A page of another site opens the websocket with the viewer's cookies."""
    viewer, kernel = site.opened()
    elsewhere = Viewer(site.base, viewer.cookies, "http://evil.example")
    try:
        elsewhere.connect(kernel).close()
    except websocket.WebSocketException:
        return False
    return True


def _open_widget(site: Site) -> bool:
    """A viewer makes a widget in the kernel: memory without end, one message at a time."""
    viewer, kernel = site.opened()
    controls, comm_id = "@jupyter-widgets/controls", "d" * 32
    state = {
        "_model_module": controls, "_model_module_version": "2.0.0", "_model_name": "IntTextModel",
        "_view_module": controls, "_view_module_version": "2.0.0", "_view_name": "IntTextView",
    }  # fmt: skip
    content = {"comm_id": comm_id, "target_name": "jupyter.widget", "data": {"state": state, "buffer_paths": []}}
    opening = message("comm_open", content) | {"metadata": {"version": "2.1.0"}}
    viewer.send(kernel, opening, "comm_info_reply")
    return comm_id in viewer.send(kernel, message("comm_info_request", {}), "comm_info_reply")


DEBUG = {"type": "request", "command": "debugInfo", "seq": 1, "arguments": {}}
DELETE, BEACON = ("DELETE", "/api/kernels/{}"), ("POST", "/voila/api/shutdown/{}")

#: What standalone Voilà lets through.
STANDALONE: dict[str, Attack] = {
    "shutdown, control": _shut_down("control"),
    "shutdown, shell": _shut_down("shell"),
    "restart, control": _shut_down("control", restart=True),
    "restart, shell": _shut_down("shell", restart=True),
    "foreign kernel by websocket": _foreign_socket,
    "foreign kernel's widgets": _foreign_state,
    "foreign kernel by address": _foreign_model,
    "foreign kernel ended": _ended(*BEACON, "bob"),
    "foreign kernel deleted": _ended(*DELETE, "bob"),
    "anonymous websocket": _anonymous_socket,
    "anonymous page": _anonymous_page,
    "forged xsrf pair, shutdown": _ended(*BEACON, None),
    "forged xsrf pair, delete": _ended(*DELETE, None),
    "list by tree": _read("/voila/tree?classic-tree=true", APP),
    "list by contents": _read("/voila/api/contents", OTHER),
    "list a foreign app": _read("/voila/api/contents/{OTHER}", "app.ipynb"),
    "foreign app": _foreign_app,
    "widgets made by a viewer": _open_widget,
    "other template": _other_template,
    "websocket after sign-out": _after_sign_out,
}

#: What it refuses, and Voilà in a Jupyter Server lets through.
STOCK: dict[str, Attack] = {
    **{f"execute, {encoding}, {channel}": _execute(encoding, channel)
       for encoding in ("json", "legacy", "v1") for channel in ("shell", "control")},
    "complete": _ask("complete_request", {"code": "SEC", "cursor_pos": 3}, "shell", "SECRET"),
    "inspect": _ask("inspect_request", {"code": "SECRET", "cursor_pos": 6, "detail_level": 1}, "shell",
                    "inspect_reply"),
    "history": _ask("history_request", {"output": True, "raw": True, "hist_access_type": "tail", "n": 10}, "shell",
                    "history_reply"),
    "is_complete": _ask("is_complete_request", {"code": "x"}, "shell", "is_complete_reply"),
    "debug": _ask("debug_request", DEBUG, "control", "debug_reply"),
    "interrupt": _ask("interrupt_request", {}, "control", "interrupt_reply"),
    "usage": _ask("usage_request", {}, "control", "usage_reply"),
    **{f"subshell, {kind}": _subshell(kind) for kind in ("create", "list", "delete", "execute")},
    "interrupt by address": _by_address("interrupt"),
    "restart by address": _by_address("restart"),
    "answer": _answered_by("rita"),
    "answer of another viewer": _answered_by("bob"),
    "start a kernel": _start_kernel,
    "list kernels": _read("/api/kernels", "execution_state"),
    "read a notebook's source": _read("/api/contents/{APP}/app.ipynb", "kernel-"),
    "read a file": _read("/files/{OTHER}/evidence.json", '"of"'),
    "foreign origin": _foreign_origin,
}  # fmt: skip

ATTACKS = STANDALONE | STOCK


@pytest.mark.parametrize("name", STOCK)
def test_works_on_voila_as_it_comes(name: str, stock: Site) -> None:
    assert STOCK[name](stock), "this attack proves nothing: it fails on an unhardened server too"


@pytest.mark.parametrize("name", STANDALONE)
def test_works_on_standalone_voila_as_it_comes(name: str, standalone: Site) -> None:
    assert STANDALONE[name](standalone), "standalone Voilà has closed this hole: move the attack to STOCK"


@pytest.mark.parametrize("name", ATTACKS)
def test_fails_on_ours(name: str, ours: Hardened) -> None:
    assert not ATTACKS[name](ours)


@pytest.mark.parametrize("channel", ["stdin", "iopub", "heartbeat", ""])
def test_no_other_channel_takes_what_these_refuse(channel: str, ours: Hardened) -> None:
    viewer, kernel = ours.opened()
    for kind in ("shutdown_request", "interrupt_request", "create_subshell_request", "input_reply"):
        assert f"{kind.split('_')[0]}_reply" not in viewer.send(kernel, message(kind, {}, channel), "_reply")
    assert viewer.alive(kernel)


def test_an_attacked_kernel_still_serves_its_viewer(ours: Hardened) -> None:
    viewer, kernel = ours.opened()
    answer = viewer.send(kernel, execute(SECRET), "comm_info_reply")
    assert "comm_info_reply" in answer and "execute_reply" not in answer
    assert not _foreign_state(ours), "and nobody else"
    assert "IntSliderModel" in _own_state(viewer, kernel)


def _own_state(viewer: Viewer, kernel: str) -> str:
    header = {"comm_id": "1" * 32, "target_name": "jupyter.widget.control", "data": {}}
    viewer.send(kernel, message("comm_open", header) | {"metadata": {"version": "1.0.0"}}, "comm_info_reply")
    asking = message("comm_msg", {"comm_id": "1" * 32, "data": {"method": "request_states"}})
    return viewer.send(kernel, asking, "IntSliderModel")


def test_paths_that_are_no_page(ours: Hardened) -> None:
    viewer, _ = ours.opened()
    version, other = ours.versions[APP], ours.versions[OTHER]
    tricks = [
        f"{APP}/{version}/..%2f{version}/app.ipynb", f"{APP}%2F{version}%2Fapp.ipynb/..", f"{APP}/{version}/app.toml",
        f"{APP}/{version}/source/notebook.ipynb", f"/{APP}/{version}/app.ipynb", f"{APP}/{version}/app.ipynb/",
        f"{APP}/{version}/app.ipynb%00", f"{APP.upper()}/{version}/app.ipynb", "..%2f..%2fkeys%2fticket.key", "", APP,
        f"{OTHER}/{other}/..%2f..%2f{APP}/{version}/app.ipynb", f"{APP}/{version}/.%2fapp.ipynb",
    ]  # fmt: skip
    for trick in tricks:
        assert viewer.request("GET", f"/voila/render/{trick}").status_code == 404, trick
    for place in ("voila/static", "assets", "voila/labextensions", "voila/labextensions/@jupyter-widgets"):
        for trick in (
            "../../../keys/ticket.key",
            "..%2f..%2f..%2fkeys%2fticket.key",
            "%2fetc%2fpasswd",
            "//etc/passwd",
        ):
            answer = viewer.request("GET", f"/{place}/{trick}")
            assert answer.status_code in (403, 404), (place, trick)


def test_no_other_addresses(ours: Hardened) -> None:
    viewer, kernel = ours.opened()
    for path in (
        "/login", "/logout", "/tree", "/voila/tree", "/voila/api/contents",
        f"/voila/files/{APP}/{ours.versions[APP]}/app.toml",
        f"/voila/query/{kernel}", f"/voila/execution/{kernel}", "/api/status", "/api/sessions", "/metrics",
        "/voila/api/themes/x",
        "/voila/templates/lab/static/index.css", "/api/kernelspecs", "/static/favicon.ico",
    ):  # fmt: skip
        assert viewer.request("GET", path).status_code == 404, path


def test_the_portals_host_name_is_not_served(ours: Hardened) -> None:
    """On 127.0.0.1 an app page would share the portal's cookies, because cookies know no ports."""
    base = ours.base.replace("localhost", "127.0.0.1")
    for path in ("/", "/healthz", ours.anonymous().path()):
        assert httpx.get(f"{base}{path}", trust_env=False).status_code == 421
    rebound = httpx.get(f"{ours.base}/healthz", headers={"Host": "evil.example"}, trust_env=False)
    assert rebound.status_code == 421


def test_tickets(ours: Hardened) -> None:
    def enter(ticket: str) -> int:
        return httpx.post(f"{ours.base}/enter", data={"ticket": ticket}, trust_env=False).status_code

    good = ours.ticket()
    assert enter(good) == 200
    assert enter(good) == 401, "a ticket works once"
    assert enter(ours.ticket(expires=datetime.now(UTC) - timedelta(seconds=1))) == 401, "an old ticket"
    body, signature = ours.ticket().split(".")
    assert enter(f"{body}.{signature[:-2]}xx") == 401
    for broken in ("", ".", "x", "a.b", "é.é"):
        assert enter(broken) == 401
    assert enter(ours.ticket(app="no-such-app")) == 404


def test_sign_out_ends_kernels_and_session(ours: Hardened) -> None:
    viewer = ours.viewer("leaver")
    kernel = viewer.open()
    stranger = Viewer(ours.base, viewer.cookies, "http://evil.example")
    assert stranger.request("POST", "/leave").status_code == 404
    assert viewer.alive(kernel)
    assert viewer.request("POST", "/leave").status_code == 200
    assert viewer.request("GET", f"/api/kernels/{kernel}").status_code == 401
    assert viewer.request("GET", viewer.path()).status_code == 401


def test_beacon_of_the_own_page_ends_its_kernel(ours: Hardened) -> None:
    viewer = ours.viewer("closer")
    kernel = viewer.open()
    assert viewer.request("POST", f"/voila/api/shutdown/{kernel}").status_code == 204
    assert viewer.request("GET", f"/api/kernels/{kernel}").status_code == 404


def test_kernels_know_nothing_of_the_server(ours: Hardened) -> None:
    """The launcher's environment is the policy's and nothing else: looked up in /proc, from outside."""
    ours.opened()
    children = psutil.Process(ours.pid).children(recursive=True)
    assert children
    for child in children:
        with open(f"/proc/{child.pid}/environ", "rb") as stream:
            assert b"of-the-server" not in stream.read()
