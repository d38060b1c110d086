"""Groups of customers by what they bought: when last, since when, how often, for how much; and whether groups hold.

The number of groups is chosen by a stated rule: those numbers are asked for whose groups come back when other customers
are drawn (adjusted Rand index over bootstrap draws; Hubert and Arabie 1985, Hennig 2007) and that leave no group tiny;
among them the best separated one is taken (silhouette; Rousseeuw 1987), the larger one of two that are as good.

What groups are good for is checked on time that they have not seen: formed on some customers up to a day, they must
tell for other customers who buys again afterwards, better than the usual list by revenue.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sandbox.core.errors import BadInput
from sandbox.core.fairness import is_clear
from sandbox.lab import columns as find
from sandbox.lab import pins
from sandbox.lab.evaluation import Metric
from sandbox.lab.tables import small_cell
from sandbox.lab.words import t

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from sandbox.lab.choices import Choices, Table
    from sandbox.lab.forms import Form

#: Days since the last purchase, days since the first one, purchases (days with one), mean amount of one.
MEASURES = ("recency", "since", "frequency", "value")
FEWEST_CUSTOMERS = 200
NUMBERS = tuple(range(2, 9))
#: From which agreement of two draws on (adjusted Rand index, 0–1) groups count as coming back.
COMES_BACK = 0.8
_TINY, _AS_GOOD = 0.03, 0.01
#: From how many standard deviations on a measure gives a group its name.
_TELLING = 0.4
_DRAWS, _STARTS, _TRIED_ON = 12, 3, 3_000
HORIZON_DAYS = 90
AUC_LABEL = "How well the groups tell who buys again (ROC AUC)"


@dataclass(frozen=True)
class Buyers:
    """``lines``: one row per purchase line: customer (number), day, amount. ``measures``: one row per customer, as of
    ``end``, columns as ``MEASURES``; ``group`` beside it, of the column ``by`` ("" where no column is mapped).
    """

    lines: pd.DataFrame = field(repr=False)
    measures: pd.DataFrame = field(repr=False)
    group: np.ndarray = field(repr=False)
    end: Any
    dataset: str = ""
    rows: int = 0
    columns: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    by: str = ""

    def __len__(self) -> int:
        return len(self.measures)

    @property
    def total(self) -> np.ndarray:
        """What each customer spent in all."""
        spent: np.ndarray = (self.measures["value"] * self.measures["frequency"]).to_numpy()
        return spent


def buyers(form: Form) -> Buyers:
    """The customers that were chosen: needs with the keys customer, time, amount and, if mapped, group.

    Raises BadInput, in words, when there are too few of them, or nothing tells them apart.
    """
    chosen, table = form.ready()
    return buyers_of(chosen, table)


def buyers_of(choices: Choices, table: Table) -> Buyers:
    """The customers as ``choices`` (complete, without problems) describe them."""
    import pandas as pd

    mapped = choices.mapped
    names = list(dict.fromkeys(mapped.values()))
    raw = pins.frame(table.name, names)
    day = pd.to_datetime(raw[mapped["time"]], errors="coerce", utc=True, format="mixed").dt.tz_localize(None)
    frame = pd.DataFrame({
        "customer": pd.factorize(raw[mapped["customer"]])[0],
        "day": day.dt.normalize(),
        "amount": pd.to_numeric(raw[mapped["amount"]], errors="coerce").astype("float64"),
        "group": find.as_levels(raw[mapped["group"]]).fillna("") if "group" in mapped else "",
    })  # fmt: skip
    whole = frame[["day", "amount"]].notna().all(axis=1) & (frame["customer"] >= 0)
    notes = []
    if not whole.all():
        out = f"{int((~whole).sum()):,}"
        notes.append(
            t("{rows} {rows:row|rows} without a customer, a time or an amount {rows:was|were} left out.", rows=out)
        )
    frame = frame[whole]
    customers = int(frame["customer"].nunique())
    if customers < FEWEST_CUSTOMERS or frame["day"].nunique() < 20:
        raise BadInput(
            "There is too little to form groups: {customers} customers on {days} days.",
            "Use a dataset with at least {least} customers over at least 20 days; check the columns.",
            customers=f"{customers:,}",
            days=int(frame["day"].nunique()),
            least=FEWEST_CUSTOMERS,
        )
    measures = measured(frame, frame["day"].max())
    varied = [name for name in MEASURES if measures[name].nunique() > 1]
    if len(varied) < 2:
        raise BadInput(
            "All customers bought alike, so there are no groups to be found.",
            "Check the columns for customer, time and amount.",
        )
    group = frame.groupby("customer")["group"].first().to_numpy()
    lines = frame[["customer", "day", "amount"]]
    return Buyers(lines, measures, group, frame["day"].max(), table.name, len(raw), tuple(names), tuple(notes),
                  mapped.get("group", ""))  # fmt: skip


def measured(lines: pd.DataFrame, at: Any) -> pd.DataFrame:
    """The measures of everybody who bought, as of the day ``at``; one row per customer, floats."""
    import pandas as pd

    each = lines.groupby("customer")
    frequency = each["day"].nunique()
    return pd.DataFrame({
        "recency": (at - each["day"].max()).dt.days,
        "since": (at - each["day"].min()).dt.days,
        "frequency": frequency,
        "value": (each["amount"].sum() / frequency).clip(lower=0),
    }).astype("float64")  # fmt: skip


# --- how many groups --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Tried:
    """One number of groups: how well they are separated (silhouette, −1–1), how far two draws agree (mean adjusted
    Rand index and its 95% interval), and the share of the smallest group.
    """

    number: int
    separated: float
    agreed: float
    low: float
    high: float
    smallest: float

    @property
    def holds(self) -> bool:
        return self.agreed >= COMES_BACK and self.smallest >= _TINY


def try_numbers(model: Any, found: Buyers) -> list[Tried]:
    """Form 2 to 8 groups with ``model`` (a pipeline that ends with k-means) and say how they hold."""
    import numpy as np
    from sklearn.base import clone
    from sklearn.metrics import adjusted_rand_score, silhouette_score

    random = np.random.default_rng(7)
    # Customers lie in the order of their pseudonyms, which change with the key: whom is looked at must not.
    ordered = found.measures.sort_values(list(MEASURES), kind="stable")
    facts = ordered.iloc[random.permutation(len(found))[:_TRIED_ON]]
    spots, last, made = clone(model[:-1]).fit_transform(facts), model.steps[-1][1], []
    for number in NUMBERS:
        fresh = clone(last).set_params(n_clusters=number)
        groups = fresh.fit_predict(spots)
        agreed = []
        for _ in range(_DRAWS):
            drawn = clone(fresh).set_params(n_init=_STARTS).fit(spots[random.integers(0, len(spots), len(spots))])
            agreed.append(float(adjusted_rand_score(groups, drawn.predict(spots))))
        sizes = np.bincount(groups, minlength=number)
        separated = float(silhouette_score(spots, groups)) if (sizes > 0).sum() > 1 else -1.0
        least = 0.0 if sizes.min() < small_cell() else float(sizes.min() / len(facts))
        low, high = np.quantile(agreed, [0.025, 0.975])
        made.append(Tried(number, separated, float(np.mean(agreed)), float(low), float(high), least))
    return made


def best_number(tried: Sequence[Tried]) -> Tried:
    """The number that the rule takes; if none holds, the one that comes back best."""
    holding = [each for each in tried if each.holds]
    if not holding:
        return max(tried, key=lambda each: each.agreed)
    top = max(each.separated for each in holding)
    return max((each for each in holding if each.separated >= top - _AS_GOOD), key=lambda each: each.number)


# --- what the groups are ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Grouping:
    """Fitted groups, those with the most revenue first. Per group: ``centre`` in the model's own scale, ``middle`` (the
    median of each measure), customers, shares of customers and revenue. ``order``: the model's number of each group.

    ``far`` is the distance that all but one in two hundred customers are nearer than; ``weight`` says which share of a
    measure's variety lies between the groups.
    """

    model: Any = field(repr=False)
    order: tuple[int, ...]
    centre: tuple[tuple[float, ...], ...]
    middle: tuple[tuple[float, ...], ...]
    customers: tuple[int, ...]
    share: tuple[float, ...]
    revenue: tuple[float, ...]
    far: float
    weight: dict[str, float]

    def place(self, measures: pd.DataFrame, margin: float) -> tuple[np.ndarray, np.ndarray]:
        """(group of each customer, whether it is sure). Not sure: two groups are nearly as near (the second less than
        ``margin``, 0–1, farther), or all are far away.
        """
        import numpy as np

        off = self.model.transform(measures)[:, list(self.order)]
        ranked = np.sort(off, axis=1)
        sure = (ranked[:, 0] <= (1 - margin) * ranked[:, 1]) & (ranked[:, 0] <= self.far)
        return off.argmin(axis=1), sure


def unsure_share(found: Buyers, grouping: Grouping, margin: float) -> float:
    """Share of customers that a person should place; ``margin`` as of ``Grouping.place``."""
    return float(1 - grouping.place(found.measures, margin)[1].mean())


def form_groups(model: Any, found: Buyers) -> Grouping:
    """Describe the groups of the fitted ``model``. What it keeps of single customers (their labels) is taken out."""
    import numpy as np

    last = model.steps[-1][1]
    groups = model.predict(found.measures)
    if hasattr(last, "labels_"):
        del last.labels_
    spent, number = found.total, int(last.n_clusters)
    revenue = np.bincount(groups, spent, number) / max(1e-9, float(spent.sum()))
    order = np.argsort(-revenue, kind="stable")
    sizes = np.bincount(groups, minlength=number)
    middle = found.measures.groupby(groups).median().reindex(range(number)).fillna(0.0).to_numpy()
    spots = model[:-1].transform(found.measures)
    between = {}
    for place, name in enumerate(MEASURES):
        means = np.bincount(groups, spots[:, place], number) / np.maximum(1, sizes)
        total = float(spots[:, place].var())
        between[name] = float(means[groups].var() / total) if total > 1e-12 else 0.0
    return Grouping(
        model=model, order=tuple(int(each) for each in order),
        centre=tuple(tuple(float(v) for v in last.cluster_centers_[each]) for each in order),
        middle=tuple(tuple(float(v) for v in middle[each]) for each in order),
        customers=tuple(int(sizes[each]) for each in order),
        share=tuple(float(sizes[each] / len(found)) for each in order),
        revenue=tuple(float(revenue[each]) for each in order),
        far=float(np.quantile(model.transform(found.measures).min(axis=1), 0.995)), weight=between,
    )  # fmt: skip


def names_of(centres: Sequence[Sequence[float]]) -> list[tuple[tuple[str, bool], ...]]:
    """What each group is called: its two strongest measures as (measure, whether much), more where two are alike."""
    made: list[tuple[tuple[str, bool], ...]] = []
    for centre in centres:
        ranked = sorted(zip(MEASURES, centre, strict=True), key=lambda pair: -abs(pair[1]))
        telling = [(name, value > 0) for name, value in ranked if abs(value) >= _TELLING] or [
            (ranked[0][0], ranked[0][1] > 0)
        ]
        size = 2
        while tuple(telling[:size]) in made and size < len(telling):
            size += 1
        made.append(tuple(telling[:size]))
    return made


# --- what they are good for -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Foretold:
    """The check on later time: ``auc`` of the groups beside as many groups by revenue; ``again``: per group (ordered as
    ``Grouping``) customers checked and how many bought again within ``days``.
    """

    auc: Metric
    again: tuple[tuple[int, int], ...]
    days: int
    customers: int
    cut: str

    @property
    def rate(self) -> float:
        return sum(yes for _, yes in self.again) / max(1, sum(size for size, _ in self.again))


def check_groups(found: Buyers, grouping: Grouping) -> Foretold:
    """Form the same number of groups on 70% of the customers as they were some time ago, and see whether they tell who
    of the others bought again since. Raises BadInput when the data cover too little time.
    """
    import numpy as np
    import pandas as pd
    from sklearn.base import clone
    from sklearn.metrics import roc_auc_score

    first = found.lines["day"].min()
    days = int(min(HORIZON_DAYS, (found.end - first).days // 3))
    cut = found.end - pd.Timedelta(days=days)
    then = measured(found.lines[found.lines["day"] <= cut], cut)
    since = set(found.lines.loc[found.lines["day"] > cut, "customer"].tolist())
    again = np.array([customer in since for customer in then.index])
    learn = np.random.default_rng(7).random(len(then)) < 0.7
    if len(then) < FEWEST_CUSTOMERS or min(again[~learn].sum(), (~again[~learn]).sum()) < 10:
        raise BadInput(
            "The groups cannot be checked: too few customers bought again, or did not, in the last {days} days.",
            "Use a dataset that covers more customers or a longer time.",
            days=days,
        )
    past = clone(grouping.model).fit(then[learn])
    here, there = past.predict(then[learn]), past.predict(then[~learn])
    score = _rates(here, again[learn])[there]
    plain = _by_revenue(then, learn, again, len(grouping.order))
    auc = Metric("groups_auc", AUC_LABEL, float(roc_auc_score(again[~learn], score)),
                 float(roc_auc_score(again[~learn], plain)), _auc_interval(again[~learn], score))  # fmt: skip
    kept, _ = grouping.place(then[~learn], 0.0)  # the groups of today, as they were then: what the pages show
    counts = tuple((int((kept == g).sum()), int(again[~learn][kept == g].sum())) for g in range(len(grouping.order)))
    return Foretold(auc, counts, days, int((~learn).sum()), str(cut.date()))


def _rates(groups: np.ndarray, again: np.ndarray) -> np.ndarray:
    import numpy as np

    sizes = np.bincount(groups)
    rates: np.ndarray = (np.bincount(groups, again) + again.mean()) / (sizes + 1)
    return np.append(rates, again.mean())


def _by_revenue(then: pd.DataFrame, learn: np.ndarray, again: np.ndarray, number: int) -> np.ndarray:
    """What the usual list says: as many groups of the same size by what customers spent so far."""
    import numpy as np

    spent = (then["value"] * then["frequency"]).to_numpy()
    edges = np.unique(np.quantile(spent[learn], np.linspace(0, 1, number + 1)[1:-1]))
    bands = np.searchsorted(edges, spent)
    found: np.ndarray = _rates(np.append(bands[learn], len(edges)), np.append(again[learn], again[learn].mean()))
    return found[bands[~learn]]


def _auc_interval(again: np.ndarray, score: np.ndarray) -> tuple[float, float]:
    import numpy as np
    from sklearn.metrics import roc_auc_score

    from sandbox.lab.evaluation import score_intervals

    return score_intervals(score, again, np.arange(len(again)), (roc_auc_score,))[0]


# --- people -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Who:
    """How many customers of one group of people are in one of ours, beside all other people; interval of the gap."""

    people: str
    place: int
    here: float
    others: float
    low: float
    high: float

    @property
    def clear(self) -> bool:
        return is_clear(self.here - self.others, self.low, self.high)


def who_is_where(found: Buyers, grouping: Grouping) -> list[Who]:
    """For each group of people that is large enough: its share in every group, widened for the number of looks."""
    import numpy as np

    from sandbox.lab.experiment import ALPHA, newcombe

    place, _ = grouping.place(found.measures, 0.0)
    names, sizes = np.unique(found.group[found.group != ""], return_counts=True)
    people = [str(n) for n, size in sorted(zip(names, sizes, strict=True), key=lambda p: -p[1]) if size >= 50][:8]
    made = []
    if len(people) < 2:
        return []
    for name in people:
        own, rest = found.group == name, (found.group != name) & (found.group != "")
        for group in range(len(grouping.order)):
            yes, other = int((place[own] == group).sum()), int((place[rest] == group).sum())
            low, high = newcombe(other, int(rest.sum()), yes, int(own.sum()),
                                 ALPHA / (len(people) * len(grouping.order)))  # fmt: skip
            made.append(Who(name, group, yes / int(own.sum()), other / int(rest.sum()), low, high))
    return made
