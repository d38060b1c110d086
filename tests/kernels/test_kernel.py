"""What an honest notebook needs works in a confined kernel, forked and started cold alike."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from sandbox.kernels.policy import KernelPolicy
from tests.helpers.kernels import Session, confined_kernel


@pytest.fixture(scope="module", params=[True, False], ids=["forked", "cold"])
def kernel(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    home = tmp_path_factory.mktemp("kernel")
    (home / "project").mkdir()
    (home / "snapshot").mkdir()
    with duckdb.connect(str(home / "snapshot" / "data.duckdb")) as con:
        con.execute("create table data as select range % 7 as g, random() as v, range as i from range(200000)")
    policy = KernelPolicy(
        writable=(home / "project",), readable=(home / "snapshot",),
        env={"SANDBOX_MODE": "studio", "SNAPSHOT": str(home / "snapshot" / "data.duckdb")},
    )  # fmt: skip
    with confined_kernel(policy, fork=request.param) as session:
        session.run("import os")
        yield session


def test_it_runs_in_its_project_with_only_its_own_environment(kernel: Session) -> None:
    assert Path(kernel.run("print(os.getcwd(), end='')")).name == "project"
    names = set(json.loads(kernel.run("import json; print(json.dumps(list(os.environ)))")))
    assert {"SANDBOX_MODE", "HOME", "TMPDIR", "OMP_NUM_THREADS"} <= names
    assert not names & {"PWD", "USER", "LOGNAME", "VIRTUAL_ENV", "SSH_CONNECTION"}


def test_duckdb_reads_the_snapshot_and_spills(kernel: Session) -> None:
    out = kernel.run("""
import duckdb
con = duckdb.connect(os.environ["SNAPSHOT"], read_only=True,
                     config={"memory_limit": "60MB", "threads": 2, "temp_directory": os.environ["TMPDIR"] + "/spill"})
print(con.execute("select count(*), count(distinct g) from data").fetchone())
con.execute("create temp table sorted as select * from data order by v, i")
print(con.execute("select g, avg(v) from data group by g").df().shape)
con.close()
""")
    assert out == "(200000, 7)\n(7, 2)\n"


def test_pandas_and_files_of_the_project(kernel: Session) -> None:
    out = kernel.run("""
import pandas as pd, shutil, tempfile, sqlite3
pd.DataFrame({"a": [1, 2]}).to_csv("a.csv", index=False)
pd.DataFrame({"a": [1, 2]}).to_parquet("a.parquet")
shutil.copy2("a.csv", "b.csv")
sqlite3.connect("p.sqlite").execute("create table if not exists t(x)")
with tempfile.NamedTemporaryFile() as f:
    print(f.name.startswith(os.environ["TMPDIR"]), len(pd.read_csv("b.csv")), len(pd.read_parquet("a.parquet")))
""")
    assert out == "True 2 2\n"


def test_scikit_learn_and_skops(kernel: Session) -> None:
    out = kernel.run("""
import numpy as np, skops.io
from sklearn.ensemble import RandomForestClassifier
from sklearn.inspection import permutation_importance
X, y = np.random.rand(400, 4), np.random.randint(0, 2, 400)
model = RandomForestClassifier(20, n_jobs=2).fit(X, y)
permutation_importance(model, X[:50], y[:50], n_repeats=2, n_jobs=2)
skops.io.dump(model, "model.skops")
print(skops.io.load("model.skops", trusted=["sklearn.tree._tree.Tree"]).predict(X).shape)
""", timeout=120)  # fmt: skip
    assert out == "(400,)\n"


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_processes(kernel: Session, method: str) -> None:
    out = kernel.run(f"""
import multiprocessing
with multiprocessing.get_context({method!r}).Pool(2) as pool:
    print(pool.map(abs, [-1, -2]))
""", timeout=90)  # fmt: skip
    assert out == "[1, 2]\n"


def test_programs_psutil_and_time_zones(kernel: Session) -> None:
    out = kernel.run("""
import subprocess, psutil, zoneinfo, asyncio, concurrent.futures as cf
print(subprocess.run(["sh", "-c", "echo $((6 * 7))"], capture_output=True, text=True, check=True).stdout.strip())
print(psutil.Process().memory_info().rss > 0, zoneinfo.ZoneInfo("Asia/Shanghai"))
print(cf.ThreadPoolExecutor(1).submit(lambda: asyncio.run(asyncio.sleep(0, "done"))).result())
""")
    assert out == "42\nTrue Asia/Shanghai\ndone\n"


def test_a_plot_is_shown_as_svg_without_complaint(kernel: Session) -> None:
    messages = kernel.outputs("""
%config InlineBackend.figure_formats = ["svg"]
import matplotlib.pyplot as plt
plt.plot([1, 2, 3]); plt.title("churn"); plt.show()
""")
    shown = [m["content"]["data"] for m in messages if m["msg_type"] == "display_data"]
    assert len(shown) == 1
    assert shown[0]["image/svg+xml"].lstrip().startswith("<?xml")
    said = "".join(m["content"]["text"] for m in messages if m["msg_type"] == "stream")
    assert said == ""


def test_a_slider_moves(kernel: Session) -> None:
    """After a fork, widgets must have registered with this kernel, or they show and do nothing."""
    messages = kernel.outputs("import ipywidgets; slider = ipywidgets.IntSlider(value=3); display(slider)")
    models = {m["content"]["comm_id"]: m["content"]["data"]["state"] for m in messages if m["msg_type"] == "comm_open"}
    model = next(i for i, state in models.items() if state["_model_name"] == "IntSliderModel")
    update = {"method": "update", "state": {"value": 42}, "buffer_paths": []}
    client = kernel.client
    client.shell_channel.send(client.session.msg("comm_msg", {"comm_id": model, "data": update}))
    assert kernel.run("print(slider.value)") == "42\n"
    opened = {"comm_id": "fresh", "target_name": "jupyter.widget.control", "data": {}}
    client.shell_channel.send(client.session.msg("comm_open", opened, metadata={"version": "1.0.0"}))
    assert kernel.run("from comm import get_comm_manager as m; print(m().comms.get('fresh') is not None)") == "True\n"


def test_our_own_package_can_be_imported(kernel: Session) -> None:
    out = kernel.run("""
import subprocess, sys, sandbox.core.messages
print(subprocess.run([sys.executable, "-c", "import sandbox.core.messages"]).returncode)
""")
    assert out == "0\n"


def test_random_numbers_differ_between_kernels(kernel: Session, tmp_path: Path) -> None:
    code = "import random, numpy, uuid, tempfile; print(random.random(), numpy.random.rand(), tempfile.mktemp())"
    with confined_kernel(KernelPolicy((tmp_path,))) as other:
        mine, others = kernel.run(code).split(), other.run(code).split()
    assert not set(mine) & set(others)
