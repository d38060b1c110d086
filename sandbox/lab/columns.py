"""What the columns of a table are: found from their content, guessed by their names in both languages."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from sandbox.core.messages import Language
from sandbox.lab.pins import Pin
from sandbox.lab.words import language

if TYPE_CHECKING:
    import pandas as pd

Kind = Literal["number", "category", "time", "id", "text", "constant", "empty"]

#: The rows that a column is judged by.
SAMPLE_ROWS = 20_000
_MOST_LEVELS = 200
_PSEUDONYM = re.compile(r"(?:[a-z]+[_:-])?[0-9a-f]{12,64}", re.IGNORECASE)
_ISO_DATE = re.compile(r"\d{4}-\d{1,2}-\d{1,2}(?:[ T].*)?")
_ID_NAME = re.compile(
    r"(?:^|[_\W])(?:u?id|uuid|key|no|nr|number|index|row|编号|序号)$|(?<=[a-z])I[Dd]$|^udi$", re.IGNORECASE
)
_YES = ("yes", "true", "y", "t", "1", "1.0", "是", "有", "churned", "left", "failed", "failure", "流失", "故障", "离网")


@dataclass(frozen=True)
class Column:
    """One column as the form offers it. ``values`` are its most frequent values as text (categories only)."""

    name: str
    label: str
    kind: Kind
    distinct: int
    missing: float
    values: tuple[str, ...] = ()
    hints: str = ""

    @property
    def usable(self) -> bool:
        """Whether a model can learn from it."""
        return self.kind in ("number", "category")


def profile(frame: pd.DataFrame, pin: Pin | None = None) -> tuple[Column, ...]:
    """The columns of ``frame`` (some thousand rows are enough), with labels and classes from the manifest."""
    made = [_column(str(name), frame[name], pin) for name in frame.columns]
    seen = Counter(column.label for column in made)
    # A steward's words may be the same for several columns (“family”): then the name tells them apart.
    return tuple(replace(c, label=f"{c.label} ({c.name})") if seen[c.label] > 1 else c for c in made)


def _column(name: str, series: pd.Series, pin: Pin | None) -> Column:
    present = clean_text(series).dropna() if is_text(series) else series.dropna()
    distinct = int(present.nunique())
    kind = _kind(name, series, present, distinct)
    if pin and (name == pin.unit or pin.classes.get(name) == "identifier"):
        kind = "id"
    values: tuple[str, ...] = ()
    if kind == "category":
        values = tuple(str(value) for value in as_levels(present).value_counts().index[:_MOST_LEVELS])
    texts = pin.texts.get(name, {}) if pin else {}
    missing = 1 - len(present) / len(series) if len(series) else 0.0
    return Column(
        name, label(name, texts, language()), kind, distinct, missing, values, " ".join((name, *texts.values()))
    )


def _kind(name: str, series: pd.Series, present: pd.Series, distinct: int) -> Kind:
    import pandas as pd

    if distinct == 0:
        return "empty"
    if pd.api.types.is_datetime64_any_dtype(series):
        return "time"
    if distinct == 1:
        return "constant"
    if pd.api.types.is_bool_dtype(series):
        return "category"
    unique = distinct == len(present) and distinct > 50
    if pd.api.types.is_numeric_dtype(series):
        counted = unique and float(present.max()) - float(present.min()) == distinct - 1
        whole = bool((present == present.round()).all())
        if counted or (unique and whole and _ID_NAME.search(name)):
            return "id"
        return "category" if distinct <= 2 else "number"
    return _text_kind(name, present, distinct)


def _text_kind(name: str, present: pd.Series, distinct: int) -> Kind:
    import pandas as pd

    texts = present.astype(str)
    if distinct > 2 and pd.to_numeric(texts, errors="coerce").notna().mean() >= 0.95:
        return "number"
    first = texts.head(200)
    if first.map(lambda text: bool(_ISO_DATE.fullmatch(text))).mean() >= 0.95:
        return "time"
    if first.map(lambda text: bool(_PSEUDONYM.fullmatch(text)) and any(c.isdigit() for c in text)).mean() >= 0.95:
        return "id"
    if distinct > 50 and (distinct > 0.9 * len(present) or (_ID_NAME.search(name) and distinct > _MOST_LEVELS)):
        return "text" if first.str.len().mean() > 40 else "id"
    return "text" if first.str.len().mean() > 60 else "category"


def is_text(series: pd.Series) -> bool:
    import pandas as pd

    return bool(pd.api.types.is_string_dtype(series) or pd.api.types.is_object_dtype(series))


def clean_text(series: pd.Series) -> pd.Series:
    """Texts without outer blanks; empty ones are missing."""
    objects = series.astype("object")
    # Looked up per different value: a column has far fewer of them than rows.
    different = objects.dropna().unique()
    cleaned = {value: (value.strip() or None) if isinstance(value, str) else value for value in different}
    return objects.map(cleaned).astype("object")


def as_levels(series: pd.Series) -> pd.Series:
    """Values as category names: texts as they are, whole numbers without “.0”, truth values as yes and no."""
    return series.map({value: level(value) for value in series.dropna().unique()})


def level(value: Any) -> str:
    """One value as a category's name."""
    if type(value).__name__ in ("bool", "bool_"):  # Python's and NumPy's, which pandas hands out in turn
        return "yes" if value else "no"
    if isinstance(value, float) and value == int(value):
        return str(int(value))
    return str(value).strip()


def label(name: str, texts: Mapping[str, str], tag: Language) -> str:
    """A short description in the language, else the name in plain letters."""
    text = texts.get(tag, "").strip().rstrip("。.")
    return text if 0 < len(text) <= (24 if tag == "zh-CN" else 40) else re.sub(r"[_\s]+", " ", name).strip()


def match(column: Column, hints: str) -> int:
    """How well a column's name and descriptions fit a need's hints (words of both languages); 0 is not at all."""
    text = re.sub(r"[_\W]+", " ", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", column.hints)).lower()
    tokens, score = text.split(), 0
    name = re.sub(r"[_\W]+", "", column.name).lower()
    for position, hint in enumerate(reversed(hints.lower().split())):
        if hint == name:
            score += 40 + position
        elif hint in tokens:
            score += 10 + position
        elif (len(hint) > 3 or not hint.isascii()) and hint in text:
            score += 4 + position
    return score


def best(columns: Iterable[Column], hints: str) -> str:
    """Name of the column that fits best, or "" when none fits."""
    scored = [(match(column, hints), -place, column.name) for place, column in enumerate(columns)]
    score, _, name = max(scored, default=(0, 0, ""))
    return name if score else ""


def guess_yes(values: Sequence[str]) -> str:
    """The value that means “it happened”: by word, else the rarer one (values come most frequent first)."""
    for word in _YES:
        for value in values:
            if value.lower() == word:
                return value
    return values[-1] if values else ""
