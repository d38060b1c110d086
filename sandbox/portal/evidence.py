"""Evidence as a page shows it. A notebook wrote it, so nothing in it is believed to have the shape that it should."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.core.fairness import MATTERS, Gap, Recorded, read_recorded
from sandbox.core.messages import Language
from sandbox.portal.words import SHARES

_MOST = 12
_MOST_ROWS = 30


@dataclass(frozen=True)
class Metric:
    """``model`` and ``baseline`` in the metric's own scale; ``better`` says whether the model wins."""

    label: str
    model: float
    baseline: float | None
    higher_is_better: bool
    units: int | None

    @property
    def better(self) -> bool | None:
        if self.baseline is None:
            return None
        return self.model > self.baseline if self.higher_is_better else self.model < self.baseline

    @property
    def bars(self) -> tuple[float, float]:
        """Lengths (0–1) of the model's and the baseline's bar on one scale; scores up to 1 are drawn against 1."""
        largest = max(abs(self.model), abs(self.baseline or 0.0), 1e-12)
        scale = 1.0 if largest <= 1 else largest
        return abs(self.model) / scale, abs(self.baseline or 0.0) / scale


@dataclass(frozen=True)
class Factor:
    """What moves the prediction, and by how much of the strongest factor (0–1)."""

    name: str
    direction: str
    share: float


@dataclass(frozen=True)
class Warned:
    """What would have happened in the checked cases: so many warned about, so many of them rightly.

    ``worth`` is the net worth of acting on all warnings, in ``unit``; None where the assumptions are missing.
    """

    cases: int
    warned: int
    right: int
    worth: float | None
    unit: str


@dataclass(frozen=True)
class Value:
    """Where the KPI is expected to go (``expected``, in ``unit``), and on which assumptions (name, figure)."""

    kpi: str
    unit: str
    expected: float
    assumptions: tuple[tuple[str, str], ...]
    warned: Warned | None


@dataclass(frozen=True)
class Data:
    dataset: str
    version: str
    rows: int | None
    columns: tuple[str, ...]


@dataclass(frozen=True)
class Table:
    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Fairness:
    """Shares (0–1, None where not counted) per group, in the order of ``measures``, worked out from recorded counts.

    ``gaps`` are the clear ones, largest first; ``blurred`` is the smallest difference that could surely be seen (0–1).
    """

    column: str
    measures: tuple[str, ...]
    groups: tuple[tuple[str, int, tuple[float | None, ...]], ...]
    gaps: tuple[Gap, ...]
    blurred: float
    hidden: int
    bound: float = MATTERS


@dataclass(frozen=True)
class Evidence:
    metrics: tuple[Metric, ...] = ()
    factors: tuple[Factor, ...] = ()
    value: Value | None = None
    data: tuple[Data, ...] = ()
    tables: tuple[Table, ...] = ()
    model: str = ""
    features: tuple[str, ...] = ()
    fairness: Fairness | None = None

    @property
    def headline(self) -> Metric | None:
        return self.metrics[0] if self.metrics else None


def read_evidence(raw: Any, language: Language) -> Evidence:
    """The parts of ``raw`` that have their shape; whatever has not is left out."""
    root = _mapping(raw)
    model = _mapping(root.get("model"))
    return Evidence(
        metrics=tuple(_metrics(root.get("metrics"), language)),
        factors=_factors(_mapping(root.get("explanation")).get("overall"), _labels(root, language), language),
        value=_value(root, language),
        data=tuple(_data(root.get("data"))),
        tables=tuple(_tables(root.get("tables"), language)),
        model=_text(model.get("kind"), language),
        features=tuple(_text(f, language) for f in _list(model.get("features"))),
        fairness=_fairness(read_recorded(root.get("fairness")), language),
    )


def _fairness(found: Recorded | None, language: Language) -> Fairness | None:
    """None when there is nothing to compare: what is not shown to be fair is not called so."""
    gaps = found.gaps if found else []
    if found is None or not gaps:
        return None
    measures = tuple(dict.fromkeys(gap.measure for gap in gaps))
    groups = tuple(
        (group, max(of for _, of in counts.values()),
         tuple(counts[m][0] / counts[m][1] if m in counts and counts[m][1] else None for m in measures))
        for group, counts in found.counts.items()
    )  # fmt: skip
    clear = sorted((gap for gap in gaps if gap.clear), key=lambda gap: -abs(gap.here - gap.others))
    label = _text(found.label, language) or found.column
    return Fairness(label, measures, groups, tuple(clear), max(gap.blurred for gap in gaps), found.hidden)


def _metrics(raw: Any, language: Language) -> Iterator[Metric]:
    for entry in map(_mapping, _list(raw)):
        model = _number(entry.get("model"))
        if model is not None:
            units = _number(entry.get("units"))
            yield Metric(
                _text(entry.get("label") or entry.get("name"), language),
                model,
                _number(entry.get("baseline")),
                entry.get("higher_is_better") is not False,
                int(units) if units is not None else None,
            )


def _labels(root: Mapping[str, Any], language: Language) -> dict[str, str]:
    """What the author calls the columns: name → label."""
    facts = map(_mapping, _list(_mapping(root.get("app")).get("facts"), 60))
    return {str(f.get("name")): _text(f.get("label"), language) for f in facts if f.get("label")}


def _factors(raw: Any, labels: Mapping[str, str], language: Language) -> tuple[Factor, ...]:
    found = []
    for entry in map(_mapping, _list(raw)):
        weight = _number(entry.get("weight"))
        if weight is not None:
            name = _text(entry.get("factor"), language)
            label = labels.get(name) or name
            found.append((label, str(entry.get("direction", "")), abs(weight)))
    largest = max((w for *_, w in found), default=0.0) or 1.0
    return tuple(Factor(n, d if d in {"+", "-"} else "", w / largest) for n, d, w in found)


def _value(root: Mapping[str, Any], language: Language) -> Value | None:
    entry = _mapping(root.get("value"))
    expected = _number(entry.get("expected"))
    if expected is None:
        return None
    assumptions = tuple(
        (str(k)[:80], _text(v, language) if not isinstance(v, int | float) else _figure(str(k), v))
        for k, v in list(_mapping(entry.get("assumptions")).items())[:_MOST]
    )
    kpi, unit = _text(entry.get("kpi"), language), _text(entry.get("unit"), language)
    return Value(kpi, unit, expected, assumptions, _warned(root, language))


def _figure(name: str, value: float) -> str:
    return f"{100 * value:.4g}%" if name in SHARES and 0 <= value <= 1 else f"{value:,.10g}"


def _warned(root: Mapping[str, Any], language: Language) -> Warned | None:
    counts, entry = _mapping(root.get("threshold")), _mapping(root.get("value"))
    cases, warned, right = (_number(counts.get(name)) for name in ("cases", "warned", "right"))
    if cases is None or warned is None or right is None:
        return None
    assumed = _mapping(entry.get("assumptions"))
    cost, gain, success = (_number(assumed.get(name)) for name in ("cost", "value", "success"))
    complete = cost is not None and gain is not None and success is not None
    worth = right * success * gain - warned * cost if complete else None  # type: ignore[operator]
    unit = _text(_mapping(_mapping(root.get("app")).get("worth")).get("unit"), language)
    return Warned(int(cases), int(warned), int(right), worth, unit)


def _data(raw: Any) -> Iterator[Data]:
    for entry in map(_mapping, _list(raw)):
        rows = _number(entry.get("rows"))
        columns = tuple(str(c)[:80] for c in _list(entry.get("columns"), 60))
        yield Data(
            str(entry.get("dataset", ""))[:80], str(entry.get("version", ""))[:60], int(rows) if rows else None, columns
        )


def _tables(raw: Any, language: Language) -> Iterator[Table]:
    for entry in map(_mapping, _list(raw, 6)):
        columns = tuple(_text(c, language) for c in _list(entry.get("columns")))
        rows = tuple(tuple(_text(v, language) for v in _list(row)) for row in _list(entry.get("rows"), _MOST_ROWS))
        if columns and rows:
            yield Table(_text(entry.get("title"), language), columns, rows)


def _mapping(raw: Any) -> Mapping[str, Any]:
    return raw if isinstance(raw, Mapping) else {}


def _list(raw: Any, most: int = _MOST) -> list[Any]:
    return list(raw)[:most] if isinstance(raw, list | tuple) else []


def _number(raw: Any) -> float | None:
    if isinstance(raw, bool) or not isinstance(raw, int | float):
        return None
    return float(raw) if abs(raw) < 1e300 and math.isfinite(raw) else None


def _text(raw: Any, language: Language) -> str:
    """A plain or bilingual text, cut to a length that a page can bear."""
    if isinstance(raw, Mapping):
        raw = raw.get(language) or raw.get("en") or ""
    if isinstance(raw, float):
        return f"{raw:.4g}"
    return "" if raw is None else str(raw)[:200]
