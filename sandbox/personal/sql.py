"""The detectors as SQL: from a text to the same text with marks in it, and to what was found.

A text is read in steps (``STEPS``). A step puts a fence around every candidate with a regular expression, judges each
by its form and check, and puts a mark in the place of those that hold; the next step reads on in what is left, so that
a name beside a number is known as such. All of it is one expression, so that a masking rule can apply it to a column
out of core.

Three things make it fast, all measured: a step uses its text once, because DuckDB would read it again for every use;
dictionaries stand only in the steps' own expressions, because DuckDB makes those within a lambda ready again for every
2,048 rows; and there are few steps, because planning time grows by half a power with each. Expressions are built from
this package's constants only; a caller hands in the SQL of a text.
"""

from __future__ import annotations

from typing import Final

from sandbox.personal import addresses, labelled, names, numbers, places
from sandbox.personal.detector import FENCE, HAN, INNER_FENCE, Detector, quoted, search_pattern

Step = tuple[Detector, ...]

# A candidate and its place in the list, within a lambda: under names that no column has.
ONE: Final = '" one "'
PLACE: Final = '" place "'

STEPS: Final = (numbers.DETECTORS, (*labelled.DETECTORS, *addresses.DETECTORS), names.DETECTORS)
#: Redaction goes one step further than what counts as personal data elsewhere: ``places`` says why.
REDACTED: Final = (*STEPS, (*names.FURTHER, *places.DETECTORS))
DETECTORS: Final = {one.kind: one for step in STEPS for one in step}
_NONE: Final = "CAST([] AS STRUCT(kind VARCHAR, written VARCHAR)[])"

#: What is taken out of a text, and what is read as which plain character.
INVISIBLE: Final = "\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff" + FENCE + INNER_FENCE
_WIDE: Final = [*range(0xFF10, 0xFF1A), *range(0xFF21, 0xFF3B), *range(0xFF41, 0xFF5B), *map(ord, "＠．＿－＋")]
WIDE: Final = "".join(map(chr, [*_WIDE, *range(0x1D7CE, 0x1D800)]))
PLAIN: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz@._-+" + "0123456789" * 5


def redacted(text: str) -> str:
    """SQL of a text with a mark for every hit, such as ［手机］ or [mobile] in the language of the text.

    Full-width digits and letters become ordinary ones, invisible characters go. NULL stays NULL. ``text`` must be
    cheap, such as a column: it is evaluated several times.
    """
    alone = names.ALONE.replace("{text}", text)
    mark = quoted(DETECTORS["person_name"].marks[1])
    # The condition stands inside: around the steps it would slow them down, as measured, to a third.
    result = f"CASE WHEN {alone} THEN {mark} ELSE {undisguised(text)} END"
    for step in REDACTED:
        result = marked(step, parts(step, result), f"regexp_matches({text}, {quoted(HAN)})")
    return result


def undisguised(text: str) -> str:
    """SQL of a text without invisible characters, with ordinary digits and letters for full-width ones."""
    visible = f"regexp_replace({text}, {quoted(f'[{INVISIBLE}]')}, '', 'g')"
    return (
        # As many bytes as characters: there is nothing but ordinary ones.
        f"CASE WHEN strlen({text}) = length({text}) THEN {text}"
        f" WHEN regexp_matches({text}, {quoted(f'[{INVISIBLE}{WIDE}]')})"
        f" THEN translate({visible}, {quoted(WIDE)}, {quoted(PLAIN)}) ELSE {text} END"
    )


def parts(step: Step, text: str) -> str:
    """SQL of a list from a text: what no detector looks at in odd places, candidates in even ones."""
    first, *then = search_patterns(step)
    fenced = _fenced(text, first, INNER_FENCE if then else FENCE)
    for pattern in then:  # goes over what is fenced, and gives it the same fence as its own
        over = f"{INNER_FENCE}[^{INNER_FENCE}]*{INNER_FENCE}"
        fenced = f"replace({_fenced(fenced, f'{over}|{pattern}', FENCE)}, '{INNER_FENCE}', '')"
    return f"string_split({fenced}, '{FENCE}')"


def _parts_where_any(step: Step) -> str:
    """SQL of the ``parts`` of the column ``text``, of those texts that may have a candidate."""
    if all(one.hint for one in step):
        maybe = " OR ".join(f"regexp_matches(text, {quoted(hint)})" for hint in dict.fromkeys(one.hint for one in step))
        return f"CASE WHEN {maybe} THEN {parts(step, 'text')} END"
    return parts(step, "text")


def _fenced(text: str, pattern: str, fence: str) -> str:
    return f"regexp_replace({text}, {quoted(pattern)}, '{fence}\\0{fence}', 'g')"


def marked(step: Step, parts_: str, chinese: str) -> str:
    """SQL of the text that ``parts`` came from with a mark for every hit; ``chinese``: SQL of whether marks are."""
    marks = [", ".join(quoted(mark) for mark in marks) for marks in zip(*(one.marks for one in step), strict=True)]
    mark = f"(CASE WHEN {chinese} THEN [{marks[1]}] ELSE [{marks[0]}] END)[{_accepting(step, ONE + '.')}]"
    return f"array_to_string({_each(step, parts_, f'replace({ONE}.part, {ONE}.written, {mark})', f'{ONE}.part')}, '')"


def scanned(source: str) -> str:
    """A query that adds ``text``, marked in Chinese, and ``hits``, a list of STRUCT(kind, written), to ``source``.

    ``source`` is a query with the columns ``id``, which tells rows apart, and ``raw``, a text. Of hits in NULL there
    are none. Candidates are judged as rows of a table of their own, not in a lambda as in ``redacted``: DuckDB makes
    a lambda ready again for every 2,048 rows, which takes longer than the judging.
    """
    query = f"SELECT id, raw, {undisguised('raw')} AS text, {_NONE} AS hits FROM ({source})"
    tables = []
    for number, step in enumerate(STEPS):
        read, judged, found = (f"{name}{number}" for name in ("read", "judged", "found"))
        # Most texts have no candidate: for those nothing but the text is kept.
        cut = f"SELECT *, {_parts_where_any(step)} AS cut FROM ({query})"
        tables.append(
            f"{read} AS MATERIALIZED (SELECT id, raw, text, hits, CASE WHEN len(cut) > 1 THEN cut END AS parts"
            f" FROM ({cut}))"
        )
        # Materialized, or the optimizer judges twice: to leave out what is no hit, and to say what the others are.
        tables.append(f"{judged} AS MATERIALIZED ({_judged(step, read)})")
        tables.append(f"{found} AS ({_found(step, judged)})")
        text = "list_transform(parts, lambda one, nth: COALESCE(marks[list_position(places, nth)], one))"
        query = (
            f"SELECT id, raw, CASE WHEN places IS NULL THEN text ELSE array_to_string({text}, '') END AS text,"
            f" CASE WHEN places IS NULL THEN hits ELSE list_concat(hits, more) END AS hits"
            f" FROM {read} LEFT JOIN {found} USING (id)"
        )
    return f"WITH {', '.join(tables)} {query}"


def _judged(step: Step, table: str) -> str:
    """A query with a row for each candidate in ``table``: which ``detector`` accepts it, or NULL."""
    listed = f"SELECT id, unnest(parts) AS part, generate_subscripts(parts, 1) AS {PLACE} FROM {table}"
    listed = f"{listed} WHERE parts IS NOT NULL"
    candidates = f"SELECT id, {PLACE}, part, {_written(step)} AS written FROM ({listed}) WHERE {PLACE} % 2 = 0"
    bare = f"SELECT *, {_bare(step)} AS bare FROM ({candidates})"
    return f"SELECT id, {PLACE}, part, written, {_accepting(step, '')} AS detector FROM ({bare})"


def _found(step: Step, judged: str) -> str:
    """A query with the hits of each text: their ``places`` in its parts, what becomes of these parts (``marks``), and
    the hits themselves (``more``). Texts without hits are not in it."""
    kind = "[" + ", ".join(quoted(one.kind) for one in step) + "][detector]"
    mark = "[" + ", ".join(quoted(one.marks[1]) for one in step) + "][detector]"
    return (
        f"SELECT id, list_transform(found, lambda one: one.place) AS places,"
        f" list_transform(found, lambda one: one.mark) AS marks,"
        f" list_transform(found, lambda one: {{'kind': one.kind, 'written': one.written}}) AS more FROM ("
        # By place, which comes first. Sorting a list is much faster than aggregating it in order.
        f"SELECT id, list_sort(list({{'place': {PLACE}, 'mark': replace(part, written, {mark}), 'kind': {kind},"
        f" 'written': written}})) AS found FROM {judged} WHERE detector IS NOT NULL GROUP BY id)"
    )


def search_patterns(step: Step) -> list[str]:
    """One pattern or two, which find the candidates of a step one after the other."""
    groups = [one for one in step if one.early], [one for one in step if not one.early]
    return [search_pattern(group) for group in groups if group]


def _each(step: Step, parts_: str, result: str, otherwise: str) -> str:
    """``result`` for every candidate where it is not NULL, ``otherwise`` for the rest."""
    written = _written(step)
    candidate = f"{{'part': part, 'written': {written}, 'bare': {_bare(step, written)}}}"
    plain = "{'part': part, 'written': NULL, 'bare': NULL}"
    candidates = (
        f"list_transform({parts_}, lambda part, place: CASE WHEN place % 2 = 0 THEN {candidate} ELSE {plain} END)"
    )
    judged = f"CASE WHEN {PLACE} % 2 = 0 THEN COALESCE({result}, {otherwise}) ELSE {otherwise} END"
    return f"list_transform({candidates}, lambda {ONE}, {PLACE}: {judged})"


def _written(step: Step) -> str:
    """SQL of the value in a candidate ``part``, without what must stand before and after it."""
    written = "part"
    if before := "|".join(one.before for one in step if one.before):
        written = f"regexp_replace({written}, {quoted(f'^(?:{before})')}, '')"
    if after := "|".join(one.after for one in step if one.after):
        written = f"regexp_replace({written}, {quoted(f'(?:{after})$')}, '')"
    return written


def _bare(step: Step, written: str = "written") -> str:
    """SQL of ``written`` in capitals, only its digits and letters; NULL where no detector of ``step`` asks for it."""
    if any("{d}" in one.check for one in step):
        return f"upper(regexp_replace({written}, '[^0-9A-Za-z]', '', 'g'))"
    return "NULL"


def _accepting(step: Step, of: str) -> str:
    """SQL of the place in ``step``, from 1, of the first detector that accepts a candidate, else NULL.

    The candidate's ``part``, ``written`` and ``bare`` have ``of`` before their names.
    """
    cases = []
    for place, detector in enumerate(step, start=1):
        check = detector.check.replace("{d}", f"{of}bare").replace("{v}", f"{of}written")
        accepted = f"CASE WHEN {check} THEN {place} END"
        if detector.number or detector.labelled:  # a mere part of a longer code is a candidate as well
            # CASE within CASE, not AND, which would work out every check digit for every candidate.
            accepted = f"CASE WHEN regexp_full_match({of}part, {quoted(detector.whole)}) THEN {accepted} END"
            if detector.length:  # comparing numbers first spares most candidates the expression
                low, high = detector.length
                accepted = f"CASE WHEN length({of}bare) BETWEEN {low} AND {high} THEN {accepted} END"
        cases.append(accepted)
    return f"COALESCE({', '.join(cases)}, NULL)"
