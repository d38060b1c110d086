"""Websockets after signing out, with another viewer's cookie, and with the key of a page that is no more.

That a websocket without any of this is let in by Voilà as it comes is shown in ``test_attacks``; here each refusal
stands beside the same thing done by the page that may.
"""

from __future__ import annotations

import contextlib
from dataclasses import replace

import websocket

from tests.appserver.site import V1, Hardened, Viewer, message, send


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
    assert viewer.attached(kernel) and page.attached(kernel, V1, f"sandbox-page.{key}")
    with contextlib.closing(viewer.connect(kernel)) as socket:
        assert viewer.request("POST", "/leave").status_code == 200
        socket.settimeout(5)
        heard = ""
        with contextlib.suppress(websocket.WebSocketException, OSError):
            send(socket, message("comm_info_request", {}), "json")
            while frame := socket.recv():
                heard += str(frame)
        assert "comm_info_reply" not in heard
    assert not viewer.attached(kernel) and not page.attached(kernel, V1, f"sandbox-page.{key}")


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
    assert page.attached(first, V1, f"sandbox-page.{old}")
    assert viewer.request("POST", f"/voila/api/shutdown/{first}").status_code == 204
    second, key = opened_page(viewer)
    assert not page.attached(first, V1, f"sandbox-page.{old}"), "its kernel is gone"
    assert not page.attached(second, V1, f"sandbox-page.{old}"), "another page of the same viewer"
    assert page.attached(second, V1, f"sandbox-page.{key}")
    viewer.request("POST", "/leave")
    again = ours.viewer("returner")
    third, new = opened_page(again)
    for each in (old, key):
        assert not page.attached(third, V1, f"sandbox-page.{each}"), "from before the sign-out"
    assert page.attached(third, V1, f"sandbox-page.{new}")
    again.request("POST", "/leave")
