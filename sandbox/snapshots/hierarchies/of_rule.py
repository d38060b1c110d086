"""The hierarchy that a spec's rule ``generalise`` asks for."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sandbox.core.errors import BadInput
from sandbox.core.generalise import Generalise
from sandbox.snapshots.hierarchies.base import Hierarchy
from sandbox.snapshots.hierarchies.derived import Bands, DateParts, Prefixes, Quantiles
from sandbox.snapshots.hierarchies.regions import ChineseRegions
from sandbox.snapshots.hierarchies.table_file import read_hierarchy


def hierarchy_of(rule: Generalise, folder: Path, *, whole: bool = True, cuts: Sequence[float] = ()) -> Hierarchy:
    """The hierarchy of ``rule``; a file's path starts at ``folder``, that of the dataset's spec file.

    ``whole``: the column holds integers, so bands need no fractions. ``cuts``: for quantiles, the borders of the
    finest level as ``quantile_cuts`` finds them. Raises NotFound or BadInput for the file, and when the rule's level is
    too high.
    """
    found = _hierarchy(rule, folder, whole, cuts)
    if rule.level > found.height:
        raise BadInput(
            "The rule asks for level {level} of {file}, which has the levels 0 (the value itself) to {height} (*).",
            "Choose one of these levels.",
            level=rule.level,
            file=rule.hierarchy or rule.source,
            height=found.height,
        )
    return found


def _hierarchy(rule: Generalise, folder: Path, whole: bool, cuts: Sequence[float]) -> Hierarchy:
    if rule.hierarchy is not None:
        return read_hierarchy(folder / rule.hierarchy)
    if rule.bands is not None:
        return Bands(rule.bands, rule.start, whole)
    if rule.quantiles is not None:
        return Quantiles(rule.quantiles, tuple(cuts))
    if rule.dates is not None:
        return DateParts(rule.dates)
    if rule.prefixes is not None:
        return Prefixes(rule.prefixes)
    return ChineseRegions()
