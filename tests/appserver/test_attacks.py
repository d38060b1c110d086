"""What a hostile viewer tries. Each attack must work on Voilà as it comes (or it proves nothing) and fail on ours."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import httpx
import pytest
import websocket

from tests.appserver.site import APP, OTHER, VERSION, Hardened, Unhardened, Viewer, execute, message

Site = Hardened | Unhardened
Attack = Callable[[Site], bool]

SECRET = "print('P' + 'WNED-' + str(6 * 7) + SECRET)"


def _execute(encoding: str, channel: str) -> Attack:
    def attack(site: Site) -> bool:
        viewer = site.viewer()
        return "PWNED-42kernel-secret" in viewer.send(viewer.open(), [execute(SECRET, channel)], encoding)

    return attack


def _ask(kind: str, content: dict, channel: str, sign: str) -> Attack:
    def attack(site: Site) -> bool:
        viewer = site.viewer()
        # The first completion loads its library; where an attack is refused, nothing ever comes.
        seconds = 3.0 if isinstance(site, Hardened) else 20.0
        return sign in viewer.send(viewer.open(), [message(kind, content, channel)], seconds=seconds)

    return attack


def _evaluate(site: Site) -> bool:
    """Attach the debugger; the answer alone shows that it would take commands."""
    viewer = site.viewer()
    command = {"type": "request", "command": "debugInfo", "seq": 1, "arguments": {}}
    return "debug_reply" in viewer.send(viewer.open(), [message("debug_request", command, "control")])


def _shut_down(site: Site) -> bool:
    viewer = site.viewer()
    kernel = viewer.open()
    # With `restart`, a server restarts it under the same id: without, it is gone or replaced; either way state is lost.
    reply = viewer.send(kernel, [message("shutdown_request", {"restart": False}, "control")])
    return "shutdown_reply" in reply or not viewer.alive(kernel)


def _foreign_socket(site: Site) -> bool:
    """Another viewer attaches to a kernel whose id leaked."""
    kernel = site.viewer("rita").open()
    return "comm_info_reply" in site.viewer("bob").send(kernel, [message("comm_info_request", {})])


def _foreign_model(site: Site) -> bool:
    return site.viewer("bob").alive(site.viewer("rita").open())


def _foreign_beacon(site: Site) -> bool:
    rita = site.viewer("rita")
    kernel = rita.open()
    _post_shutdown(site.viewer("bob"), kernel)
    return not rita.alive(kernel)


def _anonymous_socket(site: Site) -> bool:
    kernel = site.viewer("rita").open()
    return "_reply" in Viewer(site.base).send(kernel, [message("kernel_info_request", {})])


def _anonymous_page(site: Site) -> bool:
    return "kernelId" in Viewer(site.base).request("GET", f"/voila/render/{APP}/{VERSION}/app.ipynb").text


def _forged_xsrf_shutdown(site: Site) -> bool:
    """A stranger makes up the token and sends it twice, as cookie and as header."""
    rita = site.viewer("rita")
    kernel = rita.open()
    _post_shutdown(Viewer(site.base), kernel)
    return not rita.alive(kernel)


def _forged_xsrf_delete(site: Site) -> bool:
    rita = site.viewer("rita")
    kernel = rita.open()
    for attacker in (Viewer(site.base), Viewer(site.base, rita.cookies)):
        attacker.request("DELETE", f"/api/kernels/{kernel}", cookies={"_xsrf": "x"}, headers={"X-XSRFToken": "x"})
    return not rita.alive(kernel)


def _post_shutdown(attacker: Viewer, kernel: str) -> httpx.Response:
    forged = {"cookies": {"_xsrf": "x"}, "headers": {"X-XSRFToken": "x"}}
    return attacker.request("POST", f"/voila/api/shutdown/{kernel}", **forged)


def _start_kernel(site: Site) -> bool:
    viewer = site.viewer()
    forged = {"cookies": {"_xsrf": "x"}, "headers": {"X-XSRFToken": "x"}}
    return viewer.request("POST", "/api/kernels", json={}, **forged).status_code == 201


def _read(path: str, sign: str) -> Attack:
    def attack(site: Site) -> bool:
        return sign in site.viewer().request("GET", path).text

    return attack


def _foreign_app(site: Site) -> bool:
    return "kernelId" in site.viewer("rita", APP).request("GET", f"/voila/render/{OTHER}/{VERSION}/app.ipynb").text


def _other_template(site: Site) -> bool:
    """Another page template by query string: without our policy, title bar and nonces."""
    path = f"/voila/render/{APP}/{VERSION}/app.ipynb?template=lab&theme=dark"
    return "theme-dark" in site.viewer().request("GET", path).text


def _foreign_origin(site: Site) -> bool:
    """A page of another site opens the websocket with the viewer's cookies."""
    viewer = site.viewer()
    kernel = viewer.open()
    viewer.origin = "http://evil.example"
    try:
        viewer.connect(kernel).close()
    except websocket.WebSocketException:
        return False
    return True


def _own_shelf(site: Site) -> bool:
    """An app's Markdown asks for another app's file to be shown as a picture: see ``test_pages``; here, its address."""
    return "of" in site.viewer().request("GET", f"/files/{OTHER}/{VERSION}/evidence.json").text[:8]


ATTACKS: dict[str, Attack] = {
    **{f"execute, {encoding}, {channel}": _execute(encoding, channel)
       for encoding in ("json", "legacy", "v1") for channel in ("shell", "control")},
    "complete": _ask("complete_request", {"code": "SEC", "cursor_pos": 3}, "shell", "SECRET"),
    "inspect": _ask("inspect_request", {"code": "SECRET", "cursor_pos": 6, "detail_level": 1}, "shell",
                    "inspect_reply"),
    "history": _ask("history_request", {"output": True, "raw": True, "hist_access_type": "tail", "n": 10}, "shell",
                    "history_reply"),
    "is_complete": _ask("is_complete_request", {"code": "x"}, "shell", "is_complete_reply"),
    "debug": _evaluate,
    "interrupt": _ask("interrupt_request", {}, "control", "interrupt_reply"),
    "usage": _ask("usage_request", {}, "control", "usage_reply"),
    "subshell": _ask("create_subshell_request", {}, "control", "create_subshell_reply"),
    "shutdown_request": _shut_down,
    "foreign kernel by websocket": _foreign_socket,
    "foreign kernel by address": _foreign_model,
    "foreign kernel ended": _foreign_beacon,
    "anonymous websocket": _anonymous_socket,
    "anonymous page": _anonymous_page,
    "forged xsrf pair, shutdown": _forged_xsrf_shutdown,
    "forged xsrf pair, delete": _forged_xsrf_delete,
    "start a kernel": _start_kernel,
    "list kernels": _read("/api/kernels", "execution_state"),
    "list by tree": _read("/voila/tree", "tree"),
    "list by contents": _read("/api/contents", "last_modified"),
    "read a notebook's source": _read(f"/api/contents/{APP}/{VERSION}/app.ipynb", "kernel-"),
    "read a file": _own_shelf,
    "foreign app": _foreign_app,
    "other template": _other_template,
    "foreign origin": _foreign_origin,
}  # fmt: skip


@pytest.fixture(autouse=True)
def leave(ours: Hardened) -> Iterator[None]:
    """One person can have only so many pages open."""
    yield
    ours.everybody_leaves()


@pytest.mark.parametrize("name", ATTACKS)
def test_works_on_voila_as_it_comes(name: str, stock: Unhardened) -> None:
    assert ATTACKS[name](stock), "this attack proves nothing: it fails on an unhardened server too"


@pytest.mark.parametrize("name", ATTACKS)
def test_fails_on_ours(name: str, ours: Hardened) -> None:
    assert not ATTACKS[name](ours)


def test_an_attacked_kernel_still_serves_its_viewer(ours: Hardened) -> None:
    viewer = ours.viewer()
    kernel = viewer.open()
    assert "comm_info_reply" in viewer.send(kernel, [execute(SECRET), message("comm_info_request", {})])


def test_paths_that_are_no_page(ours: Hardened) -> None:
    viewer = ours.viewer()
    tricks = [
        f"{APP}/{VERSION}/..%2f{VERSION}/app.ipynb", f"{APP}%2F{VERSION}%2Fapp.ipynb/..", f"{APP}/{VERSION}/app.toml",
        f"{APP}/{VERSION}/source/notebook.ipynb", f"/{APP}/{VERSION}/app.ipynb", f"{APP}/{VERSION}/app.ipynb/",
        f"{APP}/{VERSION}/app.ipynb%00", f"{APP.upper()}/{VERSION}/app.ipynb", "..%2f..%2fkeys%2fticket.key", "", APP,
        f"{OTHER}/..%2f{APP}/{VERSION}/app.ipynb", f"{APP}/{VERSION}/.%2fapp.ipynb",
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
    viewer = ours.viewer()
    kernel = viewer.open()
    for path in (
        "/login", "/logout", "/tree", "/voila/tree", "/voila/api/contents", f"/voila/files/{APP}/{VERSION}/app.toml",
        f"/voila/query/{kernel}", f"/voila/execution/{kernel}", "/api/status", "/api/sessions", "/metrics",
        "/voila/api/themes/x",
        "/voila/templates/lab/static/index.css", "/api/kernelspecs", "/static/favicon.ico",
    ):  # fmt: skip
        assert viewer.request("GET", path).status_code == 404, path


def test_the_portals_host_name_is_not_served(ours: Hardened) -> None:
    """On 127.0.0.1 an app page would share the portal's cookies, because cookies know no ports."""
    base = ours.base.replace("localhost", "127.0.0.1")
    for path in ("/", "/healthz", f"/voila/render/{APP}/{VERSION}/app.ipynb"):
        assert httpx.get(f"{base}{path}", trust_env=False).status_code == 421
    rebound = httpx.get(f"{ours.base}/healthz", headers={"Host": "evil.example"}, trust_env=False)
    assert rebound.status_code == 421


def test_tickets(ours: Hardened) -> None:
    def enter(ticket: str) -> int:
        return httpx.post(f"{ours.base}/enter", data={"ticket": ticket}, trust_env=False).status_code

    good = ours.ticket()
    assert enter(good) == 200
    assert enter(good) == 401, "a ticket works once"
    assert enter(ours.ticket(seconds=-1)) == 401, "an old ticket"
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
    assert viewer.request("GET", f"/voila/render/{APP}/{VERSION}/app.ipynb").status_code == 401


def test_beacon_of_the_own_page_ends_its_kernel(ours: Hardened) -> None:
    viewer = ours.viewer("closer")
    kernel = viewer.open()
    assert viewer.request("POST", f"/voila/api/shutdown/{kernel}").status_code == 204
    assert viewer.request("GET", f"/api/kernels/{kernel}").status_code == 404


def test_kernels_know_nothing_of_the_server(ours: Hardened) -> None:
    """The launcher's environment is the policy's and nothing else: looked up in /proc, from outside."""
    viewer = ours.viewer("rita")
    viewer.open()
    time.sleep(0.2)
    import psutil

    children = psutil.Process(ours.pid).children(recursive=True)
    assert children
    for child in children:
        with open(f"/proc/{child.pid}/environ", "rb") as stream:
            assert b"of-the-server" not in stream.read()
