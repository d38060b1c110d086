"""The project around the notebook: its words for cases, its title, problem and KPI."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sandbox.lab import looks, places, steps
from sandbox.lab.words import measured, number, pick, safe, t


@dataclass(frozen=True)
class Wording:
    """How the template's texts call things: one case, many cases, the units behind them, and what happens to them."""

    one: str = "case"
    many: str = "cases"
    units: str = "units"
    happens: str = "have the outcome"


@dataclass(frozen=True)
class KpiFacts:
    """The business figure; ``baseline`` and ``target`` in ``unit``."""

    name: str
    unit: str
    baseline: float
    target: float

    def to_json(self) -> dict[str, Any]:
        return {"name": self.name, "unit": self.unit, "baseline": self.baseline, "target": self.target}

    def moved(self, expected: float) -> dict[str, str]:
        """The fields of a sentence about where the figure would go."""
        return {
            "kpi": self.name,
            "before": number(self.baseline),
            "after": measured(expected, self.unit),
            "target": number(self.target),
        }


@dataclass(frozen=True)
class ProjectFacts:
    title: str = ""
    problem: str = ""
    kpi: KpiFacts | None = None


_wording: list[Wording] = [Wording()]


def start(template: str, **words: str) -> None:
    """Begin a notebook of ``template``: its texts, its wording (see Wording), the style of what it shows."""
    from IPython.display import HTML, display

    places.name_template(template)
    _wording[0] = replace(Wording(), **words)
    steps.forget()
    display(HTML(looks.STYLE))


def name_things(**words: str) -> None:
    """Set the wording (see Wording)."""
    _wording[0] = replace(_wording[0], **words)


def wording() -> Wording:
    """The wording that the notebook set, else the lab's plain one in the reader's language."""
    plain = Wording()
    set_by = _wording[0]
    if set_by != plain:
        return set_by
    return Wording(t("case"), t("cases"), t("units"), t("have the outcome"))


def facts() -> ProjectFacts:
    """Title, problem and KPI in the reader's language; what is unknown is left empty."""
    known = places.project_facts()
    return ProjectFacts(pick(known.get("title")), pick(known.get("problem")), read_kpi(known.get("kpi")))


def read_kpi(value: Any) -> KpiFacts | None:
    """A KPI from a file, or None when it is not complete."""
    if not isinstance(value, Mapping) or not value.get("name"):
        return None
    try:
        baseline, target = float(value["baseline"]), float(value["target"])
    except (KeyError, TypeError, ValueError):
        return None
    if not (math.isfinite(baseline) and math.isfinite(target)):
        return None
    return KpiFacts(pick(value["name"]), pick(value.get("unit", "")), baseline, target)


def purpose(known: ProjectFacts) -> str:
    """The head of an app: what it is for and which figure it is to move. A viewer's page says the title above it."""
    parts = [
        f"<h2>{safe(known.title)}</h2>" if known.title and places.mode() != "app" else "",
        f"<p>{safe(known.problem)}</p>" if known.problem else "",
    ]
    if kpi := known.kpi:
        figures = ((t("today"), kpi.baseline), (t("target"), kpi.target))
        each = "".join(
            f"<span>{safe(name)}<br><b>{safe(measured(value, kpi.unit))}</b></span>" for name, value in figures
        )
        parts.append(f'<p>{safe(kpi.name)}</p><div class="sb-kpi">{each}</div>')
    return f'<div class="sb-hero">{"".join(parts)}</div>'
