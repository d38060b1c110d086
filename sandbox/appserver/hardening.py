"""What must be in force before the app server answers anybody.

Asserted on the running objects, not on the configuration: an update of Voilà that renames a setting must stop the
server instead of opening it.
"""

from __future__ import annotations

from typing import Any

from sandbox.appserver.channels import WidgetChannels
from sandbox.appserver.identity import OwnKernelsOnly, ViewerIdentity
from sandbox.appserver.kernels import AppKernels
from sandbox.appserver.traffic import ALLOWED_TYPES
from sandbox.core.errors import Unavailable

#: Every address pattern's handler must be one of ours.
OURS = "sandbox.appserver."


def problems(server: Any) -> list[str]:
    """What is not as it must be, in words; empty when all holds. ``server`` is an AppServer, initialised or started."""
    voila = server.voila_configuration
    expected = {
        "config_file_paths": (server.config_file_paths, []),
        "identity provider": (server.identity_provider_class, ViewerIdentity),
        "authorizer": (server.authorizer_class, OwnKernelsOnly),
        "websocket": (server.kernel_websocket_connection_class, WidgetChannels),
        "kernel manager": (voila.multi_kernel_manager_class, AppKernels),
        "template override": (voila.allow_template_override, "NO"),
        "theme override": (voila.allow_theme_override, "NO"),
        "files": (voila.file_allowlist, []),
        "tracebacks": (voila.show_tracebacks, False),
        "preheating": (voila.preheat_kernel, False),
        "progressive rendering": (voila.progressive_rendering, False),
        "headers in kernels": (voila.http_header_envs, []),
        "address": (server.ip, "127.0.0.1"),
        "root": (server.root_dir, str(server.places.apps)),
        "notebook": (server.notebook_path, None),
        "token": (server.token, None),
        "autoreload": (server.autoreload, False),
    }
    found = [f"{name} is {value!r}" for name, (value, wanted) in expected.items() if value != wanted]
    if getattr(server, "app", None) is not None:
        found += _running_problems(server)
    return found


def _running_problems(server: Any) -> list[str]:
    settings = server.app.settings
    found = []
    if type(settings["identity_provider"]) is not ViewerIdentity or type(settings["authorizer"]) is not OwnKernelsOnly:
        found.append("identity provider or authorizer was exchanged")
    if not isinstance(settings["kernel_manager"], AppKernels):
        found.append("kernel manager was exchanged")
    elif set(settings["kernel_manager"].allowed_message_types) != ALLOWED_TYPES:
        found.append("allowed message types were changed")
    if settings["kernel_websocket_connection_class"] is not WidgetChannels:
        found.append("websocket was exchanged")
    for rule in _rules(server.app.wildcard_router.rules) + _rules(server.app.default_router.rules):
        if not str(rule.__module__).startswith(OURS):
            found.append(f"{rule.__module__}.{rule.__name__} answers an address")
    return found


def _rules(rules: Any) -> list[Any]:
    handlers = []
    for rule in rules:
        if hasattr(rule.target, "rules"):
            handlers += _rules(rule.target.rules)
        elif isinstance(rule.target, type):
            handlers.append(rule.target)
    return handlers


def check_hardening(server: Any) -> None:
    """Raise Unavailable, naming what is wrong, unless everything holds."""
    found = problems(server)
    if found:
        raise Unavailable(
            "The app server does not start, because it would not be safe: {problems}.",
            "Install the versions of the locked requirements; if that does not help, report this.",
            problems="; ".join(found),
        )
