"""What Prometheus is told about the app server. No names: not of people, not of apps."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from sandbox.appserver.memory import available_memory
from sandbox.core.usage import Opening

_SECONDS = (0.1, 0.2, 0.3, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)


class Measures:
    """``kernels`` gives the number of kernels by use; ``apps`` that of apps by how they wait (``WarmApps.status``);
    ``now`` is aware UTC."""

    def __init__(
        self,
        kernels: Callable[[], Mapping[str, int]],
        apps: Callable[[], Mapping[str, int]],
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._now = now
        self._viewers: set[tuple[date, str]] = set()
        self._registry = CollectorRegistry()
        self._kernels, self._apps = kernels, apps
        registry = self._registry
        self._openings = Counter("sandbox_app_openings", "App pages by how they went", ["result"], registry=registry)
        self._ready = Histogram(
            "sandbox_app_ready_seconds", "Until a page answered to a hand", buckets=_SECONDS, registry=registry
        )
        self._kernel_gauge = Gauge("sandbox_app_kernels", "Kernels of apps by use", ["use"], registry=registry)
        self._app_gauge = Gauge("sandbox_apps", "Apps (version and language) by how they wait", ["how"],
                                registry=registry)  # fmt: skip
        self._viewer_gauge = Gauge(
            "sandbox_app_viewers_today", "People who opened an app since midnight (UTC) and since the server's start",
            registry=registry,
        )  # fmt: skip
        self._memory = Gauge("sandbox_memory_left_bytes", "Memory left for kernels", registry=registry)
        for result in ("ready", "failed"):
            self._openings.labels(result)

    def count(self, opening: Opening) -> None:
        """An opening is settled."""
        self._viewers.add((opening.day, opening.viewer))
        self._openings.labels("failed" if opening.failed else "ready").inc()
        if opening.ready_ms is not None:
            self._ready.observe(opening.ready_ms / 1000)

    def render(self) -> bytes:
        today = self._now().date()
        self._viewers = {(day, viewer) for day, viewer in self._viewers if day >= today}
        self._viewer_gauge.set(len(self._viewers))
        for use, number in self._kernels().items():
            self._kernel_gauge.labels(use).set(number)
        for how, number in self._apps().items():
            self._app_gauge.labels(how).set(number)
        self._memory.set(available_memory())
        return generate_latest(self._registry)
