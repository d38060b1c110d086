"""Who may see what in the portal, and which steps a page offers; the workflows check the steps again."""

from __future__ import annotations

from sandbox.core.errors import SandboxError
from sandbox.core.lifecycle import Action, next_state
from sandbox.core.project import Project
from sandbox.core.roles import Person, Role

JUDGES = (Role.REVIEWER, Role.LEAD)
OVERSEERS = (Role.LEAD, Role.STEWARD)


def steps(person: Person, project: Project) -> frozenset[Action]:
    """The steps that ``person`` may take with ``project`` as it stands."""
    return frozenset(a for a in Action if _may(a, person, project))


def _may(action: Action, person: Person, project: Project) -> bool:
    try:
        next_state(action, project.state, person, project.owner)
    except SandboxError:
        return False
    return True


def sections(person: Person | None) -> tuple[str, ...]:
    """The portal's sections in the order of the navigation."""
    if person is None:
        return ()
    found = ["apps"]
    if person.has(Role.STAFF):
        found += ["templates", "projects"]
    found += ["datasets", "learn"]
    if person.has(*JUDGES):
        found.append("reviews")
    if person.has(Role.LEAD):
        found.append("portfolio")
    if person.has(*OVERSEERS):
        found.append("audit")
    if person.has(*OVERSEERS):
        found.append("health")
    return tuple(found)
