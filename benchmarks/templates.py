"""Templates on public tables, by mapping alone, beside plain scikit-learn by hand: ``python -m benchmarks.templates``.

Runs each template as an examination does (confined kernel, headless) on the tables of ``shared/data`` and writes
``benchmarks/results/templates.md``. The references are ``tests/helpers/by_hand.py``.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.helpers.by_hand import TABLES, by_hand  # noqa: E402
from tests.helpers.pinned import pin_frame  # noqa: E402
from tests.templates.running import evidence, run  # noqa: E402

#: (template, table, columns that a person has to choose in the form). All other columns are as the template guesses.
RUNS = (
    ("customer-churn", "telco", {}),
    ("machine-failure", "ai4i", {}),
    ("credit-risk", "adult", {"outcome": "salary-class", "group": "sex"}),
    ("explore", "telco", {}),
    ("explore", "ai4i", {"target": "Machine failure"}),
    ("explore", "adult", {"target": "salary-class"}),
)
HEAD = """# Templates on public tables, beside plain scikit-learn by hand

`python -m benchmarks.templates`. Every template ran as an examination runs it, on the table as it is, with the columns
that it guessed (the outcome was chosen for Adult, and for explore on AI4I). By hand: all columns known beforehand,
one-hot and scaled, a logistic regression and boosted trees as they come, the same rows kept for the check.
Figures: ROC AUC / average precision.

| template | table | rows checked | template | 95% interval of the AUC | by hand, linear | by hand, trees | seconds |
| --- | --- | --- | --- | --- | --- | --- | --- |
"""


def main() -> None:
    folder = Path(os.environ.get("SANDBOX_SHARED_DATA", ROOT.parent / "shared" / "data"))
    lines = []
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        references = {table: by_hand(TABLES[table], folder) for table in TABLES}
        pins = {table: pin_frame(TABLES[table].read(folder), work / "pins", table) for table in TABLES}
        for template, table, columns in RUNS:
            project = work / f"{template}-{table}"
            project.mkdir()
            chosen = {"format": 1, "dataset": table, "columns": columns, "yes": str(TABLES[table].yes)}
            (project / "choices.json").write_text(json.dumps(chosen), encoding="utf-8")
            report = run(template, {table: pins[table]}, project)
            if report.error is not None:
                raise SystemExit(f"{template} on {table}: {report.error}")
            auc, precision = evidence(project)["metrics"][:2]
            low, high = auc["interval"]
            linear, trees = (references[table][kind] for kind in ("linear", "trees"))
            lines.append(
                f"| {template} | {table} | {auc['rows']:,} | {auc['model']:.3f} / {precision['model']:.3f} | "
                f"{low:.3f}–{high:.3f} | {linear.auc:.3f} / {linear.precision:.3f} | "
                f"{trees.auc:.3f} / {trees.precision:.3f} | {report.seconds:.0f} |"
            )
            print(lines[-1], flush=True)
    (ROOT / "benchmarks" / "results" / "templates.md").write_text(HEAD + "\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
