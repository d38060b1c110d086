"""The pinned snapshots of this notebook, read-only."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sandbox.core.errors import Damaged, NotFound
from sandbox.lab import places

if TYPE_CHECKING:
    import duckdb
    import pandas as pd

#: Open connections by file. DuckDB refuses a second configuration of one file in one process. They have no threads, so
#: a fork (the kernel of an app's viewer) can go on with them: every read names its place in the file.
_open: dict[Path, duckdb.DuckDBPyConnection] = {}


@dataclass(frozen=True)
class Pin:
    """What a snapshot's manifest says, as far as a notebook needs it."""

    dataset: str
    version: str
    unit: str = ""
    rows: int = 0
    title: Mapping[str, str] = field(default_factory=dict)
    texts: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    classes: Mapping[str, str] = field(default_factory=dict)


def datasets() -> list[str]:
    """Names of the datasets that are pinned to this project."""
    return sorted(places.pins())


def data(name: str) -> duckdb.DuckDBPyRelation:
    """The pinned snapshot of dataset ``name`` as a DuckDB relation; ``.df()`` makes it a DataFrame.

    Read-only, without access to any other file. Raises NotFound for a dataset that is not pinned, Damaged for a
    snapshot that cannot be opened.
    """
    return connection(name).table("data")


def connection(name: str) -> duckdb.DuckDBPyConnection:
    """The read-only connection behind ``data(name)``; its table is called ``data``."""
    import duckdb

    file = _folder(name) / "data.duckdb"
    if file not in _open:
        config: dict[str, str | bool | int | float | list[str]] = {
            "enable_external_access": "false",
            "memory_limit": "600MB",
            "threads": "1",
            "async_threads": "0",  # an app that has threads cannot be forked for its viewers
            "temp_directory": "",
        }
        try:
            opened = duckdb.connect(str(file), read_only=True, config=config)
            opened.execute("SET lock_configuration = true")
            opened.table("data")
        except duckdb.Error as error:
            raise Damaged(
                "The snapshot of “{dataset}” cannot be opened: {problem}",
                "Ask a data steward to verify it: sandbox dataset verify {dataset}.",
                dataset=name,
                problem=str(error).splitlines()[0][:200],
            ) from None
        _open[file] = opened
    return _open[file]


def frame(name: str, columns: Sequence[str]) -> pd.DataFrame:
    """These columns of all rows of a pinned dataset, in this order."""
    query = f"SELECT {quoted(columns)} FROM data"  # noqa: S608 - quoted identifiers of this very table
    return connection(name).execute(query).df()


def quoted(columns: Sequence[str]) -> str:
    """Column names as an SQL list, whatever they contain."""
    return ", ".join('"' + name.replace('"', '""') + '"' for name in columns)


def pin(name: str) -> Pin:
    """The manifest of the pinned snapshot; facts that it does not state are left empty."""
    folder = _folder(name)
    try:
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        manifest = {}
    unit = manifest.get("unit", "")
    if isinstance(unit, Mapping):
        unit = unit.get("column", "")
    columns = _columns(manifest.get("columns", {}))
    rows = manifest.get("rows", manifest.get("rows_out", 0))
    if isinstance(rows, Mapping):
        rows = rows.get("out", 0)
    return Pin(
        dataset=name,
        version=str(manifest.get("version") or folder.name),
        unit=str(unit or ""),
        rows=int(rows) if isinstance(rows, int | float) else 0,
        title=_texts(manifest.get("title")),
        texts={column: _texts(facts.get("description")) for column, facts in columns.items()},
        classes={column: str(facts.get("class") or facts.get("cls") or "") for column, facts in columns.items()},
    )


def _columns(value: Any) -> dict[str, Mapping[str, Any]]:
    """Columns by name, whether the manifest lists them or maps them."""
    if isinstance(value, Mapping):
        return {str(name): facts for name, facts in value.items() if isinstance(facts, Mapping)}
    if isinstance(value, list):
        return {str(facts["name"]): facts for facts in value if isinstance(facts, Mapping) and "name" in facts}
    return {}


def _texts(value: Any) -> dict[str, str]:
    if isinstance(value, Mapping):
        return {str(tag).replace("zh_cn", "zh-CN"): str(text) for tag, text in value.items()}
    return {"en": str(value)} if value else {}


def _folder(name: str) -> Path:
    pinned = places.pins()
    if name not in pinned:
        raise NotFound(
            "The dataset “{dataset}” is not pinned to this project. Pinned are: {pinned}.",
            "Use one of those, or add the dataset to the project in the portal.",
            dataset=name,
            pinned=", ".join(sorted(pinned)) or "–",
        )
    return pinned[name]
