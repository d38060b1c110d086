"""How well tickets are sorted on later ones, beside what a filter in a mailbox could do; and which words decide.

The baseline is a filter: three words per queue, found on the tickets that the model learned from, everything else into
the largest queue. A queue's words are shown from the model's weights; a single ticket is explained exactly: a word is
taken out and the ticket sorted again.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from sandbox.lab.evaluation import Metric
from sandbox.lab.regression import mean_interval
from sandbox.lab.tables import small_cell
from sandbox.lab.tickets import Sorter, Tickets

if TYPE_CHECKING:
    import numpy as np

RIGHT_LABEL = "Share of tickets that reach the right queue at once"
URGENCY_LABEL = "Share of tickets whose urgency is told rightly"
_WORDS_EACH = 3
_WORD = re.compile(r"[a-z][a-z'’-]+")
_HAN = re.compile(r"[\u3400-\u9fff]")
#: A Chinese letter belongs to a telling word if it carries at least this part of what the strongest letter does.
_TELLING = 0.35
_MOST_LETTERS = 8
#: So many checked tickets show which words decide. With 600, English words of a mostly Chinese queue are lost: a word
#: counts when ten people wrote it.
_EXPLAINED = 900


@dataclass(frozen=True)
class Triage:
    """Checked tickets: ``right`` and ``sure`` (chance of the proposed queue) per ticket; ``plain`` is the filter's.

    ``urgent`` is the chance of the most urgent level, ``is_urgent`` what was the case (both empty without urgency).
    """

    queue: Metric
    urgency: Metric | None
    proposed: np.ndarray = field(repr=False)
    right: np.ndarray = field(repr=False)
    sure: np.ndarray = field(repr=False)
    urgent: np.ndarray = field(repr=False)
    is_urgent: np.ndarray = field(repr=False)
    rules: Mapping[str, Sequence[str]]
    units: int
    split: str
    figures: dict[str, Any] = field(default_factory=dict, repr=False)

    def curve(self) -> list[list[int]]:
        """[certainty in %, sorted without a person, of these rightly] of the checked tickets, for each percent."""
        least, rows = small_cell(), []
        for percent in range(100):
            by_itself = self.sure >= percent / 100
            if by_itself.sum() >= least:
                rows.append([percent, int(by_itself.sum()), int((by_itself & self.right).sum())])
        return rows


def evaluate_triage(model: Any, learn: Tickets, check: Tickets) -> Triage:
    """Judge ``model``, fitted on ``learn``, on ``check``, beside the filter that was found on ``learn``."""
    import numpy as np

    sorter = Sorter.of(model, learn)
    queues, levels = sorter.read(check.texts)
    names = np.array(learn.queues, dtype=object)
    proposed, true = names[queues.argmax(axis=1)], check.column("queue")
    right = proposed == true
    rules = filter_words(learn, "queue")
    plain = filtered(check.texts, rules, learn.queues[0]) == true
    urgency, urgent, is_urgent = None, np.zeros(0), np.zeros(0, dtype=bool)
    if learn.levels:
        said, was = np.array(learn.levels, dtype=object)[levels.argmax(axis=1)], check.column("urgency")
        usual = max(learn.levels, key=lambda level: int((learn.column("urgency") == level).sum()))
        simple = filtered(check.texts, filter_words(learn, "urgency"), usual) == was
        urgency = _share("urgency_right", URGENCY_LABEL, said == was, simple, check.unit)
        urgent, is_urgent = levels[:, 0], was == learn.levels[0]
    judged = Triage(
        queue=_share("queue_right", RIGHT_LABEL, right, plain, check.unit),
        urgency=urgency, proposed=proposed, right=right, sure=queues.max(axis=1), urgent=urgent, is_urgent=is_urgent,
        rules=rules, units=check.units, split=check.split_words,
    )  # fmt: skip
    return replace(judged, figures=_figures(judged, check))


def _share(name: str, label: str, right: np.ndarray, plain: np.ndarray, unit: np.ndarray) -> Metric:
    interval = mean_interval(right.astype(float), unit)
    return Metric(name, label, float(right.mean()), float(plain.mean()), interval)


def _figures(judged: Triage, check: Tickets) -> dict[str, Any]:
    """The check in figures, as the evidence keeps it."""
    least = small_cell()
    made: dict[str, Any] = {
        "tickets": len(check), "units": judged.units, "curve": judged.curve(),
        "right": [round(judged.queue.model, 4), *(round(end, 4) for end in judged.queue.interval)],
        "plain": round(judged.queue.baseline, 4), "rules": {k: list(v) for k, v in judged.rules.items()}, "queues": [],
    }  # fmt: skip
    for name in check.queues:
        own = check.column("queue") == name
        if len(set(check.unit[own].tolist())) >= least:
            made["queues"].append([name, int(own.sum()), round(float(judged.right[own].mean()), 4)])
    if judged.urgency:
        on_top = judged.urgent >= 0.5
        made["urgency"] = {
            "level": check.levels[0], "right": round(judged.urgency.model, 4),
            "plain": round(judged.urgency.baseline, 4),
            "found": round(float(on_top[judged.is_urgent].mean()), 4) if judged.is_urgent.any() else 0.0,
            "true": round(float(judged.is_urgent[on_top].mean()), 4) if on_top.any() else 0.0,
        }  # fmt: skip
    return made


# --- the filter that the model must beat ------------------------------------------------------------------------------


def tokens(text: str) -> list[str]:
    """What a filter can look for: words of Latin letters, and pairs of Chinese ones."""
    pairs = (text[i : i + 2] for i in range(len(text) - 1))
    return [*_WORD.findall(text), *(pair for pair in pairs if _HAN.match(pair[0]) and _HAN.match(pair[1]))]


def filter_words(learn: Tickets, part: str) -> dict[str, list[str]]:
    """Three words for each level of ``part`` (queue or urgency): each the one that is worth most beside those before.

    A word is worth the tickets that it catches rightly, less twice those that it catches wrongly.
    """
    import numpy as np
    from sklearn.feature_extraction.text import CountVectorizer

    counter = CountVectorizer(analyzer=tokens, binary=True, min_df=small_cell())
    there = counter.fit_transform(learn.texts).tocsr()
    names, own = counter.get_feature_names_out(), learn.column(part)
    rules: dict[str, list[str]] = {}
    for level in dict.fromkeys(own):
        left, rules[str(level)] = np.ones(len(own)), []
        for _ in range(_WORDS_EACH):
            worth = there.T @ (left * np.where(own == level, 1.0, -2.0))
            best = int(worth.argmax())
            if worth[best] <= 0:
                break
            rules[str(level)].append(str(names[best]))
            left[there[:, [best]].toarray()[:, 0] > 0] = 0.0
    return rules


def filtered(texts: Sequence[str], rules: Mapping[str, Sequence[str]], otherwise: str) -> np.ndarray:
    """Where the filter puts each text: where most of its words are found, else ``otherwise``."""
    import numpy as np

    def place(text: str) -> str:
        found = set(tokens(text))
        hits = {level: sum(word in found for word in words) for level, words in rules.items()}
        best = max(hits, key=lambda level: hits[level])
        return best if hits[best] else otherwise

    return np.array([place(text) for text in texts], dtype=object)


# --- which words decide -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Piece:
    """A word of a text, from ``start`` to ``end``; ``weight`` is what it adds to the log-odds of the queue."""

    start: int
    end: int
    weight: float


def words_for(sorter: Sorter, text: str, part: int, name: str) -> list[Piece]:
    """The words of one cleaned ``text`` that speak for ``name``, as ``words_of`` finds them."""
    return words_of(sorter, [text], part, [name])[0]


@dataclass(frozen=True)
class _Taken:
    """Texts as the model takes them: their runs of letters, where each of these stands, and the chances of labels."""

    texts: Sequence[str]
    rows: Any
    chances: np.ndarray
    spots: list[list[tuple[int, int, int]]]


def _take(sorter: Sorter, texts: Sequence[str]) -> _Taken:
    import pandas as pd

    columns = sorter.model.named_steps["columntransformer"]
    vectorizer = columns.transformers_[0][1]
    known, (low, high) = vectorizer.vocabulary_, vectorizer.ngram_range
    rows = columns.transform(pd.DataFrame({"text": list(texts)})).tocsr()
    spots = [[(i, n, feature) for n in range(low, high + 1) for i in range(len(text) - n + 1)
              if (feature := known.get(text[i : i + n])) is not None] for text in texts]  # fmt: skip
    return _Taken(texts, rows, sorter.model.steps[-1][1].predict_proba(rows), spots)


def words_of(sorter: Sorter, texts: Sequence[str], part: int, names: Sequence[str]) -> list[list[Piece]]:
    """Per cleaned text the words that speak for its name (a queue if ``part`` is 0, a level if 1), strongest first.

    The weights of the model's short runs of letters are shared out evenly among their letters.
    """
    return _words_of(sorter, _take(sorter, texts), part, names)


def _words_of(sorter: Sorter, taken: _Taken, part: int, names: Sequence[str]) -> list[list[Piece]]:
    weights, made = _per_class(sorter.model.steps[-1][1]), []
    inside_of = {name: sorter.matrix(part, [name])[:, 0] for name in set(names)}
    for place, (text, name) in enumerate(zip(taken.texts, names, strict=True)):
        inside, own = inside_of[name], taken.chances[place]
        for_it = own * inside / max(1e-12, float(own @ inside))
        against = own * (1 - inside) / max(1e-12, float(own @ (1 - inside)))
        row = taken.rows[place]
        carried = ((for_it - against) @ weights[:, row.indices]) * row.data
        letters = _letters(
            len(text), dict(zip(row.indices.tolist(), carried.tolist(), strict=True)), taken.spots[place]
        )
        made.append(_pieces(text, letters))
    return made


def _letters(length: int, carried: Mapping[int, float], spots: Sequence[tuple[int, int, int]]) -> np.ndarray:
    """What each letter carries of what the runs of letters carry that it is part of (where, how long, which)."""
    import numpy as np

    times: dict[int, int] = {}
    for _, _, feature in spots:
        times[feature] = times.get(feature, 0) + 1
    letters = [0.0] * length  # of some dozen letters: a list is faster than an array here
    for i, n, feature in spots:
        each = carried.get(feature, 0.0) / times[feature] / n
        for at in range(i, i + n):
            letters[at] += each
    return np.array(letters)


def _per_class(linear: Any) -> np.ndarray:
    """One row of weights per class; with two classes scikit-learn keeps only the second one's."""
    import numpy as np

    weights: np.ndarray = linear.coef_
    return weights if len(weights) > 1 else np.concatenate([np.zeros_like(weights), weights])


def _pieces(text: str, letters: np.ndarray) -> list[Piece]:
    """Latin words whole, and runs of Chinese letters that carry much."""
    found = [Piece(m.start(), m.end(), float(letters[m.start() : m.end()].sum())) for m in _WORD.finditer(text)]
    telling = _TELLING * float(letters.max(initial=0.0))
    start = None
    for place in range(len(text) + 1):
        carries = place < len(text) and letters[place] > max(telling, 1e-9) and _HAN.match(text[place])
        if carries and start is None:
            start = place
        elif start is not None and (not carries or place - start >= _MOST_LETTERS):
            if place - start > 1:
                found.append(Piece(start, place, float(letters[start:place].sum())))
            start = place if carries else None
    return sorted((piece for piece in found if piece.weight > 0), key=lambda piece: -piece.weight)


@dataclass(frozen=True)
class Telling:
    """A word that speaks for a queue or a level of urgency in many tickets; ``weight``: mean in log-odds."""

    word: str
    name: str
    weight: float
    people: int


def telling_words(model: Any, check: Tickets) -> tuple[list[Telling], list[Telling]]:
    """(for queues, for urgency): words that at least the small-cell number of people wrote, strongest first."""
    import numpy as np

    sorter = Sorter.of(model, check)
    rows = np.random.default_rng(7).permutation(len(check))[:_EXPLAINED]
    written = check.texts
    texts = [written[row] for row in rows]
    taken = _take(sorter, texts)  # once for queues and urgency: most of the work
    made: list[list[Telling]] = []
    for part, names in ((0, sorter.queues), (1, sorter.levels)):
        if not names:
            made.append([])
            continue
        proposed = [names[place] for place in (taken.chances @ sorter.matrix(part, names)).argmax(axis=1)]
        seen: dict[tuple[str, str], tuple[float, set[int]]] = {}
        found = _words_of(sorter, taken, part, proposed)
        for row, text, name, pieces in zip(rows, texts, proposed, found, strict=True):
            for piece in pieces[:4]:
                key = (text[piece.start : piece.end], name)
                weight, people = seen.get(key, (0.0, set()))
                seen[key] = (weight + piece.weight, people | {int(check.unit[row])})
        least = small_cell()
        kept = [Telling(word, name, weight / len(rows), len(people))
                for (word, name), (weight, people) in seen.items() if len(people) >= least]  # fmt: skip
        made.append(sorted(kept, key=lambda each: -each.weight))
    return made[0], made[1]


def without_each(sorter: Sorter, text: str, queue: str, most: int = 4) -> tuple[float, list[tuple[str, float]]]:
    """(chance of ``queue``, [(word, that chance without it), …]) for the words that speak most for it: exact."""
    found = words_for(sorter, text, 0, queue)[: 2 * most]
    words = list(dict.fromkeys(text[piece.start : piece.end] for piece in found))
    texts = [text, *(" ".join(text.replace(word, " ").split()) for word in words)]
    chances = sorter.read(texts)[0][:, sorter.queues.index(queue)]
    left = sorted(zip(words, (float(each) for each in chances[1:]), strict=True), key=lambda pair: pair[1])
    return float(chances[0]), left[:most]
