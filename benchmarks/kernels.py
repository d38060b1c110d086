"""Kernel start and memory: ``python benchmarks/kernels.py [repetitions]``. Prints medians; starts nothing in parallel.

ready = start_kernel() → kernel_info_reply, asked every 10 ms (no client's own waiting in it); memory is PSS, so what
kernels share with the zygote is divided among them.
"""

from __future__ import annotations

import re
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from traitlets.config import Config

from sandbox.kernels import forkserver
from sandbox.kernels.policy import KernelPolicy
from tests.helpers.kernels import BlockingSandboxManager

_IMPORTS = "import pandas, duckdb, sklearn.ensemble, matplotlib.pyplot, ipywidgets"


def pss(pid: int) -> float:
    """Proportional set size in MB."""
    found = re.search(r"^Pss:\s+(\d+)", Path(f"/proc/{pid}/smaps_rollup").read_text(), re.M)
    return int(found[1]) / 1024 if found else 0.0


def one(folder: Path, fork: bool) -> dict[str, float]:
    manager = BlockingSandboxManager(config=Config({"SandboxProvisioner": {"fork": fork}}))
    start = time.perf_counter()
    manager.start_kernel(policy=KernelPolicy((folder,)))
    launched = time.perf_counter()
    client = manager.client()
    client.start_channels()
    while True:
        client.kernel_info()
        if client.shell_channel.socket.poll(10):
            client.get_shell_msg(timeout=1)
            break
    ready = time.perf_counter()
    figures = {
        "launch ms": (launched - start) * 1000,
        "confine ms": manager.confinement.milliseconds,
        "ready ms": (ready - start) * 1000,
        "PSS MB": pss(manager.provisioner.pid),
    }
    client.wait_for_ready(timeout=30)  # also hears iopub
    start = time.perf_counter()
    client.execute_interactive(_IMPORTS, timeout=60)
    figures["imports ms"] = (time.perf_counter() - start) * 1000
    figures["PSS after imports MB"] = pss(manager.provisioner.pid)
    client.stop_channels()
    end = time.perf_counter()
    manager.shutdown_kernel(now=True)
    figures["end ms"] = (time.perf_counter() - end) * 1000
    return figures


def main(repetitions: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        start = time.perf_counter()
        forkserver.current()
        print(f"zygote: {time.perf_counter() - start:.2f} s")
        for fork, title in ((True, "forked"), (False, "cold subprocess")):
            runs = [one(Path(name), fork) for _ in range(repetitions)]
            print(title, {key: round(statistics.median(run[key] for run in runs), 1) for key in runs[0]})
        forkserver.stop()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 9)
