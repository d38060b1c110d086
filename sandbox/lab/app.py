"""The app part: what a viewer uses. It loads what publication froze and never fits anything."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sandbox.core.errors import BadInput
from sandbox.lab import looks, places, project, saving
from sandbox.lab.assumptions import Worth
from sandbox.lab.evaluation import AUC_LABEL, Curve
from sandbox.lab.explanation import Factor
from sandbox.lab.project import KpiFacts, ProjectFacts, read_kpi, wording
from sandbox.lab.views import factor_chart
from sandbox.lab.words import count, percent, pick, t

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Fact:
    """One fact that a viewer can enter: a number in its usual range, or one of the levels that enough cases have."""

    name: str
    label: str
    kind: str
    low: float = 0.0
    high: float = 1.0
    step: float = 1.0
    levels: tuple[str, ...] = ()


@dataclass(frozen=True)
class App:
    """A loaded app. ``facts`` come strongest first; ``typical`` is the case that reasons start from."""

    model: Any = field(repr=False)
    project: ProjectFacts
    facts: tuple[Fact, ...]
    typical: Mapping[str, Any]
    compared: pd.DataFrame = field(repr=False)
    overall: tuple[Factor, ...]
    threshold: float
    rate: float
    cases: int
    auc: float
    curve: Curve = field(repr=False)
    worth: Worth

    @property
    def labels(self) -> dict[str, str]:
        return {fact.name: fact.label for fact in self.facts}


def open_app() -> App:
    """Load model and evidence. Raises BadInput, in words, when one of them is missing or unreadable."""
    file = places.published_folder() / saving.EVIDENCE
    try:
        written = json.loads(file.read_text(encoding="utf-8"))
        return _read(written, saving.load_model())
    except (OSError, ValueError, KeyError, TypeError):
        raise BadInput(
            "There is no saved result yet, or it cannot be read.", "Run the steps above first: they fit and save it."
        ) from None


def _read(written: Mapping[str, Any], model: Any) -> App:
    import pandas as pd

    part = written["app"]
    facts = tuple(read_fact(each) for each in part["facts"])
    overall = tuple(
        Factor(str(f["factor"]), float(f["weight"]), str(f["direction"]), str(f.get("raised_by", "")))
        for f in written["explanation"]["overall"]
    )
    worth = Worth(0, 0, 0.5, pick(part["worth"].get("unit"))).updated(part["worth"])
    typical = {name: math.nan if value is None else value for name, value in part["typical"].items()}
    auc = next(m["model"] for m in written["metrics"] if m["name"] == "roc_auc")
    kinds = {fact.name: "float64" if fact.kind == "number" else "object" for fact in facts}
    return App(
        model=model,
        project=project_now(part),
        facts=facts,
        typical={fact.name: typical[fact.name] for fact in facts},
        compared=pd.DataFrame(part["compared"]).astype(kinds),
        overall=overall,
        threshold=float(part["threshold"]),
        rate=float(part["rate"]),
        cases=int(part["cases"]),
        auc=float(auc),
        curve=Curve.from_json(part["curve"]),
        worth=worth,
    )


def project_now(part: Mapping[str, Any]) -> ProjectFacts:
    """The project as it is called now; what nobody states now, as it was called when the evidence was written."""
    now = project.facts()
    kpi: KpiFacts | None = now.kpi or read_kpi(part.get("kpi"))
    return ProjectFacts(now.title or pick(part.get("title")), now.problem or pick(part.get("problem")), kpi)


def read_fact(value: Mapping[str, Any]) -> Fact:
    """A fact as the evidence holds it. Raises KeyError or ValueError for anything else."""
    name, label = str(value["name"]), pick(value["label"])
    if value["kind"] == "number":
        return Fact(name, label, "number", float(value["low"]), float(value["high"]), float(value["step"]))
    return Fact(name, label, "category", levels=tuple(str(level) for level in value["levels"]))


def show_purpose(app: App) -> None:
    """What the app is for, the KPI, how far it can be trusted, and what drives the risk."""
    words = wording()
    right = app.curve.at(app.threshold)
    looks.show(
        project.purpose(app.project),
        looks.pair(
            factor_chart(app.overall, app.labels, 4),
            looks.tiles(
                [
                    (percent(app.rate), t("of the {many} {happens}", many=words.many, happens=words.happens), "plain"),
                    (
                        percent(right.precision),
                        t("of the warned {many} {happens}", many=words.many, happens=words.happens),
                        "bad",
                    ),
                    (f"{app.auc:.2f}", t(AUC_LABEL), "plain"),
                ]
            ),
        ),
        looks.paragraph(
            t("Learned from {cases} masked rows; checked on rows that it had not seen.", cases=count(app.cases)), True
        ),
    )
