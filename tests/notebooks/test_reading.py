"""A notebook that somebody sent is read as data: valid, bounded, every cell with an id of its own."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.core.errors import BadInput, SandboxError, TooLarge
from sandbox.core.notebook import iter_outputs, iter_texts
from sandbox.notebooks.reading import read_notebook


def file(*cells: Any, **more: Any) -> bytes:
    return json.dumps({"nbformat": 4, "nbformat_minor": 4, "metadata": {}, "cells": list(cells), **more}).encode()


def cell(source: Any = "x = 1", **more: Any) -> dict[str, Any]:
    return {"cell_type": "code", "source": source, "metadata": {}, "outputs": [], "execution_count": None, **more}


def test_cells_get_ids_and_sources_are_joined() -> None:
    found = read_notebook(file(cell(["a\n", "b"]), cell(id="a"), cell(id="a"), cell(id="cell-1")))
    ids = [c.id for c in found.cells]
    assert len(set(ids)) == 4 and ids[1] == "a" and found.cells[0].source == "a\nb"
    assert [c.id for c in read_notebook(file(cell(), cell())).cells] == ["cell-1", "cell-2"], "the same every time"


BAD = {
    "no JSON": b"hello",
    "a list": b"[]",
    "binary": b"\x80\x04\x95",
    "UTF-16": json.dumps({"cells": []}).encode("utf-16"),
    "no cells": b'{"nbformat": 4}',
    "an old format": b'{"nbformat": 3, "cells": []}',
    "a cell that is a number": file(3),
    "a cell without a type": file({"source": ""}),
    "a source that is a number": file(cell(3)),
    "NaN": b'{"nbformat": 4, "cells": [], "metadata": NaN}',
    "deep": b'{"nbformat": 4, "cells": ' + b"[" * 5000 + b"]" * 5000 + b"}",
    "deeper than Python reads": b"[" * 1_000_000,
    "a huge number": b'{"nbformat": 4, "metadata": {"a": ' + b"9" * 10_000 + b'}, "cells": []}',
}


@pytest.mark.parametrize("what", BAD)
def test_what_is_no_notebook_is_refused_with_a_remedy(what: str) -> None:
    with pytest.raises(BadInput) as raised:
        read_notebook(BAD[what], "mine.ipynb")
    message, remedy = raised.value.render()
    assert "mine.ipynb" in message and remedy


def test_too_large_and_too_many() -> None:
    with pytest.raises(TooLarge):
        read_notebook(file(cell("x" * 5000)), max_bytes=1000)
    with pytest.raises(TooLarge):
        read_notebook(file(*[cell()] * 501))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda part: (
        st.lists(part, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["cells", "outputs", "data", "metadata", "widgets", "state", "text", "id", "source", "tags"]
            ),
            part,
            max_size=4,
        )
    ),
    max_leaves=20,
)


@settings(max_examples=80, deadline=None)
@given(JSON)
def test_walks_survive_any_shape(value: Any) -> None:
    notebook = {"cells": value if isinstance(value, list) else [value], "metadata": value}
    list(iter_outputs(notebook))
    list(iter_texts(notebook))
    with contextlib.suppress(SandboxError):
        read_notebook(json.dumps({"nbformat": 4, **notebook}).encode())
