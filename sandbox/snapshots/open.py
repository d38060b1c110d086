"""Opening snapshots for reading: the file is what its manifest says, read-only, nothing else in reach, locked.

This is politeness, not the boundary: inside one process DuckDB cannot be kept from attaching the file again writable.
The boundary is the kernel's confinement; therefore the file's hash is checked here.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import duckdb

from sandbox.core.errors import Damaged, NotFound
from sandbox.core.ids import check_dataset_name
from sandbox.snapshots.fingerprint import Stamp, file_sha256, stamp
from sandbox.snapshots.manifest import DATA, TABLE, Manifest, read_manifest
from sandbox.snapshots.sql import identifier

_LOCKED: Mapping[str, str] = {
    "enable_external_access": "false",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
}
_known_hashes: dict[tuple[Path, Stamp], str] = {}


def open_snapshot(
    folder: Path, *, verify: bool = True, temp_directory: Path | None = None
) -> duckdb.DuckDBPyConnection:
    """A read-only connection in which the snapshot is the table ``data``.

    ``temp_directory`` is where large sorts may spill; without one they must fit into memory. ``verify=False`` skips the
    file hash, for callers that have just verified it. Raises NotFound, or Damaged when the file is not the manifest's.
    """
    manifest = read_manifest(folder)
    if verify:
        check_file(folder, manifest)
    return connect_locked(folder / DATA, temp_directory)


def open_snapshots(
    folders: Mapping[str, Path], *, verify: bool = True, temp_directory: Path | None = None
) -> duckdb.DuckDBPyConnection:
    """One connection in which each dataset of ``folders`` (name → snapshot folder) is a view of that name."""
    for name, folder in folders.items():
        check_dataset_name(name)
        manifest = read_manifest(folder)
        if verify:
            check_file(folder, manifest)
    connection = duckdb.connect(config={"temp_directory": str(temp_directory or "")})
    try:
        for name, folder in folders.items():
            source = identifier(f"snapshot {name}").text
            connection.execute(f"ATTACH ? AS {source} (READ_ONLY)", [str(folder / DATA)])
            view = identifier(name).text
            connection.execute(f"CREATE VIEW {view} AS SELECT * FROM {source}.{identifier(TABLE).text}")
        # Attach first, then lock: attached paths stay allowed, and nothing else can be added.
        for setting, off in _LOCKED.items():
            connection.execute(f"SET {setting} = {off}")
        connection.execute("SET lock_configuration = true")
    except BaseException:
        connection.close()
        raise
    return connection


def check_file(folder: Path, manifest: Manifest) -> None:
    """Raises Damaged unless the data file has the manifest's sha256. Unchanged files are hashed once per process."""
    path = folder / DATA
    place = f"{folder.parent.name}/{folder.name}"
    try:
        key = (path.absolute(), stamp(path))
        found = _known_hashes.get(key) or file_sha256(path)
    except FileNotFoundError:
        raise NotFound(
            "The snapshot {place} has lost its data file.", "Build the dataset again.", place=place
        ) from None
    if found != manifest.file.sha256:
        raise Damaged(
            "The data file of the snapshot {place} is not the one that was built: its hash differs.",
            "Do not use it. Build the dataset again, or restore the version from a backup, and tell the operator.",
            place=place,
        )
    _known_hashes[key] = found


def connect_locked(
    path: Path, temp_directory: Path | None = None, memory_limit: str | None = None
) -> duckdb.DuckDBPyConnection:
    """A locked read-only connection to a snapshot's database file, without any check of its hash."""
    config: dict[str, str | bool | int | float | list[str]] = {
        **_LOCKED, "temp_directory": str(temp_directory or ""), "lock_configuration": "true",
    }  # fmt: skip
    if memory_limit:
        config["memory_limit"] = memory_limit
    try:
        return duckdb.connect(str(path), read_only=True, config=config)
    except duckdb.Error:
        raise Damaged(
            "The data file of the snapshot {place} cannot be opened.",
            "Build the dataset again, or restore the version from a backup.",
            place=f"{path.parent.parent.name}/{path.parent.name}",
        ) from None
