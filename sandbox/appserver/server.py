"""Voilà put together in code: our handlers, identity, kernels and page template, and no configuration from outside."""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import nbformat
from jupyter_core.utils import run_sync
from jupyter_server.services.contents.filemanager import FileContentsManager
from tornado import web
from traitlets import default
from traitlets.config import Config
from voila.app import Voila

from sandbox.appserver import handlers, renderers
from sandbox.appserver.channels import WidgetChannels
from sandbox.appserver.download_handler import Download
from sandbox.appserver.downloads import COMM_ID, Downloads
from sandbox.appserver.fairness import Fairness
from sandbox.appserver.gate import Gate, Page
from sandbox.appserver.hardening import check_hardening
from sandbox.appserver.identity import OwnKernelsOnly, ViewerIdentity
from sandbox.appserver.kernels import AppKernels
from sandbox.appserver.markup_handler import Markup
from sandbox.appserver.measures import Measures
from sandbox.appserver.openings import Openings
from sandbox.appserver.page.handler import AppPage
from sandbox.appserver.page.writing import Writer
from sandbox.appserver.places import Places
from sandbox.appserver.preloading import Preloading
from sandbox.appserver.receipts import Receipts
from sandbox.appserver.renewal import Renewal
from sandbox.appserver.sessions import Sessions
from sandbox.appserver.warm import WarmApps
from sandbox.core.errors import Unavailable
from sandbox.identity.tickets import SpentTickets
from sandbox.kernels import forkserver
from sandbox.kernels.specs import SandboxKernelSpecManager
from sandbox.settings import Settings
from sandbox.store.keys import Keys

log = logging.getLogger(__name__)


def _utc_now() -> datetime:
    return datetime.now(UTC)


class AppNotebooks(FileContentsManager):
    """Gives Voilà the notebooks of app versions and nothing else.

    Voilà's Markdown renderer asks for files to inline as pictures; an author could name another app's files there.
    """

    def file_exists(self, path: str = "") -> bool:
        return False

    def get(self, path: str, *_: Any, **__: Any) -> dict[str, Any]:
        page = Page.parse(path.strip("/"))
        if page is None:
            raise web.HTTPError(404)
        notebook = nbformat.read(Path(self.root_dir) / page.path, as_version=4)
        return {"type": "notebook", "path": page.path, "name": page.notebook, "content": notebook}


class AppServer(Voila):
    """Standalone Voilà without configuration file, command line, file tree, or an address that we did not choose."""

    #: An open page is asked for a sign so often, milliseconds. One that gives none three times is gone, whatever its
    #: connection says.
    heartbeat = 15_000

    def __init__(
        self, places: Places, settings: Settings, now: Callable[[], datetime] = _utc_now, **kwargs: Any
    ) -> None:
        self.places = places
        self.sandbox_settings = settings
        self.now = now
        self._hold = timedelta(seconds=settings.app_grant_seconds)
        self.sessions = Sessions(timedelta(hours=settings.session_hours), self._hold, now)
        super().__init__(config=_configuration(places, settings), **kwargs)

    @default("log")
    def _log_default(self) -> logging.Logger:
        """The process's JSON log instead of the lines that Jupyter applications write."""
        return logging.getLogger("sandbox.appserver.voila")

    def initialize(self, argv: list[str] | None = None) -> None:
        """Like Voilà's, but ``argv`` is not read."""
        super().initialize([])
        check_hardening(self)

    def init_settings(self) -> dict[str, Any]:
        settings: dict[str, Any] = super().init_settings()
        self.contents_manager = AppNotebooks(parent=self)
        gate = Gate(self.sessions, self.places.apps, self.kernel_manager.owner_of)
        receipts = Receipts()
        self.warm = WarmApps(self.kernel_manager, self.places, self.sandbox_settings, receipts)
        self.preloading = Preloading(self.places, self.warm.begin_anew)
        self.forking, self.live = False, dict[str, str]()
        self.writer = Writer()
        self.openings = Openings(Keys(self.places.workspace).ticket_key(), self.now)
        self.measures = Measures(self.kernel_manager.by_use, self.warm.status, self.now)
        self.openings.on_settled = self.measures.count
        settings.update(
            sandbox_openings=self.openings,
            contents_manager=self.contents_manager,
            allow_remote_access=False,
            local_hostnames=[self.places.host],
            allow_unauthenticated_access=False,
            login_url=self.base_url,
            mathjax_url=None,
            mathjax_config=None,
            sandbox_gate=gate,
            sandbox_places=self.places,
            sandbox_now=self.now,
            sandbox_receipts=receipts,
            sandbox_warm=self.warm,
            sandbox_writer=self.writer,
            sandbox_settings=self.sandbox_settings,
            default_handler_class=handlers.NothingHere,
            log_function=_log_request,
            # Two milliseconds for a page of 75 KB, which then has 27; nothing in it repeats what a stranger sent.
            compress_response=True,
            ws_ping_interval=self.heartbeat,
            # Not as short as the interval: Jupyter looks just before it asks again, when the latest answer is already
            # an interval old, and would part with pages that answer.
            ws_ping_timeout=int(2.5 * self.heartbeat),
        )
        return settings

    def init_handlers(self) -> list[Any]:
        """Every address there is. Not Voilà's: no tree, contents, files, query, themes, kernel list or deletion."""
        base, kernel = re.escape(self.base_url), f"(?P<kernel_id>{handlers.KERNEL_ID})"
        key = Keys(self.places.workspace).ticket_key()
        enter = {"key": key, "sessions": self.sessions, "spent": SpentTickets()}
        measures = {"measures": self.measures, "token": self.sandbox_settings.metrics_token}
        return [
            (base, handlers.Start),
            (rf"{base}healthz", handlers.Health),
            (rf"{base}metrics", handlers.Metrics, measures),
            (rf"{base}enter", handlers.Enter, enter),
            (rf"{base}leave", handlers.Leave, {"sessions": self.sessions}),
            (rf"{base}voila/render/(.*)", AppPage),
            (rf"{base}voila/api/shutdown/{kernel}", handlers.CloseKernel),
            (rf"{base}voila/api/ready/{kernel}", handlers.PageReady, {"openings": self.openings}),
            (rf"{base}voila/api/markup/{kernel}", Markup),
            (rf"{base}voila/script/{renderers.NAME}", renderers.RendererScript),
            (rf"{base}voila/api/download/{kernel}/(?P<comm_id>{COMM_ID})", Download, {"downloads": Downloads()}),
            (rf"{base}api/kernels/{kernel}", handlers.KernelModel, {"sessions": self.sessions}),
            (rf"{base}api/kernels/{kernel}/channels", handlers.KernelChannels),
        ]  # fmt: skip

    def start(self) -> None:
        """Serve until a signal. Raises Unavailable when the port is taken."""
        # In the workspace: a folder for temporary files would be left there by every server that is killed.
        folder = self.places.workspace.home / "run" / "apps-jupyter" / "connections"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.connection_dir = str(folder)
        settings = self.init_settings()
        self.app = web.Application(**settings)
        # Other host names than ours fall through to the default handler, which refuses them.
        self.app.add_handlers(re.escape(self.places.host), self.init_handlers())
        check_hardening(self)
        self.listen()

    def listen(self) -> None:
        from tornado.ioloop import IOLoop

        try:
            self.http_server = self.app.listen(self.port, "127.0.0.1", xheaders=False, max_body_size=64 * 1024)
        except OSError as error:
            raise Unavailable(
                "The app server cannot use port {port}: {problem}.",
                "Stop the program that uses the port, or choose another one with SANDBOX_APPS_PORT.",
                port=self.port,
                problem=error.strerror or str(error),
            ) from None
        log.info("serving apps", extra={"url": self.places.apps_url})
        self.writer.begin()
        self.ioloop = IOLoop.current()
        # The first kernel would wait for its libraries to load: load them while nobody waits.
        threading.Thread(target=self._begin, name="warm-up", daemon=True).start()
        self.ioloop.spawn_callback(self._renewal().run)
        self.ioloop.spawn_callback(Fairness(self.kernel_manager.processes).run)
        try:
            self.ioloop.start()
        except KeyboardInterrupt:
            log.info("interrupted")
        finally:
            self.stop()

    def _renewal(self) -> Renewal:
        key = Keys(self.places.workspace).ticket_key()
        return Renewal(
            self.sessions, self.kernel_manager, self.places.portal_url, key, self._hold, self.now, self.openings,
            self._follow,
        )  # fmt: skip

    def _begin(self) -> None:
        try:
            self.preloading.begin()
        except Exception:  # whatever it is: apps start more slowly, but they do
            log.exception("the fork server was not started ahead of its first kernel")
        finally:
            self.ioloop.add_callback(self._begun)

    async def _begun(self) -> None:
        """After the fork server: what is made ready before it has learned its modules would soon be made ready anew."""
        self.forking = True
        try:
            await self.warm.begin_again()
        except Exception:
            log.exception("what was ready before is not made ready again")
        self._follow(self.live)

    def _follow(self, live: dict[str, str]) -> None:
        self.live = live
        if self.forking:
            self.warm.follow(live)
            self.preloading.follow(live)

    def stop(self) -> None:
        """End all kernels and their fork server."""
        run_sync(self.preloading.close)()
        run_sync(self.warm.close)()
        self.writer.close()
        run_sync(self.kernel_manager.shutdown_all)(now=True)
        forkserver.stop()


def _configuration(places: Places, settings: Settings) -> Config:
    c = Config()
    c.Voila.config_file_paths = []
    c.Voila.root_dir = str(places.apps)
    c.Voila.ip = "127.0.0.1"
    c.Voila.port = places.port
    c.Voila.base_url = places.base_url
    c.Voila.open_browser = False
    c.Voila.port_retries = 0
    c.Voila.log_level = settings.log_level.upper()
    c.Voila.identity_provider_class = ViewerIdentity
    c.Voila.authorizer_class = OwnKernelsOnly
    c.Voila.kernel_websocket_connection_class = WidgetChannels
    c.VoilaConfiguration.template = "lab"
    c.VoilaConfiguration.theme = "light"
    c.VoilaConfiguration.resources = {}
    c.VoilaConfiguration.allow_template_override = "NO"
    c.VoilaConfiguration.allow_theme_override = "NO"
    c.VoilaConfiguration.file_allowlist = []
    c.VoilaConfiguration.file_denylist = [".*"]
    c.VoilaConfiguration.extension_allowlist = []
    c.VoilaConfiguration.extension_denylist = []
    c.VoilaConfiguration.extension_language_mapping = {}
    c.VoilaConfiguration.http_header_envs = []
    c.VoilaConfiguration.show_tracebacks = False
    c.VoilaConfiguration.strip_sources = True
    c.VoilaConfiguration.preheat_kernel = False
    c.VoilaConfiguration.progressive_rendering = False
    c.VoilaConfiguration.multi_kernel_manager_class = AppKernels
    c.VoilaConfiguration.kernel_spec_manager_class = SandboxKernelSpecManager
    c.AppKernels.most_kernels = settings.app_kernels
    c.AppKernels.most_kernels_each = settings.app_kernels_each
    c.AppKernels.kernel_manager_class = "sandbox.kernels.managers.SandboxServerKernelManager"
    c.AppKernels.cull_idle_timeout = settings.app_idle_minutes * 60
    c.AppKernels.cull_interval = 30
    c.AppKernels.cull_connected = False
    c.AppKernels.cull_busy = True
    c.AppKernels.buffer_offline_messages = False
    # Jupyter's bounds lose what is beyond them, also the last word; ours let it wait (``pace``).
    c.ZMQChannelsWebsocketConnection.limit_rate = False
    # A dead kernel is told, not replaced: its successor would know nothing of the page's widgets.
    c.KernelRestarter.restart_limit = 0
    return c


def _log_request(handler: web.RequestHandler) -> None:
    level = logging.INFO if handler.get_status() < 500 else logging.ERROR
    log.log(level, "request", extra={
        "method": handler.request.method,
        "path": handler.request.path,
        "status": handler.get_status(),
        "ms": round(1000 * handler.request.request_time(), 1),
        "request_id": getattr(handler, "_request_id", ""),
    })  # fmt: skip
