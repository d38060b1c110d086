"""How much will be sold, per place, product and week: past weeks as facts, rolling-origin checks, order quantities.

Everything that a forecast for week w knows was known ``lead`` weeks earlier. Each origin learns anew from the weeks
before it and forecasts the next ones (Tashman 2000). The order quantity comes from how far forecasts were off in those
checks: the share of weeks in which it would have sufficed is the service level, whatever the distribution.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from sandbox.core.errors import BadInput
from sandbox.lab import pins
from sandbox.lab.columns import as_levels
from sandbox.lab.evaluation import Metric
from sandbox.lab.regression import mean_interval
from sandbox.lab.words import t

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from sandbox.lab.choices import Choices
    from sandbox.lab.forms import Form

FEWEST_WEEKS, FEWEST_SERIES, MOST_ROWS = 30, 3, 60_000
YEAR, ORIGINS, AHEAD = 52, 4, 4
_BANDS = 3
WAPE_LABEL = "Error as a share of what was sold (WAPE)"
MASE_LABEL = "Error beside “as in the last known week” in the weeks before (MASE)"
#: Facts of one week of one series; ``past``: weeks before it that are known, counted from the lead on.
LAGS = (0, 1, 2, 3)


@dataclass(frozen=True, eq=False)
class Sales:
    """Quantities as a matrix: one row per series, one column per week (NaN where nothing is known).

    ``places``, ``products``, ``regions`` name each series (regions may be empty texts); ``promoted`` is a matrix like
    ``units``; ``lead`` counts the weeks from ordering to selling.
    """

    units: np.ndarray
    weeks: np.ndarray
    places: tuple[str, ...]
    products: tuple[str, ...]
    regions: tuple[str, ...]
    promoted: np.ndarray
    lead: int
    dataset: str = ""
    rows: int = 0
    columns: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def seasonal(self) -> bool:
        """Whether the same week of the year before can be known for the checked weeks."""
        return len(self.weeks) >= YEAR + ORIGINS * AHEAD + 8


def sales(form: Form, *, lead: int) -> Sales:
    """What was chosen in the form: needs with the keys place, product, week, quantity and, if mapped, region and
    promotion. Raises BadInput, in words, when there is too little to forecast from.
    """
    chosen, _ = form.ready()
    return read_sales(chosen, lead=lead)


def read_sales(choices: Choices, *, lead: int) -> Sales:
    """The sales that ``choices`` describe, rows of one place, product and week added up."""
    import numpy as np
    import pandas as pd

    mapped = choices.mapped
    names = list(dict.fromkeys(mapped.values()))
    frame = pins.frame(choices.dataset, names)
    rows = len(frame)
    week = pd.to_datetime(frame[mapped["week"]], errors="coerce").dt.to_period("W-SUN").dt.start_time
    units = pd.to_numeric(frame[mapped["quantity"]], errors="coerce")
    table = pd.DataFrame({"week": week, "units": units})
    for key in ("place", "product", "region"):
        table[key] = as_levels(frame[mapped[key]]).astype(object) if key in mapped else ""
    table["promoted"] = _promoted(frame[mapped["promotion"]]) if "promotion" in mapped else 0.0
    known = table.dropna(subset=["week", "units"])
    notes = []
    if len(known) < rows:
        notes.append(
            t(
                "{rows} {rows:row|rows} without a week or a quantity {rows:was|were} left out.",
                rows=f"{rows - len(known):,}",
            )
        )
    if (known.units < 0).any():
        notes.append(
            t("{rows} quantities below zero (returns) count as zero.", rows=f"{int((known.units < 0).sum()):,}")
        )
        known = known.assign(units=known.units.clip(lower=0))
    keys = ["place", "product", "region"]
    wide = known.pivot_table(index=keys, columns="week", values="units", aggfunc="sum")
    if wide.shape[0] and wide.shape[1]:
        wide = wide.reindex(columns=pd.date_range(wide.columns.min(), wide.columns.max(), freq="7D"))
    _enough(wide)
    wide = wide[wide.notna().sum(axis=1) >= FEWEST_WEEKS // 2]
    offered = known.pivot_table(index=keys, columns="week", values="promoted", aggfunc="max")
    offered = offered.reindex(index=wide.index, columns=wide.columns).fillna(0)
    return Sales(
        units=wide.to_numpy(float),
        weeks=wide.columns.to_numpy().astype("datetime64[D]"),
        places=tuple(map(str, wide.index.get_level_values("place"))),
        products=tuple(map(str, wide.index.get_level_values("product"))),
        regions=tuple(map(str, wide.index.get_level_values("region"))),
        promoted=np.asarray(offered.to_numpy(float)),
        lead=lead,
        dataset=choices.dataset,
        rows=rows,
        columns=tuple(names),
        notes=tuple(notes),
    )


def _promoted(series: pd.Series) -> pd.Series:
    """1 where there was a promotion: by the word for yes, else the rarer of the values."""
    from sandbox.lab.columns import guess_yes

    levels = as_levels(series)
    return levels.eq(guess_yes([str(value) for value in levels.value_counts().index])).astype(float)


def _enough(wide: pd.DataFrame) -> None:
    weeks = wide.shape[1] if len(wide) else 0
    if weeks < FEWEST_WEEKS or len(wide) < FEWEST_SERIES or len(wide) * weeks > 50 * MOST_ROWS:
        raise BadInput(
            "{series} series over {weeks} weeks cannot be forecast.",
            "It needs at least {least} weeks and {each} pairs of place and product, and not more than {most} weeks of "
            "all series together. Check which column is the week, the place and the product.",
            series=f"{len(wide):,}", weeks=weeks, least=FEWEST_WEEKS, each=FEWEST_SERIES, most=f"{50 * MOST_ROWS:,}",
        )  # fmt: skip
    if not float(wide.to_numpy()[wide.notna().to_numpy()].sum()):
        raise BadInput("Nothing was sold in any week.", "Check which column is the quantity.")


@lru_cache(maxsize=400)
def facts(found: Sales, week: int) -> pd.DataFrame:
    """What is known ``lead`` weeks before ``week`` (an index, at most ``lead`` past the last) about every series.

    Kept, because the origins share their weeks; whoever changes the table works on a copy.
    """
    import numpy as np
    import pandas as pd

    last = week - found.lead
    units, count = found.units, len(found.weeks)

    def past(back: int) -> np.ndarray:
        place = last - back
        return units[:, place] if 0 <= place < count else np.full(len(units), np.nan)

    def mean(over: int) -> np.ndarray:
        part = units[:, max(0, last + 1 - over) : max(0, last + 1)]
        sizes = (~np.isnan(part)).sum(axis=1)
        return np.where(sizes, np.nansum(part, axis=1) / np.maximum(sizes, 1), np.nan)

    year = [units[:, p] for p in (week - YEAR - 1, week - YEAR, week - YEAR + 1) if 0 <= p <= last]
    known = {f"sold_{back}": past(back) for back in LAGS}
    known |= {"mean_4": mean(4), "mean_13": mean(13), "mean_52": mean(YEAR)}
    if found.seasonal:  # a column without any value could not be learned from
        whole = len(year) == 3
        known["year_ago"] = year[1] if whole else np.full(len(units), np.nan)
        known["around_year_ago"] = np.mean(year, axis=0) if whole else np.full(len(units), np.nan)
    day = found.weeks[0] + np.timedelta64(7 * week + 3, "D")
    known["week_of_year"] = np.full(len(units), float((day - day.astype("datetime64[Y]")).astype(int)) // 7 + 1)
    known["promoted"] = found.promoted[:, week] if week < count else np.zeros(len(units))
    known["promoted_last"] = found.promoted[:, last] if 0 <= last < count else np.zeros(len(units))
    return pd.DataFrame(known)


def learning(found: Sales, until: int) -> tuple[pd.DataFrame, np.ndarray]:
    """Facts and quantities of the weeks before ``until`` (an index) to learn from; at most about 60,000 rows."""
    import numpy as np
    import pandas as pd

    first = min(YEAR + found.lead, until // 2) if found.seasonal else found.lead + 4
    weeks = range(max(first, until - max(26, MOST_ROWS // max(1, len(found.units)))), until)
    table = pd.concat([facts(found, week) for week in weeks], ignore_index=True)
    target = np.concatenate([found.units[:, week] for week in weeks])
    known = ~np.isnan(target)
    return table[known], target[known]


@dataclass(frozen=True)
class Check:
    """Forecasts of weeks that each model had not seen: one entry per series and checked week.

    ``naive``: the last known week; ``seasonal``: the same week of the year before (the last known one where that is
    unknown); ``recent``: the mean of the last four known weeks.
    """

    series: np.ndarray
    week: np.ndarray
    actual: np.ndarray
    guess: np.ndarray
    naive: np.ndarray
    seasonal: np.ndarray
    recent: np.ndarray


def roll(found: Sales, fit: Callable[[pd.DataFrame, np.ndarray], Any]) -> Check:
    """Forecast the last weeks from several origins; ``fit`` makes a model from facts and quantities."""
    import numpy as np

    parts: list[list[np.ndarray]] = [[] for _ in range(7)]
    count = len(found.weeks)
    origins = ORIGINS if count >= ORIGINS * AHEAD + 26 else 1
    for origin in range(count - origins * AHEAD, count, AHEAD):
        # What is known when the first of these weeks is ordered: nothing later than `lead` weeks before it.
        model = fit(*learning(found, origin - found.lead + 1))
        for week in range(origin, min(count, origin + AHEAD)):
            table = facts(found, week)
            known = ~np.isnan(found.units[:, week]) & ~np.isnan(table["sold_0"].to_numpy())
            guess = np.maximum(0, model.predict(table))
            last = table["sold_0"].to_numpy()
            year = np.full(len(last), np.nan)
            if found.seasonal:
                year = np.where(table["year_ago"].isna(), last, table["year_ago"])
            row = (np.arange(len(known)), np.full(len(known), week), found.units[:, week], guess, last, year,
                   table["mean_4"].to_numpy())  # fmt: skip
            for part, values in zip(parts, row, strict=True):
                part.append(values[known])
    return Check(*(np.concatenate(part) for part in parts))


@dataclass(frozen=True)
class Forecasts:
    """Forecasts judged by rolling origins. ``baseline`` names the better of the two plain rules."""

    wape: Metric
    mase: Metric
    baseline: str
    naive: float
    seasonal: float | None
    check: Check = field(repr=False)
    rows: int
    units: int
    weeks: int

    @property
    def better(self) -> bool:
        return self.wape.better


def judge(found: Sales, check: Check, region: str = "") -> Forecasts:
    """Errors of the forecasts beside the better plain rule, in one region or (``""``) everywhere."""
    import numpy as np

    here = np.array([not region or name == region for name in found.regions])[check.series]
    kept = Check(*(values[here] for values in vars(check).values()))
    if len(kept.actual) < 50 or not kept.actual.sum():
        raise BadInput(
            "Only {rows} weeks of single products can be checked there, which says nothing.",
            "Choose a larger region, or a dataset that covers a longer time.",
            rows=len(kept.actual),
        )
    size = float(kept.actual.sum())
    naive = float(np.abs(kept.actual - kept.naive).sum()) / size
    whole = not np.isnan(kept.seasonal).any()
    seasonal = float(np.abs(kept.actual - kept.seasonal).sum()) / size if whole else None
    by_year = seasonal is not None and seasonal < naive
    off = np.abs(kept.actual - kept.guess)
    wape = float(off.sum()) / size
    interval = mean_interval(off, kept.series, kept.actual)
    best = min(naive, seasonal) if seasonal is not None else naive
    scale = size / len(off) / (_naive_error(found, int(kept.week.min())) or 1.0)
    metrics = [
        Metric(name, label, wape * by, best * by, (interval[0] * by, interval[1] * by), higher_is_better=False)
        for name, label, by in (("wape", WAPE_LABEL, 1.0), ("mase", MASE_LABEL, scale))
    ]
    return Forecasts(
        wape=metrics[0],
        mase=metrics[1],
        baseline=t("as in the same week of last year") if by_year else t("as in the last known week"),
        naive=naive,
        seasonal=seasonal,
        check=kept,
        rows=len(kept.actual),
        units=len(set(kept.series.tolist())),
        weeks=len(set(kept.week.tolist())),
    )


def _naive_error(found: Sales, before: int) -> float:
    """Mean error of “as in the last known week” in the weeks before the check: the scale of MASE (Hyndman 2006)."""
    import numpy as np

    past = found.units[:, :before]
    off = np.abs(past[:, found.lead :] - past[:, : -found.lead])
    return float(off[~np.isnan(off)].mean())


@dataclass(frozen=True)
class Safety:
    """How far forecasts were off, in bands of their size: ``edges`` between the bands, and per band the ratios
    (quantity + 1) ÷ (forecast + 1) at each whole per cent from 1 to 99.
    """

    edges: tuple[float, ...]
    ratios: tuple[tuple[float, ...], ...]

    def order(self, guess: Any, service: float) -> np.ndarray:
        """The quantity that would have sufficed in the share ``service`` (0.5–0.99) of the checked weeks."""
        import numpy as np

        band = np.searchsorted(self.edges, guess, side="right")
        place = min(98, max(0, round(100 * service) - 1))
        ratio = np.array([values[place] for values in self.ratios])[band]
        return np.asarray(np.ceil(np.maximum(0, ratio * (np.asarray(guess) + 1) - 1)))


def safety(check: Check) -> Safety:
    """Learned from the checks; never from what a model was fitted on."""
    import numpy as np

    edges = np.unique(np.quantile(check.guess, np.linspace(0, 1, _BANDS + 1)[1:-1]))
    band = np.searchsorted(edges, check.guess, side="right")
    ratio = (check.actual + 1) / (check.guess + 1)
    shares = np.arange(1, 100) / 100
    rows = []
    for place in range(len(edges) + 1):
        here = ratio[band == place] if (band == place).sum() >= 30 else ratio
        rows.append(tuple(float(value) for value in np.quantile(here, shares)))
    return Safety(tuple(float(edge) for edge in edges), tuple(rows))


def sufficed(check: Check, service: float) -> float:
    """Share of the newest checked weeks in which orders by the older ones would have sufficed: safety kept honest."""
    import numpy as np

    cut = np.median(check.week)
    old, new = check.week <= cut, check.week > cut
    learned = safety(Check(*(values[old] for values in vars(check).values())))
    return float((learned.order(check.guess[new], service) >= check.actual[new]).mean())


def changes(found: Sales) -> Mapping[str, float]:
    """Region (or place) → the last 13 weeks ÷ the same weeks of the year before; empty without a year."""
    import numpy as np

    if len(found.weeks) < YEAR + 13:
        return {}
    names = np.array(found.regions if any(found.regions) else found.places)
    now, then = found.units[:, -13:], found.units[:, -13 - YEAR : -YEAR]
    both = ~np.isnan(now) & ~np.isnan(then)
    made = {}
    for name in sorted(set(names.tolist())):
        here = both & (names == name)[:, None]
        if then[here].sum() > 0:
            made[name] = float(now[here].sum() / then[here].sum())
    return made
