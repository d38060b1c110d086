"""Other viewers' kernels, pages and sessions: by a leaked id, without a sign-in, with a forged token, with a
cookie that was taken, after a sign-out, from another site, with the key of a page that is no more.

The attacks of the table work on Voilà as it comes (see ``test_execution``) and fail on ours. For the keys and cookies
that Voilà does not know, each refusal stands beside the same thing done by the page that may.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import httpx
import pytest
import websocket

from tests.appserver.site import FORGED, Hardened, Site, Viewer, comm_msg, message, send

Attack = Callable[[Site], bool]


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
    asking = comm_msg("0" * 32, {"method": "request_states"})
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


def _foreign_origin(site: Site) -> bool:
    """A page of another site opens the websocket with the viewer's cookies."""
    viewer, kernel = site.opened()
    elsewhere = Viewer(site.base, viewer.cookies, "http://evil.example")
    try:
        elsewhere.connect(kernel).close()
    except websocket.WebSocketException:
        return False
    return True


DELETE, BEACON = ("DELETE", "/api/kernels/{}"), ("POST", "/voila/api/shutdown/{}")

#: What standalone Voilà lets through.
STANDALONE: dict[str, Attack] = {
    "foreign kernel by websocket": _foreign_socket,
    "foreign kernel's widgets": _foreign_state,
    "foreign kernel by address": _foreign_model,
    "foreign kernel ended": _ended(*BEACON, "bob"),
    "foreign kernel deleted": _ended(*DELETE, "bob"),
    "anonymous websocket": _anonymous_socket,
    "anonymous page": _anonymous_page,
    "forged xsrf pair, shutdown": _ended(*BEACON, None),
    "forged xsrf pair, delete": _ended(*DELETE, None),
    "websocket after sign-out": _after_sign_out,
}

#: What it refuses, and Voilà in a Jupyter Server lets through.
STOCK: dict[str, Attack] = {"foreign origin": _foreign_origin}

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


def opened_page(viewer: Viewer) -> tuple[str, str]:
    """(kernel, key) of a page that is opened now."""
    text = viewer.request("GET", viewer.path()).text
    return text.split('"kernelId":"')[1].split('"')[0], text.split('"key":"')[1].split('"')[0]


def of_page(viewer: Viewer) -> Viewer:
    """The same, as an app's page speaks: without cookie and origin."""
    return replace(viewer, cookies={}, origin="null")


def test_an_open_websocket_ends_with_the_sign_out(ours: Hardened) -> None:
    viewer = ours.viewer("leaver")
    kernel, key = opened_page(viewer)
    page = of_page(viewer)
    assert viewer.attached(kernel) and page.attached(kernel, f"sandbox-page.{key}")
    with contextlib.closing(viewer.connect(kernel)) as socket:
        assert viewer.request("POST", "/leave").status_code == 200
        socket.settimeout(5)
        heard = ""
        with contextlib.suppress(websocket.WebSocketException, OSError):
            send(socket, message("comm_info_request", {}))
            while frame := socket.recv():
                heard += str(frame)
        assert "comm_info_reply" not in heard
    assert not viewer.attached(kernel) and not page.attached(kernel, f"sandbox-page.{key}")


def test_a_cookie_that_was_taken(ours: Hardened) -> None:
    rita, bob = ours.viewer("rita-again"), ours.viewer("bob-again")
    of_rita, of_bob = rita.open(), bob.open()
    thief = replace(bob, cookies=dict(rita.cookies))
    assert bob.attached(of_bob) and not bob.attached(of_rita)
    assert not thief.attached(of_bob), "with another's cookie one is the other"
    assert not replace(thief, origin="null").attached(of_rita), "a page's key is not made up for by a cookie"
    assert not replace(thief, origin="http://evil.example").attached(of_rita)
    rita.request("POST", "/leave")
    assert not thief.attached(of_rita) and not thief.alive(of_rita)
    assert thief.request("GET", thief.path()).status_code == 401
    bob.request("POST", "/leave")


def test_an_old_pages_key(ours: Hardened) -> None:
    viewer = ours.viewer("returner")
    first, old = opened_page(viewer)
    page = of_page(viewer)
    assert page.attached(first, f"sandbox-page.{old}")
    assert viewer.request("POST", f"/voila/api/shutdown/{first}").status_code == 204
    second, key = opened_page(viewer)
    assert not page.attached(first, f"sandbox-page.{old}"), "its kernel is gone"
    assert not page.attached(second, f"sandbox-page.{old}"), "another page of the same viewer"
    assert page.attached(second, f"sandbox-page.{key}")
    viewer.request("POST", "/leave")
    again = ours.viewer("returner")
    third, new = opened_page(again)
    for each in (old, key):
        assert not page.attached(third, f"sandbox-page.{each}"), "from before the sign-out"
    assert page.attached(third, f"sandbox-page.{new}")
    again.request("POST", "/leave")


def test_tickets(ours: Hardened) -> None:
    def enter(ticket: str) -> int:
        return httpx.post(f"{ours.base}/enter", data={"ticket": ticket}, trust_env=False).status_code

    good = ours.ticket()
    entered = httpx.post(f"{ours.base}/enter", data={"ticket": good}, trust_env=False)
    assert entered.status_code == 303, "a reload does not send it again"
    assert re.fullmatch(r"/voila/render/[^?#]+/app\.ipynb", entered.headers["location"]), "it is in no address"
    assert good not in str(entered.headers) and {"httponly", "samesite=lax"} <= set(
        entered.headers["set-cookie"].lower().split("; ")
    )
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
