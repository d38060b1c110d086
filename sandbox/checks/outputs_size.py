"""Refuses a notebook that shows more than people can read and browsers can carry; a single huge output gets a look."""

from __future__ import annotations

from collections.abc import Iterable

from sandbox.checks.facts import Facts
from sandbox.core.findings import Finding, Level
from sandbox.core.messages import Message
from sandbox.core.notebook import iter_texts

PHASE, NAME = "run", "outputs_size"
_LARGE = 2**20  # characters in one output; a page with several of them opens slowly


def check(facts: Facts) -> Iterable[Finding]:
    run = facts.run
    if run is None:
        return
    if run.stopped == "output":
        yield Finding(
            NAME,
            Level.FAIL,
            Message("This cell shows more than {mb:.0f} MB; the run was stopped.",
                    {"mb": facts.limits.output_bytes / 2**20}),
            Message("Show a table's first rows or a chart instead of everything; look for print in a loop."),
            run.error.cell_id if run.error else None,
        )  # fmt: skip
        return
    sizes: dict[str | None, int] = {}
    for shown in iter_texts(run.notebook):
        sizes[shown.cell] = max(sizes.get(shown.cell, 0), len(shown.text))
    large = {cell: size for cell, size in sizes.items() if size > _LARGE}
    for cell, size in large.items():
        yield Finding(
            NAME,
            Level.REVIEW,
            Message("One output of this cell has {mb:.1f} MB; the app will open slowly.", {"mb": size / 2**20}),
            Message("Show fewer rows, or a simpler chart."),
            cell,
        )
    if not large:
        yield Finding(
            NAME, Level.PASS, Message("All outputs together are {kb:.0f} KB.", {"kb": run.output_bytes / 1024})
        )
