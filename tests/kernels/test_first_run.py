"""Whether an app is the same at another time: what it shows, and what a control may show later."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest

from sandbox.kernels.policy import KernelPolicy
from sandbox.kernels.warmapp import AVAILABLE
from sandbox.notebooks.first_run import FirstRun, first_run

pytestmark = pytest.mark.skipif(not AVAILABLE, reason="apps are executed ahead on Linux only")


def run(folder: Path, code: str) -> FirstRun:
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code)])
    file = folder / "app.ipynb"
    nbformat.write(notebook, file)
    return first_run(KernelPolicy(readable=(file,)), file, 2**20, 60)


@pytest.mark.parametrize(
    "code",
    [
        "from datetime import date, datetime, timedelta\ndue = date(2026, 3, 1) + timedelta(3)\nprint(due)",
        "from time import strftime, time\nimport datetime, time as clock",
        "import threading\nlock = threading.Lock()",
        "from IPython.display import display\nshown = display('x', display_id=True)",
        "import matplotlib.pyplot as plt\nfig, ax = plt.subplots()\nax.plot([1, 2])\nplt.show()",
        "import datetime, ipywidgets\nipywidgets.DatePicker(value=datetime.date(2026, 1, 31))",
        "print('it is now or today')",
    ],
)
def test_what_is_the_same_at_another_time_is_prepared_for_everybody(tmp_path: Path, code: str) -> None:
    assert run(tmp_path, code).view


@pytest.mark.parametrize(
    "code",
    [
        "import datetime\ntoday = datetime.date.today()",
        "import time\ndef since(begun=time.time()):\n    return time.time() - begun",
        "import random\nchosen = {'deep': [random.random()]}",
        "import ipywidgets, time\nhidden = ipywidgets.Text(str(time.time()))",
        "import time\nprint(int(time.clock_gettime(time.CLOCK_REALTIME)) // 86400)",
        "import numpy\nprint(numpy.datetime64('now').astype('datetime64[D]'))",
        "import sqlite3\nprint(sqlite3.connect(':memory:').execute(\"select date('now')\").fetchone())",
        "import os\nprint(os.stat('/proc/self').st_mtime)",
        "import ctypes\nprint(ctypes.CDLL(None).time(None) // 86400)",
    ],
)
def test_what_tells_or_keeps_the_time_is_not_shown_to_everybody(tmp_path: Path, code: str) -> None:
    assert not run(tmp_path, code).view
