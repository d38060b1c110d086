"""What Prometheus is told about the app server. No names: not of people, not of apps."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from sandbox.appserver.memory import available_memory
from sandbox.core.usage import Opening

_SECONDS = (0.1, 0.2, 0.3, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)


class Measures:
    """``kernels`` gives the number of kernels by use; ``apps`` that of apps by how they wait (``WarmApps.status``)."""

    def __init__(self, kernels: Callable[[], Mapping[str, int]], apps: Callable[[], Mapping[str, int]]) -> None:
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
        self._memory = Gauge("sandbox_memory_left_bytes", "Memory left for kernels", registry=registry)
        for result in ("ready", "failed"):
            self._openings.labels(result)

    def count(self, opening: Opening) -> None:
        """An opening is settled."""
        self._openings.labels("failed" if opening.failed else "ready").inc()
        if opening.ready_ms is not None:
            self._ready.observe(opening.ready_ms / 1000)

    def render(self) -> bytes:
        for use, number in self._kernels().items():
            self._kernel_gauge.labels(use).set(number)
        for how, number in self._apps().items():
            self._app_gauge.labels(how).set(number)
        self._memory.set(available_memory())
        return generate_latest(self._registry)
