"""What the portal tells about itself: a request id, one JSON log line per request, and metrics in Prometheus' format.

Lines and metrics name the route (``/projects/{slug}``), never the address itself: an address may hold a secret.
"""

from __future__ import annotations

import logging
import re
import secrets
import threading
import time
from collections import Counter

from starlette.types import ASGIApp, Message, Receive, Scope, Send

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
_BUCKETS = (0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
#: What a line may carry besides the message; anything else is left out, so that no address or secret slips in.
EXTRAS = ("request", "method", "route", "status", "milliseconds", "person", "detail")

log = logging.getLogger("sandbox.portal")


class Metrics:
    """Counts and durations of requests since the start. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._requests: Counter[tuple[str, str, int]] = Counter()
        self._buckets: Counter[float] = Counter()
        self._seconds = 0.0

    def count(self, method: str, route: str, status: int, seconds: float) -> None:
        with self._lock:
            self._requests[method, route, status] += 1
            self._seconds += seconds
            for bound in _BUCKETS:
                if seconds <= bound:
                    self._buckets[bound] += 1

    def render(self, gauges: dict[str, dict[str, float]]) -> str:
        """Prometheus' text format; ``gauges`` maps a name to label text (or "") → value."""
        with self._lock:
            total = sum(self._requests.values())
            lines = ["# TYPE sandbox_portal_requests_total counter"]
            lines += [
                f'sandbox_portal_requests_total{{method="{m}",route="{r}",status="{s}"}} {n}'
                for (m, r, s), n in sorted(self._requests.items())
            ]
            lines.append("# TYPE sandbox_portal_request_seconds histogram")
            lines += [f'sandbox_portal_request_seconds_bucket{{le="{b}"}} {self._buckets[b]}' for b in _BUCKETS]
            lines += [
                f'sandbox_portal_request_seconds_bucket{{le="+Inf"}} {total}',
                f"sandbox_portal_request_seconds_sum {self._seconds:.6f}",
                f"sandbox_portal_request_seconds_count {total}",
            ]
        for name, values in gauges.items():
            lines.append(f"# TYPE {name} gauge")
            lines += [f"{name}{{{labels}}} {v:g}" if labels else f"{name} {v:g}" for labels, v in values.items()]
        return "\n".join(lines) + "\n"


class Observe:
    """ASGI middleware, outermost: gives the request its id, logs and counts it."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app, self._metrics = app, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = next((v.decode("latin-1") for k, v in scope["headers"] if k == b"x-request-id"), "")
        request_id = given if _REQUEST_ID.fullmatch(given) else secrets.token_hex(8)
        scope.setdefault("state", {})["request_id"] = request_id
        status, started = 500, time.perf_counter()

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message.setdefault("headers", []).append((b"x-request-id", request_id.encode()))
            await send(message)

        try:
            await self._app(scope, receive, answer)
        finally:
            self._tell(scope, status, time.perf_counter() - started, request_id)

    def _tell(self, scope: Scope, status: int, seconds: float, request_id: str) -> None:
        route = route_of(scope)
        method = scope["method"] if scope["method"] in _METHODS else "OTHER"
        self._metrics.count(method, route, status, seconds)
        quiet = route in {"/healthz", "/metrics", "/static"}
        visitor = scope["state"].get("visitor")
        log.log(
            logging.DEBUG if quiet else logging.INFO,
            "request",
            extra={
                "request": request_id,
                "method": method,
                "route": route,
                "status": status,
                "milliseconds": round(seconds * 1000, 1),
                "person": visitor.person.name if visitor and visitor.person else "",
            },
        )


_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def route_of(scope: Scope) -> str:
    """The route's pattern, or ``unmatched``: an unknown address is not a label."""
    path = getattr(scope.get("route"), "path_format", None) or getattr(scope.get("route"), "path", None)
    return str(path) if path else "unmatched"
