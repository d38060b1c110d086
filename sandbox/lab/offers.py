"""What to show next: products that go with what a customer bought last, beside what is popular with everybody.

Two readable ways: what other customers took next after the same product (counts, drawn towards popularity), and
products that the same customers buy (cosine similarity of scikit-learn). Checked by hiding the last new product of each
customer (leave-last-out). Pairs of fewer customers than the small-cell number are not used.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sandbox.core.errors import BadInput
from sandbox.lab import columns as find
from sandbox.lab import pins
from sandbox.lab.tables import small_cell
from sandbox.lab.words import t

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from sandbox.lab.choices import Choices, Table
    from sandbox.lab.forms import Form

FEWEST_CUSTOMERS = 100
FEWEST_BUYERS = 20
MOST_PRODUCTS = 300
_FEWEST_PRODUCTS = 5
_PRIOR = 20.0
#: Shares that are less than a tenth above the usual one are not worth a rule: having one product changes them a little.
_TELLING = 1.1


@dataclass(frozen=True)
class Baskets:
    """``bought``: one row per customer and product, when first bought, in order of time: customer, product (numbers),
    group (of the column ``group``, "" if none is mapped). ``products`` names the numbers.
    """

    bought: pd.DataFrame = field(repr=False)
    products: tuple[str, ...]
    dataset: str = ""
    rows: int = 0
    columns: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    group: str = ""

    @property
    def customers(self) -> int:
        return int(self.bought["customer"].nunique())


def baskets(form: Form) -> Baskets:
    """What was bought, as chosen in the form: needs with the keys customer, product, time and, if mapped, group.
    Raises BadInput, in words, when it cannot say what goes with what.
    """
    chosen, table = form.ready()
    return read_baskets(chosen, table)


def read_baskets(choices: Choices, table: Table) -> Baskets:
    """What was bought, as ``choices`` describe it. A product counts once per customer, when it was first bought."""
    import pandas as pd

    mapped = choices.mapped
    names = list(dict.fromkeys(mapped.values()))
    raw = pins.frame(choices.dataset, names)
    frame = pd.DataFrame({
        "customer": pd.factorize(raw[mapped["customer"]])[0],
        "product": find.as_levels(raw[mapped["product"]]),
        "time": pd.to_datetime(raw[mapped["time"]], errors="coerce", utc=True, format="mixed").dt.tz_localize(None),
        "group": find.as_levels(raw[mapped["group"]]).fillna(t("missing")) if "group" in mapped else "",
    })  # fmt: skip
    whole = frame[["product", "time"]].notna().all(axis=1) & (frame["customer"] >= 0)
    first = frame[whole].sort_values("time", kind="stable").drop_duplicates(["customer", "product"])
    buyers = first["product"].value_counts()
    kept = sorted(buyers.index[buyers >= FEWEST_BUYERS][:MOST_PRODUCTS])
    notes = []
    if not whole.all():
        notes.append(
            t(
                "{rows} {rows:row|rows} without a customer, product or time {rows:was|were} left out.",
                rows=f"{(~whole).sum():,}",
            )
        )
    if len(kept) < len(buyers):
        notes.append(t("{few} products with few buyers were left out; they can only be offered by a person.",
                       few=len(buyers) - len(kept)))  # fmt: skip
    first = first[first["product"].isin(kept)].reset_index(drop=True)
    if len(kept) < _FEWEST_PRODUCTS or (first.groupby("customer").size() >= 3).sum() < FEWEST_CUSTOMERS:
        raise BadInput(
            "There is too little to say what goes with what: {products} products with at least {least} buyers, and too "
            "few customers who bought three of them.",
            "Use a dataset with at least {customers} such customers, or group the products.",
            products=len(kept),
            least=FEWEST_BUYERS,
            customers=FEWEST_CUSTOMERS,
        )
    numbers = {name: number for number, name in enumerate(kept)}
    bought = first.assign(product=first["product"].map(numbers).astype(int))
    group = mapped.get("group", "")
    return Baskets(bought, tuple(kept), choices.dataset, len(raw), tuple(names), tuple(notes), group)


@dataclass(frozen=True)
class Going:
    """What goes with what. ``score[a, b]``: how good ``b`` is after ``a``; ``counts[a, b]``: customers who took ``b``
    next after ``a`` (0 below the small-cell number); ``after[a]``: customers who took anything next; ``popular``: the
    share of each product among what customers took next.
    """

    score: np.ndarray = field(repr=False)
    counts: np.ndarray = field(repr=False)
    after: np.ndarray = field(repr=False)
    popular: np.ndarray = field(repr=False)
    way: str = "next"

    def clear(self, product: int, offered: int) -> bool:
        """Whether customers take ``offered`` after ``product`` clearly more often than customers do in general.

        The interval is widened for the number of pairs that are looked at (Bonferroni).
        """
        from scipy.stats import binomtest

        counted, size = int(self.counts[product, offered]), int(self.after[product])
        if not counted:
            return False
        level = 1 - 0.05 / self.counts.size
        low = binomtest(counted, size).proportion_ci(level, method="wilson").low
        return bool(low > _TELLING * self.usual(product, offered))

    def usual(self, product: int, offered: int) -> float:
        """Share of ``offered`` among what customers take next who, like those after ``product``, have that already."""
        return float(self.popular[offered] / max(1e-9, 1 - self.popular[product]))


def learn(bought: pd.DataFrame, count: int, way: str) -> Going:
    """Count what was taken next among ``count`` products, and score it by ``way``: ``next`` or ``same`` (customers)."""
    import numpy as np

    then = bought.groupby("customer")["product"].shift(-1)
    known = then.notna().to_numpy()
    counts = np.zeros((count, count))
    np.add.at(counts, (bought["product"].to_numpy()[known], then.to_numpy()[known].astype(int)), 1)
    after = counts.sum(axis=1)
    popular = counts.sum(axis=0) / max(1.0, counts.sum())
    counts[counts < small_cell()] = 0
    towards = (counts + _PRIOR * popular) / (after[:, None] + _PRIOR)
    score = _same_customers(bought, count) if way == "same" else towards
    return Going(score, counts, after, popular, way)


def _same_customers(bought: pd.DataFrame, count: int) -> np.ndarray:
    """Cosine similarity of products by who bought them."""
    import numpy as np
    from scipy.sparse import csr_matrix
    from sklearn.metrics.pairwise import cosine_similarity

    rows, ones = bought["customer"].to_numpy(), np.ones(len(bought))
    matrix = csr_matrix((ones, (bought["product"].to_numpy(), rows)), shape=(count, int(rows.max()) + 1))
    similar: np.ndarray = cosine_similarity(matrix)
    np.fill_diagonal(similar, 0.0)
    return similar


@dataclass(frozen=True)
class Checked:
    """How often the hidden product was among the offers. ``hit`` and ``plain_hit``: per customer; ``offered``: products
    ever offered, by the rules and by popularity; ``unclear``: share of customers for whom no offer is clearly better
    than a popular one.
    """

    hit: np.ndarray = field(repr=False)
    plain_hit: np.ndarray = field(repr=False)
    group: np.ndarray = field(repr=False)
    offered: tuple[int, int]
    unclear: float
    many: int

    @property
    def interval(self) -> tuple[float, float]:
        return interval(self.hit)


def interval(hit: np.ndarray) -> tuple[float, float]:
    """Wilson's 95% interval of the share of hits."""
    from scipy.stats import binomtest

    ends = binomtest(int(hit.sum()), len(hit)).proportion_ci(method="wilson")
    return float(ends.low), float(ends.high)


def check_offers(found: Baskets, way: str, many: int) -> Checked:
    """Hide each customer's last new product, learn from the rest, and see whether it is among ``many`` offers."""
    import numpy as np

    bought = found.bought
    place = bought.groupby("customer").cumcount()
    size = bought.groupby("customer")["product"].transform("size")
    hidden = (place == size - 1) & (size >= 3)
    rest, wanted = bought[~hidden], bought[hidden]
    going = learn(rest, len(found.products), way)
    last = wanted["customer"].map(rest.groupby("customer")["product"].last()).to_numpy().astype(int)
    has = np.zeros((len(wanted), len(found.products)), dtype=bool)
    row_of = dict(zip(wanted["customer"], range(len(wanted)), strict=True))
    owners = rest[rest["customer"].isin(row_of)]
    has[owners["customer"].map(row_of).to_numpy(), owners["product"].to_numpy()] = True
    answer = wanted["product"].to_numpy()
    offers = _top(going.score[last], has, many)
    plain = _top(np.broadcast_to(going.popular, has.shape), has, many)
    clear = {(a, b): going.clear(a, b) for a, b in {*zip(last.tolist(), offers[:, 0].tolist(), strict=True)}}
    sure = np.array([clear[a, b] for a, b in zip(last.tolist(), offers[:, 0].tolist(), strict=True)])
    return Checked(
        hit=(offers == answer[:, None]).any(axis=1),
        plain_hit=(plain == answer[:, None]).any(axis=1),
        group=wanted["group"].to_numpy(),
        offered=(len(np.unique(offers)), len(np.unique(plain))),
        unclear=float(1 - sure.mean()),
        many=many,
    )


def _top(score: np.ndarray, has: np.ndarray, many: int) -> np.ndarray:
    """The ``many`` best products per row among those that the customer does not have."""
    import numpy as np

    top: np.ndarray = np.argsort(-np.where(has, -np.inf, score), axis=1, kind="stable")[:, :many]
    return top
