"""Masking: a rule of the spec → SQL that does it. One rule per file.

The order of things in a build:

1. *First pass*, while the source streams into the working table: rules that look at one value at a time (``keep``,
   ``pseudonym``, ``band``, ``round``, ``truncate_date``, ``prefix``, ``top_bottom`` with given limits …).
   ``first_pass`` gives the expression. Raw values of the other rules are carried along under a name that no spec can
   name, so that a build that forgot the second pass would fail and not publish them.
2. ``sample`` (of the dataset, not of a column): the units that stay, with all their rows.
3. *Second pass*, in the working table: rules that need the unit beside the value, or the whole column
   (``microaggregate``, ``noise``, ``date_shift`` …). First all their facts are measured by one aggregate query, then
   ``second_pass`` replaces what was carried along. The unit is a pseudonym by then, packed or as text: this pass
   knows no id.
4. Gates look at what came out.

A rule's file has

* ``operate(rule, cell) -> Sql``; in the second pass ``operate(rule, cell, found)`` with the facts that were measured;
* for the second pass ``facts(rule, cell, table)``: aggregates over the table; and where one value is computed from
  many rows, instead of ``operate``, ``helper(rule, cell, table, found)``: a query of (number of the row, value);
* ``draw(rule, cell)`` where ``operate`` looks at a keyed digest more than once: it is computed once, as ``cell.drawn``.

Which types a rule fits is said in the tables of ``registry.py`` and checked before the first row is read. NULL stays
NULL under every rule, except where everything becomes ``*``. Rows are never computed in
Python: tables do not fit into the memory. A listed hierarchy alone looks distinct values up there, batch by batch.

To add a rule: its model in ``sandbox/core/rules.py`` (with a literal ``kind``, put into ``Rule`` and, for its short
form, ``MAIN``), the classes that it is safe for in ``sandbox/core/policy.py``, its file here, its line in ``FIRST`` or
``SECOND`` of ``registry.py``, a property test in ``tests/snapshots/test_masking*.py``, its row in ``docs/steward.md``.
"""

from __future__ import annotations

from sandbox.snapshots.masking.cell import Cell, KeyOf, Owner
from sandbox.snapshots.masking.generalise import hierarchy_files, read_hierarchies
from sandbox.snapshots.masking.hashing import ID_BLANKS, canonical_id, hmac_sha256
from sandbox.snapshots.masking.passes import (
    carried,
    entities_of,
    expression,
    first_pass,
    foretold,
    in_second_pass,
    second_pass,
)
from sandbox.snapshots.masking.pseudonym import PSEUDONYM_DIGITS

__all__ = [
    "ID_BLANKS",
    "PSEUDONYM_DIGITS",
    "Cell",
    "KeyOf",
    "Owner",
    "canonical_id",
    "carried",
    "entities_of",
    "expression",
    "first_pass",
    "foretold",
    "hierarchy_files",
    "hmac_sha256",
    "in_second_pass",
    "read_hierarchies",
    "second_pass",
]
