"""Tickets: what people wrote, where it went and how urgent it was; read, cleaned, and split by time.

Marks that stand for something personal (［手机］, [name]) are taken out and every digit becomes 0: neither may sort a
ticket, and what a model must not learn it should not see.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

from sandbox.core.errors import BadInput
from sandbox.lab import columns as find
from sandbox.lab import pins
from sandbox.lab.beside import CasesBeside
from sandbox.lab.cases import moments_of, units_of
from sandbox.lab.tables import small_cell
from sandbox.lab.words import t

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from sandbox.lab.choices import Choices, Table
    from sandbox.lab.forms import Form

TEXT = "text"
MOST_TICKETS = 20_000
MOST_QUEUES, MOST_LEVELS = 20, 5
FEWEST_TICKETS, FEWEST_EACH = 200, 30
MOST_LETTERS = 2_000
_MOST_PIECES = 4_000
_PIECE = (2, 5)
_MARK = re.compile(r"［[^］]{1,20}］|\[[^\]]{1,20}\]")
_DIGIT, _BLANK = re.compile(r"\d"), re.compile(r"\s+")


@dataclass(frozen=True)
class Tickets(CasesBeside):
    """One row per ticket: ``facts`` has the one column ``text``, ``outcome`` its label (see ``labels_of``).

    Beside it stand ``queue``, ``urgency`` and ``group`` ("" where no column is mapped). ``meaning`` says which queue
    and urgency a label stands for; ``queues`` come largest first, ``levels`` most urgent first.
    """

    meaning: dict[str, tuple[str, str]] = field(default_factory=dict)
    queues: tuple[str, ...] = ()
    levels: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()

    def split(self) -> tuple[Self, Self]:
        """(learn, check): earlier and later tickets when there is a time, else different people. Always the same."""
        learn, check = self._parts()
        here = [int((learn.column("queue") == queue).sum()) for queue in self.queues]
        if min(here) < 5 or len(check) < 50:
            raise BadInput(
                "The tickets cannot be split into a part to learn from and a part to check on: one of them would have "
                "almost no ticket of some queue.",
                "Use a dataset that covers more tickets or a longer time.",
            )
        return learn, check

    @property
    def _kinds(self) -> np.ndarray:
        return self.column("queue")

    def column(self, name: str) -> np.ndarray:
        """``queue``, ``urgency`` or ``group`` of every ticket."""
        found = self.values(name)
        if found is None:
            raise KeyError(name)
        made: np.ndarray = found.to_numpy()
        return made

    @property
    def texts(self) -> list[str]:
        return list(self.facts[TEXT])

    def pieces(self) -> list[str]:
        """Short runs of letters (2 to 5) that at least the small-cell number of different people wrote, sorted.

        A model that knows only these holds no name and no number that few people have.
        """
        import numpy as np
        from sklearn.feature_extraction.text import CountVectorizer

        least = small_cell()
        counter = CountVectorizer(analyzer="char", ngram_range=_PIECE, binary=True, min_df=least)
        found = counter.fit_transform(self.texts).tocoo()
        owners = np.unique(np.stack([found.col, self.unit[found.row]]), axis=1)[0]
        people = np.bincount(owners, minlength=found.shape[1])
        names = counter.get_feature_names_out()
        best = np.argsort(-people, kind="stable")[:_MOST_PIECES]
        return sorted(str(names[place]) for place in best if people[place] >= least)


def clean(text: str) -> str:
    """A text as the model takes it: without marks, digits as 0, blanks as one, in small letters, not endless."""
    return _BLANK.sub(" ", _DIGIT.sub("0", _MARK.sub(" ", text[:MOST_LETTERS]))).strip().lower()


def label_of(queue: str, urgency: str) -> str:
    """What the model tells apart: the queue, with the urgency if there is one."""
    return f"{queue} / {urgency}" if urgency else queue


def read_tickets(form: Form) -> Tickets:
    """The tickets that were chosen. Needs with the keys text, queue and, if mapped, subject, urgency, time, who, group.

    The setting ``urgent`` names the most urgent level. Raises BadInput, in words, when they cannot teach anything.
    """
    chosen, table = form.ready()
    return tickets_of(chosen, table)


def tickets_of(choices: Choices, table: Table) -> Tickets:
    """The tickets that ``choices`` (complete, without problems) describe."""
    import pandas as pd

    mapped = choices.mapped
    columns = tuple(dict.fromkeys(mapped.values()))
    raw, rows, notes = _select(table.name, columns, mapped.get("time", ""))
    texts = [mapped[key] for key in ("subject", "text") if key in mapped]
    frame = pd.DataFrame({
        TEXT: raw[texts].astype("object").fillna("").astype(str).agg("\n".join, axis=1).map(clean),
        "queue": _levels(raw, mapped.get("queue", "")),
        "urgency": _levels(raw, mapped.get("urgency", "")),
        "group": _levels(raw, mapped.get("group", "")),
    })  # fmt: skip
    frame, levels, told = _urgencies(frame, "urgency" in mapped, str(choices.settings.get("urgent", "")))
    notes += told
    kept, queues, told = _queues(frame)
    notes += told
    _enough(len(kept), len(queues))
    raw, frame = raw.loc[kept].reset_index(drop=True), frame.loc[kept].reset_index(drop=True)
    meaning = {label_of(q, u): (q, u) for q, u in zip(frame["queue"], frame["urgency"], strict=True)}
    outcome = frame["queue"].combine(frame["urgency"], label_of).to_numpy(object)
    return Tickets(
        facts=frame[[TEXT]], outcome=outcome, unit=units_of(raw, mapped.get("who", "")),
        time=moments_of(raw, mapped.get("time", "")), dataset=table.name, rows_in_data=rows,
        notes=tuple(notes), beside=frame[["queue", "urgency", "group"]], names=mapped, meaning=meaning, queues=queues,
        levels=levels, columns=columns,
    )  # fmt: skip


def _select(dataset: str, columns: Sequence[str], time: str) -> tuple[pd.DataFrame, int, list[str]]:
    """The columns of all tickets, or of the latest ones where there are very many."""
    connection = pins.connection(dataset)
    row = connection.execute("SELECT count(*) FROM data").fetchone()
    rows = int(row[0]) if row else 0
    query, notes = f"SELECT {pins.quoted(columns)} FROM data", []  # noqa: S608 - quoted names of this very table
    if rows > MOST_TICKETS and time:
        query += f" ORDER BY {pins.quoted([time])} DESC LIMIT {MOST_TICKETS}"
        notes.append(t("The latest {some} of {all} tickets were used.", some=f"{MOST_TICKETS:,}", all=f"{rows:,}"))
    elif rows > MOST_TICKETS:
        query += f" USING SAMPLE reservoir({MOST_TICKETS} ROWS) REPEATABLE (7)"
        notes.append(t("A random sample of {some} of {all} rows was used.", some=f"{MOST_TICKETS:,}", all=f"{rows:,}"))
    return connection.execute(query).df(), rows, notes


def _levels(raw: pd.DataFrame, name: str) -> Any:
    """A column as names of levels, "" where it is missing or not mapped."""
    return find.as_levels(find.clean_text(raw[name])).fillna("") if name else ""


def _urgencies(frame: pd.DataFrame, mapped: bool, urgent: str) -> tuple[pd.DataFrame, tuple[str, ...], list[str]]:
    """The levels of urgency, the one chosen as most urgent first; rare ones and missing ones are left out."""
    if not mapped:
        return frame, (), []
    sizes = frame["urgency"][frame["urgency"] != ""].value_counts()
    levels = [str(level) for level in sizes.index[sizes >= FEWEST_EACH]]
    if not 2 <= len(levels) <= MOST_LEVELS:
        note = t("The column for the urgency has no few levels with enough tickets each; it is not used.")
        return frame.assign(urgency=""), (), [note]
    out = int((~frame["urgency"].isin(levels)).sum())
    notes = [t("{rows} tickets with a rare or no urgency were left out.", rows=f"{out:,}")] if out else []
    first = [level for level in levels if level == urgent]
    ordered = (*first, *(level for level in levels if level not in first))
    return frame[frame["urgency"].isin(levels)], ordered, notes


def _queues(frame: pd.DataFrame) -> tuple[pd.Index, tuple[str, ...], list[str]]:
    """Rows with a text and a queue that has enough tickets, the queues by size, and what was left out."""
    told, notes = frame[frame[TEXT].str.len() > 1], []
    if len(told) < len(frame):
        notes.append(t("{rows} tickets without a text were left out.", rows=f"{len(frame) - len(told):,}"))
    sorted_before = told[told["queue"] != ""]
    if len(sorted_before) < len(told):
        out = len(told) - len(sorted_before)
        notes.append(t("{rows} tickets without a queue were left out.", rows=f"{out:,}"))
    sizes = sorted_before["queue"].value_counts()
    queues = [str(queue) for queue in sizes.index[sizes >= FEWEST_EACH]][:MOST_QUEUES]
    if len(queues) < len(sizes):
        notes.append(t("{few} of {all} queues have too few tickets to be learned; those stay with people.",
                       few=len(sizes) - len(queues), all=len(sizes)))  # fmt: skip
    return sorted_before.index[sorted_before["queue"].isin(queues)], tuple(queues), notes


def _enough(rows: int, queues: int) -> None:
    if rows < FEWEST_TICKETS or queues < 2:
        raise BadInput(
            "There is too little to learn sorting from: {rows} tickets with a text, in {queues} queues that have at "
            "least {each} tickets.",
            "Use a dataset with at least {least} tickets in two queues; check the columns for text and queue.",
            rows=f"{rows:,}",
            queues=queues,
            each=FEWEST_EACH,
            least=FEWEST_TICKETS,
        )


@dataclass(frozen=True)
class Sorter:
    """A fitted model and what its labels stand for. ``read`` gives chances of queues and of levels of urgency."""

    model: Any = field(repr=False)
    meaning: Mapping[str, tuple[str, str]]
    queues: tuple[str, ...]
    levels: tuple[str, ...]

    @classmethod
    def of(cls, model: Any, known: Tickets) -> Sorter:
        return cls(model, known.meaning, known.queues, known.levels)

    def read(self, texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        """(chance of each queue, chance of each level) per cleaned text; columns as ``queues`` and ``levels``."""
        import pandas as pd

        chances = self.model.predict_proba(pd.DataFrame({TEXT: list(texts)}))
        return chances @ self.matrix(0, self.queues), chances @ self.matrix(1, self.levels)

    def matrix(self, part: int, names: Sequence[str]) -> np.ndarray:
        """1 where a label of the model (row) stands for a name (column); ``part`` 0 is the queue, 1 the urgency."""
        import numpy as np

        made = np.zeros((len(self.model.classes_), len(names)))
        for row, label in enumerate(self.model.classes_):
            name = self.meaning[str(label)][part]
            if name in names:
                made[row, list(names).index(name)] = 1.0
        return made
