"""Which files an app may offer to its viewers: data and documents, of bounded size. Nothing that a computer runs."""

from __future__ import annotations

from collections.abc import Mapping

#: Largest file that an app gives, bytes.
MOST_OFFERED = 25 * 2**20

#: Ending → media type. Not HTML or SVG: opened from a disk they run scripts.
OFFERED_TYPES: Mapping[str, str] = {
    "csv": "text/csv; charset=utf-8",
    "tsv": "text/tab-separated-values; charset=utf-8",
    "txt": "text/plain; charset=utf-8",
    "md": "text/markdown; charset=utf-8",
    "json": "application/json",
    "pdf": "application/pdf",
    "png": "image/png",
    "jpg": "image/jpeg",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "parquet": "application/vnd.apache.parquet",
    "zip": "application/zip",
}
