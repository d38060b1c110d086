"""Refuses a saved model that could run something when it is loaded, or that carries rows of its training data.

The file was read as data only (``sandbox/publishing/model.py``); the app loads it after this check alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from sandbox.checks.facts import MODEL_FILE, Facts
from sandbox.core.findings import Finding, Level
from sandbox.core.messages import Message

PHASE, NAME = "run", "model_file"
# HistGradientBoosting keeps 20 cases in a leaf unless told otherwise.
_KEEPS_LEAVES = re.compile(r"Tree|Forest|(?<!Hist)GradientBoosting")
_MOST = 10


def check(facts: Facts) -> Iterable[Finding]:
    model = facts.evidence.get("model")
    file = facts.run_folder / MODEL_FILE if facts.run_folder else None
    exists = file is not None and file.is_file() and not file.is_symlink()
    if not exists:
        if model:
            yield Finding(
                NAME,
                Level.FAIL,
                Message("The notebook records a model, but there is no {file}.", {"file": MODEL_FILE}),
                Message("Keep the template's step that saves the model with lab.save_model(…)."),
            )
        else:
            yield Finding(NAME, Level.PASS, Message("The project saves no model: 0 model files."))
        return
    findings = list(_problems(facts))
    yield from findings
    kind = str(model.get("kind", ""))[:60] if isinstance(model, dict) else ""
    if not any(f.level is Level.FAIL for f in findings) and _KEEPS_LEAVES.search(kind):
        yield Finding(
            NAME,
            Level.REVIEW,
            Message("The model is of the kind {kind}: small leaves can give single cases away.", {"kind": kind}),
            Message("See that min_samples_leaf is at least 5 where the model is made."),
        )
    elif not findings and file is not None:
        fields = {"file": MODEL_FILE, "kb": file.stat().st_size / 1024, "kind": kind}
        yield Finding(
            NAME, Level.PASS, Message("{file} ({kb:.0f} KB, {kind}) names 0 types that are not allowed.", fields)
        )


def _problems(facts: Facts) -> Iterable[Finding]:
    if facts.model_problem is not None:
        yield Finding(NAME, Level.FAIL, facts.model_problem.message, facts.model_problem.remedy)
    if facts.untrusted_types:
        types = ", ".join(facts.untrusted_types[:_MOST])[:500]
        yield Finding(
            NAME,
            Level.FAIL,
            Message("The saved model names {count} types that are not allowed: {types}.",
                    {"count": len(facts.untrusted_types), "types": types}),
            Message("Build the model from scikit-learn's ordinary parts, without functions or classes of your own."),
        )  # fmt: skip
    if facts.row_types:
        yield Finding(
            NAME,
            Level.FAIL,
            Message("The saved model carries rows of the training data inside ({types}).",
                    {"types": ", ".join(facts.row_types[:_MOST])[:500]}),
            Message("Use another kind of model, such as logistic regression; nearest neighbours and SVM keep rows."),
        )  # fmt: skip
