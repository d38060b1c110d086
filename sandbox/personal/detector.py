"""What a detector is: the forms in which something is written, and the condition that tells it from look-alikes.

Everything here is DuckDB SQL and RE2, so that the same detector runs over a column of any size and over one sentence.
No form has groups: without them RE2 reads more than a hundred megabytes a second, with them a few.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

#: What stands between the groups of a number: a blank or a dash, in any of their shapes.
GAP: Final = r"[ \x{A0}\x{3000}\x{2010}-\x{2015}\x{2212}-]"
#: A Chinese character. Fewer ranges than ``\p{Han}``: expressions are made ready several times faster.
HAN_RANGE: Final = r"\x{3400}-\x{9FFF}"
HAN: Final = f"[{HAN_RANGE}]"
#: Stand around candidates while a text is read; private-use characters, taken out of texts before.
FENCE: Final = "\ue0ff"
INNER_FENCE: Final = "\ue0fe"
# A number does not begin inside a longer code or decimal fraction. RE2 cannot look behind, so such a beginning is made
# part of what is found; the form on its own then does not fit any more, and it is left alone. Once for all numbers,
# from a word's beginning and lazily: anything else is read several times slower.
_INSIDE: Final = r"(?:\b(?:[0-9A-Za-z_]+-|[0-9A-Za-z_]*[0-9]\.)+?)??"
_FRACTION: Final = r"(?:\.[0-9]+)?"


@dataclass(frozen=True)
class Form:
    """One way of writing it: the ``value``, and what must stand ``before`` and ``after`` it."""

    value: str
    before: str = ""
    after: str = ""

    @property
    def pattern(self) -> str:
        return f"(?:{self.before})(?:{self.value})(?:{self.after})"


@dataclass(frozen=True)
class Detector:
    """One kind of personal data.

    ``forms`` hold RE2 patterns without groups. ``check`` is an SQL condition on ``{v}``, the value as written, and
    ``{d}``, the same in capitals without anything between its digits and letters. ``mark_en`` and ``mark_zh`` stand in
    its place in a redacted text. ``sure``: form and check keep look-alikes out, so that one hit is enough; otherwise a
    person should look. ``number``: it is written in digits and Latin letters, and must not be part of a longer code.
    ``labelled``: only the words before it tell what it is, so the candidate must fit the forms together with them.
    ``early``: it is looked for before the others of its step, because two small patterns are read several times faster
    than one large one. ``hint``: a small pattern that every text with such a value fits, read several times faster than
    the forms; where all of a step have one, texts without it are left out of a scan. ``length``: how many characters
    ``{d}`` has at least and at most, of a number. ``excerpt``: how many characters of its beginning and its end may be
    shown.
    """

    kind: str
    forms: tuple[Form, ...]
    mark_en: str
    mark_zh: str
    check: str = "true"
    sure: bool = True
    number: bool = True
    labelled: bool = False
    early: bool = False
    hint: str = ""
    length: tuple[int, int] | None = None
    excerpt: tuple[int, int] = (3, 2)

    @property
    def marks(self) -> tuple[str, str]:
        """What stands in its place in an English and in a Chinese text."""
        return f"[{self.mark_en}]", f"［{self.mark_zh}］"

    @property
    def whole(self) -> str:
        """The pattern that a candidate must fit from end to end."""
        return "|".join(form.pattern for form in self.forms)

    @property
    def before(self) -> str:
        return "|".join(f"(?:{form.before})" for form in self.forms if form.before)

    @property
    def after(self) -> str:
        return "|".join(f"(?:{form.after})" for form in self.forms if form.after)


def search_pattern(detectors: Sequence[Detector]) -> str:
    """The pattern with which candidates for any of ``detectors`` are found in a text; the first count first."""
    patterns = []
    for number, group in groupby(detectors, key=lambda one: one.number):
        whole = "|".join(one.whole for one in group)
        patterns.append(f"{_INSIDE}(?:{whole})\\b{_FRACTION}" if number else whole)
    return "|".join(patterns)


def either(words: str | Sequence[str]) -> str:
    """A pattern for any of ``words``, which a text separates by blanks."""
    return "(?:" + "|".join(words.split() if isinstance(words, str) else words) + ")"


def quoted(text: str) -> str:
    """A constant of this package as an SQL literal; never for data."""
    return "'" + text.replace("'", "''") + "'"
