# ruff: noqa: T201
"""Does this bundle still give the answers that were reviewed? Exit code 0: yes, 1: no, 2: it cannot be said.

Stands alone: needs Python with scikit-learn, skops and pandas (see requirements.lock), nothing of the sandbox. It
checks every file against receipt.json, loads model.skops with the types that the receipt lists, scores the rows
of sample.json and compares with the predictions recorded there.

    python rescore.py
"""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
TOLERANCE = 1e-6  # scores are probabilities or amounts; other processors may round the last digits differently


def changed_files(receipt: dict[str, Any]) -> list[str]:
    """Names of files that are missing or not what the receipt says."""
    changed = []
    for name, expected in sorted(receipt["files"].items()):
        path = HERE / name
        if not path.is_file() or hashlib.sha256(path.read_bytes()).hexdigest() != expected:
            changed.append(name)
    lines = {key: value for key, value in receipt.items() if key != "digest"}
    text = json.dumps(lines, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    if hashlib.sha256(text.encode()).hexdigest() != receipt["digest"]:
        changed.append("receipt.json")
    return changed


def score(model: Any, sample: dict[str, Any]) -> list[Any]:
    """One score per row: the probability of the positive class if the model gives one, otherwise its prediction."""
    import pandas

    rows = pandas.DataFrame(sample["rows"], columns=sample["columns"])
    for column, dtype in sample.get("dtypes", {}).items():
        rows[column] = rows[column].astype(dtype)
    method = sample.get("method") or ("predict_proba" if hasattr(model, "predict_proba") else "predict")
    if method != "predict_proba":
        return list(model.predict(rows))
    classes = list(model.classes_)
    if "positive" in sample and sample["positive"] in classes:
        return list(model.predict_proba(rows)[:, classes.index(sample["positive"])])
    if len(classes) == 2:
        return list(model.predict_proba(rows)[:, 1])
    return list(model.predict(rows))


def differs(found: Any, expected: Any) -> bool:
    """Whether a score is not the recorded one."""
    if isinstance(expected, str) or isinstance(found, str):
        return str(found) != str(expected)
    return not abs(float(found) - float(expected)) <= TOLERANCE * max(1.0, abs(float(expected)))


def main() -> int:
    receipt = json.loads((HERE / "receipt.json").read_text("utf-8"))
    changed = changed_files(receipt)
    if changed:
        print("FAILED: not as in receipt.json:", ", ".join(changed))
        return 1
    if not (HERE / "model.skops").is_file() or not (HERE / "sample.json").is_file():
        print("Every file is as in receipt.json. The app has no model with a sample; there is nothing to score.")
        return 2
    import skops.io

    sample = json.loads((HERE / "sample.json").read_text("utf-8"))
    try:
        model = skops.io.load(HERE / "model.skops", trusted=list(receipt["trusted_types"]))
        found = score(model, sample)
    except Exception as error:  # whatever stops the model from scoring is the answer, and it is no
        print(f"FAILED: the model does not load or does not score here: {type(error).__name__}: {error}")
        return 1
    recorded = sample["predictions"]
    if len(found) != len(recorded):
        print(f"FAILED: {len(recorded)} scores were recorded, but there are {len(found)} now.")
        return 1
    wrong = [row for row in range(len(found)) if differs(found[row], recorded[row])]
    if wrong:
        print(f"FAILED: {len(wrong)} of {len(found)} rows score differently; the first is row {wrong[0] + 1}:")
        print(f"  recorded {recorded[wrong[0]]}, now {found[wrong[0]]}")
        return 1
    print(f"OK: every file is as in receipt.json, and all {len(found)} rows score as recorded.")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except ImportError as error:
        print(f"Cannot run: {error}. Install the locked environment: pip install --require-hashes -r requirements.lock")
        sys.exit(2)
