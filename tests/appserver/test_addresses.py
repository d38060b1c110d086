"""Addresses that a viewer might try: listings, files, sources, other apps, other templates, odd paths, other hosts.

The attacks of the table work on Voilà as it comes (see ``test_execution``) and fail on ours.
"""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest

from tests.appserver.site import APP, FORGED, OTHER, Hardened, Site

Attack = Callable[[Site], bool]


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


#: What standalone Voilà lets through.
STANDALONE: dict[str, Attack] = {
    "list by tree": _read("/voila/tree?classic-tree=true", APP),
    "list by contents": _read("/voila/api/contents", OTHER),
    "list a foreign app": _read("/voila/api/contents/{OTHER}", "app.ipynb"),
    "foreign app": _foreign_app,
    "other template": _other_template,
}

#: What it refuses, and Voilà in a Jupyter Server lets through.
STOCK: dict[str, Attack] = {
    "start a kernel": _start_kernel,
    "list kernels": _read("/api/kernels", "execution_state"),
    "read a notebook's source": _read("/api/contents/{APP}/app.ipynb", "kernel-"),
    "read a file": _read("/files/{OTHER}/evidence.json", '"of"'),
}

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
