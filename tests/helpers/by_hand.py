"""The public tables answered by hand, in plain scikit-learn: what the templates' figures are held against.

What a competent notebook does without us: all columns that are known beforehand, one-hot and scaled, a logistic
regression and boosted trees as they come, 70% to learn from and 30% to check on, the same rows as the templates'.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd


@dataclass(frozen=True)
class PublicTable:
    """A table of ``shared/data``: the outcome's column, which value means yes, columns that nobody knows beforehand."""

    file: str
    outcome: str
    yes: object
    unknown: tuple[str, ...] = ()
    separator: str = ","

    def read(self, folder: Path) -> pd.DataFrame:
        return pd.read_csv(folder / self.file, sep=self.separator)


TABLES = {
    "telco": PublicTable("telco_churn.csv", "Churn", "Yes", ("customerID",)),
    "ai4i": PublicTable("ai4i2020.csv", "Machine failure", 1, ("UDI", "Product ID", "TWF", "HDF", "PWF", "OSF", "RNF")),
    "adult": PublicTable("adult/adult.csv", "salary-class", ">50K", separator=";"),
}


@dataclass(frozen=True)
class Figures:
    """ROC AUC and average precision on the rows that were kept for the check."""

    auc: float
    precision: float


def by_hand(table: PublicTable, folder: Path) -> dict[str, Figures]:
    """The figures of a logistic regression and of boosted trees (``linear``, ``trees``)."""
    from sklearn.compose import make_column_selector, make_column_transformer
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import average_precision_score, roc_auc_score
    from sklearn.model_selection import train_test_split
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    frame = table.read(folder)
    if "TotalCharges" in frame:  # eleven blanks
        frame["TotalCharges"] = pd.to_numeric(frame["TotalCharges"], errors="coerce")
    happened = frame[table.outcome].eq(table.yes)
    facts = frame.drop(columns=[table.outcome, *table.unknown])
    learn, check, yes, wanted = train_test_split(facts, happened, test_size=0.3, stratify=happened, random_state=7)
    numbers, kinds = make_column_selector(dtype_include="number"), make_column_selector(dtype_exclude="number")
    scaled = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
    coded: Callable[[], OneHotEncoder] = lambda: OneHotEncoder(handle_unknown="ignore", sparse_output=False)  # noqa: E731
    models = {
        "linear": make_pipeline(
            make_column_transformer((scaled, numbers), (coded(), kinds)), LogisticRegression(max_iter=2000)
        ),
        "trees": make_pipeline(
            make_column_transformer(("passthrough", numbers), (coded(), kinds)),
            HistGradientBoostingClassifier(random_state=7),
        ),
    }
    made = {}
    for name, model in models.items():
        scores = model.fit(learn, yes).predict_proba(check)[:, 1]
        made[name] = Figures(float(roc_auc_score(wanted, scores)), float(average_precision_score(wanted, scores)))
    return made
