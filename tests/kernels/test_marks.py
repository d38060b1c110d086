"""Two runs of a cell leave the same mark behind if and only if nothing in it came from time or chance."""

from __future__ import annotations

import sys
import types
import uuid
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import RandomForestClassifier

from sandbox.kernels.marks import mark

NO_WIDGETS: dict[str, Any] = {"state": {}}


def run(code: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The mark of ``code`` in a ``__main__`` of its own, as a notebook's cells have it."""
    main = types.ModuleType("__main__")
    monkeypatch.setitem(sys.modules, "__main__", main)
    exec(code, vars(main))
    return mark(vars(main), NO_WIDGETS)


@pytest.mark.parametrize(
    "code",
    [
        "a = 1; b = 'x'; c = [1, {'k': (2.5, None)}]",
        "import numpy as np; a = np.random.default_rng(7).normal(size=5)",
        "import pandas as pd; t = pd.DataFrame({'a': [1, 2], 'b': ['x', None]})",
        "def f(x, y=3):\n    return [z + x for z in range(y)]",
        "k = 4\ndef outer():\n    n = 5\n    return lambda x: x + n\ng = outer()",
        "class A:\n    limit = 3\n    def go(self):\n        return self.limit\na = A(); a.x = 1",
        "import duckdb; con = duckdb.connect()",
    ],
)
def test_what_depends_on_nothing_leaves_the_same_mark(code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(code, monkeypatch) == run(code, monkeypatch)


@pytest.mark.parametrize(
    "code",
    [
        "import time; t = time.time_ns()",
        "import random; a = {'deep': [[random.random()]]}",
        "import time\ndef f(now=time.time_ns()):\n    return now",
        "import time\ndef outer():\n    n = time.time_ns()\n    return lambda: n\nf = outer()",
        "import uuid\nclass A:\n    key = uuid.uuid4().hex",
        "import random\nclass A: pass\na = A(); a.x = random.random()",
        "import numpy as np; a = np.random.random(3)",
        "import threading; lock = threading.Lock()",
    ],
)
def test_what_depends_on_time_or_chance_leaves_another_mark(code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(code, monkeypatch) != run(code, monkeypatch)


def test_a_model_is_read_without_what_lay_between_its_fields() -> None:
    table = pd.DataFrame({"a": np.arange(40), "b": np.arange(40) % 7})
    one, other = (RandomForestClassifier(3, random_state=1).fit(table, table.a > 20) for _ in range(2))
    assert mark({"m": one}, NO_WIDGETS) == mark({"m": other}, NO_WIDGETS)


def test_a_widgets_id_does_not_count_and_its_value_does() -> None:
    def widgets(value: str) -> dict[str, Any]:
        layout, text = uuid.uuid4().hex, uuid.uuid4().hex
        return {"state": {layout: {"state": {}}, text: {"state": {"layout": f"IPY_MODEL_{layout}", "value": value}}}}

    assert mark({}, widgets("a")) == mark({}, widgets("a"))
    assert mark({}, widgets("a")) != mark({}, widgets("b"))
    assert mark({}, widgets(uuid.uuid4().hex)) != mark({}, widgets(uuid.uuid4().hex))
