"""Did the change work? Two groups drawn by lot: how many are needed, when it may be read, effect and interval.

- the difference of two shares with Newcombe's interval (Newcombe 1998, method 10), of two means with Welch's;
- the number per group for a wanted power (normal approximation, Fleiss);
- a sample-ratio check: chi-squared against the planned split;
- before the planned number is reached, only an interval that may be looked at as often as one likes (asymptotic
  confidence sequence, Waudby-Smith et al. 2021, with its width tuned to the planned number);
- per group of people the intervals are widened for the number of looks (Bonferroni).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sandbox.core.errors import BadInput
from sandbox.core.fairness import ALPHA, newcombe
from sandbox.lab import columns as find
from sandbox.lab import pins
from sandbox.lab.columns import as_levels
from sandbox.lab.words import t

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from sandbox.lab.choices import Choices, Table
    from sandbox.lab.forms import Form

FEWEST_EACH = 30
MOST_SEGMENTS = 12
_SUSPICIOUS = 0.001
#: The course of a test is drawn from this share of the units in each group on; before it is all interval.
_SHOWN_FROM = 0.08


@dataclass(frozen=True)
class Trial:
    """One row per unit: whether it got the change, and its outcome (1 or 0, or an amount).

    ``segments`` maps a column's label to each unit's level. ``share`` is True for a yes-or-no outcome. ``days`` counts
    the days from the first entry to the last, None without a time.
    """

    changed: np.ndarray
    outcome: np.ndarray
    share: bool
    control: str
    change: str
    segments: Mapping[str, np.ndarray] = field(default_factory=dict)
    entered: np.ndarray | None = None
    dataset: str = ""
    rows: int = 0
    columns: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def sizes(self) -> tuple[int, int]:
        """Units without and with the change."""
        return int((~self.changed).sum()), int(self.changed.sum())

    @property
    def days(self) -> int | None:
        if self.entered is None or not len(self.entered):
            return None
        return int((self.entered.max() - self.entered.min()).astype("timedelta64[D]").astype(int)) + 1


def trial(form: Form) -> Trial:
    """The test that was chosen in the form: needs with the keys customer, variant, outcome and, if mapped, entered and
    facts (by which people are grouped). Raises BadInput, in words, when it is no test of two groups.
    """
    chosen, table = form.ready()
    return read_trial(chosen, table, str(form.setting("control")))


def read_trial(choices: Choices, table: Table, control: str) -> Trial:
    """The test that ``choices`` describe; ``control`` is the variant without the change."""
    mapped = choices.mapped
    segments = [name for name in choices.facts or () if 2 <= _kinds(table, name) <= MOST_SEGMENTS]
    names = list(dict.fromkeys([*mapped.values(), *segments]))
    frame = pins.frame(choices.dataset, names)
    rows, notes = len(frame), []
    variant = as_levels(frame[mapped["variant"]])
    kept = frame[frame[mapped["variant"]].notna() & frame[mapped["outcome"]].notna()]
    if "customer" in mapped:
        mixed = variant.groupby(frame[mapped["customer"]]).nunique()
        kept = kept[~kept[mapped["customer"]].isin(mixed.index[mixed > 1])]
        kept = kept.drop_duplicates(mapped["customer"])
    if len(kept) < rows:
        notes.append(t("{rows} {rows:row|rows} {rows:was|were} left out: without variant or outcome, "
                       "the same unit again, or in both groups.",
                       rows=f"{rows - len(kept):,}"))  # fmt: skip
    levels = sorted(as_levels(kept[mapped["variant"]]).unique())
    if len(levels) != 2 or control not in levels:
        raise BadInput(
            "The column of the variant has {count} values; a test compares two.",
            "Choose the column that says who got the change and who did not.",
            count=len(levels),
        )
    change = next(level for level in levels if level != control)
    changed = as_levels(kept[mapped["variant"]]).eq(change).to_numpy()
    outcome, share = _outcome(kept[mapped["outcome"]], choices.yes)
    _enough(changed, outcome)
    labels = {column.name: column.label for column in table.columns}
    notes += [
        t("“{column}” has {levels} kinds, too many to compare people by; it is left out.", column=labels[name],
          levels=f"{_kinds(table, name):,}")
        for name in choices.facts or () if _kinds(table, name) > MOST_SEGMENTS
    ]  # fmt: skip
    return Trial(
        changed=changed,
        outcome=outcome,
        share=share,
        control=control,
        change=change,
        segments={labels[name]: as_levels(kept[name]).fillna(t("missing")).to_numpy() for name in segments},
        entered=_moments(kept[mapped["entered"]]) if "entered" in mapped else None,
        dataset=choices.dataset,
        rows=rows,
        columns=tuple(names),
        notes=tuple(notes),
    )


def _kinds(table: Table, name: str) -> int:
    """How many different values a column of kinds has; 0 for any other column."""
    column = table.column(name)
    return column.distinct if column is not None and column.kind == "category" else 0


def _outcome(series: pd.Series, yes: str) -> tuple[np.ndarray, bool]:
    """The outcome as numbers: 1 where it is ``yes`` if there are two values, else the amount."""
    import pandas as pd

    levels = as_levels(series)
    if levels.nunique() <= 2:
        return levels.eq(yes or find.guess_yes(list(levels.value_counts().index))).to_numpy(float), True
    amounts = pd.to_numeric(series, errors="coerce").to_numpy(float)
    return amounts, False


def _moments(series: pd.Series) -> np.ndarray | None:
    import pandas as pd

    moments = pd.to_datetime(series, errors="coerce")
    return None if moments.isna().any() else moments.to_numpy().astype("datetime64[D]")


def _enough(changed: np.ndarray, outcome: np.ndarray) -> None:
    import numpy as np

    small = min(int(changed.sum()), int((~changed).sum()))
    if small < FEWEST_EACH or not np.isfinite(outcome).all():
        raise BadInput(
            "There are too few units: {small} in the smaller group, or an outcome that is no number.",
            "A test needs at least {least} units in each group, each with its outcome.",
            small=small,
            least=FEWEST_EACH,
        )
    if np.ptp(outcome) == 0:
        raise BadInput(
            "All {rows} units have the same outcome, so there is no difference to see.",
            "Check the column of the outcome.",
            rows=f"{len(outcome):,}",
        )


@dataclass(frozen=True)
class Effect:
    """Mean outcome (a share, or an amount) without and with the change; ``low`` to ``high`` is the interval of the
    difference at the level that was asked for.
    """

    without: float
    with_: float
    low: float
    high: float
    sizes: tuple[int, int]

    @property
    def difference(self) -> float:
        return self.with_ - self.without

    @property
    def clear(self) -> bool:
        """Whether the interval leaves zero out."""
        return self.low > 0 or self.high < 0


def effect(changed: np.ndarray, outcome: np.ndarray, *, share: bool, alpha: float = ALPHA) -> Effect:
    """The difference with its interval: Newcombe's for shares, Welch's for amounts."""
    before, after = outcome[~changed], outcome[changed]
    if share:
        low, high = newcombe(int(before.sum()), len(before), int(after.sum()), len(after), alpha)
    else:
        from scipy.stats import ttest_ind

        interval = ttest_ind(after, before, equal_var=False).confidence_interval(1 - alpha)
        low, high = float(interval.low), float(interval.high)
    return Effect(float(before.mean()), float(after.mean()), low, high, (len(before), len(after)))


def needed(base: float, smallest: float, *, power: float = 0.8, spread: float | None = None) -> int:
    """Units per group to find a difference of ``smallest`` with this power at the 5% level.

    For shares from ``base`` on; for amounts give their standard deviation as ``spread``.
    """
    from scipy.stats import norm

    if smallest == 0:
        raise BadInput("A difference of zero cannot be found.", "Give the smallest difference that would matter.")
    both = float(norm.ppf(1 - ALPHA / 2) + norm.ppf(power))
    if spread is not None:
        return math.ceil(2 * (both * spread / smallest) ** 2)
    other = min(0.999, max(0.001, base + smallest))
    return math.ceil(both**2 * (base * (1 - base) + other * (1 - other)) / (other - base) ** 2)


def split_chance(sizes: tuple[int, int], planned: float = 0.5) -> float:
    """How likely a split at least this uneven is by chance (p-value), if ``planned`` is the share with the change."""
    from scipy.stats import chisquare

    total = sum(sizes)
    return float(chisquare(sizes, [total * (1 - planned), total * planned]).pvalue)


def uneven(sizes: tuple[int, int], planned: float = 0.5) -> bool:
    """Whether the groups are so uneven that something went wrong with the lot."""
    return split_chance(sizes, planned) < _SUSPICIOUS


def any_time(changed: np.ndarray, outcome: np.ndarray, planned: int, alpha: float = ALPHA) -> tuple[float, float]:
    """Interval of the difference that holds however often it is looked at; narrowest near ``planned`` units in all."""
    count = len(outcome)
    before, after = outcome[~changed], outcome[changed]
    # The difference as a mean over all units: each outcome weighted by the inverse of its group's share.
    variance = count * (before.var(ddof=1) / len(before) + after.var(ddof=1) / len(after))
    rho2 = (-math.log(alpha**2) + math.log(-math.log(alpha**2) + 1)) / max(2, planned)
    scaled = count * rho2 + 1
    half = math.sqrt(variance * 2 * scaled / (count**2 * rho2) * math.log(math.sqrt(scaled) / alpha))
    middle = float(after.mean() - before.mean())
    return middle - half, middle + half


@dataclass(frozen=True)
class Segment:
    """One group of people and its effect; ``clear`` after widening for the number of groups looked at."""

    column: str
    level: str
    effect: Effect

    @property
    def label(self) -> str:
        return f"{self.column}: {self.level}"


def segments(found: Trial, least: int) -> tuple[Segment, ...]:
    """The effect in each group of people; those with fewer than ``least`` or 30 units in a variant are left out."""
    parts = []
    for column, levels in found.segments.items():
        for level in sorted(set(levels.tolist())):
            here = levels == level
            if min(int((here & found.changed).sum()), int((here & ~found.changed).sum())) >= max(least, FEWEST_EACH):
                parts.append((column, level, here))
    alpha = ALPHA / max(1, len(parts))
    return tuple(
        Segment(column, str(level), effect(found.changed[here], found.outcome[here], share=found.share, alpha=alpha))
        for column, level, here in parts
    )


@dataclass(frozen=True)
class Reading:
    """A test as far as it may be read. ``planned`` counts units per group; ``ready`` says whether they are there.

    ``sequence`` is the interval that may be looked at any time; ``chance`` the p-value of the split.
    """

    effect: Effect
    sequence: tuple[float, float]
    planned: int
    ready: bool
    chance: float
    uneven: bool
    segments: tuple[Segment, ...]
    spread: float

    @property
    def verdict(self) -> str:
        """``broken``, ``wait``, ``early``, ``works``, ``harms`` or ``unclear``."""
        if self.uneven:
            return "broken"
        if not self.ready:
            return "early" if self.sequence[0] > 0 or self.sequence[1] < 0 else "wait"
        if not self.effect.clear:
            return "unclear"
        return "works" if self.effect.difference > 0 else "harms"


def read(found: Trial, *, smallest: float, power: float = 0.8, planned_share: float = 0.5, least: int = 10) -> Reading:
    """Read the test. ``smallest``: the smallest difference that would matter (in shares 0–1, or as an amount)."""
    spread = float(found.outcome.std(ddof=1))
    base = float(found.outcome[~found.changed].mean())
    planned = needed(base, smallest, power=power, spread=None if found.share else spread)
    return Reading(
        effect=effect(found.changed, found.outcome, share=found.share),
        sequence=any_time(found.changed, found.outcome, 2 * planned),
        planned=planned,
        ready=min(found.sizes) >= planned,
        chance=split_chance(found.sizes, planned_share),
        uneven=uneven(found.sizes, planned_share),
        segments=segments(found, least),
        spread=spread,
    )


def by_day(found: Trial) -> Sequence[tuple[str, float, float, float]]:
    """(day, difference, low, high) of the interval that may be looked at any time, as units entered; ≤ 40 places."""
    import numpy as np

    if found.entered is None:
        return ()
    days = np.unique(found.entered)
    made: list[tuple[str, float, float, float]] = []
    for day in days[:: max(1, len(days) // 40)]:
        here: Any = found.entered <= day
        changed, outcome = found.changed[here], found.outcome[here]
        if min(changed.sum(), (~changed).sum()) < max(FEWEST_EACH, _SHOWN_FROM * len(found.outcome)):
            continue
        low, high = any_time(changed, outcome, len(found.outcome))
        made.append((str(day), float(outcome[changed].mean() - outcome[~changed].mean()), low, high))
    return made
