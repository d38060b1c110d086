"""Who may see which project: one answer for pages, API and tickets."""

from __future__ import annotations

from sandbox.core.project import Project
from sandbox.core.roles import Person, Role
from sandbox.store.registry import Reading, no_such_project


def visible_project(reading: Reading, person: Person, slug: str) -> Project:
    """The project, if ``person`` may see its inside: the owner, reviewers, leads and stewards.

    Others get NotFound, not NotAllowed: whether a draft exists is nobody else's business.
    """
    project = reading.project(slug)
    if person.name != project.owner and not person.has(Role.REVIEWER, Role.LEAD, Role.STEWARD):
        raise no_such_project(slug)
    return project


def owned_project(reading: Reading, person: Person, slug: str) -> Project:
    """The project, if it is ``person``'s own; NotFound otherwise."""
    project = reading.project(slug)
    if person.name != project.owner:
        raise no_such_project(slug)
    return project
