"""What the app server asks again and again: whether open apps may stay open, and which versions are live.

It tells how apps were used in the same breath.

Asked, not told: a change that did not come through the portal (an account, by the command line) is noticed as well, and
no message can get lost. There is no person behind the question; the tickets' signatures say that it may be asked.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, Field

from sandbox.core.usage import LONGEST_READY_MS, Opening
from sandbox.identity.tickets import unseal
from sandbox.portal.needs import UsedServices
from sandbox.workflows.publish import Standing, live_apps, renew_app
from sandbox.workflows.usage import keep_openings

#: Most tickets in one question.
MOST = 200

router = APIRouter(prefix="/renewals", tags=["apps"])


Sealed = Annotated[str, Field(max_length=4096)]


class Told(BaseModel):
    """One opening of an app (``core.usage.Opening``)."""

    id: Annotated[str, Field(pattern="^[0-9a-f]{32}$")]
    app: Annotated[str, Field(max_length=63)]
    version: Annotated[str, Field(max_length=40)]
    day: date
    viewer: Annotated[str, Field(pattern="^[0-9a-f]{16}$")]
    ready_ms: Annotated[int, Field(ge=0, le=LONGEST_READY_MS)] | None = None
    failed: bool = False


class Question(BaseModel):
    """``tickets``: sealed, of purpose ``renew``, one for each app that a person has open. With ``server``, a ticket of
    purpose ``serve``, the app server asks which versions are live, and tells of ``openings`` since the last time.
    """

    tickets: Annotated[list[Sealed], Field(max_length=MOST)] = []
    server: Sealed | None = None
    openings: Annotated[list[Told], Field(max_length=MOST)] = []


class Live(BaseModel):
    app: str
    version: str


class Answer(BaseModel):
    """``standings`` in the order of the question; ``live``: latest change first, empty when it was not asked for."""

    standings: list[Standing]
    live: list[Live] = []


@router.post("")
def renew(question: Question, services: UsedServices) -> Answer:
    key, now = services.keys.ticket_key(), services.now()
    tickets = [unseal(text, key, purpose="renew", now=now) for text in question.tickets]
    answer = Answer(standings=[renew_app(services, ticket) for ticket in tickets])
    if question.server is None:
        return answer
    unseal(question.server, key, purpose="serve", now=now)
    keep_openings(services, [Opening(**vars(told)) for told in question.openings])
    with services.registry.reading() as reading:
        answer.live = [Live(app=p.slug, version=str(p.live_version)) for p in live_apps(reading)]
    return answer
