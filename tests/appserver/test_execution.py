"""A hostile viewer at the kernel of the own page: has it run code, tell what it knows, make things, answer, or stop.

Each attack must work on Voilà as it comes (or it proves nothing) and fail on ours. As it comes means two servers:
standalone Voilà, as its manual recommends it, where a part works (shutting kernels down), and for the rest Voilà as an
extension of a Jupyter Server without log-in.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import ExitStack, closing

import psutil
import pytest
import websocket

from tests.appserver.site import (
    FORGED,
    V1,
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


def _execute(protocol: str | None, channel: str) -> Attack:
    def attack(site: Site) -> bool:
        viewer, kernel = site.opened()
        sign = "PWNED-42kernel-secret"
        return sign in viewer.send(kernel, execute(SECRET, channel), sign, protocol)

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
                    send(socket, message("kernel_info_request", {}))
                    receive(socket, "kernel_info_reply", NO_FENCE, 0)
                click = {"method": "custom", "content": {"event": "click"}}
                page.say(comm_msg(page.widgets["ButtonModel"][-1], click))
                asked = receive(page.socket, "input_request", NO_FENCE, 0)
                assert "input_request" in asked, "the app's code has not asked"
                send(socket, message("input_reply", {"value": "forged", "status": "ok"}, "stdin"))
                heard = receive(page.socket, "answered: forged", NO_FENCE, 0, seconds=5 * rita.quiet)
            except websocket.WebSocketException:
                heard = ""
        return "answered: forged" in heard

    return attack


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
    site.kept = None  # such a widget spoils what the page's own ones say
    return comm_id in viewer.send(kernel, message("comm_info_request", {}), "comm_info_reply")


#: What standalone Voilà lets through.
STANDALONE: dict[str, Attack] = {
    "shutdown, control": _shut_down("control"),
    "shutdown, shell": _shut_down("shell"),
    "restart, control": _shut_down("control", restart=True),
    "restart, shell": _shut_down("shell", restart=True),
    "widgets made by a viewer": _open_widget,
}

DEBUG = {"type": "request", "command": "debugInfo", "seq": 1, "arguments": {}}

#: What it refuses, and Voilà in a Jupyter Server lets through.
STOCK: dict[str, Attack] = {
    "execute, shell": _execute(V1, "shell"),
    "execute, control": _execute(V1, "control"),
    "execute, as text": _execute(None, "shell"),
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


@pytest.mark.parametrize("protocol", [None, "", "v2.kernel.websocket.jupyter.org", "sandbox-page.x"])
def test_an_encoding_that_no_page_of_ours_speaks_is_refused_with_its_reason(
    protocol: str | None, ours: Hardened
) -> None:
    viewer, kernel = ours.opened()
    with pytest.raises(websocket.WebSocketBadStatusException) as refused:
        viewer.connect(kernel, protocol=protocol)
    assert refused.value.status_code == 400 and V1 in refused.value.resp_body.decode()


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
    assert "IntSliderModel" in _own_state(viewer, kernel)


def _own_state(viewer: Viewer, kernel: str) -> str:
    header = {"comm_id": "1" * 32, "target_name": "jupyter.widget.control", "data": {}}
    viewer.send(kernel, message("comm_open", header) | {"metadata": {"version": "1.0.0"}}, "comm_info_reply")
    asking = message("comm_msg", {"comm_id": "1" * 32, "data": {"method": "request_states"}})
    return viewer.send(kernel, asking, "IntSliderModel")


def test_kernels_know_nothing_of_the_server(ours: Hardened) -> None:
    """The launcher's environment is the policy's and nothing else: looked up in /proc, from outside."""
    ours.opened()
    children = psutil.Process(ours.pid).children(recursive=True)
    assert children
    for child in children:
        with open(f"/proc/{child.pid}/environ", "rb") as stream:
            assert b"of-the-server" not in stream.read()
