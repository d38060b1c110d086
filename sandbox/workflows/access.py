"""Who may see which project and use which dataset: one answer for pages, API, kernels and tickets."""

from __future__ import annotations

from collections.abc import Iterable

from sandbox.catalog import Catalog, Decision, may_use
from sandbox.core.errors import BadgeMissing, NotAllowed
from sandbox.core.messages import Message
from sandbox.core.project import Project
from sandbox.core.roles import Person, Role
from sandbox.core.spec import DatasetSpec
from sandbox.learning.paths import learning_path
from sandbox.store.registry import Reading, no_such_project
from sandbox.workflows.services import Services


def visible_project(reading: Reading, person: Person, slug: str) -> Project:
    """The project, if ``person`` may see its inside: who works on it, reviewers, leads and stewards.

    Others get NotFound, not NotAllowed: whether a draft exists is nobody else's business.
    """
    project = reading.project(slug)
    judges = person.has(Role.REVIEWER, Role.LEAD, Role.STEWARD)
    if not judges and not works_on(reading, person, project):
        raise no_such_project(slug)
    return project


def worked_project(reading: Reading, person: Person, slug: str) -> Project:
    """The project, if ``person`` works on it: its owner, or a colleague with whom it is shared; NotFound otherwise."""
    project = reading.project(slug)
    if not works_on(reading, person, project):
        raise no_such_project(slug)
    return project


def works_on(reading: Reading, person: Person, project: Project) -> bool:
    """Whether ``person`` may change the project's text."""
    return person.name == project.owner or any(
        c.person == person.name and c.ended is None for c in reading.colleagues(project.slug)
    )


def require_outsider(reading: Reading, person: Person, slug: str) -> None:
    """Raise NotAllowed for whoever works or worked on the project: they decide on it as little as its owner does."""
    if any(c.person == person.name for c in reading.colleagues(slug)):
        raise NotAllowed("You have worked on this project yourself.", "Ask a colleague who has not to decide on it.")


def owned_project(reading: Reading, person: Person, slug: str) -> Project:
    """The project, if it is ``person``'s own; NotFound otherwise."""
    project = reading.project(slug)
    if person.name != project.owner:
        raise no_such_project(slug)
    return project


def held_badges(services: Services, person: Person) -> frozenset[str]:
    """The badges that ``person`` holds now."""
    now = services.now()
    with services.registry.reading() as reading:
        return frozenset(badge.badge for badge in reading.badges(person.name) if badge.holds(now))


def require_dataset(services: Services, person: Person, spec: DatasetSpec) -> None:
    """Raise NotAllowed unless ``person`` may use the dataset now; BadgeMissing where a badge is all it takes."""
    decision = may_use(person, spec, held_badges(services, person) if spec.access.badges else ())
    if decision.missing:
        raise badge_missing(spec.name, decision)
    if not decision.allowed:
        raise NotAllowed(
            "You may not use the dataset {dataset}: {reason}.",
            "Ask its owner, {owner}, for access.",
            dataset=spec.name,
            reason=decision.reason,
            owner=spec.owner,
        )


def require_colleague(services: Services, colleague: Person, datasets: Iterable[str]) -> None:
    """Raise NotAllowed, worded for whoever chose ``colleague``, unless they may use all of a project's ``datasets``."""
    catalog, badges = Catalog(services.workspace, services.content), held_badges(services, colleague)
    for name in datasets:
        decision = may_use(colleague, catalog.entry(name).spec, badges)
        if not decision.allowed:
            raise NotAllowed(
                "{person} may not use the dataset {dataset}: {reason}.",
                "Choose somebody who may, or ask the owner of the dataset to open it to them.",
                person=colleague.display_name,
                dataset=name,
                reason=decision.reason,
            )


def badge_missing(dataset: str, decision: Decision) -> BadgeMissing:
    """What to say to somebody whom only badges keep from the dataset."""
    paths = [learning_path(name) for name in decision.missing]
    minutes = sum(path.minutes for path in paths)
    return BadgeMissing(
        "The dataset {dataset} is for people who have completed a learning path: {titles}.",
        "Take it in the portal, under “Learn” (about {minutes} {minutes:minute|minutes}); the dataset is open to you "
        "right after.",
        dataset=dataset,
        titles=Message(" + ".join(f"{{{path.name}}}" for path in paths), {path.name: path.title for path in paths}),
        minutes=minutes,
        paths=",".join(decision.missing),
    )
