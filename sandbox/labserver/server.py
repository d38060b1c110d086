"""Jupyter put together in code: one person's Lab, its kernels, log-in and settings, no configuration of theirs."""

from __future__ import annotations

import json
import logging
import re
import threading
from pathlib import Path
from typing import Any

from jupyter_server.serverapp import ServerApp
from jupyterlab.labapp import LabApp
from traitlets.config import Config

from sandbox.core.errors import Unavailable
from sandbox.identity.tickets import SpentTickets
from sandbox.kernels import forkserver
from sandbox.kernels.specs import SandboxKernelSpecManager
from sandbox.labserver import enter, handlers, learning, panel
from sandbox.labserver.contents import OwnFolder
from sandbox.labserver.identity import OwnerIdentity
from sandbox.labserver.kernels import LabKernels
from sandbox.labserver.language import choose_language, chosen_language
from sandbox.labserver.notebooks import Preview, ProjectNotebook, Projects
from sandbox.labserver.places import NOTEBOOK, PREVIEW, Places
from sandbox.labserver.portal import Portal
from sandbox.labserver.sharing import Sharing
from sandbox.settings import Settings
from sandbox.store.keys import Keys
from sandbox.store.workspace import write_atomically

log = logging.getLogger(__name__)

EXTENSIONS = Path(__file__).parent / "labextension"

#: What staff do not need or must not have. The preview button of Voilà would run an app outside of the app server.
DISABLED = (
    "@jupyterlab/lsp-extension",
    "@jupyterlab/fileeditor-extension:language-server",
    "@jupyterlab/notebook-extension:language-server",
    "@jupyterlab/terminal-extension",
    "@jupyterlab/extensionmanager-extension",
    "@jupyterlab/apputils-extension:announcements",
    "@jupyterlab/debugger-extension",
    "@jupyterlab/application-extension:property-inspector",
    # Its place and its command are the start page's.
    "@jupyterlab/launcher-extension",
    "@voila-dashboards/jupyterlab-preview",
)

#: Settings that a person may still change in Lab.
OVERRIDES: dict[str, Any] = {
    "@jupyterlab/docmanager-extension:plugin": {"autosave": True, "autosaveInterval": 20},
    "@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False},
    "@jupyterlab/notebook-extension:tracker": {"autoRenderMarkdownCells": True},
    "@jupyterlab/statusbar-extension:plugin": {"visible": False},
    # The language pack does not have it; the keyboard and the browser copy text as everywhere.
    "@jupyterlab/application-extension:context-menu": {
        "contextMenu": [
            {"command": f"notebook:{what}-selected-text", "selector": selector, "disabled": True}
            for what, selector in (("copy", ".jp-Notebook .jp-Cell"), ("cut", ".jp-Notebook .jp-InputArea-editor"))
        ]
    },
}

RUN_MINUTES_WITHOUT_BROWSER = 240


def make_server(places: Places, settings: Settings) -> ServerApp:
    """The server, initialised and not yet started. Makes the folders that are missing."""
    places.root.mkdir(mode=0o700, parents=True, exist_ok=True)
    places.private.mkdir(mode=0o700, parents=True, exist_ok=True)
    choose_language(places, chosen_language(places, settings.language))
    _write_lab_settings(places)
    portal = Portal(places.portal_url, places.token_file)
    server: ServerApp = LabApp.make_serverapp(
        jpserver_extensions={"jupyterlab": True},
        config=_configuration(places, settings),
        log=logging.getLogger("sandbox.labserver.jupyter"),
    )
    server.initialize(argv=[], starter_extension="lab", find_extensions=False)
    _check(server, places)
    kernels = server.kernel_manager
    kernels.places, kernels.portal, kernels.settings = places, portal, settings
    server.web_app.settings.update(sandbox_places=places, local_hostnames=[places.host])
    server.web_app.add_handlers(".*$", _addresses(places, portal))
    return server


def _check(server: ServerApp, places: Places) -> None:
    """Jupyter logs a setting that it does not take and goes on without: that must stop the server instead."""
    lab = next(iter(server.extension_manager.extension_apps.get("jupyterlab", ())), None)
    held = {
        "Lab": lab is not None and lab.app_settings_dir == str(places.private / "settings"),
        "extensions": lab is not None and str(EXTENSIONS) in lab.extra_labextensions_path,
        "identity": type(server.identity_provider) is OwnerIdentity and not server.identity_provider.token,
        "kernels": type(server.kernel_manager) is LabKernels,
        "kernel specs": type(server.kernel_spec_manager) is SandboxKernelSpecManager,
        "contents": type(server.contents_manager) is OwnFolder,
        "address": server.ip == "127.0.0.1" and not server.allow_remote_access,
        "terminals": not server.terminals_enabled,
        "root": server.root_dir == str(places.root),
    }
    failed = [name for name, holds in held.items() if not holds]
    if failed:
        raise Unavailable(
            "JupyterLab does not start, because these settings were not taken: {settings}.",
            "Install the versions of the locked requirements; if that does not help, report this.",
            settings=", ".join(failed),
        )


def serve(server: ServerApp) -> None:
    """Serve until a signal; kernels and their fork server end with it."""
    threading.Thread(target=_warm_up, name="warm-up", daemon=True).start()
    try:
        server.start()
    finally:
        forkserver.stop()


def _addresses(places: Places, portal: Portal) -> list[Any]:
    base = re.escape(places.base_url)
    key = Keys(places.workspace).ticket_key()
    known = {"places": places, "portal": portal}
    projects = Projects(places)
    sharing = Sharing(projects, portal)
    held = {"projects": projects}
    return [
        (rf"{base}sandbox/healthz", handlers.Health),
        (rf"{base}sandbox/enter", enter.Enter, {"key": key, "spent": SpentTickets(), "portal": portal}),
        (rf"{base}api/nbconvert", handlers.Exporters),
        (rf"{base}sandbox/submit", handlers.Submit, known),
        (rf"{base}sandbox/status", handlers.Status, known),
        *panel.addresses(base, places, portal, projects, sharing),
        *learning.addresses(base, places, portal),
        (rf"{base}api/contents/([a-z0-9-]+/{re.escape(NOTEBOOK)})", ProjectNotebook, {**held, "sharing": sharing}),
        (rf"{base}api/contents/([a-z0-9-]+/{re.escape(PREVIEW)})", Preview, held),
    ]


def _configuration(places: Places, settings: Settings) -> Config:
    c = Config()
    if not places.lasting:
        c.ServerApp.shutdown_no_activity_timeout = settings.lab_idle_hours * 3600
    c.ServerApp.ip = "127.0.0.1"
    c.ServerApp.port = places.port
    c.ServerApp.port_retries = 0
    c.ServerApp.base_url = places.base_url
    c.ServerApp.root_dir = str(places.root)
    c.ServerApp.open_browser = False
    c.ServerApp.allow_root = True  # kernels are confined whoever starts them; the server runs as whoever ran `up`
    c.ServerApp.allow_remote_access = False
    c.ServerApp.terminals_enabled = False
    c.ServerApp.quit_button = False
    c.ServerApp.websocket_ping_timeout = 30_000
    c.ServerApp.identity_provider_class = OwnerIdentity
    c.ServerApp.kernel_manager_class = LabKernels
    c.ServerApp.kernel_spec_manager_class = SandboxKernelSpecManager
    c.ServerApp.contents_manager_class = OwnFolder
    # Referrers within Lab: Jupyter gives out files only to its own pages, which it knows by them.
    c.ServerApp.tornado_settings = {
        "headers": {"Content-Security-Policy": _policy(places), "Referrer-Policy": "same-origin"}
    }
    c.OwnerIdentity.token = ""
    c.OwnerIdentity.cookie_options = {"samesite": "Strict"}
    # Not a plain static file handler, which would follow links out of the folder.
    c.OwnFolder.files_handler_class = "jupyter_server.files.handlers.FilesHandler"
    c.OwnFolder.allow_hidden = False
    c.LabKernels.kernel_manager_class = "sandbox.kernels.managers.SandboxServerKernelManager"
    c.LabKernels.cull_idle_timeout = RUN_MINUTES_WITHOUT_BROWSER * 60
    c.LabKernels.cull_interval = 300
    c.LabApp.log_level = "WARN"
    c.LabApp.extra_labextensions_path = [str(EXTENSIONS)]
    c.LabApp.extension_manager = "readonly"
    c.LabApp.news_url = None
    c.LabApp.check_for_updates_class = "jupyterlab.NeverCheckForUpdate"
    c.LabApp.app_settings_dir = str(places.private / "settings")
    c.LabApp.user_settings_dir = str(places.private / "user-settings")
    c.LabApp.workspaces_dir = str(places.private / "workspaces")
    return c


def _policy(places: Places) -> str:
    """Lab needs inline and evaluated scripts; what it does not need is anybody else's server."""
    websocket = places.origin.replace("http", "ws", 1)
    return "; ".join(
        (
            "default-src 'self'",
            "script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:",
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "font-src 'self' data:",
            f"connect-src 'self' data: {websocket}",
            "worker-src 'self' blob:",
            "frame-src 'self' blob: data:",
            "frame-ancestors 'self'",
            "form-action 'self'",
            "object-src 'none'",
            "base-uri 'self'",
        )
    )


def _write_lab_settings(places: Places) -> None:
    folder = places.private / "settings"
    folder.mkdir(mode=0o700, exist_ok=True)
    write_atomically(folder / "overrides.json", json.dumps(OVERRIDES, indent=1).encode())
    page = {"disabledExtensions": dict.fromkeys(DISABLED, True)}
    write_atomically(folder / "page_config.json", json.dumps(page, indent=1).encode())


def _warm_up() -> None:
    try:
        forkserver.current()
    except forkserver.Unfit as problem:
        log.info("kernels are started as processes", extra={"reason": str(problem)})
    handlers.exporters()
