"""One progress display for everything long."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from sandbox.cli.options import load_settings
from sandbox.core.messages import as_language
from sandbox.i18n import catalogue


@contextmanager
def progress_bar(title: str) -> Iterator[Callable[[str, float], None]]:
    """A bar on stderr under ``title``, an English text of the catalogues; call the given function with (what is being
    done, share done 0–1)."""
    columns = (
        TextColumn("{task.description:<34}"),
        BarColumn(24),
        TextColumn("{task.fields[what]}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task(catalogue(as_language(load_settings().language)).gettext(title), total=1.0, what="")

        def report(what: str, share: float) -> None:
            progress.update(task, completed=share, what=what)

        yield report
        progress.update(task, completed=1.0, what="")
