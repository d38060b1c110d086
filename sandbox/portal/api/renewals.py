"""What the app server asks while apps are open: whether they may stay open.

Asked, not told: a change that did not come through the portal (an account, by the command line) is noticed as well, and
no message can get lost. There is no person behind the question; the tickets' signatures say that it may be asked.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, Field

from sandbox.identity.tickets import unseal
from sandbox.portal.needs import UsedServices
from sandbox.workflows.publish import Standing, renew_app

#: Most tickets in one question.
MOST = 200

router = APIRouter(prefix="/renewals", tags=["apps"])


class Question(BaseModel):
    """Sealed tickets of purpose ``renew``, one for each app that a person has open."""

    tickets: Annotated[list[Annotated[str, Field(max_length=4096)]], Field(max_length=MOST)]


class Answer(BaseModel):
    """In the order of the question."""

    standings: list[Standing]


@router.post("")
def renew(question: Question, services: UsedServices) -> Answer:
    key, now = services.keys.ticket_key(), services.now()
    tickets = [unseal(text, key, purpose="renew", now=now) for text in question.tickets]
    return Answer(standings=[renew_app(services, ticket) for ticket in tickets])
