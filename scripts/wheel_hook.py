"""Part of building a wheel: it must carry the front ends, which are built and not in the repository."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class WheelHook(BuildHookInterface):  # type: ignore[type-arg]
    """Builds the front ends when their sources changed; an editable install leaves that to ``scripts/setup.py``."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "standard":
            script = Path(self.root) / "scripts" / "build_frontend.py"
            subprocess.run([sys.executable, str(script)], check=True)
