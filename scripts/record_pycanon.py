"""Records what pycanon, an independent implementation of the same criteria, says of small random tables.

``python -m venv … && pip install pycanon==1.3.6 && python scripts/record_pycanon.py``: in an environment of its own,
because it wants other versions of numpy and pandas than ours. Writes ``tests/compat/pycanon.json``, to which
``tests/snapshots/test_against_pycanon.py`` holds our gates: tables of (quasi-identifier, quasi-identifier, sensitive
value), one row per unit, and the worst figure of each criterion. Delta is told in nats, and entropy as a whole number.
"""

from __future__ import annotations

import json
import random
from pathlib import Path

import pandas as pd
from pycanon import anonymity

TABLES = 40
TARGET = Path(__file__).resolve().parent.parent / "tests" / "compat" / "pycanon.json"
QUASI, SENSITIVE = ["p", "q"], ["s"]


def figures(table: pd.DataFrame) -> dict[str, float]:
    texts = table.assign(s=table["s"].astype(str).astype(object))
    return {
        "k": int(anonymity.k_anonymity(table, QUASI)),
        "distinct_l": int(anonymity.l_diversity(table, QUASI, SENSITIVE)),
        "entropy_l_floored": int(anonymity.entropy_l_diversity(table, QUASI, SENSITIVE)),
        "t_equal": float(anonymity.t_closeness(texts, QUASI, SENSITIVE)),
        "t_ordered": float(anonymity.t_closeness(table, QUASI, SENSITIVE)),
        "basic_beta": float(anonymity.basic_beta_likeness(table, QUASI, SENSITIVE)),
        "delta_nats": float(anonymity.delta_disclosure(table, QUASI, SENSITIVE)),
    }


def main() -> None:
    draw, made = random.Random(3), []
    for _ in range(TABLES):
        kinds, values = draw.randint(1, 3), draw.randint(2, 6)
        rows = [[draw.choice("ab"), draw.choice("xyz"[:kinds]), 10 * draw.randrange(values)]
                for _ in range(draw.randint(8, 80))]  # fmt: skip
        table = pd.DataFrame(rows, columns=[*QUASI, *SENSITIVE])
        made.append({"rows": rows, "figures": figures(table)})
    TARGET.write_text("[\n" + ",\n".join(json.dumps(each) for each in made) + "\n]\n", encoding="utf-8")


if __name__ == "__main__":
    main()
