"""A project's starter: the portal's zip, unpacked where the person works. For JupyterLab and the command line."""

from __future__ import annotations

import io
import os
import shutil
import zipfile
from pathlib import Path

from sandbox.core.errors import Damaged
from sandbox.publishing.names import check_name


def unpack_starter(archive: bytes, folder: Path) -> None:
    """Write the starter's files that are missing in ``folder``; what the person has there already stays."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    staged = folder.parent / f".{folder.name}.{os.getpid()}"
    try:
        with zipfile.ZipFile(io.BytesIO(archive)) as files:
            for entry in files.infolist():
                target = staged / check_name(entry.filename)
                target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                target.write_bytes(files.read(entry))
        for source in sorted(path for path in staged.rglob("*") if path.is_file()):
            target = folder / source.relative_to(staged)
            if not os.path.lexists(target):
                target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                source.rename(target)
    except zipfile.BadZipFile as error:
        raise Damaged("The project's files came damaged from the portal.", "Open it again.") from error
    finally:
        shutil.rmtree(staged, ignore_errors=True)
