"""A first question to any table: one column, told from the others. A yes or no, or a number; or no question at all.

The column's kind chooses which: a number is estimated, one value of a category is told apart from all others. Where the
data cannot answer, the reason is kept in words and the look at the table stands by itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from sandbox.core.errors import BadInput
from sandbox.lab import cases as read_cases
from sandbox.lab import choices, evaluation, explanation, pins, project, regression
from sandbox.lab import columns as find
from sandbox.lab.cases import Cases
from sandbox.lab.evaluation import Result
from sandbox.lab.explanation import Explanation
from sandbox.lab.regression import Amounts, Estimates
from sandbox.lab.words import both, explain_error, pick, t

if TYPE_CHECKING:
    from sandbox.lab.forms import Form

Kind = Literal["none", "yes", "number"]

#: An estimate within this share of the true number counts as right.
CLOSE = 0.2
_TRIED_ROWS, _FOLDS = 20_000, 3


@dataclass(frozen=True)
class Question:
    """What is asked: of which column, and for a yes or no whether it is ``value``.

    ``cases`` is None when nothing is asked or nothing can be answered; ``problem`` then says why and what to do.
    """

    kind: Kind = "none"
    target: str = ""
    label: Mapping[str, str] = field(default_factory=dict)
    value: str = ""
    cases: Cases | None = None
    problem: tuple[str, str] = ("", "")

    @property
    def is_yes_no(self) -> bool:
        return self.kind == "yes"

    @property
    def title(self) -> str:
        return pick(self.label) or self.target


def ask(form: Form) -> Question:
    """The question that was chosen in the form. Never fails for what the data hold: that is told in ``problem``."""
    chosen, table = form.ready()
    target = choices.outcome_column(chosen, form.needs)
    if not target:
        return Question(problem=(t("No column is chosen to ask about."), t("Choose one in the form if you like.")))
    texts = pins.pin(table.name).texts.get(target, {})
    label = {tag: find.label(target, texts, tag) for tag in both("")}
    as_number = choices.is_number(target, form.needs, table)
    value = "" if as_number else chosen.yes
    try:
        if as_number:
            key = next(need.key for need in form.needs if need.role == "target")
            cases: Cases = regression.read_amounts(chosen, form.needs, table, key)
        else:
            cases = read_cases.read(chosen, form.needs, table)
        cases.split()
    except BadInput as error:
        return Question("none", target, label, value, None, explain_error(error))
    made = Question("number" if as_number else "yes", target, label, value, cases)
    name(made.kind, made.title, value)
    return made


def name(kind: str, title: str, value: str) -> None:
    """Let every text call things as the question does."""
    happens = t("have “{value}” in “{column}”", value=value, column=title) if kind == "yes" else ""
    project.name_things(one=t("row"), many=t("rows"), units=t("different units"), happens=happens)


def better_of(question: Question, *candidates: Any) -> Any:
    """The better of untrained ``candidates``, fitted; compared on the part to learn from alone, in three folds by unit.

    None when there is nothing to answer.
    """
    from sandbox.lab import looks

    if question.cases is None:
        return None
    from sklearn.model_selection import GroupKFold, cross_val_score

    learn, _ = question.cases.split()
    tried = learn
    if len(learn) > _TRIED_ROWS:
        import numpy as np

        tried = learn.part(np.sort(np.random.default_rng(7).permutation(len(learn))[:_TRIED_ROWS]))
    scoring = "roc_auc" if question.is_yes_no else "neg_mean_absolute_error"
    scores = [
        float(cross_val_score(each, tried.facts, tried.outcome, groups=tried.unit, cv=GroupKFold(_FOLDS),
                              scoring=scoring, error_score=float("-inf")).mean())
        for each in candidates
    ]  # fmt: skip
    best = max(range(len(candidates)), key=scores.__getitem__)
    kind = type(candidates[best].steps[-1][1] if hasattr(candidates[best], "steps") else candidates[best]).__name__
    told = {
        "LogisticRegression": t("Every fact adds or takes away by itself (logistic regression)."),
        "Ridge": t("Every fact adds or takes away by itself (linear regression)."),
    }
    tried_text = t("{count} kinds of model were tried on the part to learn from; this one is better there:",
                   count=len(candidates))  # fmt: skip
    trees = t("Many small decision trees, which see how facts work together.")
    looks.show(looks.note(tried_text, "plain", told.get(kind) or trees))
    return candidates[best].fit(learn.facts, learn.outcome)


def check_answer(question: Question, model: Any) -> Result | Estimates | None:
    """How good the answers are on cases that the model had never seen, beside one fact alone; None without a model."""
    if question.cases is None or model is None:
        return None
    learn, check = question.cases.split()
    if isinstance(learn, Amounts) and isinstance(check, Amounts):
        return regression.evaluate_amounts(model, learn, check, limit=CLOSE)
    return evaluation.evaluate(model, learn, check, threshold=min(0.95, max(0.01, learn.rate)))


def explain_answer(question: Question, model: Any) -> Explanation | None:
    """Which facts the answers depend on, over all cases and for three of them; None without a model."""
    if question.cases is None or model is None:
        return None
    return explanation.explain(model, *question.cases.split())


def sent_to_a_person(question: Question) -> float:
    """Share of the checked cases that are unlike what the model learned from: a person should look at these."""
    import numpy as np

    if question.cases is None:
        return 1.0
    learn, check = question.cases.split()
    strange = np.zeros(len(check), dtype=bool)
    for fact in check.facts.columns:
        strange |= regression.strange(regression.usual(learn.facts[fact]), check.facts[fact])
    return float(strange.mean())


def range_of(question: Question, result: Estimates) -> tuple[float, float]:
    """How far eight of ten true numbers are from the estimate, below and above."""
    import numpy as np

    assert question.cases is not None  # noqa: S101 - there is a result, so there were cases
    off = question.cases.split()[1].outcome - result.guesses
    low, high = np.quantile(off, [0.1, 0.9])
    return float(low), float(high)
