"""Snapshots for notebooks under test: a DuckDB file with the table ``data`` and a manifest, as a build leaves them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

VERSION = "20261121T000000Z-aaaaaaaaaaaa"


def pin_frame(frame: pd.DataFrame, folder: Path, name: str, spec: Mapping[str, Any] | None = None) -> Path:
    """Write ``frame`` as the snapshot of ``name``; classes and descriptions from ``spec`` (a dataset's YAML)."""
    version = folder / name / VERSION
    version.mkdir(parents=True)
    columns = (spec or {}).get("columns", {})
    with duckdb.connect(str(version / "data.duckdb")) as connection:
        connection.register("frame", frame)
        connection.execute("CREATE TABLE data AS SELECT * FROM frame")
    manifest = {
        "dataset": name,
        "version": VERSION,
        "unit": spec["unit"]["column"] if spec else "",
        "rows": {"in": len(frame), "out": len(frame)},
        "columns": [
            {"name": c, **{k: columns[c][k] for k in ("class", "description") if c in columns}} for c in frame.columns
        ],
    }
    (version / "manifest.json").write_text(json.dumps(manifest, ensure_ascii=False), encoding="utf-8")
    return version
